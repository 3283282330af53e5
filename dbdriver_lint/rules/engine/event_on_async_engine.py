"""XDB305: a listener that asynchronous objects refuse, or that never runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis import orm
from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.repairs import remove_keyword
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.session_facts import ListenerCall
    from dbdriver_lint.rules.context import Context

_SYNC_OF = {
    orm.ASYNC_ENGINE: "sync_engine",
    orm.ASYNC_CONNECTION: "sync_connection",
    orm.ASYNC_SESSION: "sync_session",
}
_ENGINE = (
    "from sqlalchemy import event\n"
    "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
    'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app")\n\n\n'
)


class EventOnAsyncEngine(Rule):
    """An event listener is registered for an asynchronous object, or is itself a coroutine function.

    ## What it does

    Finds `event.listen(…)` and `@event.listens_for(…)`

    - on an async engine, connection, session or session factory, which SQLAlchemy refuses;
    - with an `async def` listener, on whatever target: it never runs;
    - on `async_engine.sync_engine` where the listener acts only if
      `isinstance(connection, sqlite3.Connection)`, which is never true under aiosqlite.

    ## Why is this bad?

    The first kind stops the program when it starts. The other two are silent: `PRAGMA foreign_keys=ON`, the
    search path or the audit line are simply not there, in one known project for every release of five
    months.

    ## What happens at run time

    | code | SQLAlchemy 1.4, 2.0, 2.1 |
    |---|---|
    | `event.listen(async_engine, "connect", f)` | `NotImplementedError: asynchronous events are not implemented at this time.` |
    | `event.listen(AsyncSession, "after_commit", f)`, on an `async_sessionmaker` | `InvalidRequestError: No such event 'after_commit' for target …` |
    | `async def` listener | nothing runs; `RuntimeWarning: coroutine … was never awaited` |
    | `isinstance(connection, sqlite3.Connection)` under aiosqlite | `False` |

    ## Fix safety

    Safe: `.sync_engine` (`.sync_connection`, `.sync_session`) is added to the target, and an `async def`
    listener that awaits nothing becomes a plain function. A listener that does await has no fix: use the
    connection's `run_async()`, or do the work elsewhere.

    ## References

    - <https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-events-with-the-asyncio-extension>
    """

    code, name = "XDB305", "event-on-async-engine"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = ("listens_for", "event.listen", "sqlalchemy.event", "sqlalchemy import event")
    references = (
        "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-events-with-the-asyncio-extension",
    )
    bad = (
        Bad(
            _ENGINE + '@event.listens_for(engine, "connect")\n'
            'def set_search_path(connection, record):\n    connection.cursor().execute("set search_path to app")\n',
            fixed=_ENGINE + '@event.listens_for(engine.sync_engine, "connect")\n'
            'def set_search_path(connection, record):\n    connection.cursor().execute("set search_path to app")\n',
            raises="NotImplementedError: asynchronous events are not implemented at this time.",
        ),
        Bad(
            _ENGINE + "def log(connection, cursor, statement, *rest):\n    print(statement)\n\n\n"
            'event.listen(engine, "before_cursor_execute", log)\n',
            fixed=_ENGINE + "def log(connection, cursor, statement, *rest):\n    print(statement)\n\n\n"
            'event.listen(engine.sync_engine, "before_cursor_execute", log)\n',
            raises="NotImplementedError: asynchronous events are not implemented at this time.",
        ),
        Bad(
            _ENGINE + '@event.listens_for(engine.sync_engine, "connect")\n'
            'async def on_connect(connection, record):\n    record.info["app"] = True\n',
            fixed=_ENGINE + '@event.listens_for(engine.sync_engine, "connect")\n'
            'def on_connect(connection, record):\n    record.info["app"] = True\n',
        ),
        Bad(
            "from sqlalchemy import event\n"
            "from sqlalchemy.ext.asyncio import AsyncSession\n\n\n"
            'def after(session):\n    print("committed")\n\n\n'
            'event.listen(AsyncSession, "after_commit", after)\n',
            raises="InvalidRequestError: No such event 'after_commit' for target",
        ),
        Bad(
            "import sqlite3\n\n"
            "from sqlalchemy import event\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("sqlite+aiosqlite:///app.db")\n\n\n'
            '@event.listens_for(engine.sync_engine, "connect")\n'
            "def foreign_keys(connection, record):\n"
            "    if isinstance(connection, sqlite3.Connection):\n"
            '        connection.execute("PRAGMA foreign_keys=ON")\n',
        ),
    )
    good = (
        Good(
            _ENGINE + '@event.listens_for(engine.sync_engine, "connect")\n'
            'def set_search_path(connection, record):\n    connection.cursor().execute("set search_path to app")\n'
        ),
        Good(
            "import sqlite3\n\n"
            "from sqlalchemy import Engine, event\n\n\n"
            '@event.listens_for(Engine, "connect")\n'
            "def foreign_keys(connection, record):\n"
            "    if isinstance(connection, sqlite3.Connection):\n"
            '        connection.execute("PRAGMA foreign_keys=ON")\n'
        ),
        Good(
            "from app.listeners import LISTENERS\n"
            "from sqlalchemy import event\n"
            "from sqlalchemy.ext.asyncio import AsyncSession\n\n"
            "for name, function in LISTENERS.items():\n"
            "    if hasattr(AsyncSession, name):\n"
            "        event.listen(AsyncSession, name, function)\n"
        ),
        Good(
            "from app.bus import event\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app")\n\n\n'
            '@event.listens_for(engine, "connect")\n'
            'async def on_connect(bus):\n    await bus.send("connected")\n'
        ),
        Good(
            "from sqlalchemy import event\n"
            "from sqlalchemy.ext.asyncio import async_sessionmaker\n"
            "from sqlalchemy.orm import Session\n\n\n"
            "class TrackedSession(Session):\n    pass\n\n\n"
            "factory = async_sessionmaker(sync_session_class=TrackedSession)\n\n\n"
            '@event.listens_for(TrackedSession, "after_commit")\n'
            'def after(session):\n    print("committed")\n'
        ),
    )

    def on_listener(self, call: ListenerCall, context: Context) -> Iterable[Draft]:
        """A listener with its target."""
        if call.target_class in _SYNC_OF and not call.is_class:
            yield self._refused(call, _SYNC_OF[call.target_class])
        elif call.event is None:
            pass  # whoever computes the name may have asked the class for it
        elif call.target_class in (orm.ASYNC_SESSION, orm.ASYNC_FACTORY, orm.ASYNC_SCOPED_SESSION):
            yield self.finding(
                call.target,
                f"`{call.target_class.rpartition('.')[2]}` has no events: this raises `InvalidRequestError: No such event`; "
                "listen to `sqlalchemy.orm.Session`, or to a class of your own that is given as `sync_session_class`",
            )
        elif call.target_class == orm.ASYNC_ENGINE:
            yield self.finding(
                call.target,
                "The class `AsyncEngine` has no events: this raises `NotImplementedError: asynchronous events are not "
                "implemented at this time`; listen to `sqlalchemy.engine.Engine`",
            )
        if call.asynchronous is not None:
            fix = None
            if not call.has_awaits:
                edit = remove_keyword(call.asynchronous)
                fix = Fix("Make the listener a plain function", (edit,), Applicability.SAFE)
            yield self.finding(
                call.asynchronous,
                f"Events are called synchronously, so `{call.listener}` only makes a coroutine and never runs; "
                "make it a plain `def`" + (" and move what it awaits elsewhere" if call.has_awaits else ""),
                fix=fix,
            )
        if call.dead_test is not None:
            yield self.finding(
                call.dead_test,
                "This is never true for an async engine, whose connections are adapters "
                "(`AsyncAdapt_aiosqlite_connection`), so the listener does nothing; "
                'test `engine.url.get_backend_name() == "sqlite"` instead',
            )

    def _refused(self, call: ListenerCall, attribute: str) -> Draft:
        end = call.target.span.end
        return self.finding(
            call.target,
            "This raises `NotImplementedError: asynchronous events are not implemented at this time`; "
            f"listen to `{call.target.text}.{attribute}`",
            fix=Fix(f"Listen to `.{attribute}`", (Edit(Span(end, end), f".{attribute}"),), Applicability.SAFE),
        )
