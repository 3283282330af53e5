"""The stage on which rules' examples are run: it must see a failure, and let what is right work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from probes import SQLALCHEMY

from examples import Example, Ran, Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from servers import Farm, PostgreSQL


def program(*lines: str) -> str:
    return "\n".join(lines) + "\n"


ENV_HEAD = "import asyncio\nfrom alembic import context\nfrom sqlalchemy import engine_from_config, pool\n\nconfig = context.config\n"
RUN_SYNC_ENV = (
    'connectable = engine_from_config(config.get_section("alembic"), prefix="sqlalchemy.", poolclass=pool.NullPool)\n'
    "with connectable.connect() as connection:\n"
    "    context.configure(connection=connection)\n"
    "    with context.begin_transaction():\n        context.run_migrations()\n"
)
ASYNC_URL_INI = "[alembic]\nsqlalchemy.url = postgresql+asyncpg://app:secret@db.internal/app\n"

WORKS: dict[str, Example] = {
    "literal": Example('from sqlalchemy import create_engine\nengine = create_engine("postgresql+psycopg2://app:secret@db.internal:5432/app?sslmode=require")\n', "app/db.py", {}),
    "ca file": Example('from sqlalchemy import create_engine\nengine = create_engine("postgresql+psycopg2://app:secret@db.internal/app?sslmode=verify-full&sslrootcert=/etc/ssl/ca.crt")\n', "app/db.py", {}),
    "URL.create": Example(program(
        "from sqlalchemy.engine import URL", "from sqlalchemy.ext.asyncio import create_async_engine",
        'url = URL.create("postgresql+asyncpg", username="me", password="p@ss", host="db.internal", database="shop")',
        "engine = create_async_engine(url)"), "db.py", {}),
    "parts from the environment": Example(program(
        "import os", "from sqlalchemy import create_engine", "from urllib.parse import quote",
        "def make():", "    pw = quote(os.environ['DB_PASSWORD'], safe='')",
        "    return create_engine(f\"postgresql+psycopg2://{os.environ['DB_USER']}:{pw}@{os.environ['DB_HOST']}/app\")"),
        "app/db.py", {}),
    "mysql": Example('from sqlalchemy import create_engine\nengine = create_engine("mysql+pymysql://shop:pw@10.0.0.5:3306/shop")\n', "app/db.py", {}),
    "sqlite": Example('from sqlalchemy import create_engine\nengine = create_engine("sqlite:///app.db")\n', "app/db.py", {}),
    "raw asyncpg": Example(program(
        "import asyncpg", "async def main():",
        '    return await asyncpg.connect("postgresql://app:secret@db.internal:5432/app?sslmode=require")'), "app/db.py", {}),
    "raw keywords": Example('import psycopg2\nconnection = psycopg2.connect(host="db.internal", user="app", password="secret", dbname="app")\n', "app/db.py", {}),
    "pooler": Example(program(
        "from sqlalchemy.ext.asyncio import create_async_engine",
        'engine = create_async_engine("postgresql+asyncpg://app:secret@pooler.example.com:6432/app", '
        'connect_args={"statement_cache_size": 0})'), "app/db.py", {}),
    "session maker": Example(program(
        "from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine", "from sqlalchemy.orm import sessionmaker",
        'engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app")',
        "Session = sessionmaker(engine, class_=AsyncSession)"), "app/db.py", {}),
    "class": Example(program(
        "from app.settings import settings", "from sqlalchemy import create_engine", "class Database:",
        "    def __init__(self):", "        self.engine = create_engine(settings.migration_url)"), "app/db.py", {}),
    "first-party file": Example(program(
        "from app.settings import DATABASE_URL", "from sqlalchemy import create_engine", "engine = create_engine(DATABASE_URL)"),
        "app/db.py", {"app/settings.py": 'DATABASE_URL = "postgresql+psycopg2://app:secret@db.internal/app"\n'}),
    "sync env.py": Example(ENV_HEAD + RUN_SYNC_ENV, "migrations/env.py", {}),
}  # fmt: skip

FAILS: dict[str, tuple[Example, str]] = {
    "raw asyncpg": (Example(program(
        "import asyncpg", "async def main():",
        '    return await asyncpg.connect("postgresql+asyncpg://app:secret@db.internal/app")'), "app/db.py", {}),
        "ClientConfigurationError: invalid DSN"),
    "masked password": (Example(program(
        "from sqlalchemy import create_engine", "from sqlalchemy.engine import make_url",
        'url = make_url("postgresql+psycopg2://app:secret@db.internal/app")', "engine = create_engine(str(url))"), "app/db.py", {}),
        "OperationalError: password authentication failed"),
    "unescaped password": (Example(program(
        "import os", "from sqlalchemy import create_engine", "password = os.environ['DB_PASSWORD']",
        'engine = create_engine(f"postgresql+psycopg2://app:{password}@db.internal/app")'), "app/db.py", {}),
        "OperationalError: "),
    "sqlite slashes": (Example('from sqlalchemy import create_engine\nengine = create_engine("sqlite://app.db")\n', "app/db.py", {}),
                       "ArgumentError: Invalid SQLite URL"),
    "sync session on an async engine": (Example(program(
        "from sqlalchemy.ext.asyncio import create_async_engine", "from sqlalchemy.orm import sessionmaker",
        'engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app")', "Session = sessionmaker(engine)"),
        "app/db.py", {}), ": "),
    "event": (Example(program(
        "from sqlalchemy import event", "from sqlalchemy.ext.asyncio import create_async_engine",
        'engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app")',
        '@event.listens_for(engine, "connect")', "def on_connect(connection, record): pass"), "app/db.py", {}),
        "NotImplementedError: asynchronous events are not implemented"),
    "method": (Example(program(
        "from sqlalchemy.ext.asyncio import create_async_engine", "class Database:", "    async def connect(self):",
        '        engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app?sslmode=require")',
        "        async with engine.begin(): pass"), "app/db.py", {}),
        "TypeError: unexpected keyword argument 'sslmode'"),
    "async URL in a sync env.py": (Example(ENV_HEAD + RUN_SYNC_ENV, "migrations/env.py", {"alembic.ini": ASYNC_URL_INI}),
        "MissingGreenlet: greenlet_spawn has not been called"),
    "env.py that is not awaited": (Example(
        ENV_HEAD + "async def main():\n    pass\n\nmain()\n", "migrations/env.py", {}),
        "RuntimeWarning: coroutine 'main' was never awaited"),
    "percent sign": (Example(program(
        "from alembic import command", "from alembic.config import Config", "def main():", '    config = Config("alembic.ini")',
        '    config.set_main_option("sqlalchemy.url", "postgresql+psycopg2://app:p%40ss@db.internal/app")',
        '    command.upgrade(config, "head")'), "app/migrate.py", {}), "ValueError: invalid interpolation syntax"),
}  # fmt: skip


@pytest.fixture
def run(farm: Farm, postgresql: PostgreSQL, tmp_path: Path) -> Callable[[Example], Ran]:
    return Stage(farm, tmp_path / "stage").run


@pytest.mark.parametrize("name", WORKS)
def test_works(name: str, run: Callable[[Example], Ran]) -> None:
    ran = run(WORKS[name])
    assert ran.worked, [raised.trace or str(raised) for raised in ran.raised]
    assert ran.connected, "nothing has connected"


if SQLALCHEMY < (2, 0):
    del FAILS["masked password"]  # str(url) showed it then


@pytest.mark.parametrize("name", FAILS)
def test_fails(name: str, run: Callable[[Example], Ran]) -> None:
    example, claim = FAILS[name]
    ran = run(example)
    assert not ran.worked
    assert any(claim in f"{raised}" if claim == ": " else raised.matches(claim) for raised in ran.raised), [
        str(r) for r in ran.raised
    ]
