"""Sets of versions, as dependency files declare them, and what may be said of every member.

Only release numbers count: ``2.1.0b2`` and ``2.1.0`` behave alike here, because a change of
SQLAlchemy arrives with its first pre-release. PEP 440 specifiers, Poetry's ``^`` and ``~``, a bare
version and ``||`` are understood, without importing ``packaging``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Version = tuple[int, ...]

_PRECISION = 6
"""Release numbers that are compared; no distribution of interest has more."""

_Bound = tuple[Version, int]
"""A cut between versions: just before the version (0) or just after it (1)."""

_Interval = tuple[_Bound, _Bound]

_START: _Bound = ((0,) * _PRECISION, 0)
_END: _Bound = ((2**31,) * _PRECISION, 1)
_ALL: tuple[_Interval, ...] = ((_START, _END),)

_CLAUSE = re.compile(
    r"""\s*(?P<operator>===|==|!=|~=|<=|>=|<|>|\^|~|=)?\s*
        v?(?:\d+!)?(?P<release>\d+(?:\.\d+)*)
        (?:(?P<star>\.[*x])|(?P<suffix>[-_.]?(?:a|b|c|rc|alpha|beta|pre|preview|post|rev|r|dev)[-_.]?\d*|-\d+)*(?:\+[\w.]+)?)
        \s*""",
    re.VERBOSE | re.IGNORECASE,
)


class VersionError(ValueError):
    """A text is no version specifier."""


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A set of versions. Make one with :meth:`parse` or :meth:`everything`."""

    intervals: tuple[_Interval, ...]
    """Sorted, apart from one another, none empty."""
    text: str = field(default="", compare=False)
    """The specifier as written."""

    @classmethod
    def everything(cls) -> VersionRange:
        """Any version: nothing was declared."""
        return cls(_ALL)

    @classmethod
    def between(cls, since: Version | None, until: Version | None) -> VersionRange:
        """From ``since`` on and before ``until``; None is no limit."""
        low = _before(since) if since is not None else _START
        high = _before(until) if until is not None else _END
        texts = ((">=", since), ("<", until))
        text = ",".join(sign + ".".join(map(str, version)) for sign, version in texts if version is not None)
        return cls(((low, high),) if low < high else (), text)

    @classmethod
    def parse(cls, text: str) -> VersionRange:
        """The versions that ``text`` allows: ``>=2.0,<2.1``, ``==2.0.*``, ``^2.0``, ``2.0.58``, ``*``.

        Raises:
            VersionError: ``text`` is no specifier.
        """
        stripped = text.strip()
        intervals: list[_Interval] = []
        for alternative in stripped.split("||"):
            allowed = _ALL
            for clause in re.split(r",|\s+(?=[<>=!~^])", alternative.strip()):
                if clause.strip() not in ("", "*"):
                    allowed = _intersect(allowed, _clause(clause))
            intervals += allowed
        return cls(_merge(intervals), "" if stripped == "*" else stripped)

    @property
    def is_everything(self) -> bool:
        """Whether nothing is excluded."""
        return self.intervals == _ALL

    def may_be_below(self, version: Version) -> bool:
        """Whether some allowed version comes before ``version``."""
        return any(low < _before(version) for low, _ in self.intervals)

    def may_be_at_least(self, version: Version) -> bool:
        """Whether ``version`` or some later one is allowed."""
        return any(high > _before(version) for _, high in self.intervals)

    def contains(self, version: Version) -> bool:
        """Whether exactly this version is allowed."""
        return any(low <= _before(version) < high for low, high in self.intervals)

    def __and__(self, other: VersionRange) -> VersionRange:
        """The versions that both allow."""
        texts = [text for text in (self.text, other.text) if text]
        return VersionRange(_intersect(self.intervals, other.intervals), ",".join(dict.fromkeys(texts)))

    def __or__(self, other: VersionRange) -> VersionRange:
        """The versions that either allows."""
        if self.is_everything or other.is_everything:
            return VersionRange.everything()
        texts = [text for text in (self.text, other.text) if text]
        return VersionRange(_merge([*self.intervals, *other.intervals]), " || ".join(dict.fromkeys(texts)))

    def __bool__(self) -> bool:
        """Whether any version is allowed at all."""
        return bool(self.intervals)

    def __str__(self) -> str:
        """The specifier as written; ``any version`` where there is none."""
        return self.text or "any version"


def parse_version(text: str) -> Version:
    """The release numbers of one version: ``2.1.0b2`` gives ``(2, 1, 0)``.

    Raises:
        VersionError: ``text`` is no version.
    """
    match = _CLAUSE.fullmatch(text)
    if match is None or match["operator"] or match["star"]:
        raise VersionError(f"not a version: {text!r}")
    return _release(match["release"])


def _clause(text: str) -> tuple[_Interval, ...]:
    match = _CLAUSE.fullmatch(text)
    if match is None:
        raise VersionError(f"not a version specifier: {text.strip()!r}")
    operator, release = match["operator"] or "==", _release(match["release"])
    here, after = _before(release), _after(release)
    if match["star"]:
        here, after = _before(release), _before(_bump(release, len(release) - 1))
        operator = operator if operator in ("!=", "<", "<=", ">", ">=") else "=="
    match operator:
        case "==" | "===" | "=":
            return ((here, after),)
        case "!=":
            return tuple(interval for interval in ((_START, here), (after, _END)) if interval[0] < interval[1])
        case ">=":
            return ((here, _END),)
        case ">":
            return ((after, _END),)
        case "<=":
            return ((_START, after),)
        case "<":
            return ((_START, here),) if here > _START else ()
        case "~=":
            return ((here, _before(_bump(release, max(len(release) - 2, 0)))),)
        case "~":
            return ((here, _before(_bump(release, min(len(release) - 1, 1)))),)
        case _:  # ^: up to the next change of the first number that is not zero
            first = next((place for place, number in enumerate(release) if number), len(release) - 1)
            return ((here, _before(_bump(release, first))),)


def _release(text: str) -> Version:
    return tuple(int(number) for number in text.split("."))


def _bump(release: Version, place: int) -> Version:
    return (*release[:place], release[place] + 1)


def _before(version: Version) -> _Bound:
    return ((*version, *_START[0])[:_PRECISION], 0)


def _after(version: Version) -> _Bound:
    return ((*version, *_START[0])[:_PRECISION], 1)


def _intersect(first: tuple[_Interval, ...], second: tuple[_Interval, ...]) -> tuple[_Interval, ...]:
    found = [(max(a, c), min(b, d)) for a, b in first for c, d in second]
    return tuple(sorted(interval for interval in found if interval[0] < interval[1]))


def _merge(intervals: list[_Interval]) -> tuple[_Interval, ...]:
    merged: list[_Interval] = []
    for low, high in sorted(intervals):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)
