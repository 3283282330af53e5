"""Rewrites of URLs: judged by what comes out of them, whatever they are called and however they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.analysis import rewrites
from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project, environment
from dbdriver_lint.settings.load import decode

if TYPE_CHECKING:
    from pathlib import Path

    from dbdriver_lint.findings.model import Finding

ENV = "import os\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"


def findings(root: Path, code: str, text: str, **others: str) -> list[Finding]:
    environment.forget()
    (root / "pyproject.toml").touch()
    for name, other in others.items():
        (root / f"{name}.py").write_text(other)
    path = root / "db.py"
    path.write_text(text)
    settings = decode({"select": [code]}, "the test", str(root))
    return list(check_source(str(path), path.read_bytes(), settings, Project.for_path(str(path))).findings)


#: What the message says, and the body of ``def convert(url)`` that it is said of.
FRAGILE = [
    ("`postgres://`, as some providers", 'return url.replace("postgresql://", "postgresql+asyncpg://")'),
    ("`sslmode` and `channel_binding` stay", 'return url.replace("postgresql://", "postgresql+asyncpg://")'),
    ("becomes `postgresql+asyncpg+psycopg2://`", 'return url.replace("postgresql", "postgresql+asyncpg")'),
    ("replaced in the password, the host", 'return url.replace("postgresql", "postgresql+asyncpg", -1)'),
    ("becomes `postgresqlql://`", 'return url.replace("postgres", "postgresql")'),
    ("is not converted to `postgresql+asyncpg://`", 'return url.replace("postgres://", "postgresql+asyncpg://")'),
    ("`ssl` stays in the query, and psycopg2", 'return url.replace("+asyncpg", "+psycopg2")'),
    ("the next parameter joins", 'return url.replace("?sslmode=require", "").replace("postgresql://", "postgresql+asyncpg://")'),
    ("replaced in the password, the host", 'return re.sub(r"postgresql(\\+psycopg2)?", "postgresql+asyncpg", url)'),
    ("replaced in the password", 'return re.compile("postgresql").sub("postgresql+asyncpg", url)'),
    ("stay in the query", 'return "postgresql+asyncpg://" + url.split("://", 1)[1]'),
    ("stay in the query", 'scheme, _, rest = url.partition("://")\n    return f"postgresql+asyncpg://{rest}"'),
    ("stay in the query", 'return urlparse(url)._replace(scheme="postgresql+asyncpg").geturl()'),
    ("becomes `mysql+aiomysql+pymysql+aiomysql://`", 'return url.replace("mysql", "mysql+aiomysql")'),
    ("the database's name", 'return url.replace("sqlite", "sqlite+aiosqlite", 2)'),
]  # fmt: skip


@pytest.mark.parametrize(("message", "body"), FRAGILE)
def test_fragile_rewrite_is_found(tmp_path: Path, message: str, body: str) -> None:
    text = f"import re\nfrom urllib.parse import urlparse\n\ndef convert(url):\n    {body}\n"
    found = findings(tmp_path, "XDB107", text)
    assert len(found) == 1
    assert message in found[0].message
    assert "hidden" not in found[0].message


#: Bodies of ``def convert(url)`` in which nothing is wrong, or nothing is proved.
SOUND = [
    'if url.startswith("postgres://"):\n        url = url.replace("postgres://", "postgresql://", 1)\n    return url',
    'return url.replace("postgresql+asyncpg://", "postgresql://", 1)',
    'return url.replace("+asyncpg", "")',
    'return "jdbc:" + url.replace("postgresql://", "postgresql:jdbc://")',
    'return url.replace("postgresql://", "db+postgresql://", 1)',
    'return helper(url.replace("postgresql://", "postgresql+asyncpg://", 1))',
    'return url.replace(PREFIX, "postgresql+asyncpg://", 1)',
    'return url.replace("http://", "https://")',
    'print(url.replace("postgresql", "PostgreSQL"))',
    'name = url.split("://", 1)[0]\n    return name.replace("postgresql", "pg")',
    'return url.replace("/app", "/test")',
    're.sub(r"(a+)+://", "postgresql+asyncpg://", url)',
    'return f"Connecting to {url}".replace("postgresql", "PostgreSQL")',
]


@pytest.mark.parametrize("body", SOUND)
def test_sound_rewrite_is_silent(tmp_path: Path, body: str) -> None:
    text = f"import re\nfrom elsewhere import PREFIX, helper\n\ndef convert(url):\n    {body}\n"
    assert findings(tmp_path, "XDB107", text) == []


#: Whole modules that rewrite what is known, or what was looked at before.
MODULES = [
    'URL = "postgresql://app@db/app"\nASYNC = URL.replace("postgresql", "postgresql+asyncpg")\n',
    (
        "import os\nURL = os.environ['DATABASE_URL']\nif not URL.startswith('postgresql://') or 'sslmode' in URL:\n"
        "    raise RuntimeError('DATABASE_URL')\nASYNC = URL.replace('postgresql://', 'postgresql+asyncpg://', 1)\n"
    ),
    (
        "import os\nURL = os.environ['DATABASE_URL']\nif URL.startswith('postgres://'):\n"
        "    URL = URL.replace('postgres://', 'postgresql://', 1)\n"
    ),
    (
        "from pydantic import field_validator\nfrom pydantic_settings import BaseSettings\n\n"
        "class Settings(BaseSettings):\n    url: str\n\n    @field_validator('url')\n    @classmethod\n"
        "    def check(cls, v):\n        return normalize(v)\n\n    @property\n    def async_url(self):\n"
        "        return self.url.replace('postgresql://', 'postgresql+asyncpg://', 1)\n"
    ),
]


@pytest.mark.parametrize("text", MODULES)
def test_what_is_known_or_checked_is_silent(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, "XDB107", text) == []


@pytest.mark.parametrize(
    "text",
    [
        f'{ENV}engine = create_async_engine(os.getenv("DB_URL").replace("postgresql", "postgresql+asyncpg"))\n',
        f'{ENV}URL = os.getenv("DB_URL")\nif "asyncpg" not in URL:\n    URL = URL.replace("postgresql", "postgresql+asyncpg")\n',
        (
            f'{ENV}from config import settings\n\ndef make():\n    url = settings.url.replace("postgresql", "postgresql+asyncpg")\n'
            "    return create_async_engine(url, echo=True)\n"
        ),
        f'{ENV}from config import URL\nASYNC_URL = URL.replace("postgresql", "postgresql+asyncpg")\n',
        (
            "class Settings:\n    def __init__(self, url):\n        self.url = url\n\n    def async_url(self):\n"
            '        return self.url.replace("postgresql", "postgresql+asyncpg")\n'
        ),
    ],
)
def test_rewrite_is_found_wherever_it_is_written(tmp_path: Path, text: str) -> None:
    assert len(findings(tmp_path, "XDB107", text)) == 1


def test_many_rewrites_do_not_take_long(tmp_path: Path) -> None:
    functions = "".join(
        f'def f{i}(url):\n    return f{i + 1}(url).replace("postgresql", "postgresql+asyncpg")\n\n' for i in range(60)
    )
    assert len(findings(tmp_path, "XDB107", functions)) <= 20


CONFIG = """\
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    database_url: str

    @property
    def async_url(self) -> str:
        url = self.database_url
        if url.startswith("postgres://"):
            url = url.replace("postgres://", "postgresql://", 1)
        return url.replace("postgresql://", "postgresql+asyncpg://", 1){}


