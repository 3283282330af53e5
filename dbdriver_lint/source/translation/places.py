"""Where the nodes that are made of ``ast``'s stand in the text."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, TypeVar

import libcst as cst

from dbdriver_lint.source.parse import ParsedModule, positions
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbdriver_lint.source.slice import Slicer
    from dbdriver_lint.source.text import SourceFile

N = TypeVar("N", bound=cst.CSTNode)

_set = object.__setattr__
#: The name of a definition; what stands before it is its keyword.
_DEFINED = re.compile(r"(?:async\b[\s\\]*)?(?:def|class)\b[\s\\]*(\w+)")
#: White space, a comment, a line's continuation, or one character of something else.
_TOKEN = re.compile(r"\s+|#[^\r\n]*|\\\r?\n|(.)")


class Extent:
    """From the beginning of one expression to the end of another (or the same), as ``ast`` counts.

    ``after`` is the line and column from which on nothing but closing parentheses, one comma or opening
    bracket, and what belongs to this place stands before the first expression.
    """

    __slots__ = ("after", "first", "last")

    def __init__(self, first: Any, last: Any, after: tuple[int, int] | None = None) -> None:
        self.first = first
        self.last = last
        self.after = after


class TranslatedModule(ParsedModule):
    """A part of a file, of which the places are those that ``ast`` tells."""

    __slots__ = ("_places",)

    def __init__(self, source: SourceFile, tree: cst.Module, places: Places) -> None:
        super().__init__(source, tree, None)
        self._places = places

    @property
    def faithful(self) -> bool:
        """``ast`` tells places exactly, whatever white space and form feeds are around them."""
        return True

    def span(self, node: cst.CSTNode) -> Span:
        """The node's place in the source text, without surrounding white space and parentheses."""
        return self._places.span(node)


