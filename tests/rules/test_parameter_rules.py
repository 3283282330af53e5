"""What the rules about parameters see, say and leave alone, beyond the examples of their pages."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.fixes.edit import Applicability
from dbdriver_lint.knowledge.versions import VersionRange
from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project
from dbdriver_lint.project.dependencies import Dependencies
from dbdriver_lint.settings.model import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from dbdriver_lint.findings.model import Finding

ASYNC = "from sqlalchemy.ext.asyncio import create_async_engine\n"
SYNC = "from sqlalchemy import create_engine\n"


class Declared(Project):
    """A project that declares these packages."""

    def __init__(self, root: Path, versions: dict[str, str]) -> None:
        super().__init__(root)
        self.versions = {name: VersionRange.parse(text) for name, text in versions.items()}

    def dependencies_for(self, settings: Settings) -> Dependencies:
        sqlalchemy = self.versions.get("sqlalchemy", VersionRange.everything())
        return Dependencies(sqlalchemy=sqlalchemy, declared=True, versions=MappingProxyType(self.versions), found=True)


def findings(code: str, root: Path, **versions: str) -> tuple[Finding, ...]:
    project = Declared(root, versions)
    return check_source("app.py", code.encode(), Settings(select=("error",)), project).findings


def codes(code: str, root: Path, **versions: str) -> list[str]:
    return [finding.code for finding in findings(code, root, **versions)]


# --- wrong advice, refused by name ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "expected", "said"),
    [
        (  # "replace sslmode=require by ssl=true"
            ASYNC + 'create_async_engine("postgresql+asyncpg://u@h/d?ssl=true")\n',
            "XDB203",
            "write `?ssl=require`",
        ),
        (  # "put the sslmode into ssl"
            ASYNC + 'create_async_engine("postgresql+asyncpg://u@h/d", connect_args={"ssl": {"sslmode": "require"}})\n',
            "XDB203",
            "write `connect_args={'ssl': 'require'}`",
        ),
        (  # "cut the query off"
            ASYNC + 'URL = "postgresql+asyncpg://u@h/d?sslmode=require"\ncreate_async_engine(URL.split("?")[0])\n',
            "XDB204",
            "a server without TLS is accepted",
        ),
        (
            "import os\n" + ASYNC + 'create_async_engine(os.environ["DATABASE_URL"].partition("?")[0])\n',
            "XDB204",
            "What `DATABASE_URL` says about TLS is lost on the way",
        ),
        (  # "use NullPool behind PgBouncer"
            ASYNC
            + "from sqlalchemy.pool import NullPool\n"
            + 'create_async_engine("postgresql+asyncpg://u@aws-0.pooler.supabase.com:6543/d", poolclass=NullPool)\n',
            "XDB205",
            "`NullPool` does not help",
        ),
        (  # "set prepared_statement_cache_size=0"
            ASYNC
            + 'create_async_engine("postgresql+asyncpg://u@aws-0.pooler.supabase.com:6543/d?prepared_statement_cache_size=0")\n',
            "XDB205",
            "`prepared_statement_cache_size=0` alone is not enough",
        ),
        (  # "set prepare_threshold=0"
            ASYNC
            + 'create_async_engine("postgresql+psycopg://u@aws-0.pooler.supabase.com:6543/d", connect_args={"prepare_threshold": 0})\n',
            "XDB205",
            'write `connect_args={"prepare_threshold": None}`',
        ),
        (  # "replace verify-full by require"
            ASYNC
            + 'URL = "postgresql+asyncpg://u@h/d?sslmode=verify-full"\n'
            + 'create_async_engine(URL.replace("sslmode=verify-full", "ssl=require"))\n',
            "XDB204",
            "the server's certificate is no longer verified",
        ),
    ],
)
def test_common_advice_is_refused(code: str, expected: str, said: str, tmp_path: Path) -> None:
    found = findings(code, tmp_path, sqlalchemy=">=2.0,<2.1")
    assert [finding.code for finding in found] == [expected]
    assert said in found[0].message


# --- where parameters are seen -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        '{"sslmode": "require"}',
        'dict(sslmode="require")',
        'dict({"sslmode": "require"}, timeout=5)',
        '{"timeout": 5} | {"sslmode": "require"}',
        '{**{"sslmode": "require"}, "timeout": 5}',
        "built",
        "made()",
    ],
)
def test_connect_args_in_every_form(arguments: str, tmp_path: Path) -> None:
    code = (
        ASYNC
        + 'built = {"timeout": 5}\nbuilt["sslmode"] = "require"\n\n\n'
        + 'def made():\n    args = {}\n    args.update({"sslmode": "require"})\n    return args\n\n\n'
        + f'create_async_engine("postgresql+asyncpg://u@h/d", connect_args={arguments})\n'
    )
    assert codes(code, tmp_path) == ["XDB201"]


@pytest.mark.parametrize(
    "url",
    [
        '"postgresql+asyncpg://u@h/d?sslmode=require"',
        'f"postgresql+asyncpg://{user}:{password}@{host}/d?sslmode=require"',
        '"postgresql+asyncpg://%s@h/d?sslmode=require" % user',
        '"postgresql+asyncpg://{}@h/d?sslmode={}".format(user, "require")',
        'URL.create("postgresql+asyncpg", host="h", query={"sslmode": "require"})',
        'URL.create("postgresql+asyncpg", host=host, query=dict(sslmode=mode))',
        'make_url("postgresql://u@h/d?sslmode=require").set(drivername="postgresql+asyncpg")',
        'make_url("postgresql+asyncpg://u@h/d").update_query_dict({"sslmode": "require"})',
        'os.getenv("DATABASE_URL", "postgresql+asyncpg://u@h/d?sslmode=require")',
        '"postgresql://u@h/d?sslmode=require".replace("postgresql://", "postgresql+asyncpg://", 1)',
    ],
)
def test_urls_in_every_form(url: str, tmp_path: Path) -> None:
    code = (
        "import os\n\nfrom app import host, mode, password, user\nfrom sqlalchemy.engine import URL, make_url\n"
        f"{ASYNC}\nengine = create_async_engine({url})\n"
    )
    assert "XDB201" in codes(code, tmp_path)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import asyncpg\nasyncpg.connect('postgresql://u@h/d', sslmode='require')\n", "XDB202"),
        ("import asyncpg\nasyncpg.create_pool('postgresql://u@h/d', pool_size=5)\n", "XDB202"),
        ("import psycopg\npsycopg.connect('postgresql://u@h/d', sslmode='required')\n", "XDB203"),
        ("import psycopg\npsycopg.connect('postgresql://u@h/d?ssl=require')\n", "XDB203"),
        ("from psycopg_pool import ConnectionPool\nConnectionPool('postgresql://u@h/d', autocommit=True)\n", "XDB202"),
        (
            "from psycopg_pool import ConnectionPool\nConnectionPool('postgresql://u@h/d', kwargs={'ssl': 1})\n",
            "XDB202",
        ),
        ("import psycopg2\npsycopg2.connect(host='h', ssl='require')\n", "XDB202"),
        ("from psycopg2 import pool\npool.SimpleConnectionPool(1, 5, host='h', ssl='require')\n", "XDB202"),
        ("import pymysql\npymysql.connect(host='h', ssl=True)\n", "XDB203"),
        ("import pymysql\npymysql.connect(host='h', ssl_ca='/ca.pem')\n", "XDB204"),
        ("import aiomysql\naiomysql.create_pool(host='h', ssl={'ca': '/ca.pem'})\n", "XDB203"),
        ("import databases\ndatabases.Database('postgresql://u@h/d', sslmode='require')\n", "XDB202"),
        ("import databases\ndatabases.Database('postgresql+asyncpg://u@h/d?sslmode=require')\n", "XDB204"),
        ("import mysql.connector\nmysql.connector.connect(host='h', ssl=True)\n", "XDB202"),
    ],
)
def test_raw_drivers(code: str, expected: str, tmp_path: Path) -> None:
    assert codes(code, tmp_path) == [expected]


# --- silence -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        # connect_args win over the URL
        ASYNC + 'create_async_engine("postgresql+asyncpg://u@h/d?ssl=true", connect_args={"ssl": "require"})\n',
        "from app import args\n"
        + ASYNC
        + 'create_async_engine("postgresql+asyncpg://u@h/d?ssl=true", connect_args=args)\n',
        # a function of the project makes the connection
        SYNC + 'create_engine("postgresql+psycopg2://u@h/d?ssl=true", creator=lambda: None)\n',
        ASYNC
        + "async def connect(**kw): ...\n"
        + 'create_async_engine("postgresql+asyncpg://u@h/d", connect_args={"async_creator_fn": connect, "x": 1})\n',
        # which dictionary goes with which URL is not known
        "from app import TESTING\n"
        + SYNC
        + 'url = "sqlite:///a.db" if TESTING else "postgresql+psycopg2://u@h/d"\n'
        + 'args = {"check_same_thread": False} if TESTING else {}\n'
        + "create_engine(url, connect_args=args)\n",
        "from app import TESTING\n"
        + SYNC
        + 'url = "sqlite:///a.db" if TESTING else "postgresql+psycopg2://u@h/d"\n'
        + 'create_engine(url, connect_args={"check_same_thread": False})\n',
        # a condition that cannot be followed may say which URL of the environment it is for
        "import os\n"
        + SYNC
        + 'URL = os.getenv("DATABASE_URL", "postgresql+psycopg2://u@h/d")\n'
        + 'is_sqlite = os.path.splitext(URL)[0] == "sqlite"\n'
        + "if is_sqlite:\n"
        + '    create_engine(URL, connect_args={"check_same_thread": False})\n',
        # values and parameters that are not known
        "from app import mode\n" + SYNC + 'create_engine(f"postgresql+psycopg2://u@h/d?sslmode={mode}")\n',
        "from app import query\n"
        + SYNC
        + 'create_engine(f"postgresql+psycopg2://u@h/d?sslnegotiation=direct&{query}")\n',
        "from app import rest\n"
        + SYNC
        + 'create_engine("mysql+pymysql://u@h/d", connect_args={"ssl_ca": "/ca", **rest})\n',
        # drivers of other packages, and functions of other people
        SYNC + 'create_engine("cockroachdb://u@h/d?sslmode=nonsense&x=1")\n',
        'from app import create_engine\ncreate_engine("postgresql+psycopg2://u@h/d?ssl=true", sslmode="x")\n',
        "import databases\ndatabases.Database('postgresql+asyncpg://u@h/d?ssl=require', min_size=5)\n",
        "import databases\ndatabases.Database('postgresql://u@h/d?sslmode=require', ssl='require')\n",
        "import asyncpg\nfrom app import dsn\nasyncpg.connect(dsn, ssl=dsn.ssl)\n",
    ],
)
def test_silence(code: str, tmp_path: Path) -> None:
    assert codes(code, tmp_path, sqlalchemy="==2.0.*") == []


# --- one finding for one mistake -----------------------------------------------------------------------


def test_sslmode_of_asyncpg_is_reported_once(tmp_path: Path) -> None:
    code = ASYNC + 'create_async_engine("postgresql+asyncpg://u@h/d?sslmode=require&ssl=true&foo=1")\n'
    assert codes(code, tmp_path) == ["XDB201", "XDB203", "XDB202"]


def test_shared_dictionaries_are_reported_once(tmp_path: Path) -> None:
    code = (
        ASYNC
        + SYNC
        + 'ARGS = {"sslmode": "require", "connect_timeout": 5, "nothing": 1}\n'
        + 'create_engine("postgresql+psycopg2://u@h/d", connect_args=ARGS)\n'
        + 'create_async_engine("postgresql+asyncpg://u@h/d", connect_args=ARGS)\n'
    )
    found = findings(code, tmp_path)
    assert [(finding.code, finding.start.line) for finding in found] == [
        ("XDB202", 3),
        ("XDB202", 3),
        ("XDB207", 5),
    ]
    assert "takes `sslmode` and `connect_timeout`" in found[-1].message


def test_file_of_tls_and_its_mode_have_one_remedy(tmp_path: Path) -> None:
    code = ASYNC + 'create_async_engine("postgresql+asyncpg://u@h/d?sslmode=verify-full&sslrootcert=/ca.pem")\n'
    spelled = "connect_args={'ssl': ssl.create_default_context(cafile='/ca.pem')}"
    assert all(f"write `{spelled}`" in finding.message for finding in findings(code, tmp_path))


# --- versions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sqlalchemy", "expected"),
    [("==2.0.*", None), (">=2.1", ""), (">=2.0", " with SQLAlchemy >=2.1"), ("", " with SQLAlchemy >=2.1")],
)
def test_a_range_that_spans_a_change_says_when(sqlalchemy: str, expected: str | None, tmp_path: Path) -> None:
    code = ASYNC + 'create_async_engine("postgresql+asyncpg://u@h/d?async_fallback=true")\n'
    found = findings(code, tmp_path, **({"sqlalchemy": sqlalchemy} if sqlalchemy else {}))
    if expected is None:
        assert found == ()
    else:
        assert f"unexpected keyword argument 'async_fallback'`{expected}:" in found[0].message


@pytest.mark.parametrize(
    ("sqlalchemy", "expected"),
    [
        ("==2.0.*", ["XDB203: The first connection raises"]),
        (">=2.1", []),
        (">=2.0", ["XDB105: ", "XDB203: Before SQLAlchemy 2.1: the first connection raises"]),
    ],
)
def test_a_bare_name_is_judged_by_what_it_loads(sqlalchemy: str, expected: list[str], tmp_path: Path) -> None:
    code = SYNC + 'create_engine("postgresql://u@h/d?connect_timeout=2.5")\n'
    told = [f"{finding.code}: {finding.message}" for finding in findings(code, tmp_path, sqlalchemy=sqlalchemy)]
    assert len(told) == len(expected)
    assert all(text.startswith(start) for text, start in zip(told, expected, strict=True))


def test_the_version_of_the_driver_counts(tmp_path: Path) -> None:
    code = SYNC + 'create_engine("postgresql+psycopg://u@h/d?connect_timeout=2.5")\n'
    assert codes(code, tmp_path, psycopg=">=3.2") == []
    found = findings(code, tmp_path, psycopg=">=3.1")
    assert [finding.code for finding in found] == ["XDB203"]
    assert "with psycopg <3.2" in found[0].message


def test_aiomysql_is_no_version_of_pymysql(tmp_path: Path) -> None:
    code = SYNC + 'create_engine("mysql+pymysql://u@h/d?ssl_ca=/ca.pem")\n'
    assert codes(code, tmp_path, aiomysql="==0.2.0") == []


# --- secrets -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        ASYNC + 'create_async_engine("postgresql+asyncpg://u:hunter2@h/d?ssl=true&password=hunter2")\n',
        "import psycopg\npsycopg.connect('postgresql+psycopg://u:hunter2@h/d')\n",
        SYNC + 'create_engine("sqlite://u:hunter2@h/d.db")\n',
        SYNC + 'create_engine("postgresql+psycopg2://u:hunter2@h1:1,h2:2/d")\n',
        ASYNC + 'create_async_engine("postgresql+asyncpg://u:hunter2@aws-0.pooler.supabase.com:6543/d")\n',
        SYNC
        + 'import os\nU = "postgresql+psycopg2://u:hunter2@h/d" if os.environ else "mysql+pymysql://u:hunter2@h/d"\n'
        'create_engine(U + "?ssl=x")\n',
    ],
)
def test_no_password_in_a_message(code: str, tmp_path: Path) -> None:
    found = findings(code, tmp_path)
    assert found
    assert not any("hunter2" in finding.message for finding in found)


def test_every_raw_call_of_the_table_is_seen() -> None:
    from dbdriver_lint.analysis.symbols import DRIVER_FUNCTIONS
    from dbdriver_lint.knowledge.parameters import RAW_CALLS

    # Files of Python's own sqlite3 are no databases to connect to, and aiosqlite takes what it takes.
    left_out = {"sqlite3.connect", "aiosqlite.connect", "psycopg.Connection.connect"}
    assert set(RAW_CALLS) - left_out <= set(DRIVER_FUNCTIONS)
    for function, (driver, first) in DRIVER_FUNCTIONS.items():
        if function in RAW_CALLS:
            assert RAW_CALLS[function].driver == driver
            assert RAW_CALLS[function].dsn in ("", first)


@pytest.mark.parametrize(
    ("code", "is_safe"),
    [
        ('create_async_engine("postgresql+asyncpg://u@h/d?sslmode=require")\n', True),
        ('create_async_engine(os.getenv("U", "postgresql+asyncpg://u@h/d?sslmode=require"))\n', True),
        (
            'create_async_engine(os.getenv("U", "postgresql+asyncpg://u@h/d"), connect_args={"sslmode": "require"})\n',
            False,
        ),
        ('create_async_engine("postgresql+asyncpg://u@h/d", connect_args={"sslmode": "require"})\n', True),
        ("create_async_engine(f\"{os.getenv('S', 'postgresql+asyncpg')}://u@h/d?sslmode=require\")\n", False),
    ],
)
def test_no_safe_fix_of_what_another_driver_may_take(code: str, is_safe: bool, tmp_path: Path) -> None:
    fixes = [f.fix for f in findings(f"import os\n{ASYNC}{code}", tmp_path) if f.code == "XDB201" and f.fix is not None]
    assert [fix.applicability is Applicability.SAFE for fix in fixes] == [is_safe]


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ("", "write `statement_cache_size=0`"),
        (", statement_cache_size=0", "remove it: the call says `statement_cache_size` itself"),
    ],
)
def test_a_pooler_s_flag_for_the_driver_itself(tmp_path: Path, given: str, remedy: str) -> None:
    """SQLAlchemy's adapter has further parameters for poolers, which asyncpg itself refuses."""
    code = f'import asyncpg\nasync def f():\n    await asyncpg.connect("postgresql://u@h/d?pgbouncer=true"{given})\n'
    messages = [finding.message for finding in findings(code, tmp_path) if finding.code == "XDB202"]
    assert [message.endswith(remedy) for message in messages] == [True]