settings = Settings()
"""

LOSING = [
    (f'{ENV}engine = create_async_engine(os.environ["DB"].split("?", 1)[0])\n', {}),
    (f'{ENV}URL = os.environ["DB"]\nif "?" in URL:\n    URL = URL[: URL.index("?")]\nengine = create_async_engine(URL)\n', {}),
    (f'{ENV}URL = os.environ["DB"].replace("verify-full", "require")\nengine = create_async_engine(URL)\n', {}),
    (f"{ENV}from config import settings\nengine = create_async_engine(settings.async_url)\n",
     {"config": CONFIG.replace("{}", '.split("?")[0]')}),
    (f"{ENV}from config import settings\n\ndef make():\n    return create_async_engine(settings.async_url, echo=True)\n",
     {"config": CONFIG.replace("{}", '.replace("?sslmode=require", "").replace("?sslmode=verify-full", "")')}),
    ((f'{ENV}from sqlalchemy import make_url\nurl = make_url(os.environ["DB"])\n'
     'engine = create_async_engine(url.difference_update_query(["sslmode"]))\n'), {}),
    (f'{ENV}import re\n\ndef make(url: str):\n    return create_async_engine(re.sub(r"[?].*", "", url))\n', {}),
]  # fmt: skip
KEEPING = [
    (f'{ENV}engine = create_async_engine(os.environ["DB"].replace("sslmode=", "ssl="))\n', {}),
    (f"{ENV}from config import settings\nengine = create_async_engine(settings.async_url)\n",
     {"config": CONFIG.replace("{}", '.replace("sslmode=", "ssl=")')}),
    ((f'{ENV}URL = os.environ["DB"]\nARGS = {{"ssl": "require"}} if "sslmode=" in URL else {{}}\n'
     'engine = create_async_engine(URL.split("?")[0], connect_args=ARGS)\n'), {}),
    (f'{ENV}def make(url, **options):\n    return create_async_engine(url.split("?")[0], **options)\n', {}),
    (f'{ENV}def make(url, connect_args):\n    return create_async_engine(url.split("?")[0], connect_args=connect_args)\n', {}),
    (f'{ENV}URL = f"postgresql+asyncpg://{{os.environ[\'USER\']}}@localhost/app"\nengine = create_async_engine(URL)\n', {}),
    ((f'{ENV}URL = os.environ["DB"]\nif "sslmode" in URL:\n    raise ValueError("no sslmode, please")\n'
     'engine = create_async_engine(URL.split("?")[0])\n'), {}),
    (f'{ENV}engine = create_async_engine(os.environ["DB"].rstrip("/") + "/app")\n', {}),
    (f'{ENV}from elsewhere import clean\nengine = create_async_engine(clean(os.environ["DB"]).split("?")[0])\n', {}),
    (f'{ENV}engine = create_async_engine("sqlite+aiosqlite:///" + os.environ["DB"].split("?")[0])\n', {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "others"), LOSING)
def test_lost_tls_is_found(tmp_path: Path, text: str, others: dict[str, str]) -> None:
    found = findings(tmp_path, "XDB204", text, **others)
    assert len(found) == 1
    assert "about TLS is lost on the way" in found[0].message


@pytest.mark.parametrize(("text", "others"), KEEPING)
def test_kept_tls_is_silent(tmp_path: Path, text: str, others: dict[str, str]) -> None:
    assert findings(tmp_path, "XDB204", text, **others) == []


def test_a_function_that_nothing_reaches_is_silent(tmp_path: Path) -> None:
    rewrite = 'def convert(url):\n        return url.replace("postgresql://", "postgresql+asyncpg://")\n'
    assert findings(tmp_path, "XDB107", f"def f():\n    return 1\n    {rewrite}") == []
    assert findings(tmp_path, "XDB107", f"if False:\n    {rewrite}") == []


def test_no_url_is_tried_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    run = rewrites._attempt_function
    monkeypatch.setattr(rewrites, "_attempt_function", lambda *given: tried.append(given[-1]) or run(*given))
    body = 'return url.replace("postgresql", "postgresql+asyncpg")'
    assert findings(tmp_path, "XDB107", f"def convert(url):\n    {body}\n")[0].fix is not None
    assert len(tried) > 5
    assert len(set(tried)) == len(tried)


REWRITTEN = f'{ENV}url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://")\n'


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("engine = create_async_engine(url)\n", 1),
        ("def engine():\n    return create_async_engine(url)\n", 1),
        ("DATABASE_URL = url\n", 1),
        # what comes of it is another text, which nobody tried
        ("from elsewhere import cleaned\nclean = cleaned(url)\nengine = create_async_engine(clean)\n", 0),
        ("from elsewhere import cleaned\nclean = cleaned(url)\ndef engine():\n    return create_async_engine(clean)\n", 0),
        ('clean = url.split("?")[0].replace("postgres://", "postgresql+asyncpg://")\nengine = create_async_engine(clean)\n', 0),
    ],
)  # fmt: skip
def test_what_the_module_makes_of_it_in_the_end_counts(tmp_path: Path, rest: str, found: int) -> None:
    assert len(findings(tmp_path, "XDB107", REWRITTEN + rest)) == found
