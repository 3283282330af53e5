"""The parameters of the MySQL and MariaDB drivers. Sections in ``source`` are those of the measured driver table."""

from __future__ import annotations

import re

from dbdriver_lint.knowledge.intentions import TRUE_WORDS
from dbdriver_lint.knowledge.parameters.checks import (
    creation_flag,
    creation_integer,
    invalid,
    is_integer,
    is_no_text,
    is_number,
    never,
    said,
    text,
    truthy,
    wrong,
)
from dbdriver_lint.knowledge.parameters.model import (
    SSL_CONTEXT,
    Check,
    Checks,
    Moment,
    Opaque,
    Outcome,
    Row,
    Siblings,
    Table,
)

_SINCE_2_0 = ((2, 0), None)
_BEFORE_2_0 = (None, (2, 0))

# --- what several drivers share ------------------------------------------------------------------------

_AUTOCOMMIT = truthy("autocommit is ON: every non-empty string is true to the driver")
_DISABLED = truthy("TLS is OFF: every non-empty string is true to the driver")
_COERCED_INTEGERS = (creation_integer(),)
_LOCAL_INFILE = (creation_integer(_BEFORE_2_0), creation_flag(_SINCE_2_0))
_USE_UNICODE = (creation_flag(_SINCE_2_0),)
_PORT_URL = (wrong(never, "ValueError: port should be of type int"),)
_PORT_ARGS = (wrong(is_integer, "ValueError: port should be of type int"),)
_AS_INTEGER = "TypeError: '{type}' object cannot be interpreted as an integer"
_LESS = "TypeError: '<' not supported between instances of 'int' and 'str'"
_LESS_OR_EQUAL = "TypeError: '<=' not supported between instances of 'str' and 'int'"
_CALLED = "TypeError: '{type}' object is not callable"
_NO_ITEMS = "AttributeError: '{type}' object has no attribute 'items'"
_NO_CHARSET = "AttributeError: 'NoneType' object has no attribute 'encoding'"
_GET = "AttributeError: '{type}' object has no attribute 'get'"
_WRAP_BIO = "AttributeError: '{type}' object has no attribute 'wrap_bio'"


def _charset(value: object) -> bool:
    return value is None or re.fullmatch(r"\w+", text(value)) is not None


def _lower_charset(value: object) -> bool:
    return value is None or re.fullmatch(r"[a-z0-9_]+", text(value)) is not None


def _no_true_word(value: object) -> bool:
    return text(value).strip().lower() not in TRUE_WORDS


def _is_opaque(value: object) -> bool:
    return isinstance(value, Opaque)


def _charset_rows(source: str) -> tuple[Row, ...]:
    checks = (invalid(_charset, _NO_CHARSET),)
    return (Row(("charset",), source, checks, checks),)


def _repeats_charset(error: str) -> Checks:
    return (Check(never, Outcome.INVALID, error, "the driver gets a tuple instead of a string"),)


# --- pymysql -------------------------------------------------------------------------------------------


def _ca_survives(value: object, siblings: Siblings) -> bool:
    """SQLAlchemy moves ``ssl_ca`` into ``ssl``; beside ``ssl_verify_cert`` pymysql overwrites that."""
    return text(value).lower() not in TRUE_WORDS or said(siblings, "ssl_ca") is None


def _verifies(value: object, siblings: Siblings) -> bool:
    return text(value).lower() in TRUE_WORDS or said(siblings, "ssl_ca") is None


def _ssl_mapping(value: object) -> bool:
    return not value or isinstance(value, (dict, Opaque))


_LOST_CA = Check(
    None,
    Outcome.INVALID,
    "OperationalError: (2003, \"Can't connect to MySQL server",
    "the CA file is lost, and the server's certificate is checked against the system's CAs",
    beside=_ca_survives,
)
_UNVERIFIED = Check(
    None,
    Outcome.WEAKENED,
    "",
    "the server's certificate is not verified, in spite of the CA file",
    Moment.NEVER,
    beside=_verifies,
)
_CA_ALONE = Check(
    None,
    Outcome.WEAKENED,
    "",
    "the CA file is not used: without `ssl_verify_cert` nothing is verified",
    Moment.NEVER,
    beside=lambda _, siblings: "ssl_verify_cert" in siblings or "ssl_verify_identity" in siblings,
)

