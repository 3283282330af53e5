"""The slice of a file: the statements that can matter, every one at its own column, its line known.

LibCST parses about ten times slower than :mod:`ast`. So the file is read by ``ast``, and only what
the wanted names and lines depend on is kept: the statements that bind a name which a kept statement
reads, the returns of the functions that are called, the conditions around them. Names stand for all
their bindings in the file, so the slice may be larger than needed, never smaller.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from typing import TYPE_CHECKING

from dbdriver_lint.records import dataclass
from dbdriver_lint.source.bindings import DEFINITIONS, expressions, loads
from dbdriver_lint.source.outline import FLOW, Outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dbdriver_lint.source.outline import Area, Statement

#: What stands for a block of which nothing is kept: a statement of one character fits everywhere.
_NOTHING = "0"
#: What is needed of a kept statement: that it is there, its own expressions, a function's result.
_KEPT, _WHOLE, _VALUE = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some lines of a file, with every column kept."""

    text: str
    lines: tuple[int, ...]
    """The 1-based line of the file that each line of the text is."""


class Slicer(Outline):
    """One file, of which several slices can be made."""

    def around(self, lines: Sequence[int]) -> Slice:
        """The slice that the statements on ``lines`` (1-based, sorted) need; all module-level imports stay."""
        return Slice(self, lines)

    def whole(self) -> Slice:
        """The slice that leaves nothing out."""
        return Slice(self, range(1, len(self.starts) + 1))

    def defining(self, name: str, member: str | None = None, lines: Sequence[int] = ()) -> Slice:
        """The slice that gives the module-level ``name`` its value.

        Of a class, or an object of one, nothing is needed before a ``member`` is asked for. What stands
        on ``lines`` is kept where it is a part of what the name needs.
        """
        return Slice(self, lines, name, member)


