"""Alembic's environment: synchronous, with psycopg2."""

from alembic import context
from sqlalchemy import create_engine

from app.settings import migration_url

engine = create_engine(migration_url())

with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
