"""Findings as plain data and back, for results that are kept between runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbdriver_lint.findings.model import Confidence, Finding, Related, Severity
from dbdriver_lint.findings.plain import as_number, as_text
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.source.text import Position, Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.source.text import SourceFile


def encoded(findings: Iterable[Finding], path: str) -> list[Any]:
    """The findings of the file ``path`` as lists, numbers and texts."""
    return [
        [
            f.code,
            f.name,
            f.message,
            f.severity,
            f.confidence,
            None if f.path == path else f.path,
            _place(f.start, f.end),
            None if f.span is None else [f.span.start, f.span.end],
            f.statement,
            [[r.path, _place(r.start, r.end), r.message] for r in f.related],
            None if f.fix is None else _fix(f.fix),
        ]
        for f in findings
    ]


def decoded(stored: Iterable[Any], path: str, source: SourceFile | None) -> tuple[Finding, ...]:
    """The findings again, as those of the file ``path`` with this text.

    Raises:
        ValueError, TypeError: this is not what :func:`encoded` gives for such a text.
    """
    return tuple(_finding(item, path, source) for item in stored)


def _finding(item: Any, path: str, source: SourceFile | None) -> Finding:
    code, name, message, severity, confidence, other, place, span, statement, related, fix = item
    start, end = _positions(place)
    if source is not None and end.line > len(source.line_starts):
        raise ValueError("behind the end of the text")
    return Finding(
        as_text(code),
        as_text(name),
        as_text(message),
        Severity(severity),
        Confidence(confidence),
        path if other is None else as_text(other),
        start,
        end,
        None if span is None else _span(span, source),
        None if statement is None else _pair(statement),
        tuple(Related(as_text(where), *_positions(at), as_text(said)) for where, at, said in related),
        None if fix is None else _fix_again(fix, source),
    )


def _fix(fix: Fix) -> list[Any]:
    edits = [[edit.span.start, edit.span.end, edit.replacement] for edit in fix.edits]
    return [fix.title, edits, fix.applicability.value]


def _fix_again(item: Any, source: SourceFile | None) -> Fix:
    title, edits, applicability = item
    spans = [(_span((start, end), source), as_text(replacement)) for start, end, replacement in edits]
    return Fix(as_text(title), tuple(Edit(span, text) for span, text in spans), Applicability(applicability))


def _place(start: Position, end: Position) -> list[int]:
    return [start.line, start.column, end.line, end.column]


def _positions(item: Any) -> tuple[Position, Position]:
    first, column, last, end = map(as_number, item)
    if not (0 < first <= last and column > 0 and end > 0):
        raise ValueError("not a place")
    return Position(first, column), Position(last, end)


def _span(item: Any, source: SourceFile | None) -> Span:
    start, end = _pair(item)
    if not 0 <= start <= end or source is None or end > len(source.text):
        raise ValueError("not in the text")
    return Span(start, end)


def _pair(item: Any) -> tuple[int, int]:
    first, second = item
    return as_number(first), as_number(second)
