"""The code frame: the lines around a place, with what is meant underlined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.report.display import display, text_width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.fixes.edit import Fix
    from dbdriver_lint.report.model import Terminal
    from dbdriver_lint.source.text import Position, SourceFile

_MOST_LINES = 8
"""A longer span is shown by its first and last lines."""
_MOST_CHANGES = 30
"""A longer repair is cut; `--diff` shows it whole."""


def code_frame(
    source: SourceFile, start: Position, end: Position, terminal: Terminal, *, context: int = 1, style: str = "red"
) -> list[str]:
    """The lines from ``start`` to ``end`` with ``context`` lines around them, numbered and marked."""
    last = _last_line(start, end)
    numbers = [n for n in range(start.line - context, last + context + 1) if 1 <= n <= source.line_count]
    while numbers and numbers[0] < start.line and not source.line_text(numbers[0]).strip():
        del numbers[0]
    while numbers and numbers[-1] > last and not source.line_text(numbers[-1]).strip():
        del numbers[-1]
    if not numbers:
        return []
    gutter = len(str(numbers[-1]))
    bar = terminal.paint("|", "blue")
    lines = [f"{' ' * gutter} {bar}"]
    skipped = False
    for number in numbers:
        if last - start.line >= _MOST_LINES and start.line + 3 < number < last - 1:
            if not skipped:
                lines.append(terminal.paint("...", "blue") + " " * (gutter - 1) + terminal.paint("|", style))
            skipped = True
            continue
        label = terminal.paint(f"{number:>{gutter}}", "blue")
        marked = _marked(source, number, start, end, last, terminal, style)
        lines.append(f"{label} {bar} {marked[0]}".rstrip())
        lines += (f"{' ' * gutter} {bar} {mark}" for mark in marked[1:])
    lines.append(f"{' ' * gutter} {bar}")
    return lines


def fix_diff(source: SourceFile, fix: Fix, terminal: Terminal) -> list[str]:
    """What the fix would change, as numbered lines; secrets are masked."""
    lines: list[str] = []
    changes = list(_changes(source, fix))
    width = len(str(max((number for number, _, _ in changes), default=1)))
    for number, sign, text in changes[:_MOST_CHANGES]:
        style = {"-": "red", "+": "green", " ": "dim"}[sign]
        label = terminal.paint(f"{number:>{width}}" if number else " " * width, "blue")
        lines.append(f"{label} {terminal.paint(f'{sign} {display(text).text}'.rstrip(), style)}".rstrip())
    if len(changes) > _MOST_CHANGES:
        lines.append(f"{' ' * width} … {len(changes) - _MOST_CHANGES} more lines; `--diff` shows all")
    return lines


def _last_line(start: Position, end: Position) -> int:
    """The last line that holds a character of the range: an end in column 1 belongs to the line before."""
    return end.line - 1 if end.line > start.line and end.column == 1 else end.line


def _marked(
    source: SourceFile, number: int, start: Position, end: Position, last: int, terminal: Terminal, style: str
) -> list[str]:
    """A line and, below it, its mark: carets on one line, a bracket at the left over several."""
    shown = display(source.line_text(number))
    if start.line == last:
        if number != start.line:
            return [shown.cut(0, 0)[0]]
        left = shown.cell(start.column)
        right = shown.cells[-1] if end.line > last else shown.cell(end.column)
        right = max(right, left + 1)
        text, moved = shown.cut(left, right)
        carets = "^" * min(right - left, max(1, text_width(text) - (left - moved)))
        return [text, " " * (left - moved) + terminal.paint(carets, style, "bold")]
    rail = terminal.paint("|", style)
    text = shown.cut(0, 0)[0]
    if number == start.line:
        if not source.line_text(number)[: start.column - 1].strip():
            return [f"{terminal.paint('/', style)} {text}"]
        return [f"  {text}", terminal.paint(" " + "_" * (shown.cell(start.column) + 1) + "^", style)]
    if number == last:
        right = shown.cells[-1] if end.line > last else shown.cell(end.column)
        return [f"{rail} {text}", terminal.paint("|" + "_" * max(right, 1) + "^", style)]
    return [f"{rail if start.line < number < last else ' '} {text}"]


def _changes(source: SourceFile, fix: Fix) -> Iterator[tuple[int, str, str]]:
    """(line number or 0, sign, text) of the changed lines, with a line of context around each place."""
    hunks = list(_hunks(source, fix))
    taken = {line for first, old, _ in hunks for line in (first, *range(first, first + len(old)))}
    shown = 0
    for first, old, new in hunks:
        before, after = first - 1, first + len(old)
        if before > shown:
            yield before, " ", source.line_text(before)
        for offset, line in enumerate(old):
            yield first + offset, "-", line
        for line in new:
            yield 0, "+", line
        shown = after - 1
        if after <= source.line_count and after not in taken:
            yield after, " ", source.line_text(after)
            shown = after


def _hunks(source: SourceFile, fix: Fix) -> Iterator[tuple[int, list[str], list[str]]]:
    """(first line, old lines, new lines) of each place that the fix changes, without lines that stay as they are."""
    edits = sorted(fix.edits)
    text = source.text
    index = 0
    while index < len(edits):
        first = source.line_of(edits[index].span.start)
        last = source.line_of(edits[index].span.end)
        position = source.line_starts[first - 1]
        pieces: list[str] = []
        while index < len(edits) and source.line_of(edits[index].span.start) <= last:
            span = edits[index].span
            pieces += text[position : span.start], edits[index].replacement
            position = span.end
            last = max(last, source.line_of(span.end))
            index += 1
        pieces.append(text[position : _end_of_line(source, last)])
        old = text[source.line_starts[first - 1] : _end_of_line(source, last)].splitlines()
        new = "".join(pieces).splitlines()
        while old and new and old[0] == new[0]:
            first, old, new = first + 1, old[1:], new[1:]
        while old and new and old[-1] == new[-1]:
            old, new = old[:-1], new[:-1]
        yield first, old, new


def _end_of_line(source: SourceFile, line: int) -> int:
    return source.line_starts[line] if line < len(source.line_starts) else len(source.text)
