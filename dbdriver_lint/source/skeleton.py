"""The skeleton of a file: its text without the bodies of its functions, all else at its place.

``ast`` makes an object of every node, and of most functions nothing is ever asked. Seven eighths of a file are in
them: to find where they end takes a fourteenth of the time that it takes to read them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from dbdriver_lint.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_STRING = r"""(?: \"{3} (?: [^"\\]++ | \\[\s\S] | "(?!"") )*+ \"{3}
    | '{3} (?: [^'\\]++ | \\[\s\S] | '(?!'') )*+ '{3}
    | " (?: [^"\\\n]++ | \\(?:\r\n|[\s\S]) )*+ "
    | ' (?: [^'\\\n]++ | \\(?:\r\n|[\s\S]) )*+ ' )"""
#: Code without quotes, comments and ends of lines; those that a backslash hides are none.
_CODE = r"(?: [^'\"\#\n\\]++ | \\(?:\r\n|[\s\S]) )"
_DEF = r"[ \t]*+ (?:async[ \t]++)? def [ \t]"
#: All before the next function that stands in none, and the first word of that.
_FUNCTION = re.compile(
    rf"(?: (?!\A{_DEF}) (?: {_CODE} | {_STRING} | \#[^\n]*+ | \n (?! {_DEF} ) )*+ \n )? (?= (?P<indent>[ \t]*+) ) {_DEF}",
    re.VERBOSE,
)
_HEADER = re.compile(
    rf"{_STRING} | \#[^\n]*+ | \\[\s\S] | (?P<opens>[(\[{{]) | (?P<closes>[)\]}}]) | (?P<colon>:)", re.VERBOSE
)
#: Behind the colon of a function's header, where its body does not stand on the same line.
_LINE_END = re.compile(r"[ \t\r]*+(?:#[^\n]*+)?\n")


class Body(NamedTuple):
    """Where the statements of a function stand, as offsets of characters: more than one line."""

    start: int
    end: int


class Skeleton(NamedTuple):
    """A file without what is in its functions."""

    text: str
    """Each body is an empty tuple, which stands on the same lines and ends where the body ends."""
    lines: frozenset[int]
    """The 1-based lines on which the bodies that are left out begin."""


def skeleton(text: str) -> Skeleton:
    """``text`` without the bodies of its outermost functions and methods that stand on lines of their own."""
    pieces: list[str] = []
    lines: set[int] = set()
    at, line = 0, 1
    for start, end in bodies(text):
        line += text.count("\n", at, start)
        lines.add(line)
        last = text.rindex("\n", start, end) + 1
        before = text[last : end - 1]
        within = text.count("\n", start, end)
        # columns are counted in UTF-8
        column = len(before) if before.isascii() else len(before.encode(errors="surrogatepass"))
        pieces += [text[at:start], "(", "\n" * within, " " * column, ")"]
        at, line = end, line + within
    return Skeleton("".join([*pieces, text[at:]]), frozenset(lines))


def bodies(text: str) -> Iterator[Body]:
    """The bodies of the functions and methods that stand in no other function, where it is plain where they end."""
    if "\f" in text or ("\r" in text and "\r" in text.replace("\r\n", "")):
        return  # other ends of lines than "\n"
    at = 0
    while (function := _FUNCTION.match(text, at)) is not None:
        at = _end_of_header(text, function.end())
        line_end = _LINE_END.match(text, at)
        if line_end is None:
            continue
        body = _body(function["indent"]).match(text, line_end.end())
        if body is None:
            continue
        start = body.start("first")
        statements = text[start : body.end()].rstrip()
        at = start + len(statements)
        if "\n" in statements and statements[-1] not in ";\\":
            yield Body(start, at)


def _end_of_header(text: str, start: int) -> int:
    """Where the colon stands behind which a function's body begins."""
    depth = 0
    for token in _HEADER.finditer(text, start):
        kind = token.lastgroup
        if kind == "opens":
            depth += 1
        elif kind == "closes":
            depth -= 1
        elif kind == "colon" and depth == 0:
            return token.end()
    return len(text)


@cache
def _body(indent: str) -> re.Pattern[str]:
    """The lines that are indented further than a function, from its first statement to what ends its last one."""
    blank = r"[ \t\r]*+ (?:\#[^\n]*+)? \n"
    next_one = rf"(?: {blank} )*+ {re.escape(indent)} [ \t]++ (?=[^\s\#])"
    return re.compile(
        rf"{next_one} (?P<first>) (?: {_CODE} | {_STRING} | (?:\#[^\n]*+)?+ \n {next_one} )++", re.VERBOSE
    )
