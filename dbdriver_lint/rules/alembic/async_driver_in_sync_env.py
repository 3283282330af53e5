"""XDB407: a synchronous env.py whose URL names an asynchronous driver."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import FilePlace, Step, Text
from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.knowledge.dialects import Nature
from dbdriver_lint.knowledge.drivers import may_fall_back, nature, not_sync_error
from dbdriver_lint.project.alembic import url_of
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.repairs import preferred_driver, transform_call
from dbdriver_lint.source.text import Position

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dbdriver_lint.analysis.facts import EngineCall, UrlSet
    from dbdriver_lint.analysis.migration_facts import ConfigOption, EnvironmentFacts
    from dbdriver_lint.analysis.values import Steps
    from dbdriver_lint.knowledge.urls import DatabaseUrl
    from dbdriver_lint.rules.context import Context

_ENV = """from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config
{set_url}
connectable = engine_from_config(
    config.get_section(config.config_ini_section, {{}}), prefix="sqlalchemy.", poolclass=pool.NullPool
)
with connectable.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
_INI = "[alembic]\nscript_location = migrations\nsqlalchemy.url = {url}\n"
_ASYNC_URL = "postgresql+asyncpg://app:secret@db.internal/app"


class AsyncDriverInSyncEnv(Rule):
    """A synchronous `env.py` gets its URL from Alembic's configuration, and that URL has an async driver.

    ## What it does

    Finds `engine_from_config()` in an `env.py` whose `sqlalchemy.url` is for asyncpg, aiosqlite, aiomysql
    or another driver that only works in an async engine, whether `set_main_option()` in the same file
    sets it or the `alembic.ini` that points at this folder. Silent where the engine is wrapped in
    `AsyncEngine(...)`, and where the URL says `?async_fallback=true` and SQLAlchemy may be older than 2.1,
    which then runs an event loop of its own.

    ## Why is this bad?

    The application's URL was copied to the migrations, or both read the same setting. `alembic revision`
    and the offline mode (`--sql`) still work, because they do not connect; `alembic upgrade` fails.

    ## What happens at run time

    | command | SQLAlchemy 1.4, 2.0, 2.1 |
    |---|---|
    | `alembic upgrade head` | `MissingGreenlet: greenlet_spawn has not been called` |
    | `alembic upgrade head --sql` | the SQL is printed |
    | the same URL in `async_engine_from_config()` with `run_sync` | the migration runs |

    ## Fix safety

    Unsafe: the URL is converted for a synchronous driver, which has to be installed. Only where the URL
    is set in this file; the one in `alembic.ini` is for you to change.

    ## References

    - <https://alembic.sqlalchemy.org/en/latest/cookbook.html#using-asyncio-with-alembic>
    """

    code, name = "XDB407", "async-driver-in-sync-env"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = ("engine_from_config",)
    references = ("https://alembic.sqlalchemy.org/en/latest/cookbook.html#using-asyncio-with-alembic",)
    bad = (
        Bad(
            _ENV.format(set_url=""),
            raises="MissingGreenlet: greenlet_spawn has not been called",
            path="migrations/env.py",
            files={"alembic.ini": _INI.format(url=_ASYNC_URL), "migrations/script.py.mako": ""},
        ),
        Bad(
            _ENV.format(set_url=f'config.set_main_option("sqlalchemy.url", "{_ASYNC_URL}")'),
            fixed=_ENV.format(
                set_url='config.set_main_option("sqlalchemy.url", '
                f'transform_url_for_driver("{_ASYNC_URL}", "postgresql+psycopg2", ssl=None))'
            ).replace(
                "import context\n",
                "import context\nfrom dbdriver_lint.runtime import transform_url_for_driver\n",
            ),
            raises="MissingGreenlet: greenlet_spawn has not been called",
            path="migrations/env.py",
        ),
    )
    good = (
        Good(
            _ENV.format(set_url=""),
            path="migrations/env.py",
            files={
                "alembic.ini": _INI.format(url="postgresql+psycopg://app:secret@db.internal/app"),
                "migrations/script.py.mako": "",
            },
        ),
        # alembic.ini is not what counts: env.py sets another URL.
        Good(
            "from app.settings import sync_url\n"
            + _ENV.format(set_url='config.set_main_option("sqlalchemy.url", sync_url.replace("%", "%%"))'),
            path="migrations/env.py",
            files={"alembic.ini": _INI.format(url=_ASYNC_URL), "migrations/script.py.mako": ""},
        ),
        # SQLAlchemy before 2.1 runs a loop for it.
        Good(
            _ENV.format(set_url=f'config.set_main_option("sqlalchemy.url", "{_ASYNC_URL}?async_fallback=True")'),
            path="migrations/env.py",
            files={"requirements.txt": "SQLAlchemy==2.0.44\n"},
        ),
        Good(
            _ENV.format(set_url=""),
            path="migrations/env.py",
            files={
                "alembic.ini": _INI.format(url=f"{_ASYNC_URL}?async_fallback=true"),
                "migrations/script.py.mako": "",
                "pyproject.toml": '[project]\nname = "app"\ndependencies = ["sqlalchemy<2.1"]\n',
            },
        ),
        # Another environment of the same repository.
        Good(
            _ENV.format(set_url=""),
            path="migrations/env.py",
            files={
                "alembic.ini": _INI.format(url=_ASYNC_URL).replace("migrations", "other"),
                "migrations/script.py.mako": "",
            },
        ),
        Good(
            _ENV.format(set_url="")
            .replace("connectable = engine", "connectable = AsyncEngine(engine")
            .replace("NullPool\n)", "NullPool\n))")
            .replace("import context\n", "import context\nfrom sqlalchemy.ext.asyncio import AsyncEngine\n"),
            path="migrations/env.py",
            files={"alembic.ini": _INI.format(url=_ASYNC_URL), "migrations/script.py.mako": ""},
        ),
    )

    def on_environment(self, facts: EnvironmentFacts, context: Context) -> Iterable[Draft]:
        """An env.py with its engines, options and configuration files."""
        engines = [e for e in context.module.engines if e.from_config]
        if not engines or any(e.is_async or e.wrapped_in_async_engine for e in context.module.engines):
            return
        options = [o for o in context.module.options if o.name == "sqlalchemy.url"]
        for engine in engines:
            if engine.urls.urls or "url" in engine.keywords:
                continue  # the URL is in the call: XDB104 speaks of it
            if facts.sets_url:
                yield from self._from_options(options, context)
            else:
                yield from self._from_files(engine, context)

    def _from_options(self, options: list[ConfigOption], context: Context) -> Iterator[Draft]:
        from dbdriver_lint.analysis.urls import urls_of

        if len(options) != 1:
            return
        urls: UrlSet = urls_of(options[0].value.value)
        if not urls.decided:
            return
        if not all(self._fails(url.url, context) for url in urls.urls):
            return
        names = {url.url.drivername.text for url in urls.urls}
        argument = options[0].value
        driver = preferred_driver(next(iter(names)).partition("+")[0], is_async=False, context=context)
        certain = driver is not None and isinstance(argument.value, Text) and "%" not in argument.value.text
        yield self.finding(
            argument.anchor,
            self._message(next(iter(names)), "", context),
            related=urls.urls[0].steps,
            fix=transform_call(argument, driver, context) if certain and driver is not None else None,
        )

    def _from_files(self, engine: EngineCall, context: Context) -> Iterator[Draft]:
        here = os.path.dirname(os.path.abspath(context.source.path))
        for configuration in context.alembic_configurations:
            url = url_of(configuration.url)
            if url is None or not self._fails(url, context):
                continue
            name = url.drivername.text
            file = os.path.relpath(configuration.path, os.path.dirname(here))
            place = Position(configuration.line, 1)
            steps: Steps = (Step("`sqlalchemy.url` is set here", FilePlace(configuration.path, place, place)),)
            yield self.finding(engine.anchor, self._message(name, f" of {file}", context), related=steps)
            return

    @staticmethod
    def _fails(url: DatabaseUrl, context: Context) -> bool:
        versions = context.dependencies.sqlalchemy
        known = url.drivername.known and nature(url.drivername.text, versions) is Nature.ASYNC
        return known and not may_fall_back(url, versions)

    @staticmethod
    def _message(name: str, where: str, context: Context) -> str:
        dialect = name.partition("+")[0]
        driver = preferred_driver(dialect, is_async=False, context=context)
        remedy = f"`{dialect}+{driver}://`" if driver is not None else "a synchronous driver"
        error = not_sync_error(name, context.dependencies.sqlalchemy)
        return (
            f"`alembic upgrade` raises `{error}`: this env.py is synchronous, and the URL{where} is for "
            f"`{name}`; give the migrations {remedy}"
        )
