"""Names of other people's libraries: one canonical dotted name for each thing the rules speak about."""

from __future__ import annotations

#: Names that modules known to be imported with ``*`` bring.
WILDCARD_EXPORTS: dict[str, frozenset[str]] = {
    "sqlalchemy": frozenset(
        [
            "create_engine",
            "engine_from_config",
            "make_url",
            "URL",
            "MetaData",
            "Engine",
            "Connection",
            "inspect",
            "text",
            "event",
            "pool",
        ]
    ),
    "sqlalchemy.engine": frozenset(["create_engine", "engine_from_config", "make_url", "URL", "Engine", "Connection"]),
    "sqlalchemy.ext.asyncio": frozenset(
        [
            "create_async_engine",
            "async_engine_from_config",
            "AsyncEngine",
            "AsyncConnection",
            "AsyncSession",
            "async_sessionmaker",
            "async_scoped_session",
            "create_async_pool_from_url",
        ]
    ),
    "sqlalchemy.orm": frozenset(["sessionmaker", "Session", "scoped_session"]),
    "sqlmodel": frozenset(["create_engine", "Session", "SQLModel", "text"]),
    "os": frozenset({"environ", "getenv"}),
}

#: Longest prefix first: a module and where its names are canonically found.
_PREFIXES: tuple[tuple[str, str], ...] = (
    ("sqlalchemy.ext.asyncio.", "sqlalchemy.ext.asyncio."),
    ("sqlalchemy.orm.", "sqlalchemy.orm."),
    ("sqlalchemy.pool.", "sqlalchemy.pool."),
    ("sqlalchemy.engine.", "sqlalchemy."),
    ("sqlalchemy.sql.schema.", "sqlalchemy."),
    ("sqlalchemy.schema.", "sqlalchemy."),
    ("sqlalchemy.inspection.", "sqlalchemy."),
    ("sqlalchemy.future.", "sqlalchemy."),
    ("sqlmodel.sql.expression.", "sqlmodel."),
    ("psycopg2.extensions.", "psycopg2."),
    ("asyncpg.connection.", "asyncpg."),
    ("asyncpg.pool.", "asyncpg."),
)

#: Names that mean another one.
_ALIASES: dict[str, str] = {
    "sqlmodel.create_engine": "sqlalchemy.create_engine",
    "sqlmodel.MetaData": "sqlalchemy.MetaData",
    "sqlmodel.inspect": "sqlalchemy.inspect",
    "sqlalchemy.URL": "sqlalchemy.URL",
    "os.environ.get": "os.getenv",
    "sqlmodel.pool": "sqlalchemy.pool",
    "sqlmodel.ext.asyncio.session.AsyncEngine": "sqlalchemy.ext.asyncio.AsyncEngine",  # 0.0.8 has it, 0.0.14 has not
    "sqlmodel.ext.asyncio.session.AsyncSession": "sqlalchemy.ext.asyncio.AsyncSession",
    "sqlmodel.Session": "sqlalchemy.orm.Session",
    "sqlmodel.orm.session.Session": "sqlalchemy.orm.Session",
    "psycopg.Connection.connect": "psycopg.connect",
    "psycopg.AsyncConnection.connect": "psycopg.AsyncConnection.connect",
}

#: Modules under a prefix, whose own name must not be taken for a thing: ``sqlalchemy.ext.asyncio.engine``.
_SUBMODULES = frozenset(
    [
        "base",
        "create",
        "cursor",
        "default",
        "interfaces",
        "mock",
        "reflection",
        "result",
        "row",
        "url",
        "util",
        "engine",
        "session",
        "scoping",
        "impl",
        "events",
        "collections",
        "state",
        "relationships",
    ]
)


def canonical(name: str) -> str:
    """The one name under which the analysis knows ``name``.

    ``sqlalchemy.engine.url.make_url``, ``sqlalchemy.engine.make_url`` and ``sqlalchemy.make_url`` are
    one function.
    """
    for prefix, target in _PREFIXES:
        if name.startswith(prefix):
            rest = name[len(prefix) :]
            first, dot, tail = rest.partition(".")
            if dot and first in _SUBMODULES:
                rest = tail
            elif not dot and first in _SUBMODULES:
                return name
            name = target + rest
            break
    return _ALIASES.get(name, name)


#: What calling a function gives, where it is not an object of that very name.
RESULTS: dict[str, str] = {
    "sqlalchemy.create_engine": "sqlalchemy.Engine",
    "sqlalchemy.engine_from_config": "sqlalchemy.Engine",
    "sqlalchemy.ext.asyncio.create_async_engine": "sqlalchemy.ext.asyncio.AsyncEngine",
    "sqlalchemy.ext.asyncio.async_engine_from_config": "sqlalchemy.ext.asyncio.AsyncEngine",
    "sqlalchemy.ext.asyncio.AsyncEngine.connect": "sqlalchemy.ext.asyncio.AsyncConnection",
    "sqlalchemy.ext.asyncio.AsyncEngine.begin": "sqlalchemy.ext.asyncio.AsyncConnection",
    "sqlalchemy.Engine.connect": "sqlalchemy.Connection",
    "sqlalchemy.Engine.begin": "sqlalchemy.Connection",
    "sqlalchemy.ext.asyncio.AsyncEngine.execution_options": "sqlalchemy.ext.asyncio.AsyncEngine",
    "sqlalchemy.Engine.execution_options": "sqlalchemy.Engine",
}

