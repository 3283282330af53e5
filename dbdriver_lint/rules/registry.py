"""All rules, found by their place: every module in a family folder is one rule."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.rules.base import Rule

FAMILIES = ("url", "parameters", "engine", "alembic", "suppression")


def modules() -> Iterator[str]:
    """The names of the rules' modules: each file in a family's folder is one."""
    package = __name__.rpartition(".")[0]
    here = os.path.dirname(__file__)
    for family in FAMILIES:
        with os.scandir(os.path.join(here, family)) as files:
            for name in sorted(file.name for file in files):
                if name.endswith(".py") and name != "__init__.py":
                    yield f"{package}.{family}.{name.removesuffix('.py')}"


@cache
def all_rules() -> tuple[type[Rule], ...]:
    """Every rule class, in the order of the codes. Importing them costs no parser."""
    for module in modules():
        import_module(module)
    from dbdriver_lint.rules.base import REGISTRY

    return tuple(REGISTRY[code] for code in sorted(REGISTRY))


def find_rule(code_or_name: str) -> type[Rule] | None:
    """A rule by its code (any case) or name; None where there is none."""
    wanted = code_or_name.strip()
    for rule in all_rules():
        if wanted.upper() == rule.code or wanted.lower() == rule.name:
            return rule
    return None
