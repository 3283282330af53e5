"""How often `dbdriver-lint engines` knows the driver of an engine in published programs, and how often it is right.

    python tests/real_trees/engines.py            against what was read by hand, then the table of the documentation
    python tests/real_trees/engines.py --update   write new rows, with the verdict `unread`

Counted are the calls of `create_engine` and `create_async_engine` in application code: no tests, examples,
migrations or templates, and not SQLAlchemy itself. Each row of `engines.csv` is one whose driver is shown, and
`right` or `wrong`; a verdict belongs to the drivers that are shown, so a row that changes is to be read again.
Rows without drivers are `missed`: a careful reader of the program's files could tell one. No foreign code is in it.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trees import HERE, Tree, pinned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

RECORD = HERE / "engines.csv"
PROGRAMS = HERE / "programs.txt"
COLUMNS = ("project", "version", "file", "line", "drivers", "verdict", "reason")
SKIPPED = frozenset({"alembic", "sqlalchemy", "sqlalchemy-utils", "sqlmodel"})
"""They make engines for others."""
_ASIDE = re.compile(
    r"(?:^|/)(?:examples?|docs|_templates|alembic|migrations?/(?:versions|env\.py)|test_helpers)(?:/|$)"
)
ORIGINS = ("written in the same file", "written in another file", "the default of a setting or an environment variable")


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine of the inventory."""

    project: str
    version: str
    file: str
    line: int
    drivers: str
    """Those that are shown, with a `|` between them; empty where none is."""
    origin: str

    @property
    def key(self) -> tuple[str, ...]:
        """What a verdict belongs to."""
        return (self.project, self.version, self.file, str(self.line), self.drivers)


def engines(tree: Tree) -> Iterator[Engine]:
    """The engines of a program's own code."""
    folder = tree.fetch()
    command = [sys.executable, "-m", "dbdriver_lint", "engines", "--isolated", "--no-tests", "--output-format", "json"]
    run = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    if not run.stdout:
        raise RuntimeError(f"{tree.name}: {run.stderr}")
    for row in json.loads(run.stdout)["rows"]:
        file = row["path"].split(f"{folder.name}/", 1)[1]
        if row["kind"] == "engine" and row["purpose"] != "migration" and not _ASIDE.search(file):
            yield Engine(tree.name, tree.version, file, row["line"], "|".join(row["drivers"]), _origin(row, file))


def _origin(row: dict[str, Sequence[str]], file: str) -> str:
    if any(origin.startswith("$") for origin in row["origins"]):
        return ORIGINS[2]
    return ORIGINS[0] if all(origin.rpartition(":")[0].endswith(file) for origin in row["origins"]) else ORIGINS[1]


def recorded() -> dict[tuple[str, ...], tuple[str, str]]:
    """Verdict and reason of each row that was read."""
    with RECORD.open(newline="") as file:
        return {
            tuple(row[name] for name in COLUMNS[:5]): (row["verdict"], row["reason"]) for row in csv.DictReader(file)
        }


def programs() -> list[Tree]:
    """The pinned trees, and further programs that only this counts."""
    return [tree for tree in (*pinned(), *pinned(PROGRAMS)) if tree.name not in SKIPPED]


def table(found: Sequence[Engine], verdicts: Iterable[str]) -> list[str]:
    """The table of the documentation."""
    known = [engine for engine in found if engine.drivers]
    origins = Counter(engine.origin for engine in known)
    read = Counter(verdicts)
    could_be_told = read["right"] + read["wrong"] + read["missed"]
    return [
        f"| all | {len(found)} |",
        f"| whose driver is shown by `dbdriver-lint engines` | {len(known)} |",
        *(f"| … {origin} | {origins[origin]} |" for origin in ORIGINS),
        f"| … read by hand, and right | {read['right']} of {read['right'] + read['wrong']} |",
        f"| not shown, though a careful reader could tell | {read['missed']} |",
        f"| share of what a reader could tell that is shown, and right | {read['right'] / (could_be_told or 1):.0%} |",
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and print the table; exit code 1 where something is not as it was read, or was not read."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--update", action="store_true", help="write what is found into the record")
    parser.add_argument("--only", action="append", help="this program")
    options = parser.parse_args(arguments)
    trees = [tree for tree in programs() if options.only is None or tree.name in options.only]
    found = [engine for tree in trees for engine in engines(tree)]
    rows = recorded() if RECORD.exists() else {}
    now = {engine.key for engine in found if engine.drivers or engine.key in rows}
    names = {tree.name for tree in trees}
    gone = {key for key in rows if key[0] in names} - now
    lines = [f"added    {' '.join(key)}" for key in sorted(now - rows.keys())]
    lines += [f"removed  {' '.join(key)}" for key in sorted(gone)]
    if options.update:
        kept = {key: verdict for key, verdict in rows.items() if key not in gone}
        kept |= dict.fromkeys(now - rows.keys(), ("unread", ""))
        with RECORD.open("w", newline="") as file:
            written = csv.writer(file, lineterminator="\n")
            written.writerow(COLUMNS)
            written.writerows((*key, *kept[key]) for key in sorted(kept, key=lambda k: (*k[:3], int(k[3]))))
    print("\n".join([*lines, *table(found, (rows[key][0] for key in now & rows.keys()))]))
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
