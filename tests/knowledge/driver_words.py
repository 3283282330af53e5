"""What a URL asks for, told in each driver's own words and read back from them: the other half of a translation.

TLS is read as the driver behaves, measured against servers: what it does not insist on is worth ``prefer``,
whatever it is called.
"""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlencode

from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from dbdriver_lint.knowledge.intentions import Intention, Tls
from dbdriver_lint.knowledge.parameters import TABLES, Place, judge
from dbdriver_lint.knowledge.spellings import (
    ASYNC_VARIANTS,
    DIALECT_OF,
    LIBPQ,
    MYSQL,
    ODBC,
    Context,
    Form,
    Spelling,
    spelling,
)
from dbdriver_lint.knowledge.versions import VersionRange

if TYPE_CHECKING:
    from collections.abc import Iterator

Pairs = tuple[tuple[str, str], ...]
Hosts = tuple[tuple[str, int | None], ...]

PAIRS = [
    (source, target)
    for source, dialect in DIALECT_OF.items()
    for target, other in DIALECT_OF.items()
    if dialect == other and source not in ASYNC_VARIANTS
]
"""Every driver and every driver of the same database."""

DEFAULT_PORT = {"postgresql": 5432}
SHARED_NAMES = {
    Intention.CONNECT_TIMEOUT,
    Intention.READ_TIMEOUT,
    Intention.APPLICATION_NAME,
    Intention.PASSWORD,
    Intention.DATABASE,
    Intention.LOCAL_INFILE,
}
"""Intentions that drivers have one parameter for, under several names."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a URL says, whatever the driver calls it."""

    user: str | None
    password: str | None
    database: str | None
    hosts: Hosts
    tls: Tls | None
    files: tuple[str | None, str | None, str | None]
    """CA file, client certificate and its key."""
    settings: dict[str, str]
    """What the server is told at the start."""
    others: dict[str, str] = field(default_factory=dict)
    """By the name of the intention, or by the parameter's own."""


@dataclass(frozen=True, slots=True)
class Case:
    """A URL as somebody writes it for one driver, and what it says."""

    driver: str
    url: str
    tls: str
    """The part of the query that speaks about TLS."""
    asked: Asked


def row_of(driver: str, key: str) -> Spelling | None:
    """What is on record of a parameter, of another driver of the same database where there is nothing of its own."""
    family = (name for name, dialect in DIALECT_OF.items() if dialect == DIALECT_OF[driver])
    rows = (spelling(name, each) for name in (driver, *family) for each in (key, f"server_settings.{key}"))
    return next((row for row in rows if row is not None), None)


def name_of(driver: str, key: str) -> str:
    """One name for the parameters of all drivers that mean the same."""
    row = row_of(driver, key)
    return row.intention.value if row is not None and row.intention in SHARED_NAMES else key


