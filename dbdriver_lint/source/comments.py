"""The comments of a file, found without parsing it, so that broken files have theirs too."""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING

from dbdriver_lint.records import dataclass
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from dbdriver_lint.source.text import SourceFile

_TOKEN = re.compile(
    r"""
      (?P<comment> \#[^\r\n]* )
    | \"{3} [^"\\]* (?: (?:\\.|"(?!"")) [^"\\]* )* (?: \"{3} | \Z )
    | '{3} [^'\\]* (?: (?:\\.|'(?!'')) [^'\\]* )* (?: '{3} | \Z )
    | " (?: [^"\\\r\n] | \\(?:\r\n|.) )* "
    | ' (?: [^'\\\r\n] | \\(?:\r\n|.) )* '
    | \\(?:\r\n|\r|\n)
    """,
    re.VERBOSE | re.DOTALL,
)
"""What can hide a ``#`` or a line ending. Python's tokenizer is slower and refuses files that do not parse."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment from its ``#`` to the end of the line; ``alone`` when nothing else is on the line."""

    span: Span
    line: int
    alone: bool
    text: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The comments of a file, and which lines a string or a backslash joins."""

    comments: tuple[Comment, ...]
    joined: tuple[tuple[int, int], ...]
    """First and last line of each string over several lines, and of each pair that a backslash joins."""

    @classmethod
    def of(cls, source: SourceFile) -> Layout:
        """Scan a file."""
        comments: list[Comment] = []
        joined: list[tuple[int, int]] = []
        for match in _TOKEN.finditer(source.text):
            start, end = match.span()
            first = source.line_of(start)
            if match["comment"] is not None:
                before = source.text[source.line_starts[first - 1] : start]
                comments.append(Comment(Span(start, end), first, not before.strip(), match[0]))
                continue
            last = source.line_of(end)
            if last > first:
                if joined and joined[-1][1] == first:
                    first = joined.pop()[0]
                joined.append((first, last))
        return cls(tuple(comments), tuple(joined))

    def lines_with(self, line: int) -> tuple[int, int]:
        """The first and last of the lines that strings and backslashes join with ``line``."""
        before = bisect_right(self.joined, line, key=itemgetter(0))
        return self.joined[before - 1] if before and line <= self.joined[before - 1][1] else (line, line)
