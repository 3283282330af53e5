"""What can be seen in the URL alone, without a driver and without a network."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from dbdriver_lint.doctor.hosts import hosts_of
from dbdriver_lint.doctor.model import Subject, failed, note, ok
from dbdriver_lint.doctor.providers import place_of
from dbdriver_lint.doctor.secrets import HAS_SCHEME, masked_url
from dbdriver_lint.knowledge.address import Address, DatabaseUrlError, read_address
from dbdriver_lint.knowledge.dialects import DIALECTS
from dbdriver_lint.knowledge.drivers import load_error, suggest
from dbdriver_lint.knowledge.secrets import mask_text, secret_spans
from dbdriver_lint.knowledge.spellings import WITHOUT_TLS
from dbdriver_lint.knowledge.tls import read_tls
from dbdriver_lint.knowledge.translate import dialect_of
from dbdriver_lint.knowledge.urls import UrlError, parse_url

if TYPE_CHECKING:
    from dbdriver_lint.doctor.model import Result
    from dbdriver_lint.knowledge.tls import TlsWish

PARSE, SCHEME, ESCAPING, PARTS, HOST = "parse", "scheme", "escaping", "parts", "host"
FILES = "files"
REPAIRED = frozenset({PARSE, SCHEME, ESCAPING})
"""Steps whose failures are gone from :attr:`Subject.text`."""

_WRAPPED = re.compile(
    r"""(?P<before>(?:export\s+)?(?:[A-Za-z_]\w*=)?(?:psql\s+)?["']?)(?P<url>[\w+.:-]+://.*?)(?P<after>["']?;?)""",
    re.DOTALL,
)
_PLACEHOLDER = re.compile(
    r"""(?x)
    [<\[]{1,2} [A-Za-z][\w .-]* [>\]]{1,2} | \$?\{{1,2} [\w .-]+ \}{1,2} | \$[A-Z_][A-Z0-9_]+ | %\(\w+\)s
    | USER(?:_?NAME)? | PASSWORD | PASS | HOST(?:_?NAME)? | DATABASE | DB_?NAME
    | (?i: your[-_ ].* | x{3,} )
    """
)
"""``<password>``, ``[YOUR-PASSWORD]``, ``${PASSWORD}``, ``USER``: lower-case words are real on many a laptop."""

_LOGIN = re.compile(r"[\w+.:-]*://[^:/?@]*:")
_READ_DIFFERENTLY = frozenset("/?#[] ")


def examine_url(text: str) -> tuple[list[Result], Subject | None, str]:
    """The steps for one URL, what it says, and how it may be shown.

    There is no subject where the URL cannot be read, or is for nothing known here.
    """
    given, results = _unwrapped(text)
    shown = masked_url(given)
    if not HAS_SCHEME.match(given):
        if not given:
            empty = failed(PARSE, "it is empty", _ARGUMENT_ERROR, "give the variable its value where the program runs")
            return [*results, empty], None, ""
        head, _, rest = given.rpartition("://")
        results.append(failed(PARSE, "it does not begin with `dialect://`", _ARGUMENT_ERROR, "write `postgresql://` …"))
        if head or not rest or ":/" in rest:
            return results, None, shown
        given = f"postgresql://{rest}"
    url = _escaped(given)
    try:
        address = read_address(url)
    except DatabaseUrlError as error:
        remedy = "write `dialect://user:password@host/database`"
        return [*results, failed(PARSE, "it cannot be read", str(error), remedy)], None, shown
    results += _parse(url, address)
    scheme, scheme_results = _scheme(address)
    results += scheme_results
    if scheme is None:
        return results, None, shown
    address = replace(address, scheme=scheme)
    results += _escaping(url, escaped=url == given)
    dialect = dialect_of(f"{scheme}://")
    wish = _wish(address, dialect)
    if dialect not in WITHOUT_TLS:
        results += [_parts(address), *_hosts(address, dialect), *_files(wish)]
    repaired = any(result.failed and result.step in REPAIRED for result in results)
    return results, Subject(_written(address) if repaired else url, address, dialect, wish), shown


def _unwrapped(text: str) -> tuple[str, list[Result]]:
    """The URL without what was copied along with it."""
    match = _WRAPPED.fullmatch(text.strip())
    url = match["url"] if match else text.strip()
    if url == text:
        return url, []
    around = (match["before"] or match["after"]) if match else ""
    found = f"there is `{around}` around the URL" if around else "there is white space around the URL"
    cause = "SQLAlchemy takes all of the value for the URL"
    if around in ('"', "'"):
        cause += "; `docker --env-file` and some dashboards keep quotes as they are"
    return url, [failed(PARSE, found, cause, f"write `{masked_url(url)}` and nothing else")]


def _parse(url: str, address: Address) -> list[Result]:
    try:
        parse_url(url)
    except UrlError as error:
        found = f"SQLAlchemy does not read it: {error.reason}"
        return [failed(PARSE, found, _ARGUMENT_ERROR, f"write `{_masked(address)}`")]
    said = [f"user {address.username}"] if address.username else []
    said += [f"host {', '.join(host for host, _ in address.hosts)}"] if address.hosts else []
    said += [f"database {address.database}"] if address.database else []
    return [ok(PARSE, ", ".join(said) or "no user, no host, no database")]


_ARGUMENT_ERROR = "making the engine raises `ArgumentError: Could not parse SQLAlchemy URL from given URL string`"


def _scheme(address: Address) -> tuple[str | None, list[Result]]:
    """The scheme that is meant, None for one that nothing here knows."""
    meant = suggest(address.scheme)
    if meant is not None:
        said = f"making the engine raises `{load_error(address.scheme)}`"
        right = f"write `{_masked(replace(address, scheme=meant.drivername))}`"
        return meant.drivername, [failed(SCHEME, f"SQLAlchemy has no `{address.scheme}`", said, right)]
    if address.scheme.partition("+")[0] in DIALECTS:
        return address.scheme, [ok(SCHEME, address.scheme)]
    if _is_plugin(address.scheme):
        return None, [note(SCHEME, f"`{address.scheme}` is a dialect of another package, and is not examined here")]
    said = f"making the engine raises `{load_error(address.scheme)}`"
    right = f"write one of {', '.join(DIALECTS)}, or install the package that brings the dialect"
    return None, [failed(SCHEME, f"no installed package brings `{address.scheme}`", said, right)]


def _is_plugin(scheme: str) -> bool:
    from sqlalchemy.dialects import registry
    from sqlalchemy.exc import NoSuchModuleError

    try:
        registry.load(scheme.replace("+", "."))
    except NoSuchModuleError:
        return False
    except ImportError:  # the dialect is there, its driver is not
        return True
    return True


def _escaped(url: str) -> str:
    """The URL with every ``@`` of its password escaped, so that its parts are those that are meant."""
    login = _LOGIN.match(url)
    span = next((span for span in secret_spans(url) if login is not None and span[0] == login.end()), None)
    if span is None or "@" not in url[span[0] : span[1]]:
        return url
    return url[: span[0]] + quote(unquote(url[span[0] : span[1]]), safe="") + url[span[1] :]


def _escaping(url: str, *, escaped: bool) -> list[Result]:
    """Whether SQLAlchemy takes the same piece for the password as its owner does."""
    if not escaped:
        return [
            failed(
                ESCAPING,
                "the password holds an `@` that is not escaped",
                "SQLAlchemy ends the password at the first `@` and takes the rest of it for the host",
                "write `%40` for each `@` of the password, or build the URL with `sqlalchemy.URL.create`",
            )
        ]
    try:
        password = parse_url(url).password
    except UrlError:
        return []  # said already
    if password is None:
        return []
    raw = _READ_DIFFERENTLY & set(password.text)
    if raw:
        listed = " ".join(f"`{character}`" for character in sorted(raw))
        return [
            note(
                ESCAPING,
                f"the password holds {listed} unescaped: SQLAlchemy reads that, others do not",
                "escape it with `urllib.parse.quote(password, safe='')` (asyncpg's own DSNs and pydantic need it)",
            )
        ]
    return [ok(ESCAPING, "SQLAlchemy reads user and password as they are meant")]


def _parts(address: Address) -> Result:
    """Parts that somebody still has to fill in, and parts that are not there."""
    parts = {"user": address.username, "password": address.password, "database": address.database}
    parts["host"] = ",".join(host for host, _ in address.hosts)
    for name, value in parts.items():
        if value and any(map(_PLACEHOLDER.fullmatch, (value, *value.split(".")))):
            shown = "" if name == "password" else f": `{value}`"
            return failed(
                PARTS,
                f"the {name} is still a placeholder{shown}",
                "the text was copied from a page and not filled in, or a variable in it was not replaced",
                f"write the real {name} there",
            )
    named = {name for name, _ in address.query}
    absent = [name for name, value in parts.items() if not value and not named & _ELSEWHERE[name]]
    if absent:
        return note(PARTS, f"no {', no '.join(absent)}: the driver takes its default")
    return ok(PARTS, "user, password, host and database are there")


_ELSEWHERE = {
    "user": {"user"},
    "password": {"password", "passfile"},
    "host": {"host", "hostaddr", "service", "unix_socket", "unix_sock"},
    "database": {"dbname", "database", "db"},
}
"""Query parameters that say the same."""


def _hosts(address: Address, dialect: str) -> list[Result]:
    hosts = hosts_of(address, dialect)
    if not hosts:
        return []
    results: list[Result] = []
    for host in hosts:
        place = None if host.is_socket else place_of(host.name, host.port)
        if not host.is_socket and not 0 < host.port < 65_536:
            found = f"{host}: there is no port {host.port}"
            results.append(
                failed(HOST, found, "the first connection raises: ports are 1 to 65535", "write the server's port")
            )
            continue
        if place is None or (place.transaction_pooler and dialect != "postgresql"):
            continue
        if place.transaction_pooler:
            found = f"{host} is {place.name}: each transaction may get another server connection"
            advice = (
                f"migrations go over {place.direct}; engines of asyncpg and psycopg must not keep prepared statements, "
                "unless the pooler follows them"
            )
            results.append(note(HOST, found, advice))
        else:
            results.append(ok(HOST, f"{host}, {place.name}"))
    return results or [ok(HOST, ", ".join(map(str, hosts)))]


def _files(wish: TlsWish | None) -> list[Result]:
    """Whether the files that the URL names are there."""
    named = [] if wish is None else [wish.ca, wish.certificate, wish.key]
    files = [name for name in named if name is not None and name != "system"]
    absent = [name for name in files if not os.path.isfile(Path(name).expanduser())]
    if absent:
        cause = "the first connection raises or, with `sslmode=require`, nothing is verified"
        return [
            failed(FILES, f"{', '.join(absent)} is not on this machine", cause, "put it there, or correct the path")
        ]
    return [ok(FILES, f"{', '.join(files)} is there")] if files else []


def _wish(address: Address, dialect: str) -> TlsWish | None:
    try:
        return read_tls(dialect, address.scheme.partition("+")[2], address.query)[1]
    except DatabaseUrlError:
        return None


def _written(address: Address) -> str:
    return address.render(address.scheme, hosts=address.hosts, query=address.query, password=address.escaped_password)


def _masked(address: Address) -> str:
    return mask_text(_written(address))
