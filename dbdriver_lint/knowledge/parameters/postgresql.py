"""The parameters of the PostgreSQL drivers. Sections in ``source`` are those of the measured driver table."""

from __future__ import annotations

from dbdriver_lint.knowledge.intentions import Tls
from dbdriver_lint.knowledge.parameters.checks import (
    invalid,
    invalid_beside,
    is_callable,
    is_integer,
    is_integer_text,
    is_no_false_word,
    is_no_text,
    is_number,
    is_number_text,
    is_scalar,
    is_text,
    is_text_mapping,
    never,
    one_of,
    said,
    text,
    truthy,
    wrong,
)
from dbdriver_lint.knowledge.parameters.model import SSL_CONTEXT, Check, Moment, Opaque, Outcome, Row, Siblings, Table

MODES = tuple(mode.word for mode in Tls)
_STRONG = ("require", "verify-ca", "verify-full")

# --- libpq: psycopg2, psycopg, psycopg2cffi ----------------------------------------------------------


def _choice(*words: str) -> tuple[Check, ...]:
    return (invalid(one_of(*words), 'OperationalError: invalid {key} value: "{value}"'),)


def _strong_with_system_ca(value: object, siblings: Siblings) -> bool:
    return text(value) != "system" or said(siblings, "sslmode") in (None, "verify-full")


def _strong_with_direct(value: object, siblings: Siblings) -> bool:
    return text(value) != "direct" or said(siblings, "sslmode") in _STRONG


_LIBPQ_INTEGER = (
    invalid(is_integer_text, 'OperationalError: invalid integer value "{value}" for connection option "{key}"'),
)
_LIBPQ_SCALAR = (wrong(is_scalar, "OperationalError: its text is taken literally: {value}"),)
_ROOT = (
    invalid_beside(
        _strong_with_system_ca,
        'OperationalError: weak sslmode "{sslmode}" may not be used with sslrootcert=system (use "verify-full")',
    ),
)
_NEGOTIATION = (
    invalid(one_of("postgres", "direct"), 'OperationalError: invalid {key} value: "{value}"'),
    invalid_beside(
        _strong_with_direct,
        'OperationalError: weak sslmode "{sslmode}" may not be used with sslnegotiation=direct '
        '(use "require", "verify-ca", or "verify-full")',
    ),
)
_VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")

_MIXED = Check(
    None,
    Outcome.INVALID,
    "ArgumentError: Can't mix 'multihost' formats together",
    "creating the engine raises",
    Moment.CREATION,
    beside=lambda value, siblings: not (isinstance(value, tuple) and isinstance(siblings.get("host"), tuple)),
    engine_only=True,
)

