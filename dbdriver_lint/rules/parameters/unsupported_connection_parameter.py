"""XDB202: a parameter that the driver does not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import CALLERS, DRIVERS, ENGINES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import DriverCall, EngineCall
    from dbdriver_lint.rules.context import Context
    from dbdriver_lint.rules.judging import Judged


class UnsupportedConnectionParameter(Rule):
    """A connection parameter that this driver does not take.

    ## What it does
    Looks up every parameter that reaches a driver, in the URL's query, in `connect_args` and in
    calls of the drivers themselves, in a table that was measured driver by driver and version by
    version: `check_same_thread` left over from SQLite, `ssl` for psycopg, `sslmode` for pg8000,
    `pgbouncer=true` and `channel_binding` from a provider's console for asyncpg, `ssl_mode` for
    pymysql, `application_name` as an argument of asyncpg. `sslmode` for asyncpg is XDB201.

    ## Why is this bad?
    SQLAlchemy hands the parameters on as they are, so nothing is wrong until the first
    connection: the deployment fails, not the tests on SQLite. The drivers agree neither on names
    nor on places: asyncpg's `timeout` is libpq's `connect_timeout`, and asyncpg's own DSN takes
    what its URL in SQLAlchemy does not.

    ## What happens at run time
    `TypeError: connect() got an unexpected keyword argument 'check_same_thread'` with asyncpg,
    pg8000, aiomysql and asyncmy, `ProgrammingError: invalid connection option "ssl"` with psycopg
    and psycopg2, and so on: the message has the text for the driver at hand. SQLAlchemy's SQLite
    dialect drops a parameter in silence.

    ## Fix safety
    Safe where the driver's own spelling of the same thing takes its place, because the code could
    only raise before and TLS is at least as strong after. Unsafe where the parameter has to go
    because the driver has nothing like it, and where the finding holds for some versions only.
    """

    code, name = "XDB202", "unsupported-connection-parameter"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = (*ENGINES, *DRIVERS, *CALLERS)
    references = (
        "https://docs.sqlalchemy.org/en/20/core/engines.html#custom-dbapi-connect-arguments-on-connect-routines",
    )
    bad = (
        Bad(
            "from sqlalchemy import create_engine\n\n"
            "engine = create_engine(\n"
            '    "postgresql+psycopg2://app:secret@db.internal/app",\n'
            '    connect_args={"check_same_thread": False},\n'
            ")\n",
            fixed="from sqlalchemy import create_engine\n\n"
            "engine = create_engine(\n"
            '    "postgresql+psycopg2://app:secret@db.internal/app",\n'
            ")\n",
            raises='ProgrammingError: invalid dsn: invalid connection option "check_same_thread"',
        ),
        Bad(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg://app:secret@db.internal/app?ssl=require")\n',
            fixed="from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg://app:secret@db.internal/app?sslmode=require")\n',
            raises='ProgrammingError: invalid connection option "ssl"',
        ),
        Bad(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+pg8000://app:secret@db.internal/app?sslmode=require", echo=True)\n',
            fixed="from sqlalchemy import create_engine\n\n"
            "engine = create_engine("
            '"postgresql+pg8000://app:secret@db.internal/app", connect_args={"ssl_context": True}, echo=True)\n',
            raises="TypeError: connect() got an unexpected keyword argument 'sslmode'",
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@db.internal/app?ssl=require&channel_binding=require",\n'
            '    connect_args={"connect_timeout": 10},\n'
            ")\n",
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@db.internal/app?ssl=require",\n'
            '    connect_args={"timeout": 10},\n'
            ")\n",
            raises="TypeError: connect() got an unexpected keyword argument",
            count=2,
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'options = {"statement_cache_size": 0}\n'
            'options["application_name"] = "api"\n'
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@db.internal/app", connect_args={**options, "command_timeout": 30}\n'
            ")\n",
            raises="TypeError: connect() got an unexpected keyword argument 'application_name'",
        ),
        Bad(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.engine import URL\n\n"
            "url = URL.create(\n"
            '    "mysql+pymysql",\n'
            '    username="app",\n'
            '    password="secret",\n'
            '    host="db.internal",\n'
            '    database="app",\n'
            '    query={"ssl_mode": "REQUIRED"},\n'
            ")\n"
            "engine = create_engine(url)\n",
            raises="TypeError: got an unexpected keyword argument 'ssl_mode'",
        ),
        Bad(
            "import asyncpg\n\n\n"
            "async def main():\n"
            '    await asyncpg.connect("postgresql://app:secret@db.internal/app", sslmode="require")\n',
            fixed="import asyncpg\n\n\n"
            "async def main():\n"
            '    await asyncpg.connect("postgresql://app:secret@db.internal/app", ssl="require")\n',
            raises="TypeError: connect() got an unexpected keyword argument 'sslmode'",
        ),
        Bad(
            "import asyncpg\n\n\n"
            "async def main():\n"
            '    await asyncpg.connect("postgresql://app:secret@db.internal/app?ssl=require")\n',
            fixed="import asyncpg\n\n\n"
            "async def main():\n"
            '    await asyncpg.connect("postgresql://app:secret@db.internal/app?sslmode=require")\n',
            raises='CantChangeRuntimeParamError: parameter "ssl" cannot be changed now',
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@db.internal/app?ssl=require&async_fallback=true"\n'
            ")\n",
            settings={"sqlalchemy-version": ">=2.1"},
            raises="TypeError: connect() got an unexpected keyword argument 'async_fallback'",
        ),
    )
    good = (
        Good(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("sqlite:///app.db", connect_args={"check_same_thread": False})\n'
        ),
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "sqlite+aiosqlite:///app.db", connect_args={"check_same_thread": False, "timeout": 30}\n'
            ")\n"
        ),
        Good(
            "import os\n\n"
            "from sqlalchemy import create_engine\n\n"
            'URL = os.getenv("DATABASE_URL", "postgresql+psycopg2://app@localhost/app")\n'
            'args = {"check_same_thread": False} if URL.startswith("sqlite") else {}\n'
            "engine = create_engine(URL, connect_args=args)\n"
        ),
        Good(
            "from sqlalchemy import create_engine\n\n"
            "engine = create_engine(\n"
            '    "postgresql+psycopg://app@db.internal/app?sslmode=require&channel_binding=require",\n'
            '    connect_args={"connect_timeout": 10, "prepare_threshold": None},\n'
            ")\n"
        ),
        Good(
            "import asyncpg\n\n\n"
            "async def main():\n"
            '    return await asyncpg.connect("postgresql://app@db.internal/app?sslmode=require", timeout=10)\n'
        ),
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@db.internal/app?ssl=require&async_fallback=true"\n'
            ")\n",
            settings={"sqlalchemy-version": "2.0"},
        ),
    )

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        from dbdriver_lint.rules.judging import judge_engine, shared_with  # costs start-up time

        for judged in judge_engine(call, context):
            if judged.is_unsupported and shared_with(judged, call, context) is None:
                yield self._draft(judged, call, context)

    on_reached_engine = on_engine

    def on_driver(self, call: DriverCall, context: Context) -> Iterable[Draft]:
        from dbdriver_lint.rules.judging_drivers import judge_driver  # costs start-up time

        for judged in judge_driver(call, context):
            if judged.is_unsupported:
                yield self._draft(judged, call, context)

    def _draft(self, judged: Judged, call: EngineCall | DriverCall, context: Context) -> Draft:
        from dbdriver_lint.rules.parameter_repairs import parameter_fix

        return self.finding(
            judged.at,
            judged.message,
            related=judged.steps,
            severity=None if judged.verdict.fails else Severity.WARNING,
            fix=parameter_fix(judged, call, context),
        )
