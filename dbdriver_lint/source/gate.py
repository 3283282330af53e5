"""The gate: a file that cannot hold a finding is never decoded, and LibCST never imported for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Gate(NamedTuple):
    """The words of which a file must hold one, or one and another one, to be looked at."""

    words: tuple[bytes, ...]
    together: tuple[tuple[tuple[bytes, ...], tuple[bytes, ...]], ...] = ()
    """One of the first and one of the second."""

    @classmethod
    def of(cls, words: Iterable[str], together: Mapping[tuple[str, ...], Iterable[str]]) -> Gate:
        """Of words that suffice, and of those that need one of the others (the keys) beside them.

        A word that contains another one is of no use, and beside others none that suffices.
        """
        alone = _least(words)
        pairs = [(_least(others, alone), _least(beside, alone)) for others, beside in together.items()]
        # those that are the fewest to look for come first
        return cls(alone, tuple(sorted((min(pair, key=len), max(pair, key=len)) for pair in pairs if all(pair))))

    def lets_through(self, data: bytes) -> bool:
        """Whether a file may hold a finding."""
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return True  # UTF-16: not Python, and that is worth saying
        for word in self.words:
            if word in data:
                return True
        return any(_holds(data, first) and _holds(data, second) for first, second in self.together)


def _holds(data: bytes, words: tuple[bytes, ...]) -> bool:
    for word in words:  # noqa: SIM110  twice as fast as any()
        if word in data:
            return True
    return False


def _least(words: Iterable[str], known: Iterable[bytes] = ()) -> tuple[bytes, ...]:
    """The words as bytes, sorted, without those that contain another one or one of ``known``."""
    encoded = {word.encode() for word in words}
    others = encoded | set(known)
    return tuple(sorted(w for w in encoded - set(known) if not any(o in w for o in others if o != w)))
