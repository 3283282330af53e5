"""Facts: what the analysis tells the rules. No syntax, only values, names and anchors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.records import dataclass
from dbdriver_lint.source.anchors import TextAnchor
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbdriver_lint.analysis.values import Anchor, Steps, Unknown, Value
    from dbdriver_lint.knowledge.urls import DatabaseUrl


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call: its value, the expression, and the whole ``name=value`` text."""

    value: Value
    anchor: Anchor
    whole: Anchor
    keyword: str | None = None
    passed: bool = False
    """It is given to a function of the project, which gives it on: ``anchor`` may be that whole call."""

    @property
    def unpacked(self) -> bool:
        """Whether it came out of something else, which ``anchor`` is then, ``**mapping``: it has no text to edit."""
        return self.passed or self.whole.text.startswith("*")


@dataclass(frozen=True, slots=True)
class Location:
    """Where in its file something stands: the functions and classes around it, outermost first.

    ``coroutine`` says that the innermost function is an ``async def``.
    """

    functions: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    coroutine: bool = False
    in_run_sync: bool = False
    """The innermost function is handed to ``run_sync`` somewhere in the file: it runs in a greenlet."""


@dataclass(frozen=True, slots=True)
class PossibleUrl:
    """One URL that a value can be.

    ``url`` is the parsed model: its text holds :data:`~dbdriver_lint.knowledge.urls.HOLE` where a
    part is unknown. ``default_of`` names the environment variable whose default this is, if it is one.
    """

    url: DatabaseUrl
    value: Value
    steps: Steps = ()
    default_of: str | None = None
    spans: tuple[tuple[int, int, Anchor, int], ...] = ()
    """(start, end, anchor, skip): the model's text from start to end was written ``skip`` characters
    after the start of ``anchor``."""
    file: str | None = None
    """The ``.env`` or compose file that sets ``default_of`` to it; None for what the code says."""
    by_default: bool = False
    """It is what a function uses where it is given nothing else."""

    def place(self, start: int, end: int) -> Anchor | None:
        """The characters ``start`` to ``end`` of the model's text as a place, if written verbatim."""
        found = self.source_span(start, end)
        return TextAnchor(found[0].source, found[1], found[0].statement) if found is not None else None

    @property
    def condition(self) -> str:
        """When this is the value, as the beginning of a message: ``If `DATABASE_URL` is unset, ``."""
        if self.file is not None:
            return f"If `{self.default_of}` is as in `{self.file}`, "
        if self.default_of:
            return f"If `{self.default_of}` is unset, "
        return "By default, " if self.by_default else ""

    def source_span(self, start: int, end: int) -> tuple[Anchor, Span] | None:
        """Where the characters ``start`` to ``end`` of the model's text were written, if verbatim."""
        for low, high, anchor, skip in self.spans:
            if low <= start and end <= high:
                base = anchor.span.start + skip - low
                return anchor, Span(base + start, base + end)
        return None


@dataclass(frozen=True, slots=True)
class UrlSet:
    """All that is known of a URL argument.

    ``complete`` is true where ``urls`` are all the values there can be; an unknown part or an
    environment variable makes it false (its default, if any, is still among ``urls``).
    """

    urls: tuple[PossibleUrl, ...]
    complete: bool
    unknown: tuple[Unknown, ...] = ()
    """Why it is not complete: each possibility that is not known."""

    @property
    def decided(self) -> bool:
        """Whether the code itself decides: all is known but what the environment may put in its place."""
        return bool(self.urls) and all(one.origin.kind == "variable" for one in self.unknown)

    def condition_of(self, url: PossibleUrl) -> str:
        """When ``url`` is the value, as the beginning of a message; empty where it always is."""
        if url.condition or (len(self.urls) == 1 and not self.unknown):
            return url.condition
        return f"If the URL is `{url.url.masked()}`, "


