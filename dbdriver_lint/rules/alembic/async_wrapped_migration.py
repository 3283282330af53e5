"""XDB401: a migration command inside an async engine's connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Confidence, Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import RunSyncCall
    from dbdriver_lint.rules.context import Context


_RECIPE = (
    "from alembic import command\n"
    "from alembic.config import Config\n"
    "from sqlalchemy.ext.asyncio import AsyncEngine\n\n\n"
    "def run_upgrade(connection, cfg):\n"
    '    cfg.attributes["connection"] = connection\n'
    '    command.upgrade(cfg, "head")\n\n\n'
    "async def start(engine: AsyncEngine):\n"
    "    async with engine.begin() as connection:\n"
    '        await connection.run_sync(run_upgrade, Config("alembic.ini"))\n'
)
_ASYNC_ENV = (
    "import asyncio\n\n"
    "from alembic import context\n"
    "from sqlalchemy.ext.asyncio import async_engine_from_config\n\n\n"
    "def do_run_migrations(connection):\n"
    "    context.configure(connection=connection)\n"
    "    with context.begin_transaction():\n"
    "        context.run_migrations()\n\n\n"
    "async def run_async_migrations():\n"
    "    engine = async_engine_from_config(context.config.get_section(context.config.config_ini_section))\n"
    "    async with engine.connect() as connection:\n"
    "        await connection.run_sync(do_run_migrations)\n\n\n"
    "asyncio.run(run_async_migrations())\n"
)
_SHARING_ENV = _ASYNC_ENV.replace(
    "asyncio.run(run_async_migrations())\n",
    'shared = context.config.attributes.get("connection", None)\n'
    "if shared is None:\n"
    "    asyncio.run(run_async_migrations())\n"
    "else:\n"
    "    do_run_migrations(shared)\n",
)


class AsyncWrappedMigration(Rule):
    """A migration command is run through `run_sync()` on an async engine's connection.

    ## What it does
    Finds `await connection.run_sync(f)` where `f` is, or calls, a function of `alembic.command`,
    or where the name of a function that cannot be resolved says that it runs Alembic. The
    cookbook's recipe, which hands the connection over in `cfg.attributes["connection"]`, is silent.

    ## Why is this bad?
    Migrations run one statement after the other, once per deployment: an async engine gains them
    nothing. The connection around them is not even used, because env.py opens its own.

    ## What happens at run time
    With an env.py of Alembic's async template: `RuntimeError: asyncio.run() cannot be called from
    a running event loop`. With a synchronous env.py it works and blocks the event loop meanwhile.
    With the recipe, on a connection that already ran a statement: the migration is rolled back
    in silence, exit code 0.

    ## Fix safety
    Unsafe: the command then runs in a thread, on the connection of env.py. Offered for a
    `lambda` that does not use its connection.
    """

    code, name = "XDB401", "async-wrapped-migration"
    group, severity, since = Group.DESIGN, Severity.WARNING, "0.1.0"
    needles = ("run_sync",)
    references = (
        "https://alembic.sqlalchemy.org/en/latest/cookbook.html#programmatic-api-use-connection-sharing-with-asyncio",
    )
    bad = (
        Bad(
            "from alembic import command\n"
            "from alembic.config import Config\n"
            "from app.db import async_engine\n\n\n"
            "async def run_migration():\n"
            "    async with async_engine.begin() as conn:\n"
            '        await conn.run_sync(lambda connection: command.upgrade(Config("alembic.ini"), "head"))\n',
            fixed="import asyncio\n\n"
            "from alembic import command\n"
            "from alembic.config import Config\n"
            "from app.db import async_engine\n\n\n"
            "async def run_migration():\n"
            "    async with async_engine.begin() as conn:\n"
            '        await asyncio.to_thread(lambda: command.upgrade(Config("alembic.ini"), "head"))\n',
        ),
        Bad(
            "from app.db import async_engine\n"
            "from app.migrations import alembic_upgrade\n\n\n"
            "async def run_migration():\n"
            "    async with async_engine.begin() as conn:\n"
            "        await conn.run_sync(alembic_upgrade)\n"
        ),
        Bad(
            "from alembic import command\n"
            "from alembic.config import Config\n"
            "from sqlalchemy.ext.asyncio import AsyncEngine\n\n\n"
            "def upgrade_schema(connection, revision):\n"
            '    command.upgrade(Config("alembic.ini"), revision)\n\n\n'
            "async def start(engine: AsyncEngine):\n"
            "    async with engine.connect() as connection:\n"
            '        await connection.run_sync(upgrade_schema, "head")\n'
        ),
        Bad(
            _RECIPE,
            raises="RuntimeError: asyncio.run() cannot be called from a running event loop",
            files={"migrations/script.py.mako": "", "migrations/env.py": _ASYNC_ENV},
        ),
    )
    good = (
        Good(
            _RECIPE,
            files={"migrations/script.py.mako": "", "migrations/env.py": _SHARING_ENV},
        ),
        Good(_RECIPE),
        Good(
            "from alembic import context\n\n\n"
            "def do_run_migrations(connection):\n"
            "    context.configure(connection=connection)\n"
            "    with context.begin_transaction():\n"
            "        context.run_migrations()\n\n\n"
            "async def run_async_migrations(connectable):\n"
            "    async with connectable.connect() as connection:\n"
            "        await connection.run_sync(do_run_migrations)\n",
            path="migrations/env.py",
        ),
        Good(
            "from app.models import Base\n\n\n"
            "async def create(engine):\n"
            "    async with engine.begin() as connection:\n"
            "        await connection.run_sync(Base.metadata.create_all)\n"
        ),
    )

    def on_run_sync(self, call: RunSyncCall, context: Context) -> Iterable[Draft]:
        if not call.runs_migration:
            return
        environments = context.deployed_environments
        ignoring = [environment for environment in environments if not environment.honours_connection]
        if call.sets_connection_attribute and not (ignoring and len(ignoring) == len(environments)):
            return  # the cookbook's recipe, as far as it can be read
        fails = bool(environments) and all(environment.runs_loop for environment in environments)
        what = f"`alembic.command.{call.command}`" if call.command else f"`{call.function_name}`"
        if call.sets_connection_attribute:
            what += ' hands its connection over in `attributes["connection"]`, which env.py does not read: it'
        error = "`RuntimeError: asyncio.run() cannot be called from a running event loop`"
        if fails:
            consequence = f"{what} raises {error} inside an async connection, because env.py starts a loop of its own"
        elif environments and not any(environment.runs_loop for environment in environments):
            consequence = f"{what} gains nothing inside an async connection, and stops the event loop until it is done"
        else:
            consequence = (
                f"{what} gains nothing inside an async connection, and raises {error} where env.py runs a loop"
            )
        yield self.finding(
            call.anchor,
            f"{consequence}; run the migration with a synchronous driver before the application starts, or in "
            "`asyncio.to_thread()`",
            severity=Severity.ERROR if fails else None,
            confidence=Confidence.HIGH if call.command else Confidence.MEDIUM,
            fix=self._fix(call, context),
        )

    @staticmethod
    def _fix(call: RunSyncCall, context: Context) -> Fix | None:
        if call.unused_parameter is None or call.command is None:
            return None
        to_thread, imports = context.local_attribute("asyncio", "to_thread")
        parameter = call.unused_parameter.span
        text = call.anchor.source.text
        start = parameter.start
        while text[start - 1] in " \t":
            start -= 1
        return Fix(
            "Run it in a thread",
            (
                Edit(call.callee.span, to_thread),
                Edit(type(parameter)(start, parameter.end), ""),
            ),
            Applicability.UNSAFE,
            imports,
        )
