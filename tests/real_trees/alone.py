"""Each file of a tree, linted in a copy that holds nothing but its inputs: the same findings as in the whole tree.

    python tests/real_trees/alone.py FOLDER...

Files that the gate drops depend on nothing, and are passed over. Prints what differs, and how many files were compared.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from dbdriver_lint.project import forget
from dbdriver_lint.project.answers import questions_of
from dbdriver_lint.project.discovery import discover
from dbdriver_lint.project.modules import shared_modules
from dbdriver_lint.project.named import named_inputs
from dbdriver_lint.run import Options, Task, lint_file
from dbdriver_lint.settings.load import SettingsFinder

if TYPE_CHECKING:
    from collections.abc import Sequence


def findings_in(folder: Path, path: str) -> list[str]:
    """The findings of one file, linted from within ``folder``, in words."""
    os.chdir(folder)
    forget()
    shared_modules().forget()
    outcome = lint_file(Task(path, SettingsFinder(overrides={"pedantic": True}).for_file(path)), Options())
    return [f"{f.path} {f.start} {f.code} {f.message} {f.related} {f.fix}" for f in outcome.findings] + [
        problem.message for problem in outcome.problems
    ]


def copy_inputs(path: str, whole: Path, alone: Path) -> int:
    """Copy the file that was just linted and all its inputs; how many there were."""
    finder = SettingsFinder()
    inputs = named_inputs(path, questions_of(path), finder.sources(path))
    for each in inputs:
        source = Path(each.path)
        target = alone / source.relative_to(whole)
        if source.is_dir():  # its being there is all that counts
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return len(inputs)


def differences(whole: Path) -> tuple[list[str], int, int]:
    """What differs, how many files were linted alone, and the largest number of inputs."""
    os.chdir(whole)
    paths = discover(["."], SettingsFinder().for_file).files
    found: list[str] = []
    compared = most = 0
    for path in paths:
        before = findings_in(whole, path)
        if not questions_of(path):
            continue
        compared += 1
        with tempfile.TemporaryDirectory() as folder:
            alone = Path(folder).resolve() / whole.name
            alone.mkdir()
            most = max(most, copy_inputs(path, whole, alone))
            after = findings_in(alone, path)
            os.chdir(whole)
        if before != after:
            found.append(f"{path}:\n  whole {before}\n  alone {after}")
    return found, compared, most


def main(folders: Sequence[str]) -> int:
    failed = False
    for folder in folders:
        found, compared, most = differences(Path(folder).resolve())
        print(*found, f"{folder}: {compared} files alone, at most {most} inputs, {len(found)} differ", sep="\n")
        failed = failed or bool(found)
    return failed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
