"""What has to be known of all rules before one of them is imported: which are in force, and the gate's words.

The table is made of the rule classes: ``python tests/rules/test_index.py`` writes it anew. Where a rule was
added since, the classes themselves are asked.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from dbdriver_lint.records import NamedTuple
from dbdriver_lint.rules.registry import all_rules, modules
from dbdriver_lint.rules.table import ROWS, Needle
from dbdriver_lint.source.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.rules.base import Rule
    from dbdriver_lint.settings.model import Settings


class Entry(NamedTuple):
    """One rule; see :class:`~dbdriver_lint.rules.base.Rule`."""

    module: str
    code: str
    name: str
    group: str
    in_tests: bool
    hooks: tuple[str, ...]
    needles: tuple[Needle, ...]

    def load(self) -> type[Rule]:
        """The rule itself."""
        import_module(self.module)
        from dbdriver_lint.rules.base import REGISTRY

        return REGISTRY[self.code]


def entry_of(rule: type[Rule]) -> Entry:
    """The entry of a rule that is imported."""
    return Entry(rule.__module__, rule.code, rule.name, str(rule.group), rule.in_tests, rule.hooks, _plain(rule))


def _plain(rule: type[Rule]) -> tuple[Needle, ...]:
    return tuple(needle if isinstance(needle, str) else (needle.words, needle.others) for needle in rule.needles)


def check_settings(settings: Settings) -> None:
    """Refuse settings that name no rule, no driver or no version.

    Raises:
        SettingsError: names the place, the key and the nearest known name.
    """
    from dbdriver_lint.project.validate import check_names
    from dbdriver_lint.settings.select import check_selectors

    check_selectors(settings, entries())
    check_names(settings)


@cache
def entries() -> tuple[Entry, ...]:
    """All rules, in the order of their codes."""
    known = tuple(Entry(*row) for row in ROWS)
    if {entry.module for entry in known} == set(modules()):
        return known
    return tuple(entry_of(rule) for rule in all_rules())


def gate_of(rules: Iterable[Entry]) -> Gate:
    """The gate of ``rules``, taken from the rules themselves."""
    needles = [needle for rule in rules for needle in rule.needles]
    together: dict[tuple[str, ...], set[str]] = {}
    for needle in needles:
        if not isinstance(needle, str):
            words, others = needle
            together.setdefault(tuple(others), set()).update(words)
    return Gate.of({needle for needle in needles if isinstance(needle, str)}, together)
