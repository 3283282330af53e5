"""``dbdriver-lint check``: find mistakes, and repair them."""

from __future__ import annotations

import os
import sys
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
    open_cache,
    settings_finder,
)
from dbdriver_lint.cli.process import EXIT_CLEAN, EXIT_ERROR, EXIT_FINDINGS, fail, say, write
from dbdriver_lint.records import replace
from dbdriver_lint.report import FORMATS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from dbdriver_lint.cache import ResultCache
    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.project.discovery import Problem
    from dbdriver_lint.report.model import Report, Terminal
    from dbdriver_lint.run import Options, Outcome, Task
    from dbdriver_lint.settings.load import SettingsFinder
    from dbdriver_lint.source.text import SourceFile

STDIN = "-"
_FOR_PEOPLE = ("full", "concise")
"""The formats that other lines may stand before."""
_MOST_ALIKE = 5
"""How often the same problem is told before the rest is only counted."""


def parser() -> argparse.ArgumentParser:
    """The options of the subcommand."""
    parser = new_parser("check", "Find database driver and URL mistakes. `dbdriver-lint src/` is the same.")
    add_files(parser)
    parser.add_argument("--stdin-filename", metavar="PATH", help="the name of what comes from standard input")
    add_selection(parser)
    fixes = parser.add_argument_group("fixes")
    fixes.add_argument("--fix", action="store_true", help="repair what can be repaired safely")
    fixes.add_argument(
        "--unsafe-fixes", action="store_true", help="with --fix or --diff: also repairs that may change behaviour"
    )
    fixes.add_argument("--diff", action="store_true", help="show what --fix would change, write nothing")
    fixes.add_argument("--fix-only", action="store_true", help="repair, and do not report what is left")
    fixes.add_argument("--show-fixes", action="store_true", help="list the repairs that were made")
    fixes.add_argument(
        "--add-ignores",
        nargs="?",
        const="",
        metavar="REASON",
        help="write a comment that accepts it beside each finding",
    )
    output = parser.add_argument_group("output")
    output.add_argument("--output-format", choices=FORMATS, default="full", help="default: full")
    output.add_argument("--output-file", metavar="FILE", help="write the report there instead of to standard output")
    output.add_argument("--statistics", action="store_true", help="only count, by rule")
    output.add_argument("-q", "--quiet", action="store_true", help="only findings and errors: no summary, no warnings")
    output.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    output.add_argument("--exit-zero", action="store_true", help="exit with 0 even if there are findings")
    add_baseline(parser)
    add_jobs(parser)
    add_cache(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Lint, report, and say how it went by the exit code."""
    from dbdriver_lint.settings.load import SettingsError

    if args.add_ignores is not None and (args.fix or args.fix_only):
        fail("--add-ignores accepts what --fix would repair; run --fix first")
    if args.add_ignores and not args.paths and os.path.lexists(args.add_ignores):
        fail(f"`{args.add_ignores}` would be the reason; write the paths before --add-ignores")
    if any(c in "\r\n#" for c in args.add_ignores or ""):
        fail("the reason of --add-ignores stands in a comment: no line ending and no `#` in it")
    if args.statistics and args.output_format not in ("full", "concise", "json"):
        fail(f"--statistics has no format `{args.output_format}`; use full or json")
    try:
        return _run(args, settings_finder(args))
    except SettingsError as error:
        fail(str(error))


def _run(args: argparse.Namespace, finder: SettingsFinder) -> int:
    from dbdriver_lint.run import Options

    options = Options(
        fix=args.fix or args.diff or args.fix_only,
        unsafe=args.unsafe_fixes,
        diff=args.diff,
        accept=args.add_ignores,
    )
    outcomes, problems = lint(args, finder, options, quiet=args.quiet)
    report = replace(_report(outcomes, problems, finder), quiet=args.quiet)
    if options.accept is not None:
        report = replace(report, repaired_by="accepted")
    tell_problems([problem for problem in problems if problem.fatal or not args.quiet])
    _write(args, report, outcomes, options)
    if any(problem.fatal for problem in problems):
        return EXIT_ERROR
    if args.diff:
        found = any(outcome.diff for outcome in outcomes)
    else:
        found = bool(report.findings) and not args.fix_only
    return EXIT_FINDINGS if found and not args.exit_zero else EXIT_CLEAN


def lint(
    args: argparse.Namespace, finder: SettingsFinder, options: Options, *, quiet: bool = False
) -> tuple[list[Outcome], list[Problem]]:
    """What became of each file that the command line names, and what went wrong; ``quiet`` shows no progress.

    Raises:
        SettingsError: settings that cannot be read, or that name no rule.
    """
    from dbdriver_lint.cli.terminal import progress_bar
    from dbdriver_lint.project.discovery import Problem
    from dbdriver_lint.run import lint_files

    cache = open_cache(args, finder) if options.only_look and STDIN not in args.paths else None
    tasks, problems = _tasks(args, finder)
    _check_settings(tasks, cache)
    progress = (lambda _: None) if quiet else progress_bar(len(tasks))
    try:
        outcomes = lint_files(tasks, options, jobs=args.jobs, progress=progress, cache=cache)
    finally:
        progress(len(tasks))  # takes the bar away, after Ctrl-C too
    if cache is not None and cache.wanted and cache.unwritten is not None:
        problems.append(Problem(str(cache.folder), f"no results are kept here: {cache.unwritten}", fatal=False))
    met = [problem for outcome in outcomes for problem in outcome.problems]
    return outcomes, list(dict.fromkeys([*problems, *met]))  # files of one project tell the same of it


def _tasks(args: argparse.Namespace, finder: SettingsFinder) -> tuple[list[Task], list[Problem]]:
    """The files to lint with their settings, and what could not be found."""
    from dbdriver_lint.project.discovery import discover, is_excluded
    from dbdriver_lint.run import Task

    if STDIN in args.paths:
        if len(args.paths) > 1:
            fail("`-` is standard input and stands alone")
        if sys.stdin is None:
            fail("standard input is closed")
        name = args.stdin_filename or STDIN
        settings = finder.for_file(name)
        if settings.force_exclude and is_excluded(name, settings):
            return [], []
        return [Task(name, settings, sys.stdin.buffer.read())], []
    if args.stdin_filename is not None:
        fail("--stdin-filename needs `-`, standard input, as the path")
    found = discover(args.paths or [os.curdir], finder.for_file)
    return [Task(path, finder.for_file(path)) for path in found.files], found.problems


def _check_settings(tasks: Sequence[Task], cache: ResultCache | None) -> None:
    settings = {id(task.settings): task.settings for task in tasks}.values()
    new = [each for each in settings if cache is None or not cache.knows(each)]
    if new:
        from dbdriver_lint.rules.index import check_settings

        for each in new:
            check_settings(each)


def _report(outcomes: Sequence[Outcome], problems: Sequence[Problem], finder: SettingsFinder) -> Report:
    from dbdriver_lint.report.model import Report, RuleCard
    from dbdriver_lint.rules.index import entries

    sources = {source.path: source for outcome in outcomes for source in outcome.sources}
    findings, accepted, gone = _without_accepted(outcomes, sources, finder)
    findings.sort(key=lambda f: f.sort_key)
    codes = sorted({finding.code for finding in findings})
    rules = {rule.code: rule for rule in entries()} if codes else {}
    return Report(
        findings=tuple(findings),
        sources=sources,
        checked=len(outcomes),
        suppressed=sum(outcome.suppressed for outcome in outcomes),
        baselined=accepted,
        stale=gone,
        fixed={outcome.path: outcome.applied for outcome in outcomes if outcome.applied},
        problems=tuple(problems),
        rules={code: RuleCard.of(rules[code].load()) for code in codes if code in rules},
        fingerprints=_fingerprints(findings, sources),
    )


def _fingerprints(findings: Sequence[Finding], sources: Mapping[str, SourceFile]) -> dict[Finding, str]:
    if not findings:
        return {}  # most runs need no hashes
    from dbdriver_lint.findings.fingerprint import fingerprints

    return fingerprints(findings, sources)


def _without_accepted(
    outcomes: Sequence[Outcome], sources: Mapping[str, SourceFile], finder: SettingsFinder
) -> tuple[list[Finding], int, int]:
    """The findings that no baseline accepts, how many were accepted, and how many accepted ones are gone."""
    by_baseline: dict[str | None, list[Outcome]] = {}
    for outcome in outcomes:
        by_baseline.setdefault(finder.for_file(outcome.path).baseline_path, []).append(outcome)
    findings: list[Finding] = []
    accepted = gone = 0
    for path, group in by_baseline.items():
        found = [finding for outcome in group for finding in outcome.findings]
        if path is None:
            findings += found
            continue
        from dbdriver_lint.findings.baseline import Baseline, BaselineError

        try:
            baseline = Baseline.read(Path(path))
        except BaselineError as error:
            fail(str(error))
        applied = baseline.apply(found, sources, [outcome.path for outcome in group])
        findings += applied.new
        accepted += applied.accepted
        gone += sum(applied.gone.values())
    return findings, accepted, gone


def tell_problems(problems: Sequence[Problem]) -> None:
    """Say on standard error what was not looked at, and why."""
    from dbdriver_lint.report.display import mask

    shown: Counter[str] = Counter()
    for problem in problems:
        shown[problem.message] += 1
        if shown[problem.message] <= _MOST_ALIKE:
            place = f"{problem.path}: " if problem.path else ""
            say(f"{'error' if problem.fatal else 'warning'}: {mask(place + problem.message)}")
    for message, count in shown.items():
        if count > _MOST_ALIKE:
            say(f"… and the same for {count - _MOST_ALIKE} more: {mask(message)}")


def _write(args: argparse.Namespace, report: Report, outcomes: Sequence[Outcome], options: Options) -> None:
    from dbdriver_lint.cli.terminal import terminal_for
    from dbdriver_lint.report import render
    from dbdriver_lint.report.summary import applied_fixes, counted, would_change

    terminal = terminal_for(args.color, sys.stdout)
    if args.diff:
        write(_colored(b"".join(outcome.diff for outcome in outcomes), terminal), args.output_file)
        if not report.quiet:
            say(would_change(report, "accept" if options.accept is not None else "fix"))
        return
    to_stdin = (options.fix or options.accept is not None) and args.paths == [STDIN]
    if to_stdin:  # the repaired text is the result; the report goes aside
        write((outcomes[0].data or b"") if outcomes else sys.stdin.buffer.read())  # left out, it stays as it is
        terminal = terminal_for(args.color, sys.stderr)
    lines = []
    if args.show_fixes or args.fix_only or options.accept is not None:
        lines = applied_fixes(report, terminal, "Accepted" if options.accept is not None else "Fixed")
    text = "".join(f"{line}\n" for line in lines)
    if args.output_format not in _FOR_PEOPLE:
        say(text, end="")
        text = ""
        if args.fix_only:
            report = replace(report, findings=())
    elif args.fix_only and not report.fixed and not report.quiet:
        text = "Nothing to fix.\n"
    if not (args.fix_only and args.output_format in _FOR_PEOPLE):
        text += (
            counted(report, terminal, args.output_format)
            if args.statistics
            else render(args.output_format, report, terminal)
        )
    if to_stdin and args.output_file is None:
        say(text, end="")
    else:
        write(text, args.output_file)


def _colored(diff: bytes, terminal: Terminal) -> bytes:
    if not terminal.color:
        return diff
    styles = {b"+": "green", b"-": "red", b"@": "cyan"}
    lines = []
    for line in diff.split(b"\n"):
        style = styles.get(line[:1])
        ending = b"\r" if line.endswith(b"\r") else b""
        body = line.removesuffix(b"\r")
        lines.append(terminal.paint(body.decode("latin-1"), style).encode("latin-1") + ending if style else line)
    return b"\n".join(lines)
