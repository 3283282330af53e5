"""XDB403: ``await op.create_table(...)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.rules.alembic.async_migration_function import plain_function
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import Together
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import AwaitedOperation
    from dbdriver_lint.rules.context import Context

_HEAD = (
    '"""add users"""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = "a1"\ndown_revision = None\n\n\n'
)


class AwaitedMigrationOperation(Rule):
    """An operation of Alembic's `op` is awaited.

    ## What it does
    Finds `await op.create_table(...)` and the like in revision files. `await op.run_async(...)`
    is not judged.

    ## Why is this bad?
    Operations are plain functions. They return None or a `Table`, and neither can be awaited.

    ## What happens at run time
    In `async def upgrade()`: nothing at all, because Alembic never awaits it. In a coroutine that
    is awaited by a helper: `TypeError: object Table can't be used in 'await' expression` (or `object
    NoneType`), after the statement was run.

    ## Fix safety
    Safe where the whole function becomes a plain one (see `async-migration-function`). Inside
    other coroutines it is only shown, since what runs after the `await` has never run before.
    """

    code, name = "XDB403", "awaited-operation"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = (Together(("alembic",), ("async",)),)
    bad = (
        Bad(
            _HEAD + "async def upgrade():\n"
            '    await op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))\n'
            '    await op.create_index("ix_users_id", "users", ["id"])\n',
            fixed=_HEAD + "def upgrade():\n"
            '    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))\n'
            '    op.create_index("ix_users_id", "users", ["id"])\n',
            count=2,
            path="migrations/versions/a1_add_users.py",
        ),
    )
    good = (
        Good(
            _HEAD + 'def upgrade():\n    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))\n',
            path="migrations/versions/a1_add_users.py",
        ),
        Good("async def upgrade(op):\n    await op.execute('select 1')\n"),
    )

    def on_awaited_operation(self, awaited: AwaitedOperation, context: Context) -> Iterable[Draft]:
        result = "Table" if awaited.function == "create_table" else "NoneType"
        yield self.finding(
            awaited.anchor,
            f"`op.{awaited.function}()` is a plain function: awaiting it raises `TypeError: object {result} can't be "
            "used in 'await' expression` where it runs at all; remove the `await`",
            fix=self._fix(awaited, context),
        )

    @staticmethod
    def _fix(awaited: AwaitedOperation, context: Context) -> Fix | None:
        for function in context.module.migrations:
            if function.name == awaited.function_name and function.is_async:
                return plain_function(function)
        edit = Edit(Span(awaited.anchor.span.start, awaited.call.span.start), "")
        return Fix("Remove the `await`", (edit,), Applicability.DISPLAY)
