"""``json``, version 1. Lines and columns are 1-based, columns count code points, ends are exclusive.

A later version may add keys; it changes or drops none without a new ``version``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dbdriver_lint import __version__
from dbdriver_lint.report.display import mask
from dbdriver_lint.report.edits import edits_without_secrets
from dbdriver_lint.report.model import rule_url

if TYPE_CHECKING:
    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.fixes.edit import Fix
    from dbdriver_lint.report.model import Report, Terminal
    from dbdriver_lint.source.text import Position, SourceFile

VERSION = 1


def render(report: Report, _terminal: Terminal) -> str:
    """The whole report as one JSON object."""
    document = {
        "version": VERSION,
        "tool": {"name": "dbdriver-lint", "version": __version__},
        "findings": [_finding(finding, report) for finding in report.findings],
        "problems": [{"path": problem.path, "message": mask(problem.message)} for problem in report.problems],
        "fixed": {path: dict(codes) for path, codes in sorted(report.fixed.items())},
        "summary": {
            "files": report.checked,
            "findings": len(report.findings),
            "fixed": report.fixed_count,
            "suppressed": report.suppressed,
            "baselined": report.baselined,
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _finding(finding: Finding, report: Report) -> dict[str, Any]:
    source = report.sources.get(finding.path)
    return {
        "code": finding.code,
        "name": finding.name,
        "url": rule_url(finding.name),
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "message": mask(finding.message),
        "path": finding.path,
        "start": position(finding.start),
        "end": position(finding.end),
        "fingerprint": report.fingerprints.get(finding),
        "related": [
            {
                "path": related.path,
                "start": position(related.start),
                "end": position(related.end),
                "message": mask(related.message),
            }
            for related in finding.related
        ],
        "fix": None if finding.fix is None or source is None else _fix(finding.fix, source),
    }


def _fix(fix: Fix, source: SourceFile) -> dict[str, Any]:
    """The fix; ``edits`` is null where they would show a password (`--fix` applies it all the same)."""
    edits = edits_without_secrets(fix, source)
    return {
        "title": mask(fix.title),
        "applicability": fix.applicability.name.lower(),
        "edits": None
        if edits is None
        else [
            {
                "start": position(source.position(edit.span.start)),
                "end": position(source.position(edit.span.end)),
                "replacement": edit.replacement,
            }
            for edit in edits
        ],
    }


def position(place: Position) -> dict[str, int]:
    """A place as JSON has it."""
    return {"line": place.line, "column": place.column}
