"""Where the time of a run goes, by phase and by rule.

    python benchmarks/profile.py FOLDER...

Everything in one process without a cache; the processor's time. Phases are exclusive: the time that the analysis spends in other modules is theirs.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from contextlib import redirect_stdout
from functools import wraps
from io import StringIO
from typing import TYPE_CHECKING, Any

import measure

if TYPE_CHECKING:
    from collections.abc import Callable

spent: defaultdict[str, float] = defaultdict(float)
calls: Counter[str] = Counter()
_running: list[list[Any]] = []


def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` with its own time, without that of timed functions below it, added to ``name``."""

    @wraps(function)
    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        frame = [name, 0.0]
        _running.append(frame)
        started = time.process_time()
        try:
            return function(*arguments, **keywords)
        finally:
            whole = time.process_time() - started
            _running.pop()
            spent[name] += whole - frame[1]
            calls[name] += 1
            if _running:
                _running[-1][1] += whole

    return wrapper


def patch(module: Any, attribute: str, phase: str) -> None:
    setattr(module, attribute, timed(phase, getattr(module, attribute)))


def instrument() -> None:
    """Put clocks around the doors between the rooms."""
    from dbdriver_lint import linter, run
    from dbdriver_lint.analysis import build, candidates, environments, imports
    from dbdriver_lint.cli import check
    from dbdriver_lint.project import Project, discovery
    from dbdriver_lint.rules.base import Rule
    from dbdriver_lint.rules.registry import all_rules
    from dbdriver_lint.source import parse, translation
    from dbdriver_lint.source.gate import Gate
    from dbdriver_lint.source.slice import Slice, Slicer

    patch(discovery, "discover", "discovery")
    patch(run, "read_regular", "reading")
    patch(Gate, "lets_through", "gate")
    patch(linter, "enabled_codes", "selection of rules")
    patch(candidates, "candidates_of", "candidates")
    patch(parse, "parse", "LibCST's parser")
    patch(translation, "parse", "LibCST's parser")
    patch(imports, "parse", "LibCST's parser")
    patch(imports, "Slicer", "ast")
    patch(Slicer, "around", "slice")
    patch(Slicer, "defining", "slice, other modules")
    patch(Slice, "cut", "slice, the text")
    patch(translation.Translator, "module", "ast to LibCST")
    patch(parse.ParsedModule, "span", "positions of nodes")
    patch(imports.FirstPartyModules, "refresh", "other modules: unchanged?")
    patch(imports.FirstPartyModules, "find", "other modules: finding")
    patch(imports.FirstPartyModules, "holding", "other modules: reading")
    patch(imports.FirstPartyModules, "environment", "env and compose files")
    patch(build, "analyse", "analysis")
    patch(environments, "migration_environments", "migration environments")
    patch(Project, "dependencies_for", "dependency files")
    patch(linter, "_place", "positions and fixes")
    patch(linter, "_suppressed", "suppression")
    patch(check, "_report", "report")
    patch(check, "_write", "report")
    for rule in all_rules():
        for name, member in list(vars(rule).items()):
            if name.startswith("on_") and hasattr(Rule, name):
                setattr(rule, name, listed(f"rule {rule.code} {rule.name}", member))


def listed(name: str, hook: Callable[..., Any]) -> Callable[..., Any]:
    """A hook is a generator: the time is spent while it is read."""
    return timed(name, lambda *arguments: list(hook(*arguments) or ()))


def main() -> None:
    started = time.process_time()
    from dbdriver_lint.cli import main as run_cli

    instrument()
    spent["imports at the start"] = time.process_time() - started
    started = time.process_time()
    with redirect_stdout(StringIO()):
        run_cli(["check", "--isolated", "--exit-zero", "--no-cache", "--jobs", "1", *sys.argv[1:]])
    whole = time.process_time() - started
    spent["everything else"] = whole - sum(spent.values()) + spent["imports at the start"]
    whole += spent["imports at the start"]
    rows = [["phase", "s", "%", "calls"]]
    for wanted in (False, True):
        for name, seconds in sorted(spent.items(), key=lambda item: -item[1]):
            if name.startswith("rule ") is wanted:
                rows.append([name, f"{seconds:.3f}", f"{100 * seconds / whole:.1f}", str(calls[name] or "")])
    print(measure.table(rows))


if __name__ == "__main__":
    main()
