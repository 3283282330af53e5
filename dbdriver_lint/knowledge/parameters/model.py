"""The shape of the parameter table and of what is said about one parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum

from dbdriver_lint.records import dataclass, field

Version = tuple[int, ...]
Span = tuple[Version | None, Version | None]
"""Versions from the first on and before the second; None is no limit."""

ALWAYS: Span = (None, None)


class Place(Enum):
    """Where a parameter is written."""

    URL = "URL query"
    ARGS = "connect_args"
    DSN = "raw DSN"
    KEYWORD = "raw keyword"


class Moment(Enum):
    """When a mistake shows itself."""

    CREATION = "creation"
    CONNECT = "connect"
    NEVER = "never"


class Outcome(Enum):
    """What becomes of a parameter."""

    OK = "ok"
    UNSUPPORTED = "unsupported parameter"
    INVALID = "invalid value"
    WRONG_TYPE = "wrong type"
    IGNORED = "ignored"
    WEAKENED = "weakened TLS"
    INVERTED = "inverted boolean"

    @property
    def fails(self) -> bool:
        """It raises, or the program does the opposite of what was written."""
        return self not in (Outcome.OK, Outcome.IGNORED, Outcome.WEAKENED)


@dataclass(frozen=True, slots=True)
class Opaque:
    """A Python value of which only the kind is known: ``ssl.SSLContext``, ``callable``, ``unknown``."""

    kind: str


UNKNOWN = Opaque("unknown")
SSL_CONTEXT = Opaque("ssl.SSLContext")
CALLABLE = Opaque("callable")

Siblings = Mapping[str, object]
Test = Callable[[object], bool]
Beside = Callable[[object, Siblings], bool]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that can be wrong with a value.

    ``test`` is true where the value is fine, ``beside`` where it is fine beside the other parameters.
    ``error`` is the exception as ``Type: text``, with ``{key}``, ``{value}``, ``{type}``; "" where nothing is
    raised. ``consequence`` is what happens then. ``sqlalchemy`` and ``driver`` are the versions that behave so.
    """

    test: Test | None
    outcome: Outcome
    error: str = ""
    consequence: str = ""
    moment: Moment = Moment.CONNECT
    sqlalchemy: Span = ALWAYS
    driver: Span = ALWAYS
    beside: Beside | None = None
    engine_only: bool = False
    """Only wrong beside what SQLAlchemy passes itself; a raw call of the driver may have it."""

    def accepts(self, value: object, siblings: Siblings) -> bool:
        """Whether nothing is wrong."""
        return (self.test is None or self.test(value)) and (self.beside is None or self.beside(value, siblings))


Checks = tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter of one driver. ``url`` and ``args`` are None where it is not accepted there."""

    names: tuple[str, ...]
    source: str
    url: Checks | None = ()
    args: Checks | None = ()
    sqlalchemy: Span = ALWAYS
    driver: Span = ALWAYS
    engine_only: bool = False
    """SQLAlchemy takes it out itself; a raw call of the driver refuses it."""
    depends: str = ""
    """What else decides whether it is taken, and is not known here (``libpq 17``)."""


@dataclass(frozen=True, slots=True)
class Table:
    """All parameters of one driver.

    ``unknown`` is the exception for a key that no row has, as ``Type: text``; "" where any key is taken.
    ``drops_none`` says that a None in ``connect_args`` is as good as absent, whatever the key. ``repeated`` is
    the exception for a key that a URL repeats. ``url_unknown`` replaces ``unknown`` in URLs where they differ.
    """

    driver: str
    rows: tuple[Row, ...]
    unknown: str
    drops_none: bool = False
    strips_keys: bool = False
    repeated: Checks = ()
    repeatable: frozenset[str] = frozenset()
    url_ignored: str = ""
    """Consequence of a URL parameter that no row has, where SQLAlchemy drops it instead of passing it on."""
    url_dropped: Span | None = None
    """SQLAlchemy versions that drop the whole query."""
    index: dict[str, tuple[Row, ...]] = field(default_factory=dict)
    """The rows by the names of their parameter: made from ``rows``."""

    def __post_init__(self) -> None:
        for row in self.rows:
            for name in row.names:
                self.index[name] = (*self.index.get(name, ()), row)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known about one parameter in one place.

    ``exception`` is ``Type: text`` or "". ``condition`` says for which versions it holds, "" for all that are
    allowed. ``remedy`` is the exact spelling for this driver, "" where there is none.
    """

    outcome: Outcome
    exception: str = ""
    consequence: str = ""
    moment: Moment = Moment.NEVER
    condition: str = ""
    remedy: str = ""
    source: str = ""

    @property
    def ok(self) -> bool:
        """Nothing to say."""
        return self.outcome is Outcome.OK

    @property
    def fails(self) -> bool:
        """It raises, or does the opposite of what was written."""
        return self.outcome.fails


OK = Verdict(Outcome.OK)
