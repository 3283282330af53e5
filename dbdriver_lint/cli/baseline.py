"""``dbdriver-lint baseline``: accept the findings that there are today, and let the list only shrink."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from dbdriver_lint.cli.options import (
    add_baseline,
    add_cache,
    add_files,
    add_jobs,
    add_selection,
    new_parser,
    settings_finder,
)
from dbdriver_lint.cli.process import EXIT_CLEAN, EXIT_ERROR, fail, write

if TYPE_CHECKING:
    import argparse

    from dbdriver_lint.findings.baseline import Baseline
    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.run import Outcome

ACTIONS = {
    "create": "write a baseline that accepts the findings of today",
    "update": "take out what is gone; it never accepts more, unless --allow-growth is given",
    "show": "list what is accepted, by rule and by file",
}


def parser() -> argparse.ArgumentParser:
    """The options of the subcommand."""
    text = "Adopt the linter on an old project: accept today's findings, report only new ones."
    parser = new_parser("baseline", f"{text} " + " ".join(f"`{name}`: {what}." for name, what in ACTIONS.items()))
    parser.add_argument("action", choices=tuple(ACTIONS))
    add_files(parser)
    add_baseline(parser)
    parser.add_argument("--allow-growth", action="store_true", help="with update: also accept new findings")
    add_selection(parser)
    add_jobs(parser)
    add_cache(parser)
    parser.set_defaults(stdin_filename=None)
    return parser


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    from dbdriver_lint.findings.baseline import DEFAULT_NAME, Baseline, BaselineError
    from dbdriver_lint.settings.load import SettingsError

    try:
        settings = settings_finder(args).for_file("example.py")
        path = Path(os.path.relpath(settings.baseline_path or DEFAULT_NAME))
        if args.action == "show":
            write(_table(Baseline.read(path)))
            return EXIT_CLEAN
        if args.action == "create":
            if os.path.exists(path):
                fail(f"{path} exists; `dbdriver-lint baseline update` takes out of it what is gone")
            return _create(args, Baseline(path), named=settings.baseline is not None)
        return _update(args, Baseline.read(path))
    except (SettingsError, BaselineError) as error:
        fail(str(error))


def _create(args: argparse.Namespace, empty: Baseline, *, named: bool) -> int:

    findings, outcomes, complete = _lint(args)
    if complete and not findings:
        write("There is nothing to accept, so no baseline was written.\n")
        return EXIT_CLEAN
    baseline = empty.of(findings, {source.path: source for outcome in outcomes for source in outcome.sources})
    write(baseline.dump(), str(baseline.path))
    write(f"Accepted {_findings(baseline.counts)} in {baseline.path}.\n")
    if not named:
        write(f'Name it in [tool.dbdriver-lint]: baseline = "{baseline.path.name}"\n')
    return EXIT_CLEAN if complete else EXIT_ERROR


def _update(args: argparse.Namespace, baseline: Baseline) -> int:

    findings, outcomes, complete = _lint(args)
    sources = {source.path: source for outcome in outcomes for source in outcome.sources}
    applied = baseline.apply(findings, sources, [outcome.path for outcome in outcomes])
    updated = baseline.without(applied.gone)
    growth = baseline.of(applied.new, sources).counts
    if args.allow_growth:
        updated.counts.update(growth)
    if not complete:  # what was not looked at would count as gone
        return EXIT_ERROR
    write(updated.dump(), str(baseline.path))
    write(f"Took {_sum(applied.gone)} out of {baseline.path}; it accepts {_findings(updated.counts)} now.\n")
    if args.allow_growth:
        write(f"Added as new: {_sum(growth)}.\n")
    elif applied.new:
        write(f"New and not added: {len(applied.new)}; `dbdriver-lint check` shows them.\n")
    return EXIT_CLEAN


def _lint(args: argparse.Namespace) -> tuple[list[Finding], list[Outcome], bool]:
    """The findings of today, the files, and whether every one could be looked at."""
    from dbdriver_lint.cli.check import lint, tell_problems
    from dbdriver_lint.run import Options

    outcomes, problems = lint(args, settings_finder(args), Options())
    tell_problems(problems)
    findings = sorted((f for outcome in outcomes for f in outcome.findings), key=lambda f: f.sort_key)
    return findings, outcomes, not any(problem.fatal for problem in problems)


def _table(baseline: Baseline) -> str:
    from dbdriver_lint.rules.registry import find_rule

    lines = [f"{baseline.path} accepts {_findings(baseline.counts)}."]
    for title, index in (("By rule", 1), ("By file", 0)):
        counts: Counter[str] = Counter()
        for key, count in baseline.counts.items():
            counts[key[index]] += count
        lines.append(f"\n{title}:")
        for name, count in sorted(counts.items(), key=lambda i: (-i[1], i[0])):
            rule = find_rule(name)
            lines.append(f"{count:>6}  {name}" + (f"  {rule.name}" if rule is not None else ""))
    return "\n".join(lines) + "\n"


def _findings(counts: Counter[tuple[str, str, str]]) -> str:
    count = _sum(counts)
    return f"{count} finding" if count == 1 else f"{count} findings"


def _sum(counts: Counter[tuple[str, str, str]]) -> int:
    return sum(counts.values())
