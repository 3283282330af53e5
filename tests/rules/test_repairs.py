"""Small edits that several rules make: one more argument, a call in a thread."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbdriver_lint.cli import main

HEAD = (
    "from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine\n"
    "from sqlalchemy.orm import sessionmaker\n\n"
    'engine = create_async_engine("postgresql+asyncpg://app@db.internal/app")\n'
)


@pytest.fixture(autouse=True)
def _in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").touch()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("(engine)", "(engine, class_=AsyncSession)"),
        ("(bind=engine, )", "(bind=engine, class_=AsyncSession, )"),
        ("(\n    engine,\n)", "(\n    engine,\n    class_=AsyncSession,\n)"),
        ("(\n    engine\n)", "(\n    engine, class_=AsyncSession\n)"),
        (
            "(\n    engine,  # one\n    expire_on_commit=False,  # two\n    # three\n)",
            "(\n    engine,  # one\n    expire_on_commit=False,  # two\n    class_=AsyncSession,\n    # three\n)",
        ),
        ("(engine,  # one\n)", "(engine,  # one\nclass_=AsyncSession,\n)"),
        ("(\n    engine  # one\n)", "(\n    engine, class_=AsyncSession  # one\n)"),
        ("(engine, info={'é': ')'})", "(engine, info={'é': ')'}, class_=AsyncSession)"),
    ],
)
def test_one_more_argument(before: str, after: str, newline: str) -> None:
    Path("db.py").write_bytes(f"{HEAD}factory = sessionmaker{before}\n".replace("\n", newline).encode())
    main(["--select", "XDB304", "--fix", "db.py"])
    assert Path("db.py").read_bytes().decode() == f"{HEAD}factory = sessionmaker{after}\n".replace("\n", newline)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('command.upgrade(config, "head")', 'await asyncio.to_thread(command.upgrade, config, "head")'),
        (
            'command.upgrade(\n        config,\n        "head",\n    )',
            'await asyncio.to_thread(\n        command.upgrade,\n        config,\n        "head",\n    )',
        ),
        (
            'command.upgrade(  # now\n        config, "head"\n    )',
            'await asyncio.to_thread(command.upgrade,   # now\n        config, "head"\n    )',
        ),
    ],
)
def test_a_call_in_a_thread(before: str, after: str) -> None:
    head = "import asyncio\n\nfrom alembic import command\n\n\nasync def migrate(config):\n    "
    Path("app.py").write_text(f"{head}{before}\n")
    main(["--select", "XDB404", "--fix", "--unsafe-fixes", "app.py"])
    assert Path("app.py").read_text() == f"{head}{after}\n"
