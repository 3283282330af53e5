"""How each driver spells each intention: the table that translations are made from.

One row says one thing about one or several drivers. ``source`` names the measurement: a section of
the measured driver table (``b.1`` URL and TLS, ``c.2`` connect_args, ``d`` equivalences confirmed by a
live connection), or the vendor's documentation where nothing could be measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from dbdriver_lint.knowledge.intentions import Intention, Tls

LIBPQ = ("psycopg2", "psycopg", "psycopg2cffi")
POSTGRESQL = (*LIBPQ, "asyncpg", "pg8000")
MYSQL = ("mysqldb", "pymysql", "mysqlconnector", "aiomysql", "asyncmy", "mariadbconnector")
_NOT_AIOMYSQL = ("mysqldb", "pymysql", "mysqlconnector", "asyncmy", "mariadbconnector")
_NOT_MARIADB = ("mysqldb", "pymysql", "mysqlconnector", "aiomysql", "asyncmy")
_NOT_CONNECTOR = ("mysqldb", "pymysql", "aiomysql", "asyncmy", "mariadbconnector")
SQLITE = ("pysqlite", "aiosqlite")
ORACLE = ("oracledb", "cx_oracle")
ODBC = ("pyodbc", "aioodbc")
MSSQL = (*ODBC, "pymssql")

DIALECT_OF = {
    **dict.fromkeys((*POSTGRESQL, "psycopg_async"), "postgresql"),
    **dict.fromkeys(MYSQL, "mysql"),
    **dict.fromkeys(SQLITE, "sqlite"),
    **dict.fromkeys((*ORACLE, "oracledb_async"), "oracle"),
    **dict.fromkeys(MSSQL, "mssql"),
}
"""Every driver that a URL can be made for, and the dialect that it speaks."""

ASYNC_VARIANTS = {"psycopg_async": "psycopg", "oracledb_async": "oracledb"}
"""Names that select a driver's asyncio half; its parameters are the driver's own."""

DIALECT_ALIASES = {
    "postgresql": ("postgresql", "postgres", "pgsql", "psql", "jdbc:postgresql"),
    "mysql": ("mysql", "mariadb", "mysql2"),
    "sqlite": ("sqlite", "sqlite3"),
    "oracle": ("oracle",),
    "mssql": ("mssql", "sqlserver"),
}
"""Schemes that a DATABASE_URL of each dialect is published with, SQLAlchemy's own name first."""


BARE_NAMES = {"psycopg2": "postgresql"}
"""Drivers whose URLs are known by the dialect alone: ``postgresql://`` was psycopg2 up to SQLAlchemy 2.0."""

PURPOSE_DRIVERS = {
    "postgresql": ("psycopg2", "asyncpg"),
    "mysql": ("pymysql", "asyncmy"),
    "sqlite": ("pysqlite", "aiosqlite"),
    "oracle": ("oracledb", "oracledb_async"),
    "mssql": ("pyodbc", "aioodbc"),
}
"""The driver for migrations and the one for an async application, where a project names none."""


