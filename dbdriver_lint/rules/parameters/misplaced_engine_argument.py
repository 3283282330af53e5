"""XDB206: an argument that ``create_engine()`` does not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Confidence, Group, Severity
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import ENGINES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import EngineCall
    from dbdriver_lint.rules.context import Context


class MisplacedEngineArgument(Rule):
    """`create_engine()` is given an argument that belongs to the driver, the session or another pool.

    ## What it does
    Finds driver options given to the engine itself (`ssl`, `sslmode`, `connect_timeout`,
    `server_settings`, `check_same_thread`), arguments of `sessionmaker()`, and pool sizes for a
    pool that takes none: `pool_size` with `NullPool` or `StaticPool`, with SQLite in memory, and
    before SQLAlchemy 2.0 with any SQLite file.

    ## Why is this bad?
    The engine cannot be made. A pool size is often set for every environment, and fails in the one
    that uses `NullPool` behind a pooler, or SQLite.

    ## What happens at run time
    `TypeError: Invalid argument(s) 'ssl' sent to create_engine(), using configuration
    PGDialect_asyncpg/AsyncAdaptedQueuePool/Engine.` as soon as the engine is made.

    ## Fix safety
    Safe: a driver's option moves into `connect_args` where the driver takes it there, and a size
    that the pool does not take is removed. The code could only raise before.
    """

    code, name = "XDB206", "misplaced-engine-argument"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = ENGINES
    references = ("https://docs.sqlalchemy.org/en/20/core/engines.html#sqlalchemy.create_engine",)
    bad = (
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app", ssl="require")\n',
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine("
            '"postgresql+asyncpg://app:secret@db.internal/app", connect_args={"ssl": "require"})\n',
            raises="TypeError: Invalid argument(s) 'ssl' sent to create_engine(), using configuration "
            "PGDialect_asyncpg/AsyncAdaptedQueuePool/Engine.",
        ),
        Bad(
            "from sqlalchemy import create_engine\n\n"
            "engine = create_engine(\n"
            '    "postgresql+psycopg2://app:secret@db.internal/app",\n'
            '    sslmode="require",\n'
            "    connect_timeout=10,\n"
            '    connect_args={"application_name": "api"},\n'
            ")\n",
            fixed="from sqlalchemy import create_engine\n\n"
            "engine = create_engine(\n"
            '    "postgresql+psycopg2://app:secret@db.internal/app",\n'
            '    connect_args={"sslmode": "require", "connect_timeout": 10, "application_name": "api"},\n'
            ")\n",
            raises="TypeError: Invalid argument(s) 'sslmode','connect_timeout' sent to create_engine()",
        ),
        Bad(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.pool import NullPool\n\n"
            "engine = create_engine(\n"
            '    "postgresql+psycopg2://app:secret@db.internal/app", poolclass=NullPool, pool_size=5, max_overflow=10\n'
            ")\n",
            fixed="from sqlalchemy import create_engine\n"
            "from sqlalchemy.pool import NullPool\n\n"
            "engine = create_engine(\n"
            '    "postgresql+psycopg2://app:secret@db.internal/app", poolclass=NullPool\n'
            ")\n",
            raises="TypeError: Invalid argument(s) 'pool_size','max_overflow' sent to create_engine()",
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("sqlite+aiosqlite:///:memory:", pool_size=5)\n',
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("sqlite+aiosqlite:///:memory:")\n',
            raises="TypeError: Invalid argument(s) 'pool_size' sent to create_engine()",
        ),
        Bad(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg2://app:secret@db.internal/app", expire_on_commit=False)\n',
            raises="TypeError: Invalid argument(s) 'expire_on_commit' sent to create_engine()",
        ),
    )
    good = (
        Good(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg2://app@db.internal/app", client_encoding="utf8", pool_size=5)\n'
        ),
        Good(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("sqlite:///app.db", pool_size=5, connect_args={"timeout": 30})\n'
        ),
        Good(
            "import os\n\n"
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.pool import NullPool\n\n"
            'options = {"poolclass": NullPool} if os.getenv("PGBOUNCER") else {"pool_size": 5}\n'
            'engine = create_engine("postgresql+psycopg2://app@db.internal/app", **options)\n'
        ),
        Good(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg2://app@db.internal/app", poolclass=None, max_overflow=0)\n'
        ),
    )

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        from dbdriver_lint.rules.engine_options import driver_options, pool_sizes  # costs start-up time

        for found in (*driver_options(call, context), *pool_sizes(call, context)):
            confidence = None if found.sure else Confidence.MEDIUM
            yield self.finding(found.at, found.message, confidence=confidence, fix=found.fix)
