"""Time and memory from 1,000 to 25,000 files: a line, and no worker above 200 MB.

    .bench/bin/python benchmarks/growth.py [--sizes 1000 2500 5000 10000 25000]

The files are those of the pinned trees, taken from everywhere, each tree's in its own folder so that imports are followed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import corpus
import measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 2_500, 5_000, 10_000, 25_000])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    folders = corpus.fetched(more=max(options.sizes) > 10_000)
    files = corpus.python_files(folders)
    common = Path(folders[0]).parent
    rows = [["files", "MB", "wall s", "cpu s", "cpu ms a file", "peak MB of a process"]]
    with tempfile.TemporaryDirectory() as work:
        commands = []
        for number in options.sizes:
            taken = corpus.sample(files, number)
            tree = Path(work) / str(number)
            for file in taken:  # hard links would do, but not on every file system
                target = tree / Path(file).relative_to(common)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(Path(file).read_bytes())
            arguments = [
                sys.executable,
                "-m",
                "dbdriver_lint",
                "--isolated",
                "--exit-zero",
                "--no-cache",
                "--jobs",
                "2",
            ]
            commands.append((taken, measure.Command(str(number), [*arguments, str(tree)])))
        measure.interleaved([command for _, command in commands], options.rounds)
        for taken, command in commands:
            megabytes = sum(Path(file).stat().st_size for file in taken) / 1e6
            cpu = command.median("cpu")
            rows.append(
                [
                    str(len(taken)),
                    f"{megabytes:.1f}",
                    f"{command.median('wall'):.2f}",
                    f"{cpu:.2f}",
                    f"{cpu / len(taken) * 1000:.2f}",
                    f"{command.spread('peak')[1]:.0f}",
                ]
            )
    print(measure.table(rows))


if __name__ == "__main__":
    main()
