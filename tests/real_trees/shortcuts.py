"""What saves time takes no finding away: the gate, the slice and the translation on and off, on whole trees.

    python tests/real_trees/shortcuts.py [--without NAME] FOLDER...

Each file is linted with all rules as it is, past the gate, without the slice (all of it is analysed), and by
LibCST's parser alone. Prints what differs, and how many files were compared.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from dbdriver_lint import linter
from dbdriver_lint.analysis import candidates
from dbdriver_lint.analysis.imports import FirstPartyModules
from dbdriver_lint.project import Project
from dbdriver_lint.project.discovery import discover
from dbdriver_lint.project.environment import is_configuration
from dbdriver_lint.project.modules import shared_modules
from dbdriver_lint.settings.load import SettingsFinder
from dbdriver_lint.source.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Sequence

WITHOUT = {
    "the gate": [lambda: patch.object(linter, "gate_of", lambda _: Gate((b"",)))],
    "the slice": [lambda: patch.object(candidates, "candidates_of", lambda _: None)],
    "the translation": [
        lambda: patch.object(candidates, "candidates_of", lambda _: None),
        lambda: patch.object(FirstPartyModules, "_slicer", lambda *_: None),
    ],
}
"""What is switched off, and how."""


def findings_of(files: Sequence[str]) -> Counter[str]:
    """The findings of all rules in the files, in words."""
    finder = SettingsFinder(overrides={"select": ("all",)})
    linter._in_force.cache_clear()
    shared_modules().forget()
    found: Counter[str] = Counter()
    for path in files:
        result = linter.check_source(path, Path(path).read_bytes(), finder.for_file(path), Project.for_path(path))
        found.update(f"{f.path} {f.start} {f.end} {f.code} {f.message}" for f in result.findings)
    linter._in_force.cache_clear()
    return found


def differences(folder: Path, shortcuts: Sequence[str] = tuple(WITHOUT)) -> tuple[list[str], int, int]:
    """What shortcuts add or take away below a folder, in words; how many files and findings there are."""
    finder = SettingsFinder()
    files = [f for f in discover([str(folder)], finder.for_file).files if f.endswith(".py") and not is_configuration(f)]
    as_it_is = findings_of(files)
    lines: list[str] = []
    for name in shortcuts:
        with ExitStack() as stack:
            for switch in WITHOUT[name]:
                stack.enter_context(switch())
            other = findings_of(files)
        lines += [f"only without {name}: {text}" for text in (other - as_it_is).elements()]
        lines += [f"only with {name}: {text}" for text in (as_it_is - other).elements()]
    return lines, len(files), as_it_is.total()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--without", action="append", choices=WITHOUT, help="one shortcut, several times; default: all")
    options = parser.parse_args()
    failed = False
    for folder in options.folders:
        lines, files, findings = differences(Path(folder), options.without or tuple(WITHOUT))
        print(*lines, f"{folder}: {files} files, {findings} findings, {len(lines)} differences", sep="\n", flush=True)
        failed |= bool(lines)
    return failed


if __name__ == "__main__":
    sys.exit(main())
