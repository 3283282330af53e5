"""Plain data that was read from a file and may be anything."""

from __future__ import annotations

from typing import Any


def as_text(item: Any) -> str:
    """The item, which has to be a text.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(item, str):
        raise TypeError("not a text")
    return item


def as_number(item: Any) -> int:
    """The item, which has to be a whole number.

    Raises:
        TypeError: it is something else.
    """
    if type(item) is not int:
        raise TypeError("not a number")
    return item
