"""Whole processes measured one after the other, round by round, so that a slow minute of the machine hits all alike."""

from __future__ import annotations

import contextlib
import ctypes
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER


@dataclass(frozen=True, slots=True)
class Run:
    """One process from start to end, with the processes that it started."""

    wall: float
    cpu: float
    peak: float
    """MB of the process that took most."""


@dataclass(slots=True)
class Command:
    """What is measured. ``rounds`` is the most that are run; ``before`` is done before each, unmeasured."""

    name: str
    arguments: Sequence[str]
    rounds: int = 1_000
    cwd: str | None = None
    before: Callable[[], object] | None = None
    codes: frozenset[int] = frozenset({0, 1})
    runs: list[Run] = field(default_factory=list)

    def measure(self) -> None:
        """Run it once."""
        if self.before is not None:
            self.before()
        self.runs.append(run(self.arguments, self.cwd, self.codes))

    def median(self, what: str) -> float:
        """The median of ``wall``, ``cpu`` or ``peak``."""
        return statistics.median(getattr(each, what) for each in self.runs)

    def spread(self, what: str) -> tuple[float, float]:
        """The smallest and the largest."""
        values = [getattr(each, what) for each in self.runs]
        return min(values), max(values)


def run(arguments: Sequence[str], cwd: str | None = None, codes: frozenset[int] = frozenset({0, 1})) -> Run:
    """Run a process to its end. Its children's time is counted too, orphans included (on Linux).

    Raises:
        RuntimeError: it ended with another code than ``codes``; what it wrote to standard error is in the message.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    started = time.perf_counter()
    process = subprocess.Popen(arguments, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    told = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in codes:
        raise RuntimeError(f"{arguments[:4]} ended with {process.returncode}: {told.decode(errors='replace')[-2000:]}")
    usages = [usage]
    with contextlib.suppress(ChildProcessError):
        while True:
            usages.append(os.wait4(-1, 0)[2])
    kilo = 1024 if sys.platform == "darwin" else 1
    return Run(
        wall,
        sum(each.ru_utime + each.ru_stime for each in usages),
        max(each.ru_maxrss for each in usages) / 1000 / kilo,
    )


def interleaved(commands: Sequence[Command], rounds: int, tell: Callable[[str], object] = print) -> None:
    """Measure all commands ``rounds`` times, one after the other; each once unmeasured before, where that is quick."""
    for command in commands:
        if rounds > 1 < command.rounds:
            run(command.arguments, command.cwd, command.codes)
    for number in range(rounds):
        for command in commands:
            if number < command.rounds:
                command.measure()
        tell(f"  round {number + 1} of {rounds}")


def ratios(ours: Command, base: Command, what: str) -> tuple[float, float, float]:
    """Our median by theirs, and the smallest and largest ratio of single rounds."""
    pairs = [
        getattr(mine, what) / getattr(theirs, what)
        for mine, theirs in zip(ours.runs, base.runs, strict=False)
        if getattr(theirs, what)
    ]
    return ours.median(what) / base.median(what), min(pairs), max(pairs)


def table(rows: Iterable[Sequence[str]]) -> str:
    """Rows as a Markdown table, the first one the header."""
    header, *rest = rows
    lines = [f"| {' | '.join(header)} |", "|---|" + "---:|" * (len(header) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rest)])
