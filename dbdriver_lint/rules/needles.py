"""The gate's words of several rules: what a file has to hold for what they judge to be in it."""

from __future__ import annotations

from dbdriver_lint.knowledge.dialects import SCHEMES
from dbdriver_lint.records import NamedTuple


class Together(NamedTuple):
    """A needle of two parts, both of which a file has to hold somewhere: one of the words, and one of the others."""

    words: tuple[str, ...]
    others: tuple[str, ...]


ENGINES = ("create_engine", "create_async_engine", "engine_from_config")
"""An engine is made; the last one is a part of ``async_engine_from_config``."""
ASYNC_ENGINES = ("create_async_engine", "async_engine_from_config")
DATABASES = ("import databases", "from databases")
MYSQL_DRIVERS = ("pymysql", "aiomysql", "asyncmy", "MySQLdb", "mysql.connector", "import mariadb")
DRIVERS = ("asyncpg", "psycopg", "pg8000", *MYSQL_DRIVERS, *DATABASES, "oracledb", "pymssql")
"""A raw driver may be called."""
CALLERS = (*SCHEMES, "sqlite", "engine(")
"""A function that makes an engine elsewhere may be called with a URL."""
OPTIONS = ("set_main_option", "set_section_option")
"""A URL is given to Alembic's configuration."""
