"""The gate: a file that cannot hold a finding is never decoded, and LibCST never imported for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def may_hold_findings(data: bytes, words: Iterable[bytes]) -> bool:
    """Whether any of the words occurs in the file."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True  # UTF-16: not Python, and that is worth saying
    return any(word in data for word in words)
