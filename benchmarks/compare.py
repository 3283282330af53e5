"""Us and the peers on pinned trees, as ratios against the goals.

    python -m venv .bench && .bench/bin/pip install -r benchmarks/requirements.txt .
    .bench/bin/python benchmarks/compare.py                 everything (an hour)
    .bench/bin/python benchmarks/compare.py --only start big

Run it with the interpreter that has the peers and an installed dbdriver-lint, not a checkout that changes meanwhile.
Absolute times differ from machine to machine; ratios of medians are what counts. `wall` is elapsed time, `cpu` is the time of all
processes together, which says more on a machine that has other work to do.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import corpus
import measure
from measure import Command

BIN = Path(sys.executable).parent
PYTHON = sys.executable
HERE = Path(__file__).parent
US = [str(BIN / "dbdriver-lint"), "check", "--isolated", "--exit-zero", "--output-format", "concise"]
PARSE = "import sys, {module}\nfor path in open(sys.argv[1]).read().splitlines():\n    data = open(path, 'rb').read()\n"
PARSE += "    try:\n        {module}.{function}(data)\n    except Exception:\n        pass\n"


FLAKE8 = (
    "import flake8.plugins.finder as finder\nfound = finder._find_importlib_plugins\n"
    "finder._find_importlib_plugins = lambda: (p for p in found() if p.package not in {hidden})\n"
    "from flake8.main.cli import main\nraise SystemExit(main())"
)
WITH_US = FLAKE8.format(hidden={"flake8-async"})
"""flake8 with our plugin and its own: flake8-async, a peer, would take most of the time and load LibCST for us."""
WITHOUT_US = FLAKE8.format(hidden={"flake8-async", "dbdriver-lint"})


class Goal:
    """One row of the table: ours against theirs, and what it should be at most."""

    def __init__(self, what: str, ours: Command, theirs: Command, most: float | None = None) -> None:
        self.what, self.ours, self.theirs, self.most = what, ours, theirs, most

    def row(self) -> list[str]:
        cells = [self.what]
        for what in ("wall", "cpu"):
            median, low, high = measure.ratios(self.ours, self.theirs, what)
            cells.append(f"{median:.3g} ({low:.3g} to {high:.3g})")
        runs = f"{len(self.ours.runs)}/{len(self.theirs.runs)}"
        return [*cells, runs, "" if self.most is None else f"{self.most:.3g}", self.verdict()]

    def verdict(self) -> str:
        if self.most is None:
            return ""
        met = [what for what in ("wall", "cpu") if measure.ratios(self.ours, self.theirs, what)[0] <= self.most]
        return {2: "met", 1: f"met by {met[0] if met else ''}", 0: "missed"}[len(met)]


def us(name: str, paths: list[str], *more: str, **options: object) -> Command:
    return Command(name, [*US, "--no-cache", *more, *paths], **options)  # type: ignore[arg-type]


def ruff(name: str, paths: list[str], *more: str) -> Command:
    return Command(
        name, [str(BIN / "ruff"), "check", "--no-cache", "--isolated", "--quiet", "--exit-zero", *more, *paths]
    )


def parse(module: str, function: str, listed: str, rounds: int = 1_000) -> Command:
    program = PARSE.format(module=module, function=function)
    return Command(f"{module}.{function}", [PYTHON, "-W", "ignore", "-c", program, listed], rounds)


def start_up(work: Path) -> list[Goal]:
    """One small file, whole processes."""
    quiet, loud = work / "quiet.py", work / "loud.py"
    quiet.write_text("print('nothing of databases')\n")
    loud.write_text("from sqlalchemy import create_engine\n\nengine = create_engine('postgres://db/app')\n")
    bare = Command("python -c pass", [PYTHON, "-c", "pass"])
    parser = Command("import libcst", [PYTHON, "-c", "import libcst"])
    return [
        Goal("file without candidates / python -c pass", us("quiet", [str(quiet)]), bare, 6),
        Goal("file with findings / import libcst", us("loud", [str(loud)]), parser, 1.5),
        Goal("--version / python -c pass", Command("version", [US[0], "--version"]), bare),
        Goal("import libcst / python -c pass", parser, bare),
        Goal("ruff, one file / python -c pass", ruff("ruff", [str(quiet)]), bare),
    ]


def big(work: Path) -> list[Goal]:
    """All pinned trees in one folder: cold, and again unchanged."""
    folders = corpus.fetched()
    whole = work / "big"
    for folder in folders:
        shutil.copytree(folder, whole / folder.name, symlinks=True)
    print("BIG:", corpus.size(corpus.python_files([whole])), flush=True)
    cache = work / "cache"
    default = ruff("ruff", [str(whole)])
    cold = us("cold", [str(whole)])
    again = Command("again", [*US, "--cache-dir", str(cache), str(whole)])
    for _ in range(2):  # the first run finds files that have just been written: their times say nothing yet
        measure.run(again.arguments)
    return [
        Goal("BIG cold / ruff --no-cache", cold, default, 0.40),
        Goal("BIG cold, one process / ruff --no-cache", us("alone", [str(whole)], "--jobs", "1"), default),
        Goal("BIG unchanged second run / ruff --no-cache", again, default, 0.12),
        Goal("ruff --select F401 / ruff", ruff("F401", [str(whole)], "--select", "F401"), default),
    ]


def dense(work: Path, number: int) -> list[Goal]:
    """The files that speak of databases, all rules, imports followed from the trees around them."""
    files = corpus.sample(corpus.dense(corpus.python_files(corpus.fetched())), number)
    print("DENSE:", corpus.size(files), flush=True)
    listed = work / "dense.txt"
    listed.write_text("\n".join(files))
    cst = parse("libcst", "parse_module", str(listed), 2)
    return [
        Goal("DENSE cold / libcst.parse_module", us("dense", files, "--select", "all"), cst, 0.15),
        Goal(
            "DENSE cold, one process / libcst.parse_module", us("alone", files, "--select", "all", "--jobs", "1"), cst
        ),
        Goal("ast.parse / libcst.parse_module", parse("ast", "parse", str(listed)), cst),
    ]


def small(work: Path, number: int) -> list[Goal]:
    """A sample of the dense files, against linters written in Python."""
    files = corpus.sample(corpus.dense(corpus.python_files(corpus.fetched())), number)
    print("DSMALL:", corpus.size(files), flush=True)
    listed = work / "small.txt"
    listed.write_text("\n".join(files))
    flake8 = [str(BIN / "flake8"), "--isolated", "--exit-zero"]
    pyflakes = Command("flake8", [*flake8, "-j2", "--select", "F", *files])
    rule = "fixit.rules.compare_singleton_primitives_by_is"
    fixit = Command("fixit", [str(BIN / "fixit"), "--quiet", "--rules", rule, "lint", *files], 1, str(work))
    a_sync = Command("flake8-async", [str(BIN / "flake8-async"), "--enable", "ASYNC100", *files], 1, str(work))
    ours = us("small", files)
    return [
        Goal("DSMALL / flake8 -j2 --select F", ours, pyflakes, 1 / 6),
        Goal("DSMALL / Fixit, one rule", ours, fixit, 1 / 25),
        Goal("DSMALL / flake8-async, one rule", ours, a_sync, 1 / 60),
        Goal("DSMALL / ruff --no-cache", ours, ruff("ruff", files)),
        Goal("DSMALL / libcst.parse_module", ours, parse("libcst", "parse_module", str(listed), 3)),
        Goal("DSMALL / ast.parse", ours, parse("ast", "parse", str(listed))),
    ]


def plugin(work: Path, number: int) -> list[Goal]:
    """flake8 with our plugin against flake8 with one that does nothing."""
    files = corpus.sample(corpus.python_files(corpus.fetched()), number)
    print("flake8:", corpus.size(files), flush=True)
    (work / "empty_plugin.py").write_text(
        "class Plugin:\n    name, version = 'empty', '1'\n    def __init__(self, tree): pass\n    def run(self): return iter(())\n"
    )
    config = work / "empty.cfg"
    config.write_text(f"[flake8:local-plugins]\nextension =\n    XEM = empty_plugin:Plugin\npaths = {work}\n")
    options = ["--exit-zero", "-j1", "--select", "XDB,XEM,F", *files]
    commands = [
        Command("XDB", [PYTHON, "-c", WITH_US, "--isolated", *options], 5, codes=frozenset({0})),
        Command("XEM", [PYTHON, "-c", WITHOUT_US, "--config", str(config), *options], 5, codes=frozenset({0})),
    ]
    return [Goal("flake8 with the plugin / with an empty one", commands[0], commands[1], 1.03)]


PARTS = {"start": start_up, "big": big, "dense": dense, "small": small, "flake8": plugin}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="some parts")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dense", type=int, default=100_000, help="files at most in the dense part")
    parser.add_argument("--small", type=int, default=200, help="files in the sample for the slow peers")
    options = parser.parse_args()
    rows = [["", "wall", "cpu", "runs", "goal", ""]]
    times = [["", "wall s", "cpu s", "peak MB"]]
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors", flush=True)
    for name in options.only:
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            build = PARTS[name]
            numbers = {"dense": options.dense, "small": options.small, "flake8": options.small}
            goals = build(work, numbers[name]) if name in numbers else build(work)
            commands = list({id(c): c for goal in goals for c in (goal.ours, goal.theirs)}.values())
            rounds = options.rounds * 4 if name == "start" else options.rounds
            measure.interleaved(commands, rounds, lambda line: print(line, flush=True))
            rows += [goal.row() for goal in goals]
            times += [
                [
                    f"{name}: {c.name}",
                    *(f"{c.median(what):.3g}" for what in ("wall", "cpu")),
                    f"{c.spread('peak')[1]:.0f}",
                ]
                for c in commands
            ]
    print(measure.table(rows), measure.table(times), sep="\n\n")


if __name__ == "__main__":
    main()
