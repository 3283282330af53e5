"""Real files, and mutations of them, through the whole linter with all rules.

    python tests/robustness/corpus.py FOLDER ...                          each distinct file once
    python tests/robustness/corpus.py FOLDER ... --mutations 100000       changed copies of them
    python tests/robustness/corpus.py FOLDER ... --force                  each file with a rule's example behind it

Nothing is written but the report and, where something failed, the input that did it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import sys
from collections import Counter
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from mutations import EXAMPLES, mutate
from oracle import examine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection

SUFFIXES = (".py", ".pyi", ".ipynb")
MEMORY = 3 << 30
"""Bytes that a process may have."""
TELL = 200
"""Inputs after which a process tells what it saw."""
SEED_SIZE = 60_000
"""Larger files are not mutated: there would be fewer of them in the same time."""


def distinct(folders: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """The source files below the folders, each content once."""
    seen: set[bytes] = set()
    for folder in folders:
        for here, directories, files in os.walk(folder):
            directories.sort()
            for name in sorted(files):
                if not name.endswith(SUFFIXES):
                    continue
                path = Path(here, name)
                try:
                    data = path.read_bytes()
                except OSError:
                    continue
                digest = hashlib.sha256(data).digest()
                if digest not in seen:
                    seen.add(digest)
                    yield str(path), data


class Tally:
    """What one process saw since it last told."""

    def __init__(self, failed: Path) -> None:
        self._failed = failed
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.counts: Counter[str] = Counter()
        self.failures: list[tuple[str, str, str]] = []
        self.slowest: list[tuple[float, float, str]] = []

    def examine(self, path: str, data: bytes, of: str) -> None:
        """Examine one input."""
        seen = examine(path, data)
        self.counts["inputs"] += 1
        self.counts["bytes"] += len(data)
        self.counts["lines"] += data.count(b"\n")
        self.counts["findings"] += seen.findings
        self.counts["with findings"] += seen.findings > 0
        self.counts["repaired"] += seen.repaired > 0
        self.counts["unreadable"] += seen.unreadable
        if seen.seconds > 1:
            self.slowest.append((seen.seconds, 1e6 * seen.seconds / len(data), of))
        for failure in seen.failures:
            self.failures.append((of, keep(self._failed, path, data), failure))


def keep(folder: Path, path: str, data: bytes) -> str:
    """Write an input that failed; its name."""
    name = hashlib.sha256(data).hexdigest()[:16] + Path(path).suffix
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    return name


Input = tuple[str, bytes, str]
"""The path that the linter is told, the bytes, and what they were made of."""


def inputs(options: argparse.Namespace, part: int, start: int) -> Iterator[tuple[int, Input]]:
    """The numbered inputs of one process, from the number ``start`` on."""
    files = distinct(options.folders)
    if options.mutations:
        make = mutations(options, [(path, data) for path, data in files if len(data) <= SEED_SIZE])
        for number in range(part, options.mutations, options.jobs):
            if number >= start:
                yield number, make(number)
        return
    for number, (path, data) in enumerate(files):
        if number % options.jobs == part and number >= start:
            if options.force:
                data += b"\n" + EXAMPLES[number % len(EXAMPLES)]
            yield number, (path, data, path)


def mutations(options: argparse.Namespace, files: list[tuple[str, bytes]]) -> Callable[[int], Input]:
    """What makes the changed copy of that number, most of them of files that speak of databases."""
    words = (b"create_engine", b"alembic", b"create_async")
    telling = [(path, data) for path, data in files if len(data) < 12_000 and any(word in data for word in words)]
    examples = [("example.py", code) for code in EXAMPLES]
    others = [data for _, data in files]
    # The inputs stand in a project of their own, so that nothing else is read for them.
    project = options.failed / "project"
    project.mkdir(parents=True, exist_ok=True)
    (project / "pyproject.toml").touch()

    def make(number: int) -> Input:
        chance = random.Random(f"{options.seed}/{number}")
        path, data = chance.choice(examples if options.small else chance.choice((telling or files, examples, files)))
        suffix = Path(path).suffix
        name = project / chance.choice((f"module{suffix}", f"env{suffix}", f"test_module{suffix}"))
        return (
            str(name),
            mutate(data, others, chance, small=options.small),
            f"mutation {options.seed}/{number} of {path}",
        )

    return make


def work(options: argparse.Namespace, part: int, start: int, number: Any, parent: Connection) -> None:
    """One process: it tells its number before each input, and now and then what it saw."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    tally = Tally(options.failed)
    for number.value, (path, data, of) in inputs(options, part, start):
        tally.examine(path, data, of)
        if tally.failures or tally.counts["inputs"] >= TELL:
            parent.send((tally.counts, tally.failures, tally.slowest))
            tally.clear()
    parent.send((tally.counts, tally.failures, tally.slowest))


class Run:
    """The processes of a run, and what they saw together."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.counts: Counter[str] = Counter()
        self.failures: list[dict[str, str]] = []
        self.slowest: list[tuple[float, float, str]] = []

    def supervise(self, part: int) -> None:
        """Run one share; after an input that ends the process, go on behind it."""
        context = get_context("fork")
        start = 0
        while True:
            ours, theirs = context.Pipe(duplex=False)
            number = context.Value("q", start)
            process = context.Process(target=work, args=(self.options, part, start, number, theirs))
            process.start()
            theirs.close()
            try:
                while True:
                    self._add(*ours.recv())
            except EOFError:
                process.join()
            if process.exitcode == 0:
                return
            start = number.value + 1
            _, (path, data, of) = next(inputs(self.options, part, number.value))
            self._add(Counter(), [(of, keep(self.options.failed, path, data), f"died: {process.exitcode}")], [])

    def _add(self, counts: Counter[str], failures: list[tuple[str, str, str]], slowest: list[Any]) -> None:
        self.counts.update(counts)
        self.slowest = sorted([*self.slowest, *slowest])[-20:]
        for of, name, failure in failures:
            self.failures.append({"of": of, "input": name, "failure": failure})
            print(f"{name}: {failure} ({of})", flush=True)
        if self.options.report is not None:
            report = {"counts": self.counts, "slowest": self.slowest, "failures": self.failures}
            self.options.report.write_text(json.dumps(report, indent=1))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the processes, and add up what they saw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--mutations", type=int, default=0, metavar="N", help="examine N changed files")
    parser.add_argument("--small", action="store_true", help="change the rules' examples only: many in little time")
    parser.add_argument("--force", action="store_true", help="an example behind each file, so that none is passed over")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--failed", type=Path, default=Path("failed"), help="folder for inputs that fail")
    parser.add_argument("--report", type=Path, help="file for the report")
    options = parser.parse_args(arguments)
    run = Run(options)
    parts = [Thread(target=run.supervise, args=(part,)) for part in range(options.jobs)]
    for thread in parts:
        thread.start()
    for thread in parts:
        thread.join()
    print(json.dumps({"counts": run.counts, "failures": len(run.failures)}))
    return 1 if run.failures else 0


if __name__ == "__main__":
    sys.exit(main())
