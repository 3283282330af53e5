"""One class for each kind of driver, so that nobody has to ask which session this is."""

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from app.settings import application_url, migration_url


class MigrationDatabase:
    """Synchronous, with psycopg2: migrations and scripts only."""

    def __init__(self):
        self.engine = create_engine(migration_url())

    def get_session(self):
        return Session(self.engine)


class ApplicationDatabase:
    """Asynchronous, with asyncpg: the running application."""

    def __init__(self):
        self.engine = create_async_engine(application_url())

    def get_session(self):
        return AsyncSession(self.engine)
