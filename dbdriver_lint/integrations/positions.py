"""Places as editors count them: lines from 0, columns from 0 in units of the agreed encoding, UTF-16 unless agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbdriver_lint.source.text import SourceFile

_BYTES_A_UNIT = {"utf-8": 1, "utf-16": 2, "utf-32": 4}
"""The encodings of the protocol, and how many bytes one of their units has."""


def place_of(source: SourceFile, offset: int, encoding: str) -> tuple[int, int]:
    """Line and column of a character offset."""
    line = source.line_of(offset)
    start = source.line_starts[line - 1]
    return line - 1, units(source.text[start:offset], encoding)


def offset_of(source: SourceFile, line: int, column: int, encoding: str) -> int:
    """The character offset of a place; one past the end of its line, or of the text, is that end."""
    if line >= len(source.line_starts):
        return len(source.text)
    span = source.line_span(line + 1)
    size = _BYTES_A_UNIT[encoding]
    before = _encoded(source.text[span.start : span.end], encoding)[: column * size]
    return span.start + len(before.decode(_little_endian(encoding), "ignore"))


def units(text: str, encoding: str) -> int:
    """How many columns ``text`` takes in an editor."""
    return len(text) if text.isascii() else len(_encoded(text, encoding)) // _BYTES_A_UNIT[encoding]


def _encoded(text: str, encoding: str) -> bytes:
    return text.encode(_little_endian(encoding), "surrogatepass")


def _little_endian(encoding: str) -> str:
    """The codec without a byte order mark."""
    return encoding if encoding == "utf-8" else f"{encoding}-le"
