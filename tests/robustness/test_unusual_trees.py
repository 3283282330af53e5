"""Folders that are closed, vanish or lead in circles, and files that change: told once, and the rest is linted."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dbdriver_lint import run
from dbdriver_lint.cli import main
from dbdriver_lint.project import forget

if TYPE_CHECKING:
    from collections.abc import Iterator

BAD = 'from sqlalchemy import create_engine\n\ncreate_engine("postgres://db.internal/app")\n'
OPTIONS = ("check", "--select=XDB102,XDB902", "--no-cache", "--jobs=1", "--output-format=concise")
NOBODY = 65534

Said = tuple[int, list[str], str]
"""Exit code, the places and codes of the findings, and what went to standard error."""


def lint(*arguments: str, options: tuple[str, ...] = OPTIONS) -> Said:
    forget()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([*options, *arguments])
    found = [" ".join(line.split()[:2]) for line in out.getvalue().splitlines() if " XDB" in line]
    return code, found, err.getvalue()


def write(*names: str) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(BAD)


@pytest.fixture(params=["git", "plain"])
def tree(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that others may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="dbdriver-lint-"))
    folder.chmod(0o755)
    monkeypatch.chdir(folder)
    if request.param == "git":
        subprocess.run(["git", "-c", "init.defaultBranch=main", "init", "-q"], check=True)
    Path("pyproject.toml").touch()
    yield folder
    for here, directories, _ in os.walk(folder):
        for name in directories:
            Path(here, name).chmod(0o755)
    shutil.rmtree(folder)


def as_somebody_else(*arguments: str, options: tuple[str, ...] = OPTIONS) -> Said:
    """What a process says that has no more rights than anyone; permissions do not stop the superuser."""
    if os.geteuid() != 0:
        return lint(*arguments, options=options)
    lint(
        *arguments, "--diff", options=options
    )  # imports all that it needs, which the other user may not be able to read
    for here, directories, files in os.walk("."):
        for name in (*directories, *files):
            os.chown(Path(here, name), NOBODY, NOBODY)
    os.chown(".", NOBODY, NOBODY)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(writing, pickle.dumps(lint(*arguments, options=options)))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        data = stream.read()
    os.waitpid(child, 0)
    said: Said = pickle.loads(data)
    return said


@pytest.mark.skipif(not hasattr(os, "fork"), reason="other permissions")
def test_closed_folders_and_files(tree: Path) -> None:
    write("a.py", "closed/b.py", "listed/c.py", "hidden/d.py", "secret.py")
    Path("closed").chmod(0)
    Path("listed").chmod(0o444)  # names can be read, nothing behind them
    Path("hidden").chmod(0o111)  # the other way round
    Path("secret.py").chmod(0)
    code, found, err = as_somebody_else(".")
    assert code == 2
    assert found[0] == "a.py:3:16: XDB102"
    assert "secret.py:1:1: XDB902" in found
    assert not any("b.py" in each or "d.py" in each for each in found)
    assert "closed: directory not searched: permission denied" in err
    assert "hidden: directory not searched: permission denied" in err
    assert err.count("closed") == 1
    assert "Traceback" not in err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="other permissions")
def test_a_closed_folder_that_is_named(tree: Path) -> None:
    write("a.py", "closed/b.py")
    Path("closed").chmod(0)
    code, found, err = as_somebody_else("closed", "closed/b.py", "a.py")
    assert (code, found) == (2, ["a.py:3:16: XDB102"])
    assert err.splitlines() == [
        "error: closed: directory not searched: permission denied",
        "error: closed/b.py: permission denied",
    ]
    Path("pyproject.toml").unlink()  # the folder itself is the root of its project
    with_cache = tuple(option for option in OPTIONS if option != "--no-cache")
    code, found, err = as_somebody_else("closed", options=with_cache)
    assert (code, found) == (2, [])
    assert err.splitlines() == ["error: closed: directory not searched: permission denied"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="other permissions")
def test_a_closed_module_beside_the_file(tree: Path) -> None:
    Path("app.py").write_text("from settings import URL\nfrom package.urls import OTHER\n" + BAD)
    write("settings.py", "package/urls.py", "package/__init__.py")
    Path("settings.py").chmod(0)
    Path("package").chmod(0)
    assert as_somebody_else("app.py") == (1, ["app.py:5:16: XDB102"], "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="other permissions")
def test_a_closed_folder_is_not_repaired_and_the_rest_is(tree: Path) -> None:
    write("a.py", "fixed/b.py")
    Path("fixed").chmod(0o555)
    code, _, err = as_somebody_else("--fix", ".")
    assert "postgresql://" in Path("a.py").read_text()
    assert code == 2
    assert err.count("fixed/b.py could not be written") == 1
    assert list(Path("fixed").iterdir()) == [Path("fixed/b.py")]


def test_a_folder_that_vanishes_while_it_is_searched(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.py", "gone/b.py", "gone/deeper/c.py", "there/d.py")
    scandir = os.scandir

    def vanishing(path: str = ".") -> object:
        if isinstance(path, str) and os.path.basename(path) == "gone":
            shutil.rmtree("gone", ignore_errors=True)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", vanishing)
    code, found, err = lint("--no-respect-gitignore", ".")
    assert found == ["a.py:3:16: XDB102", "there/d.py:3:16: XDB102"]
    assert code == 2
    assert "gone: directory not searched: no such file or directory" in err


def test_a_folder_that_vanishes_before_it_is_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.py", "gone/b.py", "there/d.py")
    read = run.read_regular

    def vanishing(path: str) -> bytes:
        shutil.rmtree("gone", ignore_errors=True)
        return read(path)

    monkeypatch.setattr(run, "read_regular", vanishing)
    assert lint(".") == (1, ["a.py:3:16: XDB102", "gone/b.py:1:1: XDB902", "there/d.py:3:16: XDB102"], "")


def test_a_file_that_becomes_something_else(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.py", "b.py", "c.py")
    read = run.read_regular

    def changing(path: str) -> bytes:
        if path == "a.py":
            Path("b.py").unlink()
            Path("b.py").mkdir()
            Path("c.py").unlink()
            os.mkfifo("c.py")
        return read(path)

    monkeypatch.setattr(run, "read_regular", changing)
    assert lint(".") == (1, ["a.py:3:16: XDB102", "b.py:1:1: XDB902", "c.py:1:1: XDB902"], "")


def test_a_file_that_is_cut_while_it_is_linted(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes that were read are the ones that are linted; the repair sees that the file has others now."""
    write("a.py")
    read = run.read_regular

    def cutting(path: str) -> bytes:
        data = read(path)
        os.truncate(path, 10)
        return data

    monkeypatch.setattr(run, "read_regular", cutting)
    assert lint(".") == (1, ["a.py:3:16: XDB102"], "")
    write("a.py")
    code, _, err = lint("--fix", ".")
    assert code == 2
    assert "changed while it was being linted" in err
    assert Path("a.py").read_text() == BAD[:10]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_circles_of_links(tree: Path) -> None:
    write("package/__init__.py", "package/inner/db.py")
    Path("package/inner/up").symlink_to("..")
    Path("package/inner/top").symlink_to(tree)
    Path("there").symlink_to("back")
    Path("back").symlink_to("there")
    Path("self.py").symlink_to("self.py")
    Path("one.py").symlink_to("two.py")
    Path("two.py").symlink_to("one.py")
    Path("pyproject.toml").unlink()
    Path("pyproject.toml").symlink_to("pyproject.toml")
    Path(".env").symlink_to(".env")
    Path("alembic.ini").symlink_to("there")
    Path("app.py").write_text(
        "from package.inner.up.inner.up.inner.db import URL\nfrom there import A\nfrom self import B\n" + BAD
    )
    wanted = ["app.py:6:16: XDB102", "one.py:1:1: XDB902", "package/__init__.py:3:16: XDB102"]
    wanted += ["package/inner/db.py:3:16: XDB102", "self.py:1:1: XDB902", "two.py:1:1: XDB902"]
    Path("pyproject.toml").unlink()
    assert lint(".") == (1, wanted, "")
    assert main(["engines", "."]) == 0
    assert lint("there") == (1, ["there:1:1: XDB902"], "")


def test_settings_that_lead_in_a_circle(tree: Path) -> None:
    write("a.py")
    Path("dbdriver-lint.toml").symlink_to("dbdriver-lint.toml")
    code, _, err = lint("a.py")
    assert "Traceback" not in err
    assert code in (1, 2)
    if code == 2:
        assert err.count("dbdriver-lint.toml") == 1
