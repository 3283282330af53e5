"""Pipes and devices where a file is looked for, files of any size, and files that are others too."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from dbdriver_lint import linter
from dbdriver_lint.cli import main
from dbdriver_lint.fixes.write import write_atomically
from dbdriver_lint.project import forget, manifests
from dbdriver_lint.project.dependencies import read_dependencies
from dbdriver_lint.settings import load
from dbdriver_lint.source import notebook

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices")

SECONDS = 120
ENGINE = 'from sqlalchemy import create_engine\n\ncreate_engine("postgres://db.internal/app")\n'
APP = (
    "import os\nfrom settings import URL\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
    'create_async_engine(os.environ["DATABASE_URL"])\ncreate_async_engine(URL)\n'
)
NAMES = (
    *(".gitignore", ".env", "compose.yaml", "alembic.ini", "requirements.txt", "uv.lock", "Pipfile", "setup.py"),
    *("pyproject.toml", "dbdriver-lint.toml", "settings.py", "migrations/env.py", "dbdriver-baseline.json"),
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("migrations/versions").mkdir(parents=True)
    Path("app.py").write_text(APP)
    Path("db.py").write_text(ENGINE)
    Path("alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    Path("migrations/versions/first.py").write_text(
        "from alembic import op\n\n\nasync def upgrade():\n    await op.execute('x')\n"
    )
    Path("pyproject.toml").write_text("[tool.dbdriver-lint]\nselect = ['all']\n")
    forget()
    return tmp_path


@contextlib.contextmanager
def in_time() -> Iterator[None]:
    """Whoever waits for a pipe needs no time of the processor."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_is_not_read(name: str, kind: str, project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A pipe would keep the linter waiting, and `/dev/zero` has no end. Some tools make `.env` a pipe."""
    Path(name).unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(name)
    elif kind == "device":
        Path(name).symlink_to("/dev/zero")
    else:
        Path(name).mkdir()
    options = ["--baseline=dbdriver-baseline.json"] if name == "dbdriver-baseline.json" else []
    with in_time():
        code = main(["check", "--select=all", "--no-cache", "--jobs=1", "--output-format=concise", *options, "."])
        _, err = capfd.readouterr()
        main(["engines", "."])
        main(["doctor", "--project"])
    assert "Traceback" not in err
    assert code == (2 if options else 1)
    assert err.count("dbdriver-baseline.json: the baseline cannot be read") == len(options)


@pytest.mark.parametrize("name", ["pyproject.toml", "dbdriver-lint.toml"])
def test_settings_that_are_too_large(name: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "[tool.dbdriver-lint]\nselect = [" if name == "pyproject.toml" else "select = ["
    Path(name).write_text(text + '"XDB101",' * 1_000 + "]\n")
    with mock.patch.object(load, "MAX_BYTES", 9_000):
        assert main(["check", "--no-cache", "."]) == 2
    assert capsys.readouterr().err.count(f"{name}: is larger than 9,000 bytes") == 1


def test_dependencies_that_are_too_many(project: Path) -> None:
    Path("requirements.txt").write_text("sqlalchemy>=2\n" * 1_000)
    with mock.patch.object(manifests, "MAX_BYTES", 9_000):
        dependencies = read_dependencies(project)
    (warning,) = dependencies.warnings
    assert (warning.path, warning.reason) == ("requirements.txt", "larger than 9,000 bytes")
    assert not dependencies.complete


def test_what_cannot_be_read_of_dependencies_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one.py", "two.py"):
        Path(name).write_text('from sqlalchemy import create_engine\nengine = create_engine("sqlite:///:memory:")\n')
    Path("uv.lock").write_text("version = 1\n" * 1_000)
    Path("requirements.txt").write_text("sqlalchemy>=2\n= broken\n")
    told = [
        "warning: requirements.txt:2: not a requirement; what it declares is not known",
        "warning: uv.lock:1: larger than 9,000 bytes; what it declares is not known",
    ]
    with mock.patch.object(manifests, "MAX_BYTES", 9_000):
        for cache in ("--no-cache", "--cache-dir=.cache", "--cache-dir=.cache"):
            assert main(["check", cache, "one.py", "two.py"]) == 0
            out, err = capsys.readouterr()
            assert sorted(err.splitlines()) == told  # once for both files, and as before where nothing has changed
            assert out == "All checks passed (2 files).\n"


def test_a_notebook_that_is_too_large(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def cells(code: str) -> str:
        output = {"output_type": "stream", "text": ["x\n"] * 2_000}
        return json.dumps({"cells": [{"cell_type": "code", "source": code, "metadata": {}, "outputs": [output]}]})

    Path("telling.ipynb").write_text(cells(ENGINE))
    Path("other.ipynb").write_text(cells("print('https://example.com')\n"))
    command = ["check", "--select=XDB102,XDB902", "--no-cache", "--fix", "--output-format=concise"]
    before = Path("telling.ipynb").read_bytes()
    with mock.patch.object(notebook, "MAX_BYTES", 9_000):
        assert main([*command, "telling.ipynb", "other.ipynb"]) == 1
    out = capsys.readouterr().out
    assert out.count("XDB902") == 1
    assert "telling.ipynb:1:1: XDB902" in out
    assert "a notebook of more than 9,000 bytes; clear its outputs" in out
    assert Path("telling.ipynb").read_bytes() == before


def test_a_module_that_is_too_long(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("long.py").write_text(ENGINE + "x = 1\n" * 2_000)
    Path("data.py").write_text("x = 'https://example.com'\n" * 1_000)
    with mock.patch.object(linter, "MAX_LENGTH", 9_000):
        assert main(["check", "--select=XDB102,XDB902", "--no-cache", "--output-format=concise", "--fix", "."]) == 1
    out = capsys.readouterr().out
    assert "long.py:1:1: XDB902 This file was not linted: it has more than 9,000 characters" in out
    assert out.count("XDB902") == 1
    assert Path("long.py").read_text().startswith(ENGINE)
    assert "postgresql://" in Path("db.py").read_text()


def test_a_file_with_a_name_outside_is_written_here_only(project: Path) -> None:
    """What leads to the same bytes from elsewhere, as a package manager's store does, keeps the old ones."""
    outside = project.parent / f"{project.name}-outside.py"
    outside.write_text(ENGINE)
    Path("db.py").unlink()
    os.link(outside, "db.py")
    assert main(["check", "--select=XDB102", "--no-cache", "--fix", "db.py"]) == 0
    assert "postgresql://" in Path("db.py").read_text()
    assert outside.read_text() == ENGINE
    write_atomically("db.py", Path("db.py").read_bytes(), b"other")
    assert outside.read_text() == ENGINE


def test_a_cache_that_leads_elsewhere_is_not_written(project: Path) -> None:
    victim = project.parent / f"{project.name}-victim"
    victim.write_text("mine\n")
    command = ["check", "--select=XDB102", "db.py"]
    assert main(command) == 1
    kept = [path for path in Path(".dbdriver-lint-cache").rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        path.unlink()
        path.symlink_to(victim)
    Path("db.py").write_text(ENGINE + "\n")
    assert main(command) == 1
    assert victim.read_text() == "mine\n"
