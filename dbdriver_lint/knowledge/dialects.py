"""The dialects of SQLAlchemy, those that other packages bring, and names that are none.

"measured: drivers.md a" is the table of what each SQLAlchemy (1.4.54, 2.0.58, 2.1.9) loads for a
name; the tests compare these rows with the SQLAlchemy that is installed.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from dbdriver_lint.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

Version = tuple[int, ...]

SCHEMES = ("postgres", "mysql", "mariadb", "oracle", "mssql")
"""One of these words is in the URL of each database that has a server and rules of its own."""
URL_WORDS = (
    *("postgres", "mysql", "maria", "sqlite", "oracle", "mssql", "cockroach"),
    *("asyncpg", "psycopg", "aiomysql", "asyncmy", "sslmode", "://"),
)
"""One of these words is in each call that makes another URL of one: a database, a driver, a part of the URL."""


class Nature(enum.StrEnum):
    """Which engine functions a driver name works with."""

    SYNC = "sync"
    """``create_engine`` only."""
    ASYNC = "async"
    """``create_async_engine`` only."""
    BOTH = "sync and async"
    """One name for both: ``create_async_engine`` swaps in the async half."""
    VARIES = "depends on the SQLAlchemy version"
    """Not the same under all the versions in question."""
    UNKNOWN = "unknown"
    """No evidence."""


@dataclass(frozen=True, slots=True)
class Default:
    """The driver that a bare dialect name means from a SQLAlchemy version on (None: always)."""

    driver: str
    since: Version | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """A dialect that SQLAlchemy itself has. ``defaults`` are in the order of their versions."""

    name: str
    title: str
    """The database's own name, for messages."""
    defaults: tuple[Default, ...]
    source: str


DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            "postgresql", "PostgreSQL", (Default("psycopg2"), Default("psycopg", (2, 1))), "measured: drivers.md a"
        ),
        Dialect("mysql", "MySQL", (Default("mysqldb"),), "measured: drivers.md a"),
        Dialect("mariadb", "MariaDB", (Default("mysqldb"),), "measured: drivers.md a"),
        Dialect("sqlite", "SQLite", (Default("pysqlite"),), "measured: drivers.md a"),
        Dialect("oracle", "Oracle", (Default("cx_oracle"), Default("oracledb", (2, 1))), "measured: drivers.md a"),
        Dialect("mssql", "SQL Server", (Default("pyodbc"),), "measured: drivers.md a"),
    )
}


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """A dialect that another package registers; drivers that are not listed are simply unknown."""

    name: str
    default: str | None
    """The driver of the bare name, where it is known."""
    natures: Mapping[str, Nature]
    source: str


_S, _A, _B = Nature.SYNC, Nature.ASYNC, Nature.BOTH
_MEASURED = "measured: drivers.md a, third-party dialects"

THIRD_PARTY: Mapping[str, ThirdParty] = {
    dialect.name: dialect
    for dialect in (
        ThirdParty("cockroachdb", "psycopg2", {"psycopg2": _S, "psycopg": _B, "asyncpg": _A}, _MEASURED),
        ThirdParty("redshift", "psycopg2", {"psycopg2": _S, "redshift_connector": _S}, _MEASURED),
        ThirdParty("duckdb", "duckdb_engine", {"duckdb_engine": _S}, _MEASURED),
        ThirdParty("clickhouse", "http", {"http": _S, "native": _S, "asynch": _A}, _MEASURED),
        ThirdParty("clickhousedb", "connect", {"connect": _S}, _MEASURED),
        # Names only: what their drivers are was not measured, or (snowflake) changed between releases.
        *(
            ThirdParty(name, None, {}, "name only")
            for name in (
                *("access", "athena", "awsathena", "bigquery", "cosmosdb", "couchbase", "crate", "cratedb", "cubrid"),
                *("databricks", "databend", "datafusion", "db2", "dm", "dmpython", "doris", "dremio", "drill", "druid"),
                *("dynamodb", "elasticsearch", "es", "exa", "exasol", "firebird", "firebolt", "gpkg", "greenplum"),
                *("gsheets", "hana", "hive", "ibm_db_sa", "ibmi", "impala", "informix", "ingres", "iris", "kdb"),
                *("kingbase", "kylin", "libsql", "maxcompute", "monetdb", "mongodb", "netezza", "oceanbase", "odps"),
                *("opengauss", "openedge", "opensearch", "phoenix", "pinot", "presto", "pymongosql", "questdb"),
                *("risingwave", "rqlite", "sapiq", "shillelagh", "singlestoredb", "snowflake", "solr", "spanner"),
                *(
                    "spark",
                    "sqlalchemy_sqlany",
                    "sqlany",
                    "sqream",
                    "starrocks",
                    "sybase",
                    "taos",
                    "taosrest",
                    "taosws",
                ),
                *("teradata", "teradatasql", "tibero", "tidb", "timescaledb", "timeplus", "trino", "turso", "vertica"),
                *("yellowbrick", "ydb", "yql", "yugabytedb", "ysql"),
            )
        ),
    )
}

