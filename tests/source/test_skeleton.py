"""A file read without the bodies of its functions, and each body when it is asked for, is the file as ``ast`` reads it."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import typing
from pathlib import Path

import libcst._nodes.statement
import pytest
import sqlalchemy.engine.base
import sqlalchemy.orm.session

from dbdriver_lint.source.bindings import FUNCTIONS
from dbdriver_lint.source.outline import Outline, Statement
from dbdriver_lint.source.skeleton import skeleton


def _read(outline: Outline, statements: list[Statement]) -> list[ast.stmt]:
    """The statements of a block with all bodies, as they are asked for."""
    for statement in statements:
        if isinstance(statement.node, (*FUNCTIONS, ast.ClassDef)):
            statement.node.body = _read(outline, outline.inside(statement).body)
        for block in statement.blocks:
            _read(outline, block)
    return [statement.node for statement in statements]


def _dump(body: list[ast.stmt]) -> str:
    return ast.dump(ast.Module(body, []), include_attributes=True)


def _same(text: str) -> bool:
    outline = Outline(text)
    return _dump(_read(outline, outline.module.body)) == _dump(ast.parse(text).body)


_FORMS = {
    "on the first line": "def f():\n    a = 1\n    return a\n",
    "async": "x = 1\nasync  def f(a):\n    await a\n    return a",
    "methods": "class A:\n    x = 1\n\n    def f(self):\n        a = 1\n        return a\n\n    def g(self):\n        b = 2\n        return b\n",
    "under a condition": "if x:\n    def f():\n        a = 1\n        return a\nelse:\n    def f():\n        b = 1\n        return b\n",
    "header of several lines": "def f(\n    a={1: ':'},  # ):\n    b=lambda: 1,\n) -> dict[str, int]:\n    a = 1\n    return a\ny = 1\n",
    "comment behind the header": "def f():  # why: not\n    a = 1\n    return a\n",
    "comments that are indented less": "def f():\n    a = 1\n# here\n    return a\n# there\nb = 1\n",
    "comment at the end": "def f():\n    a = 1\n    return a  # it\n    # that was it\n\nb = 1\n",
    "string at the left": 'def f():\n    """Text.\n\ndef g():\n    pass\n"""\n    return 1\n\nb = 1\n',
    "string that holds a quote": "def f():\n    a = '''it's \\''' '''\n    b = \"#'\"\n    return r'\\\\'\n\nb = 1\n",
    "brackets at the left": "def f():\n    a = (\n1,\n)\n    return a\n\ndef g():\n    a = 1\n    return a\n",
    "continued at the left": "def f():\n    a = 1 + \\\n2\n    return a\n\ndef g():\n    a = 1\n    return a\n",
    "semicolon at the end": "def f():\n    a = 1\n    return a;\nb = 1\n",
    "on one line": "def f(): return 1\ndef g():\n    a = 1\n    return a\n",
    "nested": "def f():\n    def g():\n        a = 1\n        return a\n    return g\n",
    "tabs": "class A:\n\tdef f(self):\n\t\ta = 1\n\t\treturn a\n\tb = 1\n",
    "letters of several bytes": 'def f():\n    a = "ä"\n    return "ö" + ("ü", a)\n\nb = "ß"; c = 1\n',
    "lines of Windows": "def f():\r\n    a = 1 + \\\r\n1\r\n    return a\r\n\r\nb = 1\r\n",
    "old line ends": "def f():\r    a = 1\r    return a\rb = 1\n",
    "form feed": "def f():\n    a = 1\n\f\n    return a\n",
    "no line end": "def f():\n    a = 1\n    return a",
    "white space at the end": "def f():\n    a = 1\n    return a   \n   ",
    "quotes in an f-string": "def f():\n    a = f\"{'#'} {b!r}\"\n    return a\nc = 1\n",
}


@pytest.mark.parametrize("text", _FORMS.values(), ids=_FORMS)
def test_form(text: str) -> None:
    assert _same(text)


@pytest.mark.parametrize(
    "module",
    [argparse, ast, dataclasses, typing, sqlalchemy.engine.base, sqlalchemy.orm.session, libcst._nodes.statement],
    ids=lambda module: module.__name__,
)
def test_real_module(module: object) -> None:
    text = Path(module.__file__).read_text(encoding="utf-8")  # type: ignore[attr-defined]
    left_out = skeleton(text)
    assert len(left_out.lines) > 10
    assert len(left_out.text) < len(text)
    assert _same(text)


def test_only_what_is_needed_is_left_out() -> None:
    found = skeleton("URL = 1\nclass A:\n    def f(self):\n        a = 1\n\n        return a  # b\n    c = 2\n")
    assert found.text == "URL = 1\nclass A:\n    def f(self):\n        (\n\n               )  # b\n    c = 2\n"
    assert found.lines == {4}


def test_error_is_told() -> None:
    with pytest.raises(SyntaxError):
        Outline("def f():\n    a = 1\n    return a\nb = = 1\n")


def test_file_that_is_cut_at_a_wrong_place_is_read_as_a_whole() -> None:
    text = "def f():\n    b = 1\n    a = (\n1, )\n    return a\nURL = 1\n"
    with pytest.raises(SyntaxError):
        ast.parse(skeleton(text).text)
    assert _same(text)
