"""A source file as bytes and as text, and the mapping between offsets, lines and columns.

Nothing here normalises anything: the text keeps its line endings, form feeds and missing last
newline, and :meth:`SourceFile.encode` gives the original bytes back.
"""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from bisect import bisect_right

from dbdriver_lint.records import dataclass, field

_NEWLINE = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of character offsets into :attr:`SourceFile.text`."""

    start: int
    end: int

    def contains(self, other: Span) -> bool:
        """Whether ``other`` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place for people: 1-based line, 1-based column, counted in code points."""

    line: int
    column: int


class UnreadableSourceError(Exception):
    """The bytes of a file are not text: the message says why, ``line`` where (1-based)."""

    def __init__(self, reason: str, line: int = 1, column: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column


class UnparsableSourceError(Exception):
    """The text is not Python that LibCST can read; ``line`` and ``column`` are 1-based."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One Python source file, decoded without losing anything.

    ``path`` is the name to show. ``text`` is everything after the byte order mark.
    """

    path: str
    data: bytes
    text: str
    encoding: str
    bom: bytes = b""
    line_starts: list[int] = field(default_factory=list)

    @classmethod
    def from_bytes(cls, path: str, data: bytes) -> SourceFile:
        """Decode ``data`` by its byte order mark, its coding cookie, or as UTF-8.

        Raises:
            UnreadableSourceError: an unknown encoding, or bytes that the encoding cannot have.
        """
        bom = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        except (SyntaxError, LookupError, UnicodeDecodeError) as error:
            raise _undecodable(data, "utf-8", str(error)) from error
        if encoding == "utf-8-sig":
            encoding = "utf-8"
        try:
            text = data[len(bom) :].decode(encoding)
        except (UnicodeDecodeError, LookupError) as error:
            raise _undecodable(data, encoding, str(error)) from error
        return cls(path, data, text, encoding, bom, line_starts(text))

    @classmethod
    def from_text(cls, path: str, text: str) -> SourceFile:
        """A source that exists only as text: standard input of an editor, an example."""
        return cls(path, text.encode("utf-8", "surrogatepass"), text, "utf-8", b"", line_starts(text))

    @property
    def round_trips(self) -> bool:
        """Whether encoding the text again gives the very same bytes (else nothing is written)."""
        try:
            return self.encode(self.text) == self.data
        except UnicodeEncodeError:
            return False

    @property
    def newline(self) -> str:
        """The line ending that the first line uses; a new line is inserted with it."""
        match = _NEWLINE.search(self.text)
        return match.group() if match else "\n"

    def encode(self, text: str) -> bytes:
        """The bytes to write for ``text``, with this file's byte order mark and encoding.

        Raises:
            UnicodeEncodeError: the encoding has no such character.
        """
        return self.bom + text.encode(self.encoding)

    def position(self, offset: int) -> Position:
        """Line and column of a character offset."""
        line = bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def offset(self, line: int, column: int) -> int:
        """Character offset of a 1-based line and 0-based column, as LibCST counts them."""
        return self.line_starts[line - 1] + column

    def line_of(self, offset: int) -> int:
        """The 1-based line that holds a character offset."""
        return bisect_right(self.line_starts, offset)

    @property
    def line_count(self) -> int:
        """How many lines there are; a last line that is empty does not count."""
        count = len(self.line_starts)
        return count - 1 if count > 1 and self.line_starts[-1] == len(self.text) else count

    def line_span(self, line: int) -> Span:
        """The span of a 1-based line, without its line ending."""
        start = self.line_starts[line - 1]
        match = _NEWLINE.search(self.text, start)
        return Span(start, match.start() if match else len(self.text))

    def line_text(self, line: int) -> str:
        """The text of a 1-based line, without its line ending."""
        span = self.line_span(line)
        return self.text[span.start : span.end]


def line_starts(text: str) -> list[int]:
    """The offset at which each line begins; ``\\n``, ``\\r\\n`` and ``\\r`` end one."""
    return [0, *[match.end() for match in _NEWLINE.finditer(text)]]


def _undecodable(data: bytes, encoding: str, reason: str) -> UnreadableSourceError:
    """Name the first line that does not decode, and what would make it."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        byte = data[error.start]
        return UnreadableSourceError(
            f"byte 0x{byte:02x} is not valid {encoding}; declare the encoding "
            "(`# -*- coding: … -*-` on the first line) or save the file as UTF-8",
            line,
            column,
        )
    except LookupError:
        pass
    return UnreadableSourceError(reason)
