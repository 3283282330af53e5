"""Findings in the joined code of a notebook, as findings in its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.fixes.edit import Edit
from dbdriver_lint.records import replace
from dbdriver_lint.source.text import Position, Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.findings.model import Finding, Related
    from dbdriver_lint.fixes.edit import Fix
    from dbdriver_lint.source.notebook import Cell, Notebook
    from dbdriver_lint.source.text import SourceFile


def in_cells(
    notebook: Notebook, code: SourceFile, findings: Iterable[Finding]
) -> tuple[list[Finding], tuple[SourceFile, ...]]:
    """The findings with the cell in their path and their places in it, and the cells that have some."""
    sources: dict[int, SourceFile] = {}
    placed = []
    for finding in findings:
        cell, start = notebook.place(finding.start)
        source = sources.setdefault(cell.number, notebook.cell_source(cell))
        end = _end(notebook, cell, source, finding.end)
        span = None if finding.span is None else Span(_offset(source, start), _offset(source, end))
        statement = None
        if finding.statement is not None:
            shift = finding.start.line - start.line
            statement = finding.statement[0] - shift, finding.statement[1] - shift
        placed.append(
            replace(
                finding,
                path=source.path,
                start=start,
                end=end,
                span=span,
                statement=statement,
                related=tuple(_related(notebook, related) for related in finding.related),
                fix=None if finding.fix is None else _fix(notebook, code, cell, source, finding.fix),
            )
        )
    return placed, tuple(sources.values())


def _related(notebook: Notebook, related: Related) -> Related:
    if related.path != notebook.path:
        return related
    cell, start = notebook.place(related.start)
    source = notebook.cell_source(cell)
    return replace(related, path=source.path, start=start, end=_end(notebook, cell, source, related.end))


def _fix(notebook: Notebook, code: SourceFile, cell: Cell, source: SourceFile, fix: Fix) -> Fix:
    """The fix with those of its edits that are in the cell: for showing it. Applied is the fix of the whole code."""
    edits = []
    for edit in fix.edits:
        first, start = notebook.place(code.position(edit.span.start))
        last, end = notebook.place(code.position(edit.span.end))
        if first.number == last.number == cell.number:
            edits.append(Edit(Span(_offset(source, start), _offset(source, end)), edit.replacement))
    return replace(fix, edits=tuple(edits))


def _end(notebook: Notebook, cell: Cell, source: SourceFile, end: Position) -> Position:
    """An end in the cell: what reaches out of it ends with it."""
    other, place = notebook.place(end)
    inside = other.number == cell.number and place.line <= len(source.line_starts)
    return place if inside else source.position(len(source.text))


def _offset(source: SourceFile, place: Position) -> int:
    line = min(place.line, len(source.line_starts))
    return min(source.offset(line, place.column - 1), len(source.text))