PYMYSQL = Table(
    "pymysql",
    (
        *_charset_rows("b.7"),
        Row(("collation", "sql_mode", "init_command", "unix_socket", "program_name", "bind_address"), "b.7"),
        Row(("user", "password", "passwd", "host", "database", "db"), "b.7"),
        Row(("read_default_file", "read_default_group", "max_allowed_packet", "binary_prefix"), "b.7"),
        Row(("auth_plugin_map", "server_public_key", "ssl_key_password"), "b.3"),
        Row(("port",), "b.7", _PORT_URL, _PORT_ARGS),
        Row(("connect_timeout",), "b.4, b.7", _COERCED_INTEGERS, (wrong(is_number, _LESS),)),
        Row(("read_timeout", "write_timeout"), "b.4, b.7", _COERCED_INTEGERS, (wrong(is_number, _LESS_OR_EQUAL),)),
        Row(("client_flag",), "b.4, b.7", _COERCED_INTEGERS, (wrong(is_integer, _AS_INTEGER),)),
        Row(("local_infile",), "b.4, b.7", _LOCAL_INFILE),
        Row(("use_unicode",), "b.4, b.7", _USE_UNICODE),
        Row(("autocommit",), "b.7", (_AUTOCOMMIT,), (_AUTOCOMMIT,)),
        Row(
            ("compress", "named_pipe"),
            "b.7",
            (invalid(_no_true_word, "NotImplementedError: compress and named_pipe arguments are not supported"),),
            (invalid(_no_true_word, "NotImplementedError: compress and named_pipe arguments are not supported"),),
        ),
        Row(
            ("defer_connect",),
            "b.7",
            (invalid(never, "InterfaceError: (0, '')"),),
            (invalid(lambda value: not value, "InterfaceError: (0, '')"),),
        ),
        Row(("cursorclass",), "b.7", (wrong(never, _CALLED),), (wrong(_is_opaque, _CALLED),)),
        Row(("conv",), "b.7", (wrong(never, _NO_ITEMS),), (wrong(is_no_text, _NO_ITEMS),)),
        Row(("ssl",), "b.6", (wrong(never, _GET),), (wrong(_ssl_mapping, _GET),)),
        Row(("ssl_disabled",), "b.6", (_DISABLED,), (_DISABLED,)),
        Row(("ssl_verify_cert",), "b.6", (_LOST_CA, _UNVERIFIED), ()),
        Row(("ssl_verify_identity",), "b.6"),
        Row(("ssl_ca",), "b.6, d.3", (), (_CA_ALONE,)),
        Row(("ssl_cert", "ssl_key"), "b.6, d.3"),
        Row(("ssl_capath", "ssl_cipher", "ssl_check_hostname"), "b.4, b.6", (), None),
    ),
    "TypeError: Connection.__init__() got an unexpected keyword argument '{key}'",
    repeated=_repeats_charset(_NO_CHARSET),
)

# --- mysqldb: mysqlclient, measured on MariaDB Connector/C -------------------------------------------------


def _plain_context(value: object) -> bool:
    return value != SSL_CONTEXT


def _known_mapping(value: object) -> bool:
    """The dictionary has a key that mysqlclient reads; without one nothing is encrypted."""
    return not isinstance(value, dict) or bool(
        set(value) & {"ca", "capath", "cert", "key", "cipher", "check_hostname", "verify_mode"}
    )


def _no_true_text(value: object) -> bool:
    return not isinstance(value, str) or text(value).lower() in ("", "false", "{}")


