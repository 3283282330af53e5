"""Engines and sessions that are handed around: dependencies, context managers, other modules, subclasses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project
from dbdriver_lint.settings.load import decode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dbdriver_lint.findings.model import Finding


@pytest.fixture
def lint(tmp_path: Path) -> Callable[..., list[Finding]]:
    """Lints one file of a project; ``files`` are its others."""

    def run(code: str, *select: str, files: dict[str, str] | None = None) -> list[Finding]:
        for name, text in {**(files or {}), "app/main.py": code, "pyproject.toml": ""}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        path = str(tmp_path / "app/main.py")
        settings = decode({"select": list(select)}, "the test", str(tmp_path))
        return list(check_source(path, code.encode(), settings, Project.for_path(path)).findings)

    return run


DB = """
from contextlib import asynccontextmanager, contextmanager
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker

engine = create_async_engine("postgresql+asyncpg://db.internal/app")
async_session = async_sessionmaker(engine)
old_session = sessionmaker(engine, class_=AsyncSession)
sync_session = sessionmaker(create_engine("postgresql+psycopg://db.internal/app"))


async def get_async_session():
    async with async_session() as session:
        yield session


def get_session():
    with sync_session() as session:
        yield session


@asynccontextmanager
async def unit_of_work():
    async with old_session.begin() as session:
        yield session
"""


@pytest.mark.parametrize(
    "code",
    [
        (
            "from fastapi import Depends\nfrom app.db import get_async_session\n"
            "async def route(session=Depends(get_async_session)):\n    session.commit()\n"
        ),
        (
            "from app.db import async_session\n"
            "async def save():\n    async with async_session() as session:\n        session.flush()\n"
        ),
        (
            "from app.db import async_session\n"
            "async def save():\n    async with async_session.begin() as session:\n        session.execute('x')\n"
        ),
        (
            "from app.db import unit_of_work\n"
            "async def save():\n    async with unit_of_work() as session:\n        session.refresh(1)\n"
        ),
        "from app.db import engine\nasync def stop():\n    engine.dispose()\n",
        (
            "from sqlmodel.ext.asyncio.session import AsyncSession\n"
            "async def save(session: AsyncSession | None, other: AsyncSession):\n    other.commit()\n"
        ),
    ],
)
def test_a_coroutine_of_a_session_from_anywhere_is_awaited(lint: Callable[..., list[Finding]], code: str) -> None:
    (finding,) = lint(code, "XDB306", files={"app/db.py": DB, "app/__init__.py": ""})
    assert "is not awaited" in finding.message


@pytest.mark.parametrize(
    "code",
    [
        (
            "from fastapi import Depends\nfrom app.db import get_session\n"
            "async def route(db=Depends(get_session)):\n    db.commit()\n"
        ),
        "from app.db import sync_session\nasync def f():\n    with sync_session() as session:\n        session.execute('x')\n",
        (
            "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n"
            "async def view():\n    return db.session.execute('x')\n"
        ),
    ],
)
def test_a_synchronous_session_in_a_coroutine_blocks(lint: Callable[..., list[Finding]], code: str) -> None:
    (finding,) = lint(code, "XDB307", files={"app/db.py": DB, "app/__init__.py": ""})
    assert "the event loop stands still" in finding.message


@pytest.mark.parametrize(
    "code",
    [
        "from app.db import async_session\nasync def f():\n    with async_session() as s:\n        pass\n",
        "from app.db import engine\ndef f():\n    with engine.begin() as c:\n        pass\n",
        "from app.db import sync_session\nasync def f():\n    async with sync_session() as s:\n        pass\n",
        "from app.db import engine, metadata\nmetadata.drop_all(bind=engine)\n",
        "from app.db import engine\ndef save(frame):\n    frame.to_sql('t', con=engine)\n",
        "from sqlalchemy import MetaData\nfrom app.db import engine\nMetaData().reflect(engine)\n",
        (
            "from sqlalchemy import MetaData, Table\nfrom app.db import engine\n"
            "Table('t', MetaData(), autoload_with=engine)\n"
        ),
        "from sqlalchemy.ext.asyncio import AsyncEngine\nasync def f(engine: AsyncEngine):\n    engine.execute('x')\n",
    ],
)
def test_what_an_async_object_does_not_support(lint: Callable[..., list[Finding]], code: str) -> None:
    (finding,) = lint(code, "XDB306", files={"app/db.py": DB, "app/__init__.py": ""})
    assert "raises" in finding.message


@pytest.mark.parametrize(
    "code",
    [
        (
            "from app.db import async_session\nfrom contextlib import AsyncExitStack\n"
            "async def f():\n    stack = AsyncExitStack()\n"
            "    session = await stack.enter_async_context(async_session())\n    await session.commit()\n"
        ),
        "from app.db import engine\nasync def f(c):\n    return await c.run_sync(lambda s: s.commit())\n",
        (
            "import asyncio\nfrom app.db import async_session\n"
            "async def f():\n    async with async_session() as s:\n        await asyncio.gather(s.commit(), s.close())\n"
        ),
        "from app.db import session_of_unknown_kind as session\nasync def f():\n    session.commit()\n",
        "class Session:\n    def commit(self):\n        ...\nasync def f(session: Session):\n    session.commit()\n",
        "import inspect\nfrom app.db import engine\nprint(inspect(engine) if callable(inspect) else None)\n",
        "from app.db import maybe\nwith maybe.connect() as c:\n    pass\n",
    ],
)
def test_what_is_not_known_is_silent(lint: Callable[..., list[Finding]], code: str) -> None:
    assert lint(code, "XDB304", "XDB306", "XDB307", files={"app/db.py": DB, "app/__init__.py": ""}) == []


STATE = """
import os
from contextlib import asynccontextmanager
from fastapi import Depends, FastAPI, Request
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

@asynccontextmanager
async def lifespan(app):
    engine = create_async_engine(os.environ["DATABASE_URL"])
    app.state.engine = engine
    app.state.session = async_sessionmaker(engine)
    app.state.database = {database}
    yield

def get_engine(request: Request):
    return request.app.state.engine

"""


TWICE = """
async def read(request):
    with request.app.state.engine.connect() as connection:
        pass

def main(app):
    app.state.engine = create_engine("sqlite://")
"""


@pytest.mark.parametrize(
    "code",
    [
        "async def read(request):\n    with request.app.state.engine.connect() as connection:\n        pass\n",
        "async def read(request):\n    with request.app.state.session() as session:\n        pass\n",
        "async def read(engine=Depends(get_engine)):\n    with engine.begin() as connection:\n        pass\n",
        "async def read(app):\n    app.state.engine.dispose()\n",
    ],
)
def test_what_the_state_of_an_application_holds(lint: Callable[..., list[Finding]], code: str) -> None:
    assert [finding.code for finding in lint(STATE.format(database="None") + code, "XDB306")] == ["XDB306"]


@pytest.mark.parametrize(
    "code",
    [
        "async def read(request):\n    async with request.app.state.engine.connect() as connection:\n        pass\n",
        "async def read(request):\n    with request.app.state.database.connect() as connection:\n        pass\n",
        "async def read(request):\n    with request.state.other.connect() as connection:\n        pass\n",
        TWICE,
    ],
)
def test_a_state_that_is_not_known_is_silent(lint: Callable[..., list[Finding]], code: str) -> None:
    assert lint(STATE.format(database="connect()") + code, "XDB306") == []
