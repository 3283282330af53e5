"""Each rule about Alembic on a real environment: the project that it finds fails or is silent, the repaired one migrates.

The project is made by ``alembic init``, changed at one place, linted, run, repaired and run again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import sqlalchemy
from alembic_projects import REVISION, TABLE
from servers import PASSWORD, SPECIAL_PASSWORD, SPECIAL_USER, USER

from dbdriver_lint.fixes.apply import fix_source
from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project as LintedProject
from dbdriver_lint.settings.load import decode

if TYPE_CHECKING:
    from alembic_projects import Project, Report

SYNC, ASYNC = "postgresql+psycopg2", "postgresql+asyncpg"
ENV, REVISION_FILE, SCRIPT = "migrations/env.py", "migrations/versions/r1_things.py", "script.py"
CREATE = f'op.create_table("{TABLE}", sa.Column("id", sa.Integer, primary_key=True))'
RUN = "asyncio.run(run_async_migrations())"

COROUTINE = """import asyncio
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine


async def main():
{body}

asyncio.run(main())
"""
IN_A_COROUTINE = COROUTINE.format(body='    command.upgrade(Config("alembic.ini"), "head")\n')
IN_RUN_SYNC = COROUTINE.format(
    body='    engine = create_async_engine("{async_url}")\n'
    "    async with engine.begin() as connection:\n"
    '        await connection.run_sync(lambda c: command.upgrade(Config("alembic.ini"), "head"))\n'
    "    await engine.dispose()\n"
)


@dataclass(frozen=True, slots=True)
class Case:
    """One project: how it differs from Alembic's template, what is found in it, and what comes of it."""

    code: str
    name: str
    file: str
    """The file with the finding."""
    template: str = "generic"
    driver: str = SYNC
    change: tuple[str, str] | None = None
    """A piece of the template's env.py and what stands there instead."""
    revision: str = REVISION
    script: str | None = None
    """The program to run; None is ``alembic upgrade head``."""
    raises: str | None = None
    """None: nothing is raised, and nothing is migrated."""
    stamped: bool = False
    special: bool = False
    """The password needs escaping."""
    by_hand: tuple[str, str] | None = None
    """The repair where the rule has none: a piece of the file and what to write instead."""
    also: tuple[str, ...] = ()
    """Further rules whose repairs belong to it."""


SET_URL = (
    "config = context.config\n",
    'import os\n\nconfig = context.config\nconfig.set_main_option("sqlalchemy.url", {})\n',
)

CASES = [
    Case("XDB401", "run_sync, async env", SCRIPT, "async", ASYNC, script=IN_RUN_SYNC,
         raises="RuntimeError: asyncio.run() cannot be called from a running event loop"),
    Case("XDB402", "async upgrade", REVISION_FILE, revision=REVISION.replace("def upgrade", "async def upgrade"), stamped=True),
    Case("XDB402", "async upgrade, async env", REVISION_FILE, "async", ASYNC,
         revision=REVISION.replace("def upgrade", "async def upgrade"), stamped=True),
    Case("XDB403", "awaited operation", REVISION_FILE, also=("XDB402",), stamped=True,
         revision=REVISION.replace("def upgrade", "async def upgrade").replace(CREATE, f"await {CREATE}")),
    Case("XDB404", "command in a coroutine", SCRIPT, "async", ASYNC, script=IN_A_COROUTINE,
         raises="RuntimeError: asyncio.run() cannot be called from a running event loop"),
    Case("XDB405", "dropped", ENV, "async", ASYNC, change=(RUN, "run_async_migrations()")),
    Case("XDB405", "run_sync dropped", ENV, "async", ASYNC, change=("await connection.run_sync", "connection.run_sync")),
    Case("XDB405", "async do_run_migrations", ENV, "async", ASYNC, change=("def do_run_migrations", "async def do_run_migrations")),
    Case("XDB405", "task", ENV, "async", ASYNC, change=(RUN, "asyncio.create_task(run_async_migrations())"),
         raises="RuntimeError: no running event loop"),
    Case("XDB406", "environment value", ENV, special=True,
         change=(SET_URL[0], SET_URL[1].format('os.environ["SYNC_URL"]')), raises="ValueError: invalid interpolation syntax in"),
    Case("XDB406", "rendered URL", ENV, special=True,
         change=(SET_URL[0], SET_URL[1].format(
             '__import__("sqlalchemy").engine.make_url(os.environ["SYNC_URL"]).render_as_string(hide_password=False)')),
         raises="ValueError: invalid interpolation syntax in"),
    Case("XDB406", "URL object", ENV, special=True,
         change=(SET_URL[0], "from sqlalchemy.engine import make_url\n"
                 + SET_URL[1].format('make_url(os.environ["SYNC_URL"])')), raises="TypeError: option values must be strings"),
    Case("XDB407", "set in env.py", ENV, change=(SET_URL[0], SET_URL[1].format('"{async_url}"')),
         raises="MissingGreenlet: greenlet_spawn has not been called"),
    Case("XDB407", "in alembic.ini", ENV, driver=ASYNC, raises="MissingGreenlet: greenlet_spawn has not been called",
         by_hand=("poolclass=pool.NullPool", 'poolclass=pool.NullPool, url="{sync_url}"')),
    Case("XDB408", "two statements", REVISION_FILE, "async", ASYNC,
         revision=REVISION.replace(CREATE, f'op.execute("create table {TABLE} (id int); insert into {TABLE} values (1)")'),
         raises="ProgrammingError: ", by_hand=("; insert into", '")\n    op.execute("insert into')),
    Case("XDB409", "async template in a coroutine", ENV, "async", ASYNC, script=IN_A_COROUTINE,
         raises="RuntimeError: asyncio.run() cannot be called from a running event loop"),
]  # fmt: skip


