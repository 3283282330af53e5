"""Where the database is: read once from the environment, and converted for each driver in one place."""

import os

from dbdriver_lint.runtime import transform_url_for_driver


def base_url() -> str:
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise RuntimeError("DATABASE_URL is not set")
    return url


def migration_url() -> str:
    """For psycopg2: migrations and scripts."""
    return transform_url_for_driver(base_url(), "psycopg2")


def application_url() -> str:
    """For asyncpg: the running application."""
    return transform_url_for_driver(base_url(), "asyncpg")
