"""What Alembic does with sync and async drivers: the facts that the XDB4xx rules stand on.

Each case is an environment of Alembic's own template, changed at one point, on a database of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import sqlalchemy
from alembic_projects import REVISION, TABLE
from servers import PASSWORD, SPECIAL_PASSWORD, SPECIAL_USER, USER

if TYPE_CHECKING:
    from alembic_projects import Project

VERSION = tuple(map(int, sqlalchemy.__version__.split(".")[:2]))

SYNC, ASYNC = "postgresql+psycopg2", "postgresql+asyncpg"

RUNS_A_LOOP = "RuntimeError: asyncio.run() cannot be called from a running event loop"
NO_GREENLET = "MissingGreenlet: greenlet_spawn has not been called"
NOT_ASYNC = "InvalidRequestError: The asyncio extension requires an async driver"


@dataclass(frozen=True, slots=True)
class Case:
    """One fact: how the project differs from Alembic's template, and what comes of it."""

    name: str
    driver: str = SYNC
    template: str = "generic"
    env: tuple[str, str] | None = None
    """A piece of the template's env.py and what stands there instead."""
    revision: str = REVISION
    script: str | None = None
    """The program to run; None is ``alembic upgrade head``."""
    command: tuple[str, ...] = ("upgrade", "head")
    special: bool = False
    """Whether the account is the one whose password needs escaping."""
    ini_percent: str = "%%"
    """What stands in alembic.ini for a percent sign of the URL."""
    query: str = ""
    raises: str | None = None
    warns: str | None = None
    migrated: bool = True
    stamped: bool | None = None
    """None: as ``migrated``."""
    since: tuple[int, int] = (1, 4)
    until: tuple[int, int] = (9, 9)
    """The SQLAlchemy versions that it holds for, both ends included."""


def revision(upgrade: str, *, helpers: str = "") -> str:
    """The revision with another ``upgrade``."""
    before, found, after = REVISION.partition("def upgrade() -> None:\n")
    _, _, after = after.partition("\n\n\n")
    assert found
    return f"{before}{helpers}\n\n{upgrade}\n\n\n{after}"


CREATE = f'op.create_table("{TABLE}", sa.Column("id", sa.Integer, primary_key=True))'
ASYNC_UPGRADE = REVISION.replace("def upgrade", "async def upgrade")
AWAITING_HELPER = f"import asyncio\n\n\nasync def helper():\n    await {CREATE}"
PLAIN_HELPER = f"import asyncio\n\n\nasync def helper(connection=None):\n    {CREATE}"

CONNECTION_HELPER = f"""
async def helper(connection):
    await connection.execute(sa.text("create table {TABLE} (id int)"))
"""

PRELUDE = """
import asyncio, os
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

config = Config("alembic.ini")
engine = create_async_engine(os.environ["ASYNC_URL"])

def upgrade(connection, given=None):
    if given is not None:
        config.attributes["connection"] = given
    command.upgrade(config, "head")

def upgrade_here(connection):
    upgrade(connection, connection)
"""


def script(body: str) -> str:
    """A program whose coroutine ``main`` has this body."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f"{PRELUDE}\nasync def main():\n{lines}\n    await engine.dispose()\n\nasyncio.run(main())\n"


HONOURS = (
    "    asyncio.run(run_async_migrations())",
    (
        '    given = config.attributes.get("connection")\n'
        "    if given is None:\n        asyncio.run(run_async_migrations())\n"
        "    else:\n        do_run_migrations(given)"
    ),
)
"""The cookbook's recipe: env.py uses the connection that it is handed."""

