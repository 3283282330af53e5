"""Engines that functions of the project make of what they are given: by callers in other files, and by default."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from following import IMPORTS, facts_of, urls

if TYPE_CHECKING:
    from pathlib import Path

    from dbdriver_lint.analysis.facts import EngineCall

PG = "postgresql://u@h/db"

DB = """\
from sqlalchemy import create_engine, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

def make_engine(url, **options):
    return create_async_engine(url, **options)

def init_engine(url):
    global engine
    engine = create_engine(url)

def wrapped_engine(url):
    return AsyncEngine(create_engine(url))

def async_engine(url):
    return create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))

def name_of_engine(url):
    engine = create_engine(url)
    return engine.dialect.name

def default_engine(url="sqlite://", echo=False):
    return create_engine(url)

def any_engine(url):
    if unknown:
        return create_async_engine(url)
    return create_engine(url)

def some_engine(url, asynchronous=False):
    if asynchronous:
        return create_async_engine(url)
    return create_engine(url)

def pooled_engine(url):
    if unknown:
        return create_engine(url, pool_size=5, connect_args={"sslmode": "require"})
    return create_engine(url)

def own_engine(name):
    return create_engine(f"sqlite:///{name}")

class Database:
    def __init__(self, url, echo=False):
        self.url = url
        self.engine = create_async_engine(self.url, echo=echo)

class Child(Database):
    pass

class SqlAdapter(Database):
    pass

def given_engine(url):
    return make_engine(url)

def far_engine(url):
    return given_engine(url + "?a=b")

def open_db(url):
    return Database(url)

def round_engine(url):
    return round_engine(url)

class LateDatabase:
    def __init__(self, url=None):
        self.url = url

    def connect(self):
        self.engine = create_engine(self.url)

    def init_db(self, url):
        self.engine = create_engine(url)

    @classmethod
    def of_engine(cls, url):
        return create_engine(url)