def plain(value: object) -> str:
    """A value as it counts: whole seconds, and one word for yes and for no."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        return str(math.ceil(float(text)))
    except ValueError:
        return text


# --- writing -----------------------------------------------------------------------------------------

TLS_WORDS: dict[tuple[str, ...], tuple[tuple[Tls | None, Pairs], ...]] = {
    LIBPQ: (
        (None, ()),
        *((mode, (("sslmode", mode.word),)) for mode in Tls),
        *((max(mode, Tls.VERIFY_CA), (("sslmode", mode.word), ("sslrootcert", "/ca"))) for mode in Tls if mode >= Tls.REQUIRE),
        (Tls.VERIFY_FULL, (("sslrootcert", "/ca"), ("sslmode", "verify-full"), ("sslcert", "/c"), ("sslkey", "/k"))),
        (Tls.REQUIRE, (("sslcert", "/c"), ("sslkey", "/k"), ("sslmode", "require"))),
    ),
    ("asyncpg",): ((None, ()), *((mode, (("ssl", mode.word),)) for mode in Tls)),
    ("pymysql", "asyncmy"): (
        (None, ()),
        (Tls.REQUIRE, (("ssl_check_hostname", "false"),)),
        (Tls.REQUIRE, (("ssl_cert", "/c"), ("ssl_key", "/k"))),
        (Tls.REQUIRE, (("ssl_cipher", "AES256-SHA"),)),
        (Tls.VERIFY_FULL, (("ssl_capath", "/cas"),)),
        (Tls.VERIFY_CA, (("ssl_check_hostname", "false"), ("ssl_ca", "/ca"))),
        (Tls.VERIFY_FULL, (("ssl_ca", "/ca"),)),
        (Tls.VERIFY_FULL, (("ssl_ca", "/ca"), ("ssl_cert", "/c"), ("ssl_key", "/k"))),
    ),
    ("mysqldb",): (
        (None, ()),
        (Tls.DISABLE, (("ssl_mode", "DISABLED"),)),
        (Tls.REQUIRE, (("ssl_mode", "REQUIRED"),)),
        (Tls.VERIFY_CA, (("ssl_ca", "/ca"), ("ssl_mode", "VERIFY_CA"))),
        (Tls.VERIFY_FULL, (("ssl_mode", "VERIFY_IDENTITY"), ("ssl_ca", "/ca"))),
    ),
    ("mysqlconnector",): (
        (None, ()),
        (Tls.DISABLE, (("ssl_disabled", "true"),)),
        (Tls.VERIFY_CA, (("ssl_ca", "/ca"), ("ssl_verify_cert", "true"))),
        (Tls.VERIFY_FULL, (("ssl_ca", "/ca"), ("ssl_verify_cert", "true"), ("ssl_verify_identity", "true"))),
    ),
    ("mariadbconnector",): (
        (None, ()),
        (Tls.REQUIRE, (("ssl", "true"),)),
        (Tls.VERIFY_FULL, (("ssl_verify_cert", "true"), ("ssl_ca", "/ca"))),
    ),
    ODBC: (
        (None, ()),
        (Tls.DISABLE, (("Encrypt", "no"),)),
        (Tls.REQUIRE, (("Encrypt", "yes"), ("TrustServerCertificate", "yes"))),
        (Tls.VERIFY_FULL, (("Encrypt", "yes"), ("TrustServerCertificate", "no"))),
    ),
}  # fmt: skip
FILE_KEYS = (("sslrootcert", "ssl_ca"), ("sslcert", "ssl_cert"), ("sslkey", "ssl_key"))
CLIENT_TEXTS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\x85\u2028\u2029"), max_size=12
)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
PORTS = st.none() | st.integers(1, 65535)
NAMED_HOSTS = st.from_regex(r"[a-z][a-z0-9.-]{0,12}[a-z0-9]", fullmatch=True) | st.just("10.0.0.1")
IPV6_HOSTS = st.ip_addresses(v=6).map(str)
OPTIONS: tuple[tuple[str, dict[str, str]], ...] = (
    ("-csearch_path=mine", {"search_path": "mine"}),
    ("-c statement_timeout=5 -c search_path=a,b", {"statement_timeout": "5", "search_path": "a,b"}),
    ("--geqo=off --search-path=mine", {"geqo": "off", "search_path": "mine"}),
    (r"-c DateStyle=ISO,\ MDY", {"DateStyle": "ISO, MDY"}),
)
SEARCH_PATHS: tuple[tuple[str, dict[str, str]], ...] = tuple(
    (key, {"search_path": "mine"}) for key in ("schema", "currentSchema", "search_path")
)


def parameters(driver: str) -> Iterator[tuple[str, st.SearchStrategy[str]]]:
    """Every parameter that a driver takes in a URL, with values that it takes; TLS modes, hosts and settings apart."""
    apart = {"host", "port", "options", "server_settings", "unix_sock", "user", "dsn", "database", "db", "dbname"}
    table = TABLES[ASYNC_VARIANTS.get(driver, driver)]
    for key in sorted(set(table.index) - apart):
        row = row_of(driver, key)
        if any(key in dict(pairs) for forms in TLS_WORDS.values() for _, pairs in forms) or key == "ssl_disabled":
            continue
        fine = [
            value
            for value in values(row)
            if judge(
                driver, Place.URL, key, value, siblings={key: value}, sqlalchemy=VersionRange.everything()
            ).ok
        ]  # fmt: skip
        if fine:
            yield key, st.sampled_from(fine)


def values(row: Spelling | None) -> tuple[str, ...]:
    """Texts that may be right for a parameter."""
    if row is None or row.args is Form.TEXT:
        return (
            "5",
            "/run/x",
            "true",
            "false",
            "require",
            "disable",
            "TLSv1.2",
            "read-write",
            "utf8mb4",
            "random",
            "postgres",
            "a b&c=d",
        )
    return {Form.INTEGER: ("5", "17"), Form.NUMBER: ("5", "2.5"), Form.FLAG: ("true", "false")}[row.args or Form.FLAG]  # fmt: skip


PARAMETERS = {driver: dict(parameters(driver)) for driver in DIALECT_OF if driver in TABLES}


@st.composite
def cases(draw: st.DrawFn, driver: str) -> Case:
    """A URL for ``driver``, written in one of the ways in which people write it."""
    dialect = DIALECT_OF[driver]
    forms = next((words for drivers, words in TLS_WORDS.items() if driver in drivers), ((None, ()),))
    tls, pairs = draw(st.sampled_from(forms))
    chosen = {name_of(driver, key): key for key in draw(_some(sorted(PARAMETERS.get(driver, ()))))}
    others = {key: draw(PARAMETERS[driver][key]) for key in chosen.values()}
    written: list[tuple[str, str]] = [*pairs, *others.items()]
    settings: dict[str, str] = {}
    if driver in LIBPQ and draw(st.booleans()):
        text, settings = draw(st.sampled_from(OPTIONS))
        written.append(("options", text))
    elif dialect == "postgresql" and draw(st.booleans()):
        key, settings = draw(st.sampled_from(SEARCH_PATHS))
        written.append((key, settings["search_path"]))
    user = None if dialect == "sqlite" else draw(st.none() | CLIENT_TEXTS.filter(bool))
    password = None if user is None else draw(st.none() | CLIENT_TEXTS.filter(lambda text: text != "***"))
    place, hosts, extra = draw(_places(driver))
    database = draw(NAMES)
    query = draw(st.permutations(written))
    query = [*query, *extra] if draw(st.booleans()) else [*extra, *query]
    login = (
        ""
        if user is None
        else quote(user, safe="") + ("" if password is None else f":{quote(password, safe='')}") + "@"
    )
    scheme = draw(_schemes(driver))
    url = f"{scheme}{login}{place}/{database}" + "?" * bool(query) + "&".join(
        f"{quote_plus(key)}={quote_plus(value)}" for key, value in query
    )  # fmt: skip
    files = dict(pairs)
    ca, certificate, key_file = (next((files[key] for key in keys if key in files), None) for keys in FILE_KEYS)
    asked = Asked(
        user,
        password,
        database,
        hosts,
        tls,
        (ca, certificate, key_file),
        settings,
        {name_of(driver, key): plain(value) for key, value in others.items()},
    )
    return Case(driver, url, urlencode(pairs), asked)


def _some(keys: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(keys), max_size=3, unique=True) if keys else st.just([])


def _schemes(driver: str) -> st.SearchStrategy[str]:
    """The driver's own; the plain ones that platforms publish, where they mean the same parameters."""
    plain_schemes = {
        "psycopg2": ("postgres://", "postgresql://", "jdbc:postgresql://", ""),
        "mysqldb": ("mysql://", "mysql2://"),
    }
    own = f"{DIALECT_OF[driver]}+{driver}://"
    return st.sampled_from((own, own, *plain_schemes.get(driver, ())))