_PLAINTEXT = "the connection is in PLAINTEXT: mysqlclient takes nothing from this value"
_MYSQLDB_SSL = (
    Check(_no_true_text, Outcome.IGNORED, "", _PLAINTEXT, Moment.NEVER),
    Check(_known_mapping, Outcome.IGNORED, "", _PLAINTEXT, Moment.NEVER),
    Check(
        _plain_context,
        Outcome.WEAKENED,
        "",
        "the SSLContext is not used: the connection is encrypted and not verified",
        Moment.NEVER,
    ),
)


def _not_preferred(value: object) -> bool:
    return text(value) != "PREFERRED"


def _ssl_mode(value: object) -> bool:
    return text(value) in ("DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")


_MYSQLDB_MODE = (
    invalid(_ssl_mode, "NotSupportedError: Unknown SSL mode"),
    Check(
        _not_preferred,
        Outcome.IGNORED,
        "",
        "the connection is in PLAINTEXT: MariaDB's Connector/C takes PREFERRED for no TLS",
        Moment.NEVER,
    ),
)


def _named_alone(value: object, siblings: Siblings) -> bool:
    return _no_true_word(value) or any(name in siblings for name in ("ssl_ca", "ssl_cert", "ssl_mode"))


_CHARSET_2019 = "OperationalError: (2019, \"Can't initialize character set"
_MYSQLDB_CHARSET = (
    invalid(_charset, _CHARSET_2019),
    invalid(_lower_charset, "LookupError: unknown encoding: {value}"),
)

MYSQLDB = Table(
    "mysqldb",
    (
        Row(
            ("charset",),
            "b.7",
            _MYSQLDB_CHARSET,
            _MYSQLDB_CHARSET,
        ),
        Row(("collation", "sql_mode", "init_command", "unix_socket"), "b.7"),
        Row(("user", "passwd", "host", "database", "db"), "b.7"),
        Row(("password",), "b.7, c.2"),
        Row(("read_default_file", "read_default_group", "binary_prefix"), "b.7"),
        Row(("auth_plugin", "multi_statements", "server_public_key_path"), "b.7"),
        Row(("port",), "b.7", (wrong(never, _AS_INTEGER),), (wrong(is_integer, _AS_INTEGER),)),
        Row(
            ("connect_timeout", "read_timeout", "write_timeout", "client_flag"),
            "b.4, b.7",
            _COERCED_INTEGERS,
            (wrong(is_integer, _AS_INTEGER),),
        ),
        Row(("local_infile",), "b.4, b.7", _LOCAL_INFILE),
        Row(("use_unicode", "compress"), "b.4, b.7", _USE_UNICODE),
        Row(("autocommit",), "b.7", (_AUTOCOMMIT,), (_AUTOCOMMIT,)),
        Row(("cursorclass",), "b.7", (wrong(never, _CALLED),), (wrong(_is_opaque, _CALLED),)),
        Row(
            ("conv",),
            "b.7",
            (wrong(never, _NO_ITEMS),),
            (wrong(lambda value: isinstance(value, (dict, Opaque)), _NO_ITEMS),),
        ),
        Row(("ssl",), "b.6", _MYSQLDB_SSL, _MYSQLDB_SSL),
        Row(("ssl_mode",), "b.6", _MYSQLDB_MODE, _MYSQLDB_MODE),
        Row(
            ("ssl_check_hostname",),
            "b.6",
            (Check(None, Outcome.IGNORED, "", _PLAINTEXT, Moment.NEVER, beside=_named_alone),),
            None,
        ),
        Row(("ssl_ca", "ssl_cert", "ssl_key", "ssl_capath", "ssl_cipher"), "b.4, b.6", (), None),
    ),
    "TypeError: '{key}' is an invalid keyword argument for connect()",
    repeated=_repeats_charset(_CHARSET_2019),
)

# --- mysqlconnector ------------------------------------------------------------------------------------

