"""Places in the text of a file: what a finding points at, whatever it was found by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbdriver_lint.source.text import Position, SourceFile, Span


class Anchor:
    """A place in a source file; subclasses give ``source``, ``span`` and ``statement``."""

    __slots__ = ()

    @property
    def source(self) -> SourceFile:
        """The file."""
        raise NotImplementedError

    @property
    def span(self) -> Span:
        """The range of its text."""
        raise NotImplementedError

    @property
    def statement(self) -> Anchor:
        """The statement around it; a comment stands in none and is its own."""
        return self

    @property
    def path(self) -> str:
        """The file's name, as it is shown."""
        return self.source.path

    @property
    def text(self) -> str:
        """The text itself."""
        span = self.span
        return self.source.text[span.start : span.end]

    @property
    def start(self) -> Position:
        """Where it begins."""
        return self.source.position(self.span.start)

    @property
    def end(self) -> Position:
        """Where it ends."""
        return self.source.position(self.span.end)


class TextAnchor(Anchor):
    """A range of a file's text: a comment, one parameter of a URL inside its literal."""

    __slots__ = ("_source", "_span", "_statement")

    def __init__(self, source: SourceFile, span: Span, statement: Anchor | None = None) -> None:
        self._source = source
        self._span = span
        self._statement = statement

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextAnchor) and (self._source.path, self._span) == (other.path, other.span)

    def __hash__(self) -> int:
        return hash(self._span)

    @property
    def source(self) -> SourceFile:
        """The file."""
        return self._source

    @property
    def span(self) -> Span:
        """The range of its text."""
        return self._span

    @property
    def statement(self) -> Anchor:
        """The statement that was given, else the range itself."""
        return self if self._statement is None else self._statement
