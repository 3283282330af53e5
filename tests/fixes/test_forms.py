"""What the transform call looks like around each form that real code gives a URL in."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.fixes.apply import fix_source
from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project
from dbdriver_lint.settings.load import decode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEAD = """\
import os

from app.config import Settings, settings
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

LITERAL = "postgresql://app@db.internal/app"
WITH_TLS = "postgresql://app@db.internal/app?sslmode=require"
ASYNC = "postgresql+asyncpg://app@db.internal/app?ssl=require"
FROM_ENV = os.environ["DATABASE_URL"]
host, user = os.environ["DB_HOST"], os.environ["DB_USER"]


"""
IMPORT = "from app.config import Settings, settings\n"
ADDED = "from dbdriver_lint.runtime import transform_url_for_driver\n"

CONFIG = """\
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    database_url: str = "postgresql://app@localhost/app"
    required_url: str


settings = Settings()
"""

# The form, the program, the program after the repair; `…` is the transform call's name.
FORMS = [
    # Literals without parameters get another scheme, where they stand in the call and nothing else can be the URL.
    ("literal", 'create_async_engine("postgresql://app@h/d")', 'create_async_engine("postgresql+asyncpg://app@h/d")'),
    ("raw literal", "create_async_engine(r'postgresql://app@h/d')", "create_async_engine(r'postgresql+asyncpg://app@h/d')"),
    ("another driver", 'create_async_engine("postgresql+psycopg2://app@h/d")',
     'create_async_engine("postgresql+asyncpg://app@h/d")'),
    ("sync", 'create_engine("postgresql+asyncpg://app@h/d")', 'create_engine("postgresql+psycopg2://app@h/d")'),
    ("keyword", 'create_async_engine(url="postgresql://app@h/d", echo=True)',
     'create_async_engine(url="postgresql+asyncpg://app@h/d", echo=True)'),
    ("in parentheses", 'create_async_engine(("postgresql://app@h/d"))',
     'create_async_engine(("postgresql+asyncpg://app@h/d"))'),
    ("in pieces", 'create_async_engine(\n    "postgresql://"\n    "app@h/d"\n)',
     'create_async_engine(\n    "postgresql+asyncpg://"\n    "app@h/d"\n)'),
    ("plus", 'create_async_engine("postgresql://" + user + "@h/d")',
     'create_async_engine("postgresql+asyncpg://" + user + "@h/d")'),
    ("f-string", 'create_async_engine(f"postgresql://{user}@{host}/d")',
     'create_async_engine(f"postgresql+asyncpg://{user}@{host}/d")'),
    ("format", 'create_async_engine("postgresql://{}@{}/d".format(user, host))',
     'create_async_engine("postgresql+asyncpg://{}@{}/d".format(user, host))'),
    ("percent", 'create_async_engine("postgresql://%s@%s/d" % (user, host))',
     'create_async_engine("postgresql+asyncpg://%s@%s/d" % (user, host))'),
    ("both alternatives", 'create_async_engine("postgresql://a@h/d" if user else "postgresql://b@h/d")',
     'create_async_engine("postgresql+asyncpg://a@h/d" if user else "postgresql+asyncpg://b@h/d")'),
    ("URL.create", 'create_async_engine(URL.create("postgresql", user, host=host, database="d"))',
     'create_async_engine(URL.create("postgresql+asyncpg", user, host=host, database="d"))'),
    ("f-string to the end", 'create_async_engine(f"postgresql://{user}@{host}:5432/{user}")',
     'create_async_engine(f"postgresql+asyncpg://{user}@{host}:5432/{user}")'),
    ("scheme only", 'create_async_engine(f"postgresql://{FROM_ENV}")',
     'create_async_engine(…(f"postgresql://{FROM_ENV}", "asyncpg", ssl=None))'),
    ("URL.create of names", 'create_async_engine(URL.create("postgresql", user, FROM_ENV, host, 5432, user))',
     'create_async_engine(URL.create("postgresql+asyncpg", user, FROM_ENV, host, 5432, user))'),
    ("URL.create with unknown parameters", 'create_async_engine(URL.create("postgresql", host=host, query=dict(FROM_ENV)))',
     'create_async_engine(…(URL.create("postgresql", host=host, query=dict(FROM_ENV)), "asyncpg", ssl=None))'),
    ("URL.create by keywords", 'create_async_engine(URL.create(drivername="postgresql+psycopg2", host=host))',
     'create_async_engine(URL.create(drivername="postgresql+asyncpg", host=host))'),
    ("sqlite", 'create_async_engine("sqlite:///app.db")', 'create_async_engine("sqlite+aiosqlite:///app.db")'),
    ("mysql", 'create_async_engine("mysql+pymysql://app@h/d")', 'create_async_engine("mysql+aiomysql://app@h/d")'),
    # With parameters, which have to be translated too, through the transform function.
    ("literal with TLS", 'create_async_engine("postgresql://app@h/d?sslmode=require")',
     'create_async_engine(…("postgresql://app@h/d?sslmode=require", "asyncpg", ssl=None))'),
    ("f-string with TLS", 'create_async_engine(f"postgresql://{user}@{host}/d?sslmode=require")',
     'create_async_engine(…(f"postgresql://{user}@{host}/d?sslmode=require", "asyncpg", ssl=None))'),
    ("URL.create with TLS", 'create_async_engine(URL.create("postgresql", host=host, query={"sslmode": "require"}))',
     'create_async_engine(…(URL.create("postgresql", host=host, query={"sslmode": "require"}), "asyncpg", ssl=None))'),
    ("sync with TLS", "create_engine(ASYNC)", 'create_engine(…(ASYNC, "psycopg2", ssl=None))'),
    ("in lines", 'create_async_engine(\n    "postgresql://app@h/d"  # one\n    "?sslmode=require",  # two\n    echo=True,\n)',
     'create_async_engine(\n    …("postgresql://app@h/d"  # one\n    "?sslmode=require", "asyncpg", ssl=None),  # two\n    echo=True,\n)'),
    # Names: never at the name, which others may use, always at the engine.
    ("name", "create_async_engine(LITERAL)", 'create_async_engine(…(LITERAL, "asyncpg", ssl=None))'),
    ("shared name", "create_engine(WITH_TLS)\ncreate_async_engine(WITH_TLS)",
     'create_engine(WITH_TLS)\ncreate_async_engine(…(WITH_TLS, "asyncpg", ssl=None))'),
    ("shared environment", "create_engine(FROM_ENV)\ncreate_async_engine(FROM_ENV)",
     'create_engine(…(FROM_ENV, "psycopg2", ssl=None))\ncreate_async_engine(…(FROM_ENV, "asyncpg", ssl=None))'),
    ("walrus", "create_async_engine(url := LITERAL)", 'create_async_engine(…(url := LITERAL, "asyncpg", ssl=None))'),
    ("class attribute", "class C:\n    url = LITERAL\n    engine = create_async_engine(url)",
     'class C:\n    url = LITERAL\n    engine = create_async_engine(…(url, "asyncpg", ssl=None))'),
    ("instance attribute",
     "class C:\n    def __init__(self):\n        self.url = LITERAL\n        self.engine = create_async_engine(self.url)",
     'class C:\n    def __init__(self):\n        self.url = LITERAL\n        self.engine = create_async_engine(…(self.url, "asyncpg", ssl=None))'),
    ("function", "def url():\n    return LITERAL\n\n\nengine = create_async_engine(url())",
     'def url():\n    return LITERAL\n\n\nengine = create_async_engine(…(url(), "asyncpg", ssl=None))'),
    ("make_url", "create_async_engine(make_url(LITERAL))", 'create_async_engine(…(make_url(LITERAL), "asyncpg", ssl=None))'),
    ("settings", "create_async_engine(settings.database_url)",
     'create_async_engine(…(settings.database_url, "asyncpg", ssl=None))'),
    ("settings as text", "create_async_engine(str(settings.database_url))",
     'create_async_engine(…(str(settings.database_url), "asyncpg", ssl=None))'),
    ("settings by a class", "create_async_engine(Settings().database_url)",
     'create_async_engine(…(Settings().database_url, "asyncpg", ssl=None))'),
    # The environment: whatever is there.
    ("environ", 'create_async_engine(os.environ["DATABASE_URL"])',
     'create_async_engine(…(os.environ["DATABASE_URL"], "asyncpg", ssl=None))'),
    ("getenv", 'create_engine(os.getenv("DATABASE_URL"))', 'create_engine(…(os.getenv("DATABASE_URL"), "psycopg2", ssl=None))'),
    ("getenv with a default", 'create_async_engine(os.getenv("DATABASE_URL", "postgresql://app@h/d"))',
     'create_async_engine(…(os.getenv("DATABASE_URL", "postgresql://app@h/d"), "asyncpg", ssl=None))'),
    ("default of another database", 'create_async_engine(os.getenv("DATABASE_URL", "sqlite:///app.db"))',
     'create_async_engine(…(os.getenv("DATABASE_URL", "sqlite:///app.db"), "aiosqlite", ssl=None))'),
    ("or", 'create_async_engine(FROM_ENV or "postgresql://app@h/d")',
     'create_async_engine(…(FROM_ENV or "postgresql://app@h/d", "asyncpg", ssl=None))'),
    ("conditional", 'create_async_engine(FROM_ENV if user else "postgresql://app@h/d")',
     'create_async_engine(…(FROM_ENV if user else "postgresql://app@h/d", "asyncpg", ssl=None))'),
    ("in AsyncEngine", "from sqlalchemy.ext.asyncio import AsyncEngine\n\nAsyncEngine(create_engine(FROM_ENV))",
     'from sqlalchemy.ext.asyncio import AsyncEngine\n\nAsyncEngine(create_engine(…(FROM_ENV, "asyncpg", ssl=None)))'),
    # Nothing to wrap: reported, and left to a person.
    ("unpacked name", 'options = {"url": FROM_ENV}\ncreate_engine(**options)', None),
    ("unpacked display", 'create_engine(**{"url": FROM_ENV})', None),
    # What nobody knows, and what is right already.
    ("required settings", "create_async_engine(settings.required_url)", None),
    ("argument", "def make(url):\n    return create_async_engine(url)", None),
    ("right driver", "create_async_engine(ASYNC)", None),
]  # fmt: skip

DEPENDENCIES = ("sqlalchemy>=2,<2.1", "asyncpg", "psycopg2-binary", "aiosqlite", "aiomysql", "pymysql")


def repaired(
    folder: Path,
    code: str,
    dependencies: tuple[str, ...] = DEPENDENCIES,
    path: str = "app/db.py",
    settings: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The program after all repairs, in a project with these dependencies."""
    (folder / "app").mkdir(exist_ok=True)
    (folder / "app" / "__init__.py").touch()
    (folder / "app" / "config.py").write_text(CONFIG)
    quoted = ", ".join(f'"{name}"' for name in dependencies)
    (folder / "pyproject.toml").write_text(f'[project]\nname = "app"\nversion = "1"\ndependencies = [{quoted}]\n')
    chosen = decode({"ignore": ["XDB101", "XDB3"], **settings}, "the test", str(folder))
    file = str(folder / path)
    project = Project.for_path(file)
    result = fix_source(file, code.encode(), chosen, project, unsafe=True, check=check_source)
    assert result.error is None
    assert not result.withdrawn
    return result.data.decode()


