"""Comments that accept a finding: ``# dbdriver: ignore[name] reason`` and ``# noqa: XDB201``.

- ``# dbdriver: ignore[sync-driver-in-async-engine, XDB201] reason`` counts on the finding's first or last
  line, on the first or last line of its statement, or alone on the line above either;
- ``# dbdriver: ignore-block[…]`` counts for the indented block that its line (or the next one) begins;
- ``# dbdriver: ignore-file[…]`` counts for the file, wherever it stands;
- ``# noqa``, ``# noqa: XDB201`` and ``# flake8: noqa`` count as they do in flake8.

Without brackets a comment accepts every finding. In them stand names, codes or prefixes of codes.
"""

from __future__ import annotations

import enum
import re
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

from dbdriver_lint.fixes.edit import Edit
from dbdriver_lint.records import dataclass
from dbdriver_lint.source.comments import Layout
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.source.comments import Comment
    from dbdriver_lint.source.text import SourceFile

_MARKERS = ("dbdriver:", "noqa")
"""A text, in lower case, without any of these has no such comment."""
_OWN = re.compile(
    r"""
    \# \s* dbdriver: \s* (?P<verb> ignore(?:-file|-block)? ) (?![\w-]) \s*+
    (?: \[ (?P<list> [\s,]*[^\]\#\s,][^\]\#]* ) \] | (?!\[) )  # a bracket that is empty or open is a slip of the pen
    (?P<reason> (?:
        [^\s\#]+ | \s++ (?!\#)
        | \s*+ \# (?! \s|noqa|type:|pragma|pylint:|ruff:|nosec|fmt:|mypy:|pyright:|dbdriver: )
    )* )
    """,
    re.IGNORECASE | re.VERBOSE,
)
# The two patterns of flake8; a word that is no code makes its comment a bare `noqa` there and here.
_NOQA = re.compile(r"# noqa(?::\s?(?P<list>(?:[A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
_NOQA_FILE = re.compile(r"# flake8[:=]\s*noqa(?::\s?(?P<list>(?:[A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
_ITEM = re.compile(r"[^,\s]+")


UNUSED = "XDB901"
"""The rule about comments that accept nothing; only a comment that names it accepts its findings."""


class Reach(enum.Enum):
    """What a comment is about."""

    LINE = "ignore"
    BLOCK = "ignore-block"
    FILE = "ignore-file"
    NOQA = "noqa"
    NOQA_FILE = "flake8: noqa"


@dataclass(frozen=True, slots=True)
class Selector:
    """One name, code or prefix in a comment, and where it stands."""

    text: str
    span: Span

    def covers(self, code: str, name: str) -> bool:
        """Whether it means the rule."""
        return name == self.text.lower() or code.startswith(self.text.upper())


@dataclass(frozen=True, slots=True, eq=False)
class Directive:
    """One suppression comment, or the part of a comment that is one.

    ``lines`` are the first and last line that it is about. ``selectors`` is empty where it accepts everything.
    It is equal to itself only: a hash over its selectors would be made once for each of them.
    """

    reach: Reach
    selectors: tuple[Selector, ...]
    reason: str
    span: Span
    comment: Comment
    lines: tuple[int, int]

    def accepts(self, finding: Finding) -> Selector | bool:
        """The selector that accepts such a finding, True for a comment without selectors, else False."""
        if not self.selectors:
            return finding.code != UNUSED  # else every comment would excuse itself
        return next((s for s in self.selectors if s.covers(finding.code, finding.name)), False)

    def is_about(self, finding: Finding) -> bool:
        """Whether the finding stands where the comment counts."""
        if self.reach in (Reach.FILE, Reach.NOQA_FILE):
            return True
        first, last = self.lines
        if self.reach is not Reach.LINE:
            return first <= finding.start.line <= last
        statement = finding.statement or (finding.start.line, finding.end.line)
        if self.comment.alone:
            return first in (finding.start.line, statement[0])
        return first in (finding.start.line, finding.end.line, *statement)


@dataclass(frozen=True, slots=True)
class Unused:
    """A comment that accepted nothing, or, where ``selectors`` is not empty, these parts of one."""

    directive: Directive
    selectors: tuple[Selector, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """The findings that are left, how many were accepted, and the comments that did nothing."""

    kept: list[Finding]
    suppressed: int
    unused: list[Unused]


@dataclass(frozen=True, slots=True)
class Suppressions:
    """The suppression comments of one file."""

    source: SourceFile
    directives: tuple[Directive, ...] = ()

    @classmethod
    def parse(cls, source: SourceFile, *, noqa: bool = True) -> Suppressions:
        """Read the comments, without ``noqa`` only our own; a file without a word of ours is not scanned."""
        text = source.text.lower()
        if not any(marker in text for marker in _MARKERS):
            return cls(source)
        lines = _Lines(source, Layout.of(source))
        found = [d for comment in lines.layout.comments for d in _directives(lines, comment)]
        return cls(source, tuple(d for d in found if noqa or d.reach not in (Reach.NOQA, Reach.NOQA_FILE)))

    @staticmethod
    def may_be_unused(source: SourceFile) -> bool:
        """Whether a comment of ours may stand there, or one of flake8's that names us."""
        return "XDB" in source.text.upper() or "dbdriver:" in source.text.lower()

    def apply(self, findings: Iterable[Finding]) -> Applied:
        """Sort the findings into kept and accepted. A finding uses every comment that accepts it."""
        kept: list[Finding] = []
        suppressed = 0
        used: set[tuple[Directive, Selector | bool]] = set()
        chosen: dict[tuple[Directive, str], Selector | bool] = {}
        for finding in findings:
            accepted = False
            for directive in self.directives:
                if not directive.is_about(finding):
                    continue
                key = directive, finding.code
                if key not in chosen:
                    chosen[key] = directive.accepts(finding)
                by = chosen[key]
                if by is not False:
                    accepted = True
                    used.add((directive, by))
            suppressed += accepted
            if not accepted:
                kept.append(finding)
        return Applied(kept, suppressed, list(self._unused(used)))

    def _unused(self, used: set[tuple[Directive, Selector | bool]]) -> Iterator[Unused]:
        for directive in self.directives:
            idle = tuple(s for s in directive.selectors if (directive, s) not in used)
            foreign = directive.reach in (Reach.NOQA, Reach.NOQA_FILE)
            if foreign:
                idle = tuple(s for s in idle if s.text.upper().startswith("XDB"))
            if idle or (not directive.selectors and not foreign and (directive, True) not in used):
                yield Unused(directive, idle)

    def repair(self, unused: Unused, meant: Mapping[Selector, str]) -> Edit:
        """The edit that takes away what is unused, and nothing else of the comment; of ``meant`` it writes the right names."""
        directive = unused.directive
        idle = frozenset(unused.selectors) - meant.keys()
        left = dict.fromkeys(meant.get(s, s.text) for s in directive.selectors if s not in idle)
        if unused.selectors and left:
            listed = Span(directive.selectors[0].span.start, directive.selectors[-1].span.end)
            return Edit(listed, ", ".join(left))
        return Edit(self._with_space(directive), "")

    def _with_space(self, directive: Directive) -> Span:
        """The directive and what would be left over: its line, the blanks before it or after it."""
        text, comment = self.source.text, directive.comment
        start, end = directive.span.start, directive.span.end
        while end < comment.span.end and text[end] in " \t":
            end += 1
        if end < comment.span.end:  # another comment follows
            return Span(start, end)
        if comment.alone and start == comment.span.start and comment.line < len(self.source.line_starts):
            return Span(self.source.line_starts[comment.line - 1], self.source.line_starts[comment.line])
        while start and text[start - 1] in " \t":
            start -= 1
        return Span(start, end)


def _directives(lines: _Lines, comment: Comment) -> Iterator[Directive]:
    for match in _OWN.finditer(comment.text):
        reach = Reach(match["verb"].lower())
        line = lines.next_code(comment.line) if comment.alone else comment.line
        area = lines.block(line) if reach is Reach.BLOCK else (line, line)
        yield _directive(reach, match, comment, area, match["reason"].strip(" \t-–—:"))
    whole = _NOQA_FILE.match(comment.text) if comment.alone else None
    if whole is not None:
        yield _directive(Reach.NOQA_FILE, whole, comment, (1, lines.source.line_count))
    for match in _NOQA.finditer(comment.text):
        yield _directive(Reach.NOQA, match, comment, lines.layout.lines_with(comment.line))


def _directive(
    reach: Reach, match: re.Match[str], comment: Comment, lines: tuple[int, int], reason: str = ""
) -> Directive:
    base = comment.span.start
    start = base + max(match.start("list"), 0)
    selectors = tuple(
        Selector(item[0], Span(start + item.start(), start + item.end()))
        for item in _ITEM.finditer(match["list"] or "")
    )
    span = Span(base + match.start(), base + match.start() + len(match[0].rstrip()))
    return Directive(reach, selectors, reason, span, comment, lines)


class _Lines:
    """What the comments of a file may be about. Comments that stand together ask the same, so answers are kept."""

    def __init__(self, source: SourceFile, layout: Layout) -> None:
        self.source = source
        self.layout = layout
        self._blocks: dict[int, tuple[int, int]] = {}

    def next_code(self, line: int) -> int:
        """The first line after a comment on its own that is neither blank nor such a comment."""
        return self._code[bisect_right(self._code, line)]

    @cached_property
    def _code(self) -> list[int]:
        """The lines that are neither blank nor a comment on its own, and the one behind the last line."""
        source = self.source
        alone = {comment.line for comment in self.layout.comments if comment.alone}
        numbers = range(1, source.line_count + 1)
        return [*(n for n in numbers if n not in alone and source.line_text(n).strip()), source.line_count + 1]

    @cached_property
    def _inside(self) -> frozenset[int]:
        """The lines that a string or a backslash joins with the one before them."""
        return frozenset(line for first, last in self.layout.joined for line in range(first + 1, last + 1))

    def block(self, header: int) -> tuple[int, int]:
        """The lines of the compound statement whose header (or first decorator) is on the line ``header``."""
        if header not in self._blocks:
            self._blocks[header] = self._block(header)
        return self._blocks[header]

    def _block(self, header: int) -> tuple[int, int]:
        source = self.source
        if header > source.line_count:
            return header, header
        indent = _indent(source.line_text(header))
        last = number = header
        decorated = source.line_text(header).lstrip().startswith("@")
        while number < source.line_count:
            number += 1
            text = source.line_text(number)
            stripped = text.strip()
            if not stripped or number in self._inside:
                continue
            if _indent(text) <= indent and not stripped.startswith((")", "]", "}")):
                if not decorated or _indent(text) < indent:
                    break
                decorated = stripped.startswith(("@", "#"))
            last = number
        return header, last


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t\f"))
