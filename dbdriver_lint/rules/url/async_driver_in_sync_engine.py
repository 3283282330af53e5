"""XDB104: an asynchronous driver in a sync engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.knowledge.dialects import Nature
from dbdriver_lint.knowledge.drivers import may_fall_back, nature, not_sync_error
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import CALLERS
from dbdriver_lint.rules.repairs import use_driver

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import EngineCall
    from dbdriver_lint.rules.context import Context


class AsyncDriverInSyncEngine(Rule):
    """`create_engine()` is given a URL whose driver is asynchronous.

    ## What it does
    Finds `create_engine()` and `engine_from_config()` with a URL for asyncpg, aiomysql, asyncmy,
    aiosqlite and other drivers that only work in an async engine. It is silent where that works
    (measured): the engine is wrapped in `AsyncEngine(...)`; the code runs under `run_sync()` or
    in an Alembic revision; `?async_fallback=true` before SQLAlchemy 2.1; only the dialect is
    looked at. Of a URL in `alembic.ini` that a synchronous `env.py` takes, `async-driver-in-sync-env`
    speaks, in the `env.py`.

    ## Why is this bad?
    The engine is made without complaint, and the first query fails, often in the migration step
    of a deployment.

    ## What happens at run time
    `sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call await_only()
    here.` at the first connection (the text says `await_()` from SQLAlchemy 2.1 on).

    ## Fix safety
    Unsafe: the fix names a synchronous driver that may have to be installed. It takes the driver
    of the setting `sync-driver`, else one that the project declares, else the most usual one.
    """

    code, name = "XDB104", "async-driver-in-sync-engine"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = ("create_engine", "engine_from_config", *CALLERS)
    bad = (
        Bad(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+asyncpg://app:secret@db.internal/app")\n',
            fixed="from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg2://app:secret@db.internal/app")\n',
            raises="MissingGreenlet: greenlet_spawn has not been called",
        ),
        Bad(
            "import sqlalchemy as sa\n\n"
            'URL = "sqlite+aiosqlite:///app.db"\n'
            "engine = sa.create_engine(URL, echo=True)\n",
            fixed="import sqlalchemy as sa\n"
            "from dbdriver_lint.runtime import transform_url_for_driver\n\n"
            'URL = "sqlite+aiosqlite:///app.db"\n'
            'engine = sa.create_engine(transform_url_for_driver(URL, "pysqlite", ssl=None), echo=True)\n',
            raises="MissingGreenlet: greenlet_spawn has not been called",
        ),
    )
    good = (
        Good(
            "import pytest\n"
            "from sqlalchemy import create_engine\n\n\n"
            "def test_refused():\n"
            "    with pytest.raises(Exception):\n"
            '        create_engine("postgresql+asyncpg://app@db.internal/app").connect()\n',
            path="tests/test_db.py",
        ),
        Good(
            "from sqlalchemy import create_engine\n\n\n"
            "def quoted(name):\n"
            '    engine = create_engine("postgresql+asyncpg://")\n'
            "    return engine.dialect.identifier_preparer.quote(name)\n"
        ),
        Good(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg://app:secret@db.internal/app")\n'
        ),
        Good(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.ext.asyncio import AsyncEngine\n\n"
            'engine = AsyncEngine(create_engine("postgresql+asyncpg://app:secret@db.internal/app"))\n'
        ),
        Good(
            "from sqlmodel import create_engine\nfrom sqlmodel.ext.asyncio.session import AsyncEngine\n\n"
            'engine = AsyncEngine(create_engine("postgresql+asyncpg://app:secret@db.internal/app"))\n'
        ),
        Good(
            "from sqlalchemy import create_engine\nfrom app.db.types import AsyncEngine\n\n"
            'engine = AsyncEngine(create_engine("postgresql+asyncpg://app:secret@db.internal/app"))\n'
        ),
        Good(
            "from sqlalchemy import create_engine\n\n"
            'URL = "postgresql+asyncpg://app:secret@db.internal/app"\n\n\n'
            "def work(connection):\n"
            "    return create_engine(URL).connect()\n\n\n"
            "async def main(connection):\n"
            "    await connection.run_sync(work)\n"
        ),
        Good('from sqlalchemy import create_engine\n\ndialect = create_engine("postgresql+asyncpg://").dialect\n'),
    )

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        if call.is_async or not call.urls.decided or call.url is None:
            return
        if call.wrapped_in_async_engine or call.location.in_run_sync or call.only_dialect or context.module.is_revision:
            return
        if "creator" in call.keywords or "module" in call.keywords:
            return
        if call.from_config and context.source.path.endswith(".ini"):
            return  # XDB407 says it of the env.py that takes this URL
        versions = context.dependencies.sqlalchemy
        for url in call.urls.urls:
            if not url.url.drivername.known or nature(url.url.drivername.text, versions) is not Nature.ASYNC:
                return
            if may_fall_back(url.url, versions):
                return
        for url in call.urls.urls:
            name = url.url.drivername.text
            fix = use_driver(call, url, context)
            remedy = "use a synchronous driver here" if fix is None else fix.title[:1].lower() + fix.title[1:]
            yield self.finding(
                call.url.anchor,
                f"{call.urls.condition_of(url)}`{name}://` is asynchronous, so the first connection of this engine raises "
                f"`{not_sync_error(name, versions)}`; {remedy}",
                related=url.steps,
                fix=fix,
            )

    on_reached_engine = on_engine