class Places:
    """The nodes made for one file, and where each of them stands."""

    def __init__(self, source: SourceFile, slicer: Slicer) -> None:
        self.source = source
        self.slicer = slicer
        #: Where a node stands, by its identity; the node is kept, so that no other one gets it.
        self._at: dict[int, tuple[cst.CSTNode, Any]] = {}
        #: What LibCST parsed, and where it begins, until a place in it is asked for.
        self._islands: list[tuple[cst.CSTNode, ast.expr]] = []
        self._found: dict[cst.CSTNode, Span] = {}

    def node(self, kind: type[N], at: ast.AST | Extent | None, **values: Any) -> N:
        """A node with the fields that mean something; ``at`` is where it stands."""
        node = object.__new__(kind)
        for name, value in values.items():
            _set(node, name, value)
        if at is not None:
            self._at[id(node)] = (node, at)
        return node

    def island(self, node: cst.CSTNode, at: ast.expr) -> None:
        """Note a node that LibCST parsed from the text of ``at`` in parentheses."""
        self._islands.append((node, at))

    def text(self, node: ast.expr) -> str:
        """The text of an expression."""
        return self.slicer.text[slice(*self._range(node))]

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node stands: as LibCST tells it for expressions, statements, arguments, elements of
        dictionaries, and what defines a name; for what is smaller, the place of the whole.
        """
        known = self._at.get(id(node))
        if known is None:
            while self._islands and node not in self._found:
                self._explore(*self._islands.pop())
            return self._found[node]
        at = known[1]
        start, end = self._range(at)
        refine = _EXACTLY.get(type(node))
        return Span(start, end) if refine is None else Span(*refine(self, node, at, start, end))

    def _range(self, at: Any) -> tuple[int, int]:
        first, last = (at.first, at.last) if isinstance(at, Extent) else (at, at)
        offset = self.slicer.offset
        return offset(first.lineno, first.col_offset), offset(last.end_lineno, last.end_col_offset)

    def _explore(self, island: cst.CSTNode, at: ast.expr) -> None:
        """Find the places in what LibCST parsed, which begins with a parenthesis that is not in the file."""
        first = self.slicer.offset(at.lineno, at.col_offset)
        starts = self.slicer.starts
        for node, (start_line, start, end_line, end) in positions(island).items():
            self._found[node] = Span(
                *(
                    first + column - 1 if line == 1 else starts[at.lineno + line - 2] + column
                    for line, column in ((start_line, start), (end_line, end))
                )
            )

    # Where LibCST's place is not that of ``ast``

    def _place_inside(self, _node: Any, at: Any, start: int, end: int) -> tuple[int, int]:
        """Of a tuple or generator without its parentheses, which are none of the node's."""
        if isinstance(at, Extent):
            if at.first is not at.last:
                return start, end  # of several targets
            at = at.first
        parts = at.elts if isinstance(at, ast.Tuple) else [at.elt, at.generators[-1].iter, *at.generators[-1].ifs]
        if not parts:
            return start + 1, end - 1
        if self.slicer.text[start] != "(" or (isinstance(at, ast.Tuple) and self._is_bare(at, start, end)):
            return start, end
        first, last = self._range(parts[0])[0], self._range(parts[-1])[1]
        return self._tokens(start + 1, first + 1)[0], [last - 1, *self._tokens(last, end - 1)][-1] + 1

    def _is_bare(self, at: ast.Tuple, start: int, end: int) -> bool:
        """Whether all the parentheses that a tuple begins with are those of its first element."""
        first, after = self._range(at.elts[0])
        if start == first:
            return True
        tokens = "".join(self.slicer.text[place] for place in self._tokens(after, end))
        return len(self._tokens(start, first)) == len(tokens) - len(tokens.lstrip(")"))

    def _place_of_name(self, node: cst.Name, at: Any, start: int, end: int) -> tuple[int, int]:
        """Of a name that is a part of what ``ast`` has no node for."""
        text, length = self.slicer.text, len(node.value)
        if isinstance(at, (ast.keyword, ast.arg)):
            return start, start + length
        if isinstance(at, ast.Attribute):
            return end - length, end
        if isinstance(at, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found = _DEFINED.match(text, start)
            return found.span(1) if found else (start, end)
        return start, end

    def _place_of_async(self, _node: Any, _at: Any, start: int, _end: int) -> tuple[int, int]:
        return start, start + len("async")

    def _place_of_parameter(self, node: cst.Param, at: ast.arg, start: int, _end: int) -> tuple[int, int]:
        """Of a parameter its name and stars."""
        end = start + len(at.arg)
        return (self.slicer.text.rindex(str(node.star), 0, start) if node.star else start), end

    def _place_of_item(self, _node: Any, at: Any, start: int, end: int) -> tuple[int, int]:
        """Of an argument, or an entry of a dictionary, with its stars and the parentheses at its ends."""
        if not isinstance(at, Extent) or at.after is None:
            return start, end
        before = self._tokens(self.slicer.offset(*at.after), start)
        while before and self.slicer.text[before[0]] == ")":
            del before[0]
        if not before:  # the parentheses of a generator are those of the call
            return self._place_inside(None, at, start, end)
        own = before[1:]
        opened = own
        if at.first is not at.last:
            between = self._tokens(self._range(at.first)[1], self._range(at.last)[0])
            opened = [place for place in between if self.slicer.text[place] == "("]
        closing = (match.end() for match in _TOKEN.finditer(self.slicer.text, end) if match[1])
        for place in opened:
            if self.slicer.text[place] == "(":
                end = next(closing)
        return (own[0] if own else start), end

    def _tokens(self, start: int, end: int) -> list[int]:
        """The offsets of what is neither white space nor a comment."""
        return [match.start() for match in _TOKEN.finditer(self.slicer.text, start, end) if match[1]]


_EXACTLY: dict[type[cst.CSTNode], Callable[[Places, Any, Any, int, int], tuple[int, int]]] = {
    cst.Tuple: Places._place_inside,
    cst.GeneratorExp: Places._place_inside,
    cst.Name: Places._place_of_name,
    cst.Asynchronous: Places._place_of_async,
    cst.Param: Places._place_of_parameter,
    cst.Arg: Places._place_of_item,
    cst.DictElement: Places._place_of_item,
    cst.StarredDictElement: Places._place_of_item,
}