THIRD_PARTY_DRIVERS: Mapping[str, frozenset[str]] = {
    "postgresql": frozenset({"auroradataapi"}),
    "mysql": frozenset({"auroradataapi"}),
    "sqlite": frozenset({"libsql", "aiolibsql", "turso", "apsw", "d1"}),
    "mssql": frozenset({"pytds", "turbodbc"}),
}
"""Drivers that other packages register under SQLAlchemy's own dialects: names only, never a typo."""

WRONG_DIALECTS: Mapping[str, str] = {
    "postgres": "postgresql",
    "pgsql": "postgresql",
    "psql": "postgresql",
    "pg": "postgresql",
    "postgre": "postgresql",
    "postgis": "postgresql",
    "asyncpg": "postgresql+asyncpg",
    "aiopg": "postgresql+aiopg",
    "psycopg": "postgresql+psycopg",
    "psycopg2": "postgresql+psycopg2",
    "psycopg3": "postgresql+psycopg",
    "pg8000": "postgresql+pg8000",
    "mysql2": "mysql",
    "mysqldb": "mysql+mysqldb",
    "mysqlclient": "mysql+mysqldb",
    "pymysql": "mysql+pymysql",
    "aiomysql": "mysql+aiomysql",
    "asyncmy": "mysql+asyncmy",
    "maria": "mariadb",
    "sqlite3": "sqlite",
    "pysqlite": "sqlite",
    "aiosqlite": "sqlite+aiosqlite",
    "sqlserver": "mssql",
    "pymssql": "mssql+pymssql",
    "pyodbc": "mssql+pyodbc",
    "aioodbc": "mssql+aioodbc",
    "oracledb": "oracle+oracledb",
    "cx_oracle": "oracle+cx_oracle",
}
"""Names that other tools use, or that were meant as drivers. None of them is a dialect: measured, drivers.md h."""

WRONG_DRIVERS: Mapping[str, Mapping[str, str]] = {
    "postgresql": {
        "psycopg3": "psycopg",
        "psycopg_binary": "psycopg",
        "psycopg3_binary": "psycopg",
        "psycopg2_binary": "psycopg2",
        "psycopg_2": "psycopg2",
        "psycopg3_async": "psycopg_async",
        "psycopgasync": "psycopg_async",
    },
    "mysql": {
        "mysqlclient": "mysqldb",
        "mysql": "mysqldb",
        "mysql_connector": "mysqlconnector",
        "connector": "mysqlconnector",
        "mysql_connector_python": "mysqlconnector",
        "mariadb": "mariadbconnector",
        "mariadb_connector": "mariadbconnector",
    },
    "sqlite": {"sqlite3": "pysqlite", "sqlite": "pysqlite", "pysqlite3": "pysqlite", "pysqlcipher3": "pysqlcipher"},
    "mssql": {"odbc": "pyodbc", "mssql_python": "mssqlpython"},
    "oracle": {"cxoracle": "cx_oracle", "python_oracledb": "oracledb"},
}
"""Other spellings of a driver's name: the same package is meant."""

NEVER_DRIVERS: Mapping[str, Mapping[str, str]] = {
    "postgresql": {"aiopg": "asyncpg", "async": "asyncpg", "asyncio": "asyncpg", "asyncpsycopg": "psycopg"},
    "mysql": {"async": "aiomysql", "asyncio": "aiomysql"},
    "sqlite": {"async": "aiosqlite", "asyncio": "aiosqlite"},
    "mssql": {"async": "aioodbc"},
    "oracle": {"async": "oracledb_async"},
}
"""Names that no SQLAlchemy driver ever had, and the one to use instead: another package may be needed."""
