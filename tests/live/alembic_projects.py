"""Real Alembic environments, made from Alembic's own templates and run against a real database."""

from __future__ import annotations

import os
import re
import runpy
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import isolated
from isolated import Outcome
from servers import PASSWORD, USER, PostgreSQL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TABLE = "things"
"""What the revisions of the tests create."""

REVISION = f'''"""Create a table."""

import sqlalchemy as sa
from alembic import op

revision = "r1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("{TABLE}", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("{TABLE}")
'''


@dataclass(frozen=True, slots=True)
class Report:
    """What a migration run did, and what the database says about it."""

    outcome: Outcome
    stamped: str | None
    """The revision in ``alembic_version``; None where there is none."""
    migrated: bool
    """Whether the table is there."""


class Project:
    """An Alembic environment in ``directory``, for a database of its own."""

    def __init__(self, directory: Path, server: PostgreSQL, database: str) -> None:
        self.directory = directory
        self.server = server
        self.database = database
        self.environment: dict[str, str] = {}

    def url(self, drivername: str, user: str = USER, password: str = PASSWORD, query: str = "") -> str:
        """The URL of the project's database; the password as given, so quote it first."""
        return f"{drivername}://{user}:{password}@localhost:{self.server.port}/{self.database}{query}"

    def write(self, files: Mapping[str, str]) -> None:
        """Write files below the project's directory."""
        for name, text in files.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def initialise(self, template: str, url: str, *, revision: str = REVISION, folder: str = "migrations") -> None:
        """``alembic init``, then the URL in alembic.ini, and one revision."""
        made = isolated.run(_alembic, ["-q", "init", "-t", template, folder], directory=self.directory)
        if made.exit_code:
            raise RuntimeError(f"alembic init: {made}")
        ini = self.directory / "alembic.ini"
        written, count = re.subn(r"(?m)^sqlalchemy\.url = .*$", lambda _: f"sqlalchemy.url = {url}", ini.read_text())
        if count != 1:
            raise RuntimeError("the template's alembic.ini has no sqlalchemy.url")
        ini.write_text(written)
        self.write({f"{folder}/versions/r1_things.py": revision})

    def env(self) -> str:
        """The env.py as it is now."""
        return (self.directory / "migrations" / "env.py").read_text()

    def alembic(self, *arguments: str) -> Report:
        """Run the ``alembic`` command."""
        return self._run(_alembic, list(arguments))

    def python(self, script: str, *, seconds: float = 60) -> Report:
        """Run a Python program in the project's directory. Raises TimeoutError after ``seconds``."""
        self.write({"script.py": script})
        return self._run(_python, "script.py", seconds)

    def _run(self, function: Callable[[Any], None], argument: object, seconds: float = 60) -> Report:
        return self.report(
            isolated.run(function, argument, directory=self.directory, environment=self.environment, seconds=seconds)
        )

    def report(self, outcome: Outcome) -> Report:
        """The outcome beside what the database says."""

        def query(statement: str) -> object:
            rows = self.server.execute(statement, database=self.database)
            return rows[0][0] if rows else None

        stamped = (
            query("select version_num from alembic_version") if query("select to_regclass('alembic_version')") else None
        )
        return Report(
            outcome, None if stamped is None else str(stamped), query(f"select to_regclass('{TABLE}')") is not None
        )


def _alembic(arguments: list[str]) -> None:
    from alembic.config import main

    main(arguments, prog="alembic")


def _python(script: str) -> None:
    sys.path.insert(0, os.getcwd())  # noqa: PTH109
    runpy.run_path(script, run_name="__main__")
