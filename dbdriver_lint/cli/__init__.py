"""What a user types, one module a subcommand; nothing is imported before it is asked for."""

from __future__ import annotations

import atexit
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, NoReturn

from dbdriver_lint.cli.process import (
    EXIT_CLEAN,
    EXIT_ERROR,
    EXIT_INTERRUPTED,
    fail,
    flush,
    open_closed_output,
    say,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "check": "find mistakes in files and directories (the default)",
    "rule": "print the page of a rule",
    "engines": "show which engine, session and migration uses which driver",
    "url": "show a URL as another driver wants it",
    "doctor": "check a database URL and the drivers of this environment",
    "vendor": "write the transform function into a project",
    "config": "show the settings in force, and why a rule is on or off",
    "inputs": "show which files the findings of a file depend on",
    "baseline": "accept the findings that there are today",
    "server": "the language server for editors",
    "completion": "print the completion script of a shell",
}
"""Subcommands and their one-line help; each is a module of this package, with `parser()` and `run(args)`."""

DESCRIPTION = """\
Finds the database driver and URL mistakes that pass review and fail at deploy.

usage: dbdriver-lint [command] [options] [path ...]

commands:
{commands}

`dbdriver-lint src/` is `dbdriver-lint check src/`. `dbdriver-lint <command> --help` shows a command's options.
Exit codes: 0 nothing found, or everything fixed; 1 findings; 2 usage, settings or internal error.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return the exit code. Never raises for what a user typed or a file holds."""
    code = _ended(list(sys.argv[1:] if argv is None else argv))
    return code if flush() else EXIT_ERROR


def run_process() -> NoReturn:
    """The process ``dbdriver-lint``: :func:`main`, and the end of it.

    What was built is left to the system, which takes all memory back at once: to take it apart, object by object, was a
    third of a run.
    """
    open_closed_output()
    code = main()
    atexit._run_exitfuncs()  # `os._exit()` leaves them out
    os._exit(code if flush() else EXIT_ERROR)


def _ended(arguments: list[str]) -> int:
    """The exit code of a command line, whatever it ends with."""
    try:
        return _dispatch(arguments)
    except KeyboardInterrupt:
        say("interrupted")
        return EXIT_INTERRUPTED
    except SystemExit as leave:  # argparse
        return leave.code if isinstance(leave.code, int) else EXIT_ERROR
    except Exception as error:  # an uncaught one would end with 1, which means findings
        import traceback

        from dbdriver_lint.knowledge.secrets import mask_text
        from dbdriver_lint.run import describe_crash

        say(mask_text(traceback.format_exc()), end="")
        say(f"dbdriver-lint: {describe_crash(error)}")
        return EXIT_ERROR


def _dispatch(arguments: list[str]) -> int:
    first = arguments[0] if arguments else ""
    if first in ("--version", "-V"):
        from dbdriver_lint import __version__

        write(f"dbdriver-lint {__version__}\n")
        return EXIT_CLEAN
    if first == "help" and arguments[1:2] and arguments[1] in available():
        arguments = [first := arguments[1], "--help"]
    if first in ("--help", "-h", "help"):
        write(DESCRIPTION.format(commands="\n".join(f"  {name:11}{text}" for name, text in available().items())))
        return EXIT_CLEAN
    if first.isalpha() and first not in available() and not os.path.lexists(first):
        import difflib

        close = difflib.get_close_matches(first, available(), n=1)
        if close:
            fail(f"there is no command and no file `{first}`; did you mean `dbdriver-lint {close[0]}`?")
    command = arguments.pop(0) if first in available() else "check"
    try:
        os.getcwd()  # noqa: PTH109
    except OSError as error:
        fail(f"the current folder cannot be found: {(error.strerror or str(error)).lower()}")
    module = import_module(f"{__name__}.{command}")
    # Paths and options in any order: `baseline create --isolated src/`, `src/ --fix tests/`.
    code: int = module.run(module.parser().parse_intermixed_args(_protected(arguments)))
    return code


def _protected(arguments: list[str]) -> list[str]:
    """The arguments without `--`, what stands behind it as paths that are no options: ``./--fix``.

    argparse forgets it where it takes paths and options in any order.
    """
    if "--" not in arguments:
        return arguments
    end = arguments.index("--")
    behind = (os.path.join(os.curdir, a) if a.startswith("-") and a != "-" else a for a in arguments[end + 1 :])
    return [*arguments[:end], *behind]


def available() -> dict[str, str]:
    """The subcommands of this installation."""
    return {name: text for name, text in COMMANDS.items() if find_spec(f"{__name__}.{name}") is not None}
