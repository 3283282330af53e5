"""``gitlab``: a Code Quality report, as an artifact of a GitLab job."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Severity
from dbdriver_lint.report.display import mask
from dbdriver_lint.report.json_v1 import position
from dbdriver_lint.report.model import relative_path

if TYPE_CHECKING:
    from dbdriver_lint.report.model import Report, Terminal

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "minor"}


def render(report: Report, _terminal: Terminal) -> str:
    """A JSON array with one object a finding."""
    issues = [
        {
            "check_name": finding.code,
            "description": f"{finding.code} {finding.name}: {mask(finding.message)}",
            "severity": _SEVERITIES[finding.severity],
            "fingerprint": report.fingerprints[finding],
            "location": {
                "path": relative_path(finding.path),
                "positions": {"begin": position(finding.start), "end": position(finding.end)},
            },
        }
        for finding in report.findings
    ]
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"
