"""Run the migrations before the application starts: a plain, synchronous step of the deployment."""

from alembic import command
from alembic.config import Config


def run_migrations():
    command.upgrade(Config("alembic.ini"), "head")
