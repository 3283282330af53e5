"""How messages say things."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def listed(parts: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def listed_names(names: Iterable[str]) -> str:
    """The same of names in the code."""
    return listed(f"`{name}`" for name in names)
