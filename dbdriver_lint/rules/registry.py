"""All rules, found by their place: every module in a family folder is one rule."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from dbdriver_lint.rules.base import REGISTRY, Rule

FAMILIES = ("url", "parameters", "engine", "alembic", "suppression")


@cache
def all_rules() -> tuple[type[Rule], ...]:
    """Every rule class, in the order of the codes. Importing them costs no parser."""
    here = Path(__file__).parent
    for family in FAMILIES:
        for module in iter_modules([str(here / family)]):
            import_module(f"{__package__}.{family}.{module.name}")
    return tuple(REGISTRY[code] for code in sorted(REGISTRY))


@cache
def needles(rules: frozenset[type[Rule]]) -> tuple[bytes, ...]:
    """The words, one of which a file must hold so that one of ``rules`` can find something.

    Taken from the rules themselves; a needle that contains another one is of no use.
    """
    words = {needle.encode() for rule in rules for needle in rule.needles}
    return tuple(sorted(word for word in words if not any(other in word for other in words if other != word)))


def find_rule(code_or_name: str) -> type[Rule] | None:
    """A rule by its code (any case) or name; None where there is none."""
    wanted = code_or_name.strip()
    for rule in all_rules():
        if wanted.upper() == rule.code or wanted.lower() == rule.name:
            return rule
    return None
