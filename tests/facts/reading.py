"""Read the measured facts: which program each one is, and which of them no linter could know."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from dbdriver_lint.knowledge.parameters import CALLABLE, SSL_CONTEXT, Place

CERTIFICATES = {"good CA": "/certs/ca.crt", "wrong CA": "/certs/wrong.crt", "missing file": "/nonexistent/ca.crt"}

SET_ASIDE = {
    "certificate: what the server presents and what the CA file holds": re.compile(
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|self-signed certificate|root certificate file"
        r"|SSL_CTX_set_default_verify_paths|Invalid CA Certificate|SSL connection error"
        r"|make_channel_binding"
    ),
    "server state: no such server, or it does not answer": re.compile(
        r"Connection refused|Connect call failed|connect to \S+ server|Can't create a connection|still hanging|timed out|timeout expired"
        r"|Connection timed out|Lost connection to|DPY-6005|Unable to connect|Unknown database|server closed the connection"
        r"|Name or service not known|failed to resolve|could not translate host name|No such file or directory"
        r"|Read Operation timed out|Can't connect to local server"
    ),
    "server state: it refuses this user, database or role": re.compile(
        r"no pg_hba\.conf entry|password authentication failed|Access denied|must be superuser|not in hot standby"
        r"|session is read-only|None of the hosts match|authentication method requirement|does not exist, role"
    ),
    "server state: it offers no TLS": re.compile(
        r"server does not support SSL|rejected SSL upgrade|SSL is required but"
    ),
    "server settings: the server knows the names and values": re.compile(
        r"unrecognized configuration parameter|invalid command-line argument for server process"
        r"|unsupported startup parameter|canceling statement due to|Query execution was interrupted"
    ),
    "local files and credentials of the machine": re.compile(
        r"GSSAPI encryption required|definition of service|unable to open database file|Failed reading file"
        r"|Can't open lib|C Extension not available"
    ),
    "plugins and dialects that are installed": re.compile(r"Can't load plugin: sqlalchemy\.plugins"),
}
"""Reason to what the exception says, where it depends on a server's state or on the machine."""

_NOT_ABOUT_A_PARAMETER = {
    ("url", "url-api"): "the API of sqlalchemy.engine.URL objects, no parameter",
    ("url", "docs"): "documentation, not measured",
    ("connect_args", "docs"): "documentation, not measured",
    ("connect_args", "d-pgbouncer"): "behaviour of prepared statements behind a pooler under load: rule XDB205",
    ("url", "d-pgbouncer"): "behaviour of prepared statements behind a pooler under load: rule XDB205",
    ("url", "dialects"): "a third-party dialect that is installed",
}


@dataclass(frozen=True)
class Case:
    """One measured program: its driver, and the parameters that it gives."""

    driver: str
    place: Place
    parameters: dict[str, Any]
    url: str | None = None
    creation_only: bool = False
    function: str | None = None
    """The raw call that gets the keywords."""


@dataclass(frozen=True)
class Aside:
    """A fact that cannot be compared, and why."""

    reason: str


@dataclass
class Fact:
    """One line of the facts file."""

    data: dict[str, Any] = field(repr=False)

    def __getattr__(self, name: str) -> Any:
        return self.data.get(name)

    @property
    def title(self) -> str:
        version = self.driver_version or ""
        return f"[{self.sqlalchemy} {self.driver} {version} {self.section}] {self.key} | {self.value}"


def read_case(fact: Fact) -> Case | Aside:
    """The program of ``fact``, or why it is set aside."""
    reason = _NOT_ABOUT_A_PARAMETER.get((fact.kind, fact.section))
    if reason is not None:
        return Aside(reason)
    if fact.outcome in ("error", "broken"):
        for reason, pattern in SET_ASIDE.items():
            if pattern.search(fact.message or ""):
                return Aside(reason)
    key, value = str(fact.key), str(fact.value)
    if fact.moment == "query" and fact.outcome == "error" and fact.note and "cut" in fact.note:
        return Aside("a timeout that cuts a query, as intended")
    if key.endswith(" env"):
        key = key.split(" + ")[0].removesuffix(" env")
        if key.startswith("PG"):
            return Aside("environment variables of the machine")
        key, value = key.partition("=")[0], key.partition("=")[2] or value.partition("+")[0]
        return Case(_driver(fact), Place.URL, {key: value})
    if fact.kind == "direct":
        return _direct(fact, value)
    if fact.kind == "connect_args":
        return _arguments(fact, key, value)
    if fact.section in ("a", "url"):
        return Case(_driver(fact) or "", Place.URL, {}, url=value if "://" in value else f"{value}://")
    if "://" in value:
        return Case(_driver(fact), Place.URL, _query(value), url=value, creation_only=key == "create_connect_args")
    return _url(fact, key, value)


_CALL = re.compile(r"(?P<name>[\w.]+)\((?:'(?P<dsn>[^']*)'|dsn|\*\*base)?(?:, \*\*(?P<keywords>.+))?\)")


