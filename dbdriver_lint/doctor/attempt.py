"""One connection as the application makes it, in a process of its own: ``python -m dbdriver_lint.doctor.attempt``.

A driver may hang in C, leave sockets behind, or bring the interpreter down; here it cannot harm. The request
comes as JSON on standard input, so that no password is in a command line; the outcome goes as JSON to standard
output.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

_START_UP = 30.0
"""Seconds that importing SQLAlchemy and a driver may take on a slow disk."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to try. ``convert`` gives the engine what ``engine_arguments`` makes of the URL for ``drivername``."""

    url: str
    drivername: str
    asynchronous: bool
    convert: bool
    ssl: str | None
    seconds: float


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    errors: list[str] = field(default_factory=list)
    """The exceptions from the outermost to the driver's own, ``Type: text``; they may hold the password."""
    timed_out: bool = False
    answered: bool = False
    """Whether ``SELECT 1`` was answered."""
    version: str = ""
    encrypted: bool | None = None
    """Whether this connection is encrypted; None if nobody can say."""
    pooled: bool | None = None
    """Whether two open connections shared one server process: a pooler in transaction mode."""
    connect_args: list[str] = field(default_factory=list)


def attempt(request: Request) -> Outcome:
    """Try it, in another process of this interpreter, and come back in time."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-P", "-W", "ignore", "-m", "dbdriver_lint.doctor.attempt"]
    try:
        done = subprocess.run(  # noqa: S603
            command,
            input=json.dumps(asdict(request)),
            capture_output=True,
            text=True,
            env=environment,
            timeout=request.seconds + _START_UP,
        )
        return Outcome(**json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        return Outcome(timed_out=True)
    except ValueError:
        return Outcome([f"ProcessError: the driver ended its process with {done.returncode}"])


def main() -> None:
    """Read a request, try it, write the outcome."""
    request = Request(**json.load(sys.stdin))
    output = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a driver prints is no JSON

    def finish(outcome: Outcome) -> None:
        os.write(output, json.dumps(asdict(outcome)).encode())
        os._exit(0)  # whatever still runs

    outcome = Outcome()

    def give_up() -> None:
        finish(outcome if outcome.answered else Outcome(timed_out=True))

    try:
        work = _prepare(request, outcome)
        timer = threading.Timer(request.seconds, give_up)
        timer.daemon = True
        timer.start()
        work()
    except BaseException as error:
        outcome.errors = _chain(error)
    finish(outcome)


def _prepare(request: Request, outcome: Outcome) -> Callable[[], None]:
    """Import everything and make the engine; what is left is what may hang."""
    from sqlalchemy import create_engine, pool

    url = request.url
    arguments: dict[str, Any] = {}
    if request.convert:
        from dbdriver_lint.runtime import engine_arguments

        url, arguments = engine_arguments(url, request.drivername, ssl=request.ssl)
    outcome.connect_args = sorted(arguments)
    options: dict[str, Any] = {"connect_args": arguments, "poolclass": pool.NullPool}
    if not request.asynchronous:
        engine = create_engine(url, **options)

        def connect() -> None:
            with engine.connect() as one:
                _look(one, outcome)
                try:
                    with engine.connect() as other:
                        outcome.pooled = _pooled(one, other)
                except Exception:
                    outcome.pooled = None  # no second connection was to be had

        return connect

    from sqlalchemy.ext.asyncio import create_async_engine

    async_engine = create_async_engine(url, **options)

    async def connect_async() -> None:
        async with async_engine.connect() as one:
            await one.run_sync(_look, outcome)
            try:
                async with async_engine.connect() as other:
                    outcome.pooled = await one.run_sync(_pooled, other.sync_connection)
            except Exception:
                outcome.pooled = None

    return lambda: asyncio.run(connect_async())


def _look(connection: Connection, outcome: Outcome) -> None:
    from sqlalchemy import text

    with connection.begin():
        connection.execute(text("SELECT 1")).scalar()
        outcome.version = ".".join(map(str, connection.dialect.server_version_info or ()))
        if getattr(connection.dialect, "is_mariadb", False):
            outcome.version = f"MariaDB {outcome.version}"
        elif connection.dialect.name == "postgresql":
            outcome.version = f"PostgreSQL {outcome.version}"
        outcome.encrypted = _encrypted(connection)
    outcome.answered = True


def _pooled(one: Connection, other: Any) -> bool | None:
    """Whether two connections that are both open have met the same server process."""
    from sqlalchemy import text

    if one.dialect.name != "postgresql":
        return None
    seen: list[set[object]] = [set(), set()]
    for _ in range(3):
        for connection, pids in zip((one, other), seen, strict=True):
            with connection.begin():
                pids.add(connection.execute(text("SELECT pg_backend_pid()")).scalar())
    return bool(seen[0] & seen[1])


def _encrypted(connection: Connection) -> bool | None:
    """Whether what leaves this machine is encrypted: the driver knows; the server may only see a pooler."""
    from sqlalchemy import text

    driver, raw = connection.dialect.driver, getattr(connection.connection, "driver_connection", None)
    known = _OWN_WORD.get(driver)
    if known is not None and raw is not None:
        try:
            return bool(known(raw))
        except AttributeError:  # another version of the driver
            return None
    if connection.dialect.name in ("mysql", "mariadb"):
        row = connection.execute(text("SHOW SESSION STATUS LIKE 'Ssl_cipher'")).fetchone()
        return bool(row and row[1])
    if connection.dialect.name == "postgresql":
        return bool(connection.execute(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).scalar())
    return None


_OWN_WORD: dict[str, Callable[[Any], object]] = {
    "psycopg2": lambda raw: raw.info.ssl_in_use,
    "psycopg": lambda raw: raw.pgconn.ssl_in_use,
    "psycopg_async": lambda raw: raw.pgconn.ssl_in_use,
    "asyncpg": lambda raw: raw._transport.get_extra_info("ssl_object"),
    "pg8000": lambda raw: hasattr(raw._usock, "cipher"),
}


def _chain(error: BaseException) -> list[str]:
    """The exception and all that it wraps."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    for one in waiting:
        if one is not None and one not in found:
            found.append(one)
            waiting += [getattr(one, "orig", None), one.__cause__, one.__context__]
    return [f"{type(one).__name__}: {one}" for one in found]


if __name__ == "__main__":
    main()
