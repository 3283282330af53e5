"""A diagnosis as text for people and as JSON for programs."""

from __future__ import annotations

import json
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from dbdriver_lint.doctor.model import Status
from dbdriver_lint.knowledge.python_source import argument_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dbdriver_lint.doctor.model import Diagnosis, Result, SideReport

_COLORS = {Status.OK: "32", Status.NOTE: "33", Status.FAILED: "31;1"}
_MARKS = {Status.OK: "ok  ", Status.NOTE: "note", Status.FAILED: "FAIL"}
_WIDTH = 110
_INDENT = " " * 24


def text(diagnoses: Iterable[Diagnosis], *, color: bool) -> str:
    """Every step on a line, with the cause and the remedy where one failed; then a summary line for each side."""
    return "\n".join("\n".join(_lines(diagnosis, color)) + "\n" for diagnosis in diagnoses)


def _lines(diagnosis: Diagnosis, color: bool) -> Iterator[str]:
    yield f"{diagnosis.source}: {diagnosis.masked}"
    groups = [("URL", diagnosis.url), ("server", diagnosis.server)]
    groups += [(f"{report.label}: {report.side.driver}", report.results) for report in diagnosis.sides]
    for title, results in groups:
        if results:
            yield ""
            yield _painted(title, "1", color)
        for result in results:
            yield from _step(result, color)
    yield ""
    yield from summary(diagnosis)


def _step(result: Result, color: bool) -> Iterator[str]:
    mark = _painted(_MARKS[result.status], _COLORS[result.status], color)
    first, *more = _wrapped(result.found)
    yield f"  {mark}  {result.step:14}  {first}"
    yield from (f"{_INDENT}{line}" for line in more)
    for name, said in (("why", result.cause), ("do", result.remedy)):
        if said:
            first, *more = _wrapped(said)
            yield f"{' ' * 19}{name:>3}  {first}"
            yield from (f"{_INDENT}{line}" for line in more)


def _wrapped(said: str) -> list[str]:
    return wrap(said, _WIDTH - len(_INDENT), break_long_words=False, break_on_hyphens=False) or [""]


def _painted(said: str, code: str, color: bool) -> str:
    return f"\x1b[{code}m{said}\x1b[0m" if color else said


def summary(diagnosis: Diagnosis) -> Iterator[str]:
    """One line for each side, or one for a URL that nobody can use."""
    for report in diagnosis.sides:
        yield f"{report.label}: {report.side.driver}, {_verdict(diagnosis, report)}"
    if not diagnosis.sides:
        broken = next((result for result in diagnosis.url if result.failed), None)
        yield f"fails: {broken.found}" if broken is not None else "not examined"


def _verdict(diagnosis: Diagnosis, report: SideReport) -> str:
    broken = next((r for r in (*diagnosis.url, *diagnosis.server, *report.results) if r.failed), None)
    if broken is not None:
        return f"fails: {broken.found}"
    return f"{report.tls}, ok" + ("" if diagnosis.connected else " as far as can be seen without --connect")


def to_json(diagnoses: Iterable[Diagnosis]) -> str:
    """The same for programs: version 1, a list of diagnoses."""
    documents = [_document(diagnosis) for diagnosis in diagnoses]
    healthy = all(document["healthy"] for document in documents)
    return json.dumps({"version": 1, "healthy": healthy, "diagnoses": documents}, ensure_ascii=False, indent=2)


def _document(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "source": diagnosis.source,
        "url": diagnosis.masked,
        "healthy": diagnosis.healthy,
        "connected": diagnosis.connected,
        "steps": [_record(result) for result in (*diagnosis.url, *diagnosis.server)],
        "sides": [
            {
                "purpose": report.label,
                "driver": report.side.driver,
                "url": report.side.translation.masked if report.side.translation is not None else None,
                "connect_args": {
                    key: argument_text(value) for key, value in report.side.translation.connect_args.items()
                }
                if report.side.translation is not None
                else {},
                "tls": report.tls,
                "steps": [_record(result) for result in report.results],
            }
            for report in diagnosis.sides
        ],
        "summary": list(summary(diagnosis)),
    }


def _record(result: Result) -> dict[str, str]:
    record = {"step": result.step, "status": result.status.value, "found": result.found}
    return record | {key: said for key, said in (("cause", result.cause), ("remedy", result.remedy)) if said}
