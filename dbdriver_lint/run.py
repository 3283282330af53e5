"""Many files: in this process or in several, in a stable order, whatever happens to one of them."""

from __future__ import annotations

import gc
import os
import re
import time
from collections import Counter
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from dbdriver_lint.project.discovery import SUFFIXES, Problem
from dbdriver_lint.records import dataclass, field, replace
from dbdriver_lint.source.files import NOTEBOOK, NotebookError, read_regular
from dbdriver_lint.source.text import Position

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dbdriver_lint.cache import Inputs, ResultCache
    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.linter import FileResult
    from dbdriver_lint.settings.model import Settings
    from dbdriver_lint.source.notebook import Notebook
    from dbdriver_lint.source.text import SourceFile

P = ParamSpec("P")
R = TypeVar("R")

_COLLECTION = 400_000
"""New objects between two collections in the middle of a file; between files, the memory in use says when (see ``imports``)."""
PATIENCE = 1.0
"""Seconds that a run goes on alone before it starts worker processes, which cost about half of that."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is done with the files besides looking at them."""

    fix: bool = False
    """Repair; write the result unless ``diff``."""
    unsafe: bool = False
    diff: bool = False
    accept: str | None = None
    """Write comments that accept what is found, with this reason; write nothing where ``diff``."""
    since: int | None = None
    """Also say what the findings were made from, unless it changed since then (nanoseconds since the epoch)."""

    @property
    def only_look(self) -> bool:
        """Whether nothing is changed or shown changed."""
        return not self.fix and self.accept is None


@dataclass(frozen=True, slots=True)
class Task:
    """One file to lint. ``data`` is its content where it does not come from the disk."""

    path: str
    settings: Settings
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; ``data`` is its content, after the repair where one was asked for."""

    path: str
    findings: tuple[Finding, ...] = ()
    sources: tuple[SourceFile, ...] = ()
    """The text of the file, or of the notebook's cells, where there are findings."""
    suppressed: int = 0
    applied: Counter[str] = field(default_factory=Counter)
    data: bytes | None = None
    diff: bytes = b""
    problems: tuple[Problem, ...] = ()
    inputs: Inputs | None = None
    """What the findings were made from, where it was asked and all of it stayed as it was."""


def _few_collections(function: Callable[P, R]) -> Callable[P, R]:
    """Let syntax trees grow without the collector, which walks them again and again and finds nothing in them."""

    @wraps(function)  # a context manager would import `inspect` here, from Python 3.15 on
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        before = gc.get_threshold()
        gc.set_threshold(_COLLECTION)
        try:
            return function(*args, **kwargs)
        finally:
            gc.set_threshold(*before)

    return run


@_few_collections
def lint_files(
    tasks: Sequence[Task],
    options: Options,
    *,
    jobs: int | None = None,
    progress: Callable[[int], None] = lambda _: None,
    cache: ResultCache | None = None,
) -> list[Outcome]:
    """The outcomes in the order of ``tasks``.

    ``jobs`` is the number of worker processes, 1 for none, None to start one a core when the run
    takes longer than :data:`PATIENCE`. ``progress`` is called with the number of files done. Files
    that ``cache`` knows are not linted, and what is found in the others is kept in it.
    """
    if cache is None or not options.only_look:
        return _lint_all(tasks, options, jobs, progress)
    recalled = {number: outcome for number, task in enumerate(tasks) if (outcome := _recalled(task, cache)) is not None}
    rest = [task for number, task in enumerate(tasks) if number not in recalled]
    options = replace(options, since=cache.started)
    linted = _lint_all(rest, options, jobs, lambda done: progress(len(recalled) + done))
    for task, outcome in zip(rest, linted, strict=True):
        _keep(task, outcome, cache)
    cache.save()
    new = iter(linted)
    return [recalled[number] if number in recalled else next(new) for number in range(len(tasks))]


def _recalled(task: Task, cache: ResultCache) -> Outcome | None:
    if task.data is not None:
        return None
    result = cache.recall(task.path, task.settings)
    if result is None:
        return None
    sources = () if result.source is None else (result.source,)
    return Outcome(task.path, result.findings, sources, result.suppressed, problems=result.problems)


def _keep(task: Task, outcome: Outcome, cache: ResultCache) -> None:
    """Keep what was found; not in the cells of notebooks, whose findings have several texts."""
    from dbdriver_lint.cache import Result

    if task.data is not None:
        return
    if outcome.inputs is None or (outcome.findings and task.path.endswith(NOTEBOOK)):
        cache.forget(task.path, task.settings)
        return
    source = next(iter(outcome.sources), None)
    result = Result(outcome.findings, outcome.suppressed, source, outcome.problems)
    data = outcome.data if source is None else source.data
    cache.keep(task.path, task.settings, outcome.inputs, result, data or b"")


