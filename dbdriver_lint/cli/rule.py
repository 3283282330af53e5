"""``dbdriver-lint rule``: the page of a rule, from its class."""

from __future__ import annotations

import inspect
import json
import re
import sys
from typing import TYPE_CHECKING, Any

from dbdriver_lint.cli.options import new_parser
from dbdriver_lint.cli.process import EXIT_CLEAN, fail, write
from dbdriver_lint.report.page import markdown_page

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from dbdriver_lint.report.model import Terminal
    from dbdriver_lint.rules.base import Rule


def parser() -> argparse.ArgumentParser:
    """The options of the subcommand."""
    parser = new_parser("rule", "Print the page of a rule.")
    parser.add_argument("rules", nargs="*", metavar="rule", help="a code or a name: XDB201, sslmode-in-async-engine")
    parser.add_argument("--all", action="store_true", help="every rule")
    parser.add_argument("--output-format", choices=("text", "markdown", "json"), default="text", help="default: text")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    return parser


def run(args: argparse.Namespace) -> int:
    """Print the pages."""
    from dbdriver_lint.cli.terminal import terminal_for

    if bool(args.rules) == args.all:
        fail("name a rule, as in `dbdriver-lint rule XDB201`, or give --all")
    rules = _wanted(args.rules)
    if args.output_format == "json":
        described = [describe(rule) for rule in rules]
        write(
            json.dumps(described if args.all else described[0] if len(described) == 1 else described, indent=2) + "\n"
        )
    elif args.output_format == "markdown":
        write("\n".join(markdown_page(rule) for rule in rules))
    elif args.all:
        write("".join(f"{line}\n" for line in _table(rules)))
    else:
        terminal = terminal_for(args.color, sys.stdout)
        write("\n".join(_painted(markdown_page(rule), terminal) for rule in rules))
    return EXIT_CLEAN


def describe(rule: type[Rule]) -> dict[str, Any]:
    """A rule as JSON has it."""
    from dbdriver_lint.report.model import rule_url

    return {
        "code": rule.code,
        "name": rule.name,
        "group": rule.group.value,
        "severity": rule.severity.value,
        "confidence": rule.confidence.value,
        "since": rule.since,
        "fixable": any(bad.fixed is not None for bad in rule.bad),
        "summary": rule.summary(),
        "documentation": inspect.cleandoc(rule.__doc__ or ""),
        "url": rule_url(rule.name),
        "references": list(rule.references),
    }


def _wanted(names: Sequence[str]) -> list[type[Rule]]:
    from dbdriver_lint.rules.registry import all_rules, find_rule
    from dbdriver_lint.settings.select import nearest

    if not names:
        return list(all_rules())
    found = []
    for name in names:
        rule = find_rule(name)
        if rule is None:
            fail(f"there is no rule `{name}`{nearest(name, all_rules())}")
        found.append(rule)
    return found


def _table(rules: Sequence[type[Rule]]) -> Iterator[str]:
    width = max((len(rule.name) for rule in rules), default=0)
    for rule in rules:
        yield f"{rule.code}  {rule.name:{width}}  {rule.group.value:8}  {rule.summary()}"


def _painted(page: str, terminal: Terminal) -> str:
    """Headings, bold text and code in colours; without colours the Markdown stays as it is."""
    if not terminal.color:
        return page
    lines = []
    in_code = False
    for line in page.splitlines():
        if line.startswith("```"):
            in_code = not in_code
            lines.append(terminal.paint(line, "dim"))
        elif in_code:
            lines.append(terminal.paint(line, "cyan"))
        elif line.startswith("#"):
            lines.append(terminal.paint(line, "bold"))
        else:
            bold = re.sub(r"\*\*(.+?)\*\*", lambda m: terminal.paint(m[1], "bold"), line)
            lines.append(re.sub(r"`([^`]+)`", lambda m: terminal.paint(m[1], "cyan"), bold))
    return "".join(f"{line}\n" for line in lines)
