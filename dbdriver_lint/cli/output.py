"""Where results are written: standard output, a file, a terminal with colours or without."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from dbdriver_lint.cli import fail
from dbdriver_lint.report.model import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable


def terminal_for(color: str, stream: IO[str]) -> Terminal:
    """How to write to ``stream``: `--color`, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal."""
    interactive = stream.isatty() and os.environ.get("TERM") != "dumb"
    if color == "auto":
        forced = os.environ.get("FORCE_COLOR", "")
        colored = not os.environ.get("NO_COLOR") and (forced not in ("", "0") or (interactive and forced != "0"))
    else:
        colored = color == "always"
    return Terminal(color=colored, links=colored and interactive)


def write(text: str | bytes, path: str | None = None) -> None:
    """Write a result to standard output, or to the file ``path``; a reader that has gone away is no error.

    Raises:
        SystemExit: the file cannot be written (exit code 2).
    """
    data = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
    if path is not None:
        try:
            Path(path).write_bytes(data)
        except OSError as error:
            fail(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}")
        return
    with contextlib.suppress(BrokenPipeError):
        if hasattr(sys.stdout, "buffer"):
            if isinstance(text, str):  # what the terminal's encoding lacks is shown as an escape
                encoding = sys.stdout.encoding or "utf-8"
                data = text.encode(encoding, "backslashreplace")
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            sys.stdout.write(data.decode("utf-8", "backslashreplace"))


def warn(text: str) -> None:
    """Write a line to standard error."""
    with contextlib.suppress(BrokenPipeError):
        print(text.encode("utf-8", "backslashreplace").decode(), file=sys.stderr)


def progress_bar(total: int) -> Callable[[int], None]:
    """A function that shows how many of ``total`` files are done, on a terminal, from the first second on."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return lambda _: None
    started = last = time.monotonic()

    def show(done: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done == total and last > started:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        elif now - started > 1 and now - last > 0.1:
            last = now
            filled = 30 * done // total
            bar = "━" * filled + "─" * (30 - filled)
            print(f"\r\x1b[K{bar} {done}/{total} files", end="", file=sys.stderr, flush=True)

    return show