def _lint_all(
    tasks: Sequence[Task], options: Options, jobs: int | None, progress: Callable[[int], None]
) -> list[Outcome]:
    from dbdriver_lint.workers import cores

    workers = jobs or cores()
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
    # Not of an env, compose or ini file: it is judged by all modules that read it, and any module of the project may begin
    # to, because of its own text, of a module that it imports, or because `exclude` or git shows it now. So its inputs
    # are those of all modules, and settings that choose files would be inputs too: what is kept for Python is not.
    record = options.since is not None and data is None and task.path.endswith(SUFFIXES)
    if record:
        from dbdriver_lint.cache import Recording

        recording = Recording.start(task.path, options.since or 0)
    if data is None:
        try:
            data = read_regular(task.path)
        except OSError as error:
            return _unread(task, error.strerror or str(error))
    outcome = _work(task, data, options)
    if task.data is not None and outcome.data is None:  # what was not changed, or could not be read, is given back
        return replace(outcome, data=task.data)
    if record and not any(problem.fatal for problem in outcome.problems):
        inputs = recording.inputs(data, found=bool(outcome.findings))
        return outcome if inputs is None else replace(outcome, inputs=inputs)
    return outcome


def _work(task: Task, data: bytes, options: Options) -> Outcome:
    try:
        document = Document(task.path, data)
    except NotebookError as error:
        return _unread(task, error.reason, error.line, error.column)
    try:
        if options.accept is not None:
            return _accept(task, document, options)
        return _repair(task, document, options) if options.fix else _check(task, document)
    except Exception as error:  # one broken file or rule must not take the others along
        return Outcome(task.path, problems=(Problem(task.path, describe_crash(error)),))


class Document:
    """A file as the linter sees it: its Python code as bytes, and the way back from changed code to the file.

    Raises:
        NotebookError: a file named `.ipynb` that is no notebook.
    """

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self.notebook = _notebook(path, data) if path.endswith(NOTEBOOK) else None
        self.code = data if self.notebook is None else self.notebook.code.encode("utf-8", "surrogatepass")

    def with_code(self, code: bytes) -> bytes:
        """The file with other code in it.

        Raises:
            NotebookError: the code does not fit the cells any more.
        """
        return code if self.notebook is None else self.notebook.with_code(code.decode("utf-8", "surrogatepass"))

    def located(self, result: FileResult, changed: bytes) -> tuple[list[Finding], tuple[SourceFile, ...]]:
        """The findings of a check of ``changed`` (the whole file), where a person finds them, with the texts there."""
        if not result.findings or result.source is None:
            return list(result.findings), ()
        if self.notebook is None:
            return list(result.findings), (result.source,)
        from dbdriver_lint.findings.cells import in_cells

        return in_cells(_notebook(self.path, changed), result.source, result.findings)


def _notebook(path: str, data: bytes) -> Notebook:
    from dbdriver_lint.source.notebook import Notebook

    return Notebook.parse(path, data)