class Slice:
    """The growing set of statements that are kept."""

    def __init__(self, file: Outline, lines: Sequence[int], name: str | None = None, member: str | None = None) -> None:
        self.file = file
        self.body = file.module.body
        #: The statements that are kept, and what is needed of each.
        self.kept: dict[Statement, int] = {}
        self._lines = lines
        self._following = name is not None
        #: Classes are kept without what nobody asks for: fields, ``__init__``, validators.
        self._headers = name is not None and member is None
        self._needed: set[str] = set()
        self._attributes: set[str] = set()
        self._areas: list[Area] = []
        self._opened: set[Statement] = set()
        self._queue: list[Statement] = []
        self._open(file.module, None)
        if name is not None:
            self._need(name)
        if member is not None:
            self._need_attribute(member)
        while self._queue:
            self._expand(self._queue.pop())

    def is_whole(self, statement: Statement) -> bool:
        """Whether the expressions of a kept statement are needed, not only that it leaves the block."""
        return bool(self.kept[statement] & _WHOLE)

    def blocks_of(self, statement: Statement) -> list[list[Statement]]:
        """The blocks of a kept statement, those of functions and classes included."""
        if isinstance(statement.node, DEFINITIONS):
            return [self.file.inside(statement).body]
        return statement.blocks

    # What is kept

    def _open(self, area: Area, owner: Statement | None) -> None:
        """Take an area in: what is needed of it, and what is kept in any case."""
        self._areas.append(area)
        for name in area.by_name.keys() & self._needed:
            self._keep_all(area.by_name[name], value=True)
        for name in area.by_attribute.keys() & self._attributes:
            self._keep_all(area.by_attribute[name], value=True)
        self._keep_all(area.stars)
        self._keep_all(area.flow)
        if owner is None and not self._following:
            self._keep_all(area.imports)
        if area.methods and not self._headers:
            for name in self.file.setters(area).keys() & self._attributes:
                self._set_by(area, name)
        if not self._headers:
            self._keep_all(area.fields)
            self._keep_all(area.hooks, value=True)
        if owner is not None and getattr(owner.node, "name", "") == "__init__":
            self._keep_all(area.by_attribute.get("__init__()", ()))  # it sets attributes, too
        if self._lines:
            for statement in area.statements:
                if self._marked(statement) and self._may_be_marked(statement):
                    self._keep(statement)

    def _may_be_marked(self, statement: Statement) -> bool:
        if isinstance(statement.node, DEFINITIONS) or statement.parent is None:
            return not self._following
        return True

    def _marked(self, statement: Statement) -> bool:
        """Whether one of the wanted lines stands in the statement (its header, for a compound one)."""
        node = statement.node
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return False  # a docstring
        at = bisect_left(self._lines, statement.first)
        return at < len(self._lines) and self._lines[at] <= statement.last

    def _need(self, name: str) -> None:
        if name not in self._needed:
            self._needed.add(name)
            for area in self._areas:
                if name in area.by_name:
                    self._keep_all(area.by_name[name], value=True)

    def _need_attribute(self, name: str) -> None:
        if name not in self._attributes:
            self._attributes.add(name)
            for area in self._areas:
                if name in area.by_attribute:
                    self._keep_all(area.by_attribute[name], value=True)
                if area.methods and not self._headers:
                    self._set_by(area, name)

    def _set_by(self, area: Area, attribute: str) -> None:
        """A method that sets an attribute counts, and where another method calls it."""
        for method in self.file.setters(area).get(attribute, ()):
            self._keep(method, value=True)
            self._need_attribute(f"{method.node.name}()")  # type: ignore[attr-defined]

    def _keep_all(self, statements: Iterable[Statement], *, value: bool = False) -> None:
        for statement in statements:
            self._keep(statement, value=value)

    def _keep(self, statement: Statement, *, value: bool = False) -> None:
        flow = isinstance(statement.node, FLOW) and not value and not self._marked(statement)
        before = self.kept.get(statement, 0)
        now = before | _KEPT | (0 if flow else _WHOLE) | (_VALUE if value else 0)
        if now != before:
            self.kept[statement] = now
            self._queue.append(statement)

    def _expand(self, statement: Statement) -> None:
        """Keep what a kept statement needs."""
        node, flags = statement.node, self.kept[statement]
        if statement.parent is not None:
            self._keep(statement.parent)
        if flags & _WHOLE:
            if statement.loads is None:
                statement.loads = loads(expressions(node))
            names, attributes = statement.loads
            for name in names:
                self._need(name)
            for name in attributes:
                self._need_attribute(name)
        if isinstance(node, DEFINITIONS):
            area = self.file.inside(statement)
            if statement not in self._opened:
                self._opened.add(statement)
                self._open(area, statement)
            if flags & _VALUE:
                self._keep_all(area.results, value=True)
        else:
            self._keep_all(statement.leaves)

    # The text

    def cut(self) -> Excerpt:
        """The text of the slice."""
        ranges: list[tuple[int, int, bool]] = []
        self._emit(self.body, ranges, required=False)
        text = self.file.text
        pieces: list[str] = []
        lines: list[int] = []
        at = 0
        for start, end, real in ranges:
            between = text[at:start]
            if not lines or "\n" in between or "\r" in between:
                line = self.file.line_of(start)
                between = text[self.file.starts[line - 1] : start]
                pieces.append("\n" if lines else "")
                lines.append(line)
            pieces.append(between if between.isspace() else " " * len(between))
            pieces.append(text[start:end] if real else _NOTHING)
            if real:
                lines.extend(range(lines[-1] + 1, self.file.line_of(max(start, end - 1)) + 1))
            at = end
        return Excerpt("".join([*pieces, "\n"]) if lines else "", tuple(lines))

    def _emit(self, block: list[Statement], ranges: list[tuple[int, int, bool]], *, required: bool = True) -> None:
        """Note the ranges of a block's kept text; a block that must not be empty gets a placeholder."""
        start = self.file.start
        if required and not any(statement in self.kept for statement in block):
            begin = start(block[0].node)
            ranges.append((begin, begin + 1, False))
            return
        for index, statement in enumerate(block):
            if statement in self.kept:
                self._emit_statement(statement, ranges)
            elif statement.shares:
                begin = start(statement.node)
                ranges.append((begin, begin + 1, False))
            if statement.shares:
                ranges.append((self.file.end(statement.node), start(block[index + 1].node), True))

    def _emit_statement(self, statement: Statement, ranges: list[tuple[int, int, bool]]) -> None:
        node = statement.node
        begin, end = self.file.start(node), self.file.end(node)
        if isinstance(node, (ast.Return, ast.Raise)) and not self.is_whole(statement):
            # that it leaves is enough
            ranges.append((begin, begin + len("return" if isinstance(node, ast.Return) else "raise"), True))
            return
        blocks = self.blocks_of(statement)
        for block in blocks:
            ranges.append((begin, self.file.start(block[0].node), True))
            self._emit(block, ranges)
            begin = self.file.end(block[-1].node)
        if not blocks:
            ranges.append((begin, end, True))
