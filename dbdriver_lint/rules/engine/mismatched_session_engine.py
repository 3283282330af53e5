"""XDB304: a session or session factory over an engine of the other kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis import orm
from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.repairs import add_argument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.session_facts import SessionCall
    from dbdriver_lint.rules.context import Context

_ASYNC = frozenset({orm.ASYNC_ENGINE, orm.ASYNC_CONNECTION})
_SYNC = frozenset({orm.SYNC_ENGINE, orm.SYNC_CONNECTION})
_ENGINES = (
    "from sqlalchemy.ext.asyncio import create_async_engine\n"
    "from sqlalchemy.orm import sessionmaker\n\n"
    'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app")\n'
)


class MismatchedSessionEngine(Rule):
    """A session and its engine are of different kinds: one is asynchronous, the other is not.

    ## What it does

    Finds, where the kind of the engine (or connection) is known:

    - `sessionmaker(async_engine)` and `Session(async_engine)`;
    - `async_sessionmaker(sync_engine)` and `AsyncSession(sync_engine)`;
    - `async_sessionmaker(engine, class_=Session)` and `sessionmaker(sync_engine, class_=AsyncSession)`;
    - a URL instead of an engine in any of them.

    `sessionmaker(async_engine, class_=AsyncSession)`, the way of SQLAlchemy 1.4, is fine, and so is a session
    over `async_engine.sync_engine`, which works under `run_sync`.

    ## Why is this bad?

    The factory is made when the module is imported, and it fails at the first request, often with a
    message about a context that has not been started, which points nowhere near the factory.

    ## What happens at run time

    | code | SQLAlchemy 2.0, 2.1 | 1.4 |
    |---|---|---|
    | `sessionmaker(async_engine)()`, `session.execute(…)` | `AsyncContextNotStarted: AsyncConnection context has not been started` | the same |
    | `async with sessionmaker(async_engine)()` | `TypeError: 'Session' object does not support the asynchronous context manager protocol` | the same |
    | `AsyncSession(sync_engine)`, `async_sessionmaker(sync_engine)()` | `ArgumentError: AsyncEngine expected, got Engine(…)` | the same; there is no `async_sessionmaker` |
    | `async_sessionmaker(async_engine, class_=Session)` | `AsyncContextNotStarted`, at the first query | – |
    | `AsyncSession("postgresql+asyncpg://…")` | `ArgumentError: AsyncEngine expected, got '…'` | the same |

    ## Fix safety

    Safe for `sessionmaker(async_engine)`: it could only fail. It becomes `async_sessionmaker`, or gets
    `class_=AsyncSession` where the project may run with SQLAlchemy 1.4. For a sync engine under an async
    session there is no fix here: the engine is what has to change.

    ## References

    - <https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#synopsis-orm>
    """

    code, name = "XDB304", "mismatched-session-engine"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = ("sessionmaker", "Session(", "AsyncSession")
    references = ("https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#synopsis-orm",)
    bad = (
        Bad(
            _ENGINES + "SessionLocal = sessionmaker(engine, expire_on_commit=False)\n",
            fixed=_ENGINES.replace("import create", "import async_sessionmaker, create")
            + "SessionLocal = async_sessionmaker(engine, expire_on_commit=False)\n",
            raises="AsyncContextNotStarted: AsyncConnection context has not been started",
            settings={"sqlalchemy-version": ">=2.0"},
        ),
        Bad(
            _ENGINES + "SessionLocal = sessionmaker(bind=engine)\n",
            fixed=_ENGINES.replace("import create", "import AsyncSession, create")
            + "SessionLocal = sessionmaker(bind=engine, class_=AsyncSession)\n",
            raises="AsyncContextNotStarted: AsyncConnection context has not been started",
            settings={"sqlalchemy-version": "~=1.4"},
        ),
        Bad(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.ext.asyncio import AsyncSession\n\n"
            'engine = create_engine("postgresql+psycopg://app@db.internal/app")\n'
            "session = AsyncSession(engine)\n",
            raises="ArgumentError: AsyncEngine expected, got Engine(",
        ),
        Bad(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.ext.asyncio import async_sessionmaker\n\n"
            'factory = async_sessionmaker(bind=create_engine("postgresql+psycopg://app@db.internal/app"))\n',
            raises="ArgumentError: AsyncEngine expected, got Engine(",
        ),
        Bad(
            "from sqlmodel import Session\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app")\n'
            "session = Session(engine)\n",
            raises="AsyncContextNotStarted: AsyncConnection context has not been started",
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine\n"
            "from sqlalchemy.orm import Session\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app")\n'
            "factory = async_sessionmaker(engine, class_=Session)\n",
            raises="AsyncContextNotStarted: AsyncConnection context has not been started",
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import AsyncSession\n\n"
            'session = AsyncSession("postgresql+asyncpg://app:secret@db.internal/app")\n',
            raises="ArgumentError: AsyncEngine expected, got",
        ),
    )
    good = (
        Good(
            "from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine\n"
            "from sqlalchemy.orm import sessionmaker\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app")\n'
            "factory = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)\n"
        ),
        Good(
            "from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine\n"
            "from sqlalchemy.orm import Session, sessionmaker\n\n\n"
            "class OurSession(AsyncSession):\n    pass\n\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app")\n'
            "factory = sessionmaker(engine, class_=OurSession)\n"
            "inside_run_sync = Session(engine.sync_engine)\n"
        ),
        Good(
            "from app.sessions import Session, sessionmaker\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app")\n'
            "factory = sessionmaker(engine)\n"
            "session = Session(engine)\n"
        ),
        Good(
            "from sqlalchemy.ext.asyncio import AsyncSession\n\n\n"
            "def make(engine=None, **options):\n"
            "    return AsyncSession(engine, **options)\n"
        ),
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n"
            "from sqlalchemy.orm import sessionmaker\n"
            "from app.db import options\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app")\n'
            "factory = sessionmaker(engine, **options)\n"
        ),
    )

    def on_session(self, call: SessionCall, context: Context) -> Iterable[Draft]:
        """A session or factory with what it is bound to and what it makes."""
        is_async_maker = ".ext.asyncio." in call.function
        maker = call.function.removesuffix(".configure").rpartition(".")[2]
        given = call.class_argument
        if given is not None and call.session_class == orm.SYNC_SESSION and is_async_maker:
            yield self.finding(
                given.whole,
                f"Sessions of this `{maker}` are synchronous, so the first query raises "
                "`AsyncContextNotStarted: AsyncConnection context has not been started`; leave `class_` out",
            )
            return
        if call.bind is None or call.bind_class is None or call.session_class is None:
            return
        if call.session_class == orm.ASYNC_SESSION and call.bind_class not in _ASYNC:
            got = "a URL" if call.bind_class == orm.TEXT else f"`{call.bind_class.rpartition('.')[2]}`"
            when = "" if maker == "AsyncSession" else " at the first session"
            yield self.finding(
                call.bind.anchor,
                f"`{maker}` wants an `AsyncEngine` and gets {got}: it raises `ArgumentError: AsyncEngine expected`{when}; "
                "give it what `create_async_engine()` returns",
                related=call.bind.value.steps,
            )
        elif call.session_class == orm.SYNC_SESSION and call.bind_class in _ASYNC:
            yield self.finding(
                call.bind.anchor,
                f"`{maker}` over an asynchronous engine fails at the first query with `AsyncContextNotStarted: "
                "AsyncConnection context has not been started`, and in `async with` with a `TypeError`; "
                f"use `{_counterpart(maker, context)}`",
                related=call.bind.value.steps,
                fix=_fix(call, context),
            )


def _counterpart(maker: str, context: Context) -> str:
    if maker == "Session":
        return "AsyncSession"
    old = context.dependencies.sqlalchemy.may_be_below((2, 0))
    return "sessionmaker(…, class_=AsyncSession)" if old else "async_sessionmaker"


def _fix(call: SessionCall, context: Context) -> Fix | None:
    if call.function != orm.SYNC_FACTORY:
        return None
    if context.dependencies.sqlalchemy.may_be_below((2, 0)):
        name, imports = context.local_name("sqlalchemy.ext.asyncio", "AsyncSession")
        edit = add_argument(call.anchor, f"class_={name}")
        return Fix("Make the sessions asynchronous", (edit,), Applicability.SAFE, imports)
    if "[" in call.callee.text:
        return None  # sessionmaker[Session](…)
    name, imports = context.local_name("sqlalchemy.ext.asyncio", "async_sessionmaker")
    return Fix("Use `async_sessionmaker`", (Edit(call.callee.span, name),), Applicability.SAFE, imports)
