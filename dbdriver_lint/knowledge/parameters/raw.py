"""The drivers without SQLAlchemy: what their DSNs and their calls take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.parameters import postgresql
from dbdriver_lint.knowledge.parameters.checks import invalid, never, one_of
from dbdriver_lint.knowledge.parameters.model import Check, Outcome, Row, Table
from dbdriver_lint.knowledge.spellings import FOREIGN_HINTS, POOLER_KEY
from dbdriver_lint.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# --- DSNs ----------------------------------------------------------------------------------------------


def _names(rows: Iterable[Row]) -> frozenset[str]:
    return frozenset(name for row in rows for name in row.names)


_JDBC_ALIAS = Row(("ssl",), "e", (invalid(one_of("true"), 'ProgrammingError: invalid URI query parameter: "{key}"'),))
"""libpq takes ``ssl=true`` of JDBC for ``sslmode=require``, and no other value."""

_PYTHON_LEVEL = frozenset(
    {
        *("autocommit", "prepare_threshold", "row_factory", "cursor_factory", "connection_factory", "context"),
        *("dsn", "async", "async_", "database"),
    }
)
"""What psycopg and psycopg2 take as keywords themselves, beside libpq's."""


def _libpq_dsn(table: Table, unknown: str) -> Table:
    rows = tuple(row for row in table.rows if not _PYTHON_LEVEL & set(row.names) and row.sqlalchemy[1] is None)
    return Table(table.driver, (*rows, _JDBC_ALIAS), unknown)


_ASYNCPG_OWN = (
    *("host", "port", "user", "password", "passfile", "database", "dbname", "service", "target_session_attrs"),
    *("sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl", "sslnegotiation", "krbsrvname", "gsslib"),
    *("ssl_min_protocol_version", "ssl_max_protocol_version"),
)
_SETTINGS = frozenset({"application_name", "client_encoding", "options", "search_path", "timezone", "jit"})
"""Server settings whose names are a client's parameters elsewhere."""

_CLIENT_SIDE = (
    _names(postgresql.PSYCOPG.rows)
    | _names(postgresql.ASYNCPG.rows)
    | {*FOREIGN_HINTS, POOLER_KEY, "schema", "min_size", "max_size", "pool_size"}
) - {*_ASYNCPG_OWN, *_SETTINGS, "ssl", "sslmode"}
"""What no server has a setting for: asyncpg sends what it does not know to the server, which refuses it."""

_SSL_SETTING = Check(never, Outcome.UNSUPPORTED, 'CantChangeRuntimeParamError: parameter "ssl" cannot be changed now')
_NO_SETTING = Check(never, Outcome.UNSUPPORTED, 'UndefinedObjectError: unrecognized configuration parameter "{key}"')

DSN_TABLES: Mapping[str, Table] = {
    "psycopg": _libpq_dsn(postgresql.PSYCOPG, 'ProgrammingError: invalid URI query parameter: "{key}"'),
    "psycopg2": _libpq_dsn(postgresql.PSYCOPG2, 'ProgrammingError: invalid dsn: invalid URI query parameter: "{key}"'),
    "asyncpg": Table(
        "asyncpg",
        (
            Row(("sslmode",), "e", next(row.url for row in postgresql.ASYNCPG.rows if "ssl" in row.names)),
            Row(_ASYNCPG_OWN, "e"),
            Row(("ssl",), "e", (_SSL_SETTING,)),
            Row(tuple(sorted(_CLIENT_SIDE)), "e", (_NO_SETTING,)),
        ),
        "",
    ),
}
"""By driver, what the query of a ``postgresql://`` DSN may say."""

# --- calls ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RawCall:
    """A function that connects without SQLAlchemy.

    ``own`` are its keywords beside the driver's; ``passes_on`` says that the others reach the driver's
    ``connect``. ``dsn`` is the name of the parameter that takes a DSN, which is also the first positional
    one; "" where there is none. ``unknown`` is the exception where others are not passed on.
    """

    driver: str
    dsn: str = ""
    own: frozenset[str] = frozenset()
    passes_on: bool = True
    unknown: str = ""


_ASYNCPG_POOL = frozenset(
    {
        *("dsn", "min_size", "max_size", "max_queries", "max_inactive_connection_lifetime", "connect", "setup"),
        *("init", "reset", "loop", "connection_class", "record_class"),
    }
)
_PSYCOPG_POOL = frozenset(
    {
        *("conninfo", "kwargs", "connection_class", "min_size", "max_size", "open", "configure", "check", "reset"),
        *("name", "close_returns", "timeout", "max_waiting", "max_lifetime", "max_idle", "reconnect_timeout"),
        *("reconnect_failed", "num_workers"),
    }
)


def _psycopg_pool(name: str) -> RawCall:
    unknown = f"TypeError: {name}.__init__() got an unexpected keyword argument '{{key}}'"
    return RawCall("psycopg", "conninfo", _PSYCOPG_POOL, passes_on=False, unknown=unknown)


_PSYCOPG2_POOL = RawCall("psycopg2", own=frozenset({"minconn", "maxconn"}))
_MYSQL_POOL = frozenset({"minsize", "maxsize", "pool_recycle", "echo", "loop"})
_CONNECTOR_OWN = frozenset({"pool_name", "pool_size", "pool_reset_session", "failover", "use_pure"})

RAW_CALLS: Mapping[str, RawCall] = {
    "asyncpg.connect": RawCall("asyncpg", "dsn"),
    "asyncpg.create_pool": RawCall("asyncpg", "dsn", _ASYNCPG_POOL),
    "psycopg.connect": RawCall("psycopg", "conninfo", frozenset({"conninfo"})),
    "psycopg.Connection.connect": RawCall("psycopg", "conninfo", frozenset({"conninfo"})),
    "psycopg.AsyncConnection.connect": RawCall("psycopg", "conninfo", frozenset({"conninfo"})),
    **{
        f"psycopg_pool.{name}": _psycopg_pool(name)
        for name in ("ConnectionPool", "AsyncConnectionPool", "NullConnectionPool", "AsyncNullConnectionPool")
    },
    "psycopg2.connect": RawCall("psycopg2", "dsn"),
    "psycopg2.pool.SimpleConnectionPool": _PSYCOPG2_POOL,
    "psycopg2.pool.ThreadedConnectionPool": _PSYCOPG2_POOL,
    "pg8000.connect": RawCall("pg8000"),
    "pg8000.dbapi.connect": RawCall("pg8000"),
    "pymysql.connect": RawCall("pymysql"),
    "MySQLdb.connect": RawCall("mysqldb"),
    "mysql.connector.connect": RawCall("mysqlconnector", own=_CONNECTOR_OWN),
    "aiomysql.connect": RawCall("aiomysql"),
    "aiomysql.create_pool": RawCall("aiomysql", own=_MYSQL_POOL),
    "asyncmy.connect": RawCall("asyncmy"),
    "asyncmy.create_pool": RawCall("asyncmy", own=_MYSQL_POOL),
    "mariadb.connect": RawCall("mariadbconnector"),
    "sqlite3.connect": RawCall("pysqlite"),
    "aiosqlite.connect": RawCall("aiosqlite", own=frozenset({"iter_chunk_size", "loop", "database"})),
    "oracledb.connect": RawCall("oracledb", "dsn"),
    "pymssql.connect": RawCall("pymssql"),
}
"""By qualified name, the calls whose keywords are known (e)."""
