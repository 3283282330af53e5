"""What the table says about single parameters: outcome, exception, moment, versions, remedy."""

from __future__ import annotations

import pytest

from dbdriver_lint.knowledge.parameters import (
    CALLABLE,
    SSL_CONTEXT,
    TABLES,
    UNKNOWN,
    Moment,
    Outcome,
    Place,
    Verdict,
    judge,
    judge_keyword,
)
from dbdriver_lint.knowledge.spellings import DIALECT_OF, POOLER_ARGS, SPELLINGS, TLS_FORMS
from dbdriver_lint.knowledge.versions import VersionRange


def said(
    driver: str, place: Place, key: str, value: object, sqlalchemy: str = "", version: str = "", **more: object
) -> Verdict:
    return judge(
        driver,
        place,
        key,
        value,
        siblings={key: value, **more},
        sqlalchemy=VersionRange.parse(sqlalchemy),
        driver_version=VersionRange.parse(version),
    )


@pytest.mark.parametrize(
    ("driver", "place", "key", "value", "exception", "remedy"),
    [
        ("asyncpg", Place.URL, "sslmode", "require", "TypeError: connect() got an unexpected keyword argument 'sslmode'", "?ssl=require"),
        ("asyncpg", Place.ARGS, "sslmode", "require", "TypeError: connect() got an unexpected keyword argument 'sslmode'", "connect_args={'ssl': 'require'}"),
        ("psycopg2", Place.URL, "ssl", "require", 'ProgrammingError: invalid dsn: invalid connection option "ssl"', "?sslmode=require"),
        ("psycopg", Place.URL, "ssl", "true", 'ProgrammingError: invalid connection option "ssl"', "?sslmode=require"),
        ("pg8000", Place.URL, "sslmode", "require", "TypeError: connect() got an unexpected keyword argument 'sslmode'", "connect_args={'ssl_context': True}"),
        ("asyncpg", Place.URL, "ssl", "true", "InterfaceError: `sslmode` parameter must be one of: disable, allow, prefer, require, verify-ca, verify-full", "?ssl=require"),
        ("psycopg2", Place.URL, "sslmode", "required", 'OperationalError: invalid sslmode value: "required"', "?sslmode=require"),
        ("asyncpg", Place.URL, "application_name", "x", "TypeError: connect() got an unexpected keyword argument 'application_name'", "connect_args={'server_settings': {'application_name': 'x'}}"),
        ("asyncpg", Place.URL, "connect_timeout", "3", "TypeError: connect() got an unexpected keyword argument 'connect_timeout'", "connect_args={'timeout': 3}"),
        ("asyncpg", Place.URL, "timeout", "3", "TypeError: unsupported operand type(s) for +: 'float' and 'str'", "connect_args={'timeout': 3}"),
        ("asyncpg", Place.URL, "options", "-csearch_path=a", "TypeError: connect() got an unexpected keyword argument 'options'", "connect_args={'server_settings': {'search_path': 'a'}}"),
        ("asyncpg", Place.URL, "channel_binding", "require", "TypeError: connect() got an unexpected keyword argument 'channel_binding'", "remove it: asyncpg has no authentication demands of this kind"),
        ("psycopg", Place.URL, "pgbouncer", "true", 'ProgrammingError: invalid connection option "pgbouncer"', "connect_args={'prepare_threshold': None}"),
        ("psycopg2", Place.ARGS, "check_same_thread", False, 'ProgrammingError: invalid dsn: invalid connection option "check_same_thread"', "remove it: it belongs to SQLite"),
        ("aiomysql", Place.URL, "ssl_ca", "/ca", "AttributeError: 'dict' object has no attribute 'wrap_bio'", "write `connect_args={'ssl': ssl.create_default_context(cafile='/ca')}`, but aiomysql has no setting that enforces verify-full"),
        ("pymysql", Place.URL, "ssl", "true", "AttributeError: 'str' object has no attribute 'get'", "?ssl_check_hostname=false"),
        ("pymysql", Place.ARGS, "connect_timeout", "3", "TypeError: '<' not supported between instances of 'int' and 'str'", "connect_args={'connect_timeout': 3}"),
        ("asyncpg", Place.KEYWORD, "sslmode", "require", "TypeError: connect() got an unexpected keyword argument 'sslmode'", "ssl='require'"),
        ("asyncpg", Place.DSN, "pgbouncer", "true", 'UndefinedObjectError: unrecognized configuration parameter "pgbouncer"', "statement_cache_size=0"),
        ("asyncpg", Place.KEYWORD, "connect_timeout", 3, "TypeError: connect() got an unexpected keyword argument 'connect_timeout'", "timeout=3"),
        ("pysqlite", Place.ARGS, "sslmode", "require", "TypeError: 'sslmode' is an invalid keyword argument for Connection()", "remove it: it belongs to PostgreSQL"),
        ("asyncpg", Place.ARGS, "connect_timeout", UNKNOWN, "TypeError: connect() got an unexpected keyword argument 'connect_timeout'", "connect_args={'timeout': …}"),
        ("asyncpg", Place.ARGS, "ssl", {"sslmode": "require"}, "TypeError: sslcontext is expected to be an instance of ssl.SSLContext, got {'sslmode': 'require'}", "connect_args={'ssl': 'require'}"),
        ("asyncpg", Place.ARGS, "server_settings", {"statement_timeout": 1000}, "InterfaceError: server_settings is expected to be None or a Dict[str, str]", "connect_args={'server_settings': {'statement_timeout': '1000'}}"),
        ("psycopg", Place.ARGS, "server_settings", {"application_name": "x", "jit": "off"}, 'ProgrammingError: invalid connection option "server_settings"', "connect_args={'application_name': 'x', 'options': '-c jit=off'}"),
        ("pymysql", Place.ARGS, "ssl", True, "AttributeError: 'bool' object has no attribute 'get'", "connect_args={'ssl': ssl._create_unverified_context()}"),
        ("mysqlconnector", Place.ARGS, "ssl", {"ca": "/ca"}, "AttributeError: Unsupported argument 'ssl'", "connect_args={'ssl_verify_cert': True, 'ssl_verify_identity': True, 'ssl_ca': '/ca'}"),
        ("aiomysql", Place.ARGS, "ssl", {"ca": "/ca"}, "AttributeError: 'dict' object has no attribute 'wrap_bio'", "connect_args={'ssl': ssl.create_default_context(cafile='/ca')}"),
        ("pysqlite", Place.ARGS, "check_same_thread", "False", "TypeError: 'str' object cannot be interpreted as an integer", "connect_args={'check_same_thread': False}"),
        ("oracledb", Place.URL, "encoding", "UTF-8", "TypeError: connect() got an unexpected keyword argument 'encoding'", ""),
    ],
)  # fmt: skip
def test_failure_and_remedy(driver: str, place: Place, key: str, value: object, exception: str, remedy: str) -> None:
    verdict = said(driver, place, key, value)
    assert verdict.fails
    assert verdict.exception == exception
    assert verdict.remedy == remedy
    assert verdict.moment is Moment.CONNECT


