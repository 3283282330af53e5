"""``dbdriver-lint engines``: which engine, session and migration uses which driver, and where its URL comes from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dbdriver_lint.cli.options import add_files, add_settings, checked_finder, new_parser
from dbdriver_lint.cli.process import EXIT_CLEAN, EXIT_ERROR, fail, write
from dbdriver_lint.source.gate import Gate

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from dbdriver_lint.analysis.environments import MigrationEnvironment
    from dbdriver_lint.analysis.inventory import Row
    from dbdriver_lint.analysis.module_facts import ModuleFacts
    from dbdriver_lint.settings.load import SettingsFinder

FORMATS = ("text", "json", "markdown", "mermaid")
#: A file without any of these words has no row.
_WORDS = Gate((b"engine", b"connect", b"session", b"create_pool", b"ConnectionPool", b"Database("))
_ALL = Gate((b"",))


def parser() -> argparse.ArgumentParser:
    """The options of the subcommand."""
    parser = new_parser(
        "engines",
        "Show every engine, session factory, raw connection and migration environment: sync or async, its driver, "
        "where its URL comes from, TLS and pooling as configured. What is not known is shown with its reason.",
    )
    add_files(parser)
    parser.add_argument("--output-format", choices=FORMATS, default="text", help="default: text")
    parser.add_argument("--no-tests", action="store_true", help="leave out the files of tests")
    add_settings(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Print the inventory; exit code 2 if a file could not be looked at."""
    from dbdriver_lint.cli.check import tell_problems
    from dbdriver_lint.project.discovery import discover
    from dbdriver_lint.report import inventory
    from dbdriver_lint.settings.load import SettingsError

    finder = checked_finder(args)
    try:
        found = discover(args.paths or [os.curdir], finder.for_file)
        rows = [*_rows(found.files, finder, tests=not args.no_tests)]
    except SettingsError as error:
        fail(str(error))
    tell_problems(found.problems)
    write(inventory.FORMATS[args.output_format](rows))
    return EXIT_ERROR if any(problem.fatal for problem in found.problems) else EXIT_CLEAN


def _rows(paths: list[str], finder: SettingsFinder, *, tests: bool) -> Iterator[Row]:
    from dbdriver_lint.analysis.environments import migration_environments
    from dbdriver_lint.analysis.inventory import rows_of
    from dbdriver_lint.project import Project

    for path, is_test, facts in facts_of_files(paths, finder, tests=tests):
        sqlalchemy = Project.for_path(path).dependencies_for(finder.for_file(path)).sqlalchemy
        environments: list[MigrationEnvironment] = []
        if os.path.basename(path) == "env.py":
            absolute = os.path.abspath(path)
            environments = [e for e in migration_environments(Project.for_path(path).root) if e.path == absolute]
        yield from rows_of(facts, path, is_test=is_test, sqlalchemy=sqlalchemy, environments=environments)


def facts_of_files(paths: list[str], finder: SettingsFinder, *, tests: bool) -> Iterator[tuple[str, bool, ModuleFacts]]:
    """The files that may make engines or connect, whether each is test code, and its facts.

    A file that cannot be read is passed over: `dbdriver-lint check` says what is wrong with it.
    """
    from dbdriver_lint.linter import facts_in
    from dbdriver_lint.settings.patterns import matches

    for path in paths:
        if path.endswith(".pyi"):
            continue
        settings = finder.for_file(path)
        is_test = matches(settings.test_patterns, path, settings.root)
        if is_test and not tests:
            continue
        facts = facts_in(path, settings, _ALL if os.path.basename(path) == "env.py" else _WORDS)
        if facts is not None:
            yield path, is_test, facts