_LIBPQ_ROWS = (
    Row(("sslmode",), "b.1, c.1", _choice(*MODES), _choice(*MODES)),
    Row(("host", "hostaddr"), "b.2, b.5, c.2", (), _LIBPQ_SCALAR),
    Row(("port",), "b.2, b.5, c.2", (_MIXED,), _LIBPQ_SCALAR),
    Row(("options",), "b.2, c.2, d", (), _LIBPQ_SCALAR),
    Row(
        ("target_session_attrs",),
        "b.2",
        *(2 * (_choice("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),)),
    ),
    Row(("channel_binding",), "b.2", *(2 * (_choice("disable", "prefer", "require"),))),
    Row(("gssencmode",), "b.2", *(2 * (_choice("disable", "prefer", "require"),))),
    Row(("sslcertmode",), "b.2", *(2 * (_choice("disable", "allow", "require"),)), depends="libpq 16"),
    Row(("load_balance_hosts",), "b.2", *(2 * (_choice("disable", "random"),)), depends="libpq 16"),
    Row(("ssl_min_protocol_version", "ssl_max_protocol_version"), "b.2", *(2 * (_choice(*_VERSIONS),))),
    Row(("sslnegotiation",), "b.2", _NEGOTIATION, _NEGOTIATION, depends="libpq 17"),
    Row(
        ("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count"),
        "b.2",
        _LIBPQ_INTEGER,
        _LIBPQ_INTEGER,
    ),
    Row(("tcp_user_timeout",), "b.2", _LIBPQ_INTEGER, _LIBPQ_INTEGER),
    Row(
        (
            *("user", "password", "passfile", "service", "client_encoding", "application_name"),
            *("fallback_application_name", "sslcert", "sslkey", "sslpassword", "sslcrl", "sslcrldir"),
            *("sslcompression", "sslsni", "requirepeer", "krbsrvname", "gsslib", "replication"),
        ),
        "b.2, b.3",
    ),
    Row(("require_auth", "gssdelegation"), "b.2, b.3", depends="libpq 16"),
    Row(
        (
            *("min_protocol_version", "max_protocol_version", "scram_client_key", "scram_server_key"),
            *("oauth_issuer", "oauth_client_id", "oauth_client_secret", "oauth_scope", "sslkeylogfile", "servicefile"),
        ),
        "b.2, b.3",
        depends="libpq 18",
    ),
)

_CURSOR_FACTORY = wrong(is_no_text, "TypeError: 'str' object is not callable")
_BOTH_NAMES = Check(
    never,
    Outcome.WRONG_TYPE,
    "TypeError: you can't specify both 'database' and 'dbname' arguments",
    engine_only=True,
)
_BUNDLED_LIBPQ_ROWS = (*_LIBPQ_ROWS, Row(("sslrootcert",), "b.1", _ROOT, _ROOT))
"""Of drivers whose wheels bring a libpq of 16 or later, which knows ``sslrootcert=system``."""

PSYCOPG2 = Table(
    "psycopg2",
    (
        *_BUNDLED_LIBPQ_ROWS,
        Row(("connect_timeout",), "b.2, c.2", _LIBPQ_INTEGER, _LIBPQ_INTEGER),
        Row(("cursor_factory", "connection_factory"), "b.2, c.2", (_CURSOR_FACTORY,), (_CURSOR_FACTORY,)),
        Row(("dsn", "async", "async_"), "c.2", None),
        # SQLAlchemy passes the URL's database as `database` in 1.4 and as `dbname` since 2.0.
        Row(("database",), "b.2, c.2", (_BOTH_NAMES,), (_BOTH_NAMES,), sqlalchemy=((2, 0), None)),
        Row(("database",), "c.2", sqlalchemy=(None, (2, 0))),
        Row(("dbname",), "b.2, c.2", sqlalchemy=((2, 0), None)),
        Row(("dbname",), "b.2, c.2", (_BOTH_NAMES,), (_BOTH_NAMES,), sqlalchemy=(None, (2, 0))),
    ),
    'ProgrammingError: invalid dsn: invalid connection option "{key}"',
    drops_none=True,
    strips_keys=True,
    repeated=(Check(never, Outcome.INVALID, "", "the text of a tuple is used as the value"),),
    repeatable=frozenset({"host", "port"}),
)

_DSN_ALONE = Check(
    never,
    Outcome.UNSUPPORTED,
    "TypeError: 'user' is an invalid keyword argument when the dsn is specified",
    engine_only=True,
)

PSYCOPG2CFFI = Table(
    "psycopg2cffi",
    (
        *_LIBPQ_ROWS,
        Row(("sslrootcert", "database", "dbname"), "b.1, b.2, c.2"),
        Row(("connect_timeout",), "b.2, c.2", _LIBPQ_INTEGER, _LIBPQ_INTEGER),
        Row(("cursor_factory", "connection_factory"), "b.2, c.2", (_CURSOR_FACTORY,), (_CURSOR_FACTORY,)),
        Row(("async", "async_"), "c.2", None),
        Row(("dsn",), "c.2", None, (_DSN_ALONE,)),
    ),
    'OperationalError: invalid connection option "{key}"',
    drops_none=True,
    strips_keys=True,
    repeated=PSYCOPG2.repeated,
    repeatable=PSYCOPG2.repeatable,
)

_PSYCOPG_TIMEOUT = (
    invalid(is_integer_text, "ProgrammingError: bad value for connect_timeout: '{value}'", driver=(None, (3, 2))),
    invalid(is_number_text, "ProgrammingError: bad value for connect_timeout: '{value}'"),
)

PSYCOPG = Table(
    "psycopg",
    (
        *_BUNDLED_LIBPQ_ROWS,
        Row(("dbname",), "b.2, c.2"),
        Row(("connect_timeout",), "b.2, c.2, i", _PSYCOPG_TIMEOUT, _PSYCOPG_TIMEOUT),
        Row(
            ("autocommit",),
            "b.2",
            (truthy("autocommit is ON: every string in a URL is true to psycopg"),),
            (truthy("autocommit is ON: a non-empty string is true"),),
        ),
        Row(
            ("prepare_threshold",),
            "b.2, c.2, d.2",
            (wrong(never, "TypeError: '>=' not supported between instances of 'int' and 'str'"),),
            (wrong(is_number, "TypeError: '>=' not supported between instances of 'int' and 'str'"),),
        ),
        Row(("row_factory", "cursor_factory"), "b.2", (_CURSOR_FACTORY,), (_CURSOR_FACTORY,)),
        Row(("context",), "b.3", (wrong(never, "AttributeError: 'str' object has no attribute 'adapters'"),)),
    ),
    'ProgrammingError: invalid connection option "{key}"',
    drops_none=True,
    strips_keys=True,
    repeated=PSYCOPG2.repeated,
    repeatable=PSYCOPG2.repeatable,
)

_ASYNC_ROWS = (
    Row(
        ("async_creator_fn",),
        "c.2",
        (wrong(never, "TypeError: 'str' object is not callable"),),
        (wrong(is_callable, "TypeError: '{type}' object is not callable"),),
        sqlalchemy=((2, 0), None),
        engine_only=True,
    ),
    Row(("async_fallback",), "b.2, c.2", sqlalchemy=(None, (2, 1)), engine_only=True),
)
"""What SQLAlchemy's asyncio dialects of PostgreSQL take out themselves."""

PSYCOPG_ASYNC = Table(
    "psycopg_async",
    (*PSYCOPG.rows, *_ASYNC_ROWS),
    PSYCOPG.unknown,
    drops_none=True,
    strips_keys=True,
    repeated=PSYCOPG2.repeated,
    repeatable=PSYCOPG2.repeatable,
)

# --- asyncpg -----------------------------------------------------------------------------------------

_ASYNCPG_MODE = invalid(
    one_of(*MODES),
    "InterfaceError: `sslmode` parameter must be one of: disable, allow, prefer, require, verify-ca, verify-full",
)


def _asyncpg_ssl(value: object) -> bool:
    if isinstance(value, str):
        return value in MODES
    return True


def _asyncpg_ssl_type(value: object) -> bool:
    return isinstance(value, (str, bool)) or not value or value == SSL_CONTEXT


def _direct_with_strong(value: object, siblings: Siblings) -> bool:
    mode = siblings.get("ssl")
    return not value or mode is True or isinstance(mode, Opaque) or mode in _STRONG


def _positive(value: object) -> bool:
    return value is None or (not isinstance(value, bool) and is_number_text(value) and float(text(value)) > 0)


_LESS = "TypeError: '<' not supported between instances of 'str' and 'int'"
_SESSION = ("any", "read-write", "read-only", "primary", "standby", "prefer-standby")
_SESSION_CHECK = (invalid(one_of(*_SESSION), "InterfaceError: target_session_attrs is expected to be one of"),)
_SETTINGS = "InterfaceError: server_settings is expected to be None or a Dict[str, str]"
_DIRECT = (
    invalid_beside(
        _direct_with_strong,
        "InterfaceError: direct TLS requires sslmode=require, verify-ca, or verify-full",
        driver=((0, 30), None),
    ),
    invalid_beside(_direct_with_strong, "AssertionError: ", driver=(None, (0, 30))),
)


def _one_port(value: object) -> bool:
    return not isinstance(value, str) or is_integer_text(value)


def _every_port(value: object, siblings: Siblings) -> bool:
    """Each of several hosts has a port: ``host=a:1&host=b:2`` or ``host=a,b&port=1,2``."""
    if isinstance(value, tuple):
        return "port" in siblings or all(str(item).rpartition(":")[2].isdecimal() for item in value)
    names = text(value).split(",")
    return len(names) == 1 or len(text(siblings.get("port", "")).split(",")) == len(names)


_SEVERAL_HOSTS = (
    Check(
        lambda value: not isinstance(value, tuple),
        Outcome.INVALID,
        "gaierror: [Errno -2] Name or service not known",
        "SQLAlchemy 1.4 knows no several hosts for asyncpg",
        sqlalchemy=(None, (2, 0)),
    ),
    Check(
        None,
        Outcome.INVALID,
        "ArgumentError: All ports are required to be present for asyncpg multiple host URL",
        "creating the engine raises",
        Moment.CREATION,
        sqlalchemy=((2, 0), None),
        beside=_every_port,
    ),
)
_SEVERAL_PORTS = (
    _MIXED,
    Check(
        lambda value: isinstance(value, str) and is_integer_text(value),
        Outcome.INVALID,
        "ValueError: invalid literal for int() with base 10: '{value}'",
        "creating the engine raises",
        Moment.CREATION,
        sqlalchemy=(None, (2, 0)),
    ),
)


ASYNCPG = Table(
    "asyncpg",
    (
        Row(
            ("ssl",),
            "b.1, c.1",
            (_ASYNCPG_MODE,),
            (
                invalid(_asyncpg_ssl, _ASYNCPG_MODE.error),
                wrong(
                    _asyncpg_ssl_type,
                    "TypeError: sslcontext is expected to be an instance of ssl.SSLContext, got {value}",
                ),
            ),
        ),
        Row(
            ("timeout",),
            "b.2, c.2, d",
            (wrong(never, "TypeError: unsupported operand type(s) for +: 'float' and 'str'"),),
            (wrong(is_number, "TypeError: unsupported operand type(s) for +: 'float' and 'str'"),),
        ),
        Row(
            ("command_timeout",),
            "b.2, c.2",
            *(
                2
                * (
                    (
                        invalid(
                            _positive,
                            "ValueError: invalid command_timeout value: expected greater than 0 float (got {value})",
                        ),
                    ),
                )
            ),
        ),
        Row(
            ("statement_cache_size", "max_cached_statement_lifetime", "max_cacheable_statement_size"),
            "b.2, c.2, d.2",
            (wrong(never, _LESS),),
            (wrong(is_number, _LESS),),
        ),
        Row(
            ("prepared_statement_cache_size",),
            "b.2, b.4, c.2, d.2",
            (),
            (wrong(is_number, "TypeError: can't multiply sequence by non-int of type 'float'"),),
            engine_only=True,
        ),
        Row(
            ("prepared_statement_name_func",),
            "b.2, c.2, d.2",
            (wrong(is_callable, "TypeError: 'str' object is not callable"),),
            (
                wrong(
                    lambda value: value is None or is_callable(value),
                    "TypeError: 'str' object is not callable",
                ),
            ),
            sqlalchemy=((2, 0), None),
            engine_only=True,
        ),
        *_ASYNC_ROWS,
        Row(("server_settings",), "b.2, c.2", (wrong(never, _SETTINGS),), (wrong(is_text_mapping, _SETTINGS),)),
        Row(("target_session_attrs",), "b.2, i", _SESSION_CHECK, _SESSION_CHECK, driver=((0, 28), None)),
        Row(("krbsrvname", "gsslib"), "b.2, i", driver=((0, 30), None)),
        Row(("service", "servicefile"), "b.2, i", driver=((0, 31), None)),
        Row(("direct_tls",), "b.2, c.2", _DIRECT, _DIRECT),
        Row(("loop",), "b.2, c.2", (wrong(never, "AttributeError: 'str' object has no attribute 'get_debug'"),)),
        Row(
            ("connection_class", "record_class"),
            "b.3",
            (wrong(never, "TypeError: {key} is expected to be a subclass"),),
        ),
        Row(
            ("port",),
            "b.2, b.5, c.2",
            _SEVERAL_PORTS,
            (wrong(_one_port, "ValueError: invalid literal for int() with base 10: '{value}'"),),
        ),
        Row(("host",), "b.2, b.5, c.2", _SEVERAL_HOSTS),
        Row(("user", "password", "passfile", "database", "dsn"), "b.2, c.2"),
    ),
    "TypeError: connect() got an unexpected keyword argument '{key}'",
    repeated=(Check(never, Outcome.INVALID, "", "asyncpg gets a tuple instead of a string"),),
    repeatable=frozenset({"host", "port"}),
)

# --- pg8000 ------------------------------------------------------------------------------------------

_WRAP = "AttributeError: '{type}' object has no attribute 'wrap_socket'"
_PG8000_TYPE = "InterfaceError: The parameter {key} can't be of type <class '{type}'>."


def _pg8000_context(value: object) -> bool:
    return value is None or isinstance(value, bool) or value == SSL_CONTEXT


def _not_false(value: object) -> bool:
    return value is not False


def _startup(value: object) -> bool:
    return not isinstance(value, dict) or is_text_mapping(value)


PG8000 = Table(
    "pg8000",
    (
        Row(
            ("ssl_context",),
            "b.2, c.1, i",
            (wrong(never, _WRAP),),
            (
                wrong(_pg8000_context, _WRAP),
                wrong(_not_false, _WRAP, driver=(None, (1, 31))),
            ),
        ),
        Row(
            ("timeout",),
            "b.2, c.2, d",
            (wrong(never, "TypeError: 'str' object cannot be interpreted as an integer"),),
            (wrong(is_number, "TypeError: '{type}' object cannot be interpreted as an integer"),),
        ),
        Row(("application_name",), "b.2, c.2", (), (wrong(is_text, _PG8000_TYPE),)),
        Row(
            ("tcp_keepalive",),
            "b.2, c.2",
            (truthy("keepalive stays on: every string in a URL is true to pg8000"),),
            (wrong(is_no_false_word, "keepalive stays on: a non-empty string is true"),),
        ),
        Row(
            ("startup_params",),
            "b.2, c.2, i",
            (wrong(never, "AttributeError: 'str' object has no attribute 'keys'"),),
            (wrong(_startup, "InterfaceError: The parameter"),),
            driver=((1, 31, 3), None),
        ),
        Row(("source_address",), "b.2", (wrong(never, "TypeError: bind(): AF_INET address must be tuple, not str"),)),
        Row(("sock",), "b.3", (wrong(never, "AttributeError: 'str' object has no attribute"),)),
        Row(("host",), "b.5, c.2", (), (wrong(is_text, "TypeError: getaddrinfo() argument 1 must be string or None"),)),
        Row(
            ("port",),
            "b.5, c.2",
            (),
            (
                wrong(
                    lambda value: is_integer(value) or is_integer_text(value),
                    "TypeError: {key}",
                ),
            ),
        ),
        Row(("user", "password", "database", "unix_sock", "replication"), "b.2, c.2"),
    ),
    "TypeError: connect() got an unexpected keyword argument '{key}'",
    repeated=(Check(never, Outcome.WRONG_TYPE, "the driver gets a tuple instead of a string"),),
)

TABLES = (PSYCOPG2, PSYCOPG2CFFI, PSYCOPG, PSYCOPG_ASYNC, ASYNCPG, PG8000)