@pytest.mark.parametrize(
    ("driver", "place", "key", "value"),
    [
        ("asyncpg", Place.URL, "ssl", "require"),
        ("asyncpg", Place.ARGS, "ssl", SSL_CONTEXT),
        ("asyncpg", Place.ARGS, "ssl", True),
        ("asyncpg", Place.ARGS, "prepared_statement_name_func", CALLABLE),
        ("asyncpg", Place.ARGS, "timeout", UNKNOWN),
        ("asyncpg", Place.ARGS, "server_settings", {"jit": "off", "application_name": UNKNOWN}),
        ("psycopg2", Place.ARGS, "timeout", None),
        ("psycopg", Place.ARGS, "prepare_threshold", None),
        ("psycopg_async", Place.URL, "sslmode", "verify-full"),
        ("pyodbc", Place.URL, "anything", "x"),
        ("nosuchdriver", Place.URL, "anything", "x"),
        ("asyncpg", Place.URL, "plugin", "x"),
        ("mysqlconnector", Place.URL, "autocommit", "false"),
    ],
)
def test_silence(driver: str, place: Place, key: str, value: object) -> None:
    assert said(driver, place, key, value).ok


@pytest.mark.parametrize(
    ("driver", "place", "key", "value", "outcome"),
    [
        ("pymysql", Place.URL, "ssl_disabled", "false", Outcome.INVERTED),
        ("pymysql", Place.URL, "autocommit", "false", Outcome.INVERTED),
        ("psycopg", Place.URL, "autocommit", "false", Outcome.INVERTED),
        ("pymysql", Place.ARGS, "ssl_ca", "/ca.crt", Outcome.WEAKENED),
        ("mysqldb", Place.URL, "ssl", "true", Outcome.IGNORED),
        ("mysqldb", Place.ARGS, "ssl", SSL_CONTEXT, Outcome.WEAKENED),
        ("pysqlite", Place.URL, "mode", "ro", Outcome.IGNORED),
        ("psycopg2", Place.URL, "sslmode", "", Outcome.IGNORED),
    ],
)
def test_silent_misbehaviour(driver: str, place: Place, key: str, value: object, outcome: Outcome) -> None:
    verdict = said(driver, place, key, value)
    assert verdict.outcome is outcome
    assert verdict.consequence
    assert verdict.moment is Moment.NEVER


