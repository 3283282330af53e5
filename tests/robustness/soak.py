"""Whole trees, linted as a user does, with processes killed on the way: always the same findings, and no file harmed.

    python tests/robustness/soak.py FOLDER ...               each with an example to repair behind every third file
    python tests/robustness/soak.py FOLDER ... --plant 0     each as it is

Each folder is copied first. With all rules it is linted without the cache, filling it, from it, and while worker
processes are killed; then repaired, again and again, while the run is killed. Linux only: processes are found in /proc.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dbdriver_lint
from dbdriver_lint.rules.registry import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COMMAND = (sys.executable, "-m", "dbdriver_lint", "check", "--select", "all", "--output-format", "json")
TO_REPAIR = [
    example.code.encode("utf-8", "surrogatepass")
    for rule in all_rules()
    for example in rule.bad
    if example.fixed is not None
]
WORKERS = 4
PATIENCE = 120.0
"""Seconds until processes that outlive the run that started them are a difference."""
LOST = "the process that linted this file died"
AGAIN = re.compile(r"a worker process died; (?:the (\d+) files|the file)")
TEMPORARY = re.compile(r"\.(?P<name>.+)\.[^.]+\.tmp")
COLUMNS = (
    *("files", "findings", "cold s", "cached s", "warm s", "workers killed", "files again", "files lost"),
    *("files repaired", "repairs killed", "half-way", "temporary files", "differences"),
)

State = dict[str, tuple[int, bytes]]
"""The files of a tree by their path in it: mode, and content or where a link leads."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run said."""

    code: int
    seconds: float
    findings: list[str] = field(default_factory=list)
    problems: list[dict[str, str]] = field(default_factory=list)
    files: int = 0
    errors: str = ""


class Run:
    """The linter as a process, in a session of its own so that its workers are found whoever their parent is."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the run)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the run)
        self._started = time.monotonic()
        here = str(Path(dbdriver_lint.__file__).parents[1])
        self._process = subprocess.Popen(
            [*COMMAND, *options],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._errors,
            env={**os.environ, "PYTHONPATH": here},
            start_new_session=True,
        )

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def report(self) -> Report:
        """What it said, when it ended."""
        code = self._process.wait()
        seconds = time.monotonic() - self._started
        with self._output, self._errors:
            self._output.seek(0)
            self._errors.seek(0)
            output, errors = self._output.read(), self._errors.read().decode("utf-8", "replace")
        try:
            said: dict[str, Any] = json.loads(output)
        except ValueError:
            return Report(code, seconds, errors=errors or "no report")
        findings = [json.dumps(finding, sort_keys=True) for finding in said["findings"]]
        return Report(code, seconds, findings, said["problems"], said["summary"]["files"], errors)

    def workers(self) -> list[int]:
        """The processes that lint; not the server that forks them, which is the run's own child."""
        ours = dict(_session(self._process.pid))
        return sorted(pid for pid, parent in ours.items() if parent not in (self._process.pid, os.getpid()))

    def kill(self, *, alone: bool) -> list[int]:
        """Kill the run, ``alone`` or with its workers; what is left of it a while later is killed and given back."""
        with self._output, self._errors:
            if alone:
                self._process.kill()
            else:
                with contextlib.suppress(ProcessLookupError):  # it had ended
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        end = time.monotonic() + PATIENCE
        while (left := [pid for pid, _ in _session(self._process.pid)]) and time.monotonic() < end:
            time.sleep(0.02)
        for pid in left:
            _kill(pid)
        return left


def _session(leader: int) -> Iterator[tuple[int, int]]:
    """The living processes of a session and their parents."""
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                text = Path(entry.path, "stat").read_text()
            except OSError:
                continue
            state, parent, _, session = text.rpartition(")")[2].split()[:4]
            if int(session) == leader and state not in "ZX":
                yield int(entry.name), int(parent)


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def state_of(folder: Path) -> State:
    """The files below ``folder``, without the linter's cache."""
    state: State = {}
    for here, directories, names in os.walk(folder):
        directories[:] = [name for name in directories if name != ".dbdriver-lint-cache"]
        for name in (*names, *directories):
            path = Path(here, name)
            if path.is_symlink():
                state[str(path.relative_to(folder))] = (0, os.fsencode(path.readlink()))
            elif path.is_file():
                state[str(path.relative_to(folder))] = (path.stat().st_mode, path.read_bytes())
    return state


