"""How a value flows inside a file: one test per form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from following import IMPORTS, facts_of, followed, urls

if TYPE_CHECKING:
    from pathlib import Path

PG = "postgresql://u:p@h/db"
APG = "postgresql+asyncpg://u:p@h/db"

#: (what it shows, code, the URLs of the last engine)
FORMS = [
    ("literal", f'create_engine("{PG}")', (PG,)),
    ("module constant", f'URL_ = "{PG}"\ncreate_engine(URL_)', (PG,)),
    ("keyword", f'create_engine(url="{PG}")', (PG,)),
    ("annotated constant", f'URL_: str = "{PG}"\ncreate_engine(URL_)', (PG,)),
    ("reassignment", f'u = "sqlite://"\nu = "{PG}"\ncreate_engine(u)', (PG,)),
    ("use before reassignment", f'u = "{PG}"\ne = create_engine(u)\nu = "sqlite://"', (PG,)),
    ("tuple", f'a, b = "sqlite://", "{PG}"\ncreate_engine(b)', (PG,)),
    ("walrus", f'if u := "{PG}":\n    create_engine(u)', (PG,)),
    ("implicit concatenation", 'create_engine("postgresql" "://h/db")', ("postgresql://h/db",)),
    ("more possibilities than are followed", 'u = "a" if x else "b"\np = "c" if x else "d"\nh = "e" if x else "f"\nn = "g" if x else "i"\nq = "j" if x else "k"\ncreate_engine(f"postgresql://{u}:{p}@{h}/{n}?o={q}")', ("postgresql://{}:{}@{}/{}?o={}",)),
    ("too many schemes", 's = os.environ["S"] if x else "b" if y else "c"\nu = "a" if x else "b"\np = "c" if x else "d"\nh = "e" if x else "f"\ncreate_engine(f"{s}://{u}:{p}@{h}/db")', ("?",)),
    ("replace of one of two", 'old = "+asyncpg" if unknown else "+psycopg"\ncreate_engine("postgresql+asyncpg://h/db".replace(old, ""))', ("postgresql://h/db", "postgresql+asyncpg://h/db")),
    ("concatenation", 's = "postgresql"\ncreate_engine(s + "+asyncpg" + "://h/db")', ("postgresql+asyncpg://h/db",)),
    ("augmented", 'u = "postgresql"\nu += "://h/db"\ncreate_engine(u)', ("postgresql://h/db",)),
    ("f-string", 'h = "h"\ncreate_engine(f"postgresql://{h}/db")', ("postgresql://h/db",)),
    ("f-string with a hole", 'create_engine(f"postgresql://{unknown}/db")', ("postgresql://{}/db",)),
    ("percent", 'create_engine("postgresql://%s/%s" % ("h", "db"))', ("postgresql://h/db",)),
    ("percent by name", 'create_engine("postgresql://%(h)s/db" % {"h": "h"})', ("postgresql://h/db",)),
    ("format", 'create_engine("postgresql://{}/{n}".format("h", n="db"))', ("postgresql://h/db",)),
    ("join", 'create_engine("://".join(["postgresql", "h/db"]))', ("postgresql://h/db",)),
    ("replace", f'create_engine("{PG}".replace("postgresql://", "postgresql+asyncpg://", 1))', (APG,)),
    ("replace all", 'create_engine("postgresql://postgresql/db".replace("postgresql", "x"))', ("x://x/db",)),
    ("split", 'create_engine("postgresql://h/db?a=b".split("?")[0])', ("postgresql://h/db",)),
    ("partition", 's, _, r = "postgres://h/db".partition("://")\ncreate_engine("postgresql://" + r)', ("postgresql://h/db",)),
    ("removeprefix", 'create_engine("postgresql://" + "postgres://h/db".removeprefix("postgres://"))', ("postgresql://h/db",)),
    ("strip", f'create_engine("  {PG} ".strip())', (PG,)),
    ("lower", 'create_engine("POSTGRESQL://h/db".lower())', ("postgresql://h/db",)),
    ("slice", 'u = "postgres://h/db"\ncreate_engine("postgresql" + u[len("postgres"):])', ("postgresql://h/db",)),
    ("dictionary", f'c = {{"url": "{PG}"}}\ncreate_engine(c["url"])', (PG,)),
    ("dictionary get", f'c = dict(url="{PG}")\ncreate_engine(c.get("url"))', (PG,)),
    ("dictionary item", f'c = {{}}\nc["url"] = "{PG}"\ncreate_engine(c["url"])', (PG,)),
    ("dictionary by an unknown key", f'c = {{"a": "{PG}"}}\ncreate_engine(c[unknown])', (PG, "?")),
    ("comprehension", 'c = [d + "://h" for d in ("mysql", "oracle") if d != "mysql"]\ncreate_engine(c[0])', ("oracle://h",)),
    ("any", 'u = "mysql://h"\ncreate_engine(u if any(u.startswith(d) for d in ("oracle", "mysql")) else "sqlite://")', ("mysql://h",)),
    ("all", 'u = "mysql://h"\ncreate_engine(u if all(u.startswith(d) for d in ("oracle", "mysql")) else "sqlite://")', ("sqlite://",)),
    ("unpacked keywords", f'k = {{"url": "{PG}"}}\ncreate_engine(**k)', (PG,)),
    ("list", f'c = ["{PG}"]\ncreate_engine(c[0])', (PG,)),
    ("conditional expression", f'create_engine("{PG}" if unknown else "sqlite://")', (PG, "sqlite://")),
    ("or", f'create_engine(None or "{PG}")', (PG,)),
    ("and", f'create_engine(True and "{PG}")', (PG,)),
    ("make_url", f'create_engine(make_url("{PG}"))', (PG,)),
    ("URL.create", 'create_engine(URL.create("postgresql", host="h", database="db"))', ("postgresql://h/db",)),
    ("URL.set", f'create_engine(make_url("{PG}").set(drivername="postgresql+asyncpg"))', (APG,)),
    ("render_as_string", f'create_engine(make_url("{PG}").render_as_string(hide_password=False))', (PG,)),
    ("str of a URL", f'create_engine(str(make_url("{PG}")))', ("postgresql://u:***@h/db",)),
    ("drivername", f'u = make_url("{PG}")\ncreate_engine(f"{{u.drivername}}+asyncpg://h")', ("postgresql+asyncpg://h",)),
    ("engine.url", f'a = create_engine("{PG}")\ncreate_engine(a.url)', (PG,)),
    ("function", f'def f():\n    return "{PG}"\ncreate_engine(f())', (PG,)),
    ("function with an argument", 'def f(h):\n    return f"postgresql://{h}/db"\ncreate_engine(f("h"))', ("postgresql://h/db",)),
    ("function with a default", 'def f(h="h"):\n    return f"postgresql://{h}/db"\ncreate_engine(f())', ("postgresql://h/db",)),
    ("keyword-only argument", 'def f(*, h):\n    return f"postgresql://{h}"\ncreate_engine(f(h="h"))', ("postgresql://h",)),
    ("function of a function", f'def g():\n    return "{PG}"\ndef f():\n    return g()\ncreate_engine(f())', (PG,)),
    ("recursion", "def f():\n    return f()\ncreate_engine(f())", ("?",)),
    ("lambda", f'f = lambda: "{PG}"\ncreate_engine(f())', (PG,)),
    ("coroutine", f'async def f():\n    return "{PG}"\nasync def g():\n    create_async_engine(await f())', (PG,)),
    ("closure", f'def f():\n    u = "{PG}"\n    def g():\n        return create_engine(u)\n    return g', (PG,)),
    ("parameter", "def f(u):\n    return create_engine(u)", ("?",)),
    ("parameter with a default", f'def f(u="{PG}"):\n    return create_engine(u)', (PG, "?")),
    ("class attribute", f'class C:\n    u = "{PG}"\ncreate_engine(C.u)', (PG,)),
    ("instance attribute", f'class C:\n    def __init__(self):\n        self.u = "{PG}"\n    def e(self):\n        return create_engine(self.u)', (PG,)),
    ("constructor argument", f'class C:\n    def __init__(self, u):\n        self.u = u\nc = C("{PG}")\ncreate_engine(c.u)', (PG,)),
    ("inherited attribute", f'class A:\n    u = "{PG}"\nclass B(A):\n    pass\ncreate_engine(B().u)', (PG,)),
    ("overridden attribute", f'class A:\n    u = "sqlite://"\nclass B(A):\n    u = "{PG}"\ncreate_engine(B().u)', (PG,)),
    ("super().__init__", f'class A:\n    def __init__(self, u):\n        self.u = u\nclass B(A):\n    def __init__(self):\n        super().__init__("{PG}")\ncreate_engine(B().u)', (PG,)),
    ("method called by __init__", f'class C:\n    def __init__(self):\n        self.set()\n    def set(self):\n        self.u = "{PG}"\ncreate_engine(C().u)', (PG,)),
    ("property", f'class C:\n    @property\n    def u(self):\n        return "{PG}"\ncreate_engine(C().u)', (PG,)),
    ("cached property", f'import functools\nclass C:\n    @functools.cached_property\n    def u(self):\n        return "{PG}"\ncreate_engine(C().u)', (PG,)),
    ("static method", f'class C:\n    @staticmethod\n    def u():\n        return "{PG}"\ncreate_engine(C.u())', (PG,)),
    ("class method", f'class C:\n    x = "{PG}"\n    @classmethod\n    def u(cls):\n        return cls.x\ncreate_engine(C.u())', (PG,)),
    ("enum", f'import enum\nclass E(enum.Enum):\n    A = "{PG}"\ncreate_engine(E.A.value)', (PG,)),
    ("attribute of an object elsewhere", f'class S: ...\ns = S()\ns.u = "{PG}"\ncreate_engine(s.u)', (PG,)),
    ("cached function", f'import functools\n@functools.lru_cache\ndef f():\n    return "{PG}"\ncreate_engine(f())', (PG,)),
    ("cached function with size", f'import functools\n@functools.lru_cache(maxsize=1)\ndef f():\n    return "{PG}"\ncreate_engine(f())', (PG,)),
    ("unknown decorator", f'@unknown\ndef f():\n    return "{PG}"\ncreate_engine(f())', ("?",)),
    ("environment", 'create_engine(os.environ["DATABASE_URL"])', ("$DATABASE_URL",)),
    ("environment with a default", f'create_engine(os.getenv("DB", "{PG}"))', (f"DB={PG}", "$DB")),
    ("environment or a default", f'create_engine(os.environ.get("DB") or "{PG}")', (f"DB={PG}", "$DB")),
    ("environment replaced", f'create_engine(os.getenv("DB", "{PG}").replace("postgresql:", "postgresql+asyncpg:"))', (f"DB={APG}", "$DB")),
    ("environment into a template", 'create_engine(f"postgresql://{os.environ[\'HOST\']}/db")', ("postgresql://{}/db",)),
    ("global", f'u = "sqlite://"\ndef f():\n    global u\n    u = "{PG}"\ncreate_engine(u)', ("sqlite://", "?")),
    ("cast", f'import typing\ncreate_engine(typing.cast(str, "{PG}"))', (PG,)),
]  # fmt: skip


@pytest.mark.parametrize(("code", "expected"), [pytest.param(code, urls, id=name) for name, code, urls in FORMS])
def test_form(tmp_path: Path, code: str, expected: tuple[str, ...]) -> None:
    assert followed(tmp_path, code) == expected


BRANCHES = [
    ("guard taken", 'u = "postgres://h/db"\nif u.startswith("postgres://"):\n    u = u.replace("postgres://", "postgresql://", 1)\ncreate_engine(u)', ("postgresql://h/db",)),
    ("guard not taken", f'u = "{PG}"\nif u.startswith("postgres://"):\n    u = "sqlite://"\ncreate_engine(u)', (PG,)),
    ("both branches", f'if unknown:\n    u = "{PG}"\nelse:\n    u = "sqlite://"\ncreate_engine(u)', (PG, "sqlite://")),
    ("branch that raises", f'if unknown:\n    u = "{PG}"\nelse:\n    raise ValueError\ncreate_engine(u)', (PG,)),
    ("early return", f'def f():\n    if unknown:\n        return "{PG}"\n    return "sqlite://"\ncreate_engine(f())', (PG, "sqlite://")),
    ("early return by argument", f'def f(a):\n    if a:\n        return "{PG}"\n    return "sqlite://"\ncreate_engine(f(True))', (PG,)),
    ("narrowed choice", f'u = "{PG}" if unknown else "sqlite://"\nif u.startswith("sqlite"):\n    create_engine(u)', ("sqlite://",)),
    ("narrowed by in", f'u = "{PG}" if unknown else "sqlite://"\nif "sqlite" in u:\n    e = 1\nelse:\n    create_engine(u)', (PG,)),
    ("narrowed by an early exit", f'def f():\n    u = "{PG}" if unknown else "sqlite://"\n    if "sqlite" in u:\n        return None\n    return create_engine(u)', (PG,)),
    ("narrowed by equality", f'u = "{PG}" if unknown else "sqlite://"\nif u == "sqlite://":\n    create_engine(u)', ("sqlite://",)),
    ("narrowed by not", f'u = "{PG}" if unknown else "sqlite://"\nif not u.startswith("sqlite"):\n    create_engine(u)', (PG,)),
    ("assert", f'u = "{PG}" if unknown else "sqlite://"\nassert u.startswith("sqlite")\ncreate_engine(u)', ("sqlite://",)),
    ("none is excluded", f'u = None if unknown else "{PG}"\nif u is None:\n    raise SystemExit\ncreate_engine(u)', (PG,)),
    ("none is excluded by truth", f'def f(u=None):\n    u = None if unknown else "{PG}"\n    if not u:\n        return\n    create_engine(u)', (PG,)),
    ("backend name", f'u = make_url("{PG}")\nif u.get_backend_name() == "sqlite":\n    u = u.set(database="x")\ncreate_engine(u)', (PG,)),
    ("environment's default decided", 'u = os.getenv("DB", "sqlite:///x")\nif u.startswith("postgres://"):\n    u = u.replace("postgres://", "postgresql://", 1)\ncreate_engine(u)', ("postgresql://{}", "DB=sqlite:///x", "$DB")),
    ("an unknown value's beginning", 'def f(u):\n    if u.startswith("postgres://"):\n        u = u.replace("postgres://", "postgresql://", 1)\n    create_engine(u)', ("postgresql://{}", "?")),
    ("one of several beginnings", 'def f(u):\n    if u.startswith(("postgres://", "postgresql://")):\n        create_engine("postgresql+asyncpg://" + u.split("://", 1)[1])', ("postgresql+asyncpg://{}",)),
    ("two beginnings, one after the other", 'u = os.environ["DB"]\nif u.startswith("postgres://"):\n    u = u.replace("postgres://", "postgresql://", 1)\nif u.startswith("postgresql://"):\n    u = u.replace("postgresql://", "postgresql+asyncpg://", 1)\ncreate_engine(u)', ("postgresql+asyncpg://{}", "$DB")),
    ("the environment's URL and more", 'create_engine(os.environ["DB"] + "?a=b")', ("{}?a=b", "$DB")),
    ("the environment's dialect", 'create_engine(os.environ["DIALECT"] + "://h/db")', ("{}://h/db", "?")),
    ("a beginning in lower case", 'u = os.environ["DB"]\nif not u.lower().startswith("mysql+pymysql://"):\n    raise ValueError\ncreate_engine(u)', ("mysql+pymysql://{}",)),
    ("no beginning elsewhere", 'u = os.environ["DB"]\nif not u.startswith("postgres://"):\n    create_engine(u)', ("$DB",)),
    ("a beginning that decides a later test", 'u = os.environ["DB"]\nif u.startswith("mysql://"):\n    if "mysql" in u:\n        create_engine(u)\n    else:\n        create_engine("sqlite://")', ("mysql://{}", )),
    ("match", f'match unknown:\n    case "a":\n        u = "{PG}"\n    case _:\n        u = "sqlite://"\ncreate_engine(u)', (PG, "sqlite://")),
    ("match by value", f'm = "a"\nmatch m:\n    case "a":\n        u = "{PG}"\n    case _:\n        u = "sqlite://"\ncreate_engine(u)', (PG,)),
    ("try", f'try:\n    u = "{PG}"\nexcept KeyError:\n    u = "sqlite://"\ncreate_engine(u)', (PG, "sqlite://")),
    ("try with finally", f'try:\n    u = "{PG}"\nfinally:\n    x = 1\ncreate_engine(u)', (PG,)),
    ("loop over known values", f'for u in ["{PG}", "sqlite://"]:\n    create_engine(u)', (PG, "sqlite://")),
    ("loop that changes it for each known value", 'u = "postgresql+asyncpg://h/db"\nfor d in ("+asyncpg", "+aiosqlite"):\n    u = u.replace(d, "")\ncreate_engine(u)', ("postgresql://h/db",)),
    ("loop that is left early", 'u = "postgresql+asyncpg://h/db"\nfor d in ("+asyncpg", "+aiosqlite"):\n    if unknown:\n        break\n    u = u.replace(d, "")\ncreate_engine(u)', ("postgresql+asyncpg://h/db", "postgresql://h/db")),
    ("loop that may change it", f'u = "{PG}"\nfor x in unknown:\n    u = "sqlite://"\ncreate_engine(u)', (PG, "sqlite://")),
    ("while", f'while True:\n    u = "{PG}"\n    break\ncreate_engine(u)', (PG,)),
    ("with", f'with open("f") as f:\n    u = "{PG}"\ncreate_engine(u)', (PG,)),
    ("with read", 'with open("f") as f:\n    u = f.read()\ncreate_engine(u)', ("?",)),
    ("type checking", f'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import x\nu = "{PG}"\ncreate_engine(u)', (PG,)),
    ("main", f'if __name__ == "__main__":\n    create_engine("{PG}")', (PG,)),
    ("constant flag", f'ASYNC = True\nif ASYNC:\n    u = "{APG}"\nelse:\n    u = "{PG}"\ncreate_engine(u)', (APG,)),
    ("mapping of drivers", 'D = {"postgresql": "asyncpg"}\nu = make_url("postgresql://h/db")\ncreate_engine(u.set(drivername=f"{u.drivername}+{D[u.drivername]}"))', ("postgresql+asyncpg://h/db",)),
    ("urlparse", 'from urllib.parse import urlparse\np = urlparse("postgres://h/db")\ncreate_engine(p._replace(scheme="postgresql+asyncpg").geturl())', ("postgresql+asyncpg://h/db",)),
    ("re.sub", 'import re\ncreate_engine(re.sub(r"^postgres://", "postgresql://", "postgres://h/db"))', ("postgresql://h/db",)),
]  # fmt: skip


@pytest.mark.parametrize(("code", "expected"), [pytest.param(code, urls, id=name) for name, code, urls in BRANCHES])
def test_branch(tmp_path: Path, code: str, expected: tuple[str, ...]) -> None:
    assert followed(tmp_path, code) == expected


_ENUM = 'from enum import Enum\nclass Backend(Enum):\n    LITE = "sqlite"\n    PG = "postgresql"\n'
_DRIVER = (
    'def to_async(u):\n    u = make_url(u)\n    if u.get_backend_name() == "sqlite":\n'
    '        return u.set(drivername="sqlite+aiosqlite")\n    if u.get_backend_name() == "postgresql":\n'
    '        return u.set(drivername="postgresql+asyncpg")\n'
)
_TWO = f'u = "{PG}" if unknown else "sqlite://"\n'

#: Conditions on something that was computed from the URL, and conditions that depend on something else, too.
BEHIND = [
    ("a flag", f'{_TWO}lite = u.startswith("sqlite")\nif lite:\n    pass\nelse:\n    create_engine(u)', (PG,)),
    ("a flag, both ways", f'{_TWO}lite = "sqlite" in u\nif not lite:\n    k = 1\nif lite:\n    create_engine(u)', ("sqlite://",)),
    ("a flag in an expression", f'{_TWO}lite = "sqlite" in u\ncreate_engine("mysql://h" if lite else u)', ("mysql://h", PG)),
    ("the backend, one after the other", f'{_TWO}b = make_url(u).get_backend_name()\nif b == "mysql":\n    pass\nelif b == "sqlite":\n    pass\nelif b == "postgresql":\n    create_engine(u)', (PG,)),
    ("the beginning of a text", f'{_TWO}s = u.split(":")[0]\nif s == "sqlite":\n    raise ValueError\ncreate_engine(u)', (PG,)),
    ("an environment's default", 'u = os.getenv("DB", "sqlite://")\nlite = u.startswith("sqlite")\nif not lite:\n    create_engine(u)', ("$DB",)),
    ("a flag that is older than the value", f'{_TWO}lite = "sqlite" in u\nu = "mysql://h" if unknown else "oracle://h"\nif lite:\n    create_engine(u)', ("mysql://h", "oracle://h")),
    ("a flag of the module", f'{_TWO}LITE = u.startswith("sqlite")\ndef f():\n    if LITE:\n        create_engine(u)\n', ("sqlite://",)),
    ("the backend of a URL object that was made before", f'{_TWO}o = make_url(u)\nb = o.get_backend_name()\nif b == "sqlite":\n    pass\nelse:\n    create_engine(u)', (PG,)),
    ("the backend of a parameter's URL object", 'def f(u=os.getenv("DB", "sqlite://")):\n    o = make_url(u)\n    b: str = o.get_backend_name()\n    if b == "sqlite":\n        return\n    create_engine(u)', ("$DB", "?")),
    ("the backend of a setting", 'class S:\n    database_url = os.getenv("DB", "sqlite://")\nsettings = S()\no = make_url(settings.database_url)\nb = o.get_backend_name()\ndef f():\n    if b == "sqlite":\n        return\n    create_engine(settings.database_url)', ("$DB",)),
    ("the backend of an unknown URL, which is rewritten", 'def to_async(url):\n    o = make_url(url)\n    b = o.get_backend_name()\n    if b == "sqlite":\n        return o.set(drivername="sqlite+aiosqlite")\n    if b == "postgresql":\n        return o.set(drivername="postgresql+asyncpg")\n    raise ValueError\ndef f(url):\n    o = make_url(url)\n    b = o.get_backend_name()\n    if b == "postgresql":\n        create_engine(to_async(o))', ("postgresql+asyncpg://{}:{}@{}:{}/{}{}",)),
    ("the backend of an unknown URL, one of several", 'def f(url):\n    o = make_url(url)\n    b = o.get_backend_name()\n    if b in ("postgresql", "duckdb"):\n        create_engine(o)', ("?",)),
    ("a foreign flag", f'{_TWO}flag = unknown(u)\nif flag:\n    create_engine(u)', (PG, "sqlite://")),
    ("an enumeration", f'{_ENUM}{_TWO}b = Backend(make_url(u).get_backend_name())\nif b is Backend.LITE:\n    pass\nelse:\n    create_engine(u)', (PG,)),
    ("an enumeration, and the URL rewritten since", f'{_ENUM}{_DRIVER}def f(url):\n    b = Backend(make_url(url).get_backend_name())\n    url = to_async(url)\n    if b is Backend.LITE:\n        create_engine(url)', ("sqlite+aiosqlite://{}:{}@{}:{}/{}{}", "?")),
    ("refused under another condition", 'u = os.getenv("DB", "sqlite://")\nif unknown and not u.startswith("postgres"):\n    raise ValueError\ncreate_engine(u)', ("$DB", "?")),
    ("one of two refused under another condition", f'{_TWO}if unknown and u.startswith("sqlite"):\n    raise ValueError\ncreate_engine(u)', (PG, "?")),
    ("accepted under another condition", f'{_TWO}if unknown and u.startswith("sqlite"):\n    k = 1\ncreate_engine(u)', (PG, "sqlite://")),
    ("a function of the project that asks", 'def is_lite(u):\n    return any(u.startswith(d) for d in ("sqlite", "duckdb"))\ndef f(u):\n    if not is_lite(u):\n        return\n    if u.startswith("postgresql"):\n        create_engine("postgresql://h")\n    else:\n        create_engine("mysql://h")\n', ("mysql://h",)),
    ("a function of the project that asks for something else", 'def is_short(u):\n    return len(u) < unknown\ndef f(u):\n    if is_short(u):\n        create_engine(u)\n', ("?",)),
    ("a placeholder", 'create_engine("dialect://invalid_uri")', ("?",)),
]  # fmt: skip


@pytest.mark.parametrize(("code", "expected"), [pytest.param(code, urls, id=name) for name, code, urls in BEHIND])
def test_condition_on_something_else(tmp_path: Path, code: str, expected: tuple[str, ...]) -> None:
    assert followed(tmp_path, code) == expected


CALLERS = [
    ("function", 'def make_engine(url):\n    create_engine(url)\nmake_engine("postgresql://h/db")', ("postgresql://h/db", "?")),
    ("unpacked", 'def _create_engine(*args, **kwargs):\n    create_engine(*args, **kwargs)\n_create_engine(os.getenv("DB", "sqlite://"))', ("DB=sqlite://", "$DB")),
    ("class", 'class Database:\n    def __init__(self, url):\n        self.engine = create_engine(url)\ndatabase = Database("sqlite://")', ("sqlite://", "?")),
    ("method", 'class Store:\n    def connect_db(self, url):\n        create_engine(url)\n    def start(self):\n        self.connect_db("sqlite://")', ("sqlite://", "?")),
    ("keyword", 'def make_engine(url, **options):\n    create_engine(url, **options)\ndef main():\n    make_engine(url="sqlite://", echo=True)', ("sqlite://", "?")),
    ("several", 'def make_engine(url):\n    create_engine(url)\nmake_engine("sqlite://")\nmake_engine("postgresql://h/db")', ("sqlite://", "postgresql://h/db", "?")),
    ("recursive", 'def make_engine(url):\n    make_engine(url)\n    create_engine(url)\nmake_engine("sqlite://")', ("sqlite://", "?")),
    ("driver of a parsed parameter", 'def make(url):\n    create_engine(make_url(url).set(drivername="postgresql+psycopg"))', ("postgresql+psycopg://{}:{}@{}:{}/{}{}",)),
    ("one of two drivers", 'def make(url, lite):\n    create_engine(make_url(url).set(drivername="sqlite" if lite else "mysql"))', ("sqlite://{}:{}@{}:{}/{}{}", "mysql://{}:{}@{}:{}/{}{}")),
    ("settings that are read late", 'class Real:\n    url = "sqlite://"\nclass Late:\n    def __getattr__(self, name):\n        return getattr(Real(), name)\nsettings = Late()\ncreate_engine(settings.url)', ("sqlite://",)),
    ("settings with an __init__ of their own", 'from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    url: str = "sqlite://"\n    def __init__(self, **data):\n        super().__init__(**data)\n        self.other = 1\ncreate_engine(Settings().url)', ("URL=sqlite://", "$URL")),
    ("getattr with a default", 'class Real:\n    url = "sqlite://"\ncreate_engine(getattr(Real(), "nothing", "mysql://h/d"))', ("mysql://h/d", "?")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "expected"), [pytest.param(code, urls, id=name) for name, code, urls in CALLERS])
def test_caller(tmp_path: Path, code: str, expected: tuple[str, ...]) -> None:
    assert sorted(followed(tmp_path, code)) == sorted(expected)


@pytest.mark.parametrize("fill", [0, 60], ids=["few names", "many names"])
def test_assignment_reads_names_as_they_were(tmp_path: Path, fill: int) -> None:
    lines = [f"N{number} = {number}" for number in range(fill)]
    code = [
        *lines,
        'DRIVER, HOST = "asyncpg", "db"',
        'URL_ = f"postgresql+{DRIVER}://{HOST}/app"',
        'DRIVER, HOST = "psycopg", "other"',
        'OTHER = URL_.replace("app", "b") if DRIVER == "psycopg" else HOST',
        'URL_ = DRIVER = "sqlite://"',
        "create_engine(OTHER)",
        "class Settings:",
        *(f"    {line}" for line in lines),
        '    driver = "pymysql"',
        '    url = f"mysql+{driver}://h/d"',
        '    driver = "aiomysql"',
        "create_engine(Settings.url)",
        "",
    ]
    found = facts_of(tmp_path, {"main.py": IMPORTS + "\n".join(code)}, "main.py", sliced=False)
    assert [urls(engine) for engine in found.engines] == [("postgresql+asyncpg://db/b",), ("mysql+pymysql://h/d",)]
