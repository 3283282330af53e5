"""XDB402: an ``async def upgrade()``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import Together
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import MigrationFunction
    from dbdriver_lint.rules.context import Context

_HEAD = (
    '"""add users"""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = "a1"\ndown_revision = None\n\n\n'
)


class AsyncMigrationFunction(Rule):
    """`upgrade()` or `downgrade()` of an Alembic revision is a coroutine function.

    ## What it does
    Finds `async def upgrade()` and `async def downgrade()` in revision files: files that import
    `op` from alembic and set `revision`.

    ## Why is this bad?
    Alembic calls the function and throws the coroutine away. The revision counts as done.

    ## What happens at run time
    Exit code 0, the version is stamped, and no statement was run: the table is not there. The only trace is
    `RuntimeWarning: coroutine 'upgrade' was never awaited`. Measured with SQLAlchemy 1.4, 2.0 and
    2.1, with a synchronous and with an asynchronous env.py.

    ## Fix safety
    Safe where the function awaits nothing but `op` calls: a function that never ran becomes one
    that does what it says. Where it awaits something else there is no fix; `op.run_async()` is
    made for that.
    """

    code, name = "XDB402", "async-migration-function"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = (Together(("alembic",), ("async",)),)
    references = ("https://alembic.sqlalchemy.org/en/latest/ops.html#alembic.operations.Operations.run_async",)
    bad = (
        Bad(
            _HEAD + "async def upgrade():\n"
            '    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))\n\n\n'
            "def downgrade():\n"
            '    op.drop_table("users")\n',
            fixed=_HEAD + "def upgrade():\n"
            '    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))\n\n\n'
            "def downgrade():\n"
            '    op.drop_table("users")\n',
            path="migrations/versions/a1_add_users.py",
        ),
    )
    good = (
        Good(
            _HEAD + 'def upgrade():\n    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))\n',
            path="migrations/versions/a1_add_users.py",
        ),
        Good("async def upgrade(database):\n    await database.execute('create table users (id int)')\n"),
        Good(
            _HEAD + "async def fill(connection):\n"
            '    await connection.execute(sa.text("update users set id = 1"))\n\n\n'
            "def upgrade():\n"
            "    op.run_async(fill)\n",
            path="migrations/versions/a1_add_users.py",
        ),
    )

    def on_migration(self, function: MigrationFunction, context: Context) -> Iterable[Draft]:
        if function.is_async:
            yield self.finding(
                function.anchor,
                f"Alembic never awaits `{function.name}()`: the revision is stamped as done with exit code 0 and "
                "nothing is run; write a plain `def`"
                + ("" if function.other_awaits == 0 else " and give what must be awaited to `op.run_async()`"),
                fix=plain_function(function),
            )


def plain_function(function: MigrationFunction) -> Fix | None:
    """Make a coroutine function of a revision a plain one, if it awaits nothing but `op` calls."""
    if function.asynchronous is None or function.other_awaits or function.callers:
        return None
    source = function.anchor.source
    keyword = function.asynchronous.span
    edits = [Edit(Span(keyword.start, _next(source.text, keyword.start + len("async"))), "")]
    for awaited in function.awaited:
        start, end = awaited.anchor.span.start, awaited.call.span.start
        if source.text[start:end].strip(" \t") != "await":
            return None  # a comment or a line end stands between
        edits.append(Edit(Span(start, end), ""))
    return Fix(f"Make `{function.name}()` a plain function", tuple(edits), Applicability.SAFE)


def _next(text: str, offset: int) -> int:
    """The offset of the next character that is no blank."""
    while text[offset] in " \t\\\r\n\f":
        offset += 1
    return offset
