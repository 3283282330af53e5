"""What the process writes and says, and the code that it ends with."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import IO, NoReturn

EXIT_CLEAN, EXIT_FINDINGS, EXIT_ERROR = 0, 1, 2
EXIT_INTERRUPTED = 130
"""What a shell shows for a program that Ctrl-C ended."""


def write(text: str | bytes, path: str | None = None) -> None:
    """Write a result to standard output, or to the file ``path``; a reader that has gone away is no error.

    Raises:
        SystemExit: the file, or standard output, cannot be written (exit code 2).
    """
    data = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
    if path is not None:
        try:
            Path(path).write_bytes(data)
        except OSError as error:
            fail(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}")
        return
    try:
        if hasattr(sys.stdout, "buffer"):
            if isinstance(text, str):  # what the terminal's encoding lacks is shown as an escape
                encoding = sys.stdout.encoding or "utf-8"
                data = text.encode(encoding, "backslashreplace")
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            sys.stdout.write(data.decode("utf-8", "backslashreplace"))
    except OSError as error:
        if not _lost(error):
            raise SystemExit(EXIT_ERROR) from error


def say(text: str, end: str = "\n") -> None:
    """Write to standard error; what it does not take (a full disk, a reader that has gone away) nobody can be told."""
    with contextlib.suppress(OSError):
        print(text.encode("utf-8", "backslashreplace").decode(), end=end, file=sys.stderr, flush=True)


def fail(message: str) -> NoReturn:
    """End with a usage or settings error, in which passwords are masked.

    Raises:
        SystemExit: with exit code 2.
    """
    from dbdriver_lint.knowledge.secrets import mask_text

    say(f"dbdriver-lint: error: {mask_text(message)}")
    raise SystemExit(EXIT_ERROR)


def open_closed_output() -> None:
    """Give output that the caller closed (`>&-`) somewhere to go.

    Python has no stream for it, and the next file that is opened would take its number.
    """
    for number in (1, 2):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if nowhere != number:  # standard input is closed as well
                os.dup2(nowhere, number)
                os.close(nowhere)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False, errors="replace")
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False, errors="replace")


def flush() -> bool:
    """Write what is left; false where standard output does not take it."""
    taken = True
    for stream in (sys.stdout, sys.stderr):
        if stream is None or stream.closed:  # as a language server leaves its own
            continue
        try:
            stream.flush()
        except OSError as error:
            if stream is sys.stdout:
                taken = _lost(error)
            else:
                _abandon(stream)
    return taken


def _lost(error: OSError) -> bool:
    """Say why standard output takes nothing more; true where that is no error: its reader has gone away (`| head`)."""
    _abandon(sys.stdout)
    if isinstance(error, BrokenPipeError):
        return True
    say(f"dbdriver-lint: error: standard output cannot be written: {(error.strerror or str(error)).lower()}")
    return False


def _abandon(stream: IO[str]) -> None:
    """Give the stream somewhere to write to: what it still holds is written again and again, by the interpreter too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
