"""The tables of dialects and drivers against the SQLAlchemy that is installed, and what they say."""

from __future__ import annotations

import pytest
import sqlalchemy
from sqlalchemy.dialects import registry
from sqlalchemy.engine.url import URL
from sqlalchemy.exc import NoSuchModuleError

from dbdriver_lint.knowledge.dialects import (
    DIALECTS,
    NEVER_DRIVERS,
    THIRD_PARTY,
    WRONG_DIALECTS,
    WRONG_DRIVERS,
    Nature,
)
from dbdriver_lint.knowledge.drivers import (
    DRIVERS,
    async_drivers,
    default_driver,
    driver_named,
    drivers_of,
    is_loadable,
    load_error,
    meanings,
    nature,
    not_async_error,
    not_sync_error,
    suggest,
    sync_drivers,
)
from dbdriver_lint.knowledge.versions import VersionRange

INSTALLED = VersionRange.parse(sqlalchemy.__version__)
ANY = VersionRange.everything()
BEFORE = VersionRange.parse("<2.1")
AFTER = VersionRange.parse(">=2.1")
OLD = VersionRange.parse("~=1.4.0")

NAMES = sorted({f"{dialect}+{row.name}" for row in DRIVERS for dialect in row.dialects} | set(DIALECTS))


@pytest.mark.parametrize("name", NAMES)
def test_the_installed_sqlalchemy_has_what_the_table_says(name: str) -> None:
    url = URL.create(name)
    if not is_loadable(name, INSTALLED):
        with pytest.raises(NoSuchModuleError) as caught:
            url.get_dialect()
        assert load_error(name) == f"NoSuchModuleError: {str(caught.value).splitlines()[0]}"
        return
    dialect = url.get_dialect()
    (meaning,) = meanings(name, INSTALLED)
    assert dialect.driver == meaning.driver.removesuffix("_async")
    assert dialect.is_async is (meaning.nature is Nature.ASYNC)
    swap = getattr(dialect, "get_async_dialect_cls", None)  # since 2.0
    assert (swap(url) if swap else dialect).is_async is (meaning.nature in (Nature.ASYNC, Nature.BOTH))


MODERN = not sqlalchemy.__version__.startswith("1.")


@pytest.mark.parametrize(
    "name",
    [
        *WRONG_DIALECTS,
        *(f"{d}+{n}" for table in (WRONG_DRIVERS, NEVER_DRIVERS) for d, names in table.items() for n in names),
    ],
)
def test_a_wrong_name_is_wrong_and_its_correction_is_not(name: str) -> None:
    with pytest.raises((NoSuchModuleError, AttributeError)) as caught:
        registry.load(name.replace("+", "."))()
    if name != "mysql+mariadb" or MODERN:  # SQLAlchemy 1.4 has no module of that name
        assert load_error(name) == f"{type(caught.value).__name__}: {str(caught.value).splitlines()[0]}"
    suggestion = suggest(name)
    assert suggestion is not None
    assert is_loadable(name, ANY) is False
    assert meanings(suggestion.drivername, ANY)
    assert suggest(suggestion.drivername) is None


def test_every_driver_of_the_installed_sqlalchemy_is_in_the_table() -> None:
    import pkgutil
    from importlib import import_module

    for package in ("postgresql", "mysql", "sqlite", "oracle", "mssql"):
        path = import_module(f"sqlalchemy.dialects.{package}").__path__
        for module in pkgutil.iter_modules(path):
            loaded = import_module(f"sqlalchemy.dialects.{package}.{module.name}")
            if module.name not in ("base", "mariadb", "provision") and hasattr(loaded, "dialect"):
                assert driver_named(f"{package}+{module.name}") is not None


def test_the_default_of_postgresql_and_oracle_changes_in_2_1() -> None:
    assert default_driver("postgresql", BEFORE) == {"psycopg2"}
    assert default_driver("postgresql", AFTER) == {"psycopg"}
    assert default_driver("postgresql", ANY) == {"psycopg2", "psycopg"}
    assert default_driver("oracle", VersionRange.parse(">=2.0")) == {"cx_oracle", "oracledb"}
    assert default_driver("mysql", ANY) == {"mysqldb"}
    assert default_driver("nosuch", ANY) == frozenset()
    assert [meaning.when for meaning in meanings("postgresql", ANY)] == [
        "before SQLAlchemy 2.1",
        "from SQLAlchemy 2.1 on",
    ]


@pytest.mark.parametrize(
    ("name", "versions", "expected"),
    [
        ("postgresql", BEFORE, Nature.SYNC),
        ("postgresql", AFTER, Nature.BOTH),
        ("postgresql", ANY, Nature.VARIES),
        ("postgresql+asyncpg", ANY, Nature.ASYNC),
        ("postgresql+psycopg", ANY, Nature.BOTH),
        ("postgresql+psycopg", OLD, Nature.UNKNOWN),
        ("postgresql+psycopg2", ANY, Nature.SYNC),
        ("mysql", ANY, Nature.SYNC),
        ("mariadb+asyncmy", ANY, Nature.ASYNC),
        ("cockroachdb", ANY, Nature.SYNC),
        ("cockroachdb+asyncpg", ANY, Nature.ASYNC),
        ("snowflake", ANY, Nature.UNKNOWN),
        ("mystery+driver", ANY, Nature.UNKNOWN),
        ("postgres", ANY, Nature.UNKNOWN),
    ],
)
def test_nature(name: str, versions: VersionRange, expected: Nature) -> None:
    assert nature(name, versions) is expected


