"""Connect through SQLAlchemy and see what came of it: which TLS, which settings, which exception.

Each probe runs in a process of its own: drivers leave sockets of refused connections behind.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import isolated
import sqlalchemy
from isolated import Raised
from servers import DATABASE, PASSWORD, USER
from sqlalchemy import create_engine, pool, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

if TYPE_CHECKING:
    from collections.abc import Mapping

SQLALCHEMY = tuple(map(int, sqlalchemy.__version__.split(".")[:2]))

LIBPQ = ("psycopg2", "psycopg", "psycopg_async") if SQLALCHEMY >= (2, 0) else ("psycopg2",)
POSTGRESQL = (*LIBPQ, "asyncpg", "pg8000")
MYSQL = ("pymysql", "mysqlconnector", "aiomysql", "asyncmy")
ASYNC = frozenset({"psycopg_async", "asyncpg", "aiomysql", "asyncmy"})


@dataclass(frozen=True, slots=True)
class Way:
    """One way of writing a connection: what the URL's query and ``connect_args`` say.

    The query is a format string, ``args`` a Python expression; both know ``ca``, the expression ``context``.
    """

    query: str = ""
    args: str = "{}"

    def __str__(self) -> str:
        return self.query or self.args

    def url_query(self, ca: str) -> str:
        """The query of the URL."""
        return self.query.format(ca=ca)

    def connect_args(self, ca: str) -> dict[str, Any]:
        """The value of ``connect_args``."""
        known = {"ca": ca, "context": context, "ssl": ssl}
        arguments: dict[str, Any] = eval(self.args, known)
        return arguments

    def connection(self, driver: str, port: int, ca: str, host: str) -> tuple[URL, dict[str, Any]]:
        """The URL and the ``connect_args``."""
        return url_of(driver, port, host=host, query=self.url_query(ca)), self.connect_args(ca)


@dataclass(frozen=True, slots=True)
class Targets:
    """Where to try a way: ports of the servers, files of the authorities."""

    postgresql: int
    plain_postgresql: int
    mariadb: int
    plain_mariadb: int
    ca: str
    wrong_ca: str

    def port(self, driver: str) -> int:
        """The server with TLS that the driver speaks to."""
        return self.mariadb if driver in MYSQL else self.postgresql

    def plain_port(self, driver: str) -> int:
        """The one without TLS."""
        return self.plain_mariadb if driver in MYSQL else self.plain_postgresql


def context(
    ca: str | None = None, *, check_hostname: bool = True, verify: bool = True, chain: tuple[str, str] | None = None
) -> ssl.SSLContext:
    """An SSLContext as programs make it."""
    made = ssl.create_default_context(cafile=ca)
    made.check_hostname = check_hostname and verify
    if not verify:
        made.verify_mode = ssl.CERT_NONE
    if chain is not None:
        made.load_cert_chain(*chain)
    return made


def url_of(driver: str, port: int, *, host: str = "localhost", database: str = DATABASE, query: str = "") -> URL:
    """The URL of the ordinary account."""
    scheme = "mysql" if driver in MYSQL else "postgresql"
    return make_url(f"{scheme}+{driver}://{USER}:{PASSWORD}@{host}:{port}/{database}?{query}")


def run(
    url: URL,
    statement: str,
    way: Way,
    ca: str = "",
    *,
    environment: Mapping[str, str] | None = None,
    seconds: float = 60,
) -> Any:
    """What the server answers, from a process of its own; the query of the way is added to the URL's.

    Where connecting fails, the exceptions: SQLAlchemy's and the driver's own.
    Raises TimeoutError after ``seconds``.
    """
    done = isolated.run(_run, url, statement, way, ca, environment=environment, seconds=seconds)
    if done.raised is not None:
        raise RuntimeError(done.raised.trace)
    return done.value


class Connects(Protocol):
    """Whatever says how a driver connects to a port, a host name, with the file of an authority."""

    def connection(self, driver: str, port: int, ca: str, host: str) -> tuple[URL | str, dict[str, Any]]:
        """The URL and the ``connect_args``."""


def strength(targets: Targets, driver: str, way: Connects) -> str:
    """What a way of writing a connection is worth, tried out on four servers and certificates.

    ``plaintext``, or ``opportunistic`` (a server without TLS is taken too) or ``enforced``, followed by
    ``+ca`` where a certificate of another authority is refused and ``+host`` where another name is.
    """
    done = isolated.run(_strength, targets, driver, way)
    if done.raised is not None:
        raise RuntimeError(done.raised.trace)
    return str(done.value)


def ask(url: URL, statement: str, connect_args: Mapping[str, Any]) -> Any:
    """The last column of the first row, by a sync or an async engine as the driver wants."""
    options: dict[str, Any] = {"connect_args": dict(connect_args), "poolclass": pool.NullPool}
    if url.get_driver_name() not in ASYNC:
        with create_engine(url, **options).connect() as connection:
            return connection.execute(text(statement)).fetchone()[-1]

    async def main() -> Any:
        async with create_async_engine(url, **options).connect() as connection:
            return (await connection.execute(text(statement))).fetchone()[-1]

    return asyncio.run(main())


def _run(url: URL, statement: str, way: Way, ca: str) -> Any:
    try:
        return ask(url.update_query_string(way.url_query(ca)), statement, way.connect_args(ca))
    except Exception as error:
        return Raised.chain(error)


def _strength(targets: Targets, driver: str, way: Connects) -> str:
    def attempt(port: int, ca: str, host: str = "localhost") -> Any:
        """What the server says about TLS; exceptions where it did not connect."""
        url, arguments = way.connection(driver, port, ca, host)
        try:
            return ask(make_url(url), MYSQL_TLS if driver in MYSQL else PG_TLS, arguments)
        except Exception as error:
            return Raised.chain(error)

    first = attempt(targets.port(driver), targets.ca)
    if isinstance(first, tuple):
        return f"refused: {first[-1]}"
    if not first:
        return "plaintext"
    found = "enforced" if isinstance(attempt(targets.plain_port(driver), targets.ca), tuple) else "opportunistic"
    found += "+ca" * isinstance(attempt(targets.port(driver), targets.wrong_ca), tuple)
    return found + "+host" * isinstance(attempt(targets.port(driver), targets.ca, "127.0.0.1"), tuple)


PG_TLS = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
MYSQL_TLS = "show status like 'Ssl_cipher'"
