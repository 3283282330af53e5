"""``dbdriver-lint completion``: what a shell needs to complete our commands, options and paths."""

from __future__ import annotations

import argparse
from importlib import import_module

from dbdriver_lint.cli import COMMANDS, available
from dbdriver_lint.cli.options import new_parser
from dbdriver_lint.cli.process import EXIT_CLEAN, fail, write

SHELLS = ("bash", "zsh", "tcsh")
_FILES = frozenset({"path", "paths", "config", "baseline", "output_file", "stdin_filename"})
"""Arguments that are files."""


def parser() -> argparse.ArgumentParser:
    """The options of the subcommand."""
    parser = new_parser("completion", "Print the completion script of a shell. It needs the package shtab.")
    parser.add_argument("shell", choices=SHELLS)
    return parser


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    try:
        import shtab
    except ImportError:
        fail("completion scripts are made by the package shtab: pip install 'dbdriver-lint[completion]'")

    write(shtab.complete(_whole_parser(shtab.FILE), args.shell) + "\n")
    return EXIT_CLEAN


def _whole_parser(complete_files: object) -> argparse.ArgumentParser:
    """One parser for all subcommands; the command line itself makes only the one that it needs."""
    whole = argparse.ArgumentParser("dbdriver-lint", allow_abbrev=False)
    whole.add_argument("--version", action="store_true", help="print the version")
    commands = whole.add_subparsers()
    for name in available():
        module = import_module(f"dbdriver_lint.cli.{name}")
        parent: argparse.ArgumentParser = module.parser()
        child = commands.add_parser(name, parents=[parent], add_help=False, help=COMMANDS[name])
        for action in child._actions:  # argparse has no public list of them
            if action.dest in _FILES and not action.choices:
                action.complete = complete_files  # type: ignore[attr-defined]  # where shtab looks
    return whole
