"""XDB405: an env.py whose migration coroutine is made and never runs to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis.migration_facts import Loop, LostKind
from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.repairs import remove_keyword
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.migration_facts import EnvironmentFacts, LostCoroutine
    from dbdriver_lint.rules.context import Context

_HEAD = """import asyncio

from alembic import context
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import async_engine_from_config

config = context.config


def do_run_migrations(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def run_async_migrations():
    connectable = async_engine_from_config(
        config.get_section(config.config_ini_section), poolclass=pool.NullPool
    )
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await connectable.dispose()


"""
_TEMPLATE = _HEAD + "asyncio.run(run_async_migrations())\n"


class UnawaitedMigration(Rule):
    """`env.py` makes the coroutine that migrates, and it never runs.

    ## What it does

    Finds, in an Alembic `env.py`:

    - `run_async_migrations()` as a statement, without `asyncio.run()` or `await`, and
      `connection.run_sync(…)` without `await`;
    - `asyncio.create_task(…)` or `ensure_future(…)` around it, with nobody waiting for the task;
    - `run_coroutine_threadsafe(…, loop)` on the loop of the same thread;
    - `await connection.run_sync(do_run_migrations)` where `do_run_migrations` is an `async def`;
    - `asyncio.get_event_loop().run_until_complete(…)`, which Python 3.14 no longer supports (a warning).

    ## Why is this bad?

    Alembic executes `env.py` and is done when its last line is: it waits for no coroutine and no task.
    The command exits with 0, the deployment goes on, and the new code meets the old tables.

    ## What happens at run time

    | env.py | exit code | migrated | what is seen |
    |---|---|---|---|
    | `run_async_migrations()` | 0 | no | `RuntimeWarning: coroutine 'run_async_migrations' was never awaited` |
    | `connection.run_sync(…)` without `await` | 0 | no | `RuntimeWarning: coroutine 'AsyncConnection.run_sync' was never awaited` |
    | `create_task(…)` in a running loop | 0 | no | nothing |
    | `create_task(…)` on the command line | 1 | no | `RuntimeError: no running event loop` |
    | `async def do_run_migrations` | 0 | no | `RuntimeWarning: coroutine 'do_run_migrations' was never awaited` |
    | `run_coroutine_threadsafe(…, own_loop).result()` | – | no | it waits for ever |

    The same under SQLAlchemy 1.4, 2.0 and 2.1.

    ## Fix safety

    Safe: the code that did nothing now runs. A coroutine at the end of a plain function gets
    `asyncio.run(…)`, one inside a coroutine gets `await`, and an `async def` without anything
    asynchronous in it becomes plain. Where `env.py` looks for a running loop, nothing is changed:
    then the caller has to hand over its connection (`config.attributes["connection"]`) or use a thread.
    Replacing `get_event_loop()` is unsafe, since `asyncio.run()` closes the loop it made.

    ## References

    - <https://alembic.sqlalchemy.org/en/latest/cookbook.html#using-asyncio-with-alembic>
    """

    code, name = "XDB405", "unawaited-migration"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = ("run_migrations",)
    references = ("https://alembic.sqlalchemy.org/en/latest/cookbook.html#using-asyncio-with-alembic",)
    bad = (
        Bad(_HEAD + "run_async_migrations()\n", fixed=_TEMPLATE, path="migrations/env.py"),
        Bad(
            _HEAD + "asyncio.create_task(run_async_migrations())\n",
            fixed=_TEMPLATE,
            raises="RuntimeError: no running event loop",
            path="migrations/env.py",
        ),
        Bad(
            _TEMPLATE.replace("await connection.run_sync", "connection.run_sync"),
            fixed=_TEMPLATE,
            path="migrations/env.py",
        ),
        Bad(
            _TEMPLATE.replace("def do_run_migrations", "async def do_run_migrations"),
            fixed=_TEMPLATE,
            path="migrations/env.py",
        ),
        Bad(
            _HEAD + "loop = asyncio.get_running_loop()\n"
            "asyncio.run_coroutine_threadsafe(run_async_migrations(), loop).result()\n",
            path="migrations/env.py",
        ),
        Bad(
            _HEAD + "try:\n    asyncio.get_running_loop()\nexcept RuntimeError:\n"
            "    asyncio.run(run_async_migrations())\nelse:\n"
            "    task = asyncio.ensure_future(run_async_migrations())\n",
            path="migrations/env.py",
        ),
        Bad(
            _HEAD + "asyncio.get_event_loop().run_until_complete(run_async_migrations())\n",
            fixed=_TEMPLATE,
            path="migrations/env.py",
        ),
        Bad(
            _HEAD + "loop = asyncio.get_event_loop()\nloop.run_until_complete(run_async_migrations())\n",
            path="migrations/env.py",
        ),
    )
    good = (
        Good(_TEMPLATE, path="migrations/env.py"),
        Good(
            _HEAD + 'connection = config.attributes.get("connection")\n'
            "if connection is None:\n    asyncio.run(run_async_migrations())\n"
            "else:\n    do_run_migrations(connection)\n",
            path="migrations/env.py",
        ),
        Good(
            _HEAD + "loop = asyncio.new_event_loop()\n"
            "task = loop.create_task(run_async_migrations())\nloop.run_until_complete(task)\n",
            path="migrations/env.py",
        ),
        # Another thread's loop runs while this thread waits.
        Good(
            _HEAD + "from app.background import loop\n\n"
            "asyncio.run_coroutine_threadsafe(run_async_migrations(), loop).result()\n",
            path="migrations/env.py",
        ),
        Good(
            "import asyncio\n\n\nasync def run_migrations():\n    ...\n\n\n"
            "async def main():\n    asyncio.create_task(run_migrations())\n",
        ),
    )

    def on_environment(self, facts: EnvironmentFacts, context: Context) -> Iterable[Draft]:
        """The whole of an env.py."""
        for lost in facts.lost:
            yield self.finding(
                lost.anchor,
                self._message(lost),
                severity=Severity.WARNING if lost.kind is LostKind.NO_LOOP else None,
                fix=_fix(lost, facts, context),
            )

    @staticmethod
    def _message(lost: LostCoroutine) -> str:
        name = f"`{lost.name}()`"
        silently = "so the command exits with 0 and nothing is migrated"
        match lost.kind:
            case LostKind.DROPPED if lost.location.coroutine:
                return f"{name} is never awaited, {silently}; write `await {lost.coroutine.text.split('(')[0]}(…)`"
            case LostKind.DROPPED:
                return f"{name} only makes a coroutine that never runs, {silently}; use `asyncio.run({lost.name}())`"
            case LostKind.TASK:
                return (
                    f"Alembic does not wait for this task, {silently} (without a running loop it raises "
                    f"`RuntimeError: no running event loop`); use `asyncio.run({lost.name}())`, and where a loop "
                    "runs already, let the caller use `asyncio.to_thread(command.upgrade, …)`"
                )
            case LostKind.OWN_LOOP:
                return (
                    f"This thread waits for its own event loop, which cannot run {name} meanwhile: the migration hangs "
                    f"for ever; use `asyncio.run({lost.name}())`, and let a caller with a running loop use "
                    "`asyncio.to_thread(command.upgrade, …)`"
                )
            case LostKind.RUN_SYNC:
                return (
                    f"`run_sync()` calls {name} and gets a coroutine that nobody awaits, {silently}; "
                    f"make it a plain `def {lost.name}`"
                )
            case _:
                return (
                    "From Python 3.14 on `asyncio.get_event_loop()` makes no loop: it raises `RuntimeError: There is "
                    f"no current event loop in thread 'MainThread'`; use `asyncio.run({lost.name}())`"
                )


def _fix(lost: LostCoroutine, facts: EnvironmentFacts, context: Context) -> Fix | None:
    if lost.kind is LostKind.RUN_SYNC:
        if lost.asynchronous is None:
            return None
        return Fix(f"Make `{lost.name}` a plain function", (remove_keyword(lost.asynchronous),), Applicability.SAFE)
    if lost.kind is LostKind.DROPPED and lost.location.coroutine:
        start = lost.anchor.span.start
        return Fix(f"Await `{lost.name}()`", (Edit(Span(start, start), "await "),), Applicability.SAFE)
    if lost.location.coroutine or facts.loop is Loop.GUARDED or lost.kind is LostKind.OWN_LOOP:
        return None
    if lost.kind is LostKind.NO_LOOP and "get_event_loop" not in lost.anchor.text:
        return None  # the loop is made elsewhere, and that would still fail
    run, imports = context.local_attribute("asyncio", "run")
    return Fix(
        f"Run `{lost.name}()` with `asyncio.run()`",
        (Edit(lost.anchor.span, f"{run}({lost.coroutine.text})"),),
        Applicability.UNSAFE if lost.kind is LostKind.NO_LOOP else Applicability.SAFE,
        imports,
    )
