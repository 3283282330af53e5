"""``dbdriver-lint inputs``: what the findings of a file depend on, for engines that build and cache file by file."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from dbdriver_lint.cli.options import add_selection, checked_finder, new_parser
from dbdriver_lint.cli.process import EXIT_CLEAN, EXIT_ERROR, fail, write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from dbdriver_lint.settings.load import SettingsFinder

FORMATS = ("text", "json")
JSON_VERSION = 1


def parser() -> argparse.ArgumentParser:
    """The options of the subcommand."""
    parser = new_parser(
        "inputs",
        "Print what the findings of each file are made from: the file, the modules that its values come from, env, "
        "compose, ini and dependency files, the settings; and what was looked for and is not there.",
    )
    parser.add_argument("paths", nargs="+", metavar="path", help="files, and directories with all their files")
    parser.add_argument("--output-format", choices=FORMATS, default="text", help="default: text")
    add_selection(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Print the inputs of each file; exit code 2 if one could not be read."""
    from dbdriver_lint.cli.check import tell_problems
    from dbdriver_lint.project.discovery import discover
    from dbdriver_lint.settings.load import SettingsError

    finder = checked_finder(args)
    try:
        files = discover(args.paths, finder.for_file)
        found = [_inputs_of(path, finder) for path in files.files]
    except SettingsError as error:
        fail(str(error))
    tell_problems(files.problems)
    if args.output_format == "json":
        write(json.dumps(_document(found), indent=2) + "\n")
    else:
        write("".join(f"{line}\n" for each in found for line in _lines(each)))
    return EXIT_ERROR if any(problem.fatal for problem in files.problems) else EXIT_CLEAN


def _inputs_of(path: str, finder: SettingsFinder) -> dict[str, Any]:
    from dbdriver_lint.project import forget
    from dbdriver_lint.project.answers import questions_of
    from dbdriver_lint.project.modules import shared_modules
    from dbdriver_lint.project.named import absent_inputs, named_inputs
    from dbdriver_lint.run import Options, Task, lint_file
    from dbdriver_lint.source.files import shown_path

    forget()
    shared_modules().forget()  # so that nothing is noted for another file
    lint_file(Task(path, finder.for_file(path)), Options())
    questions = questions_of(path)
    return {
        "path": path,
        "inputs": [
            {"path": shown_path(each.path), "roles": list(each.roles)}
            for each in named_inputs(path, questions, finder.sources(path))
        ],
        "absent": [
            {
                "what": each.what,
                "name": shown_path(each.name) if each.what == "file" else each.name,
                "from": shown_path(each.folder),
            }
            for each in absent_inputs(questions)
        ],
    }


def _document(found: list[dict[str, Any]]) -> dict[str, Any]:
    from dbdriver_lint import __version__

    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"version": JSON_VERSION, "tool": {"dbdriver-lint": __version__, "python": python}, "files": found}


def _lines(one: dict[str, Any]) -> Iterator[str]:
    yield f"{one['path']}:"
    for each in one["inputs"]:
        yield f"  {each['path']}  ({', '.join(each['roles'])})"
    for each in one["absent"]:
        yield f"  not there: {each['what']} {each['name']}".rstrip() + f", looked for from {each['from']}"
