"""The last lines of a report, and the table of `--statistics` and `--show-fixes`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dbdriver_lint.fixes.edit import Applicability
from dbdriver_lint.report.model import fix_marker

if TYPE_CHECKING:
    from dbdriver_lint.report.model import Report, Terminal


def summary(report: Report, terminal: Terminal) -> list[str]:
    """How many findings there are, how many can be repaired, how many were left out."""
    if report.quiet:
        return []
    lines: list[str] = []
    count = len(report.findings)
    repaired = report.fixed_count
    if count or repaired:
        found = f"Found {_plural(count + repaired, 'finding')} in {_plural(_files_with(report), 'file')} of {report.checked}"
        if repaired:
            found += f" ({repaired} {report.repaired_by}, {count} remaining)"
        lines.append(terminal.paint(f"{found}.", "bold"))
    elif not any(problem.fatal for problem in report.problems) and (report.checked or not report.problems):
        lines.append(f"{terminal.paint('All checks passed', 'green')} ({_plural(report.checked, 'file')}).")
    lines += _fixable(report, terminal)
    hidden = []
    if report.suppressed:
        hidden.append(f"{report.suppressed} suppressed by comments")
    if report.baselined:
        hidden.append(f"{report.baselined} accepted by the baseline")
    if hidden:
        lines.append(f"Not shown: {', '.join(hidden)}.")
    if report.stale:
        lines.append(
            f"Gone, but still in the baseline: {report.stale}; `dbdriver-lint baseline update` takes them out."
        )
    return lines


def counted(report: Report, terminal: Terminal, format_name: str) -> str:
    """`--statistics`: how often each rule found something, the most frequent first."""
    if format_name == "json":
        import json

        return json.dumps([{"code": c, "name": n, "count": k} for (c, n), k in _counts(report)], indent=2) + "\n"
    fixable = {f.code: marker for f in report.findings if (marker := fix_marker(f))}
    counts = _counts(report)
    width = max((len(str(number)) for _, number in counts), default=1)
    lines = [
        f"{number:>{width}}  {terminal.paint(code, 'red', 'bold')}  {fixable.get(code, ''):4}  {name}"
        for (code, name), number in counts
    ]
    return "".join(f"{line}\n" for line in (*lines, *summary(report, terminal)))


def would_change(report: Report, verb: str) -> str:
    """The last line of `--diff`."""
    if not report.fixed:
        return f"Nothing to {verb}."
    return f"Would {verb} {_plural(report.fixed_count, 'finding')} in {_plural(len(report.fixed), 'file')}."


def applied_fixes(report: Report, terminal: Terminal, done: str = "Fixed") -> list[str]:
    """Which repairs were applied where."""
    if not report.fixed:
        return []
    lines = [f"{terminal.paint(done, 'green')} {_plural(report.fixed_count, 'finding')}:"]
    for path, codes in sorted(report.fixed.items()):
        lines.append(f"- {terminal.paint(path, 'bold')}:")
        lines += (f"    {count} × {code}" for code, count in sorted(codes.items()))
    return lines


def _fixable(report: Report, terminal: Terminal) -> list[str]:
    safe, unsafe = report.fixable(Applicability.SAFE), report.fixable(Applicability.UNSAFE)
    star = terminal.paint("[*]", "cyan")
    double = terminal.paint("[**]", "cyan")
    if safe and unsafe:
        return [f"{star} {safe} fixable with `--fix`, {double} {unsafe} more with `--unsafe-fixes`."]
    if safe:
        return [f"{star} {safe} fixable with `--fix`."]
    if unsafe:
        return [f"{double} {unsafe} fixable with `--fix --unsafe-fixes`."]
    return []


def _counts(report: Report) -> list[tuple[tuple[str, str], int]]:
    counts = Counter((f.code, f.name) for f in report.findings)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _files_with(report: Report) -> int:
    return len({f.path for f in report.findings} | set(report.fixed))


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