def test_versions_that_nobody_declared_are_the_newest() -> None:
    assert said("asyncpg", Place.URL, "async_fallback", "true").condition == "SQLAlchemy >=2.1"
    assert said("asyncpg", Place.URL, "target_session_attrs", "primary").ok


def test_declared_versions_decide() -> None:
    assert said("asyncpg", Place.URL, "async_fallback", "true", "<2.1").ok
    assert said("asyncpg", Place.URL, "async_fallback", "true", "==2.1.9").fails
    spanning = said("asyncpg", Place.URL, "async_fallback", "true", ">=2.0,<3")
    assert spanning.fails
    assert spanning.condition == "SQLAlchemy >=2.1"
    assert said("asyncpg", Place.URL, "krbsrvname", "x", version="==0.29.0").fails
    assert said("asyncpg", Place.URL, "krbsrvname", "x", version=">=0.30").ok
    assert said("asyncpg", Place.URL, "krbsrvname", "x", version=">=0.29").condition == "asyncpg <0.30"


def test_a_declared_sqlalchemy_says_nothing_about_the_driver() -> None:
    assert said("asyncpg", Place.URL, "target_session_attrs", "primary", "==2.1.9").ok
    assert said("asyncpg", Place.URL, "krbsrvname", "x", ">=2.0").ok


def test_moment_of_creation() -> None:
    verdict = said("pymysql", Place.URL, "connect_timeout", "abc")
    assert (verdict.moment, verdict.exception) == (
        Moment.CREATION,
        "ValueError: invalid literal for int() with base 10: 'abc'",
    )


def test_siblings_decide() -> None:
    assert said("psycopg", Place.URL, "sslrootcert", "system", sslmode="require").fails
    assert said("psycopg", Place.URL, "sslrootcert", "system", sslmode="verify-full").ok
    assert said("pymysql", Place.ARGS, "ssl_ca", "/c", ssl_verify_cert=True).ok
    assert said("pysqlite", Place.URL, "mode", "ro", uri="true").ok
    assert said("asyncpg", Place.URL, "host", "a,b", port="1,2").ok
    assert said("asyncpg", Place.URL, "host", "a,b").fails


def test_raw_calls() -> None:
    assert said("asyncpg", Place.KEYWORD, "prepared_statement_cache_size", 0).fails
    assert said("asyncpg", Place.KEYWORD, "statement_cache_size", 0).ok
    assert said("psycopg2", Place.KEYWORD, "database", "d").ok


@pytest.mark.parametrize(
    ("driver", "key", "value", "exception", "remedy"),
    [
        ("asyncpg", "ssl", "require", 'CantChangeRuntimeParamError: parameter "ssl" cannot be changed now', "?sslmode=require"),
        ("asyncpg", "connect_timeout", "3", 'UndefinedObjectError: unrecognized configuration parameter "connect_timeout"', "timeout=3"),
        ("psycopg", "ssl", "require", 'ProgrammingError: invalid URI query parameter: "ssl"', "?sslmode=require"),
        ("psycopg2", "search_path", "a", 'ProgrammingError: invalid dsn: invalid URI query parameter: "search_path"', "?options=-c+search_path%3Da"),
    ],
)  # fmt: skip
def test_raw_dsn(driver: str, key: str, value: str, exception: str, remedy: str) -> None:
    verdict = said(driver, Place.DSN, key, value)
    assert (verdict.exception, verdict.remedy) == (exception, remedy)


