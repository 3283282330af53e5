"""The pitfalls that the product was made for, as people write them, and their remedies, which are silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project
from dbdriver_lint.settings.model import Settings

if TYPE_CHECKING:
    from pathlib import Path

HARDCODED = """
# BAD - Hardcoded for one driver
DATABASE_URL = "postgresql://user:pass@host/db?sslmode=require"
"""
MIXED = """
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

class DatabaseManager:
    def __init__(self):
        self.sync_engine = create_engine(...)  # Sync
        self.async_engine = create_async_engine(...)  # Async

    def get_session(self):  # Which one?
        return self.sync_engine.session()

    async def get_async_session(self):  # Naming confusion
        return self.async_engine.session()
"""
UNVALIDATED = """
import os
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(os.getenv("DATABASE_URL"))
"""
WRAPPED = """
async def run_migration():
    async with async_engine.begin() as conn:
        await conn.run_sync(alembic_upgrade)  # Wrapping sync in async
"""
ASYNC_UPGRADE = """
import sqlalchemy as sa
from alembic import op

revision = "1"

async def upgrade():
    await op.create_table('users', sa.Column('id', sa.Integer()))
    await op.add_column('products', sa.Column('price', sa.Numeric(10, 2)))
"""

DRIVER_AGNOSTIC = """
from app.urls import get_current_driver, transform_url_for_driver

DATABASE_BASE = "user:pass@host/db"
DATABASE_URL = transform_url_for_driver(DATABASE_BASE, get_current_driver())
"""
SEPARATE = """
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from app.urls import get_application_url, get_migration_url

class MigrationDatabase:
    \"\"\"Synchronous database for migrations only\"\"\"
    def __init__(self):
        self.engine = create_engine(get_migration_url())

class ApplicationDatabase:
    \"\"\"Async database for application runtime\"\"\"
    def __init__(self):
        self.engine = create_async_engine(get_application_url())
"""
VALIDATED = """
import os
from sqlalchemy.ext.asyncio import create_async_engine
from app.urls import transform_url_for_driver

def get_validated_async_url():
    url = os.getenv("DATABASE_URL")
    if "sslmode=" in url:
        raise ValueError("URL contains 'sslmode' which is incompatible with asyncpg")
    if not url.startswith("postgresql+asyncpg://"):
        url = transform_url_for_driver(url, "asyncpg")
    return url

engine = create_async_engine(get_validated_async_url())
"""
URL_BUILDERS = """
class DatabaseConfig:
    @staticmethod
    def get_base_url() -> str:
        return "user:pass@host:port/database"

    @staticmethod
    def get_migration_url() -> str:
        base = DatabaseConfig.get_base_url()
        return f"postgresql://{base}?sslmode=require"

    @staticmethod
    def get_application_url() -> str:
        base = DatabaseConfig.get_base_url()
        return f"postgresql+asyncpg://{base}?ssl=require"
"""
TRANSFORMER = """
import re

def transform_url_for_driver(base_url: str, driver: str) -> str:
    if "://" in base_url:
        base_url = base_url.split("://", 1)[1]
    base_url = re.sub(r'[?&](sslmode|ssl)=[^&]*', '', base_url)
    if driver == "asyncpg":
        return f"postgresql+asyncpg://{base_url}?ssl=require"
    elif driver == "psycopg2":
        return f"postgresql://{base_url}?sslmode=require"
    else:
        raise ValueError(f"Unknown driver: {driver}")
"""
ENVIRONMENTS = """
class DatabaseEnvironment:
    @staticmethod
    def get_url_for_environment(env: str, purpose: str) -> str:
        base_url = get_base_database_url()
        if purpose == "migration":
            return f"postgresql://{base_url}?sslmode=require"
        elif purpose == "application":
            if env in ["staging", "production"]:
                return f"postgresql+asyncpg://{base_url}?ssl=require"
            return f"postgresql+asyncpg://{base_url}"
        raise ValueError(f"Unknown purpose: {purpose}")
"""
DOCUMENTED = '''
"""
This module uses ASYNCHRONOUS database access via asyncpg.
URL format: postgresql+asyncpg://user:pass@host/db?ssl=require
"""
'''
CONNECTION_TEST = """
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

async def test_database_connections():
    sync_url = get_migration_url()
    sync_engine = create_engine(sync_url)
    with sync_engine.connect() as conn:
        result = conn.execute(text("SELECT 1"))
        assert result.scalar() == 1
    sync_engine.dispose()

    async_url = get_application_url()
    async_engine = create_async_engine(async_url)
    async with async_engine.connect() as conn:
        result = await conn.execute(text("SELECT 1"))
        assert result.scalar() == 1
    await async_engine.dispose()
"""

BAD = {
    "hardcoded": (HARDCODED, {"XDB101"}),
    "mixed": (MIXED, {"XDB301"}),
    "unvalidated": (UNVALIDATED, {"XDB106"}),
    "wrapped": (WRAPPED, {"XDB401"}),
    "async upgrade": (ASYNC_UPGRADE, {"XDB402", "XDB403"}),
}
GOOD = {
    "driver-agnostic": DRIVER_AGNOSTIC,
    "separate classes": SEPARATE,
    "validated": VALIDATED,
    "URL builders": URL_BUILDERS,
    "a transform function": TRANSFORMER,
    "environments": ENVIRONMENTS,
    "documentation": DOCUMENTED,
    "connection test": CONNECTION_TEST,
}


def codes(text: str, folder: Path) -> set[str]:
    (folder / "pyproject.toml").touch()
    path = str(folder / "app.py")
    result = check_source(path, text.encode(), Settings(), Project.for_path(path))
    return {finding.code for finding in result.findings}


@pytest.mark.parametrize("name", BAD)
def test_pitfall_is_found(name: str, tmp_path: Path) -> None:
    text, expected = BAD[name]
    assert codes(text, tmp_path) == expected


@pytest.mark.parametrize("name", GOOD)
def test_remedy_is_silent(name: str, tmp_path: Path) -> None:
    assert codes(GOOD[name], tmp_path) == set()
