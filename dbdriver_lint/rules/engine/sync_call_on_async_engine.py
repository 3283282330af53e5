"""XDB306: an asynchronous engine, connection or session used as if it were synchronous."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis import orm
from dbdriver_lint.analysis.session_facts import Consumer
from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import Together
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.session_facts import ConsumerCall, UnawaitedCall, WithUse
    from dbdriver_lint.rules.context import Context

_HEAD = (
    "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
    "from app.models import Base\n\n"
    'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app")\n\n\n'
)
_ASYNC = frozenset({orm.ASYNC_CONNECTION, orm.ASYNC_SESSION})


class SyncCallOnAsyncEngine(Rule):
    """An asynchronous engine, connection or session is used like a synchronous one.

    ## What it does

    Finds, where the object is known to be asynchronous:

    - `metadata.create_all(engine)`, `drop_all`, `reflect`;
    - `inspect(engine)` and `Table(..., autoload_with=engine)`;
    - pandas' `read_sql`, `read_sql_query`, `read_sql_table` and `to_sql` with it;
    - `with engine.connect()`, `with engine.begin()`, `with AsyncSession(...)` without `async`, and the
      reverse, `async with` on a synchronous engine or session;
    - `AsyncEngine(engine)` around an engine that is one already;
    - `engine.execute(…)` and `session.query(…)`, which these classes do not have;
    - `session.commit()`, `connection.execute(…)`, `engine.dispose()` and the like as a statement
      without `await`; in a plain function only where the file itself speaks of asynchronous sessions or engines.

    ## Why is this bad?

    Most of these fail when they are first reached, which may be in a branch that no test runs. The last
    one is silent: a `commit()` that is not awaited never happens, and the data is rolled back when the
    session is closed.

    ## What happens at run time

    | code | SQLAlchemy 1.4, 2.0, 2.1 |
    |---|---|
    | `metadata.create_all(engine)` | `AttributeError: 'AsyncEngine' object has no attribute '_run_ddl_visitor'` |
    | `inspect(engine)`, `autoload_with=engine`, `reflect` | `NoInspectionAvailable: Inspection on an AsyncEngine is currently not supported` |
    | `pandas.read_sql(sql, engine)` | `AttributeError: 'AsyncEngine' object has no attribute 'cursor'` |
    | `with engine.connect()` | `TypeError: 'AsyncConnection' object does not support the context manager protocol` |
    | `with AsyncSession(engine)` | `TypeError: 'AsyncSession' object does not support the context manager protocol` |
    | `async with sync_engine.connect()` | `TypeError: 'Connection' object does not support the asynchronous context manager protocol` |
    | `AsyncEngine(engine)`, at the first query | `AwaitRequired: The current operation required an async execution but none was detected`; 1.4: `AttributeError` |
    | `engine.execute(…)`, `session.query(…)` | `AttributeError` |
    | `session.commit()` | nothing is committed; `RuntimeWarning: coroutine 'AsyncSession.commit' was never awaited` |

    Before Python 3.11 the `with` statements raise `AttributeError: __enter__`.

    ## Fix safety

    Unsafe: what never ran will run. `metadata.create_all(engine)` in a coroutine becomes
    `await connection.run_sync(metadata.create_all)` in a transaction of its own, `with` becomes
    `async with`, a coroutine that is dropped gets its `await`, and the second `AsyncEngine(…)` is removed.
    For pandas and `inspect` use `await connection.run_sync(lambda connection: …)`.

    ## References

    - <https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#running-synchronous-methods-and-functions-under-asyncio>
    """

    code, name = "XDB306", "sync-call-on-async-engine"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = (
        *("create_all(", "drop_all(", ".reflect(", "inspect(", "read_sql", "to_sql(", "autoload_with"),
        *("AsyncEngine", "AsyncSession", "async_session", "engine.connect", "engine.begin", "async_engine"),
        Together(
            (".commit(", ".dispose(", ".execute(", ".flush(", ".refresh(", ".rollback(", "session("), ("async",)
        ),  # in a coroutine
    )
    references = (
        "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#running-synchronous-methods-and-functions-under-asyncio",
    )
    bad = (
        Bad(
            _HEAD + "async def create():\n    Base.metadata.create_all(engine)\n",
            fixed=_HEAD + "async def create():\n"
            "    async with engine.begin() as connection:\n"
            "        await connection.run_sync(Base.metadata.create_all)\n",
            raises="AttributeError: 'AsyncEngine' object has no attribute '_run_ddl_visitor'",
        ),
        Bad(
            _HEAD + "async def create():\n    async with engine.begin() as conn:\n"
            "        Base.metadata.create_all(bind=conn)\n",
            fixed=_HEAD + "async def create():\n    async with engine.begin() as conn:\n"
            "        await conn.run_sync(Base.metadata.create_all)\n",
            raises="AttributeError: 'AsyncConnection' object has no attribute '_run_ddl_visitor'",
        ),
        Bad(
            _HEAD + "async def check(query):\n    with engine.connect() as connection:\n"
            "        return await connection.scalar(query)\n",
            fixed=_HEAD + "async def check(query):\n    async with engine.connect() as connection:\n"
            "        return await connection.scalar(query)\n",
            raises="TypeError: 'AsyncConnection' object does not support the context manager protocol",
        ),
        Bad(
            "from sqlalchemy import inspect\n"
            + _HEAD
            + "def tables():\n    return inspect(engine).get_table_names()\n",
            raises="NoInspectionAvailable: Inspection on an AsyncEngine is currently not supported",
        ),
        Bad(
            "import pandas as pd\n" + _HEAD + 'def load():\n    return pd.read_sql("select 1", con=engine)\n',
            raises="AttributeError: 'AsyncEngine' object has no attribute 'cursor'",
        ),
        Bad(
            "import pandas as pd\n" + _HEAD + 'pd.DataFrame([1]).to_sql("reports", engine, if_exists="append")\n',
            raises="AttributeError: 'AsyncEngine' object has no attribute 'cursor'",
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import AsyncEngine\n" + _HEAD + "wrapped = AsyncEngine(engine)\n",
            fixed="from sqlalchemy.ext.asyncio import AsyncEngine\n" + _HEAD + "wrapped = engine\n",
            raises="AwaitRequired: The current operation required an async execution but none was detected",
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import AsyncSession\n\n\n"
            "async def save(session: AsyncSession, row):\n    session.add(row)\n    session.commit()\n",
            fixed="from sqlalchemy.ext.asyncio import AsyncSession\n\n\n"
            "async def save(session: AsyncSession, row):\n    session.add(row)\n    await session.commit()\n",
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine\n"
            "from sqlalchemy.orm import sessionmaker\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app")\n'
            "Session = sessionmaker(engine, class_=AsyncSession)\n\n\n"
            "def get_session():\n    session = Session()\n    try:\n        yield session\n"
            "    finally:\n        session.close()\n",
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import AsyncSession\n\n"
            "from app.models import User\n\n\n"
            "async def users(session: AsyncSession):\n    return session.query(User).all()\n",
            raises="AttributeError: 'AsyncSession' object has no attribute 'query'",
        ),
        Bad(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg://app@db.internal/app")\n\n\n'
            "async def check(query):\n    async with engine.connect() as connection:\n"
            "        return connection.scalar(query)\n",
            raises="TypeError: 'Connection' object does not support the asynchronous context manager protocol",
        ),
    )
    good = (
        Good(
            _HEAD + "async def create():\n    async with engine.begin() as connection:\n"
            "        await connection.run_sync(Base.metadata.create_all)\n"
            "        await connection.run_sync(lambda c: Base.metadata.create_all(c))\n"
            "    await engine.dispose()\n"
        ),
        Good(
            "from sqlalchemy import create_engine, inspect\n\n"
            "from app.models import Base\n\n"
            'engine = create_engine("postgresql+psycopg://app@db.internal/app")\n'
            "Base.metadata.create_all(engine)\n"
            "print(inspect(engine).get_table_names())\n"
        ),
        # Works under run_sync, and nobody knows who calls it.
        Good(_HEAD + "def create(connection):\n    Base.metadata.create_all(engine.sync_engine)\n"),
        Good(
            "import asyncio\n\n"
            "from sqlalchemy.ext.asyncio import AsyncSession\n\n\n"
            "async def save(session: AsyncSession):\n"
            "    await asyncio.wait_for(session.commit(), 1)\n"
            "    task = asyncio.create_task(session.rollback())\n"
            "    session.add(object())\n"
            "    session.expire_all()\n"
            "    await task\n"
        ),
        Good(
            _HEAD.replace("create_async_engine\n", "AsyncSession, create_async_engine\n").replace(
                "from app.models import Base", "from app.store import create_all, inspect"
            )
            + "create_all(engine)\ninspect(engine)\n\n\n"
            "async def use():\n    async with AsyncSession(engine) as session, session.begin():\n        ...\n"
        ),
        Good(
            "from alembic import context\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
            "async def run(url):\n    async with create_async_engine(url).connect() as connection:\n"
            "        connection.run_sync(context.run_migrations)\n",
            path="migrations/env.py",
        ),
        Good(
            "from inspect import signature\nimport inspect\n\n" + _HEAD + "print(inspect.signature(engine.connect))\n"
        ),
    )

    def on_consumer(self, call: ConsumerCall, context: Context) -> Iterable[Draft]:
        """A call that takes synchronous objects only."""
        kind = call.given_class.rpartition(".")[2]
        fix = None
        match call.consumer:
            case Consumer.METADATA if call.function.endswith("reflect"):
                message = _inspection(kind)
            case Consumer.METADATA:
                message = f"`AttributeError: '{kind}' object has no attribute '_run_ddl_visitor'`"
            case Consumer.INSPECT | Consumer.TABLE:
                message = _inspection(kind)
            case Consumer.PANDAS:
                message = f"`AttributeError: '{kind}' object has no attribute 'cursor'`"
            case Consumer.MISSING:
                missing = call.function.rpartition(".")[2]
                yield self.finding(
                    call.anchor,
                    f"`{kind}` has no `{missing}()`: this raises `AttributeError`; " + _instead(missing),
                )
                return
            case Consumer.WRAP:
                yield self.finding(
                    call.anchor,
                    "This engine is an `AsyncEngine` already; wrapped twice, its first connection raises `AwaitRequired: "
                    "The current operation required an async execution but none was detected`; leave the second one out",
                    fix=Fix(
                        "Use the engine as it is",
                        (Edit(call.anchor.span, call.given.text),),
                        Applicability.UNSAFE,
                    ),
                )
                return
        if call.consumer is Consumer.METADATA:
            fix = _run_sync(call, context)
        connection = call.given.text if call.given_class == orm.ASYNC_CONNECTION else "connection"
        remedy = (
            f"use `await {connection}.run_sync({call.function})`"
            if call.consumer is Consumer.METADATA
            else f"use `await {connection}.run_sync(lambda sync: {call.function}(…, sync))`"
            if call.consumer is not Consumer.INSPECT
            else f"use `await {connection}.run_sync(lambda sync: inspect(sync)…)`"
        )
        yield self.finding(
            call.anchor, f"`{call.function}()` takes no `{kind}`: this raises {message}; {remedy}", fix=fix
        )

    def on_with(self, use: WithUse, context: Context) -> Iterable[Draft]:
        """A ``with`` of the wrong kind."""
        is_async_object = use.object_class in _ASYNC
        if is_async_object is use.is_async:
            return
        kind = use.object_class.rpartition(".")[2]
        if use.is_async:
            yield self.finding(
                use.anchor,
                f"This raises `TypeError: '{kind}' object does not support the asynchronous context manager protocol`; "
                + ("use an async session" if "Session" in kind else "make the engine with `create_async_engine()`")
                + ", or a plain `with`",
            )
            return
        start = use.header.span.start
        yield self.finding(
            use.anchor,
            f"This raises `TypeError: '{kind}' object does not support the context manager protocol`; use `async with`",
            fix=Fix("Use `async with`", (Edit(Span(start, start), "async "),), Applicability.UNSAFE)
            if use.location.coroutine and use.single
            else None,
        )

    def on_unawaited(self, call: UnawaitedCall, context: Context) -> Iterable[Draft]:
        """A coroutine that is made and dropped."""
        in_greenlet = call.location.in_run_sync and not call.location.coroutine
        if in_greenlet or (call.method == "run_sync" and context.module.environment is not None):
            return  # in env.py it is a migration that does not run: XDB405
        kind = call.object_class.rpartition(".")[2]
        start = call.anchor.span.start
        lost = "nothing is committed, and the changes are lost" if call.method == "commit" else "it never runs"
        remedy = "await it" if "\n" in call.anchor.text else f"write `await {call.anchor.text}`"
        if not call.location.coroutine:
            remedy = f"make `{call.location.functions[-1]}()` an `async def`, and {remedy}"
        yield self.finding(
            call.anchor,
            f"`{kind}.{call.method}()` is a coroutine that is not awaited, so {lost}; {remedy}",
            fix=Fix("Await it", (Edit(Span(start, start), "await "),), Applicability.UNSAFE)
            if call.location.coroutine
            else None,
        )


def _inspection(kind: str) -> str:
    return f"`NoInspectionAvailable: Inspection on an {kind} is currently not supported`"


def _instead(missing: str) -> str:
    if missing == "query":
        return "use `await session.execute(select(…))`"
    if missing == "execute":
        return "use `async with engine.begin() as connection: await connection.execute(…)`"
    return "do it in `await session.run_sync(…)`"


def _run_sync(call: ConsumerCall, context: Context) -> Fix | None:
    """``metadata.create_all(engine)`` as a transaction of its own, where it is a statement of a coroutine."""
    if not (call.statement and call.location.coroutine) or call.others:
        return None
    if call.given_class == orm.ASYNC_CONNECTION:
        text = f"await {call.given.text}.run_sync({call.callee.text})"
    else:
        source, start = call.anchor.source, call.anchor.span.start
        line = source.line_span(source.line_of(start))
        indent = source.text[line.start : start]
        if indent.strip() or source.text[call.anchor.span.end : line.end].strip().startswith(";"):
            return None
        name = "connection"
        while name in context.bound:
            name = f"_{name}"
        text = (
            f"async with {call.given.text}.begin() as {name}:{source.newline}"
            f"{indent}    await {name}.run_sync({call.callee.text})"
        )
    return Fix("Run it with `run_sync()`", (Edit(call.anchor.span, text),), Applicability.UNSAFE)
