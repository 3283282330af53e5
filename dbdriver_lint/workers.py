"""The same work on many things in several processes: in order, and whatever happens to one of the processes."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future, ProcessPoolExecutor

T = TypeVar("T")
R = TypeVar("R")

_LARGEST = 32
"""How many tasks a process gets at once while there are many; towards the end ever fewer, so that all end together."""
_AHEAD = 2
"""How many chunks wait for each process, so that none waits for the next one: what is lost if one dies is that much."""
_SAFE_PATH = "PYTHONSAFEPATH"
"""What tells a Python that is started to keep the current folder out of ``sys.path``, as ``-P`` does."""


class Workers(Generic[T, R]):
    """Processes that do ``work``, which gives one result for each of the tasks that it gets.

    After :meth:`run`, ``again`` are the tasks whose first try was lost with a process that ended too early.
    """

    def __init__(self, work: Callable[[Sequence[T]], list[R]], number: int) -> None:
        self._work = work
        self._number = number
        self.again: list[int] = []

    def run(self, tasks: Sequence[T], progress: Callable[[int], None] = lambda _: None) -> list[R | None]:
        """The results in the order of ``tasks``; None for a task that ends every process that tries it.

        ``progress`` is called with the number of results so far. Where no process can be started, the work
        is done here.
        """
        with _no_modules_from_the_current_folder():
            return self._run(tasks, progress)

    def _run(self, tasks: Sequence[T], progress: Callable[[int], None]) -> list[R | None]:
        results: list[R | None] = [None] * len(tasks)
        chunks = _chunks(len(tasks), self._number)
        done = 0
        while chunks:
            lost: list[int] = []
            for chunk, found in self._spread(tasks, chunks, self._number):
                if found is None:
                    lost += chunk
                    continue
                results[chunk.start : chunk.stop] = found
                done += len(chunk)
                progress(done)
            if lost:
                self.again += sorted(lost)
        for chunk, found in self._one_by_one(tasks):
            if found is not None:
                results[chunk.start : chunk.stop] = found
            done += len(chunk)
            progress(done)
        return results

    def _one_by_one(self, tasks: Sequence[T]) -> Iterator[tuple[range, list[R] | None]]:
        """Once more what was lost, each alone, so that the one to blame is found and takes nothing along.

        It is tried in a process too: what ended one process would end this one.
        """
        chunks = [range(number, number + 1) for number in reversed(self.again)]
        while chunks:
            yield from self._spread(tasks, chunks, 1)

    def _spread(self, tasks: Sequence[T], chunks: list[range], number: int) -> Iterator[tuple[range, list[R] | None]]:
        """Results by chunk, taken off the end of ``chunks``, until all are done or a process dies: then None."""
        from concurrent.futures import FIRST_COMPLETED, wait
        from concurrent.futures.process import BrokenProcessPool

        ahead = _AHEAD if number > 1 else 1
        running: dict[Future[list[R]], range] = {}
        executor = self._executor(min(number, len(chunks)))
        try:
            broken = False
            while running or (chunks and not broken):
                while chunks and not broken and len(running) < number * ahead:
                    chunk = chunks.pop()
                    part = tasks[chunk.start : chunk.stop]
                    if executor is None:
                        yield chunk, self._work(part)
                        continue
                    try:
                        with _interrupts_waiting():
                            running[executor.submit(self._work, part)] = chunk
                    except BrokenProcessPool:
                        chunks.append(chunk)
                        broken = True
                    except OSError:  # one died while the next was being started, or there is none to be had
                        if running:
                            chunks.append(chunk)
                            broken = True
                        else:
                            yield chunk, self._work(part)
                for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                    chunk = running.pop(future)
                    try:
                        yield chunk, future.result()
                    except BrokenProcessPool:
                        broken = True
                        yield chunk, None
        finally:
            if executor is not None:
                executor.shutdown(wait=True, cancel_futures=True)

    def _executor(self, number: int) -> ProcessPoolExecutor | None:
        """A pool of processes; None where the system has none to give, or they would run what lies around."""
        if sys.flags.ignore_environment and not sys.flags.safe_path:
            return None
        try:
            from concurrent.futures import ProcessPoolExecutor
            from multiprocessing import get_all_start_methods, get_context

            method = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"
            context = get_context(method)
            if method == "forkserver":
                context.set_forkserver_preload(["dbdriver_lint.analysis.build"])
            # more than 61 are an error on Windows
            return ProcessPoolExecutor(min(number, 61), context, initializer=_leave_with_parent)
        except (ImportError, OSError):  # no semaphores, as in some containers
            return None


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _chunks(tasks: int, workers: int) -> list[range]:
    """The numbers of the tasks in chunks, the last chunk first."""
    chunks: list[range] = []
    start = 0
    while start < tasks:
        size = max(1, min(_LARGEST, (tasks - start) // (4 * workers)))
        chunks.append(range(start, start + size))
        start += size
    return chunks[::-1]


_at_work = threading.Lock()
"""Held while this process is at a task, which is not left half done."""


def while_wanted(tasks: Iterable[T]) -> Iterator[T]:
    """The tasks of a process, as long as there is somebody who waits for their results."""
    from multiprocessing import parent_process

    parent = parent_process()
    for task in tasks:
        if parent is not None and not parent.is_alive():
            os._exit(1)
        with _at_work:
            yield task


def _leave_with_parent() -> None:
    """End this process when its parent was killed: waiting for the next task, it would not notice and stay forever."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is None:
        return

    def leave() -> None:
        parent.join()
        with _at_work:
            os._exit(1)

    threading.Thread(target=leave, daemon=True).start()


@contextlib.contextmanager
def _no_modules_from_the_current_folder() -> Iterator[None]:
    """Processes are started as ``python -c``, which looks for modules where it stands: in the linted project."""
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before


@contextlib.contextmanager
def _interrupts_waiting() -> Iterator[None]:
    """Processes that are started here never see Ctrl-C, which goes to all: this process cleans up."""
    import signal

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