CASES = [
    # The base lines.
    Case("sync env"),
    Case("async env", ASYNC, "async"),
    Case("async env, psycopg", "postgresql+psycopg", "async", since=(2, 0)),
    # XDB402: an async upgrade() makes a coroutine that nobody runs, and the revision counts as done.
    Case("async def upgrade, sync env", revision=ASYNC_UPGRADE, migrated=False, stamped=True,
         warns="RuntimeWarning: coroutine 'upgrade' was never awaited"),
    Case("async def upgrade, async env", ASYNC, "async", revision=ASYNC_UPGRADE, migrated=False, stamped=True,
         warns="RuntimeWarning: coroutine 'upgrade' was never awaited"),
    Case("helper not awaited", revision=revision("def upgrade():\n    helper()", helpers=PLAIN_HELPER), migrated=False,
         stamped=True, warns="RuntimeWarning: coroutine 'helper' was never awaited"),
    # XDB403: operations return no awaitable.
    Case("await op.create_table", revision=revision("def upgrade():\n    asyncio.run(helper())", helpers=AWAITING_HELPER),
         raises="TypeError: object Table can't be used in 'await' expression", migrated=False),
    Case("await op.create_table, async env", ASYNC, "async",
         revision=revision("def upgrade():\n    asyncio.run(helper())", helpers=AWAITING_HELPER),
         raises=RUNS_A_LOOP, migrated=False),
    Case("await op.create_table in a plain upgrade", revision=revision(f"def upgrade():\n    await {CREATE}"),
         raises="SyntaxError: 'await' outside async function", migrated=False),
    Case("coroutine without awaited operations, sync env",
         revision=revision("def upgrade():\n    asyncio.run(helper())", helpers=PLAIN_HELPER)),
    Case("op.run_async with its connection, async env", ASYNC, "async",
         revision=revision("def upgrade():\n    op.run_async(helper)", helpers=CONNECTION_HELPER)),
    Case("op.run_async with operations, async env", ASYNC, "async", raises=NO_GREENLET, migrated=False,
         revision=revision("def upgrade():\n    op.run_async(helper)", helpers=PLAIN_HELPER)),
    Case("op.run_async with awaited operations, async env", ASYNC, "async", raises=NO_GREENLET, migrated=False,
         revision=revision("def upgrade():\n    op.run_async(helper)", helpers=AWAITING_HELPER.replace("()", "(connection)"))),
    Case("op.run_async, sync env", revision=revision("def upgrade():\n    op.run_async(helper)", helpers=PLAIN_HELPER),
         raises="ValueError: Cannot call run_async with a sync engine", migrated=False),
    # XDB401: a command inside of run_sync.
    Case("run_sync, async env", ASYNC, "async", raises=RUNS_A_LOOP, migrated=False,
         script=script("async with engine.begin() as connection:\n    await connection.run_sync(upgrade)")),
    Case("run_sync, sync env",
         script=script("async with engine.begin() as connection:\n    await connection.run_sync(upgrade)")),
    Case("run_sync, sync env with an async URL", ASYNC,
         script=script("async with engine.begin() as connection:\n    await connection.run_sync(upgrade)")),
    Case("run_sync with the connection, async env that ignores it", ASYNC, "async", raises=RUNS_A_LOOP, migrated=False,
         script=script("async with engine.begin() as connection:\n    await connection.run_sync(upgrade_here)")),
    Case("run_sync with the connection, sync env that ignores it",
         script=script("async with engine.begin() as connection:\n    await connection.run_sync(upgrade_here)")),
    Case("run_sync with the connection, begin()", ASYNC, "async", env=HONOURS,
         script=script("async with engine.begin() as connection:\n    await connection.run_sync(upgrade_here)")),
    Case("run_sync with the connection, connect()", ASYNC, "async", env=HONOURS,
         script=script("async with engine.connect() as connection:\n    await connection.run_sync(upgrade_here)")),
    Case("run_sync with the connection after a statement, no commit", ASYNC, "async", env=HONOURS, migrated=False,
         script=script('async with engine.connect() as connection:\n    await connection.execute(text("select 1"))\n'
                       "    await connection.run_sync(upgrade_here)")),
    Case("run_sync with the connection after a statement, commit", ASYNC, "async", env=HONOURS, since=(2, 0),
         script=script('async with engine.connect() as connection:\n    await connection.execute(text("select 1"))\n'
                       "    await connection.run_sync(upgrade_here)\n    await connection.commit()")),
    Case("run_sync with an AsyncConnection in the attributes", ASYNC, "async", env=HONOURS, migrated=False, since=(2, 0),
         raises="ArgumentError: The argument passed to Dialect.has_table() should be a",
         script=script("async with engine.begin() as connection:\n    await connection.run_sync(upgrade, connection)")),
    Case("command with sync_connection in the attributes", ASYNC, "async", env=HONOURS, raises=NO_GREENLET, migrated=False,
         script=script("async with engine.connect() as connection:\n    upgrade(None, connection.sync_connection)")),
    # XDB404: a command in a coroutine.
    Case("command in a coroutine, async env", ASYNC, "async", script=script("upgrade(None)"), raises=RUNS_A_LOOP, migrated=False),
    Case("command in a coroutine, sync env", script=script("upgrade(None)")),
    Case("command in a thread, async env", ASYNC, "async", script=script("await asyncio.to_thread(upgrade, None)")),
    Case("command in a thread, sync env", script=script("await asyncio.to_thread(upgrade, None)")),
    Case("command awaited", script=script('await command.upgrade(config, "head")'), migrated=True,
         raises="TypeError: object NoneType can't be used in 'await' expression"),
    Case("env with run_until_complete, in a coroutine", ASYNC, "async", script=script("upgrade(None)"), migrated=False,
         env=("asyncio.run(run_async_migrations())", "asyncio.get_event_loop().run_until_complete(run_async_migrations())"),
         raises="RuntimeError: This event loop is already running"),
    # XDB405: env.py makes the coroutine and never runs it.
    Case("env never awaited", ASYNC, "async", migrated=False,
         env=("asyncio.run(run_async_migrations())", "run_async_migrations()"),
         warns="RuntimeWarning: coroutine 'run_async_migrations' was never awaited"),
    Case("env run_sync never awaited", ASYNC, "async", env=("await connection.run_sync", "connection.run_sync"),
         migrated=False, warns="RuntimeWarning: coroutine 'AsyncConnection.run_sync' was never awaited"),
    Case("env async do_run_migrations", ASYNC, "async", env=("def do_run_migrations", "async def do_run_migrations"),
         migrated=False, warns="RuntimeWarning: coroutine 'do_run_migrations' was never awaited"),
    Case("env create_task, in a coroutine that ends", ASYNC, "async", migrated=False,
         env=("asyncio.run(run_async_migrations())", "asyncio.get_running_loop().create_task(run_async_migrations())"),
         script=f'{PRELUDE}\nasync def main():\n    command.upgrade(config, "head")\n\nasyncio.run(main())\n'),
    Case("env create_task, command line", ASYNC, "async", migrated=False,
         env=("asyncio.run(run_async_migrations())", "asyncio.create_task(run_async_migrations())"),
         raises="RuntimeError: no running event loop"),
    # XDB407: an async URL in a sync env, and the reverse.
    Case("sync env, asyncpg", ASYNC, raises=NO_GREENLET, migrated=False),
    Case("sync env, asyncpg, offline", ASYNC, command=("upgrade", "head", "--sql"), migrated=False),
    Case("sync env, psycopg_async", "postgresql+psycopg_async", raises=NO_GREENLET, migrated=False, since=(2, 0)),
    Case("async env, engine_from_config", ASYNC, "async", raises=NO_GREENLET, migrated=False,
         env=("async_engine_from_config(\n", "__import__('sqlalchemy').engine_from_config(\n")),
    Case("async env, psycopg2", SYNC, "async", raises=NOT_ASYNC, migrated=False),
    Case("async env, pg8000", "postgresql+pg8000", "async", raises=NOT_ASYNC, migrated=False),
    Case("async env, bare postgresql", "postgresql", "async", raises=NOT_ASYNC, migrated=False, until=(2, 0)),
    Case("async env, bare postgresql, 2.1", "postgresql", "async", since=(2, 1)),
    Case("async env, with connect()", ASYNC, "async", env=("async with connectable.connect()", "with connectable.connect()"),
         raises=": ", migrated=False),
    Case("sync env, postgres", "postgres", raises="NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgres",
         migrated=False),
    Case("async env, sslmode", ASYNC, "async", query="?sslmode=require", migrated=False,
         raises="TypeError: connect() got an unexpected keyword argument 'sslmode'"),
    Case("sync env, ssl", query="?ssl=require", raises='ProgrammingError: (psycopg2.ProgrammingError) invalid dsn: invalid '
         'connection option "ssl"', migrated=False),
    Case("async env, ssl", ASYNC, "async", query="?ssl=require"),
    # XDB406: configparser reads the percent sign.
    Case("set_main_option with a percent sign", special=True, migrated=False,
         script=f'{PRELUDE}\nconfig.set_main_option("sqlalchemy.url", os.environ["SYNC_URL"])\ncommand.upgrade(config, "head")',
         raises="ValueError: invalid interpolation syntax in"),
    Case("set_main_option, doubled", special=True,
         script=f'{PRELUDE}\nconfig.set_main_option("sqlalchemy.url", os.environ["SYNC_URL"].replace("%", "%%"))\n'
                'command.upgrade(config, "head")'),
    Case("alembic.ini with a percent sign", special=True, ini_percent="%", migrated=False,
         raises="InterpolationSyntaxError: '%' must be followed by '%' or '('"),
    Case("alembic.ini, doubled", special=True),
    Case("doubled outside of configparser", special=True, migrated=False,
         script=f'{PRELUDE}\ncreate_engine(os.environ["SYNC_URL"].replace("%", "%%")).connect()',
         raises="OperationalError: (psycopg2.OperationalError)"),
    Case("set_main_option with str(url)", special=False, migrated=False, since=(2, 0),
         script=f'{PRELUDE}\nurl = create_engine(os.environ["SYNC_URL"]).url\nconfig.set_main_option("sqlalchemy.url", str(url))\n'
                'command.upgrade(config, "head")',
         raises="OperationalError: (psycopg2.OperationalError)"),
    Case("set_main_option with a URL object", migrated=False, raises="TypeError: option values must be strings",
         script=f'{PRELUDE}\nconfig.set_main_option("sqlalchemy.url", create_engine(os.environ["SYNC_URL"]).url)'),
    # XDB303 in env.py.
    Case("async env, QueuePool", ASYNC, "async", env=("poolclass=pool.NullPool", "poolclass=pool.QueuePool"),
         raises="ArgumentError: Pool class QueuePool cannot be used with asyncio engine", migrated=False, since=(2, 0)),
    # XDB408: asyncpg prepares everything, and a prepared statement is one statement.
    *(
        Case(f"two statements, {driver}", f"postgresql+{driver}", template, migrated=raises is None, raises=raises, since=since,
             revision=revision(f'def upgrade():\n    op.execute("create table {TABLE} (id int); insert into {TABLE} values (1)")'))
        for driver, template, raises, since in [
            ("asyncpg", "async", "cannot insert multiple commands into a prepared statement", (1, 4)),
            ("psycopg2", "generic", None, (1, 4)),
            ("psycopg", "generic", None, (2, 0)),
            ("psycopg", "async", None, (2, 0)),
            ("pg8000", "generic", None, (1, 4)),
        ]
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", [pytest.param(c, id=c.name) for c in CASES if c.since <= VERSION <= c.until])
def test_alembic(case: Case, project: Project) -> None:
    user, password = (SPECIAL_USER, quote(SPECIAL_PASSWORD, safe="")) if case.special else (USER, PASSWORD)
    url = project.url(case.driver, user, password, case.query)
    project.environment = {
        "SYNC_URL": project.url(SYNC, user, password),
        "ASYNC_URL": project.url(ASYNC, user, password),
    }
    project.initialise(case.template, url.replace("%", case.ini_percent), revision=case.revision)
    if case.env is not None:
        old, new = case.env
        assert old in project.env(), "Alembic's template has changed"
        project.write({"migrations/env.py": project.env().replace(old, new)})

    report = project.alembic(*case.command) if case.script is None else project.python(case.script)

    raised = report.outcome.raised
    if case.raises is None:
        assert raised is None, raised.trace if raised else ""
    else:
        assert raised is not None
        name, _, text = case.raises.rpartition(": ")
        assert raised.matches(case.raises) if name else text in raised.text, str(raised)
    if case.warns is not None:
        assert any(warning.matches(case.warns) for warning in report.outcome.warnings), report.outcome.warnings
    assert report.migrated == case.migrated
    assert (report.stamped == "r1") == (case.migrated if case.stamped is None else case.stamped)


@pytest.mark.parametrize(
    ("call", "blocks"), [("upgrade(None)", True), ("await asyncio.to_thread(upgrade, None)", False)]
)
def test_a_command_in_a_coroutine_stops_the_loop(call: str, blocks: bool, project: Project) -> None:
    project.environment = {"ASYNC_URL": project.url(ASYNC)}
    project.initialise(
        "generic", project.url(SYNC), revision=revision('def upgrade():\n    op.execute("select pg_sleep(1)")')
    )
    report = project.python(
        script(
            "loop, ticks = asyncio.get_running_loop(), []\n"
            "async def tick():\n"
            "    while True:\n        ticks.append(loop.time())\n        await asyncio.sleep(0.01)\n"
            "ticker = asyncio.create_task(tick())\n"
            "await asyncio.sleep(0.05)\n"
            f"{call}\n"
            "await asyncio.sleep(0.05)\n"
            "ticker.cancel()\n"
            "print('longest pause', max(b - a for a, b in zip(ticks, ticks[1:])))"
        )
    )
    assert report.stamped == "r1", report.outcome
    pause = re.search(r"longest pause ([\d.]+)", report.outcome.output)
    assert pause is not None
    assert (float(pause[1]) > 0.9) == blocks