@pytest.mark.parametrize(("before", "after"), [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
def test_forms(before: str, after: str | None, tmp_path: Path) -> None:
    expected = before if after is None else after
    head = HEAD.replace(IMPORT, IMPORT + ADDED) if "…(" in expected else HEAD
    assert repaired(tmp_path, f"{HEAD}{before}\n") == head + expected.replace("…(", "transform_url_for_driver(") + "\n"


ENGINES = 'import os\n\nfrom sqlalchemy import create_engine\n\ncreate_engine(os.environ["URL"])\n'
ASYNC_ENGINES = (
    'import os\n\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\ncreate_async_engine(os.environ["URL"])\n'
)


@pytest.mark.parametrize(
    ("code", "dependencies", "settings", "told"),
    [
        # The kind of the call decides, then the setting, then what is declared, then what is usual.
        (ENGINES, ("asyncpg", "psycopg[binary]"), {}, '"psycopg", ssl=None'),
        (ASYNC_ENGINES, ("psycopg[binary]",), {}, '"psycopg", ssl=None'),
        (ASYNC_ENGINES, ("psycopg[binary]", "asyncpg"), {}, '"asyncpg", ssl=None'),
        (ASYNC_ENGINES, ("psycopg[binary]", "asyncpg"), {"async-driver": "psycopg"}, '"psycopg", ssl=None'),
        (ENGINES, ("asyncpg", "psycopg2"), {"sync-driver": "pg8000"}, '"pg8000", ssl=None'),
        (ENGINES, ("pg8000",), {"async-driver": "psycopg"}, '"pg8000", ssl=None'),
        (ASYNC_ENGINES, ("asyncmy",), {}, '"asyncmy", ssl=None'),
        (ENGINES, ("asyncmy", "pymysql"), {}, '"pymysql", ssl=None'),
        (ASYNC_ENGINES, ("asyncmy", "asyncpg"), {}, '"asyncpg", ssl=None'),
        # A bare postgresql:// is psycopg from SQLAlchemy 2.1 on.
        (ENGINES, ("sqlalchemy<2.1", "psycopg2"), {}, '"psycopg2", ssl=None'),
        (ENGINES, ("sqlalchemy>=2", "psycopg2"), {}, '"postgresql+psycopg2", ssl=None'),
        (ENGINES, (), {}, '"postgresql+psycopg2", ssl=None'),
        # TLS where the URL says nothing.
        (ASYNC_ENGINES, ("asyncpg",), {"fix-tls": "require"}, '"asyncpg"'),
        (ASYNC_ENGINES, ("asyncpg",), {"fix-tls": "preserve"}, '"asyncpg", ssl=None'),
    ],
)  # fmt: skip
def test_driver_and_tls(
    code: str, dependencies: tuple[str, ...], settings: dict[str, str], told: str, tmp_path: Path
) -> None:
    assert f'(transform_url_for_driver(os.environ["URL"], {told}))\n' in repaired(
        tmp_path, code, dependencies, settings=settings
    )


TRANSFORM = {"transform": "app.db.urls:to_driver_url"}


@pytest.mark.parametrize(
    ("imported", "imports", "call"),
    [
        ("from app.db.urls import to_driver_url\n", "from app.db.urls import to_driver_url\n", "to_driver_url"),
        ("from app.db.urls import to_driver_url as to\n", "from app.db.urls import to_driver_url as to\n", "to"),
        ("from app.db import urls\n", "from app.db import urls\n", "urls.to_driver_url"),
        ("import app.db.urls\n", "import app.db.urls\n", "app.db.urls.to_driver_url"),
        ("from app.db.urls import make\n", "from app.db.urls import make, to_driver_url\n", "to_driver_url"),
        ("from app.other import to_driver_url\n",
         "from app.db.urls import to_driver_url as _to_driver_url\nfrom app.other import to_driver_url\n", "_to_driver_url"),
    ],
)  # fmt: skip
def test_the_projects_own_function(imported: str, imports: str, call: str, tmp_path: Path) -> None:
    code = f"import os\n\n{imported}{ASYNC_ENGINES.removeprefix('import os' + chr(10) * 2)}"
    result = repaired(tmp_path, code, settings=TRANSFORM)
    assert result == (
        f"import os\n\n{imports}from sqlalchemy.ext.asyncio import create_async_engine\n\n"
        f'create_async_engine({call}(os.environ["URL"], "asyncpg", ssl=None))\n'
    )


def test_a_relative_import_of_the_function_is_used(tmp_path: Path) -> None:
    imports = "import os\n\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n"
    for imported, call in (
        ("from .urls import to_driver_url", "to_driver_url"),
        ("from . import urls", "urls.to_driver_url"),
        ("from .. import db", "db.urls.to_driver_url"),
        ("from ..db.urls import to_driver_url as to", "to"),
    ):
        code = f'{imports}{imported}\n\ncreate_async_engine(os.environ["URL"])\n'
        result = repaired(tmp_path, code, path="app/db/engine.py", settings=TRANSFORM)
        if imported == "from .. import db":
            assert "from app.db.urls import to_driver_url\n" in result, "a package need not have its modules"
            continue
        assert result == code.replace('os.environ["URL"]', f'{call}(os.environ["URL"], "asyncpg", ssl=None)')


def test_the_function_is_imported_among_the_projects_own_modules(tmp_path: Path) -> None:
    assert repaired(tmp_path, ASYNC_ENGINES, settings=TRANSFORM) == (
        "import os\n\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n"
        "from app.db.urls import to_driver_url\n\n"
        'create_async_engine(to_driver_url(os.environ["URL"], "asyncpg", ssl=None))\n'
    )


def test_the_functions_own_module_does_not_import_itself(tmp_path: Path) -> None:
    assert repaired(tmp_path, ASYNC_ENGINES, path="app/db/urls.py", settings=TRANSFORM) == ASYNC_ENGINES
    assert repaired(tmp_path, ASYNC_ENGINES, path="src/app/db/urls/__init__.py", settings=TRANSFORM) == ASYNC_ENGINES
    assert repaired(tmp_path, ASYNC_ENGINES, path="other/urls.py", settings=TRANSFORM) != ASYNC_ENGINES
