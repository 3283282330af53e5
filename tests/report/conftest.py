from __future__ import annotations

from typing import Protocol

import pytest

from dbdriver_lint.findings.fingerprint import fingerprints
from dbdriver_lint.findings.model import Confidence, Finding, Related, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.report.model import Report, RuleCard
from dbdriver_lint.source.text import Position, SourceFile, Span

CARD = RuleCard("XDB103", "sync-driver-in-async-engine", "error", "error", "high", "A summary.", "A summary.\n\nMore.")


class MakeReport(Protocol):
    def __call__(self, text: str, marked: str, **changes: object) -> Report: ...


@pytest.fixture
def report_of() -> MakeReport:
    """A report with one finding on the first occurrence of a text."""

    def make(
        text: str,
        marked: str,
        *,
        message: str = "The engine raises InvalidRequestError",
        replacement: str | None = None,
        applicability: Applicability = Applicability.SAFE,
        related: str | None = None,
        severity: Severity = Severity.ERROR,
        path: str = "app/db.py",
        **more: object,
    ) -> Report:
        source = SourceFile.from_text(path, text)
        start = source.text.index(marked)
        span = Span(start, start + len(marked))
        others: tuple[Related, ...] = ()
        if related is not None:
            place = source.text.index(related)
            others = (Related(path, source.position(place), source.position(place + len(related)), "set here"),)
        finding = Finding(
            code="XDB103",
            name="sync-driver-in-async-engine",
            message=message,
            severity=severity,
            confidence=Confidence.HIGH,
            path=path,
            start=source.position(span.start),
            end=source.position(span.end),
            span=span,
            related=others,
            fix=None if replacement is None else Fix("Use asyncpg", (Edit(span, replacement),), applicability),
        )
        sources = {path: source}
        values: dict[str, object] = {"checked": 3, **more}
        return Report(
            findings=(finding,),
            sources=sources,
            rules={"XDB103": CARD},
            fingerprints=fingerprints([finding], sources),
            **values,  # type: ignore[arg-type]
        )

    return make


@pytest.fixture
def unreadable() -> Report:
    """A report about a file that has no text."""
    place = Position(1, 1)
    finding = Finding(
        "XDB902", "unreadable-file", "permission denied", Severity.ERROR, Confidence.HIGH, "a.py", place, place
    )
    return Report(findings=(finding,), sources={}, checked=1, fingerprints=fingerprints([finding], {}))