def _unread(task: Task, reason: str, line: int = 1, column: int = 1) -> Outcome:
    """A file that cannot be had: a finding, or a warning where there is to be none of it."""
    from dbdriver_lint.linter import unreadable

    message = f"the file cannot be read, so nothing in it was checked: {reason.lower()}"
    findings = unreadable(task.path, message, Position(line, column), task.settings)
    told = () if findings else (Problem(f"{task.path}:{line}", message, fatal=False),)
    return Outcome(task.path, findings, problems=told)


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
    import difflib

    name = os.fsencode(path)
    lines = difflib.diff_bytes(difflib.unified_diff, _lines(before), _lines(after), name, name)
    return b"".join(line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n" for line in lines)


def _lines(data: bytes) -> list[bytes]:
    """Lines as `patch` sees them: only a line feed ends one."""
    return re.findall(rb"[^\n]*\n|[^\n]+", data)


def _check(task: Task, document: Document) -> Outcome:
    outcome = _outcome(document, _lint(task, document.code), document.data)
    return replace(outcome, data=None) if outcome.sources else outcome


def _lint(task: Task, code: bytes) -> FileResult:
    from dbdriver_lint.linter import check_source
    from dbdriver_lint.project import Project

    return check_source(task.path, code, task.settings, Project.for_path(task.path))


def _repair(task: Task, document: Document, options: Options) -> Outcome:
    from dbdriver_lint.fixes.apply import fix_source
    from dbdriver_lint.linter import check_source
    from dbdriver_lint.project import Project

    project = Project.for_path(task.path)
    result = fix_source(task.path, document.code, task.settings, project, unsafe=options.unsafe, check=check_source)
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
    return _changed(task, document, options, result.data, result.checked, result.applied, problems)


def _accept(task: Task, document: Document, options: Options) -> Outcome:
    """Write comments that accept the findings; ``applied`` counts those that are accepted by them."""
    from dbdriver_lint.findings.accept import accepting_edits
    from dbdriver_lint.fixes.apply import spliced
    from dbdriver_lint.project.environment import is_configuration

    before = _lint(task, document.code)
    source = before.source
    if source is None or not before.findings or not source.round_trips:
        return _outcome(document, before, document.data)
    edits = accepting_edits(source, before.findings, options.accept or "", beside_code=not is_configuration(task.path))
    code = source.encode(spliced(source.text, edits))
    after = _lint(task, code)
    accepted = Counter(f.code for f in before.findings) - Counter(f.code for f in after.findings)
    return _changed(task, document, options, code, after, accepted, [])


def _changed(
    task: Task,
    document: Document,
    options: Options,
    code: bytes,
    checked: FileResult,
    applied: Counter[str],
    problems: list[Problem],
) -> Outcome:
    """The outcome of changing the code, which is written unless it is only shown or came from standard input."""
    from dbdriver_lint.fixes.write import WriteError, write_atomically

    try:
        data = document.with_code(code) if code != document.code else document.data
        if not options.diff and task.data is None and data != document.data:
            _stay_inside(task.path)
            write_atomically(task.path, document.data, data)
    except (NotebookError, WriteError) as error:
        message = f"{task.path}: {error}" if isinstance(error, NotebookError) else str(error)
        return replace(_check(task, document), problems=(Problem("", message),))
    outcome = _outcome(document, checked, data)
    diff = unified_diff(task.path, document.data, data) if options.diff else b""
    return replace(outcome, applied=applied, data=data, diff=diff, problems=(*outcome.problems, *problems))


def _stay_inside(path: str) -> None:
    """Refuse to write where a link leads out of the repository and out of the current directory.

    Raises:
        WriteError: names both ends of the link.
    """
    from dbdriver_lint.fixes.write import WriteError
    from dbdriver_lint.project.roots import repository_of

    if not Path(path).is_symlink():
        return
    folder = os.path.dirname(os.path.abspath(path))
    target = os.path.realpath(path)
    tops = (os.path.realpath(top) for top in (repository_of(folder) or folder, os.curdir))
    if not any(target.startswith(os.path.join(top, "")) for top in tops):
        raise WriteError(f"{path} leads out of the project, to {target}, so its fixes are not written")


def _outcome(document: Document, result: FileResult, changed: bytes) -> Outcome:
    problems = tuple(
        Problem(unread.place, f"{unread.reason}; {unread.lost}", fatal=False) for unread in result.warnings
    )
    if not result.findings:
        return Outcome(document.path, suppressed=result.suppressed, problems=problems)
    found, sources = document.located(result, changed)
    found.sort(key=lambda f: f.sort_key)
    return Outcome(document.path, tuple(found), sources, result.suppressed, data=changed, problems=problems)


def _in_workers(
    tasks: Sequence[Task], options: Options, workers: int, progress: Callable[[int], None]
) -> list[Outcome]:
    """The outcomes of ``tasks``, in order, from worker processes."""
    if not tasks:
        return []
    from dbdriver_lint.workers import Workers

    pool: Workers[Task, Outcome] = Workers(partial(_lint_chunk, options), workers)
    outcomes = [
        _died(task) if outcome is None else outcome
        for task, outcome in zip(tasks, pool.run(tasks, progress), strict=True)
    ]
    if pool.again:
        several = f"the {len(pool.again)} files that it had were" if len(pool.again) > 1 else "the file that it had was"
        problem = Problem("", f"a worker process died; {several} linted again", fatal=False)
        first = pool.again[0]
        outcomes[first] = replace(outcomes[first], problems=(problem, *outcomes[first].problems))
    return outcomes


def _died(task: Task) -> Outcome:
    message = "internal error: the process that linted this file died; please report it"
    return Outcome(task.path, problems=(Problem(task.path, message),))


def _lint_chunk(options: Options, tasks: Sequence[Task]) -> list[Outcome]:
    from dbdriver_lint.workers import while_wanted

    gc.set_threshold(_COLLECTION)  # the process is ours
    return [lint_file(task, options) for task in while_wanted(tasks)]
