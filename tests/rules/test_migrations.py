"""Alembic from both sides: commands, configurations and env.py as real projects write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.findings.model import Severity
from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project
from dbdriver_lint.settings.load import decode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dbdriver_lint.findings.model import Finding


@pytest.fixture
def lint(tmp_path: Path) -> Callable[..., list[Finding]]:
    """Lints one file of a project; ``files`` are its others."""

    def run(code: str, *select: str, path: str = "app/main.py", files: dict[str, str] | None = None) -> list[Finding]:
        for name, text in {**(files or {}), path: code, "pyproject.toml": "", "app/__init__.py": ""}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        settings = decode({"select": list(select)}, "the test", str(tmp_path))
        place = str(tmp_path / path)
        return list(check_source(place, code.encode(), settings, Project.for_path(place)).findings)

    return run


# XDB404

LOOP = """
import asyncio
from alembic import context

async def run_async_migrations():
    context.run_migrations()

{run}
"""
ALWAYS = LOOP.format(run="asyncio.run(run_async_migrations())")
GUARDED = LOOP.format(
    run="try:\n    asyncio.get_running_loop()\nexcept RuntimeError:\n    asyncio.run(run_async_migrations())\n"
    "else:\n    import threading\n    threading.Thread(target=asyncio.run, args=(run_async_migrations(),)).start()"
)
NEVER = "from alembic import context\n\ncontext.run_migrations()\n"
COMMAND = "from alembic import command\nfrom app.config import config\n\n\nasync def start():\n    command.upgrade(config, 'head')\n"


@pytest.mark.parametrize(
    ("envs", "severity", "said"),
    [
        ([ALWAYS], Severity.ERROR, "executes an env.py that starts an event loop"),
        ([NEVER], Severity.WARNING, "until the last migration is done;"),
        ([GUARDED], Severity.WARNING, "until the last migration is done;"),
        ([], Severity.WARNING, "and raises `RuntimeError` where env.py starts a loop"),
        ([ALWAYS, NEVER], Severity.WARNING, "and raises `RuntimeError` where env.py starts a loop"),
    ],
)
def test_what_a_command_in_a_coroutine_does_is_up_to_env(
    lint: Callable[..., list[Finding]], envs: list[str], severity: Severity, said: str
) -> None:
    files = {f"m{number}/env.py": env for number, env in enumerate(envs)}
    files |= {f"m{number}/script.py.mako": "" for number in range(len(envs))}
    # an environment of the tests is not the one that the application uses
    files |= {"tests/m/env.py": NEVER, "tests/m/script.py.mako": ""} if envs else {}
    (finding,) = lint(COMMAND, "XDB404", files=files)
    assert finding.severity is severity
    assert said in finding.message


@pytest.mark.parametrize(
    "code",
    [
        "from alembic.command import upgrade as migrate\nasync def f(c):\n    migrate(c, 'head')\n",
        "import alembic.command\nasync def f(c):\n    alembic.command.stamp(c, 'head')\n",
        "from alembic import command\nclass App:\n    async def f(self, c):\n        command.downgrade(c, '-1')\n",
        (
            "from alembic import command\n"
            "def upgrade_schema(c):\n    command.upgrade(c, 'head')\n"
            "def run_migrations(c):\n    upgrade_schema(c)\n"
            "async def f(c):\n    run_migrations(c)\n"
        ),
        (
            "def run_migrations(c):\n    from alembic import command as alembic_command\n\n"
            "    if c:\n        alembic_command.upgrade(c, 'head')\n"
            "async def f(c):\n    run_migrations(c)\n"
        ),
        ("from app.schema import Migrator\nasync def f(c):\n    Migrator().run_migrations(c)\n"),
    ],
)
def test_a_command_is_found_under_any_name(lint: Callable[..., list[Finding]], code: str) -> None:
    schema = "class Migrator:\n    def run_migrations(self, c):\n        from alembic import command\n\n        command.upgrade(c, 'head')\n"
    assert [f.code for f in lint(code, "XDB404", files={"app/schema.py": schema})] == ["XDB404"]


@pytest.mark.parametrize(
    "code",
    [
        "from app import command\nasync def f(c):\n    command.upgrade(c, 'head')\n",
        "async def f(command):\n    command.upgrade('head')\n",
        "from alembic import command\nasync def f(c):\n    command.history(c)\n    command.heads(c)\n",
        (
            "from alembic import command\nfrom starlette.concurrency import run_in_threadpool\n"
            "async def f(c):\n    await run_in_threadpool(command.upgrade, c, 'head')\n"
        ),
        (
            "import anyio\nfrom alembic import command\n"
            "def run_migrations(c):\n    command.upgrade(c, 'head')\n"
            "async def f(c):\n    await anyio.to_thread.run_sync(run_migrations, c)\n"
        ),
        "from alembic import command\ndef f(c):\n    command.upgrade(c, 'head')\n",
        (
            "from alembic import command\n"
            "async def run_migrations(c):\n    ...\n"
            "async def f(c):\n    await run_migrations(c)\n"
        ),
        "class Migrator:\n    def upgrade(self):\n        ...\nasync def f():\n    Migrator().upgrade()\n",
    ],
)
def test_what_is_no_command_here_is_silent(lint: Callable[..., list[Finding]], code: str) -> None:
    assert lint(code, "XDB404") == []


# XDB405

HEAD = "import asyncio\nfrom alembic import context\n\nasync def go():\n    context.run_migrations()\n\n"


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("go()", 1),
        ("asyncio.run(go())", 0),
        ("loop = asyncio.new_event_loop()\nloop.run_until_complete(go())", 0),
        ("loop = asyncio.get_event_loop()\nloop.run_until_complete(go())", 1),
        (
            "loop = asyncio.new_event_loop()\nasyncio.set_event_loop(loop)\nasyncio.get_event_loop().run_until_complete(go())",
            0,
        ),
        ("asyncio.get_running_loop().create_task(go())", 1),
        ("async def main():\n    task = asyncio.create_task(go())\n    await task\nasyncio.run(main())", 0),
        ("async def main():\n    await asyncio.gather(asyncio.create_task(go()))\nasyncio.run(main())", 0),
        ("async def main():\n    go()\nasyncio.run(main())", 1),
        ("asyncio.run_coroutine_threadsafe(go(), asyncio.get_running_loop()).result()", 1),
        ("import threading\nfrom app.loops import loop\nasyncio.run_coroutine_threadsafe(go(), loop).result()", 0),
    ],
)
def test_whether_the_coroutine_of_env_runs(lint: Callable[..., list[Finding]], code: str, count: int) -> None:
    assert len(lint(f"{HEAD}{code}\n", "XDB405", path="migrations/env.py")) == count


# XDB406

OPTION = (
    "from alembic.config import Config\n{before}\nConfig('alembic.ini').set_main_option('sqlalchemy.url', {value})\n"
)


@pytest.mark.parametrize(
    ("before", "value", "count"),
    [
        ("import os", "os.environ['URL']", 1),
        ("import os", "os.getenv('URL', 'sqlite:///x.db')", 1),
        ("import os", "os.environ['URL'].replace('%', '%%')", 0),
        ("import os\nurl = os.environ['URL'].replace('%', '%%').replace('%%', '%')", "url", 1),
        ("import os", "os.environ['URL'].replace('+asyncpg', '')", 1),
        ("import os", "f\"sqlite:///{os.environ['DATA']}/app.db\"", 0),
        ("import os", "f\"postgresql://app:{os.environ['PW']}@db/app\"", 1),
        ("import os", "f\"postgresql://app@db/{os.environ['NAME']}\"", 0),
        ("import os", "'postgresql://app:%s@db/app' % os.environ['PW'].replace('%', '%%')", 0),
        ("", "'postgresql://app:p%40s@db/app'", 1),
        ("", "'postgresql://app:p%%40s@db/app'", 0),
        ("from urllib.parse import quote\nfrom app.secrets import pw", "f'postgresql://app:{quote(pw)}@db/app'", 1),
        ("from app.secrets import pw", "f'postgresql://app:{pw}@db/app'", 0),
        ("from sqlalchemy import URL", "URL.create('postgresql', password='x').render_as_string(False)", 0),
        ("from sqlalchemy import URL\nfrom app.secrets import pw",
         "URL.create('postgresql', 'app', pw).render_as_string(hide_password=False)", 1),
        ("from pydantic import PostgresDsn\nfrom app.secrets import pw",
         "str(PostgresDsn.build(scheme='postgresql', username='app', password=pw, host='db'))", 1),
        (("from pydantic import PostgresDsn\nfrom pydantic_settings import BaseSettings\n"
          "class Settings(BaseSettings):\n    url: PostgresDsn\nsettings = Settings()"), "str(settings.url)", 1),
        (("import os\nclass Settings:\n    def __init__(self):\n        self.url = os.environ['URL']\n"
          "    @property\n    def escaped(self):\n        return self.url.replace('%', '%%')\nsettings = Settings()"),
         "settings.escaped", 0),
        ("from app.settings import url", "url", 1),
        ("from app.settings import ini_url", "ini_url", 0),
    ],
)  # fmt: skip
def test_what_can_hold_a_percent_sign(lint: Callable[..., list[Finding]], before: str, value: str, count: int) -> None:
    files = {"app/settings.py": "import os\nurl = os.environ['URL']\nini_url = url.replace('%', '%%')\n"}
    assert len(lint(OPTION.format(before=before, value=value), "XDB406", files=files)) == count


INI = "[alembic]\nscript_location = app\nsqlalchemy.url = {url}\n"
PARTS = (
    "import os\nfrom alembic import context\nfrom sqlalchemy import engine_from_config\nconfig = context.config\n"
    'config.set_section_option("alembic", "DB_HOST", os.environ["DB_HOST"])\n'
    'config.set_section_option("alembic", "DB_PASS", os.environ["DB_PASS"]{doubled})\n'
    'engine = engine_from_config(config.get_section("alembic"), prefix="sqlalchemy.")\n'
    "with engine.connect() as connection:\n    context.configure(connection=connection)\n    context.run_migrations()\n"
)


@pytest.mark.parametrize(
    ("url", "doubled", "expected"),
    [
        ("postgresql://app:%(DB_PASS)s@%(DB_HOST)s/app", "", ["`DB_PASS` can hold a `%`"]),
        ("%(db_pass)s", "", ["`DB_PASS` can hold a `%`"]),
        ("postgresql://app:%(DB_PASS)s@%(DB_HOST)s/app", '.replace("%", "%%")', []),
        ("postgresql://app@%(DB_HOST)s/%(DB_PASS)s", "", []),
        ("postgresql://app@db.internal/app", "", []),
    ],
)
def test_an_option_that_alembic_ini_has_in_its_url(
    lint: Callable[..., list[Finding]], url: str, doubled: str, expected: list[str]
) -> None:
    files = {"alembic.ini": INI.format(url=url)}
    found = lint(PARTS.replace("{doubled}", doubled), "XDB406", path="app/env.py", files=files)
    assert [finding.message.partition(";")[0] for finding in found] == expected


@pytest.mark.parametrize(
    ("driver", "query", "expected"),
    [("asyncpg", "", ["XDB407"]), ("asyncpg", "?async_fallback=True", []), ("psycopg", "", []), ("%(DRIVER)s", "", [])],
)
def test_a_url_of_alembic_ini_with_options_in_it(
    lint: Callable[..., list[Finding]], driver: str, query: str, expected: list[str]
) -> None:
    """The options that the code sets are parts of the URL, which keeps its driver."""
    files = {"alembic.ini": INI.format(url=f"postgresql+{driver}://app:%(DB_PASS)s@%(DB_HOST)s/app{query}")}
    found = lint(PARTS.replace("{doubled}", ""), "XDB407", path="app/env.py", files=files)
    assert [finding.code for finding in found] == expected


def test_a_password_is_what_can_hold_a_percent_sign_where_the_scheme_is_not_known_either(
    lint: Callable[..., list[Finding]],
) -> None:
    code = (
        "import os\nfrom alembic import context\n"
        'prefix, user, password = os.environ["PREFIX"], os.environ["DB_USER"], os.environ["DB_PASSWORD"]\n'
        'context.config.set_main_option("sqlalchemy.url", f"{prefix}{user}:{password}@h/d")\n'
    )
    (finding,) = lint(code, "XDB406", path="app/env.py")
    assert finding.message.startswith("`DB_PASSWORD` can hold a `%`")


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("create_engine(escaped)", 1),
        ("create_engine(url)", 0),
        ("create_engine(escaped.replace('%%', '%'))", 0),
        ("asyncpg.connect(escaped)", 1),
        ("engine_from_config({'sqlalchemy.url': escaped})", 0),
        ("print(escaped)", 0),
    ],
)
def test_a_doubled_percent_sign_outside_configparser(lint: Callable[..., list[Finding]], code: str, count: int) -> None:
    before = (
        "import asyncpg, os\nfrom sqlalchemy import create_engine, engine_from_config\n"
        "url = os.environ['URL']\nescaped = url.replace('%', '%%')\n"
    )
    assert len(lint(before + code + "\n", "XDB406")) == count


def test_a_configuration_that_is_handed_in(lint: Callable[..., list[Finding]]) -> None:
    code = "import os\ndef configure(config):\n    config.set_main_option('sqlalchemy.url', os.environ['URL'])\n"
    assert len(lint(code, "XDB406")) == 1


# Whose file is it?


@pytest.mark.parametrize(
    "code",
    [
        "from app.migrations import op\nrevision = 'a'\n\n\nasync def upgrade():\n    await op.create_table('t')\n",
        "from alembic import op\n\n\nasync def upgrade():\n    await op.create_table('t')\n",
        "revision = 'a'\n\n\nasync def upgrade(db):\n    await db.execute('create table t (id int)')\n",
    ],
)
def test_other_migration_frameworks_are_left_alone(lint: Callable[..., list[Finding]], code: str) -> None:
    assert lint(code, "XDB402", "XDB403", "XDB405", "XDB408", path="migrations/versions/0001_x.py") == []


def test_only_the_environment_that_covers_a_revision_counts(lint: Callable[..., list[Finding]]) -> None:
    env = (
        "from alembic import context\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
        "create_async_engine('postgresql+{driver}://h/d')\ncontext.run_migrations()\n"
    )
    files = {
        "one/env.py": env.format(driver="psycopg"),
        "one/script.py.mako": "",
        "two/env.py": env.format(driver="asyncpg"),
        "two/script.py.mako": "",
    }
    revision = "from alembic import op\nrevision = 'a'\n\n\ndef upgrade():\n    op.execute('select 1; select 2')\n"
    assert lint(revision, "XDB408", path="one/versions/a.py", files=files) == []
    assert len(lint(revision, "XDB408", path="two/versions/a.py", files=files)) == 1


@pytest.mark.parametrize(("drivers", "count"), [("asyncpg", 1), ("asyncpg\npsycopg", 0), ("", 0)])
def test_the_declared_drivers_count_where_the_url_is_unknown(
    lint: Callable[..., list[Finding]], drivers: str, count: int
) -> None:
    files = {
        "m/env.py": "import os\nfrom alembic import context\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
        "create_async_engine(os.environ['URL'])\ncontext.run_migrations()\n",
        "m/script.py.mako": "",
        "requirements.txt": f"sqlalchemy\n{drivers}\n",
    }
    revision = "from alembic import op\nrevision = 'a'\n\n\ndef upgrade():\n    op.execute('select 1; select 2')\n"
    assert len(lint(revision, "XDB408", path="m/versions/a.py", files=files)) == count