_POSITIVE = "InterfaceError: Option {key} must be a positive integer"
_UNSUPPORTED_CHARSET = "ProgrammingError: Character set '{value}' unsupported"
_CONNECTOR_CHARSET = (invalid(_lower_charset, _UNSUPPORTED_CHARSET),)
_CONNECTOR_INTEGER = (wrong(is_integer, "InterfaceError: 'str' object cannot be interpreted as an integer"),)

MYSQLCONNECTOR = Table(
    "mysqlconnector",
    (
        Row(("charset",), "b.7", _CONNECTOR_CHARSET, _CONNECTOR_CHARSET),
        Row(("collation", "sql_mode", "time_zone", "init_command", "unix_socket", "auth_plugin"), "b.7"),
        Row(
            ("user", "password", "passwd", "password1", "password2", "password3", "host", "database", "db", "port"),
            "b.3, b.7",
        ),
        Row(("connect_timeout", "connection_timeout"), "b.4, b.7", _COERCED_INTEGERS, _CONNECTOR_INTEGER),
        Row(
            ("read_timeout", "write_timeout"),
            "b.7, d.3",
            (wrong(never, _POSITIVE),),
            (wrong(is_integer, _POSITIVE),),
            driver=((9, 2), None),
        ),
        Row(
            ("allow_local_infile", "use_unicode", "compress", "buffered", "raise_on_warnings", "get_warnings"),
            "b.4, b.7",
            (creation_flag(),),
        ),
        Row(("raw", "use_pure", "consume_results", "force_ipv6", "pool_reset_session"), "b.4, b.7", (creation_flag(),)),
        Row(("autocommit",), "b.4, b.7", (creation_flag(),)),
        Row(("pool_size",), "b.4, b.7", _COERCED_INTEGERS),
        Row(
            ("pool_name", "client_flags", "option_files", "option_groups", "failover", "allow_local_infile_in_path"),
            "b.3, b.7",
        ),
        Row(("dns_srv", "krb_service_principal", "oci_config_file", "oci_config_profile", "webauthn_callback"), "b.3"),
        Row(("kerberos_auth_mode", "openid_token_file", "dsn", "converter_str_fallback"), "b.3"),
        Row(
            ("read_default_file",),
            "b.7",
        ),
        Row(
            ("converter_class",),
            "b.7",
            (wrong(never, "TypeError: Converter class should be a subclass of conversion.MySQLConverterBase"),),
            (wrong(lambda value: value is None or isinstance(value, Opaque), "TypeError: Converter class"),),
        ),
        Row(
            ("conn_attrs",),
            "b.7",
            (wrong(never, "InterfaceError: conn_attrs must be of type dict"),),
            (
                wrong(
                    lambda value: isinstance(value, (dict, Opaque)),
                    "InterfaceError: conn_attrs must be of type dict",
                ),
            ),
        ),
        Row(("ssl_disabled",), "b.6", (_DISABLED,), (_DISABLED,)),
        Row(("ssl_verify_cert",), "b.4, b.6", (creation_flag(),)),
        Row(
            ("ssl_verify_identity",),
            "b.6",
            (wrong(never, "TypeError: argument 18 must be bool, not str", driver=(None, (9, 0))),),
        ),
        Row(("ssl_ca", "ssl_cert", "ssl_key", "ssl_cipher", "tls_ciphersuites", "tls_versions"), "b.3, b.6"),
    ),
    "AttributeError: Unsupported argument '{key}'",
    repeated=_repeats_charset("ProgrammingError: Character set"),
)

# --- aiomysql ------------------------------------------------------------------------------------------


def _context_or_nothing(value: object) -> bool:
    return not value or isinstance(value, (bool, Opaque))


_AIOMYSQL_MAPPING = (Check(never, Outcome.WRONG_TYPE, "AttributeError: 'dict' object has no attribute 'wrap_bio'"),)
_AIOMYSQL_CONV = "AttributeError: '{type}' object has no attribute 'get'"
_EMPTY_MAPPING = Check(
    lambda value: value != {},
    Outcome.IGNORED,
    "",
    "the connection is in PLAINTEXT: an empty dictionary asks for nothing",
    Moment.NEVER,
)

