"""Where nodes stand in the text, also where LibCST does not give all of it back."""

from __future__ import annotations

import libcst as cst
import pytest

from dbdriver_lint.source.parse import parse
from dbdriver_lint.source.text import SourceFile


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n\fname = 'known'\n",
        "\f\fname = 'known'\r\n",
        "x = 1\r\n\f\r\n\fdef f():\n    name = 'known'\n",
        "text = '''\n\fin it\n\f'''; name = 'known'\n",
        "\fif x: name = 'known'; pass\n",
    ],
)
def test_form_feeds_move_no_position(text: str) -> None:
    parsed = parse(SourceFile.from_text("a.py", text))
    found = [
        node
        for node in _descendants(parsed.tree)
        if isinstance(node, (cst.Name, cst.SimpleString)) and getattr(node, "value", "") in ("name", "'known'")
    ]
    shown = [text[parsed.span(node).start : parsed.span(node).end] for node in found]
    assert shown == ["name", "'known'"]


def _descendants(node: cst.CSTNode) -> list[cst.CSTNode]:
    return [node, *(inner for child in node.children for inner in _descendants(child))]
