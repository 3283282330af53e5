"""``github``: workflow commands that GitHub Actions shows beside the lines of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Severity
from dbdriver_lint.report.display import mask
from dbdriver_lint.report.model import relative_path

if TYPE_CHECKING:
    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.report.model import Report, Terminal

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report, _terminal: Terminal) -> str:
    """One command a finding, and one a problem."""
    lines = [_command(finding) for finding in report.findings]
    lines += (
        f"::{'error' if problem.fatal else 'warning'} title=dbdriver-lint::{_data(mask(f'{problem.path}: {problem.message}'))}"
        for problem in report.problems
    )
    return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding) -> str:
    path = relative_path(finding.path)
    place = {"title": f"{finding.code} {finding.name}", "file": path, "line": finding.start.line}
    if finding.start.line == finding.end.line:  # GitHub takes columns on one line only
        place |= {"col": finding.start.column, "endColumn": finding.end.column}
    else:
        place["endLine"] = finding.end.line
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in place.items())
    text = f"{path}:{finding.start.line}:{finding.start.column}: {finding.code} {mask(finding.message)}"
    return f"::{_COMMANDS[finding.severity]} {properties}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
