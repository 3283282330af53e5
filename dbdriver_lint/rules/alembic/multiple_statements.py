"""XDB408: several SQL statements in one string, under asyncpg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import Text, options
from dbdriver_lint.findings.model import Confidence, Group, Severity
from dbdriver_lint.knowledge.statements import statement_count
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.migration_facts import SqlCall
    from dbdriver_lint.rules.context import Context

_ENV = """import asyncio

from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("{url}")


def do_run_migrations(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def run_async_migrations():
    async with engine.connect() as connection:
        await connection.run_sync(do_run_migrations)


asyncio.run(run_async_migrations())
"""
_FILES = {
    "migrations/env.py": _ENV.format(url="postgresql+asyncpg://app:secret@db.internal/app"),
    "migrations/script.py.mako": "",
}
_REVISION = 'from alembic import op\n\nrevision = "2f1a"\ndown_revision = None\n\n\ndef upgrade():\n    {body}\n'
_PATH = "migrations/versions/2f1a_things.py"


class MultipleStatements(Rule):
    """A revision executes several SQL statements at once, and the migrations run with asyncpg.

    ## What it does

    Counts the statements in the SQL of `op.execute("…")`, `op.execute(text("…"))` and
    `op.get_bind().execute(…)`, as PostgreSQL does: quotes, `$$` bodies, comments and empty statements are
    understood. It speaks only where the `env.py` that runs the revision is known to use asyncpg: by its
    engine's URL, by `set_main_option`, by the `alembic.ini` that points at it, or because asyncpg is the only
    PostgreSQL driver that the project declares (medium confidence).

    ## Why is this bad?

    SQLAlchemy's asyncpg dialect prepares each statement, and PostgreSQL prepares only one at a time. The
    revision works with psycopg and psycopg2, so it may have passed a test with another driver.

    ## What happens at run time

    | driver | SQLAlchemy 1.4, 2.0, 2.1 |
    |---|---|
    | asyncpg | `cannot insert multiple commands into a prepared statement` |
    | asyncpg, `?prepared_statement_cache_size=0` | the same |
    | psycopg, psycopg2, pg8000 | all statements are executed |

    The class of the error is `asyncpg.exceptions.PostgresSyntaxError`, wrapped in SQLAlchemy's
    `ProgrammingError`.

    ## Fix safety

    No fix: how to take the string apart is yours to decide. Use one `op.execute()` for each statement, or
    a synchronous driver for the migrations.

    ## References

    - <https://github.com/MagicStack/asyncpg/issues/30>
    """

    code, name = "XDB408", "multiple-statements"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = ("op.execute", "get_bind")
    references = ("https://github.com/MagicStack/asyncpg/issues/30",)
    bad = (
        Bad(
            _REVISION.format(body='op.execute("create table a (id int); create index on a (id)")'),
            raises="ProgrammingError: ",
            path=_PATH,
            files=_FILES,
        ),
        Bad(
            "import sqlalchemy as sa\n"
            + _REVISION.format(
                body='op.get_bind().execute(sa.text(\n        """\n        update a set id = 1;\n'
                '        update b set id = 2;\n        """\n    ))'
            ),
            raises="ProgrammingError: ",
            path=_PATH,
            files=_FILES,
        ),
    )
    good = (
        Good(_REVISION.format(body='op.execute("create table a (id int);")'), path=_PATH, files=_FILES),
        Good(
            _REVISION.format(
                body='op.execute("do $$ begin perform 1; perform 2; end $$; -- the end;")\n'
                "    op.execute(\"insert into a values (';')\")"
            ),
            path=_PATH,
            files=_FILES,
        ),
        Good(
            _REVISION.format(body='op.execute("create table a (id int); create index on a (id)")'),
            path=_PATH,
            files={
                "migrations/env.py": _ENV.format(url="postgresql+psycopg://app:secret@db.internal/app"),
                "migrations/script.py.mako": "",
            },
        ),
        # Nobody knows what runs this revision.
        Good(_REVISION.format(body='op.execute("create table a (id int); create index on a (id)")'), path=_PATH),
        Good(
            'from app.migrations import op\n\nrevision = 7\n\n\ndef upgrade():\n    op.execute("a; b")\n',
            path=_PATH,
            files=_FILES,
        ),
    )

    def on_sql(self, call: SqlCall, context: Context) -> Iterable[Draft]:
        """SQL of a revision."""
        counts = [statement_count(o.text) if isinstance(o, Text) else None for o in options(call.sql)]
        known = [count for count in counts if count is not None]
        if len(known) != len(counts) or min(known, default=0) < 2:
            return
        confidence = _asyncpg_runs_it(context)
        if confidence is not None:
            yield self.finding(
                call.argument,
                f"asyncpg prepares what it executes, and these are {known[0]} statements: this raises `cannot insert "
                "multiple commands into a prepared statement`; use one `op.execute()` for each, or a synchronous "
                "driver for the migrations",
                confidence=confidence,
            )


def _asyncpg_runs_it(context: Context) -> Confidence | None:
    """How sure it is that the revision runs with asyncpg; None where it is not."""
    environments = [e for e in context.migration_environments if e.covers(context.source.path)]
    if len(environments) != 1 or not environments[0].is_async:
        return None
    names = environments[0].drivernames
    if names:
        return Confidence.HIGH if all(name.endswith("+asyncpg") for name in names) else None
    declared = context.dependencies.drivers()
    if declared is not None and "asyncpg" in declared and not declared & _OTHERS:
        return Confidence.MEDIUM
    return None


_OTHERS = frozenset({"psycopg", "psycopg2", "psycopg2cffi", "pg8000", "aiosqlite", "aiomysql", "asyncmy", "oracledb"})
