"""XDB303: a connection pool that blocks, in an asynchronous engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import Symbol, options
from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import Argument, EngineCall
    from dbdriver_lint.rules.context import Context

_INSTEAD = {"QueuePool": "AsyncAdaptedQueuePool", "SingletonThreadPool": "StaticPool"}


class SyncPoolInAsyncEngine(Rule):
    """`create_async_engine()` is given a pool that waits with thread locks.

    ## What it does

    Finds `poolclass=QueuePool` and `poolclass=SingletonThreadPool`, under any alias, in
    `create_async_engine()`, `async_engine_from_config()` and `AsyncEngine(create_engine(...))`.
    `NullPool`, `StaticPool`, `AssertionPool` and `AsyncAdaptedQueuePool` are fine.

    ## Why is this bad?

    A queue pool that has no connection left waits for one. `QueuePool` waits with a lock of the thread,
    and the thread that would give the connection back is the one that waits: the event loop.

    ## What happens at run time

    | SQLAlchemy | `QueuePool`, `SingletonThreadPool` |
    |---|---|
    | 1.4 | accepted; the program can stand still as soon as the pool is exhausted |
    | 2.0, 2.1 | `ArgumentError: Pool class QueuePool cannot be used with asyncio engine` when the engine is made |

    ## Fix safety

    Safe for `QueuePool`: `AsyncAdaptedQueuePool` is the same pool with a queue for coroutines, it takes the
    same arguments, and it is what an async engine uses by default. `SingletonThreadPool` has no counterpart,
    so there is no fix.

    ## References

    - <https://docs.sqlalchemy.org/en/20/core/pooling.html#sqlalchemy.pool.AsyncAdaptedQueuePool>
    """

    code, name = "XDB303", "sync-pool-in-async-engine"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = ("poolclass",)
    references = ("https://docs.sqlalchemy.org/en/20/core/pooling.html#sqlalchemy.pool.AsyncAdaptedQueuePool",)
    bad = (
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n"
            "from sqlalchemy.pool import QueuePool\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app", poolclass=QueuePool, pool_size=5)\n',
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n"
            "from sqlalchemy.pool import AsyncAdaptedQueuePool, QueuePool\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app", '
            "poolclass=AsyncAdaptedQueuePool, pool_size=5)\n",
            raises="ArgumentError: Pool class QueuePool cannot be used with asyncio engine",
        ),
        Bad(
            "from sqlalchemy import pool as p\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'options = {"poolclass": p.QueuePool}\n'
            'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app", **options)\n',
            raises="ArgumentError: Pool class QueuePool cannot be used with asyncio engine",
        ),
        Bad(
            "from sqlalchemy import pool\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app", poolclass=pool.QueuePool)\n',
            fixed="from sqlalchemy import pool\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app", '
            "poolclass=pool.AsyncAdaptedQueuePool)\n",
            raises="ArgumentError: Pool class QueuePool cannot be used with asyncio engine",
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n"
            "from sqlalchemy.pool import SingletonThreadPool\n\n"
            'engine = create_async_engine("sqlite+aiosqlite:///app.db", poolclass=SingletonThreadPool)\n',
            raises="ArgumentError: Pool class SingletonThreadPool cannot be used with asyncio engine",
        ),
    )
    good = (
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n"
            "from sqlalchemy.pool import NullPool\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app", poolclass=NullPool)\n'
        ),
        Good(
            "from sqlalchemy import QueuePool, create_engine\n\n"
            'engine = create_engine("postgresql+psycopg://app@db.internal/app", poolclass=QueuePool)\n'
        ),
        Good(
            "from app.pools import QueuePool\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app", poolclass=QueuePool)\n'
        ),
        # Only one of two branches: nobody knows which engine this becomes.
        Good(
            "from app.settings import TESTING\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n"
            "from sqlalchemy.pool import NullPool, QueuePool\n\n"
            "pool = NullPool if TESTING else QueuePool\n"
            "make = create_async_engine if TESTING else None\n"
        ),
    )

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        """An engine with its keywords."""
        argument = call.keywords.get("poolclass")
        if argument is None or not (call.is_async or call.wrapped_in_async_engine):
            return
        names = {_pool(option) for option in options(argument.value)}
        found = sorted(name for name in names if name is not None)
        if not found:
            return
        pool = found[0]
        some = "" if len(names) == 1 else "Where it is this pool: "
        old = context.dependencies.sqlalchemy.may_be_below((2, 0))
        also = "; SQLAlchemy 1.4 accepts it, and the event loop stands still when the pool is exhausted" if old else ""
        remedy = _INSTEAD[pool]
        yield self.finding(
            argument.whole,
            f"{some}`{call.name}()` raises `ArgumentError: Pool class {pool} cannot be used with asyncio engine`{also}; "
            f"use `{remedy}`" + (", or leave `poolclass` out" if pool == "QueuePool" else ""),
            related=argument.value.steps,
            fix=_fix(argument, pool, context) if len(names) == 1 else None,
        )


def _pool(value: object) -> str | None:
    if isinstance(value, Symbol):
        module, _, name = value.name.rpartition(".")
        if module in ("sqlalchemy.pool", "sqlalchemy") and name in _INSTEAD:
            return name
    return None


def _fix(argument: Argument, pool: str, context: Context) -> Fix | None:
    """Only where the class is written in the call itself."""
    if pool != "QueuePool" or argument.unpacked:
        return None
    name, imports = context.local_name("sqlalchemy.pool", _INSTEAD[pool])
    return Fix(f"Use `{_INSTEAD[pool]}`", (Edit(argument.anchor.span, name),), Applicability.SAFE, imports)
