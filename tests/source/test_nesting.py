"""What would end the process in the parser, or take minutes there, is refused before it; real code never is."""

from __future__ import annotations

import tokenize
from pathlib import Path

import pytest

import dbdriver_lint
from dbdriver_lint.source.nesting import MAX_BRACKETS, MAX_DEPTH, too_deep
from dbdriver_lint.source.parse import parse
from dbdriver_lint.source.text import SourceFile, UnparsableSourceError

DEEP = 20_000


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * DEEP + ")" * DEEP,
        "x = " + "[" * DEEP,
        "x = " + "f(" * DEEP + ")" * DEEP,
        "x = " + "{1:\n" * DEEP + "}" * DEEP,
        "x = " + "-" * DEEP + "1",
        "x = " + "not " * DEEP + "1",
        "x = " + "lambda: " * DEEP + "1",
        "x = " + "a + " * DEEP + "a",
        "x = " + "a if b else " * DEEP + "a",
        "x = a" + ".b" * DEEP,
        "x = a" + ".b(c, d)" * DEEP,
        "x = a" + "[0]" * DEEP,
        "x = (" + "'a'\n" * DEEP + ")",
        "x = [a " + "for b in c " * DEEP + "]",
        "x = f'{" + "(" * DEEP + ")" * DEEP + "}'",
        "x = a + \\\n" + "b + \\\n" * DEEP + "c",
        "if a:\n    pass\n" + "elif b:\n    pass\n" * DEEP,
        "with a, \\\n" + "(" * DEEP,
    ],
    ids=lambda text: text[:20].replace("\n", " "),
)
def test_refused_with_a_reason(text: str) -> None:
    assert too_deep(text) is not None
    with pytest.raises(
        UnparsableSourceError, match=r"nested too deeply|too many nested|invalid syntax|was never closed"
    ):
        parse(SourceFile.from_text("a.py", text + "\n"))


@pytest.mark.parametrize(
    "text",
    [
        "x = [" + "1, " * DEEP + "]",
        "x = {" + "'a': f(1) + 2,\n" * DEEP + "}",
        "x = a = " * DEEP + "1",
        "x = f(1)\n" * DEEP,
        "if a:\n    pass\n" * DEEP,
        "x = '" + "(" * DEEP + "'  # " + "[" * DEEP,
        'x = """' + "(\n" * DEEP + '"""',
        "x = f'" + "{{" * DEEP + "{a(b)} " * DEEP + "'",
        "x = " + "(" * 150 + ")" * 150,
        "x = " + "a + " * (MAX_DEPTH - 50) + "a",
        "from a import (\n" + "b as c,\n" * DEEP + ")",
        "if a:\n  if b: pass\n" + "  elif c: pass\n" * 200 + "elif d: pass\n" * 200,
    ],
    ids=lambda text: text[:20].replace("\n", " "),
)
def test_long_is_not_deep(text: str) -> None:
    assert too_deep(text) is None


def test_the_line_is_named() -> None:
    assert too_deep("a = 1\r\n\r\nb = " + "(" * (MAX_BRACKETS + 1)) == 3


def test_many_that_are_nearly_too_deep_are_too_much_together() -> None:
    nested = "x = " + "f(" * 150 + ")" * 150 + "\n"
    assert too_deep(nested) is None
    assert too_deep(nested * 100) is not None


def test_this_package_is_not_nested_too_deeply() -> None:
    for path in Path(dbdriver_lint.__file__).parent.rglob("*.py"):
        with tokenize.open(path) as file:
            assert too_deep(file.read()) is None, path