@st.composite
def _places(draw: st.DrawFn, driver: str) -> tuple[str, Hosts, Pairs]:
    """The host part, the hosts that it means, and the query parameters that go with it."""
    dialect = DIALECT_OF[driver]
    if dialect == "sqlite":
        return "", (), ()
    port = draw(PORTS)
    colon = "" if port is None else f":{port}"
    form = draw(st.sampled_from(("name", "ipv6", *(("query", "socket", "several") if dialect == "postgresql" else ()))))
    if form == "ipv6":
        host = draw(IPV6_HOSTS)
        return f"[{host}]{colon}", ((host, port),), ()
    name = draw(NAMED_HOSTS)
    if form == "name":
        return f"{name}{colon}", ((name, port),), ()
    if driver == "pg8000":
        return "", (("/run/pg", port),), (("unix_sock", f"/run/pg/.s.PGSQL.{port or 5432}"),)
    if form == "query":
        return "", ((name, port),), (("host", name), *((("port", str(port)),) if port else ()))
    if form == "socket":
        return "", (("/run/pg", port),), (("host", "/run/pg"), *((("port", str(port)),) if port else ()))
    hosts = tuple((each, draw(st.integers(1, 65535))) for each in draw(st.lists(NAMED_HOSTS, min_size=2, max_size=3)))
    style = draw(st.sampled_from(("repeated", "lists", "netloc")))
    if style == "repeated":
        return "", hosts, tuple(("host", f"{host}:{number}") for host, number in hosts)
    if style == "lists":
        names, numbers = (",".join(map(str, part)) for part in zip(*hosts, strict=True))
        return "", hosts, (("host", names), ("port", numbers))
    return ",".join(f"{host}:{number}" for host, number in hosts), hosts, ()


# --- reading -----------------------------------------------------------------------------------------


