"""``dbdriver-lint config``: the settings in force, and why a rule is on or off."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from dbdriver_lint.cli.options import add_selection, checked_finder, new_parser
from dbdriver_lint.cli.process import EXIT_CLEAN, fail, write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from dbdriver_lint.settings.model import Settings


def parser() -> argparse.ArgumentParser:
    """The options of the subcommand."""
    parser = new_parser("config", "Show the settings in force for a file, and why each rule is on or off.")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--show", action="store_true", help="the settings and where each was made (default)")
    mode.add_argument("--why", nargs="?", const="", metavar="RULE", help="why a rule (or each rule) is on or off")
    mode.add_argument("--schema", action="store_true", help="the JSON schema of the settings")
    parser.add_argument(
        "path", nargs="?", default=os.curdir, help="the file (or directory) that is asked about (default: .)"
    )
    add_selection(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Print what was asked for."""
    from dbdriver_lint.knowledge.secrets import mask_text
    from dbdriver_lint.settings.load import SettingsError
    from dbdriver_lint.settings.schema import json_schema

    if args.schema:
        write(json.dumps(json_schema(), indent=2) + "\n")
        return EXIT_CLEAN
    path = args.path
    if os.path.isdir(path):
        path = os.path.join(path, "example.py")
    try:
        settings = checked_finder(args).for_file(path)
    except SettingsError as error:
        fail(str(error))
    lines = _why(args.why, settings, path) if args.why is not None else _show(settings)
    write(mask_text("".join(f"{line}\n" for line in lines)))
    return EXIT_CLEAN


def _show(settings: Settings) -> Iterator[str]:
    """The settings as TOML, so that they can be pasted, with their places as comments."""
    from dbdriver_lint.settings.model import key_of, setting_fields

    for field in setting_fields():
        value = getattr(settings, field.name)
        origin = settings.origin(field.name) or "default"
        table = field.name == "per_file_ignores"
        shown = "" if value is None else "{}" if table and not value else _toml(value)
        yield f"{key_of(field.name)} = {shown}  # {origin}" if shown else f"# {key_of(field.name)} is not set"


def _toml(value: Any) -> str:
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(items)}" for key, items in value) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _why(wanted: str, settings: Settings, path: str) -> Iterator[str]:
    from dbdriver_lint.rules.registry import all_rules, find_rule
    from dbdriver_lint.settings.select import decide, nearest

    rules = list(all_rules())
    if wanted:
        rule = find_rule(wanted)
        if rule is None:
            fail(f"there is no rule `{wanted}`{nearest(wanted, rules)}")
        rules = [rule]
    width = max(len(rule.name) for rule in rules)
    for rule in rules:
        decision = decide(rule, settings, path)
        yield f"{rule.code}  {rule.name:{width}}  {'on ' if decision.enabled else 'off'}  {decision.reason}"
