"""Rules about Alembic migrations."""
