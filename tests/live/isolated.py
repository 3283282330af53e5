"""Run a function in a process of its own, quickly, and report all that came out of it.

The process is forked from a server that has the drivers imported already, so a run costs the run itself.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import tempfile
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from multiprocessing.connection import Connection

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        "sqlalchemy.ext.asyncio",
        "alembic.config",
        "alembic.command",
        "psycopg",
        "psycopg2",
        "asyncpg",
        "pg8000",
        "pymysql",
        "aiomysql",
        "asyncmy",
        "mysql.connector",
        "aiosqlite",
    ]
)


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception, as plain data: it may be of a class that only the other process knows."""

    classes: tuple[str, ...]
    """Its class and the classes above it, each with its module."""
    text: str
    trace: str = field(default="", compare=False, repr=False)

    @classmethod
    def of(cls, error: BaseException) -> Raised:
        classes = tuple(f"{c.__module__}.{c.__qualname__}" for c in type(error).__mro__[:-1])
        return cls(classes, str(error), "".join(traceback.format_exception(error)))

    @classmethod
    def chain(cls, error: BaseException) -> tuple[Raised, ...]:
        """The exception and all that it wraps: SQLAlchemy's, the DBAPI's, the driver's own."""
        found: list[BaseException] = []
        waiting: list[BaseException | None] = [error]
        for one in waiting:
            if one is not None and one not in found:
                found.append(one)
                waiting += [getattr(one, "orig", None), one.__cause__, one.__context__]
        return tuple(map(cls.of, found))

    def matches(self, claim: str) -> bool:
        """Whether it is what ``Class: part of the text`` says; the class with or without its module."""
        name, _, text = claim.partition(": ")
        known = any(c == name or c.endswith(f".{name}") for c in self.classes)
        return known and text in self.text

    def __str__(self) -> str:
        return f"{self.classes[0]}: {self.text}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did."""

    value: Any = None
    """What the function returned; None where it raised."""
    raised: Raised | None = None
    warnings: tuple[Raised, ...] = ()
    """Each warning as if it had been raised."""
    output: str = ""
    """Standard output and error."""

    @property
    def exit_code(self) -> int:
        """What a program that ended so would have exited with."""
        if self.raised is None:
            return 0
        if "builtins.SystemExit" in self.raised.classes:
            return int(self.raised.text) if self.raised.text.isdigit() else 0 if self.raised.text == "None" else 1
        return 1

    def all_raised(self) -> Iterator[Raised]:
        """The exception and the warnings."""
        if self.raised is not None:
            yield self.raised
        yield from self.warnings


def run(
    function: Callable[..., Any],
    *arguments: Any,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
    seconds: float = 60,
) -> Outcome:
    """Call a module-level function with picklable arguments in its own process.

    Raises TimeoutError when it takes longer than ``seconds``, RuntimeError when the process dies.
    """
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    context = (str(directory or Path.cwd()), {**os.environ, **(environment or {})})
    process = _CONTEXT.Process(target=_child, args=(theirs, function, arguments, *context))
    process.start()
    theirs.close()
    try:
        if not ours.poll(seconds):
            raise TimeoutError(f"{function.__name__} ran longer than {seconds} s")
        outcome: Outcome = ours.recv()
    except EOFError:
        process.join()
        raise RuntimeError(f"{function.__name__} died with exit code {process.exitcode}") from None
    else:
        return outcome
    finally:
        ours.close()
        if process.is_alive():
            process.join(0.5)
            process.kill()
        process.join()
        process.close()


def _child(
    pipe: Connection,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    directory: str,
    environment: dict[str, str],
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    seen: list[Raised] = []

    def record(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        classes = tuple(f"{c.__module__}.{c.__qualname__}" for c in category.__mro__[:-1])
        seen.append(Raised(classes, str(message)))

    value, raised = None, None
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        sys.stdout = sys.stderr = open(1, "w", buffering=1, errors="replace", closefd=False)  # noqa: SIM115
        warnings.resetwarnings()
        warnings.simplefilter("always")
        warnings.showwarning = record  # type: ignore[assignment]
        try:
            value = function(*arguments)
        except BaseException as error:
            raised = Raised.of(error)
        gc.collect()  # a coroutine that nobody awaited says so when it goes
        sys.stdout.flush()
        output.seek(0)
        pipe.send(Outcome(value, raised, tuple(seen), output.read()))
        pipe.close()
    os._exit(0)
