"""XDB404: an Alembic command in a coroutine, in the thread of the event loop."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import Together

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.migration_facts import CommandCall
    from dbdriver_lint.rules.context import Context

_LIFESPAN = """import asyncio
from contextlib import asynccontextmanager

from alembic import command
from alembic.config import Config


@asynccontextmanager
async def lifespan(app):
    {call}
    yield
"""
_CALL = 'command.upgrade(Config("alembic.ini"), "head")'
_THREAD = 'await asyncio.to_thread(command.upgrade, Config("alembic.ini"), "head")'
_ASYNC_ENV = """import asyncio

from alembic import context
from sqlalchemy.ext.asyncio import async_engine_from_config


def do_run_migrations(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def run_async_migrations():
    connectable = async_engine_from_config(context.config.get_section("alembic"))
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)


asyncio.run(run_async_migrations())
"""


class MigrationCommandInCoroutine(Rule):
    """An `alembic.command` function is called in a coroutine, in the event loop's own thread.

    ## What it does

    Finds `command.upgrade(…)`, `downgrade`, `stamp`, `current`, `check` and `ensure_version` inside an
    `async def`, also as `alembic.config.main(argv=["upgrade", "head"])`, directly or through the project's own
    plain functions. A call that goes to another thread
    (`asyncio.to_thread`, `run_in_executor`, `run_in_threadpool`) is fine, and so is a function that is
    handed to `run_sync` (`async-wrapped-migration` speaks of that).

    It reads the project's `env.py` to say which of the two consequences follows.

    ## Why is this bad?

    The command executes `env.py` right here. If that starts an event loop, as Alembic's async template does,
    it fails, because this thread already runs one. If it is synchronous it works, but the event loop stands
    still until the last migration is done: no health check is answered, and the platform may kill the
    process in the middle of it.

    ## What happens at run time

    | env.py | SQLAlchemy 1.4, 2.0, 2.1 |
    |---|---|
    | async template (`asyncio.run`) | `RuntimeError: asyncio.run() cannot be called from a running event loop` |
    | `loop.run_until_complete(…)` | `RuntimeError: This event loop is already running` |
    | synchronous | it migrates; the loop pauses for as long as that takes |
    | any, through `await asyncio.to_thread(…)` | it migrates, and the loop goes on |
    | any, as `await command.upgrade(…)` | `TypeError: object NoneType can't be used in 'await' expression`, after it migrated |

    ## Fix safety

    Unsafe: the command then runs in another thread, where thread-local state is not the same.

    ## References

    - <https://alembic.sqlalchemy.org/en/latest/cookbook.html#using-asyncio-with-alembic>
    """

    code, name = "XDB404", "migration-command-in-coroutine"
    group, severity, since = Group.DESIGN, Severity.WARNING, "0.1.0"
    needles = (Together(("alembic", "migrat"), ("async",)),)
    in_tests = False
    references = ("https://alembic.sqlalchemy.org/en/latest/cookbook.html#using-asyncio-with-alembic",)
    bad = (
        Bad(
            _LIFESPAN.format(call=_CALL),
            fixed=_LIFESPAN.format(call=_THREAD),
            raises="RuntimeError: asyncio.run() cannot be called from a running event loop",
            path="app/main.py",
            files={"migrations/env.py": _ASYNC_ENV, "migrations/script.py.mako": ""},
        ),
        Bad(
            _LIFESPAN.format(call=f"await {_CALL}"),
            fixed=_LIFESPAN.format(call=_THREAD),
            raises="TypeError: object NoneType can't be used in 'await' expression",
            path="app/main.py",
        ),
        Bad(
            "from app.schema import run_migrations\n\n\nasync def startup():\n    run_migrations()\n",
            fixed="import asyncio\n\nfrom app.schema import run_migrations\n\n\n"
            "async def startup():\n    await asyncio.to_thread(run_migrations)\n",
            path="app/main.py",
            files={
                "app/schema.py": "from alembic import command\nfrom alembic.config import Config\n\n\n"
                f"def run_migrations():\n    {_CALL}\n"
            },
        ),
        Bad(
            "from alembic import command\n"
            "from alembic.config import Config\n\n\n"
            "def run_migrations():\n"
            f"    {_CALL}\n\n\n"
            "async def startup():\n"
            "    run_migrations()\n",
            fixed="import asyncio\n\n"
            "from alembic import command\n"
            "from alembic.config import Config\n\n\n"
            "def run_migrations():\n"
            f"    {_CALL}\n\n\n"
            "async def startup():\n"
            "    await asyncio.to_thread(run_migrations)\n",
            path="app/main.py",
        ),
        Bad(
            'import alembic.config\n\n\nasync def startup():\n    alembic.config.main(argv=["upgrade", "head"])\n',
            fixed="import asyncio\n\nimport alembic.config\n\n\nasync def startup():\n"
            '    await asyncio.to_thread(alembic.config.main, argv=["upgrade", "head"])\n',
            path="app/main.py",
        ),
    )
    good = (
        Good(
            'import alembic.config\n\n\nasync def heads():\n    alembic.config.main(argv=["heads"])\n',
            path="app/main.py",
        ),
        Good(_LIFESPAN.format(call=_THREAD), path="app/main.py"),
        Good(
            _LIFESPAN.format(call=f"await asyncio.to_thread(lambda: {_CALL})"),
            path="app/main.py",
        ),
        Good(
            "import asyncio\n"
            "from alembic import command\n"
            "from alembic.config import Config\n\n\n"
            "async def startup():\n"
            "    def migrate():\n"
            f"        {_CALL}\n\n"
            "    await asyncio.get_running_loop().run_in_executor(None, migrate)\n",
            path="app/main.py",
        ),
        Good(f"from alembic import command\nfrom alembic.config import Config\n\n\ndef main():\n    {_CALL}\n"),
        # A framework of its own, whose names are the same.
        Good(
            "from app.migrations import command, run_migrations\n\n\n"
            "async def startup(config):\n"
            '    command.upgrade(config, "head")\n'
            "    run_migrations()\n"
        ),
    )

    def on_command(self, call: CommandCall, context: Context) -> Iterable[Draft]:
        """A command in a coroutine, and what the project's env.py makes of it."""
        environments = context.deployed_environments
        looping = [environment for environment in environments if environment.runs_loop]
        fails = bool(looping) and len(looping) == len(environments)
        way = f"`{call.callee.text}()`"
        if call.via:
            way += f" runs `alembic.command.{call.command}`, which"
        if call.awaited is not None and not call.via:
            consequence = f"{way} is no coroutine: `await` raises `TypeError` after the migration, which"
            consequence += " stopped the event loop until it was done"
        elif fails:
            consequence = (
                f"{way} executes an env.py that starts an event loop: inside this coroutine it raises "
                "`RuntimeError: asyncio.run() cannot be called from a running event loop`"
            )
        else:
            consequence = f"{way} stops the event loop until the last migration is done" + (
                "" if environments and not looping else ", and raises `RuntimeError` where env.py starts a loop"
            )
        yield self.finding(
            call.anchor,
            f"{consequence}; use `await asyncio.to_thread({call.callee.text}, …)`",
            severity=Severity.ERROR if fails or call.awaited is not None else None,
            fix=_fix(call, context),
        )


def _fix(call: CommandCall, context: Context) -> Fix | None:
    """``f(x)`` becomes ``await asyncio.to_thread(f, x)``."""
    to_thread, imports = context.local_attribute("asyncio", "to_thread")
    text = call.anchor.text
    head = call.callee.span.end - call.anchor.span.start
    arguments = text[head:].strip()
    if not (arguments.startswith("(") and arguments.endswith(")")) or (call.awaited is not None and call.via):
        return None
    inside = arguments[1:-1].strip()
    own_line = re.match(r"[ \t]*\r?\n[ \t]*", arguments[1:-1])
    before = own_line[0] if own_line is not None and inside else ""
    separator = "" if not inside else "," if before else ", "
    replacement = f"await {to_thread}({before}{call.callee.text}{separator}{arguments[1:-1] if inside else ''})"
    whole = call.awaited or call.anchor
    return Fix("Run it in a thread", (Edit(whole.span, replacement),), Applicability.UNSAFE, imports)
