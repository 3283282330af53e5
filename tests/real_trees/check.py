"""What a change of the linter adds and removes on real code, against the record of findings read by hand.

    python tests/real_trees/check.py                 the subset of every test run
    python tests/real_trees/check.py --all           all trees (minutes)
    python tests/real_trees/check.py --only letta    some of them
    python tests/real_trees/check.py --all --update  write what is found into the record

A new row gets the verdict `unread`, which fails: read the code, then write `right` or `wrong` and
the reason into the last columns. No foreign code is in the record.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trees import HERE, Tree, pinned

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RECORD = HERE / "record.csv"
COLUMNS = ("project", "version", "file", "line", "code", "verdict", "reason")
VERDICTS = ("right", "wrong", "unread")


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of the default rules in a pinned tree."""

    project: str
    version: str
    file: str
    line: int
    code: str

    @property
    def text(self) -> str:
        """As the table shows it."""
        return f"{self.project} {self.version}  {self.file}:{self.line}  {self.code}"


def lint(tree: Tree) -> Counter[Found]:
    """The findings of the default rules, tests of the tree included."""
    folder = tree.fetch()
    command = [
        sys.executable,
        "-m",
        "dbdriver_lint",
        "--isolated",
        "--no-cache",
        "--exit-zero",
        "--output-format",
        "json",
        str(folder),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"{tree.name}: {run.stderr}")
    found: Counter[Found] = Counter()
    for finding in json.loads(run.stdout)["findings"]:
        path = finding["path"].split(f"{folder.name}/", 1)[1]
        found[Found(tree.name, tree.version, path, finding["start"]["line"], finding["code"])] += 1
    return found


def recorded() -> dict[Found, list[tuple[str, str]]]:
    """The record: verdict and reason for each finding, several for several on one line."""
    rows: dict[Found, list[tuple[str, str]]] = {}
    with RECORD.open(newline="") as file:
        for row in csv.DictReader(file):
            key = Found(row["project"], row["version"], row["file"], int(row["line"]), row["code"])
            rows.setdefault(key, []).append((row["verdict"], row["reason"]))
    return rows


def compare(trees: Iterable[Tree], *, update: bool = False) -> list[str]:
    """The differences between the record and what is found now, as lines of a table."""
    rows = recorded()
    known = Counter({found: len(verdicts) for found, verdicts in rows.items()})
    lines: list[str] = []
    for tree in trees:
        now = lint(tree)
        before = Counter(
            {found: n for found, n in known.items() if (found.project, found.version) == (tree.name, tree.version)}
        )
        lines += [f"added    {found.text}" for found in sorted((now - before).elements(), key=lambda f: f.text)]
        lines += [f"removed  {found.text}" for found in sorted((before - now).elements(), key=lambda f: f.text)]
        if update:
            for found in before - now:
                rows[found] = rows[found][: now[found]]
            for found, n in (now - before).items():
                rows.setdefault(found, []).extend([("unread", "")] * n)
    if update:
        write(rows)
    return lines


def write(rows: dict[Found, list[tuple[str, str]]]) -> None:
    """Write the record, sorted."""
    with RECORD.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for found in sorted(rows, key=lambda f: (f.project, f.file, f.line, f.code)):
            for verdict, reason in rows[found]:
                table.writerow((found.project, found.version, found.file, found.line, found.code, verdict, reason))


def precision() -> list[str]:
    """Right findings by rule, as the documentation shows them."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for found, verdicts in recorded().items():
        for verdict, _ in verdicts:
            total[found.code] += 1
            right[found.code] += verdict == "right"
    lines = [f"{code}  {right[code]} of {total[code]}" for code in sorted(total)]
    return [*lines, f"all     {right.total()} of {total.total()}"]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="all trees, not only the subset")
    parser.add_argument("--only", default="", help="names of trees, separated by commas")
    parser.add_argument("--update", action="store_true", help="write what is found into the record")
    options = parser.parse_args(arguments)
    names = set(filter(None, options.only.split(",")))
    trees = [tree for tree in pinned() if (tree.name in names if names else options.all or tree.subset)]
    lines = compare(trees, update=options.update)
    print(*lines, *precision(), sep="\n")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
