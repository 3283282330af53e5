"""Alembic's environment: synchronous, with psycopg2."""

from alembic import context
from sqlalchemy import create_engine

from app.settings import DATABASE_URL

engine = create_engine(DATABASE_URL)

with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
