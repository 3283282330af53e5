"""Time and memory from 1,400 to 25,000 files: a line, and no process above 200 MB.

    .bench/bin/python benchmarks/growth.py [--copies 1 2 5 10 17]

The same whole trees, those that the tests lint, once and many times in a folder: each copy is a project of its own, whose
imports are followed as in the first. So a file costs the same in all sizes, unless the number of files itself costs.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import corpus
import measure

HEADER = ["copies", "files", "MB", "wall s", "cpu s", "cpu ms a file", "to the first size", "peak MB of a process"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 2, 5, 10, 17])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    folders = [tree.fetch() for tree in corpus.trees.pinned() if tree.subset]
    files = corpus.python_files(folders)
    megabytes = sum(Path(file).stat().st_size for file in files) / 1e6
    with tempfile.TemporaryDirectory() as work:
        commands = []
        for copies in options.copies:
            whole = Path(work) / str(copies)
            for number in range(copies):
                for folder in folders:
                    shutil.copytree(folder, whole / str(number) / folder.name)
            ours = [sys.executable, "-m", "dbdriver_lint", "--isolated", "--exit-zero", "--no-cache", "--jobs", "2"]
            commands.append(measure.Command(str(copies), [*ours, str(whole)]))
        measure.interleaved(commands, options.rounds)
    each = [command.median("cpu") / copies for copies, command in zip(options.copies, commands, strict=True)]
    rows = [HEADER]
    for copies, command, cpu in zip(options.copies, commands, each, strict=True):
        rows.append(
            [
                str(copies),
                str(copies * len(files)),
                f"{copies * megabytes:.1f}",
                f"{command.median('wall'):.2f}",
                f"{command.median('cpu'):.2f}",
                f"{cpu / len(files) * 1000:.2f}",
                f"{cpu / each[0]:.2f}",
                f"{command.spread('peak')[1]:.0f}",
            ]
        )
    print(measure.table(rows))


if __name__ == "__main__":
    main()
