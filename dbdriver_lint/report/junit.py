"""``junit``: XML that CI servers show as test results; a file is a suite, a finding a failed case."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from dbdriver_lint.report.display import mask
from dbdriver_lint.report.model import relative_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.report.model import Report, Terminal


def render(report: Report, _terminal: Terminal) -> str:
    """The report as XML; a run without findings is one case that passed."""
    fatal = [problem for problem in report.problems if problem.fatal]
    failures, errors = len(report.findings), len(fatal)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="dbdriver-lint" tests="{max(failures + errors, 1)}" failures="{failures}" errors="{errors}">',
    ]
    for path, group in groupby(report.findings, key=lambda f: f.path):
        lines += _suite(relative_path(path), list(group))
    if fatal:
        lines.append(f'<testsuite name="problems" tests="{errors}" failures="0" errors="{errors}">')
        for problem in fatal:
            lines.append(f'<testcase name={_attribute(problem.path or "run")} classname="dbdriver-lint">')
            lines.append(f"<error message={_attribute(problem.message)}/></testcase>")
        lines.append("</testsuite>")
    if not failures and not errors:
        lines.append('<testsuite name="dbdriver-lint" tests="1" failures="0" errors="0">')
        lines.append(f'<testcase name="no findings in {report.checked} files" classname="dbdriver-lint"/></testsuite>')
    lines.append("</testsuites>")
    return "".join(f"{line}\n" for line in lines)


def _suite(path: str, findings: list[Finding]) -> Iterator[str]:
    name = _attribute(path)
    yield f'<testsuite name={name} tests="{len(findings)}" failures="{len(findings)}" errors="0">'
    for f in findings:
        case = _attribute(f"{f.code} {f.name} at {f.start.line}:{f.start.column}")
        yield f'<testcase name={case} classname={name} file={name} line="{f.start.line}">'
        text = mask(f"{f.path}:{f.start.line}:{f.start.column}: {f.code} {f.message}")
        yield f'<failure type="{f.severity.value}" message={_attribute(f.message)}>{escape(text)}</failure></testcase>'
    yield "</testsuite>"


def _attribute(text: str) -> str:
    return quoteattr(mask(text))
