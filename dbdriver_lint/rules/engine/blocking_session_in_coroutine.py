"""XDB307: a synchronous session in a coroutine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.session_facts import SessionUse
    from dbdriver_lint.rules.context import Context


class BlockingSessionInCoroutine(Rule):
    """A coroutine queries the database through a synchronous session.

    ## What it does

    Finds, once for each session in an `async def`, calls of `execute`, `scalars`, `scalar`, `query`, `exec`,
    `get`, `commit`, `flush`, `refresh` and `merge` on what is known to be a synchronous `Session`: a parameter
    that is annotated so (`Session`, `Annotated[Session, Depends(...)]`), a FastAPI dependency that yields one, a
    session of a `sessionmaker`, Flask-SQLAlchemy's `db.session`. What happens in a nested plain function or a
    lambda (`run_sync`, `run_in_threadpool`) is not the coroutine's doing.

    ## Why is this bad?

    Until the database answers, the event loop does nothing else: no other request, no health check, no
    timeout. It shows only under load.

    ## What happens at run time

    Nothing fails, under any version of SQLAlchemy. Five requests of 0.4 s each take 2 s instead of 0.5 s.

    ## Fix safety

    There is no automatic fix. In FastAPI a plain `def` route runs in a thread; otherwise use `AsyncSession`,
    or `await asyncio.to_thread(…)` around the whole piece of work.

    ## References

    - <https://fastapi.tiangolo.com/async/>
    """

    code, name = "XDB307", "blocking-session-in-coroutine"
    group, severity, since = Group.PEDANTIC, Severity.WARNING, "0.1.0"
    needles = ("async def",)
    in_tests = False
    references = ("https://fastapi.tiangolo.com/async/",)
    bad = (
        Bad(
            "from sqlalchemy import text\n"
            "from sqlalchemy.orm import Session\n\n\n"
            "async def check(session: Session):\n"
            '    return session.scalars(text("select 1")).all()\n'
        ),
        Bad(
            "from typing import Annotated\n\n"
            "from fastapi import Depends\n"
            "from sqlalchemy import text\n"
            "from sqlmodel import Session\n\n"
            "from app.db import get_session\n\n"
            "SessionDep = Annotated[Session, Depends(get_session)]\n\n\n"
            "async def check(session: SessionDep):\n"
            '    session.execute(text("select 1"))\n'
            "    session.commit()\n"
        ),
        Bad(
            "from sqlalchemy import create_engine, text\n"
            "from sqlalchemy.orm import sessionmaker\n\n"
            'SessionLocal = sessionmaker(create_engine("postgresql+psycopg2://app@db.internal/app"))\n\n\n'
            "async def check():\n"
            "    with SessionLocal() as session:\n"
            '        return session.execute(text("select 1")).all()\n'
        ),
    )
    good = (
        Good(
            "from sqlalchemy import select\n"
            "from sqlalchemy.ext.asyncio import AsyncSession\n\n"
            "from app.models import User\n\n\n"
            "async def users(session: AsyncSession):\n"
            "    return (await session.scalars(select(User))).all()\n"
        ),
        Good(
            "from sqlalchemy.orm import Session\n\n\n"
            "def users(session: Session):\n"
            "    return session.execute()\n\n\n"
            "async def work(session: Session, run_in_threadpool):\n"
            "    await run_in_threadpool(lambda: session.commit())\n\n"
            "    def blocking():\n"
            "        session.commit()\n\n"
            "    await run_in_threadpool(blocking)\n"
        ),
        Good("async def users(session):\n    return session.execute()\n"),
    )

    def on_session_use(self, use: SessionUse, context: Context) -> Iterable[Draft]:
        """The first use of a session in a coroutine."""
        times = "once more" if use.count == 2 else f"{use.count - 1} more times"
        more = f" (and {times} in `{use.function}`)" if use.count > 1 else ""
        yield self.finding(
            use.anchor,
            f"`{use.session}.{use.method}()` is synchronous{more}: the event loop stands still until the database answers; "
            "use an `AsyncSession`, make the route a plain `def`, or use `await asyncio.to_thread(…)`",
        )
