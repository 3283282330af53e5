"""Writing the comments that accept findings: `--add-ignores`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.suppressions import UNUSED, Reach, Suppressions
from dbdriver_lint.fixes.edit import Edit
from dbdriver_lint.source.comments import Layout
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.findings.suppressions import Directive
    from dbdriver_lint.source.text import SourceFile


def accepting_edits(
    source: SourceFile, findings: Iterable[Finding], reason: str, *, beside_code: bool = True
) -> list[Edit]:
    """The edits that write a `# dbdriver: ignore[…]` comment for every finding that has a place in the text.

    The comment goes to the end of the finding's line; where a string or a backslash goes on behind that,
    to the end of the statement, else above it. A comment of ours that stands there gets another name.
    Without ``beside_code`` all stand above: in some files what follows a value belongs to it.
    """
    layout = Layout.of(source)
    beside: dict[int, list[str]] = {}
    above: dict[int, list[str]] = {}
    for finding in findings:
        if finding.span is None or finding.code == UNUSED:
            continue
        first, last = finding.statement or (finding.start.line, finding.end.line)
        lines = (finding.start.line, finding.end.line, last) if beside_code else ()
        place = next((n for n in lines if _is_open(layout, n)), None)
        names = above.setdefault(first, []) if place is None else beside.setdefault(place, [])
        if finding.name not in names:
            names.append(finding.name)
    text = f" {reason.strip()}" if reason.strip() else ""
    ours = {
        directive.comment.line: directive
        for directive in reversed(Suppressions.parse(source).directives)
        if directive.reach is Reach.LINE and directive.selectors
    }
    edits = [_beside(source, line, names, text, ours.get(line)) for line, names in beside.items()]
    return sorted(edits + [_above(source, line, names, text) for line, names in above.items()])


def _is_open(layout: Layout, line: int) -> bool:
    """Whether a comment can be written at the end of the line."""
    return layout.lines_with(line)[1] == line


def _beside(source: SourceFile, line: int, names: list[str], reason: str, ours: Directive | None) -> Edit:
    if ours is not None:
        end = ours.selectors[-1].span.end
        return Edit(Span(end, end), "".join(f", {name}" for name in names))
    span = source.line_span(line)
    end = span.start + len(source.text[span.start : span.end].rstrip())
    return Edit(Span(end, span.end), f"  # dbdriver: ignore[{', '.join(names)}]{reason}")


def _above(source: SourceFile, line: int, names: list[str], reason: str) -> Edit:
    start = source.line_starts[line - 1]
    text = source.line_text(line)
    indent = text[: len(text) - len(text.lstrip())]
    return Edit(Span(start, start), f"{indent}# dbdriver: ignore[{', '.join(names)}]{reason}{source.newline}")
