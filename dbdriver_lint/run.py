"""Many files: in this process or in several, in a stable order, whatever happens to one of them."""

from __future__ import annotations

import difflib
import os
import re
import stat
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Confidence, Finding, Severity
from dbdriver_lint.project.discovery import Problem
from dbdriver_lint.source.text import Position

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import ProcessPoolExecutor

    from dbdriver_lint.linter import FileResult
    from dbdriver_lint.settings.model import Settings
    from dbdriver_lint.source.text import SourceFile

PATIENCE = 1.0
"""Seconds that a run goes on alone before it starts worker processes, which cost about half of that."""
_CHUNK = 16


@dataclass(frozen=True, slots=True)
class Options:
    """What is done with the files besides looking at them."""

    fix: bool = False
    """Repair; write the result unless ``diff``."""
    unsafe: bool = False
    diff: bool = False
    accept: str | None = None
    """Write comments that accept what is found, with this reason; write nothing where ``diff``."""


@dataclass(frozen=True, slots=True)
class Task:
    """One file to lint. ``data`` is its content where it does not come from the disk."""

    path: str
    settings: Settings
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; ``data`` is the repaired content where a repair was asked for."""

    path: str
    findings: tuple[Finding, ...] = ()
    source: SourceFile | None = None
    suppressed: int = 0
    applied: Counter[str] = field(default_factory=Counter)
    data: bytes | None = None
    diff: bytes = b""
    problems: tuple[Problem, ...] = ()


def lint_files(
    tasks: Sequence[Task],
    options: Options,
    *,
    jobs: int | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Outcome]:
    """The outcomes in the order of ``tasks``.

    ``jobs`` is the number of worker processes, 1 for none, None to start one a core when the run
    takes longer than :data:`PATIENCE`. ``progress`` is called with the number of files done.
    """
    workers = jobs or _cores()
    patience = PATIENCE if jobs is None else 0.0
    outcomes: list[Outcome] = []
    started = time.monotonic()
    for task in tasks:
        if workers > 1 and time.monotonic() - started >= patience and len(tasks) - len(outcomes) > 1:
            break
        outcomes.append(lint_file(task, options))
        progress(len(outcomes))
    done = len(outcomes)
    return outcomes + _in_workers(tasks[done:], options, workers, lambda more: progress(done + more))


def lint_file(task: Task, options: Options) -> Outcome:
    """Lint one file, and repair it if asked to. Never raises for what the file holds."""
    data = task.data
    if data is None:
        try:
            data = _read(task.path)
        except OSError as error:
            return Outcome(task.path, (unreadable(task.path, error.strerror or str(error)),))
    try:
        if options.accept is not None:
            return _accept(task, data, options)
        return _repair(task, data, options) if options.fix else _check(task, data)
    except Exception as error:  # one broken file or rule must not take the others along
        return Outcome(task.path, problems=(Problem(task.path, describe_crash(error)),))


def unreadable(path: str, reason: str) -> Finding:
    """The finding for a file whose bytes cannot be had."""
    message = f"the file cannot be read, so nothing in it was checked: {reason.lower()}"
    start = Position(1, 1)
    return Finding("XDB902", "unreadable-file", message, Severity.ERROR, Confidence.HIGH, path, start, start)


def describe_crash(error: BaseException) -> str:
    """An internal error for people: the rule, if one was at work, the place and the error, without secrets."""
    from dbdriver_lint.knowledge.secrets import mask_text

    named = re.match(r"XDB\d{3}\b", str(error))  # the linter says which rule was at work
    rule = f" in rule {named[0]}" if named else ""
    error = error.__cause__ or error
    place = "unknown place"
    traceback = error.__traceback__
    while traceback is not None:
        module = traceback.tb_frame.f_globals.get("__name__", "")
        if module.startswith("dbdriver_lint."):
            place = f"{module}, line {traceback.tb_lineno}"
        traceback = traceback.tb_next
    text = mask_text(" ".join(str(error).split()))[:300]
    return f"internal error{rule}: {type(error).__name__}: {text} ({place}); please report it"


def unified_diff(path: str, before: bytes, after: bytes) -> bytes:
    """The change as a unified diff that keeps every byte, line endings included."""
    name = os.fsencode(path)
    lines = difflib.diff_bytes(difflib.unified_diff, _lines(before), _lines(after), name, name)
    return b"".join(line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n" for line in lines)


def _lines(data: bytes) -> list[bytes]:
    """Lines as `patch` sees them: only a line feed ends one."""
    return re.findall(rb"[^\n]*\n|[^\n]+", data)


def _check(task: Task, data: bytes) -> Outcome:
    from dbdriver_lint.linter import check_source
    from dbdriver_lint.project import Project

    result = check_source(task.path, data, task.settings, Project.for_path(task.path))
    return _outcome(task, result)


def _repair(task: Task, data: bytes, options: Options) -> Outcome:
    from dbdriver_lint.fixes.apply import fix_source
    from dbdriver_lint.fixes.write import WriteError, write_atomically
    from dbdriver_lint.linter import check_source
    from dbdriver_lint.project import Project

    project = Project.for_path(task.path)
    result = fix_source(task.path, data, task.settings, project, unsafe=options.unsafe, check=check_source)
    problems = [
        Problem(
            f"{task.path}:{w.finding.start.line}:{w.finding.start.column}",
            f"the fix of {w.finding.code} was not applied: {w.reason}",
            fatal=False,
        )
        for w in result.withdrawn
    ]
    if result.error is not None:
        problems.append(Problem(task.path, result.error, fatal=False))
    if options.diff:
        diff = unified_diff(task.path, data, result.data)
        return _outcome(task, result.checked, Counter(result.applied), result.data, diff, problems)
    if task.data is None and result.data != data:
        try:
            write_atomically(task.path, data, result.data)
        except WriteError as error:
            return _outcome(
                task, check_source(task.path, data, task.settings, project), problems=[Problem("", str(error))]
            )
    return _outcome(task, result.checked, Counter(result.applied), result.data, problems=problems)


def _accept(task: Task, data: bytes, options: Options) -> Outcome:
    """Write comments that accept the findings; ``applied`` counts those that are accepted by them."""
    from dbdriver_lint.findings.accept import accepting_edits
    from dbdriver_lint.fixes.apply import spliced
    from dbdriver_lint.fixes.write import WriteError, write_atomically
    from dbdriver_lint.linter import check_source
    from dbdriver_lint.project import Project

    project = Project.for_path(task.path)
    before = check_source(task.path, data, task.settings, project)
    source = before.source
    if source is None or not before.findings or not source.round_trips:
        return _outcome(task, before, data=data)
    edits = accepting_edits(source, before.findings, options.accept or "")
    after = source.encode(spliced(source.text, edits))
    checked = check_source(task.path, after, task.settings, project)
    applied = Counter(f.code for f in before.findings) - Counter(f.code for f in checked.findings)
    if options.diff:
        return _outcome(task, checked, applied, after, unified_diff(task.path, data, after))
    if task.data is None and after != data:
        try:
            write_atomically(task.path, data, after)
        except WriteError as error:
            return _outcome(task, before, problems=[Problem("", str(error))])
    return _outcome(task, checked, applied, after)


def _outcome(
    task: Task,
    result: FileResult,
    applied: Counter[str] | None = None,
    data: bytes | None = None,
    diff: bytes = b"",
    problems: Iterable[Problem] = (),
) -> Outcome:
    source = result.source if result.findings else None
    found = tuple(sorted(result.findings, key=lambda f: f.sort_key))
    return Outcome(task.path, found, source, result.suppressed, applied or Counter(), data, diff, tuple(problems))


def _read(path: str) -> bytes:
    with open(path, "rb", opener=_open_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("not a regular file")
        return file.read()


def _open_without_waiting(path: str, flags: int) -> int:
    """A pipe that is named like a source file must not stop the run."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _in_workers(
    tasks: Sequence[Task], options: Options, workers: int, progress: Callable[[int], None]
) -> list[Outcome]:
    """The outcomes of ``tasks``, in order, from worker processes."""
    if not tasks:
        return []
    from concurrent.futures import as_completed
    from concurrent.futures.process import BrokenProcessPool

    size = max(1, min(_CHUNK, len(tasks) // workers))
    chunks = [tasks[start : start + size] for start in range(0, len(tasks), size)]
    done: dict[int, list[Outcome]] = {}
    executor = _executor(min(workers, len(chunks)))
    try:
        futures = {executor.submit(_lint_chunk, chunk, options): number for number, chunk in enumerate(chunks)}
        for future in as_completed(futures):
            try:
                done[futures[future]] = future.result()
            except BrokenProcessPool:
                continue
            progress(sum(map(len, done.values())))
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
    lost = [task for number, chunk in enumerate(chunks) if number not in done for task in chunk]
    found = dict(zip((task.path for task in lost), _one_by_one(lost, options), strict=True))
    return [
        outcome
        for number, chunk in enumerate(chunks)
        for outcome in (done[number] if number in done else [found[task.path] for task in chunk])
    ]


def _one_by_one(tasks: Sequence[Task], options: Options) -> Iterator[Outcome]:
    """Lint what a worker process took along when it died, so that the one to blame is found and named."""
    from concurrent.futures.process import BrokenProcessPool

    executor = None
    try:
        for task in tasks:
            executor = executor or _executor(1)
            try:
                yield from executor.submit(_lint_chunk, [task], options).result()
            except BrokenProcessPool:
                executor = None
                message = "internal error: the process that linted this file died; please report it"
                yield Outcome(task.path, problems=(Problem(task.path, message),))
    finally:
        if executor is not None:
            executor.shutdown()


def _executor(workers: int) -> ProcessPoolExecutor:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_all_start_methods, get_context

    method = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"
    context = get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(["dbdriver_lint.linter"])
    return ProcessPoolExecutor(workers, context, _ignore_interrupts)


def _lint_chunk(tasks: Sequence[Task], options: Options) -> list[Outcome]:
    return [lint_file(task, options) for task in tasks]


def _ignore_interrupts() -> None:
    """Ctrl-C goes to the whole group of processes; the first one cleans up."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
