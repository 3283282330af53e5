"""What must hold for any bytes that are given to the linter, whatever they are.

Every check goes through the whole linter with all rules. A failure is a sentence; none means that all held.
"""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unittest import mock

from dbdriver_lint.fixes import apply
from dbdriver_lint.run import Options, Outcome, Task, lint_file
from dbdriver_lint.settings.model import Settings
from dbdriver_lint.source.text import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dbdriver_lint.fixes.edit import Edit

EVERYTHING = Settings(select=("all",))
LEAST_SECONDS = 10.0
"""CPU time that any file may take."""
SECONDS_PER_BYTE = 200e-6
"""And what it may take more for its size: about ten times what the slowest real file takes."""

_spliced = apply.spliced


class HangError(BaseException):
    """The time for one file is over. No ``except Exception`` catches it, so the traceback shows where it hung."""


@dataclass(slots=True)
class Examined:
    """What one examination showed."""

    failures: list[str] = field(default_factory=list)
    findings: int = 0
    repaired: int = 0
    unreadable: bool = False
    seconds: float = 0.0
    """CPU time of the check, without the repair."""


def examine(path: str, data: bytes, settings: Settings = EVERYTHING, *, fix: bool = True) -> Examined:
    """Lint and repair ``data`` as the file ``path``, which is not written."""
    seen = Examined()
    task = Task(path, settings, data)
    try:
        with time_bound(len(data)):
            started = time.process_time()
            checked = lint_file(task, Options())
            seen.seconds = time.process_time() - started
    except HangError as error:
        seen.failures.append(_where(error))
        return seen
    seen.findings = len(checked.findings)
    seen.unreadable = any(finding.code == "XDB902" for finding in checked.findings)
    seen.failures += [problem.message for problem in checked.problems if problem.fatal]
    seen.failures += _misplaced(checked)
    if not fix or seen.failures or not checked.findings:
        return seen
    results: list[str] = []
    try:
        with time_bound(len(data), 20), _recording(results):
            fixed = lint_file(task, Options(fix=True, unsafe=True))
    except HangError as error:
        seen.failures.append("while fixing: " + _where(error))
        return seen
    seen.repaired = fixed.applied.total()
    seen.failures += [f"while fixing: {problem.message}" for problem in fixed.problems if problem.fatal]
    after = fixed.data if fixed.data is not None else data
    if after == data:
        return seen
    if seen.unreadable:
        seen.failures.append("a file that cannot be parsed was changed")
    if not fixed.applied:
        seen.failures.append("a file was changed without a fix")
    if SourceFile.from_bytes(path, after).text not in results and not path.endswith(".ipynb"):
        seen.failures.append("what is written is not what the edits gave")
    again = lint_file(Task(path, settings, after), Options(fix=True, unsafe=True))
    if again.data != after:
        seen.failures.append("a second repair changes the file again")
    return seen


@contextmanager
def time_bound(size: int, times: float = 1) -> Iterator[None]:
    """Raise :class:`HangError` in the middle of what takes more CPU time than ``size`` bytes may."""

    def stop(*_: object) -> None:
        raise HangError(f"more than {seconds:.0f} s for {size} bytes")

    seconds = times * (LEAST_SECONDS + size * SECONDS_PER_BYTE)
    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _where(error: HangError) -> str:
    traceback, frames = error.__traceback__, []
    while traceback is not None:
        frames.append(f"{traceback.tb_frame.f_globals.get('__name__')}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return f"hang: {error} at {' '.join(frames[-6:])}"


def _misplaced(outcome: Outcome) -> Iterator[str]:
    """Findings that stand outside of their file."""
    lines = {source.path: len(source.line_starts) for source in outcome.sources}
    for finding in outcome.findings:
        if finding.start.line < 1 or finding.start.column < 1 or finding.end < finding.start:
            yield f"{finding.code} at {finding.start} to {finding.end}"
        if finding.path in lines and finding.end.line > lines[finding.path]:
            yield f"{finding.code} in line {finding.end.line} of {lines[finding.path]}"


@contextmanager
def _recording(results: list[str]) -> Iterator[None]:
    """Keep what edits give, and prove each splice: outside of the edits the text stays."""

    def spliced(text: str, edits: Iterable[Edit]) -> str:
        edits = tuple(edits)
        result = _spliced(text, edits)
        was = at = 0
        for edit in edits:
            gap = edit.span.start - was
            assert result[at : at + gap] == text[was : edit.span.start]
            at += gap + len(edit.replacement)
            was = edit.span.end
        assert result[at:] == text[was:]
        results.append(result)
        return result

    with mock.patch.object(apply, "spliced", spliced):
        yield
