from __future__ import annotations

import io
import tokenize
from pathlib import Path

import pytest

from dbdriver_lint.source.comments import Layout
from dbdriver_lint.source.text import SourceFile

# Modules full of strings, escapes and comments.
MODULES = ["tokenize", "re._parser", "argparse", "inspect", "textwrap", "shlex", "string", "difflib", "csv", "ast"]


@pytest.mark.parametrize("name", MODULES)
def test_agrees_with_tokenize(name: str) -> None:
    path = Path(__import__(name, fromlist=["x"]).__file__ or "")
    source = SourceFile.from_bytes(str(path), path.read_bytes())
    tokens = tokenize.generate_tokens(io.StringIO(source.text).readline)
    expected = [(t.start[0], t.start[1], t.string) for t in tokens if t.type == tokenize.COMMENT]
    found = [(c.line, c.span.start - source.line_starts[c.line - 1], c.text) for c in Layout.of(source).comments]
    assert found == expected


def comments(text: str) -> list[str]:
    return [comment.text for comment in Layout.of(SourceFile.from_text("a.py", text)).comments]


def test_strings_hide_comments() -> None:
    assert comments("x = '# no' # yes\n") == ["# yes"]
    assert comments('"""\n# no\n"""\n# yes') == ["# yes"]
    assert comments("x = 'it\\'s # no' # yes") == ["# yes"]
    assert comments('x = "a\\\n# no" # yes') == ["# yes"]
    assert comments('"""a\\"""# no"""  # yes') == ["# yes"]


def test_a_broken_file_has_comments_too() -> None:
    assert comments("def f(:\n  x = 'open  # in an unterminated string\n # yes\n") == [
        "# in an unterminated string",
        "# yes",
    ]
    assert comments("'''never closed\n# no\n") == []


def test_lines_joined_by_strings_and_backslashes() -> None:
    source = SourceFile.from_text("a.py", 'x = """\na\n""" + """\nb"""\ny = 1 + \\\n  2 + \\\n  3\nz = [\n 1,\n]\n')
    layout = Layout.of(source)
    assert layout.joined == ((1, 4), (5, 7))
    assert layout.lines_with(3) == (1, 4)
    assert layout.lines_with(9) == (9, 9)


def test_carriage_returns_end_comments() -> None:
    assert comments("x = 1  # a\r\ny = 2  # b\rz = 3") == ["# a", "# b"]