@pytest.mark.parametrize(
    ("driver", "key", "value"),
    [
        ("asyncpg", "sslmode", "require"),
        ("asyncpg", "application_name", "x"),
        ("asyncpg", "work_mem", "64MB"),
        ("psycopg", "ssl", "true"),
        ("psycopg2", "dbname", "d"),
        ("pymysql", "anything", "x"),
    ],
)
def test_raw_dsn_silence(driver: str, key: str, value: str) -> None:
    assert said(driver, Place.DSN, key, value).ok


@pytest.mark.parametrize(
    ("function", "key", "value", "exception"),
    [
        ("asyncpg.create_pool", "pool_size", 5, "TypeError: connect() got an unexpected keyword argument 'pool_size'"),
        ("asyncpg.connect", "min_size", 1, "TypeError: connect() got an unexpected keyword argument 'min_size'"),
        (
            "psycopg_pool.ConnectionPool",
            "sslmode",
            "require",
            "TypeError: ConnectionPool.__init__() got an unexpected keyword argument 'sslmode'",
        ),
        ("aiomysql.create_pool", "database", "d", "TypeError: connect() got an unexpected keyword argument 'database'"),
        ("asyncpg.create_pool", "min_size", 1, ""),
        ("psycopg_pool.ConnectionPool", "kwargs", {"sslmode": "require"}, ""),
        ("somebody.else", "sslmode", "x", ""),
    ],
)
def test_raw_keywords(function: str, key: str, value: object, exception: str) -> None:
    assert judge_keyword(function, key, value, siblings={key: value}).exception == exception


def test_every_driver_of_the_tables_is_known() -> None:
    assert set(TABLES) <= {*DIALECT_OF, "pysqlcipher"}


def test_every_spelling_is_a_parameter_that_the_driver_takes() -> None:
    """The two tables agree: what a translation writes, the driver accepts there."""
    for row in SPELLINGS:
        for driver in row.drivers:
            table = TABLES[driver]
            if not table.unknown:
                continue
            name = row.key.partition(".")[0]
            assert name in table.index, (driver, name)
            found = table.index[name]
            if row.url:
                assert any(parameter.url is not None for parameter in found), (driver, name)
            else:
                assert any(parameter.args is not None for parameter in found), (driver, name)


def test_every_tls_form_is_accepted() -> None:
    for form in TLS_FORMS:
        for driver in form.drivers:
            pairs = dict(form.url or ())
            if form.ca:
                pairs[form.ca] = "/ca.crt"
            for key, value in pairs.items():
                assert said(driver, Place.URL, key, value, **pairs).ok, (driver, form.mode, key)
            for key, value in form.args or ():
                plain = value if isinstance(value, (str, bool)) else SSL_CONTEXT
                assert said(driver, Place.ARGS, key, plain, "", "").ok, (driver, form.mode, key)


def test_pooler_recipes_are_accepted() -> None:
    for driver, arguments in POOLER_ARGS.items():
        for key, value in arguments.items():
            assert said(driver, Place.ARGS, key, CALLABLE if callable(value) else value).ok


def test_no_remedy_is_itself_refused() -> None:
    """The spelling that a message recommends is one that the table takes."""
    for driver in ("psycopg2", "psycopg", "asyncpg", "pg8000", "pymysql", "asyncmy"):
        for key, value in (("sslmode", "require"), ("ssl", "true"), ("connect_timeout", "3"), ("ssl_mode", "REQUIRED")):
            remedy = said(driver, Place.URL, key, value).remedy
            if remedy.startswith("?"):
                pairs = dict(pair.split("=", 1) for pair in remedy[1:].split("&"))
                assert all(said(driver, Place.URL, name, text, **pairs).ok for name, text in pairs.items()), remedy
