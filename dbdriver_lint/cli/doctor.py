"""``dbdriver-lint doctor``: why does the connection fail?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dbdriver_lint.cli.options import comma_list, new_parser
from dbdriver_lint.cli.process import EXIT_CLEAN, EXIT_FINDINGS, fail, say, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dbdriver_lint.settings.model import Settings

DEFAULT_VARIABLE = "DATABASE_URL"
_DAY = 86_400.0


def parser() -> argparse.ArgumentParser:
    """The options of the subcommand."""
    parser = new_parser(
        "doctor",
        "Examine a database URL with the drivers that use it: what is wrong, why, and what to do about it. "
        "Passwords are never shown. Exit codes: 0 healthy, 1 something to repair, 2 usage.",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--url", help="the URL; `-` reads it from standard input")
    which.add_argument(
        "--env",
        metavar="NAME",
        help=f"the variable that holds the URL, in the environment or in .env (default: {DEFAULT_VARIABLE})",
    )
    which.add_argument("--project", action="store_true", help="every URL that the project's files hold")
    parser.add_argument(
        "--driver",
        action="append",
        type=comma_list,
        default=[],
        metavar="NAME",
        help="asyncpg, psycopg2 …; more than once for several (default: the project's sync and its async driver)",
    )
    parser.add_argument(
        "--convert",
        action="store_true",
        help="the application converts the URL (transform_url_for_driver, engine_arguments): examine the result",
    )
    parser.add_argument("--connect", action="store_true", help="really connect, step by step")
    parser.add_argument("--timeout", type=_seconds, default=5.0, metavar="SECONDS", help="for each step (default: 5)")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    return parser


def run(args: argparse.Namespace) -> int:
    """Examine the URLs, print what was found; exit code 1 if there is something to repair."""
    from dbdriver_lint.cli.terminal import terminal_for
    from dbdriver_lint.doctor.driver_steps import installed_sqlalchemy
    from dbdriver_lint.doctor.examine import Options, examine
    from dbdriver_lint.doctor.render import text, to_json
    from dbdriver_lint.doctor.sides import Project
    from dbdriver_lint.knowledge.address import DatabaseUrlError
    from dbdriver_lint.project.dependencies import read_dependencies
    from dbdriver_lint.project.roots import find_root
    from dbdriver_lint.rules.index import check_settings
    from dbdriver_lint.settings.load import SettingsError, SettingsFinder

    here = Path.cwd()
    try:
        settings = SettingsFinder(check=check_settings).for_directory(str(here))
    except SettingsError as error:
        fail(str(error))
    project = Project(settings, read_dependencies(find_root(here)), installed_sqlalchemy()[1])
    options = Options(tuple(name for names in args.driver for name in names), args.convert, args.connect, args.timeout)
    progress = _progress()
    try:
        diagnoses = [examine(url, source, project, options, progress) for url, source in _urls(args, settings)]
    except DatabaseUrlError as error:
        fail(str(error))
    finally:
        progress("")
    shown = to_json(diagnoses) + "\n" if args.output_format == "json" else ""
    write(shown or text(diagnoses, color=terminal_for(args.color, sys.stdout).color))
    return EXIT_CLEAN if all(diagnosis.healthy for diagnosis in diagnoses) else EXIT_FINDINGS


def _seconds(text: str) -> float:
    """A time that sockets take for one.

    Raises:
        ArgumentTypeError: no number, or none above 0 and up to a day.
    """
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= _DAY:
        raise argparse.ArgumentTypeError(f"expected seconds, more than 0 and no more than a day, not `{text}`")
    return seconds


def _urls(args: argparse.Namespace, settings: Settings) -> list[tuple[str, str]]:
    """The URLs to examine, each with where it is from."""
    from dbdriver_lint.doctor.sources import from_environment, unread_of_files, urls_of_files

    if args.url is not None:
        return [(sys.stdin.readline().strip() if args.url == "-" else args.url, "--url")]
    root = Path(settings.root or ".")
    files = list(
        dict.fromkeys(path.absolute() for path in (Path(".env"), *(root / name for name in settings.env_files)))
    )
    unread = "".join(f"; {line}" for line in unread_of_files(files))
    if args.project:
        found = dict((*_urls_of_code(), *urls_of_files(files)))
        if not found:
            fail(
                f"no database URL in the code, nor in {', '.join(path.name for path in files)}{unread}; "
                "name more files in the setting `env-files`"
            )
        return list(found.items())
    name = args.env or DEFAULT_VARIABLE
    value = from_environment(name, files)
    if value is None:
        fail(f"no URL: {name} is neither in the environment nor in .env{unread}; give --url, --env NAME or --project")
    return [value]


def _urls_of_code() -> Iterator[tuple[str, str]]:
    """The URLs that the project's engines and connections are made with, tests left out, where they are known in full."""
    from dbdriver_lint.cli.engines import facts_of_files
    from dbdriver_lint.knowledge.urls import HOLE
    from dbdriver_lint.project.discovery import discover
    from dbdriver_lint.settings.load import SettingsFinder

    finder = SettingsFinder()
    for path, _, facts in facts_of_files(list(discover(["."], finder.for_file).files), finder, tests=False):
        places = [(call.anchor, call.urls) for call in facts.engines] + [
            (call.anchor, call.dsns) for call in facts.drivers
        ]
        for anchor, urls in places:
            for possible in urls.urls:
                if HOLE not in possible.url.text:
                    yield possible.url.text, f"{path}:{anchor.start.line}"


def _progress() -> Callable[[str], None]:
    """Shows the step that is being taken, on a terminal only; an empty text takes the line away."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda step: say(f"\r\x1b[K{step}{' …' if step else ''}", end="")
