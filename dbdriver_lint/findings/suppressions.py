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
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbdriver_lint.fixes.edit import Edit
from dbdriver_lint.source.comments import Layout
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.source.comments import Comment
    from dbdriver_lint.source.text import SourceFile

_MARKER = re.compile(r"dbdriver:|#\s*noqa|flake8[:=]", re.IGNORECASE)
_OWN = re.compile(
    r"""
    \# \s* dbdriver: \s* (?P<verb> ignore(?:-file|-block)? ) (?![\w-]) \s*
    (?: \[ (?P<list> [^\]\#]*[^\]\#\s,][^\]\#]* ) \] | (?!\[) )  # a bracket that is empty or open is a slip of the pen
    (?P<reason> (?: (?! \s*\#\s | \s*\#(?:noqa|type:|pragma|pylint:|ruff:|nosec|fmt:|mypy:|pyright:|dbdriver:) ) . )* )
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


@dataclass(frozen=True, slots=True)
class Directive:
    """One suppression comment, or the part of a comment that is one.

    ``lines`` are the first and last line that it is about. ``selectors`` is empty where it accepts everything.
    """

    reach: Reach
    selectors: tuple[Selector, ...]
    reason: str
    span: Span
    comment: Comment
    lines: tuple[int, int]

    def accepts(self, finding: Finding) -> Selector | bool:
        """The selector that accepts the finding, True for a comment without selectors, else False."""
        if not self._is_about(finding):
            return False
        if not self.selectors:
            return finding.code != UNUSED  # else every comment would excuse itself
        return next((s for s in self.selectors if s.covers(finding.code, finding.name)), False)

    def _is_about(self, finding: Finding) -> bool:
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
        if not _MARKER.search(source.text):
            return cls(source)
        layout = Layout.of(source)
        found = [d for comment in layout.comments for d in _directives(source, layout, comment)]
        return cls(source, tuple(d for d in found if noqa or d.reach not in (Reach.NOQA, Reach.NOQA_FILE)))

    def apply(self, findings: Iterable[Finding]) -> Applied:
        """Sort the findings into kept and accepted. A finding uses every comment that accepts it."""
        kept: list[Finding] = []
        suppressed = 0
        used: set[tuple[Directive, Selector | bool]] = set()
        for finding in findings:
            accepted = False
            for directive in self.directives:
                by = directive.accepts(finding)
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

    def removal(self, unused: Unused) -> Edit:
        """The edit that takes away what is unused, and nothing else of the comment."""
        directive = unused.directive
        left = [s for s in directive.selectors if s not in unused.selectors]
        if unused.selectors and left:
            listed = Span(directive.selectors[0].span.start, directive.selectors[-1].span.end)
            return Edit(listed, ", ".join(s.text for s in left))
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


def _directives(source: SourceFile, layout: Layout, comment: Comment) -> Iterator[Directive]:
    for match in _OWN.finditer(comment.text):
        reach = Reach(match["verb"].lower())
        lines = _next_code(source, layout, comment.line) if comment.alone else comment.line
        area = _block(source, layout, lines) if reach is Reach.BLOCK else (lines, lines)
        yield _directive(reach, match, comment, area, match["reason"].strip(" \t-–—:"))
    whole = _NOQA_FILE.match(comment.text) if comment.alone else None
    if whole is not None:
        yield _directive(Reach.NOQA_FILE, whole, comment, (1, source.line_count))
    for match in _NOQA.finditer(comment.text):
        yield _directive(Reach.NOQA, match, comment, layout.lines_with(comment.line))


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


def _next_code(source: SourceFile, layout: Layout, line: int) -> int:
    """The first line after a comment on its own that is neither blank nor such a comment."""
    alone = {comment.line for comment in layout.comments if comment.alone}
    number = line + 1
    while number <= source.line_count and (number in alone or not source.line_text(number).strip()):
        number += 1
    return number


def _block(source: SourceFile, layout: Layout, header: int) -> tuple[int, int]:
    """The lines of the compound statement whose header (or first decorator) is on the line ``header``."""
    if header > source.line_count:
        return header, header
    indent = _indent(source.line_text(header))
    inside = {line for first, last in layout.joined for line in range(first + 1, last + 1)}
    last = number = header
    decorated = source.line_text(header).lstrip().startswith("@")
    while number < source.line_count:
        number += 1
        text = source.line_text(number)
        stripped = text.strip()
        if not stripped or number in inside:
            continue
        if _indent(text) <= indent and not stripped.startswith((")", "]", "}")):
            if not decorated or _indent(text) < indent:
                break
            decorated = stripped.startswith(("@", "#"))
        last = number
    return header, last


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t\f"))
