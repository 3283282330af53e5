"""Facts about code that makes another URL of one that is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbdriver_lint.analysis.facts import DriverCall, EngineCall, Location
    from dbdriver_lint.analysis.migration_facts import ConfigOption
    from dbdriver_lint.analysis.values import Anchor, Value


@dataclass(frozen=True, slots=True)
class Made:
    """One URL that came out of a rewrite (None: what came out is not known), and the ``connect_args`` beside it."""

    url: str | None
    connect_args: Value | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that can come out of a rewrite for one URL; empty where nothing does, as it raises."""

    made: tuple[Made, ...]

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs that can come out; empty where that is not known in full."""
        urls = tuple(made.url for made in self.made if made.url is not None)
        return urls if len(urls) == len(self.made) else ()


@dataclass(frozen=True, slots=True)
class Rewriting:
    """An expression that does all of a rewrite."""

    whole: Anchor
    source: Anchor
    """The part of it that gives the URL that is rewritten."""


@dataclass(frozen=True, slots=True, eq=False)
class UrlRewrite:
    """What a function, a statement or the way to an engine does to a URL that is not known.

    What it does is found out by trying: :attr:`attempt` runs the code, on abstract values, on one URL,
    the first time that it is asked for that one.
    """

    anchor: Anchor
    """The first operation; the URL argument of what takes it."""
    location: Location
    text: str
    """The source of all of it."""
    attempt: Callable[[str], Outcome]
    taker: EngineCall | DriverCall | ConfigOption | None = None
    """The engine, connection or option of Alembic on the way to which it happens; None for operations that are
    written in this file."""
    variable: str | None = None
    """The environment variable or settings field that it is done to, where it is known to be one."""
    expression: Callable[[], Rewriting | None] = lambda: None
    """The one expression that does it, where there is only one, under no condition: that is found out by trying too."""
