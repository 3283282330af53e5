"""``full``: every finding with its code, the chain of places and the repair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Severity
from dbdriver_lint.fixes.edit import Applicability
from dbdriver_lint.report.display import mask
from dbdriver_lint.report.model import fix_marker, rule_url
from dbdriver_lint.report.summary import summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.fixes.edit import Edit, Fix
    from dbdriver_lint.report.model import Report, Terminal
    from dbdriver_lint.source.text import Position, SourceFile

_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}
_NOTES = {
    Applicability.UNSAFE: "note: this fix may change what the program does; `--fix --unsafe-fixes` applies it",
    Applicability.DISPLAY: "note: this is a suggestion; it is never applied by itself",
}


def render(report: Report, terminal: Terminal) -> str:
    """The report for people who read it in a terminal."""
    lines: list[str] = []
    changes: dict[tuple[str, tuple[Edit, ...]], Finding] = {}
    for finding in report.findings:
        # One change may repair several findings; it is shown once.
        first = changes.setdefault((finding.path, finding.fix.edits), finding) if finding.fix else finding
        lines += _finding(finding, report, terminal, first)
        lines.append("")
    lines += summary(report, terminal)
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Finding, report: Report, terminal: Terminal, first: Finding) -> Iterator[str]:
    """``first`` is the finding at which the same fix is shown whole."""
    style = _STYLES[finding.severity]
    code = terminal.link(terminal.paint(finding.code, style, "bold"), rule_url(finding.name))
    marker = terminal.paint(fix_marker(finding), "cyan")
    yield f"{code} {marker}{' ' if marker else ''}{finding.name}: {terminal.paint(mask(finding.message), 'bold')}"
    source = report.sources.get(finding.path)
    yield from _place(finding.path, finding.start, finding.end, source, terminal, style=style)
    for related in finding.related:
        yield f"{terminal.paint('note', 'bold')}: {mask(related.message)}"
        yield from _place(
            related.path,
            related.start,
            related.end,
            report.sources.get(related.path),
            terminal,
            context=0,
            style="blue",
        )
    if finding.fix is None:
        return
    if first is finding:
        yield from _fix(finding.fix, source, terminal)
    else:
        help_ = terminal.paint("help", "cyan", "bold")
        yield f"{help_}: {mask(finding.fix.title)}: the same change as for {first.code} in line {first.start.line}"


def _place(
    path: str,
    start: Position,
    end: Position,
    source: SourceFile | None,
    terminal: Terminal,
    *,
    context: int = 1,
    style: str,
) -> Iterator[str]:
    from dbdriver_lint.report.frame import code_frame

    frame = code_frame(source, start, end, terminal, context=context, style=style) if source else []
    gutter = len(str(end.line + context)) if frame else 1
    yield f"{' ' * gutter}{terminal.paint('-->', 'blue')} {mask(path)}:{start.line}:{start.column}"
    yield from frame


def _fix(fix: Fix, source: SourceFile | None, terminal: Terminal) -> Iterator[str]:
    yield f"{terminal.paint('help', 'cyan', 'bold')}: {mask(fix.title)}"
    if source is not None:
        from dbdriver_lint.report.frame import fix_diff

        yield from fix_diff(source, fix, terminal)
    if fix.applicability in _NOTES:
        yield terminal.paint(_NOTES[fix.applicability], "dim")
