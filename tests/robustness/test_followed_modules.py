"""Modules that are followed are not linted: however odd they are, the file that imports from them is."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbdriver_lint.cli import main
from dbdriver_lint.project import forget

APP = """\
from settings import URL
from sqlalchemy import create_engine

create_engine(URL)
create_engine("postgres://db.internal/app")
"""
GOOD = 'URL = "postgres://db.internal/app"\n'


def lint(module: bytes, monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    monkeypatch.chdir(folder)
    Path("pyproject.toml").touch()
    Path("app.py").write_text(APP)
    Path("settings.py").write_bytes(module)
    forget()
    assert main(["check", "--select=all", "--no-cache", "--jobs=1", "--output-format=concise", "app.py"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    return [line.split()[0] + line.split()[1] for line in out.splitlines() if line.startswith("app.py")]


@pytest.mark.parametrize("count", [280, 700, 4_000])
@pytest.mark.parametrize(
    "module",
    [
        lambda n: "URL = " + "'a' + " * n + "'b'\n",
        lambda n: "HOST = 'h'\nURL = 'postgres://'" + " + HOST" * n + "\n",
        lambda n: "URL = 'postgres://h'" + ".strip()" * n + "\n",
        lambda n: "URL = " + "'postgres://h' if a else " * n + "'postgres://h'\n",
        lambda n: "URL = " + "not " * n + "'postgres://h'\n",
        lambda n: "URL = (" + "'a' " * n + ")\n",
        lambda n: "URL = {}" + "['a']" * n + "\n",
        lambda n: "URL = " + "[" * n + "]" * n + "\n",
        lambda n: "if a:\n    URL = 'a'\n" + "elif b:\n    URL = 'b'\n" * n,
        lambda n: "def f():\n    if a:\n        return 'a'\n" + "    elif b:\n        return 'b'\n" * n + "URL = f()\n",
        lambda n: "A0 = 'postgres://h'\n" + "".join(f"A{i + 1} = A{i}\n" for i in range(n)) + f"URL = A{n}\n",
        lambda n: "URL = ''\n" + "URL = URL + 'a'\n" * n,
    ],
    ids=["sum", "names", "methods", "else", "not", "strings", "items", "lists", "elif", "inner", "chain", "steps"],
)
def test_a_module_that_is_nested_too_deeply(
    module: object, count: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(module)
    found = lint(module(count).encode(), monkeypatch, tmp_path, capsys)
    assert "app.py:5:16:XDB102" in found
    assert not any("XDB902" in each for each in found)


@pytest.mark.parametrize(
    "module",
    [
        b"\xff\xfe" + GOOD.encode(),
        b"# coding: no-such\n" + GOOD.encode(),
        b"\x00" + GOOD.encode(),
        b"print 'old'\n" + GOOD.encode(),
        b"def (:\n" + GOOD.encode(),
        b"URL = (\n",
        b"from settings import *\nfrom settings import URL\n",
        b"",
    ],
    ids=["bytes", "encoding", "NUL", "Python 2", "no Python", "open", "itself", "empty"],
)
def test_a_module_that_cannot_be_read(
    module: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = lint(module, monkeypatch, tmp_path, capsys)
    assert "app.py:5:16:XDB102" in found
    assert not any("XDB902" in each for each in found)


def test_a_module_that_can_be_read_is_followed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the tests above would prove nothing."""
    assert "app.py:4:15:XDB102" in lint(GOOD.encode(), monkeypatch, tmp_path, capsys)