@dataclass(frozen=True, slots=True)
class EngineCall:
    """A call that makes a SQLAlchemy engine, with provenance.

    ``function`` is canonical: ``sqlalchemy.create_engine``, ``sqlalchemy.engine_from_config``,
    ``sqlalchemy.ext.asyncio.create_async_engine``, ``sqlalchemy.ext.asyncio.async_engine_from_config``.
    """

    function: str
    is_async: bool
    anchor: Anchor
    callee: Anchor
    url: Argument | None
    urls: UrlSet
    connect_args: Argument | None
    keywords: Mapping[str, Argument]
    open_keywords: bool
    """``**kwargs`` (or ``*args``) that could not be resolved: other arguments may be there."""
    location: Location
    wrapped_in_async_engine: bool = False
    target: str | None = None
    """The name or attribute that it is assigned to, as written."""
    only_dialect: bool = False
    """Only the engine's dialect or URL is looked at: it never connects."""
    made_at: Anchor | None = None
    """Where it is made, if the call itself only calls the project's function that makes it."""

    @property
    def name(self) -> str:
        """The function's own name, as messages give it."""
        return self.function.rpartition(".")[2]

    @property
    def from_config(self) -> bool:
        return self.function.endswith("engine_from_config")


@dataclass(frozen=True, slots=True)
class UrlLiteral:
    """A literal or f-string in the code that is a database URL to connect with.

    Not scheme prefixes, comparisons, docstrings, messages: those are filtered by the analysis.
    """

    possible: PossibleUrl
    anchor: Anchor
    location: Location
    settings_default: bool
    """A default of a settings field or environment variable."""
    receiver: str | None = None
    """The name, attribute, keyword or function that it is given to, as written."""


@dataclass(frozen=True, slots=True)
class BuiltUrl:
    """A text that is put together of parts, and that may be a URL with credentials."""

    value: Value
    """What it is known to be, where it stands: templates with holes, which say what fills them."""
    anchor: Anchor
    location: Location
    receiver: str | None = None
    """The name, attribute, keyword or function that it is given to, as written."""


@dataclass(frozen=True, slots=True)
class DriverCall:
    """A call of a raw driver or pool: ``asyncpg.connect``, ``psycopg.connect``, ``databases.Database``."""

    function: str
    driver: str
    anchor: Anchor
    callee: Anchor
    dsn: Argument | None
    dsns: UrlSet
    keywords: Mapping[str, Argument]
    open_keywords: bool
    location: Location


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """A class and the engines that are made in its body and methods."""

    name: str
    anchor: Anchor
    """The ``class Name`` header."""
    engines: tuple[EngineCall, ...]


@dataclass(frozen=True, slots=True)
class AwaitedOperation:
    """``await op.something(...)`` in a migration."""

    function: str
    anchor: Anchor
    """The whole ``await`` expression; the text before ``call`` is what a fix removes."""
    call: Anchor
    function_name: str | None


@dataclass(frozen=True, slots=True)
class MigrationFunction:
    """``upgrade`` or ``downgrade`` of an Alembic revision."""

    name: str
    is_async: bool
    anchor: Anchor
    """The ``def`` header, from ``async`` to the colon."""
    asynchronous: Anchor | None
    """The ``async`` keyword."""
    awaited: tuple[AwaitedOperation, ...]
    other_awaits: int
    """Awaits of anything that is not an ``op`` call, ``async with``, ``async for``."""
    callers: int = 0


@dataclass(frozen=True, slots=True)
class RunSyncCall:
    """``await connection.run_sync(f, …)`` with what ``f`` is known to be."""

    anchor: Anchor
    callee: Anchor
    location: Location
    runs_migration: bool
    """``f`` is or reaches an ``alembic.command`` function."""
    sets_connection_attribute: bool
    """``cfg.attributes["connection"] = …`` is on the way (the cookbook's recipe)."""
    command: str | None = None
    """The ``alembic.command`` function that is reached: ``upgrade`` …; None where only the name of a
    function that cannot be resolved says that it migrates."""
    function_name: str = ""
    """``f`` as written."""
    unused_parameter: Anchor | None = None
    """The parameter of a ``lambda`` that runs the command without using its connection."""