def read(driver: str, url: str, arguments: dict[str, Any]) -> Asked:
    """What an engine for ``driver`` with this URL and these ``connect_args`` asks for."""
    name = ASYNC_VARIANTS.get(driver, driver)
    made = make_url(url)
    query = {key: value if isinstance(value, str) else ",".join(value) for key, value in made.query.items()}
    hosts = _hosts(name, made.host, made.port, query)
    settings = _settings(query, arguments)
    tls, files = _tls(name, query, arguments)
    shown = {**query, **arguments}
    database = made.database
    others = {
        name_of(name, key): plain(value)
        for key, value in shown.items()
        if key not in ("statement_cache_size", "prepare_threshold")
    }
    return Asked(made.username, made.password, database, hosts, tls, files, settings, others)


def _hosts(driver: str, host: str | None, port: int | None, query: dict[str, str]) -> Hosts:
    socket = query.pop("unix_sock", None)
    if socket is not None:
        folder, _, number = socket.rpartition("/.s.PGSQL.")
        return ((folder, int(number)),)
    if DIALECT_OF[driver] == "postgresql" and "host" in query:
        names, ports = query.pop("host").split(","), query.pop("port", "").split(",")
        if len(names) == 1:
            return ((names[0], int(ports[0]) if ports[0] else None),)
        return tuple((name.rpartition(":")[0], int(name.rpartition(":")[2])) for name in names)
    return ((host, port),) if host is not None else ()


def _settings(query: dict[str, str], arguments: dict[str, Any]) -> dict[str, str]:
    words = shlex.split(query.pop("options", ""))
    settings = dict(word.split("=", 1) for word in words if word != "-c")
    settings |= arguments.pop("server_settings", {}) | arguments.pop("startup_params", {})
    if "application_name" in settings:
        query["application_name"] = settings.pop("application_name")
    return settings


Files = tuple[str | None, str | None, str | None]


def _tls(driver: str, query: dict[str, str], arguments: dict[str, Any]) -> tuple[Tls | None, Files]:
    """The strength that the driver enforces by this, None where nothing is said; what is read is taken out."""
    ca, certificate, key = (
        next((query.pop(name) for name in names if name in query), None) for names in FILE_KEYS
    )  # fmt: skip
    files = (ca, certificate, key)
    for name in ("ssl", "ssl_context"):
        value = arguments.pop(name, None)
        if isinstance(value, Context):
            named = Tls.VERIFY_FULL if value.check_hostname else Tls.VERIFY_CA
            strength = named if value.verify else Tls.REQUIRE
            return Tls.PREFER if driver == "aiomysql" else strength, (value.ca_file, value.certificate, value.key)
        if isinstance(value, bool):
            return Tls.REQUIRE if value else Tls.DISABLE, files
        if isinstance(value, str):
            return Tls.of(value), files
    if driver in LIBPQ:
        mode = Tls.of(query.pop("sslmode", ""))
        return Tls.VERIFY_CA if mode is Tls.REQUIRE and ca else mode, files
    if driver == "asyncpg":
        return Tls.of(query.pop("ssl", "")), files
    if driver in MYSQL:
        return _mysql_tls(driver, query, files), files
    if driver in ODBC:
        encrypt, trust = query.pop("Encrypt", None), query.pop("TrustServerCertificate", None)
        if encrypt is None:
            return None, files
        return Tls.DISABLE if encrypt == "no" else Tls.REQUIRE if trust == "yes" else Tls.VERIFY_FULL, files
    return None, files


def _mysql_tls(driver: str, query: dict[str, str], files: Files) -> Tls | None:
    ca, certificate, _ = files
    mode = query.pop("ssl_mode", None)
    checked = query.pop("ssl_check_hostname", None)
    verified, identified = query.pop("ssl_verify_cert", None), query.pop("ssl_verify_identity", None)
    if query.pop("ssl_disabled", None) == "true" or mode == "DISABLED":
        return Tls.DISABLE
    cipher, folder = query.pop("ssl_cipher", None), query.pop("ssl_capath", None)
    if driver in ("pymysql", "asyncmy"):
        if ca is not None:
            return Tls.VERIFY_CA if checked == "false" else Tls.VERIFY_FULL
        if folder is not None:
            return Tls.VERIFY_FULL
        return None if (checked, certificate, cipher) == (None, None, None) else Tls.REQUIRE
    if driver == "mysqldb":
        named = {"VERIFY_CA": Tls.VERIFY_CA, "VERIFY_IDENTITY": Tls.VERIFY_FULL}
        return None if mode is None else named.get(mode, Tls.PREFER) if ca else Tls.PREFER
    if driver == "mysqlconnector":
        if verified != "true" or ca is None:
            return None
        return Tls.VERIFY_FULL if identified == "true" else Tls.VERIFY_CA
    if driver == "mariadbconnector":
        return Tls.VERIFY_FULL if verified == "true" and ca else Tls.PREFER if query.pop("ssl", "") == "true" else None
    return None
