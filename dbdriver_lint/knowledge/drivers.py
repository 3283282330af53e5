"""The drivers: what each name in a URL loads, by SQLAlchemy version, and what was meant by a wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.dialects import (
    DIALECTS,
    NEVER_DRIVERS,
    THIRD_PARTY,
    THIRD_PARTY_DRIVERS,
    WRONG_DIALECTS,
    WRONG_DRIVERS,
    Nature,
    Version,
)
from dbdriver_lint.knowledge.typos import nearest
from dbdriver_lint.knowledge.versions import VersionRange
from dbdriver_lint.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dbdriver_lint.knowledge.urls import DatabaseUrl

_MYSQL = ("mysql", "mariadb")


@dataclass(frozen=True, slots=True)
class Driver:
    """One driver of SQLAlchemy's own dialects: the ``asyncpg`` of ``postgresql+asyncpg``."""

    name: str
    dialects: tuple[str, ...]
    nature: Nature
    module: str
    """What Python imports: ``ModuleNotFoundError: No module named 'MySQLdb'`` at creation if it is missing."""
    distributions: tuple[str, ...]
    """The packages that bring it, any of them suffices; empty: standard library, or none is published."""
    since: Version | None = None
    """The first SQLAlchemy that has it, None for 1.4 and all later ones."""
    until: Version | None = None
    """The first SQLAlchemy that no longer has it."""
    requirement: str | None = None
    """What to install, where it is not simply the first of ``distributions``."""
    source: str = "measured: drivers.md a"

    @property
    def install(self) -> str | None:
        """The requirement to recommend, None if nothing has to be installed."""
        return self.requirement or (self.distributions[0] if self.distributions else None)


_S, _A, _B = Nature.SYNC, Nature.ASYNC, Nature.BOTH

# In order of preference within a dialect: where a fix has to choose and nothing is declared, the first one wins.
DRIVERS: tuple[Driver, ...] = (
    Driver("psycopg2", ("postgresql",), _S, "psycopg2", ("psycopg2-binary", "psycopg2")),
    Driver("asyncpg", ("postgresql",), _A, "asyncpg", ("asyncpg",)),
    Driver(
        *("psycopg", ("postgresql",), _B, "psycopg", ("psycopg", "psycopg-binary", "psycopg-c")),
        since=(2, 0),
        requirement="psycopg[binary]",
    ),
    Driver(
        *("psycopg_async", ("postgresql",), _A, "psycopg", ("psycopg", "psycopg-binary", "psycopg-c")),
        since=(2, 0),
        requirement="psycopg[binary]",
    ),
    Driver("pg8000", ("postgresql",), _S, "pg8000", ("pg8000",)),
    Driver("psycopg2cffi", ("postgresql",), _S, "psycopg2cffi", ("psycopg2cffi",)),
    Driver("pygresql", ("postgresql",), _S, "pgdb", ("pygresql",), until=(2, 0)),
    Driver("pypostgresql", ("postgresql",), _S, "postgresql", ("py-postgresql",), until=(2, 0)),
    Driver("pymysql", _MYSQL, _S, "pymysql", ("pymysql", "aiomysql")),  # aiomysql depends on it
    Driver("mysqldb", _MYSQL, _S, "MySQLdb", ("mysqlclient",)),
    Driver("aiomysql", _MYSQL, _A, "aiomysql", ("aiomysql",)),
    Driver("asyncmy", _MYSQL, _A, "asyncmy", ("asyncmy",)),
    Driver("mysqlconnector", _MYSQL, _S, "mysql.connector", ("mysql-connector-python",)),
    Driver("mariadbconnector", _MYSQL, _S, "mariadb", ("mariadb",)),
    Driver("cymysql", _MYSQL, _S, "cymysql", ("cymysql",)),
    Driver("pyodbc", _MYSQL, _S, "pyodbc", ("pyodbc", "aioodbc")),
    Driver("oursql", _MYSQL, _S, "oursql", ("oursql",), until=(2, 0)),
    Driver("pysqlite", ("sqlite",), _S, "sqlite3", ()),
    Driver("aiosqlite", ("sqlite",), _A, "aiosqlite", ("aiosqlite",)),
    Driver(
        *("pysqlcipher", ("sqlite",), _S, "sqlcipher3", ("sqlcipher3-binary", "sqlcipher3", "pysqlcipher3")),
    ),
    # `create_async_engine` works with oracledb from SQLAlchemy 2.0.25 on, as the async-only name does.
    Driver("oracledb", ("oracle",), _B, "oracledb", ("oracledb",), since=(2, 0)),
    Driver("oracledb_async", ("oracle",), _A, "oracledb", ("oracledb",), since=(2, 0, 25)),
    Driver("cx_oracle", ("oracle",), _S, "cx_Oracle", ("cx-oracle",)),
    Driver("pyodbc", ("mssql",), _S, "pyodbc", ("pyodbc", "aioodbc")),  # aioodbc depends on it
    Driver("aioodbc", ("mssql",), _A, "aioodbc", ("aioodbc",), since=(2, 0)),
    Driver("pymssql", ("mssql",), _S, "pymssql", ("pymssql",)),
    Driver("mssqlpython", ("mssql",), _S, "mssql_python", ("mssql-python",), since=(2, 1)),
    Driver("mxodbc", ("mssql",), _S, "mx.ODBC", (), until=(2, 0)),
)