#: Attributes that are objects of a known kind.
ATTRIBUTES: dict[str, str] = {
    "sqlalchemy.ext.asyncio.AsyncEngine.sync_engine": "sqlalchemy.Engine",
    "sqlalchemy.ext.asyncio.AsyncConnection.sync_connection": "sqlalchemy.Connection",
    "sqlalchemy.ext.asyncio.AsyncConnection.engine": "sqlalchemy.ext.asyncio.AsyncEngine",
    "sqlalchemy.Connection.engine": "sqlalchemy.Engine",
    "flask_sqlalchemy.SQLAlchemy.session": "sqlalchemy.orm.scoped_session",
    "flask_sqlalchemy.SQLAlchemy.engine": "sqlalchemy.Engine",
}

#: Types whose annotation on a parameter says what it is.
ANNOTATED = frozenset(
    {
        "sqlalchemy.Engine",
        "sqlalchemy.Connection",
        "sqlalchemy.ext.asyncio.AsyncEngine",
        "sqlalchemy.ext.asyncio.AsyncConnection",
        "sqlalchemy.ext.asyncio.AsyncSession",
        "sqlalchemy.orm.Session",
        "sqlalchemy.orm.sessionmaker",
        "sqlalchemy.ext.asyncio.async_sessionmaker",
        "alembic.config.Config",
    }
)

ENGINE_FUNCTIONS: dict[str, bool] = {
    "sqlalchemy.create_engine": False,
    "sqlalchemy.engine_from_config": False,
    "sqlalchemy.ext.asyncio.create_async_engine": True,
    "sqlalchemy.ext.asyncio.async_engine_from_config": True,
}
"""The functions that make an engine, and whether it is an async one."""

DRIVER_FUNCTIONS: dict[str, tuple[str, str]] = {
    "asyncpg.connect": ("asyncpg", "dsn"),
    "asyncpg.create_pool": ("asyncpg", "dsn"),
    "psycopg.connect": ("psycopg", "conninfo"),
    "psycopg.AsyncConnection.connect": ("psycopg", "conninfo"),
    "psycopg_pool.ConnectionPool": ("psycopg", "conninfo"),
    "psycopg_pool.AsyncConnectionPool": ("psycopg", "conninfo"),
    "psycopg_pool.NullConnectionPool": ("psycopg", "conninfo"),
    "psycopg_pool.AsyncNullConnectionPool": ("psycopg", "conninfo"),
    "psycopg2.connect": ("psycopg2", "dsn"),
    "psycopg2.pool.SimpleConnectionPool": ("psycopg2", "minconn"),
    "psycopg2.pool.ThreadedConnectionPool": ("psycopg2", "minconn"),
    "pg8000.connect": ("pg8000", "user"),
    "pg8000.dbapi.connect": ("pg8000", "user"),
    "pymysql.connect": ("pymysql", "host"),
    "aiomysql.connect": ("aiomysql", "host"),
    "aiomysql.create_pool": ("aiomysql", "minsize"),
    "asyncmy.connect": ("asyncmy", "user"),
    "asyncmy.create_pool": ("asyncmy", "minsize"),
    "MySQLdb.connect": ("mysqldb", "host"),
    "mysql.connector.connect": ("mysqlconnector", "user"),
    "mariadb.connect": ("mariadbconnector", "host"),
    "oracledb.connect": ("oracledb", "dsn"),
    "pymssql.connect": ("pymssql", "server"),
    "databases.Database": ("databases", "url"),
}
"""Raw drivers: the function, its driver, and the name of its first parameter."""

#: Top-level packages that are never first-party, so no file is looked for.
WELL_KNOWN = frozenset(
    [
        "os",
        "sys",
        "re",
        "typing",
        "functools",
        "contextlib",
        "abc",
        "asyncio",
        "urllib",
        "pathlib",
        "dataclasses",
        "collections",
        "json",
        "logging",
        "sqlalchemy",
        "sqlmodel",
        "alembic",
        "asyncpg",
        "psycopg",
        "psycopg2",
        "psycopg_pool",
        "pydantic",
        "pydantic_settings",
        "decouple",
        "environs",
        "dotenv",
        "starlette",
        "fastapi",
        "databases",
        "aiomysql",
        "pymysql",
        "asyncmy",
        "aiosqlite",
        "sqlite3",
        "pandas",
        "pytest",
        "greenlet",
        "ssl",
        "enum",
        "itertools",
        "string",
        "textwrap",
        "uuid",
        "time",
        "datetime",
        "warnings",
    ]
)
