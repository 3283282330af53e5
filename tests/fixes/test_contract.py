"""The contract of fixes with the real linter and real files: what is repaired, kept, refused and told."""

from __future__ import annotations

import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from dbdriver_lint.cli import main

ENGINE = (
    "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
    'engine = create_async_engine("postgresql+psycopg2://app:secret@db.internal/app")\n'
)
FIXED = ENGINE.replace("psycopg2", "asyncpg")
SELECT = ("--select", "sync-driver-in-async-engine", "--unsafe-fixes")


@pytest.fixture(autouse=True)
def _in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").touch()


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    pass\nexcept OSError :\n    pass\n" + ENGINE,
        pytest.param(
            ENGINE + 'print(f"{engine!s  }")\n',
            marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="no Python code"),
        ),
        ENGINE.removesuffix("\n") + "\r",
        ENGINE.replace("\nengine", "\n\x0cengine"),
    ],
    ids=["except", "conversion", "carriage-return", "form-feed"],
)
def test_a_file_that_libcst_does_not_give_back(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("db.py")
    path.write_bytes(code.encode())
    assert main([*SELECT, "--fix", "db.py"]) == 0
    assert capsys.readouterr().err == ""
    assert path.read_bytes() == code.replace("psycopg2", "asyncpg").encode()


def test_mode_encoding_mark_and_line_endings_stay() -> None:
    path = Path("db.py")
    text = "# -*- coding: utf-8 -*-\n" + ENGINE + "name = 'caf\u00e9'\t\n\x0c\nx = 1"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    path.chmod(0o750)
    assert main([*SELECT, "--fix", "db.py"]) == 0
    expected = text.replace("psycopg2", "asyncpg").replace("\n", "\r\n")
    assert path.read_bytes() == b"\xef\xbb\xbf" + expected.encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o750


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_file_with_two_names(jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("db.py").write_text(ENGINE)
    Path("other.py").symlink_to("db.py")
    assert main([*SELECT, "--fix", "--jobs", jobs, "db.py", "other.py"]) == 0
    assert capsys.readouterr().err == ""
    assert Path("other.py").is_symlink()
    assert Path("db.py").read_text() == FIXED


def test_a_file_that_somebody_saves_meanwhile(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path("db.py")
    path.write_text(ENGINE)
    synchronise = os.fsync

    def save(descriptor: int) -> None:
        synchronise(descriptor)
        thread = threading.Thread(target=path.write_text, args=("saved = 1\n",))
        thread.start()
        thread.join()

    monkeypatch.setattr(os, "fsync", save)
    assert main([*SELECT, "--fix", "db.py"]) == 2
    out, err = capsys.readouterr()
    assert "changed while it was being linted" in err
    assert "fixed" not in out
    assert path.read_text() == "saved = 1\n"


def test_fixes_of_several_rules_at_one_place_combine(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("db.py")
    path.write_text(
        "import os\n\n"
        "from sqlalchemy.ext.asyncio import create_async_engine\n"
        "from sqlalchemy.pool import QueuePool\n\n"
        'engine = create_async_engine(os.getenv("DATABASE_URL", "postgres://app@db/app"), poolclass=QueuePool)\n'
    )
    Path("pyproject.toml").write_text('[tool.dbdriver-lint]\nsqlalchemy-version = "2.0"\n')
    assert main(["--fix", "--unsafe-fixes", "--show-fixes", "db.py"]) == 0
    assert path.read_text() == (
        "import os\n\n"
        "from dbdriver_lint.runtime import transform_url_for_driver\n"
        "from sqlalchemy.ext.asyncio import create_async_engine\n"
        "from sqlalchemy.pool import AsyncAdaptedQueuePool, QueuePool\n\n"
        'engine = create_async_engine(transform_url_for_driver(os.getenv("DATABASE_URL", "postgresql://app@db/app"), '
        '"asyncpg", ssl=None), poolclass=AsyncAdaptedQueuePool)\n'
    )
    out = capsys.readouterr().out
    assert "Fixed 4 findings:\n- db.py:\n    1 × XDB102\n    1 × XDB103\n    1 × XDB106\n    1 × XDB303\n" in out
    assert "(4 fixed, 0 remaining)" in out


def test_what_is_meant_for_one_driver_is_not_given_to_another() -> None:
    path = Path("migrations/env.py")
    path.parent.mkdir()
    path.write_text(
        "import asyncio\n\n"
        "from alembic import context\n"
        "from sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
        "async def migrate():\n"
        "    engine = create_async_engine(\n"
        '        "postgresql+asyncpg://app:secret@pooler.internal:6543/app",\n'
        "        echo=True,\n"
        "    )\n"
        "    async with engine.connect() as connection:\n"
        "        await connection.run_sync(run)\n\n\n"
        "def run(connection):\n"
        "    context.configure(connection=connection)\n"
        "    context.run_migrations()\n\n\n"
        "asyncio.run(migrate())\n"
    )
    assert main(["--select", "XDB205,XDB409", "--fix", "--unsafe-fixes", str(path)]) == 0
    fixed = path.read_text()
    assert "    engine = create_engine(\n" in fixed
    assert '"postgresql+psycopg2", ssl=None),\n        echo=True,\n    )\n' in fixed
    assert "connect_args" not in fixed


def test_what_is_counted_is_what_was_applied(capsys: pytest.CaptureFixture[str]) -> None:
    Path("db.py").write_text(ENGINE + 'b = create_async_engine("postgres://app@db/app")\n')
    assert main(["--select", "XDB102,XDB103", "--fix", "--show-fixes", "db.py"]) == 1
    out = capsys.readouterr().out
    assert "Fixed 1 finding:\n- db.py:\n    1 × XDB102\n" in out
    assert "Found 3 findings in 1 file of 1 (1 fixed, 2 remaining)." in out


def test_diff_agrees_with_what_fix_writes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Path("db.py").write_text(ENGINE)
    assert main([*SELECT, "--diff", "--fix-only", "db.py"]) == 1
    diff = capfdbinary.readouterr().out
    assert Path("db.py").read_text() == ENGINE
    assert [line for line in diff.splitlines() if line[:1] in b"+-" and line[:3] not in (b"+++", b"---")] == [
        b'-engine = create_async_engine("postgresql+psycopg2://app:secret@db.internal/app")',
        b'+engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app")',
    ]
    assert main([*SELECT, "--fix-only", "db.py"]) == 0
    assert Path("db.py").read_text() == FIXED
    assert main([*SELECT, "--diff", "db.py"]) == 0
