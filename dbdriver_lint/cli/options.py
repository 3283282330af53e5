"""Options that several subcommands share."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from dbdriver_lint.cli.process import fail, write
from dbdriver_lint.settings.load import SettingsFinder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import SupportsWrite

    from dbdriver_lint.cache import ResultCache

FOLDER = ".dbdriver-lint-cache"
"""Where results are kept in a project's root, unless another folder is asked for."""


def comma_list(text: str) -> tuple[str, ...]:
    """``XDB1, design`` as a tuple."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


_WIDTH = 80
"""Columns where there is no terminal."""


def new_parser(command: str, description: str) -> argparse.ArgumentParser:
    """An argument parser for ``dbdriver-lint <command>``."""
    return _Parser(f"dbdriver-lint {command}", description=description, allow_abbrev=False, formatter_class=_Formatter)


class _Formatter(argparse.HelpFormatter):
    """As wide as the terminal, which argparse asks with each argument, by a library that is slow to load."""

    def __init__(self, prog: str, **options: Any) -> None:
        options.setdefault("width", _columns() - 2)
        super().__init__(prog, **options)

    if sys.version_info[:2] == (3, 14):
        # it looks for its colours, with a third of what is loaded for one file, before anything is to be shown; 3.15 does not
        def _set_color(self, color: bool) -> None:
            self._wanted_color = color
            for name in ("_theme", "_decolor"):
                vars(self).pop(name, None)

        def __getattr__(self, name: str) -> Any:
            if name not in ("_theme", "_decolor"):
                raise AttributeError(name)
            super()._set_color(self._wanted_color)
            return getattr(self, name)


def _columns() -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or _WIDTH  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return _WIDTH


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, and repeat no password of a URL that was typed in the wrong place."""

    def error(self, message: str) -> NoReturn:
        fail(message)

    def parse_intermixed_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        parsed, unknown = self.parse_known_intermixed_args(args, namespace)
        if unknown:
            self.error(self._unknown(unknown))
        return parsed

    def _unknown(self, arguments: Sequence[str]) -> str:
        option = next((a.partition("=")[0] for a in arguments if a.startswith("-")), None)
        if option is None:
            return f"`{arguments[0]}` is one argument too many"
        import difflib

        close = difflib.get_close_matches(option, self._option_string_actions, n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"`{self.prog} --help` shows those there are"
        return f"there is no option `{option}`; {hint}"

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        if file is not None:
            super().print_help(file)
            return
        write(self.format_help())  # argparse hides that it cannot be written


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Which rules run, and which settings file says so."""
    group = parser.add_argument_group("rules")
    listed: dict[str, Any] = {"action": "append", "type": comma_list, "metavar": "RULES"}
    group.add_argument("--select", **listed, help="codes, prefixes, names or groups to run, instead of the settings'")
    group.add_argument("--extend-select", **listed, help="added to what is selected")
    group.add_argument("--ignore", **listed, help="left out; the most specific of select and ignore wins")
    group.add_argument("--pedantic", action="store_true", help="also run the opt-in group `pedantic`")
    add_settings(parser)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Which settings file counts."""
    settings = parser.add_argument_group("settings")
    settings.add_argument("--config", type=Path, metavar="FILE", help="use this settings file for every file")
    settings.add_argument("--isolated", action="store_true", help="use no settings file")


def add_files(parser: argparse.ArgumentParser) -> None:
    """Which files are looked at."""
    parser.add_argument(
        "paths", nargs="*", metavar="path", help="files and directories; `-` is standard input (default: .)"
    )
    group = parser.add_argument_group("files")
    group.add_argument(
        "--exclude", action="append", type=comma_list, metavar="PATTERNS", help="gitignore-style patterns to leave out"
    )
    group.add_argument(
        "--force-exclude",
        action=argparse.BooleanOptionalAction,
        help="leave out excluded files even where they are named",
    )
    group.add_argument(
        "--respect-gitignore", action=argparse.BooleanOptionalAction, help="leave out what git ignores (default)"
    )


def add_baseline(parser: argparse.ArgumentParser) -> None:
    """Which findings are accepted already."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--baseline", metavar="FILE", help="the file of accepted findings, instead of the settings'")
    group.add_argument("--no-baseline", action="store_true", help="report accepted findings too")


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """How many processes work."""
    parser.add_argument(
        "--jobs", "-j", type=_jobs, metavar="N", help="worker processes; 1 for none (default: when it pays)"
    )


def add_cache(parser: argparse.ArgumentParser) -> None:
    """Where results are kept for the next run."""
    group = parser.add_argument_group("cache")
    group.add_argument("--no-cache", action="store_true", help="look at every file anew, and keep nothing")
    group.add_argument(
        "--cache-dir",
        metavar="FOLDER",
        help=f"where results are kept (default: DBDRIVER_LINT_CACHE_DIR, the setting, {FOLDER} in the project's root)",
    )


def open_cache(args: argparse.Namespace, finder: SettingsFinder) -> ResultCache | None:
    """The results of earlier runs over the same project; None where there is no place for them, or none is wanted.

    Raises:
        SettingsError: a settings file that cannot be read.
    """
    if args.no_cache:
        return None
    from dbdriver_lint.cache import ENVIRONMENT_VARIABLE, ResultCache
    from dbdriver_lint.project import project_root

    started = time.time_ns()
    root = str(project_root(Path(_common_folder(args.paths or [os.curdir]))))
    settings = finder.for_directory(root)
    given = args.cache_dir or os.environ.get(ENVIRONMENT_VARIABLE) or None
    if given is None and settings.cache_dir:
        given = os.path.join(settings.root or os.curdir, settings.cache_dir)
    folder = given or os.path.join(root, FOLDER)
    # A repository must not choose where we write; that of Path raises in a closed folder.
    if given is None and os.path.islink(folder):  # noqa: PTH114
        return None
    return ResultCache(os.path.abspath(folder), root, started, wanted=given is not None)


def _common_folder(paths: list[str]) -> str:
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in map(os.path.abspath, paths)]
    try:
        return os.path.commonpath(folders)
    except ValueError:  # on several drives
        return str(Path.cwd())


def overrides(args: argparse.Namespace) -> dict[str, Any]:
    """What the command line says about settings: field name to value."""
    values: dict[str, Any] = {}
    for name in ("select", "extend_select", "ignore", "exclude"):
        given = getattr(args, name, None)
        if given is not None:
            values[name] = tuple(item for part in given for item in part)
    if values.get("select") == ():
        fail("--select names no rule; leave it out for the groups `error` and `design`")
    for name in ("force_exclude", "respect_gitignore"):
        if getattr(args, name, None) is not None:
            values[name] = getattr(args, name)
    if getattr(args, "pedantic", False):
        values["pedantic"] = True
    if getattr(args, "no_baseline", False):
        values["baseline"] = None
    elif getattr(args, "baseline", None) is not None:
        values["baseline"] = os.path.abspath(args.baseline)
    return values


def settings_finder(args: argparse.Namespace) -> SettingsFinder:
    """Where settings come from on this command line; the names in them are still to be checked."""
    return SettingsFinder(args.config, args.isolated, overrides(args))


def checked_finder(args: argparse.Namespace) -> SettingsFinder:
    """Where settings come from on this command line; those that name no rule, driver or version are refused."""
    from dbdriver_lint.rules.index import check_settings

    return SettingsFinder(args.config, args.isolated, overrides(args), check_settings)


def _jobs(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number of processes, 1 or more, not `{text}`")
    return int(text)
