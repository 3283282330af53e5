"""All rules, found by their place: every module in a family folder is one rule."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from dbdriver_lint.rules.base import REGISTRY, Rule
from dbdriver_lint.rules.index import modules


@cache
def all_rules() -> tuple[type[Rule], ...]:
    """Every rule class, in the order of the codes. Importing them costs no parser."""
    for module in modules():
        import_module(module)
    return tuple(REGISTRY[code] for code in sorted(REGISTRY))


def find_rule(code_or_name: str) -> type[Rule] | None:
    """A rule by its code (any case) or name; None where there is none."""
    wanted = code_or_name.strip()
    for rule in all_rules():
        if wanted.upper() == rule.code or wanted.lower() == rule.name:
            return rule
    return None
