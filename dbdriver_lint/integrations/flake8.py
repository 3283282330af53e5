"""The flake8 plugin: the same findings at the same places as ``dbdriver-lint``.

flake8 selects by code, ignores per file and reads ``# noqa`` in its own way; which rules run for a
file, and the facts about the project, come from ``[tool.dbdriver-lint]`` as on the command line.
"""

from __future__ import annotations

import atexit
import gc
import io
import re
import sys
import tokenize
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dbdriver_lint import __version__
from dbdriver_lint.rules.index import check_settings
from dbdriver_lint.settings.load import SettingsError, SettingsFinder

if TYPE_CHECKING:
    import argparse
    import ast
    from collections.abc import Iterator, Sequence

    from flake8.options.manager import OptionManager

    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.linter import FileResult
    from dbdriver_lint.settings.model import Settings

_FULL_CODE = re.compile(r"XDB\d{3}")


class Plugin:
    """One file, as flake8 hands it over. ``tree`` is asked for so that flake8 calls once per file."""

    name = "dbdriver-lint"
    version = __version__
    _finder: ClassVar[SettingsFinder] = SettingsFinder()
    _reads_stdin: ClassVar[bool] = False
    _disable_noqa: ClassVar[bool] = False

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self._filename = filename
        self._lines = lines

    @classmethod
    def add_options(cls, manager: OptionManager) -> None:
        """Declare the options; all of them may stand in flake8's configuration file."""
        manager.add_option(
            "--xdb-config",
            metavar="FILE",
            parse_from_config=True,
            normalize_paths=True,
            help="Settings file of dbdriver-lint, instead of the nearest pyproject.toml or dbdriver-lint.toml.",
        )
        manager.add_option(
            "--xdb-sqlalchemy-version",
            metavar="RANGE",
            parse_from_config=True,
            help="SQLAlchemy version or range that the code runs with, such as '>=2.0,<2.1'.",
        )
        manager.add_option(
            "--xdb-pedantic",
            action="store_true",
            default=False,
            parse_from_config=True,
            help="Also run dbdriver-lint's pedantic rules.",
        )

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Take the options over. A pedantic rule that flake8's own options name in full runs as well.

        Raises:
            ExecutionError: the settings of the current folder are wrong. They are looked at here, before there are
                workers: where one of these fails, flake8 may wait for the others for ever (a race in Python's pools).
        """
        overrides: dict[str, Any] = {}
        if options.xdb_sqlalchemy_version:
            overrides["sqlalchemy_version"] = options.xdb_sqlalchemy_version
        if options.xdb_pedantic:
            overrides["pedantic"] = True
        named = [*(options.select or ()), *(options.extend_select or ())]
        if codes := tuple(code for code in named if _FULL_CODE.fullmatch(code)):
            overrides["extend_select"] = codes
        config = Path(options.xdb_config) if options.xdb_config else None
        cls._finder = SettingsFinder(config=config, overrides=overrides, check=check_settings)
        cls._reads_stdin = options.filenames == ["-"]
        cls._disable_noqa = options.disable_noqa
        try:
            cls._finder.for_file("setup.py")
        except SettingsError as error:
            raise _execution_error(error) from None

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """The findings as flake8 takes them: 1-based line, 0-based column, code and message."""
        from dbdriver_lint.linter import check_source
        from dbdriver_lint.project import Project
        from dbdriver_lint.project.discovery import is_excluded

        try:
            settings = self._finder.for_file(self._filename)
        except SettingsError as error:
            raise _execution_error(error) from None
        if is_excluded(self._filename, settings):
            return
        result = check_source(
            self._filename, self._data(), settings, Project.for_path(self._filename), noqa=not self._disable_noqa
        )
        if "libcst" in sys.modules:
            _leave_alone()
        for finding in self._not_accepted(result, settings):
            message = " ".join(finding.message.split())
            yield finding.start.line, finding.start.column - 1, f"{finding.code} {message}", type(self)

    def _not_accepted(self, result: FileResult, settings: Settings) -> Sequence[Finding]:
        """The findings without those of the project's baseline."""
        if not result.findings or result.source is None or settings.baseline_path is None:
            return result.findings
        from dbdriver_lint.findings.baseline import Baseline, BaselineError

        try:
            baseline = Baseline.read(Path(settings.baseline_path))
        except BaselineError as error:
            raise _execution_error(error) from None
        return baseline.apply(result.findings, {result.path: result.source}, ()).new

    def _data(self) -> bytes:
        """The file's bytes; what came by standard input only has the name of a file."""
        if not self._reads_stdin:
            return Path(self._filename).read_bytes()
        text = "".join(self._lines)
        head = "".join(self._lines[:2]).encode("ascii", "replace")
        encoding, _ = tokenize.detect_encoding(io.BytesIO(head).readline)
        return text.encode(encoding)


@cache
def _leave_alone() -> None:
    """Once the parser is loaded: it stays until the end, so flake8's collections need not walk it again and again.

    Nor need the last collections, when the process ends.
    """
    gc.freeze()
    atexit.register(gc.freeze)


def _execution_error(error: Exception) -> Exception:
    """The error as flake8 shows it; its workers send it to the main process, so it has to be one that can be pickled."""
    from flake8.exceptions import ExecutionError

    found: Exception = ExecutionError(str(error))
    return found
