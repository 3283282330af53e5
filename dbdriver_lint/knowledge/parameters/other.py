"""The parameters of the SQLite, Oracle and SQL Server drivers. Sections are those of the measured driver table."""

from __future__ import annotations

from dbdriver_lint.knowledge.intentions import FALSE_WORDS
from dbdriver_lint.knowledge.parameters.checks import (
    creation_flag,
    creation_integer,
    is_integer,
    is_no_text,
    is_number,
    is_number_text,
    said,
    wrong,
)
from dbdriver_lint.knowledge.parameters.model import Check, Moment, Outcome, Row, Siblings, Table

# --- SQLite --------------------------------------------------------------------------------------------

_CREATION_FLOAT = Check(
    is_number_text,
    Outcome.INVALID,
    "ValueError: could not convert string to float: '{value}'",
    "creating the engine raises",
    Moment.CREATION,
)
_NOT_INTEGER = "TypeError: 'str' object cannot be interpreted as an integer"


def _is_uri(_: object, siblings: Siblings) -> bool:
    uri = said(siblings, "uri")
    return uri is not None and uri.lower() not in FALSE_WORDS


_URI_ONLY = (
    Check(
        None,
        Outcome.IGNORED,
        "",
        "SQLAlchemy drops it: SQLite only reads it from a `file:` URI with `uri=true`",
        Moment.NEVER,
        beside=_is_uri,
    ),
)


def _sqlite(driver: str, flag_in_args: tuple[Check, ...], unknown: str) -> Table:
    return Table(
        driver,
        (
            Row(
                ("timeout",),
                "b.4, b.8",
                (_CREATION_FLOAT,),
                (wrong(is_number, "TypeError: must be real number, not str"),),
            ),
            Row(("check_same_thread",), "b.4, b.8", (creation_flag(),), flag_in_args),
            Row(("uri",), "b.4, b.8", (creation_flag(),)),
            Row(("isolation_level",), "b.4, b.8"),
            Row(
                ("detect_types", "cached_statements"),
                "b.4, b.8",
                (creation_integer(),),
                (wrong(is_integer, _NOT_INTEGER),),
            ),
            Row(("factory",), "b.8", _URI_ONLY),
            Row(("database",), "b.8", None),
            Row(("autocommit",), "b.8", _URI_ONLY, depends="Python 3.12"),
            Row(("mode", "cache", "nolock", "immutable", "vfs", "psow"), "b.8", _URI_ONLY, None),
        ),
        unknown,
        url_ignored="SQLAlchemy drops it: it is no argument of sqlite3.connect()",
    )


_SAME_THREAD = "TypeError: 'str' object cannot be interpreted as an integer"
PYSQLITE = _sqlite(
    "pysqlite", (wrong(is_no_text, _SAME_THREAD),), "TypeError: '{key}' is an invalid keyword argument for Connection()"
)
AIOSQLITE = _sqlite(
    "aiosqlite",
    (wrong(is_no_text, _SAME_THREAD, sqlalchemy=((2, 0), None)),),
    "TypeError: '{key}' is an invalid keyword argument for Connection()",
)
PYSQLCIPHER = Table(
    "pysqlcipher",
    (*PYSQLITE.rows, Row(("passphrase", "kdf_iter", "cipher", "cipher_page_size", "cipher_use_hmac"), "b.9")),
    "",
)

# --- Oracle --------------------------------------------------------------------------------------------

_ORACLE_NAMES = (
    *("service_name", "sid", "mode", "events", "purity", "dsn", "user", "password", "pool_alias", "proxy_user"),
    *("access_token", "cclass", "tag", "appcontext", "shardingkey", "supershardingkey", "debug_jdwp"),
    *("config_dir", "edition", "stmtcachesize", "disable_oob", "newpassword", "matchanytag", "tcp_connect_timeout"),
)
_ORACLEDB_NAMES = (
    *("host", "port", "protocol", "https_proxy", "https_proxy_port", "wallet_location", "wallet_password"),
    *("retry_count", "retry_delay", "ssl_server_dn_match", "ssl_server_cert_dn", "ssl_context", "ssl_version", "sdu"),
    *("expire_time", "use_tcp_fast_open", "server_type", "instance_name", "connection_id_prefix", "driver_name"),
    *("program", "machine", "terminal", "osuser", "thick_mode_dsn_passthrough", "use_sni", "pool_boundary"),
    *("pool", "pool_name", "conn_class", "params", "externalauth", "extra_auth_params", "pool_class"),
)

ORACLEDB = Table(
    "oracledb",
    (
        Row(_ORACLE_NAMES, "b.4, b.9"),
        Row(_ORACLEDB_NAMES, "python-oracledb ConnectParams, documentation, not measured"),
    ),
    "TypeError: connect() got an unexpected keyword argument '{key}'",
)

# --- SQL Server ----------------------------------------------------------------------------------------

PYMSSQL = Table(
    "pymssql",
    (
        Row(("server", "host", "user", "password", "database", "charset", "as_dict", "appname", "port"), "b.9"),
        Row(
            ("conn_properties", "autocommit", "tds_version", "use_datetime2", "arraysize", "encryption", "read_only"),
            "b.9",
        ),
        Row(("timeout", "login_timeout"), "b.9"),
    ),
    "TypeError: connect() got an unexpected keyword argument '{key}'",
)

PYODBC = Table("pyodbc", (), "")
AIOODBC = Table("aioodbc", (), "")
CX_ORACLE = Table("cx_oracle", (), "")

TABLES = (PYSQLITE, AIOSQLITE, PYSQLCIPHER, ORACLEDB, CX_ORACLE, PYMSSQL, PYODBC, AIOODBC)