AIOMYSQL = Table(
    "aiomysql",
    (
        *_charset_rows("b.7"),
        Row(
            ("sql_mode", "init_command", "unix_socket", "program_name", "auth_plugin", "server_public_key"), "b.3, b.7"
        ),
        Row(("user", "password", "host", "db"), "b.7"),
        Row(("read_default_file", "read_default_group", "cursorclass", "echo"), "b.7"),
        Row(
            ("port",),
            "b.7",
            (wrong(never, "TypeError: %d format: a real number is required, not str"),),
            (wrong(is_integer, "TypeError: %d format: a real number is required, not str"),),
        ),
        Row(("connect_timeout",), "b.4, b.7", _COERCED_INTEGERS, (wrong(is_number, _LESS_OR_EQUAL),)),
        Row(("client_flag",), "b.4, b.7", _COERCED_INTEGERS, (wrong(is_integer, _AS_INTEGER),)),
        Row(("local_infile",), "b.4, b.7", _LOCAL_INFILE),
        Row(("use_unicode",), "b.4, b.7", _USE_UNICODE),
        Row(("autocommit",), "b.7", (_AUTOCOMMIT,), (_AUTOCOMMIT,)),
        Row(("loop",), "b.7", (wrong(never, "AttributeError: 'str' object has no attribute 'time'"),)),
        Row(
            ("conv",),
            "b.7",
            (wrong(never, _AIOMYSQL_CONV),),
            (wrong(lambda value: isinstance(value, (dict, Opaque)), _AIOMYSQL_CONV),),
        ),
        Row(("async_fallback",), "b.7", sqlalchemy=(None, (2, 1)), engine_only=True),
        Row(("ssl",), "b.6", (wrong(never, _WRAP_BIO),), (wrong(_context_or_nothing, _WRAP_BIO), _EMPTY_MAPPING)),
        Row(
            ("ssl_ca", "ssl_cert", "ssl_key", "ssl_capath", "ssl_cipher", "ssl_check_hostname"),
            "b.4, b.6",
            _AIOMYSQL_MAPPING,
            None,
        ),
    ),
    "TypeError: connect() got an unexpected keyword argument '{key}'",
    repeated=_repeats_charset(_NO_CHARSET),
)

# --- asyncmy -------------------------------------------------------------------------------------------

_ASYNCMY_SSL = "ValueError: ssl argument must be True, a dict of ssl options, or an ssl.SSLContext, got '{type}'"
_PACKETS = "InternalError: Packet sequence number wrong - got 2 expected 1"


def _asyncmy_ssl(value: object) -> bool:
    return not value or value is True or isinstance(value, (dict, Opaque))


