"""XDB205: prepared statements behind a transaction pooler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Confidence, Group, Severity
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import CALLERS, ENGINES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import DriverCall, EngineCall
    from dbdriver_lint.rules.context import Context
    from dbdriver_lint.rules.poolers import Unprepared


class PoolerPreparedStatements(Rule):
    """A URL points at a pooler that shares connections between transactions, and prepared statements are left on.

    ## What it does
    Finds engines and connections of asyncpg and psycopg whose URL shows a pooler: port 6543
    (Supabase's transaction mode), a host such as `ep-x-pooler.region.aws.neon.tech` or `pgbouncer`,
    `pgbouncer=true`, and which do not switch prepared statements off, or only by half:
    `prepared_statement_cache_size=0` alone, a `prepared_statement_name_func` alone, `NullPool` alone,
    psycopg's `prepare_threshold=0` (which prepares at once; `None` is never). psycopg2 prepares nothing
    and is not judged, and neither is a session pooler (Supabase's port 5432).

    ## Why is this bad?
    The pooler gives each transaction another server connection, and asyncpg and psycopg name their
    statements alike in every process. With the defaults some queries fail, and some return *another
    query's rows*, without any error (measured with PgBouncer 1.18). It does not happen in a test with
    one connection.

    ## What happens at run time
    | | failing of 240 queries |
    |---|---|
    | asyncpg, defaults | 150, and 14 wrong results |
    | asyncpg, `NullPool` | 152 |
    | asyncpg, `prepared_statement_cache_size=0` | 57 |
    | asyncpg, `prepared_statement_name_func` | 85 |
    | asyncpg, `statement_cache_size=0` and a name function | 100 |
    | asyncpg 0.31 and later, `statement_cache_size=0` | 0 |
    | asyncpg, both caches 0 and `prepared_statement_name_func=lambda: ""` | 0, with 0.29 too |
    | psycopg, defaults | 22 |
    | psycopg, `prepare_threshold=0` | 158, and 18 wrong results |
    | psycopg, `prepare_threshold=None` | 0 |

    `DuplicatePreparedStatementError: prepared statement "__asyncpg_stmt_1__" already exists`, or
    `InvalidSQLStatementNameError: prepared statement … does not exist`. PgBouncer 1.21 and later can keep track
    of prepared statements (`max_prepared_statements`); where it does, or where it pools sessions, accept
    the finding.

    ## Fix safety
    Unsafe: switching prepared statements off costs time on every query, and the pooler may not need it.
    """

    code, name = "XDB205", "pooler-prepared-statements"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = (*ENGINES, *CALLERS, "asyncpg", "psycopg")
    references = (
        "https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#prepared-statement-name-with-pgbouncer",
        "https://www.pgbouncer.org/config.html#max_prepared_statements",
    )
    bad = (
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app:secret@pooler.internal:6543/app")\n',
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app:secret@pooler.internal:6543/app", '
            'connect_args={"statement_cache_size": 0, "prepared_statement_cache_size": 0, '
            '"prepared_statement_name_func": lambda: ""})\n',
            raises='DuplicatePreparedStatementError: prepared statement "__asyncpg_stmt_1__" already exists',
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n"
            "from sqlalchemy.pool import NullPool\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@pooler.internal:6543/app?prepared_statement_cache_size=0",\n'
            "    poolclass=NullPool,\n"
            ")\n",
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n"
            "from sqlalchemy.pool import NullPool\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@pooler.internal:6543/app?prepared_statement_cache_size=0",\n'
            '    connect_args={"statement_cache_size": 0},\n'
            "    poolclass=NullPool,\n"
            ")\n",
            files={"requirements.txt": "sqlalchemy>=2.0\nasyncpg>=0.31\n"},
            raises='DuplicatePreparedStatementError: prepared statement "__asyncpg_stmt_1__" already exists',
        ),
        Bad(
            "from sqlalchemy import create_engine\n\n"
            "engine = create_engine(\n"
            '    "postgresql+psycopg://app:secret@pgbouncer.internal:6432/app", connect_args={"prepare_threshold": 0}\n'
            ")\n",
        ),
        Bad(
            "from uuid import uuid4\n\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@pooler.internal:6543/app",\n'
            '    connect_args={"statement_cache_size": 0, "prepared_statement_name_func": lambda: f"p{uuid4()}"},\n'
            ")\n",
            fixed="from uuid import uuid4\n\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@pooler.internal:6543/app",\n'
            '    connect_args={"prepared_statement_cache_size": 0, "statement_cache_size": 0, '
            '"prepared_statement_name_func": lambda: f"p{uuid4()}"},\n'
            ")\n",
        ),
        Bad(
            "import asyncpg\n\n\n"
            "async def main():\n"
            '    return await asyncpg.create_pool("postgresql://app:secret@pgbouncer.internal:6432/app", min_size=1)\n',
        ),
    )
    good = (
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@pooler.internal:6543/app", connect_args={"statement_cache_size": 0}\n'
            ")\n"
        ),
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+psycopg://app:secret@pgbouncer.internal:6432/app", connect_args={"prepare_threshold": None}\n'
            ")\n"
        ),
        Good(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.pool import NullPool\n\n"
            "engine = create_engine(\n"
            '    "postgresql+psycopg2://app:secret@pooler.internal:6543/app", poolclass=NullPool\n'
            ")\n"
        ),
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine("
            '"postgresql+asyncpg://app@aws-0-eu-central-1.pooler.supabase.com:5432/postgres")\n'
        ),
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app@db.internal/app", connect_args={"prepared_statement_cache_size": 0}\n'
            ")\n"
        ),
    )

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        from dbdriver_lint.rules.poolers import engine_behind_pooler  # costs start-up time

        yield from map(self._draft, engine_behind_pooler(call, context))

    on_reached_engine = on_engine

    def on_driver(self, call: DriverCall, context: Context) -> Iterable[Draft]:
        from dbdriver_lint.rules.poolers import driver_behind_pooler

        yield from map(self._draft, driver_behind_pooler(call))

    def _draft(self, found: Unprepared) -> Draft:
        return self.finding(
            found.at,
            found.message,
            related=found.steps,
            severity=None if found.sure else Severity.WARNING,
            confidence=None if found.sure else Confidence.MEDIUM,
            fix=found.fix,
        )
