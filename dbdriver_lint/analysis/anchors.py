"""Anchors: syntax nodes as places, with positions computed when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.source.anchors import Anchor
from dbdriver_lint.source.text import SourceFile, Span

if TYPE_CHECKING:
    import libcst as cst

    from dbdriver_lint.source.parse import ParsedModule


class NodeAnchor(Anchor):
    """A node of a parsed file; ``statement`` is the statement around it.

    ``first`` and ``last`` bound the place where it is only a part of a node (a ``def`` header).
    """

    __slots__ = ("_first", "_last", "_statement", "module", "node")

    def __init__(
        self,
        module: ParsedModule,
        node: cst.CSTNode,
        statement: cst.CSTNode | None = None,
        first: cst.CSTNode | None = None,
        last: cst.CSTNode | None = None,
    ) -> None:
        self.module = module
        self.node = node
        self._statement = statement
        self._first = first
        self._last = last

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NodeAnchor) and self.node is other.node and self._last is other._last

    def __hash__(self) -> int:
        return id(self.node)

    @property
    def source(self) -> SourceFile:
        return self.module.source

    @property
    def span(self) -> Span:
        start = self.module.span(self._first or self.node).start
        return Span(start, self.module.span(self._last or self.node).end)

    @property
    def statement(self) -> NodeAnchor:
        return NodeAnchor(self.module, self._statement) if self._statement is not None else self
