"""A line of source as a terminal shows it: secrets masked, tabs and wide characters measured."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right

from dbdriver_lint.records import dataclass

TAB = 4
_LONGEST = 240
"""A longer line is cut around what is marked."""


@dataclass(frozen=True, slots=True)
class DisplayLine:
    """``text`` is what to print; ``cells[i]`` is the terminal column of the source's character ``i``.

    ``cells`` has one more entry than the source has characters: where the line ends.
    """

    text: str
    cells: list[int]

    def cell(self, column: int) -> int:
        """The 0-based terminal column of a 1-based source column; columns past the end count on."""
        index = column - 1
        last = len(self.cells) - 1
        return self.cells[index] if index <= last else self.cells[last] + index - last

    def cut(self, start: int, end: int) -> tuple[str, int]:
        """The text shortened to what is around the cells ``start`` to ``end``, and how far it moved left."""
        if self.cells[-1] <= _LONGEST:
            return self.text, 0
        first = max(0, min(start - 40, end - _LONGEST + 20))
        pieces: list[str] = []
        width = 0
        for char in self.text:
            if first <= width < first + _LONGEST:
                pieces.append(char)
            width += char_width(char)
        lead = "…" if first else ""
        return lead + "".join(pieces) + "…", first - len(lead)


def display(line: str) -> DisplayLine:
    """How to show one line of source, without its line ending."""
    pieces: list[str] = []
    cells: list[int] = []
    column = 0
    secrets = _secret_spans(line)
    starts = [start for start, _ in secrets]
    for index, char in enumerate(line):
        cells.append(column)
        number = bisect_right(starts, index) - 1
        if number >= 0 and index < secrets[number][1]:
            shown = "***" if index == secrets[number][0] else ""
        elif char == "\t":
            shown = " " * (TAB - column % TAB)
        else:
            shown = visible(char)
        pieces.append(shown)
        column += sum(map(char_width, shown))
    cells.append(column)
    return DisplayLine("".join(pieces), cells)


def mask(text: str) -> str:
    """``text`` without passwords and without characters that steer a terminal; line endings stay."""
    from dbdriver_lint.knowledge.secrets import mask_text

    return "".join(char if char == "\n" else visible(char) for char in mask_text(text))


def visible(char: str) -> str:
    """The character, or its escape where printing it would steer the terminal or turn the text around."""
    if (char >= " " and char.isprintable()) or unicodedata.category(char) in ("Zs", "Mn", "Me", "Mc"):
        return char
    code = ord(char)
    if char == "\u200d":  # joins emoji; harmless
        return char
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def char_width(char: str) -> int:
    """How many terminal columns a printable character takes."""
    if char < "\u0300":
        return 1
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def text_width(text: str) -> int:
    """How many terminal columns a printable text takes."""
    return sum(map(char_width, text))


def _secret_spans(line: str) -> list[tuple[int, int]]:
    """Where in the line secrets stand; the one place that reports ask."""
    from dbdriver_lint.knowledge.secrets import secret_spans

    return secret_spans(line)