def harmed(now: State, old: State, new: State) -> tuple[list[str], list[str]]:
    """What is wrong with a tree that was on its way from ``old`` to ``new``, and temporary files left behind in it."""
    wrong = [f"{path} is gone" for path in old if path not in now]
    left = []
    for path, content in now.items():
        if path in old:
            if content not in (old[path], new[path]):
                wrong.append(f"{path} is neither as it was nor repaired")
            continue
        match = TEMPORARY.fullmatch(Path(path).name)
        if match is not None and str(Path(path).with_name(match["name"])) in old:
            left.append(path)
        else:
            wrong.append(f"{path} is new")
    return wrong, left


class Soak:
    """One tree, and what differed."""

    def __init__(self, tree: Path, work: Path, options: argparse.Namespace) -> None:
        self._options = options
        self._chance = random.Random(f"{options.seed}/{tree.name}")
        self._work = work
        self._number = 0
        self._pristine = work / "pristine"
        shutil.copytree(tree, self._pristine, symlinks=True)
        self._plant()
        self.figures: Counter[str] = Counter()
        self.seconds: dict[str, float] = {}
        self.differences: list[str] = []

    def _plant(self) -> None:
        """Put an example of a rule behind every so many files, so that there is much to find and repair."""
        files = sorted(path for path in self._pristine.rglob("*.py") if path.is_file() and not path.is_symlink())
        for path in files[:: self._options.plant] if self._options.plant else ():
            path.write_bytes(path.read_bytes() + b"\n\n" + self._chance.choice(TO_REPAIR))

    def _copy(self) -> Path:
        """The tree once more; the name of its folder has always the same form."""
        self._number += 1
        folder = self._work / f"{self._number:04}" / "tree"
        shutil.copytree(self._pristine, folder, symlinks=True)
        return folder

    def look(self) -> None:
        """Cold, cached, warm and with workers killed: the same findings."""
        folder = self._copy()
        expected = Run(folder, "--no-cache").report()
        if expected.code not in (0, 1):
            self.differences.append(f"cold: exit code {expected.code}: {expected.errors[-500:]}")
        self.seconds["cold s"] = expected.seconds
        self.figures.update(files=expected.files, findings=len(expected.findings))
        for what in ("cached", "warm"):
            report = Run(folder).report()
            self.seconds[f"{what} s"] = report.seconds
            self.compare(what, report, expected)
        for turn in range(self._options.turns):
            cache = f"--cache-dir={self._work / f'cache{turn}'}"
            self.compare("workers killed", self._disturbed(Run(folder, f"--jobs={WORKERS}", cache)), expected)
            self.compare("warm after workers were killed", Run(folder, cache).report(), expected)

    def _disturbed(self, run: Run) -> Report:
        """The report of a run whose workers are killed, one now and one then."""
        wait = 0.0
        killed = 0
        while run.running and killed < self._options.kills:
            time.sleep(wait)
            workers = run.workers()
            if workers:
                killed += _kill(self._chance.choice(workers))
                wait = self._chance.uniform(0, 2 * self._options.pause)
            else:
                wait = 0.01
        self.figures["workers killed"] += killed
        return run.report()

    def compare(self, what: str, report: Report, expected: Report) -> None:
        """Tell where a report differs from the undisturbed one in more than what it says that it lost."""
        lost = {problem["path"] for problem in report.problems if LOST in problem["message"]}
        again = [match for problem in report.problems if (match := AGAIN.search(problem["message"]))]
        others = [p for p in report.problems if LOST not in p["message"] and not AGAIN.search(p["message"])]
        self.figures["files lost"] += len(lost)
        self.figures["files again"] += sum(int(match[1] or 1) for match in again)
        code = 2 if lost else expected.code
        if report.code != code:
            self.differences.append(f"{what}: exit code {report.code}, not {code}: {report.errors[-500:]}")
        if others != expected.problems:
            self.differences.append(f"{what}: other problems: {others}")
        if report.files != expected.files:
            self.differences.append(f"{what}: {report.files} files, not {expected.files}")
        wanted = Counter(finding for finding in expected.findings if json.loads(finding)["path"] not in lost)
        found = Counter(report.findings)
        self.differences += [f"{what}: not found: {finding}" for finding in (wanted - found).elements()]
        self.differences += [f"{what}: also found: {finding}" for finding in (found - wanted).elements()]

    def repair(self) -> None:
        """Repairs that are killed: each file is old or repaired, and the next repair does the rest."""
        old = state_of(self._pristine)
        folder = self._copy()
        report = Run(folder, "--fix", "--unsafe-fixes", "--jobs=1").report()
        new = state_of(folder)
        if report.code not in (0, 1):
            self.differences.append(f"repair: exit code {report.code}: {report.errors[-500:]}")
        self.differences += [f"repair: {path} is new or gone" for path in old.keys() ^ new.keys()]
        if self.differences:
            return
        changed = [path for path in sorted(old) if old[path] != new[path]]
        self.figures["files repaired"] = len(changed)
        for turn in range(self._options.repairs if changed else 0):
            self._killed_repair(turn, old, new, changed, report.seconds / len(changed))

    def _killed_repair(self, turn: int, old: State, new: State, changed: list[str], each: float) -> None:
        """One repair that is killed when so many files are done, which takes about ``each`` second a file."""
        folder = self._copy()
        jobs, alone = (1, WORKERS)[turn % 2], turn % 4 == 1
        what = f"repair {turn + 1} with {jobs} jobs, killed {'alone' if alone else 'with its workers'}"
        wanted = self._chance.randrange(len(changed))
        run = Run(folder, "--fix", "--unsafe-fixes", f"--jobs={jobs}")
        inodes = {path: (folder / path).stat().st_ino for path in changed}
        while run.running and sum((folder / path).stat().st_ino != inodes[path] for path in changed) < wanted:
            time.sleep(0.002)
        time.sleep(self._chance.uniform(0, each))
        self.figures["repairs killed"] += run.running
        if left := run.kill(alone=alone):
            self.differences.append(f"{what}: {len(left)} processes go on")
        now = state_of(folder)
        wrong, temporary = harmed(now, old, new)
        self.figures["temporary files"] += len(temporary)
        self.figures["half-way"] += len({now.get(path) == new[path] for path in changed}) > 1
        self.differences += [f"{what}: {sentence}" for sentence in wrong]
        Run(folder, "--fix", "--unsafe-fixes").report()
        after = state_of(folder)
        self.differences += [
            f"{what}: {path} is not as after an undisturbed repair" for path in new if after.get(path) != new[path]
        ]
        self.differences += [
            f"{what}: then {path} is new" for path in after if path not in new | dict.fromkeys(temporary)
        ]
        shutil.rmtree(folder.parent)

    def row(self) -> list[str]:
        """The figures, as in the table."""
        self.figures["differences"] = len(self.differences)
        return [f"{self.seconds[c]:.1f}" if c in self.seconds else str(self.figures[c]) for c in COLUMNS]


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--plant", type=int, default=3, metavar="N", help="an example behind each Nth file; 0: none")
    parser.add_argument("--turns", type=int, default=2, metavar="N", help="runs whose workers are killed")
    parser.add_argument("--kills", type=int, default=10, metavar="N", help="workers that are killed in each of them")
    parser.add_argument("--pause", type=float, default=0.3, help="seconds from kill to kill, on average")
    parser.add_argument("--repairs", type=int, default=8, metavar="N", help="repairs that are killed")
    parser.add_argument("--seed", default="1")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak each tree and print the table; 1 where anything differed."""
    options = parse(arguments)
    print("| tree | " + " | ".join(COLUMNS) + " |\n" + "| --- " * (len(COLUMNS) + 1) + "|", flush=True)
    differences: list[str] = []
    for tree in options.folders:
        with tempfile.TemporaryDirectory(prefix="soak-") as work:
            soak = Soak(tree.resolve(), Path(work), options)
            soak.look()
            soak.repair()
        print(f"| {tree.name} | " + " | ".join(soak.row()) + " |", flush=True)
        differences += [f"{tree.name}: {difference}" for difference in soak.differences]
    print("\n".join(differences))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
