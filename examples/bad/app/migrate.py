"""Run the migrations when the application starts."""

import os

from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine

from dbdriver_lint.runtime import transform_url_for_driver

engine = create_async_engine(transform_url_for_driver(os.environ["DATABASE_URL"], "asyncpg"))


def alembic_upgrade(connection):
    command.upgrade(Config("alembic.ini"), "head")


async def run_migrations():
    # A synchronous command inside an asynchronous connection that it does not even use.
    async with engine.begin() as connection:
        await connection.run_sync(alembic_upgrade)