ASYNCMY = Table(
    "asyncmy",
    (
        *_charset_rows("b.7"),
        Row(
            ("sql_mode", "init_command", "unix_socket", "program_name", "server_public_key", "auth_plugin_map"),
            "b.3, b.7",
        ),
        Row(("user", "password", "password_creator", "host", "database", "db", "sock"), "b.3, b.7"),
        Row(
            ("read_default_file", "read_default_group", "max_allowed_packet", "binary_prefix", "stmt_cache_size"), "b.7"
        ),
        Row(("query_callback",), "b.3"),
        Row(("port",), "b.7", _PORT_URL, _PORT_ARGS),
        Row(("connect_timeout",), "b.4, b.7", _COERCED_INTEGERS, (wrong(is_number, _LESS),)),
        Row(("read_timeout",), "b.4, b.7", _COERCED_INTEGERS, (wrong(is_number, _LESS_OR_EQUAL),)),
        Row(("client_flag",), "b.4, b.7", _COERCED_INTEGERS, (wrong(is_integer, _AS_INTEGER),)),
        Row(("use_unicode",), "b.4, b.7", _USE_UNICODE),
        Row(
            ("local_infile",),
            "b.4, b.7",
            (*_LOCAL_INFILE, invalid(_no_true_word, _PACKETS)),
            (invalid(_no_true_word, _PACKETS),),
        ),
        Row(("autocommit",), "b.7", (_AUTOCOMMIT,), (_AUTOCOMMIT,)),
        Row(
            ("echo",),
            "b.7",
            (wrong(never, "TypeError: an integer is required"),),
            (wrong(is_no_text, "TypeError: an integer is required"),),
        ),
        Row(("cursor_cls",), "b.7", (wrong(never, _CALLED),), (wrong(_is_opaque, _CALLED),)),
        Row(("conv",), "b.7", (wrong(never, _NO_ITEMS),), (wrong(is_no_text, _NO_ITEMS),)),
        Row(("async_fallback",), "b.7", sqlalchemy=(None, (2, 1)), engine_only=True),
        Row(
            ("ssl",),
            "b.6, i",
            (wrong(never, _ASYNCMY_SSL),),
            (
                wrong(_asyncmy_ssl, _ASYNCMY_SSL),
                wrong(lambda value: value is not True, _GET, driver=(None, (0, 2, 10))),
                Check(
                    lambda value: value is not True,
                    Outcome.INVALID,
                    "OperationalError: (1043, 'Bad handshake')",
                    "it fails, or the connection is in PLAINTEXT",
                    driver=((0, 2, 10), (0, 2, 15)),
                ),
                _EMPTY_MAPPING,
            ),
        ),
        Row(("ssl_ca", "ssl_cert", "ssl_key", "ssl_capath", "ssl_cipher", "ssl_check_hostname"), "b.4, b.6", (), None),
    ),
    "TypeError: connect() got an unexpected keyword argument '{key}'",
    repeated=_repeats_charset(_NO_CHARSET),
)

# --- mariadbconnector ----------------------------------------------------------------------------------


def _no_context(value: object) -> bool:
    return value is not None and value != SSL_CONTEXT


_NOT_ITERABLE = "TypeError: argument of type '{type}' is not iterable"

MARIADBCONNECTOR = Table(
    "mariadbconnector",
    (
        Row(("user", "password", "passwd", "host", "database", "db", "unix_socket", "init_command"), "b.7"),
        Row(("default_file", "default_group", "plugin_dir", "status_callback", "tls_version", "tls_peer_fp"), "b.3"),
        Row(("port",), "b.4, b.7", _COERCED_INTEGERS, (wrong(is_integer, _AS_INTEGER),)),
        Row(
            ("connect_timeout", "read_timeout", "write_timeout", "client_flag", "pool_size"),
            "b.4, b.7",
            _COERCED_INTEGERS,
            (wrong(is_integer, _AS_INTEGER),),
        ),
        Row(("pool_name", "pool_validation_interval", "converter", "client_capabilities"), "b.3, b.7"),
        Row(("local_infile", "compress", "pool_reset_connection"), "b.4, b.7", (creation_flag(),)),
        Row(("autocommit",), "b.7", (_AUTOCOMMIT,), (_AUTOCOMMIT,)),
        Row(
            ("reconnect",),
            "b.7",
            (wrong(never, "TypeError: Argument must be boolean"),),
            (wrong(is_integer, "TypeError: Argument must be boolean"),),
        ),
        Row(("ssl",), "b.4, b.6", (creation_flag(),), (wrong(_no_context, _NOT_ITERABLE),)),
        Row(("ssl_verify_cert",), "b.4, b.6", (creation_flag(),)),
        Row(("ssl_ca", "ssl_cert", "ssl_key", "ssl_capath", "ssl_cipher", "ssl_crl", "ssl_crlpath"), "b.3, b.6"),
    ),
    "TypeError: '{key}' is an invalid keyword argument for connect()",
    repeated=_repeats_charset("TypeError: an integer or string is required"),
    url_dropped=_BEFORE_2_0,
)

TABLES = (PYMYSQL, MYSQLDB, MYSQLCONNECTOR, AIOMYSQL, ASYNCMY, MARIADBCONNECTOR)
