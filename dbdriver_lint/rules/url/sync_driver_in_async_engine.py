"""XDB103: a synchronous driver in an async engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.knowledge.dialects import Nature
from dbdriver_lint.knowledge.drivers import meanings, not_async_error
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import ASYNC_ENGINES, CALLERS
from dbdriver_lint.rules.repairs import use_driver
from dbdriver_lint.rules.wording import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import EngineCall
    from dbdriver_lint.rules.context import Context


class SyncDriverInAsyncEngine(Rule):
    """`create_async_engine()` is given a URL whose driver is synchronous.

    ## What it does
    Finds async engines whose URL names a driver without asyncio support: psycopg2, pg8000,
    pymysql, mysqlclient, pysqlite and others. What a bare `postgresql://` or `oracle://` loads
    depends on SQLAlchemy: psycopg2 and cx_Oracle before 2.1, psycopg and oracledb (which are both
    synchronous and asynchronous) from 2.1 on. The version is read from the project's dependency
    files or from the setting `sqlalchemy-version`; where it may be either, the finding says for
    which versions it holds.

    ## Why is this bad?
    The application does not start. It passes tests that run on `sqlite+aiosqlite`.

    ## What happens at run time
    `sqlalchemy.exc.InvalidRequestError: The asyncio extension requires an async driver to be used.
    The loaded 'psycopg2' is not async.` as soon as the engine is made; or `ModuleNotFoundError`
    before that, where the synchronous driver is not installed.

    ## Fix safety
    Unsafe: the fix names a driver that may have to be installed. It takes the driver of the
    setting `async-driver`, else one that the project declares, else the most usual one.
    """

    code, name = "XDB103", "sync-driver-in-async-engine"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = (*ASYNC_ENGINES, *CALLERS)
    references = ("https://docs.sqlalchemy.org/en/21/changelog/migration_21.html",)
    bad = (
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+psycopg2://app:secret@db.internal/app")\n',
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app")\n',
            raises="InvalidRequestError: The loaded 'psycopg2' is not async",
        ),
        Bad(
            "import os\n\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'url = os.getenv("DATABASE_URL", "sqlite:///app.db")\n'
            "engine = create_async_engine(url)\n",
            count=1,
            fixed="import os\n\n"
            "from dbdriver_lint.runtime import transform_url_for_driver\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'url = os.getenv("DATABASE_URL", "sqlite:///app.db")\n'
            'engine = create_async_engine(transform_url_for_driver(url, "aiosqlite", ssl=None))\n',
            raises="InvalidRequestError: The loaded 'pysqlite' is not async",
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql://app:secret@db.internal/app")\n',
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app")\n',
            raises="InvalidRequestError: The asyncio extension requires an async driver to be used",
            settings={"sqlalchemy-version": "2.0"},
        ),
    )
    good = (
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app")\n'
        ),
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+psycopg://app:secret@db.internal/app?sslmode=require")\n'
        ),
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql://app:secret@db.internal/app")\n',
            settings={"sqlalchemy-version": ">=2.1"},
        ),
        Good(
            "def create_async_engine(path):\n    return path\n\n\n"
            'engine = create_async_engine("postgresql+psycopg2://app@db.internal/app")\n'
        ),
        Good(
            "import os\n\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'url = os.environ["DATABASE_URL"]\n'
            'if url.startswith("postgresql://"):\n'
            '    url = url.replace("postgresql://", "postgresql+asyncpg://", 1)\n'
            "engine = create_async_engine(url)\n"
        ),
    )

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        if not call.is_async or not call.urls.decided or call.url is None or "async_creator" in call.keywords:
            return
        versions = context.dependencies.sqlalchemy
        judged = []
        for url in call.urls.urls:
            loaded = meanings(url.url.drivername.text, versions) if url.url.drivername.known else ()
            synchronous = [meaning for meaning in loaded if meaning.nature is Nature.SYNC]
            if not synchronous:
                return  # one possibility that works, or that is unknown
            judged.append((url, synchronous[0], len(synchronous) < len(loaded)))
        for url, meaning, varies in judged:
            when = f"{meaning.when}: " if varies else ""
            condition = call.urls.condition_of(url)
            error = not_async_error(meaning.driver)
            scheme = f"`{url.url.drivername.text}://`"
            loads = scheme if "+" in url.url.drivername.text else f"{scheme} loads {meaning.driver} and"
            consequence = f"{loads} is synchronous, so `{call.name}()` raises `{error}`"
            fix = use_driver(call, url, context)
            remedy = "; use an async driver" if fix is None else f"; {_lower(fix.title)}"
            yield self.finding(
                call.url.anchor,
                sentence(f"{condition}{when}{consequence}{remedy}"),
                related=url.steps,
                fix=fix,
            )

    on_reached_engine = on_engine


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