"""

#: (what it shows, the code of ``main.py``, the URLs of each engine that is made by a call in it)
CALLS = [
    ("function", f'from db import make_engine\nmake_engine("{PG}")', [(PG,)]),
    ("keyword", f'from db import make_engine\nmake_engine(url="{PG}", echo=True)', [(PG,)]),
    ("module", f'import db\ndb.make_engine("{PG}")', [(PG,)]),
    ("alias", f'from db import make_engine as _engine\n_engine("{PG}")', [(PG,)]),
    ("for its effect", f'from db import init_engine\ninit_engine("{PG}")', [(PG,)]),
    ("URL that is changed there", f'from db import async_engine\nasync_engine("{PG}")', [("postgresql+asyncpg://u@h/db",)]),
    ("two of them", f'from db import make_engine\nmake_engine("{PG}")\nmake_engine("mysql://h")', [(PG,), ("mysql://h",)]),
    ("class", f'from db import Database\ndatabase = Database("{PG}", echo=True)', [(PG,)]),
    ("class with the __init__ of its base", f'from db import Child as ChildDatabase\nChildDatabase("{PG}")', [(PG,)]),
    ("class of another name", f'from db import SqlAdapter\nSqlAdapter("{PG}")', [(PG,)]),
    ("function that calls such a function", f'from db import given_engine\ngiven_engine("{PG}")', [(PG,)]),
    ("function that calls one that calls one", f'from db import far_engine\nfar_engine("{PG}")', [(f"{PG}?a=b",)]),
    ("function that makes an object that makes one", f'from db import open_db\nopen_db("{PG}")', [(PG,)]),
    ("function that calls itself", f'from db import round_engine\nround_engine("{PG}")', []),
    ("method of an object that was given it", f'from db import LateDatabase\nd = LateDatabase("{PG}")\nd.connect()', [(PG,)]),
    ("method", f'from db import LateDatabase\nLateDatabase().init_db("{PG}")', [(PG,)]),
    ("class method", f'from db import LateDatabase\nLateDatabase.of_engine("{PG}")', [(PG,)]),
    ("in a function", f'from db import make_engine\ndef main():\n    make_engine("{PG}")', [(PG,)]),
    ("setting", 'from config import settings\nfrom db import make_engine\nmake_engine(settings.url)', [("sqlite://",)]),
    ("environment", 'from db import make_engine\nmake_engine(os.getenv("DB", "sqlite://"))', [("DB=sqlite://", "$DB")]),
    ("its own default", 'from db import default_engine\ndefault_engine(echo=True)', []),
    ("one of both kinds, by what nobody knows", f'from db import any_engine\nany_engine("{PG}")', []),
    ("one of both kinds, by an argument", f'from db import some_engine\nsome_engine("{PG}", True)', [(PG,)]),
    ("one of two of a kind", f'from db import pooled_engine\npooled_engine("{PG}")', [(PG,)]),
    ("unknown", 'from db import make_engine\nmake_engine(unknown)', []),
    ("only the dialect is looked at", f'from db import name_of_engine\nname_of_engine("{PG}")', []),
    ("foreign function of the name", f'from elsewhere import make_engine\nmake_engine("{PG}")', []),
    ("function of this file", f'def make_engine(url):\n    return create_engine(url)\nmake_engine("{PG}")', [(PG,)]),
    ("function that knows its URL", 'from db import own_engine\nown_engine("x")', []),
    ("function of this file that knows its URL", 'def make_engine(name):\n    return create_engine("sqlite://")\nmake_engine("x")', []),
]  # fmt: skip


def reached(root: Path, code: str) -> list[EngineCall]:
    """The engines that calls in ``main.py`` make; the same whether its slice is parsed or all of it."""
    files = {
        "main.py": IMPORTS + dedent(code),
        "db.py": DB,
        "config.py": "class S:\n    url = 'sqlite://'\nsettings = S()\n",
    }
    found = [facts_of(root, files, "main.py", sliced=sliced).reached for sliced in (True, False)]
    assert [urls(call) for call in found[0]] == [urls(call) for call in found[1]]
    return list(found[0])


@pytest.mark.parametrize(("code", "expected"), [pytest.param(code, urls, id=name) for name, code, urls in CALLS])
def test_call(tmp_path: Path, code: str, expected: list[tuple[str, ...]]) -> None:
    assert [urls(call) for call in reached(tmp_path, code)] == expected


def test_place(tmp_path: Path) -> None:
    (call,) = reached(tmp_path, f'from db import make_engine\nmake_engine("{PG}", pool_size=5)')
    assert call.url is not None
    assert (call.anchor.text, call.url.anchor.text) == (f'make_engine("{PG}", pool_size=5)', f'"{PG}"')
    assert call.made_at is not None
    assert call.made_at.path.endswith("db.py")
    assert call.urls.urls[0].steps[-1].place == call.made_at
    assert (call.is_async, call.keywords.keys()) == (True, {"pool_size"})


def test_wrapped(tmp_path: Path) -> None:
    (call,) = reached(tmp_path, f'from db import wrapped_engine\nwrapped_engine("{PG}")')
    assert call.wrapped_in_async_engine
    assert not call.is_async


#: (what it shows, the code of the file, the URLs of each engine that is made by default)
DEFAULTS = [
    ("parameter", f'def make(url="{PG}"):\n    return create_engine(url)', [(PG,)]),
    ("constant", f'URL_ = "{PG}"\ndef make(url=URL_):\n    return create_engine(url)', [(PG,)]),
    ("changed on the way", f'def make(url="{PG}"):\n    return create_engine(url + "?a=b")', [(f"{PG}?a=b",)]),
    ("with the default of another", f'def make(url="{PG}", driver="psycopg"):\n    return create_engine(make_url(url).set(drivername=f"postgresql+{{driver}}"))', [("postgresql+psycopg://u@h/db",)]),
    ("not reached by default", f'def make(url="{PG}", asynchronous=False):\n    if asynchronous:\n        create_async_engine(url)', []),
    ("beside a parameter that is required", f'def make(name, url="{PG}"):\n    return create_engine(url)', [(PG,)]),
    ("__init__", f'class D:\n    def __init__(self, url="{PG}"):\n        self.engine = create_engine(url)', [(PG,)]),
    ("attribute", f'class D:\n    def __init__(self, url="{PG}"):\n        self.url = url\n    def f(self):\n        create_engine(self.url)', [(PG,)]),
    ("everyone gives another", f'def make(url="{PG}"):\n    return create_engine(url)\nmake("sqlite://")', []),
    ("everyone gives another engine", f'def make_engine(url="{PG}"):\n    return create_engine(url)\nmake_engine("sqlite://")', [("sqlite://",)]),
    ("one gives nothing", f'def make(url="{PG}"):\n    return create_engine(url)\nmake("sqlite://")\nmake()', [(PG,)]),
    ("a call without arguments", f'def make_engine(url="{PG}"):\n    return create_engine(url)\nmake_engine()', [(PG,)]),
    ("of both kinds", f'def make(url="{PG}"):\n    if unknown:\n        return create_engine(url)\n    return create_async_engine(url)', []),
    ("no URL", 'def make(url=None):\n    return create_engine(url or "sqlite://")', []),
]  # fmt: skip


@pytest.mark.parametrize(("code", "expected"), [pytest.param(code, urls, id=name) for name, code, urls in DEFAULTS])
def test_default(tmp_path: Path, code: str, expected: list[tuple[str, ...]]) -> None:
    assert [urls(call) for call in reached(tmp_path, code)] == expected


def test_condition_of_a_default(tmp_path: Path) -> None:
    (call,) = reached(tmp_path, f'def make(url="{PG}"):\n    return create_engine(url)')
    (url,) = call.urls.urls
    assert call.urls.condition_of(url) == "By default, "
    assert [step.message for step in url.steps] == ["`url` is this by default"]


@pytest.mark.parametrize("call", ["make_engine()", "make_engine(echo=True)", "make_engine(**options)"])
def test_a_call_that_gives_no_url(tmp_path: Path, call: str) -> None:
    code = f"""
        from sqlalchemy import create_engine

        def make_engine(**given):
            return create_engine(**given)

        engine = {call}
        """
    facts = facts_of(tmp_path, {"app.py": dedent(code)}, "app.py")
    assert [engine.url for engine in facts.reached if engine.url is not None] == []