@pytest.mark.skipif(sqlalchemy.__version__.startswith("1."), reason="the rules' own remedies are those of SQLAlchemy 2")
@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.code}-{case.name}") for case in CASES])
def test_found_failing_repaired_migrating(case: Case, project: Project) -> None:
    user, password = (SPECIAL_USER, quote(SPECIAL_PASSWORD, safe="")) if case.special else (USER, PASSWORD)
    urls = {"sync_url": project.url(SYNC, user, password), "async_url": project.url(ASYNC, user, password)}
    project.environment = {"SYNC_URL": urls["sync_url"], "ASYNC_URL": urls["async_url"]}
    project.initialise(case.template, project.url(case.driver), revision=case.revision)
    project.write(
        {"pyproject.toml": '[project]\nname = "app"\ndependencies = ["sqlalchemy>=2", "asyncpg", "psycopg2"]\n'}
    )
    if case.change is not None:
        old, new = case.change
        assert old in project.env(), "Alembic's template has changed"
        project.write({ENV: project.env().replace(old, _filled(new, urls))})
    if case.script is not None:
        project.write({SCRIPT: _filled(case.script, urls)})

    failing = _run(case, project)
    if case.raises is None:
        assert failing.outcome.raised is None, failing.outcome
    else:
        assert failing.outcome.raised is not None
        assert failing.outcome.raised.matches(case.raises), str(failing.outcome.raised)
    assert not failing.migrated
    assert (failing.stamped == "r1") == case.stamped

    _repair(case, project, urls)
    if failing.stamped:
        forget(project)
    repaired = _run(case, project)
    assert repaired.outcome.raised is None, repaired.outcome.raised and repaired.outcome.raised.trace
    assert repaired.migrated
    assert repaired.stamped == "r1"


def _filled(text: str, urls: dict[str, str]) -> str:
    for name, url in urls.items():
        text = text.replace("{" + name + "}", url)
    return text


def _run(case: Case, project: Project) -> Report:
    if case.script is None:
        return project.alembic("upgrade", "head")
    return project.python((project.directory / SCRIPT).read_text())


def _repair(case: Case, project: Project, urls: dict[str, str]) -> None:
    """Find it with the linter, and repair it with the rule's fix, else by hand."""
    path = project.directory / case.file
    settings = decode({"select": [case.code, *case.also]}, "the test", str(project.directory))
    linted = LintedProject.for_path(str(path))
    data = path.read_bytes()
    found = check_source(str(path), data, settings, linted).findings
    assert case.code in {finding.code for finding in found}
    if case.by_hand is not None:
        old, new = case.by_hand
        data = data.decode().replace(old, _filled(new, urls)).encode()
    else:
        result = fix_source(str(path), data, settings, linted, unsafe=True, check=check_source)
        assert result.applied[case.code]
        data = result.data
    path.write_bytes(data)


def forget(project: Project) -> None:
    """Take the stamp away that a migration left which never ran."""
    project.server.execute("drop table alembic_version", database=project.database)


@pytest.mark.parametrize("template", ["generic", "async"])
def test_alembic_s_own_templates_are_silent(template: str, project: Project) -> None:
    project.initialise(template, project.url(SYNC if template == "generic" else ASYNC))
    project.write({"pyproject.toml": ""})
    for file in (ENV, REVISION_FILE):
        path = project.directory / file
        settings = decode({"select": ["error", "design"]}, "the test", str(project.directory))
        linted = LintedProject.for_path(str(path))
        assert check_source(str(path), path.read_bytes(), settings, linted).findings == ()
