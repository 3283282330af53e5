"""``concise``: one line a finding, ``path:line:column: CODE [*] message``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.report.display import mask
from dbdriver_lint.report.model import fix_marker, rule_url
from dbdriver_lint.report.summary import summary

if TYPE_CHECKING:
    from dbdriver_lint.report.model import Report, Terminal


def render(report: Report, terminal: Terminal) -> str:
    """One line a finding and the summary."""
    lines = []
    for f in report.findings:
        marker = fix_marker(f)
        place = f"{terminal.paint(mask(f.path), 'bold')}:{f.start.line}:{f.start.column}:"
        code = terminal.link(terminal.paint(f.code, "red", "bold"), rule_url(f.name))
        message = " ".join(mask(f.message).split())
        lines.append(f"{place} {code} {terminal.paint(marker, 'cyan')}{' ' if marker else ''}{message}")
    return "".join(f"{line}\n" for line in (*lines, *summary(report, terminal)))
