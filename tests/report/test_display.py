from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbdriver_lint.report.display import TAB, char_width, display, mask, text_width


@pytest.mark.parametrize(
    ("line", "shown", "column", "cell"),
    [
        ("abc", "abc", 2, 1),
        ("abc", "abc", 4, 3),
        ("abc", "abc", 9, 8),  # past the end
        ("\tx", "    x", 2, TAB),
        ("ab\tx", "ab  x", 4, TAB),
        ("漢x", "漢x", 2, 2),
        ("e\u0301x", "e\u0301x", 3, 1),
        ("漢\tx", "漢  x", 3, TAB),
        ("a\x1b[31mb", "a\\x1b[31mb", 3, 5),
        ("a\u202eb", "a\\u202eb", 3, 7),
        ("a\x00b", "a\\x00b", 3, 5),
        ("\ufeffb", "\\ufeffb", 2, 6),
        ('x = "postgresql://u:hunter2@h/d" # y', 'x = "postgresql://u:***@h/d" # y', 33, 28),
    ],
)
def test_display(line: str, shown: str, column: int, cell: int) -> None:
    result = display(line)
    assert result.text == shown
    assert result.cell(column) == cell


def test_what_is_inside_a_secret_is_at_the_mask() -> None:
    line = 'f("postgresql://u:hunter2@h", "mysql://a:geheim@b")'
    result = display(line)
    assert result.text == 'f("postgresql://u:***@h", "mysql://a:***@b")'
    first = line.index("hunter2") + 1
    assert [result.cell(first), result.cell(first + 3), result.cell(first + 7)] == [18, 21, 21]
    assert result.text[result.cell(line.index("@b") + 1) :] == '@b")'


@given(st.text(st.characters(exclude_characters="\r\n"), max_size=60))
def test_every_character_has_a_cell_and_nothing_steers_the_terminal(line: str) -> None:
    result = display(line)
    assert len(result.cells) == len(line) + 1
    assert result.cells == sorted(result.cells)
    assert result.cells[-1] == text_width(result.text)
    assert not any(
        ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u202a\u202b\u202d\u202e\u2066\u2067" for c in result.text
    )


def test_a_long_line_is_cut_around_what_is_marked() -> None:
    line = "x = " + "a" * 500 + "MARK" + "b" * 500
    result = display(line)
    start = line.index("MARK")
    text, moved = result.cut(start, start + 4)
    assert text_width(text) < 300
    assert text[start - moved : start - moved + 4] == "MARK"
    assert text.startswith("…")
    assert text.endswith("…")


def test_width() -> None:
    assert [char_width(c) for c in "a漢ｶ\u0301é"] == [1, 2, 1, 0, 1]


def test_mask_keeps_line_endings_and_escapes_the_rest() -> None:
    assert mask("mysql://u:pw@h\n\x1b]8;;x") == "mysql://u:***@h\n\\x1b]8;;x"