class Form(Enum):
    """The Python type that ``connect_args`` wants."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Spelling:
    """One driver's way of saying one intention with one value.

    ``key`` is a query key, a ``connect_args`` key, or ``outer.inner`` for an entry of a dictionary
    inside ``connect_args``. ``url`` says that the URL can carry it; ``args`` is the type that
    ``connect_args`` wants, None where they do not take it. ``since`` is a driver version. Where
    ``only_true``, a URL cannot say no: the driver takes every text for true.
    """

    drivers: tuple[str, ...]
    intention: Intention
    key: str
    source: str
    url: bool = True
    args: Form | None = Form.TEXT
    since: str = ""
    only_true: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """An ``ssl.SSLContext`` that ``connect_args`` need, described, so that tables and tools can show it."""

    verify: bool = True
    check_hostname: bool = True
    ca_file: str | None = None
    certificate: str | None = None
    key: str | None = None


CONTEXT = Context()
"""Stands in :class:`TlsForm` for the context that the TLS mode and the files ask for."""


@dataclass(frozen=True, slots=True)
class TlsForm:
    """How some drivers spell one strength of TLS.

    ``url`` are the query parameters that say it, None where a URL cannot; ``args`` the same for
    ``connect_args``. ``ca`` is the key that takes the CA file beside them, ``files`` the keys for the
    client certificate and its key; an empty key means that only the context can carry the file.
    ``needs_ca`` forms say nothing without a CA file.
    """

    drivers: tuple[str, ...]
    mode: Tls
    source: str
    url: tuple[tuple[str, str], ...] | None = None
    args: tuple[tuple[str, object], ...] | None = None
    ca: str = ""
    files: tuple[str, str] = ("", "")
    needs_ca: bool = False
    since: str = ""


_LIBPQ_FORMS = tuple(
    TlsForm(
        LIBPQ,
        mode,
        "b.1, c.1",
        url=(("sslmode", mode.word),),
        args=(("sslmode", mode.word),),
        ca="sslrootcert",
        files=("sslcert", "sslkey"),
    )
    for mode in Tls
)

_ASYNCPG_FORMS = tuple(
    TlsForm(("asyncpg",), mode, "b.1, c.1", url=(("ssl", mode.word),), args=(("ssl", mode.word),))
    for mode in Tls
    if mode < Tls.VERIFY_CA
) + tuple(
    # As a word they look for ~/.postgresql/root.crt, as libpq does; a CA file needs a context.
    TlsForm(("asyncpg",), mode, "b.1, c.1, d", url=(("ssl", mode.word),), args=(("ssl", CONTEXT),))
    for mode in (Tls.VERIFY_CA, Tls.VERIFY_FULL)
)

_PG8000_FORMS = (
    TlsForm(("pg8000",), Tls.DISABLE, "c.1", args=(("ssl_context", False),), since="1.31"),
    TlsForm(("pg8000",), Tls.PREFER, "b.1, i", url=(), args=(), since="1.31"),
    TlsForm(("pg8000",), Tls.REQUIRE, "c.1, i", args=(("ssl_context", True),), since="1.31"),
    TlsForm(("pg8000",), Tls.VERIFY_CA, "c.1, d", args=(("ssl_context", CONTEXT),)),
    TlsForm(("pg8000",), Tls.VERIFY_FULL, "c.1, d", args=(("ssl_context", CONTEXT),)),
)

_PYMYSQL_FILES = ("ssl_cert", "ssl_key")
_NO_NAME_CHECK = (("ssl_check_hostname", "false"),)
_CONTEXT_ARGS = (("ssl", CONTEXT),)

_MYSQL_FORMS = (
    TlsForm(("pymysql", "mysqlconnector"), Tls.DISABLE, "b.6", url=(("ssl_disabled", "true"),)),
    TlsForm(("aiomysql", "asyncmy", "mariadbconnector"), Tls.DISABLE, "b.6, d.3", url=()),
    TlsForm(("mysqldb",), Tls.DISABLE, "b.6", url=(("ssl_mode", "DISABLED"),)),
    TlsForm(("pymysql",), Tls.PREFER, "b.6, i", url=(), since="1.2"),
    TlsForm(("mysqlconnector",), Tls.PREFER, "b.6", url=()),
    # Encrypted where the server offers it and not verified: the client does not insist.
    TlsForm(("mysqldb",), Tls.PREFER, "b.6", url=(("ssl_mode", "REQUIRED"),)),
    TlsForm(("mariadbconnector",), Tls.PREFER, "b.6", url=(("ssl", "true"),)),
    TlsForm(("aiomysql",), Tls.PREFER, "b.6", args=_CONTEXT_ARGS),
    TlsForm(
        ("pymysql", "asyncmy"),
        Tls.REQUIRE,
        "b.6",
        url=_NO_NAME_CHECK,
        args=_CONTEXT_ARGS,
        files=_PYMYSQL_FILES,
    ),
    TlsForm(
        ("pymysql", "asyncmy"),
        Tls.VERIFY_CA,
        "b.6",
        url=_NO_NAME_CHECK,
        args=_CONTEXT_ARGS,
        ca="ssl_ca",
        files=_PYMYSQL_FILES,
        needs_ca=True,
    ),
    TlsForm(
        ("pymysql", "asyncmy"),
        Tls.VERIFY_FULL,
        "b.6",
        url=(),
        args=_CONTEXT_ARGS,
        ca="ssl_ca",
        files=_PYMYSQL_FILES,
        needs_ca=True,
    ),
    TlsForm(
        ("mysqlconnector",),
        Tls.VERIFY_CA,
        "b.6, i",
        url=(("ssl_verify_cert", "true"),),
        ca="ssl_ca",
        files=_PYMYSQL_FILES,
        needs_ca=True,
    ),
    TlsForm(
        ("mysqlconnector",),
        Tls.VERIFY_FULL,
        "b.6",
        url=(("ssl_verify_cert", "true"), ("ssl_verify_identity", "true")),
        ca="ssl_ca",
        files=_PYMYSQL_FILES,
        needs_ca=True,
    ),
    TlsForm(
        ("mysqldb",),
        Tls.VERIFY_CA,
        "b.6",
        url=(("ssl_mode", "VERIFY_CA"),),
        ca="ssl_ca",
        files=_PYMYSQL_FILES,
        needs_ca=True,
    ),
    TlsForm(
        ("mysqldb",),
        Tls.VERIFY_FULL,
        "b.6",
        url=(("ssl_mode", "VERIFY_IDENTITY"),),
        ca="ssl_ca",
        files=_PYMYSQL_FILES,
        needs_ca=True,
    ),
    TlsForm(
        ("mariadbconnector",),
        Tls.VERIFY_FULL,
        "b.6, d.3",
        url=(("ssl_verify_cert", "true"),),
        ca="ssl_ca",
        files=_PYMYSQL_FILES,
        needs_ca=True,
    ),
)

_ODBC_SOURCE = "Microsoft ODBC Driver 18 connection string keywords, documentation, not measured"
_ODBC_FORMS = (
    TlsForm(ODBC, Tls.DISABLE, _ODBC_SOURCE, url=(("Encrypt", "no"),)),
    TlsForm(ODBC, Tls.REQUIRE, _ODBC_SOURCE, url=(("Encrypt", "yes"), ("TrustServerCertificate", "yes"))),
    TlsForm(ODBC, Tls.VERIFY_FULL, _ODBC_SOURCE, url=(("Encrypt", "yes"), ("TrustServerCertificate", "no"))),
)

TLS_FORMS = (*_LIBPQ_FORMS, *_ASYNCPG_FORMS, *_PG8000_FORMS, *_MYSQL_FORMS, *_ODBC_FORMS)

WITHOUT_TLS = frozenset({"sqlite"})
"""Dialects that open files: there is nothing to encrypt."""

_I = Intention


def _texts(drivers: tuple[str, ...], intention: Intention, source: str, *keys: str) -> tuple[Spelling, ...]:
    """Rows of parameters that some drivers take as they stand in a URL."""
    return tuple(Spelling(drivers, intention, key, source) for key in keys)


SPELLINGS = (
    # --- PostgreSQL --------------------------------------------------------------------------------
    Spelling(LIBPQ, _I.CONNECT_TIMEOUT, "connect_timeout", "b.2, c.2, d", args=Form.INTEGER),
    Spelling(("asyncpg",), _I.CONNECT_TIMEOUT, "timeout", "b.2, c.2, d", url=False, args=Form.NUMBER),
    Spelling(("asyncpg",), _I.COMMAND_TIMEOUT, "command_timeout", "b.2, c.2, d", args=Form.NUMBER),
    Spelling(LIBPQ, _I.APPLICATION_NAME, "application_name", "b.2, d"),
    Spelling(("pg8000",), _I.APPLICATION_NAME, "application_name", "b.2, d"),
    Spelling(("asyncpg",), _I.APPLICATION_NAME, "server_settings.application_name", "c.2, d", url=False),
    Spelling(LIBPQ, _I.SERVER_SETTINGS, "options", "b.2, d"),
    Spelling(("asyncpg",), _I.SERVER_SETTINGS, "server_settings", "c.2, d", url=False),
    Spelling(("pg8000",), _I.SERVER_SETTINGS, "startup_params", "c.2, d", url=False, since="1.31.3"),
    Spelling((*LIBPQ, "asyncpg"), _I.TARGET_SESSION, "target_session_attrs", "b.2, b.5"),
    Spelling(LIBPQ, _I.HOST, "hostaddr", "b.2"),
    Spelling(POSTGRESQL, _I.LOGIN, "user", "b.2"),
    Spelling(POSTGRESQL, _I.PASSWORD, "password", "b.2"),
    Spelling(LIBPQ, _I.DATABASE, "dbname", "b.2"),
    Spelling(("asyncpg", "pg8000"), _I.DATABASE, "database", "b.2"),
    Spelling(LIBPQ, _I.TLS_DETAIL, "sslpassword", "b.2"),
    Spelling(LIBPQ, _I.TLS_DETAIL, "sslcompression", "b.2"),
    Spelling(LIBPQ, _I.TLS_DETAIL, "sslsni", "b.2"),
    Spelling(LIBPQ, _I.TLS_DETAIL, "sslnegotiation", "b.2"),
    Spelling(LIBPQ, _I.TLS_DETAIL, "sslcertmode", "b.2"),
    Spelling(("asyncpg",), _I.TLS_DETAIL, "direct_tls", "b.2"),
    Spelling(LIBPQ, _I.TLS_LIMIT, "ssl_min_protocol_version", "b.2"),
    Spelling(LIBPQ, _I.TLS_DETAIL, "ssl_max_protocol_version", "b.3"),
    Spelling(LIBPQ, _I.CA_FILE, "sslcrl", "b.2"),
    Spelling(LIBPQ, _I.CA_FILE, "sslcrldir", "b.3"),
    Spelling(LIBPQ, _I.KEEPALIVE, "keepalives", "b.2"),
    Spelling(LIBPQ, _I.KEEPALIVE, "keepalives_idle", "b.2"),
    Spelling(LIBPQ, _I.KEEPALIVE, "keepalives_interval", "b.2"),
    Spelling(LIBPQ, _I.KEEPALIVE, "keepalives_count", "b.2"),
    Spelling(LIBPQ, _I.KEEPALIVE, "tcp_user_timeout", "b.2"),
    Spelling(("pg8000",), _I.KEEPALIVE, "tcp_keepalive", "b.2, d", args=Form.FLAG, only_true=True),
    *_texts((*LIBPQ, "asyncpg"), _I.CREDENTIALS, "b.2, b.3, i", "passfile", "service", "servicefile"),
    Spelling(LIBPQ, _I.AUTHENTICATION, "channel_binding", "b.2, d"),
    Spelling(LIBPQ, _I.AUTHENTICATION, "require_auth", "b.2"),
    Spelling(LIBPQ, _I.AUTHENTICATION, "requirepeer", "b.2"),
    Spelling(LIBPQ, _I.AUTHENTICATION, "gssencmode", "b.2"),
    Spelling((*LIBPQ, "asyncpg"), _I.AUTHENTICATION, "krbsrvname", "b.2"),
    Spelling((*LIBPQ, "asyncpg"), _I.AUTHENTICATION, "gsslib", "b.2"),
    Spelling(LIBPQ, _I.AUTHENTICATION, "gssdelegation", "b.3"),
    *_texts(LIBPQ, _I.AUTHENTICATION, "b.3", "scram_client_key", "scram_server_key"),
    *_texts(LIBPQ, _I.AUTHENTICATION, "b.3", "oauth_issuer", "oauth_client_id", "oauth_client_secret", "oauth_scope"),
    Spelling(LIBPQ, _I.ENCODING, "client_encoding", "b.2, d"),
    Spelling(LIBPQ, _I.TUNING, "fallback_application_name", "b.2"),
    Spelling(LIBPQ, _I.TUNING, "load_balance_hosts", "b.2"),
    Spelling(LIBPQ, _I.TUNING, "min_protocol_version", "b.2"),
    Spelling(LIBPQ, _I.TUNING, "max_protocol_version", "b.3"),
    Spelling(LIBPQ, _I.TUNING, "sslkeylogfile", "b.3"),
    Spelling((*LIBPQ, "pg8000"), _I.OTHER, "replication", "b.2"),
    Spelling(("asyncpg",), _I.OTHER, "dsn", "b.2"),
    Spelling(("psycopg",), _I.AUTOCOMMIT, "autocommit", "b.2", args=Form.FLAG, only_true=True),
    Spelling(("asyncpg",), _I.STATEMENT_CACHE, "prepared_statement_cache_size", "b.2, c.2", args=Form.INTEGER),
    Spelling(("asyncpg",), _I.STATEMENT_CACHE, "statement_cache_size", "b.2, c.2", url=False, args=Form.INTEGER),
    Spelling(("psycopg",), _I.STATEMENT_CACHE, "prepare_threshold", "b.2, d.2", url=False, args=Form.INTEGER),
    # --- MySQL and MariaDB -------------------------------------------------------------------------
    Spelling(MYSQL, _I.CONNECT_TIMEOUT, "connect_timeout", "b.7, d.3", args=Form.INTEGER),
    Spelling(
        ("mysqldb", "pymysql", "asyncmy", "mariadbconnector"),
        _I.READ_TIMEOUT,
        "read_timeout",
        "b.7, d.3",
        args=Form.INTEGER,
    ),
    Spelling(("mysqlconnector",), _I.READ_TIMEOUT, "read_timeout", "b.7, d.3", url=False, args=Form.INTEGER),
    Spelling(("mysqlconnector",), _I.CONNECT_TIMEOUT, "connection_timeout", "b.7", args=Form.INTEGER),
    Spelling(("mysqldb", "pymysql", "mariadbconnector"), _I.WRITE_TIMEOUT, "write_timeout", "b.7", args=Form.INTEGER),
    Spelling(("mysqlconnector",), _I.WRITE_TIMEOUT, "write_timeout", "b.7", url=False, args=Form.INTEGER),
    Spelling(MYSQL, _I.UNIX_SOCKET, "unix_socket", "b.7, d.3"),
    Spelling(MYSQL, _I.INIT_COMMAND, "init_command", "b.7, d.3"),
    Spelling(MYSQL, _I.LOGIN, "user", "b.7"),
    Spelling(MYSQL, _I.PASSWORD, "password", "b.7"),
    Spelling(("mysqldb", "pymysql", "mysqlconnector", "mariadbconnector"), _I.PASSWORD, "passwd", "b.7"),
    Spelling(_NOT_AIOMYSQL, _I.DATABASE, "database", "b.7"),
    Spelling(MYSQL, _I.DATABASE, "db", "b.7"),
    Spelling(_NOT_MARIADB, _I.ENCODING, "charset", "b.7"),
    Spelling(_NOT_MARIADB, _I.SESSION, "sql_mode", "b.7"),
    Spelling(("mysqldb", "pymysql", "mysqlconnector"), _I.SESSION, "collation", "b.7"),
    Spelling(("mysqlconnector",), _I.SESSION, "time_zone", "b.7"),
    Spelling(("mysqlconnector",), _I.AUTOCOMMIT, "autocommit", "b.7", args=Form.FLAG),
    Spelling(_NOT_CONNECTOR, _I.AUTOCOMMIT, "autocommit", "b.7", args=Form.FLAG, only_true=True),
    # asyncmy cannot do it: the server's packets come in another order than it expects.
    Spelling(
        ("mysqldb", "pymysql", "aiomysql", "mariadbconnector"), _I.LOCAL_INFILE, "local_infile", "b.7", args=Form.FLAG
    ),
    Spelling(("mysqlconnector",), _I.LOCAL_INFILE, "allow_local_infile", "b.7", args=Form.FLAG),
    *_texts(("mysqldb", "pymysql", "aiomysql", "asyncmy"), _I.CREDENTIALS, "b.7", "read_default_group"),
    *_texts(_NOT_MARIADB, _I.CREDENTIALS, "b.7", "read_default_file"),
    *_texts(("mariadbconnector",), _I.CREDENTIALS, "b.3", "default_file", "default_group"),
    *_texts(("mysqlconnector",), _I.CREDENTIALS, "b.3, b.7", "option_files", "option_groups"),
    *_texts(("mysqlconnector",), _I.HOST, "b.3, b.7", "failover", "dns_srv"),
    *_texts(("mysqldb", "mysqlconnector", "aiomysql"), _I.AUTHENTICATION, "b.7", "auth_plugin"),
    *_texts(("pymysql", "asyncmy"), _I.AUTHENTICATION, "b.3, b.7", "auth_plugin_map"),
    *_texts(("pymysql", "aiomysql", "asyncmy"), _I.AUTHENTICATION, "b.3, b.7", "server_public_key"),
    *_texts(("mysqldb",), _I.AUTHENTICATION, "b.7", "server_public_key_path"),
    *_texts(("mysqlconnector",), _I.AUTHENTICATION, "b.3", "password1", "password2", "password3"),
    *_texts(("mysqlconnector",), _I.AUTHENTICATION, "b.3", "krb_service_principal", "kerberos_auth_mode"),
    *_texts(("mysqlconnector",), _I.AUTHENTICATION, "b.3", "oci_config_file", "oci_config_profile"),
    *_texts(("mysqlconnector",), _I.AUTHENTICATION, "b.3", "openid_token_file", "webauthn_callback"),
    *_texts(("mariadbconnector",), _I.AUTHENTICATION, "b.3", "plugin_dir"),
    *_texts(("asyncmy",), _I.AUTHENTICATION, "b.3", "password_creator"),
    *_texts(("pymysql", "mysqldb", "asyncmy", "mariadbconnector"), _I.TLS_LIMIT, "b.6", "ssl_capath"),
    *_texts(("pymysql", "mysqldb", "mysqlconnector", "asyncmy", "mariadbconnector"), _I.TLS_LIMIT, "b.6", "ssl_cipher"),
    *_texts(("mariadbconnector",), _I.TLS_LIMIT, "b.3", "ssl_crl", "ssl_crlpath", "tls_version", "tls_peer_fp"),
    *_texts(("mysqlconnector",), _I.TLS_LIMIT, "b.3", "tls_versions", "tls_ciphersuites"),
    *_texts(("pymysql",), _I.CLIENT_KEY, "b.3", "ssl_key_password"),
    Spelling(("mysqldb", "mysqlconnector", "mariadbconnector"), _I.TUNING, "compress", "b.4, b.7", args=Form.FLAG),
    Spelling(_NOT_MARIADB, _I.TUNING, "use_unicode", "b.4, b.7", args=Form.FLAG),
    *_texts(("pymysql", "aiomysql", "asyncmy"), _I.TUNING, "b.7", "program_name"),
    *_texts(("mysqldb", "pymysql", "asyncmy"), _I.TUNING, "b.7", "binary_prefix"),
    *_texts(("pymysql", "asyncmy"), _I.TUNING, "b.7", "max_allowed_packet"),
    *_texts(("pymysql",), _I.TUNING, "b.7", "bind_address", "named_pipe"),
    *_texts(("mysqldb",), _I.TUNING, "b.7", "multi_statements"),
    *_texts(("asyncmy",), _I.TUNING, "b.7", "stmt_cache_size"),
    *_texts(("aiomysql",), _I.TUNING, "b.7", "echo"),
    *_texts(("mysqlconnector", "mariadbconnector"), _I.TUNING, "b.4, b.7", "pool_name", "pool_size"),
    *_texts(("mysqlconnector",), _I.TUNING, "b.7", "pool_reset_session", "buffered", "consume_results"),
    *_texts(("mysqlconnector",), _I.TUNING, "b.7", "use_pure", "force_ipv6"),
    *_texts(("mariadbconnector",), _I.TUNING, "b.3, b.7", "pool_reset_connection", "pool_validation_interval"),
    *_texts(_NOT_CONNECTOR, _I.OTHER, "b.4, b.7", "client_flag"),
    *_texts(("mysqlconnector",), _I.OTHER, "b.3, b.7", "client_flags", "raise_on_warnings", "get_warnings", "raw"),
    *_texts(("mysqlconnector",), _I.OTHER, "b.3", "allow_local_infile_in_path", "converter_str_fallback", "dsn"),
    *_texts(("mariadbconnector",), _I.OTHER, "b.3", "client_capabilities", "converter", "status_callback"),
    *_texts(("asyncmy",), _I.OTHER, "b.3", "query_callback", "sock"),
    *_texts(("aiomysql",), _I.OTHER, "b.7", "cursorclass"),
    # --- SQLite ------------------------------------------------------------------------------------
    Spelling(SQLITE, _I.CONNECT_TIMEOUT, "timeout", "b.8", args=Form.NUMBER),
)

FOREIGN_HINTS = {
    "connection_limit": (_I.TUNING, "Prisma's pool size; use `pool_size` of the engine"),
    "pool_timeout": (_I.TUNING, "Prisma's pool timeout; use `pool_timeout` of the engine"),
    "socket_timeout": (_I.TUNING, "Prisma's socket timeout"),
    "reconnect": (_I.TUNING, "an option of other languages' MySQL drivers; use `pool_pre_ping` of the engine"),
    "uselibpqcompat": (_I.TUNING, "an option of node-postgres"),
    "supa": (_I.TUNING, "Supabase's marker for its own tools"),
    "workaround": (_I.TUNING, "Supabase's marker for its own tools"),
    "sslidentity": (_I.CLIENT_CERTIFICATE, "Prisma's PKCS#12 file"),
}
"""Parameters of other languages' drivers in published URLs, which no Python driver takes (b.2, d)."""

