"""How messages say things."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def sentence(text: str, when: str = "") -> str:
    """``text`` behind the circumstances ``when`` it holds, or by itself, and then with a capital."""
    return when + text if when else text[:1].upper() + text[1:]


def listed(parts: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def listed_names(names: Iterable[str]) -> str:
    """The same of names in the code."""
    return listed(f"`{name}`" for name in names)
