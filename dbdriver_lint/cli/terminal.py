"""The terminal: with colours or without, and how far a run has come."""

from __future__ import annotations

import os
import sys
import time
from typing import IO, TYPE_CHECKING

from dbdriver_lint.cli.process import say
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


def progress_bar(total: int) -> Callable[[int], None]:
    """A function that shows how many of ``total`` files are done, on a terminal, from the first second on."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return lambda _: None
    started = last = time.monotonic()

    def show(done: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done == total and last > started:
            say("\r\x1b[K", end="")
        elif now - started > 1 and now - last > 0.1:
            last = now
            filled = 30 * done // total
            bar = "━" * filled + "─" * (30 - filled)
            say(f"\r\x1b[K{bar} {done}/{total} files", end="")

    return show