SEARCH_PATH_KEYS = ("schema", "currentSchema", "search_path")
"""How Prisma, JDBC and wishful URLs name the search path; no Python driver takes any of them (b.2)."""

OWN_TLS_KEYS = frozenset(
    {
        *("ssl_capath", "ssl_cipher", "ssl_crl", "ssl_crlpath", "ssl_key_password"),
        *("tls_version", "tls_versions", "tls_ciphersuites", "tls_peer_fp"),
    }
)
"""What MySQL's drivers each understand in their own way: some verify or insist on TLS because of it (b.6)."""

POOLER_KEY = "pgbouncer"
"""Prisma's and Supabase's flag for a transaction pooler; no Python driver takes it (b.2)."""


def nameless_statement() -> str:
    """The name of a prepared statement that asyncpg does not keep: none."""
    return ""


POOLER_ARGS: dict[str, dict[str, object]] = {
    "asyncpg": {
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        "prepared_statement_name_func": nameless_statement,
    },
    "psycopg": {"prepare_threshold": None},
}
"""What makes a driver safe behind a pooler in transaction mode (d.2); the other drivers need nothing."""


ADAPTER_ARGS = frozenset({"prepared_statement_cache_size", "prepared_statement_name_func"})
"""What of ``connect_args`` SQLAlchemy's adapter keeps for itself: the driver's own functions take none of it."""


def tls_forms(driver: str) -> tuple[TlsForm, ...]:
    """Every form that ``driver`` has for TLS, weakest first."""
    return tuple(sorted((form for form in TLS_FORMS if driver in form.drivers), key=lambda form: form.mode))


def spelling(driver: str, key: str) -> Spelling | None:
    """The row of ``driver`` for its own parameter ``key``, None where it has no intention on record."""
    return next((row for row in SPELLINGS if row.key == key and driver in row.drivers), None)


def spellings_of(driver: str, intention: Intention) -> tuple[Spelling, ...]:
    """Every way in which ``driver`` says ``intention``."""
    return tuple(row for row in SPELLINGS if row.intention is intention and driver in row.drivers)
