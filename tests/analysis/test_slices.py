"""Linting a slice of a file gives what linting all of it gives, at the same places."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.analysis import candidates
from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project
from dbdriver_lint.rules.registry import all_rules
from dbdriver_lint.settings.load import decode
from dbdriver_lint.source.slice import Slicer

if TYPE_CHECKING:
    from dbdriver_lint.rules.base import Bad, Good, Rule

EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.code}-{kind}{index}")
    for rule in all_rules()
    for kind in ("bad", "good")
    for index, example in enumerate(getattr(rule, kind))
]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_same_findings_with_and_without(
    rule: type[Rule], example: Bad | Good, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in example.files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    path = tmp_path / example.path
    path.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "pyproject.toml").touch()
    settings = decode({"select": ["all"], **example.settings}, "the example", str(tmp_path))

    # statements that have nothing to do with it stand around the example
    data = f"{example.code}\n\ndef unrelated():\n    x = 1\n    return [x]\n\n\nVALUE = unrelated()\n".encode()

    def found() -> list[tuple[str, object, object, str]]:
        result = check_source(str(path), data, settings, Project.for_path(str(path)))
        return [(f.code, f.start, f.end, f.message) for f in result.findings]

    sliced = found()
    monkeypatch.setattr(candidates, "candidates_of", lambda text: None)
    assert sliced == found()


CODE = '''\
"""A module."""
import os
import logging as log

LIMIT = 3; NAME = "x"
URL = (
    "sqlite"
    "://"
)

class Settings:
    """Settings."""
    url = URL
    def __init__(self): self.name = NAME; self.other = log
    def used(self):
        log.info("é")
        return self.name
    def unused(self):
        return 1

if os.name == "nt": pass
elif LIMIT:
    log.info("x")
else:
    OTHER = 1

try:
    import fast
except ImportError:
    fast = None
finally:
    log.info("done")

def helper(a, b=LIMIT):
    if a:
        return b
    log.info("x"); return a

@log.decorator
def decorated():
    x = helper(1)
    return x
'''


@pytest.mark.parametrize(
    ("name", "member", "kept", "cut"),
    [
        ("URL", None, ['"sqlite"'], ["Settings", "helper", "LIMIT"]),
        ("NAME", None, ['NAME = "x"'], ["LIMIT", "URL"]),
        ("LIMIT", None, ["LIMIT = 3"], ["NAME"]),
        ("helper", None, ["def helper", "return b", "LIMIT = 3"], ["log.info", "URL"]),
        ("decorated", None, ["@log.decorator", "helper(1)", "return b"], ["URL"]),
        ("Settings", None, ["class Settings"], ["url", "used", "unused"]),
        ("Settings", "url", ["url = URL", '"sqlite"'], ["used"]),
        ("Settings", "used", ["return self.name", "self.name = NAME"], ["log.info", "unused", "url = URL"]),
        ("fast", None, ["import fast", "fast = None"], ["log.info"]),
        ("OTHER", None, ["OTHER = 1", "elif LIMIT"], ["log.info"]),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_part_of_a_module(name: str, member: str | None, kept: list[str], cut: list[str], newline: str) -> None:
    code = CODE.replace("\n", newline)
    excerpt = Slicer(code).defining(name, member).cut()
    ast.parse(excerpt.text)
    for text in kept:
        assert text in excerpt.text
    for text in cut:
        assert text not in excerpt.text
    lines = code.splitlines()
    for line, original in zip(excerpt.text.splitlines(), excerpt.lines, strict=True):
        whole = lines[original - 1]
        for column, char in enumerate(line):
            # what is left stands where it stood; a cut block is a single 0
            assert char in (" ", "0") or whole[column] == char


def test_columns_are_characters() -> None:
    code = 'é = "ü"; URL = "ö" + é\n'
    assert Slicer(code).defining("URL").cut().text == code


@pytest.mark.parametrize("path", sorted(Path(ast.__file__).parent.glob("a*.py"))[:12], ids=lambda path: path.name)
def test_every_slice_of_real_code_is_python(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    slicer = Slicer(text)
    for node in ast.parse(text).body[:40]:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            ast.parse(slicer.defining(node.name).cut().text)
            if isinstance(node, ast.ClassDef) and isinstance(node.body[-1], ast.FunctionDef):
                ast.parse(slicer.defining(node.name, node.body[-1].name).cut().text)
    for line in range(1, text.count("\n"), max(1, text.count("\n") // 15)):
        ast.parse(slicer.around([line]).cut().text)
