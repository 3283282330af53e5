from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from dbdriver_lint.run import Options, Task, describe_crash, lint_files, unified_diff
from dbdriver_lint.settings.model import Settings
from dbdriver_lint.workers import _chunks

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

BAD = b'from sqlalchemy import create_engine\n\nengine = create_engine("postgres://db.internal/app")\n'
SETTINGS = Settings(select=("unknown-url-dialect",))


class Deadly(str):
    """A path that ends the process that receives it, as a fault in native code would."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (3,)


@pytest.mark.parametrize("jobs", [1, 2])
def test_outcomes_come_in_the_order_of_the_tasks(jobs: int) -> None:
    tasks = [Task(f"f{number}.py", SETTINGS, BAD if number % 3 else b"x = 1\n") for number in range(50)]
    done: list[int] = []
    outcomes = lint_files(tasks, Options(), jobs=jobs, progress=done.append)
    assert [outcome.path for outcome in outcomes] == [task.path for task in tasks]
    assert [len(outcome.findings) for outcome in outcomes] == [1 if number % 3 else 0 for number in range(50)]
    assert done == sorted(done)
    assert done[-1] == 50


def test_a_process_that_dies_takes_only_its_file_along() -> None:
    tasks = [Task(Deadly(f"f{number}.py") if number == 7 else f"f{number}.py", SETTINGS, BAD) for number in range(20)]
    outcomes = lint_files(tasks, Options(), jobs=2)
    assert [outcome.path for outcome in outcomes] == [f"f{number}.py" for number in range(20)]
    assert [outcome.path for outcome in outcomes if not outcome.findings] == ["f7.py"]
    told = [problem for outcome in outcomes for problem in outcome.problems]
    assert [problem.fatal for problem in told] == [False, True]
    assert "linted again" in told[0].message
    assert told[1].path == "f7.py"
    assert "the process that linted this file died" in told[1].message


class Killed(str):
    """A path whose first receiver is killed, as the system does when memory runs out."""

    marker: str

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return kill_once, (str(self), self.marker)


def kill_once(path: str, marker: str) -> str:
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return path
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    return path


def test_what_a_killed_process_had_is_linted_again(tmp_path: Path) -> None:
    victim = Killed("f11.py")
    victim.marker = str(tmp_path / "killed")
    tasks = [Task(victim if number == 11 else f"f{number}.py", SETTINGS, BAD) for number in range(60)]
    done: list[int] = []
    outcomes = lint_files(tasks, Options(), jobs=2, progress=done.append)
    assert (tmp_path / "killed").exists()
    assert [outcome.path for outcome in outcomes] == [f"f{number}.py" for number in range(60)]
    assert all(len(outcome.findings) == 1 for outcome in outcomes)
    (problem,) = [problem for outcome in outcomes for problem in outcome.problems]
    assert not problem.fatal
    assert problem.message.startswith("a worker process died; the ")
    assert done == sorted(done)
    assert done[-1] == 60


def test_workers_end_with_the_run_that_was_killed() -> None:
    code = (
        "import os; from dbdriver_lint.workers import Workers\n"
        "pool = Workers(list, 2)._executor(2)\n"
        "assert [*pool.map(len, ['ab', 'c'])] == [2, 1]\n"
        "os._exit(7)\n"
    )
    # the workers have the pipes too, so this waits for them
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120, check=False)
    assert run.returncode == 7, run.stderr


@pytest.mark.parametrize("failing", [{2}, {1}, set(range(100))], ids=["the second", "the first", "all"])
def test_processes_that_cannot_be_started(failing: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    submitted = itertools.count(1)

    class Failing(ProcessPoolExecutor):
        def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
            if next(submitted) in failing:
                raise OSError(9, "Bad file descriptor")
            return super().submit(*args, **kwargs)

    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", Failing)
    tasks = [Task(f"f{number}.py", SETTINGS, BAD) for number in range(50)]
    outcomes = lint_files(tasks, Options(), jobs=2)
    assert [(outcome.path, len(outcome.findings)) for outcome in outcomes] == [(task.path, 1) for task in tasks]


def test_without_processes_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_semaphores(*_: object, **__: object) -> object:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", no_semaphores)
    tasks = [Task(f"f{number}.py", SETTINGS, BAD) for number in range(50)]
    outcomes = lint_files(tasks, Options(), jobs=2)
    assert [(outcome.path, len(outcome.findings)) for outcome in outcomes] == [(task.path, 1) for task in tasks]


def test_chunks_hold_every_task_once_and_get_smaller() -> None:
    for tasks in (0, 1, 5, 100, 1000):
        chunks = _chunks(tasks, 4)[::-1]
        assert [number for chunk in chunks for number in chunk] == [*range(tasks)]
        sizes = [len(chunk) for chunk in chunks]
        assert sizes == sorted(sizes, reverse=True)
        assert not sizes or sizes[-1] == 1


def test_fixes_in_workers(tmp_path: Path) -> None:
    paths = [tmp_path / f"f{number}.py" for number in range(4)]
    for path in paths:
        path.write_bytes(BAD)
    outcomes = lint_files([Task(str(path), SETTINGS) for path in paths], Options(fix=True), jobs=2)
    assert [dict(outcome.applied) for outcome in outcomes] == [{"XDB102": 1}] * 4
    assert all(path.read_bytes() == BAD.replace(b"postgres:", b"postgresql:") for path in paths)


def test_a_big_file(tmp_path: Path) -> None:
    path = tmp_path / "big.py"
    path.write_bytes(b"x = [\n" + b"    'postgres://db.internal/app and much more text',\n" * 100_000 + b"]\n")
    assert path.stat().st_size > 5_000_000
    (outcome,) = lint_files([Task(str(path), SETTINGS)], Options())
    assert outcome.problems == ()


def test_the_diff_keeps_every_line_ending() -> None:
    before = b"a\r\nb\rc\nd"
    after = b"a\r\nB\rc\nd"
    assert unified_diff("x.py", before, after) == (
        b"--- x.py\n+++ x.py\n@@ -1,3 +1,3 @@\n a\r\n-b\rc\n+B\rc\n d\n\\ No newline at end of file\n"
    )
    assert unified_diff("x.py", before, before) == b""


def test_a_crash_is_described_without_secrets() -> None:
    try:
        raise ValueError("connecting to\nmysql://root:hunter2@db failed")
    except ValueError as error:
        described = describe_crash(error)
    assert described == (
        "internal error: ValueError: connecting to mysql://root:***@db failed (unknown place); please report it"
    )
