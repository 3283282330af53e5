"""The gate: a file that cannot hold a finding is never decoded, and LibCST never imported for it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.rules.base import Rule


@cache
def needles(rules: frozenset[type[Rule]]) -> tuple[bytes, ...]:
    """The words, one of which a file must hold so that one of ``rules`` can find something.

    Taken from the rules themselves; a needle that contains another one is of no use.
    """
    words = {needle.encode() for rule in rules for needle in rule.needles}
    return tuple(sorted(word for word in words if not any(other in word for other in words if other != word)))


def may_hold_findings(data: bytes, words: Iterable[bytes]) -> bool:
    """Whether any of the words occurs in the file."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True  # UTF-16: not Python, and that is worth saying
    return any(word in data for word in words)