def _direct(fact: Fact, value: str) -> Case | Aside:
    """``asyncpg.connect('dsn')``, ``asyncpg.connect(dsn, **{'ssl': True})``, ``psycopg.connect(dsn, **ssl=True)``."""
    match = _CALL.fullmatch(re.sub(r"<ssl\.SSLContext[^>]*>", "Ellipsis", value))
    if match is None or "<function" in value:
        return Aside("a way of calling, not a parameter")
    names = {"mysqldb.connect": "MySQLdb.connect", "mysqlconnector.connect": "mysql.connector.connect"}
    function = names.get(match["name"], match["name"])
    if match["keywords"] is None:
        dsn = match["dsn"] or ""
        if "://" not in dsn or not dsn.startswith("postgres"):
            return Aside("a DSN for a driver that takes none: rule XDB108")
        return Case(_driver(fact), Place.DSN, _query(dsn), url=dsn, function=function)
    keywords = match["keywords"]
    if not keywords.startswith("{"):
        name, _, text = keywords.partition("=")
        keywords = "{" + repr(name) + ": " + (text if re.match(r"\{|True|None|\d+$", text) else repr(text)) + "}"
    arguments = ast.literal_eval(keywords.replace("Ellipsis", "..."))
    given = {key: SSL_CONTEXT if item is ... else item for key, item in arguments.items()}
    return Case(_driver(fact), Place.KEYWORD, given, function=function)


def _driver(fact: Fact) -> str:
    return (fact.driver or "").replace("psycopg (async)", "psycopg_async").rpartition("+")[2]


def _query(text: str) -> dict[str, Any]:
    """The parameters as SQLAlchemy gives them: repeated ones as a tuple, empty ones as ""."""
    result: dict[str, Any] = {}
    for key, value in parse_qsl(text.partition("?")[2], keep_blank_values=True):
        result[key] = value if key not in result else (*_tuple(result[key]), value)
    return result


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _url(fact: Fact, key: str, value: str) -> Case | Aside:
    driver = _driver(fact)
    if key in ("driver swap", "password escaping"):
        return Aside("a rewriting of a URL, not a parameter")
    if fact.section in ("b-ssl", "my-ssl") and "=" not in value:
        return Case(driver, Place.URL, _combined(key, value))
    if value.startswith(("client cert ", "connect timeout ")):
        value = value.rpartition(" ")[2]
        value = "&".join(
            part if "=" in part else f"{part}=/certs/{part}" for part in value.removeprefix("?").split("&")
        )
    if value.startswith("options "):
        value = "options=-c%20" + value.removeprefix("options ")
    if key == "host" and "@" in value:
        return Case(driver, Place.URL, _query(value), url=f"postgresql://{value}")
    if "(none)" in (key, value) or key == "mariadb+" or (key == "host" and "=" not in value):
        return Case(driver, Place.URL, {})
    return Case(driver, Place.URL, _query("?" + value.removeprefix("?")))


def _combined(key: str, value: str) -> dict[str, Any]:
    """``sslmode+sslrootcert`` with ``require+good CA``."""
    if key == "(none)":
        return {}
    if key.endswith(" only"):
        key = key.removesuffix(" only")
    names, values = key.split("+"), value.split("+")
    return {name: CERTIFICATES.get(text, text) for name, text in zip(names, values, strict=False)}


def _arguments(fact: Fact, key: str, value: str) -> Case | Aside:
    driver = _driver(fact)
    try:
        if fact.section == "c-ssl" and value.startswith("{"):
            return Case(driver, Place.ARGS, {key: ast.literal_eval(value)})
        return Case(driver, Place.ARGS, _python(key, value))
    except (SyntaxError, ValueError):
        return Aside(f"not readable as a program: {key} | {value}")


_CONTEXT = re.compile(r"ctx\(.*\)|ssl\.SSLContext\(.*\)|ssl\._create_\w+\(\)")


def _python(key: str, value: str) -> dict[str, Any]:
    if value == "callable":
        return {key: CALLABLE}
    if _CONTEXT.fullmatch(value):
        return {key: SSL_CONTEXT}
    if key == "dsn" and value.startswith("dsn="):
        return {"dsn": value.removeprefix("dsn=").split(" ")[0]}
    if value.startswith(("client cert {", "connect timeout {")):
        value = value[value.index("{") :]
    if value.startswith("{") and " + " in value:
        value = value.split(" + ")[0]
    if not value.startswith("{"):
        if "=" in value and "+" in key:
            return {name: ast.literal_eval(text) if text in ("True", "False") else text
                    for name, text in (pair.split("=") for pair in value.split(" "))}  # fmt: skip
        if "+" in key:
            return _combined(key, value)
        return {key: ast.literal_eval(value)}
    try:
        return dict(ast.literal_eval(value))
    except (SyntaxError, ValueError):
        return _notation(value)


def _notation(text: str) -> dict[str, Any]:
    """``{ssl: SSLContext+load_cert_chain}``, ``{timeout:2}``, ``{ssl:{ca,cert,key}}``: no quotes, names for values."""
    inner = text[1:-1]
    result: dict[str, Any] = {}
    for part in re.findall(r"[^,{]+(?:\{[^}]*\}|[^,]*)", inner):
        name, colon, value = part.strip().partition(":")
        value = value.strip()
        if not colon:
            result[name] = "verify-full" if name == "sslmode" else f"/certs/{name}"
        elif value.startswith("SSLContext"):
            result[name] = SSL_CONTEXT
        elif value.startswith("{") and ":" not in value:
            result[name] = {key: f"/certs/{key}" for key in value[1:-1].split(",")}
        elif value.startswith("{"):
            result[name] = {k: v.strip("'") for k, v in (pair.split(":") for pair in value[1:-1].split(","))}
        else:
            result[name] = int(value) if value.isdecimal() else value
    return result
