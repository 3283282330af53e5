"""``sarif``: SARIF 2.1.0, for GitHub code scanning and other collectors, with fixes and fingerprints."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dbdriver_lint import __version__
from dbdriver_lint.findings.model import Severity
from dbdriver_lint.fixes.edit import Applicability
from dbdriver_lint.report import model
from dbdriver_lint.report.display import mask
from dbdriver_lint.report.edits import edits_without_secrets
from dbdriver_lint.report.model import relative_path

if TYPE_CHECKING:
    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.report.model import Report, RuleCard, Terminal
    from dbdriver_lint.source.text import Position, SourceFile

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PRECISION = {"high": "high", "medium": "medium", "low": "low"}


def render(report: Report, _terminal: Terminal) -> str:
    """One run with its rules, results and problems."""
    codes = sorted({finding.code for finding in report.findings})
    run = {
        "tool": {
            "driver": {
                "name": "dbdriver-lint",
                "semanticVersion": __version__,
                **({"informationUri": model.DOCUMENTATION} if model.DOCUMENTATION else {}),
                "rules": [_rule(report.rules[code]) if code in report.rules else {"id": code} for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not any(problem.fatal for problem in report.problems),
                "toolExecutionNotifications": [
                    {
                        "level": "error" if problem.fatal else "warning",
                        "message": {
                            "text": mask(f"{problem.path}: {problem.message}" if problem.path else problem.message)
                        },
                    }
                    for problem in report.problems
                ],
            }
        ],
        "results": [_result(finding, codes.index(finding.code), report) for finding in report.findings],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(card: RuleCard) -> dict[str, Any]:
    return {
        "id": card.code,
        "name": "".join(word.capitalize() for word in card.name.split("-")),
        "shortDescription": {"text": card.summary},
        "fullDescription": {"text": card.summary},
        "help": {"text": card.documentation, "markdown": card.documentation},
        **({"helpUri": card.url} if card.url else {}),
        "defaultConfiguration": {"level": _LEVELS[Severity(card.severity)]},
        "properties": {"tags": ["database", card.group, card.name], "precision": _PRECISION[card.confidence]},
    }


def _result(finding: Finding, index: int, report: Report) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": mask(finding.message)},
        "locations": [{"physicalLocation": _place(finding.path, finding.start, finding.end)}],
        "partialFingerprints": {"dbdriverLint/v1": report.fingerprints[finding]},
    }
    if finding.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": mask(related.message)},
                "physicalLocation": _place(related.path, related.start, related.end),
            }
            for number, related in enumerate(finding.related, 1)
        ]
    source = report.sources.get(finding.path)
    fixes = _fixes(finding, source) if source is not None else []
    if fixes:
        result["fixes"] = fixes
    return result


def _fixes(finding: Finding, source: SourceFile) -> list[dict[str, Any]]:
    fix = finding.fix
    if fix is None or fix.applicability is Applicability.DISPLAY:
        return []
    edits = edits_without_secrets(fix, source)
    if not edits:
        return []
    replacements = [
        {
            "deletedRegion": _region(source.position(edit.span.start), source.position(edit.span.end)),
            "insertedContent": {"text": edit.replacement},
        }
        for edit in edits
    ]
    title = f"{mask(fix.title)} ({fix.applicability.name.lower()})"
    change = {"artifactLocation": _artifact(finding.path), "replacements": replacements}
    return [{"description": {"text": title}, "artifactChanges": [change]}]


def _place(path: str, start: Position, end: Position) -> dict[str, Any]:
    return {"artifactLocation": _artifact(path), "region": _region(start, end)}


def _artifact(path: str) -> dict[str, Any]:
    shown = relative_path(path)
    if PurePath(shown).is_absolute():
        return {"uri": PurePath(shown).as_uri()}
    return {"uri": quote(shown.encode("utf-8", "surrogateescape"))}


def _region(start: Position, end: Position) -> dict[str, int]:
    return {"startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column}