def test_whether_a_name_can_be_loaded() -> None:
    assert is_loadable("postgresql+psycopg", OLD) is False
    assert is_loadable("postgresql+psycopg", ANY) is None
    assert is_loadable("postgresql+psycopg", AFTER) is True
    assert is_loadable("postgresql+pygresql", AFTER) is False
    assert is_loadable("postgres", ANY) is False
    assert is_loadable("trino", ANY) is None
    assert is_loadable("postgresql+fromanotherpackage", ANY) is None


@pytest.mark.parametrize(
    ("wrong", "right", "same_driver"),
    [
        ("postgres", "postgresql", True),
        ("postgres+asyncpg", "postgresql+asyncpg", True),
        ("postgres+psycopg3", "postgresql+psycopg", True),
        ("postgresql+psycopg3", "postgresql+psycopg", True),
        ("postgresql+aiopg", "postgresql+asyncpg", False),
        ("aiopg", "postgresql+asyncpg", False),
        ("postgresql+async", "postgresql+asyncpg", False),
        ("postgresql+asyncpg+asyncpg", "postgresql+asyncpg", True),
        ("postgresql+asyncpg+psycopg2", "postgresql+asyncpg", False),
        ("postgresql+", "postgresql", True),
        ("PostgreSQL", "postgresql", True),
        ("postgresql_asyncpg", "postgresql+asyncpg", True),
        ("postgresql+asynpg", "postgresql+asyncpg", True),
        ("postgresql+pyscopg2", "postgresql+psycopg2", True),
        ("postgesql", "postgresql", True),
        ("postgressql+asyncpg", "postgresql+asyncpg", True),
        ("aiosqlite", "sqlite+aiosqlite", True),
        ("sqllite", "sqlite", True),
        ("sqlite3", "sqlite", True),
        ("mysql+mysqlclient", "mysql+mysqldb", True),
        ("mariadb+mariadb", "mariadb+mariadbconnector", True),
        ("mysql+PyMySQL", "mysql+pymysql", True),
        ("mysql+asyncpg", "mysql+aiomysql", False),
        ("sqlserver", "mssql", True),
    ],
)
def test_what_was_meant(wrong: str, right: str, same_driver: bool) -> None:
    suggestion = suggest(wrong)
    assert suggestion is not None
    assert (suggestion.drivername, suggestion.same_driver) == (right, same_driver)


@pytest.mark.parametrize(
    "name",
    [
        *NAMES,
        *THIRD_PARTY,
        *(
            "cockroachdb+whatever",
            "rqlite+pyrqlite",
            "clickhouse+native",
            "sqlite+libsql",
            "mssql+pytds",
            "spanner+spanner",
        ),
        *("http", "https", "redis", "amqp", "mongodb", "mongodb+srv", "s3", "ftp", "file", "nats", "kafka", "ws", "x"),
        *("postgresql+auroradataapi", "mysql+somethingelse", "postgres+somethingelse", "memcached", "ldap", "smtp"),
    ],
)
def test_no_suggestion_for_what_is_right_or_merely_unknown(name: str) -> None:
    assert suggest(name) is None


def test_the_preferred_drivers_come_first() -> None:
    assert async_drivers("postgresql")[0] == "asyncpg"
    assert "psycopg" not in async_drivers("postgresql", OLD)
    assert sync_drivers("postgresql")[0] == "psycopg2"
    assert sync_drivers("oracle", OLD) == ("cx_oracle",)
    assert async_drivers("sqlite") == ("aiosqlite",)
    assert async_drivers("nosuch") == ()


def test_distributions() -> None:
    assert drivers_of("psycopg2-binary") == {"psycopg2"}
    assert drivers_of("psycopg") == {"psycopg", "psycopg_async"}
    assert drivers_of("aiomysql") == {"aiomysql", "pymysql"}
    assert drivers_of("flask") == frozenset()
    psycopg = driver_named("postgresql+psycopg")
    assert psycopg is not None
    assert psycopg.install == "psycopg[binary]"
    pysqlite = driver_named("sqlite+pysqlite")
    assert pysqlite is not None
    assert pysqlite.install is None


def test_the_texts_of_the_errors() -> None:
    assert (
        load_error("postgres+asyncpg") == "NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgres.asyncpg"
    )
    assert load_error("postgresql+asyncpg+asyncpg") == "ValueError: too many values to unpack (expected 2)"
    assert "The loaded 'psycopg2' is not async." in not_async_error("psycopg2")
    assert "await_()" in not_sync_error("postgresql+asyncpg", AFTER)
    assert "await_only()" in not_sync_error("postgresql+asyncpg", BEFORE)
    assert not_sync_error("oracle+oracledb_async", AFTER).startswith("RuntimeError")