_BY_NAME: Mapping[tuple[str, str], Driver] = {
    (dialect, driver.name): driver for driver in DRIVERS for dialect in driver.dialects
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name in a URL loads, and under which SQLAlchemy versions (None: no limit)."""

    drivername: str
    """The full name, ``postgresql+psycopg2`` for a bare ``postgresql``."""
    driver: str
    nature: Nature
    since: Version | None = None
    until: Version | None = None

    @property
    def when(self) -> str:
        """``before SQLAlchemy 2.1``, ``from SQLAlchemy 2.1 on``; empty where it is always so."""
        since = ".".join(map(str, self.since)) if self.since else None
        until = ".".join(map(str, self.until)) if self.until else None
        if since and until:
            return f"from SQLAlchemy {since} on and before {until}"
        if since:
            return f"from SQLAlchemy {since} on"
        return f"before SQLAlchemy {until}" if until else ""


def driver_named(drivername: str) -> Driver | None:
    """The driver of a full name (``postgresql+asyncpg``); None for a bare, foreign or unknown one."""
    dialect, _, driver = drivername.partition("+")
    return _BY_NAME.get((dialect, driver))


def meanings(drivername: str, versions: VersionRange) -> tuple[Meaning, ...]:
    """All that a name may load under these SQLAlchemy versions, oldest version first.

    Several for a bare name whose default changes within the range. None for a name that is unknown,
    or that none of these versions has.
    """
    dialect, plus, driver = drivername.partition("+")
    if dialect in THIRD_PARTY:
        known = THIRD_PARTY[dialect]
        name = driver if plus else known.default
        if name is None or name not in known.natures:
            return ()
        return (Meaning(f"{dialect}+{name}", name, known.natures[name]),)
    if dialect not in DIALECTS:
        return ()
    return tuple(
        meaning
        for meaning in (_all_meanings(dialect, driver) if plus else _defaults(dialect))
        if versions & VersionRange.between(meaning.since, meaning.until)
    )


def _all_meanings(dialect: str, driver: str) -> Iterator[Meaning]:
    row = _BY_NAME.get((dialect, driver))
    if row is not None:
        yield Meaning(f"{dialect}+{driver}", driver, row.nature, row.since, row.until)


def _defaults(dialect: str) -> Iterator[Meaning]:
    defaults = DIALECTS[dialect].defaults
    ends = [default.since for default in defaults[1:]]
    for default, until in zip(defaults, [*ends, None], strict=True):
        nature = _BY_NAME[dialect, default.driver].nature
        yield Meaning(f"{dialect}+{default.driver}", default.driver, nature, default.since, until)


def nature(drivername: str, versions: VersionRange) -> Nature:
    """Which engine functions a name works with under all these versions.

    ``VARIES`` where that differs between them: :func:`meanings` says how.
    """
    natures = {meaning.nature for meaning in meanings(drivername, versions)}
    if len(natures) > 1:
        return Nature.VARIES
    return natures.pop() if natures else Nature.UNKNOWN


def default_driver(dialect: str, versions: VersionRange) -> frozenset[str]:
    """The drivers that a bare dialect name may load under these versions; empty if unknown."""
    return frozenset(meaning.driver for meaning in meanings(dialect, versions))


def is_loadable(drivername: str, versions: VersionRange) -> bool | None:
    """Whether SQLAlchemy has this name: True under all these versions, False under none, else None.

    None too where another package may bring it, and before SQLAlchemy 1.4, which had `postgres` and others still.
    """
    if not versions & VersionRange.between((1, 4), None):
        return None
    dialect, plus, driver = drivername.partition("+")
    if dialect in DIALECTS:
        if not plus:
            return True
        row = _BY_NAME.get((dialect, driver))
        if row is not None:
            if not versions & VersionRange.between(row.since, row.until):
                return False
            reaches_out = (row.since is not None and versions.may_be_below(row.since)) or (
                row.until is not None and versions.may_be_at_least(row.until)
            )
            return None if reaches_out else True
    return False if suggest(drivername) is not None else None


def async_drivers(dialect: str, versions: VersionRange | None = None) -> tuple[str, ...]:
    """Names of the drivers for ``create_async_engine``, the preferred one first."""
    return _drivers(dialect, versions, (Nature.ASYNC, Nature.BOTH))


def sync_drivers(dialect: str, versions: VersionRange | None = None) -> tuple[str, ...]:
    """Names of the drivers for ``create_engine``, the preferred one first."""
    return _drivers(dialect, versions, (Nature.SYNC, Nature.BOTH))


def _drivers(dialect: str, versions: VersionRange | None, natures: tuple[Nature, ...]) -> tuple[str, ...]:
    allowed = versions if versions is not None else VersionRange.everything()
    return tuple(
        driver.name
        for driver in DRIVERS
        if dialect in driver.dialects
        and driver.nature in natures
        and allowed & VersionRange.between(driver.since, driver.until)
    )


def drivers_of(distribution: str) -> frozenset[str]:
    """Names of the drivers that a package on PyPI (normalised name) brings."""
    return frozenset(driver.name for driver in DRIVERS if distribution in driver.distributions)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to write instead of a name that SQLAlchemy does not have."""

    drivername: str
    same_driver: bool
    """The same package is meant, only spelled wrong; else another one may have to be installed."""


def suggest(drivername: str) -> Suggestion | None:
    """The right name for a wrong one; None for a right one, and for one that is merely unknown.

    A name is wrong when it is one that other tools use, differs in case, has its driver doubled, or
    is a slip of the keyboard away from exactly one known name. Dialects of other packages are never wrong.
    """
    dialect, plus, driver = drivername.partition("+")
    if dialect in THIRD_PARTY or _is_known(dialect, driver if plus else None):
        return None
    dialect, driver = dialect.lower(), driver.lower()
    same_driver = True
    if not plus and "_" in dialect and dialect not in WRONG_DIALECTS:
        dialect, _, driver = dialect.partition("_")  # postgresql_asyncpg
    if dialect not in DIALECTS:
        right = WRONG_DIALECTS.get(dialect) or nearest(dialect, DIALECTS)
        if right is None:
            return None
        dialect, _, implied = right.partition("+")
        driver = driver or implied
    if "+" in driver:
        first, _, rest = driver.partition("+")
        same_driver = set(rest.split("+")) == {first}
        driver = first
    if driver and not _is_known(dialect, driver):
        base = "mysql" if dialect == "mariadb" else dialect
        right = WRONG_DRIVERS.get(base, {}).get(driver)
        if right is None:
            right = NEVER_DRIVERS.get(base, {}).get(driver) or _of_another_dialect(dialect, driver)
            same_driver = same_driver and right is None
        if right is None:
            right = nearest(driver, [name for of, name in _BY_NAME if of == dialect])
        if right is None:
            return None
        driver = right
    name = f"{dialect}+{driver}" if driver else dialect
    return Suggestion(name, same_driver) if name != drivername else None


def _is_known(dialect: str, driver: str | None) -> bool:
    if driver is None:
        return dialect in DIALECTS
    base = "mysql" if dialect == "mariadb" else dialect
    return (dialect, driver) in _BY_NAME or driver in THIRD_PARTY_DRIVERS.get(base, ())


def _of_another_dialect(dialect: str, driver: str) -> str | None:
    """For ``mysql+asyncpg``: this dialect's preferred driver of the same nature as the other's."""
    other = next((row for row in DRIVERS if row.name == driver), None)
    if other is None or other.nature is Nature.BOTH:
        return None
    names = sync_drivers(dialect) if other.nature is Nature.SYNC else async_drivers(dialect)
    return names[0]


def load_error(drivername: str) -> str:
    """What SQLAlchemy raises when an engine is made with a name that it does not have."""
    if drivername.count("+") > 1:
        return "ValueError: too many values to unpack (expected 2)"
    if drivername == "mysql+mariadb":  # the name of a module of SQLAlchemy, but of no driver
        return "AttributeError: module 'sqlalchemy.dialects.mysql.mariadb' has no attribute 'dialect'"
    return f"NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:{drivername.replace('+', '.')}"


def absence(drivername: str, sqlalchemy: VersionRange) -> str | None:
    """Why these versions of SQLAlchemy lack a driver that others have; None where they have it, or none ever had it."""
    row = driver_named(drivername)
    if row is None or is_loadable(drivername, sqlalchemy) is not False:
        return None
    if row.since is not None and sqlalchemy.may_be_below(row.since):
        return f"that driver came with SQLAlchemy {'.'.join(map(str, row.since))}"
    if row.until is not None:
        return f"SQLAlchemy {'.'.join(map(str, row.until))} removed that driver; use another one"
    return None


def not_async_error(driver: str) -> str:
    """What ``create_async_engine`` raises, at once, for a sync driver."""
    return (
        "InvalidRequestError: The asyncio extension requires an async driver to be used. "
        f"The loaded '{driver}' is not async."
    )


def may_fall_back(url: DatabaseUrl, versions: VersionRange) -> bool:
    """Whether an asynchronous driver may work in a synchronous engine: SQLAlchemy before 2.1 runs a loop for it."""
    return bool(url.named("async_fallback")) and versions.may_be_below((2, 1))


def not_sync_error(drivername: str, versions: VersionRange) -> str:
    """What an engine of ``create_engine`` raises at its first connection with an async driver."""
    if drivername.endswith("+oracledb_async"):
        return "RuntimeError: no running event loop"
    call = "await_()" if not versions.may_be_below((2, 1)) else "await_only()"
    return f"MissingGreenlet: greenlet_spawn has not been called; can't call {call} here."
