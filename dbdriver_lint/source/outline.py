"""The outline of a file: its statements, found by what they define, each function read when it is asked for."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING

from dbdriver_lint.source.bindings import (
    DEFINITIONS,
    FUNCTIONS,
    asks_about,
    below,
    binds,
    binds_inside,
    blocks_of,
    changes,
    loads,
    sets_attributes,
    yields,
)
from dbdriver_lint.source.skeleton import skeleton
from dbdriver_lint.source.text import line_starts

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Statements that leave the block they stand in.
FLOW = (ast.Return, ast.Raise, ast.Break, ast.Continue)
#: Members of a class that count without being named.
_IMPLICIT = frozenset(
    {"__init__", "__new__", "__post_init__", "__attrs_post_init__", "model_post_init", "__getattr__", "Config"}
)
#: Of how many assignments, each of what the one before it gave, a condition says what they began with.
_DISTANCE = 3
#: ``self.name = …``, also with an annotation, an operator or in a tuple; a comparison does no harm.
_SETS = re.compile(r"\b(?:self|cls|instance)\.(\w+)\s*(?:[:,=]|[-+|]=)")
#: A statement that may be ``global …``; it is rare, while the word is in many a comment.
_GLOBAL = re.compile(r"(?:^|[;:])[ \t]*global[ \t\\]", re.MULTILINE)


class Statement:
    """A statement, without the statements inside it; found once for all slices of a file."""

    __slots__ = ("blocks", "first", "last", "leaves", "loads", "node", "parent", "shares")

    def __init__(self, node: ast.stmt, parent: Statement | None) -> None:
        self.node = node
        self.parent = parent
        """The compound statement, function or class that it stands in."""
        self.blocks: list[list[Statement]] = []
        """Those of a compound statement; what stands in a function or class is an :class:`Area`."""
        self.leaves: list[Statement] = []
        """The statements of its blocks that leave them."""
        self.shares = False
        """The next statement of its block stands on the same line."""
        self.loads: tuple[set[str], set[str]] | None = None
        assert node.end_lineno is not None
        self.first, self.last = node.lineno, node.end_lineno
        """The lines of it, for a compound statement those of its header."""


class Area:
    """The statements of a module, class or function by what they define; those inside of others are areas too."""

    __slots__ = (
        "body",
        "by_attribute",
        "by_name",
        "by_set",
        "definitions",
        "fields",
        "flow",
        "hooks",
        "imports",
        "methods",
        "results",
        "stars",
        "statements",
    )

    def __init__(self) -> None:
        self.body: list[Statement] = []
        self.statements: list[Statement] = []
        """All of them, those in blocks included."""
        self.by_name: dict[str, list[Statement]] = defaultdict(list)
        """The statements that bind a name, change the object of that name, or narrow what it can be."""
        self.by_attribute: dict[str, list[Statement]] = defaultdict(list)
        """The statements that set or change an attribute, and the members of a class."""
        self.definitions: list[Statement] = []
        self.methods: list[Statement] = []
        self.by_set: dict[str, list[Statement]] | None = None
        """The methods of a class that set an attribute of their object, once that was asked."""
        self.imports: list[Statement] = []
        self.stars: list[Statement] = []
        self.fields: list[Statement] = []
        """What a class's library reads: annotated fields and its configuration."""
        self.hooks: list[Statement] = []
        """The methods that are called without being named."""
        self.flow: list[Statement] = []
        """What leaves a function at its own level."""
        self.results: list[Statement] = []
        """What a function gives: its returns and yields."""


class Outline:
    """The areas of one file, and where its statements stand."""

    def __init__(self, text: str) -> None:
        """Read ``text``.

        Raises:
            SyntaxError: newer or older syntax than this interpreter's; that in a function is met when it is opened.
            ValueError: a NUL character.
            RecursionError: nested too deeply.
        """
        self.text = text
        self.starts = line_starts(text)
        self._ascii = text.isascii()
        #: What is looked for in every statement only where the file has it at all.
        self._has_globals = _GLOBAL.search(text) is not None
        self._has_walrus = ":=" in text
        self._has_yields = "yield" in text
        self._areas: dict[ast.stmt | None, Area] = {}
        #: The lines on which the bodies of functions begin that were left out so far.
        self._left_out: frozenset[int] = frozenset()
        self.module = Area()
        self.module = self._area(self._read(), None)

    def _read(self) -> list[ast.stmt]:
        """The statements of the file, those of functions left out where that can be done."""
        bones = skeleton(self.text)
        if bones.lines:
            try:
                read = ast.parse(bones.text).body
            except SyntaxError:
                pass  # the file has an error, or it is cut where it should not be
            else:
                self._left_out = bones.lines
                return read
        return ast.parse(self.text).body

    def put_away(self) -> None:
        """Keep no more of the functions than their names; they are read again when a slice needs them."""
        self._areas = {node: area for node, area in self._areas.items() if not isinstance(node, FUNCTIONS)}

    def close(self) -> None:
        """Keep no statement: what was made of them only asks for places in the text."""
        self.module = Area()
        self._areas.clear()

    def inside(self, definition: Statement) -> Area:
        """The statements of a function or class.

        Raises:
            SyntaxError: newer or older syntax than this interpreter's.
        """
        node = definition.node
        area = self._areas.get(node)
        if area is None:
            area = self._areas[node] = self._area(self._body(node), definition)
        return area

    def is_in_coroutine(self, line: int) -> bool:
        """Whether the innermost function around a 1-based line is an ``async def``."""
        area: Area | None = self.module
        inside = False
        while area is not None:
            around = next((s for s in area.definitions if s.first <= line <= s.last), None)
            if around is not None and isinstance(around.node, FUNCTIONS):
                inside = isinstance(around.node, ast.AsyncFunctionDef)
            area = None if around is None else self.inside(around)
        return inside

    def _body(self, node: ast.stmt) -> list[ast.stmt]:
        assert isinstance(node, DEFINITIONS)
        first = node.body[0].lineno
        if first not in self._left_out or not isinstance(node, FUNCTIONS):
            return node.body
        inner = ast.parse("\n" * (first - 2) + "if 1:\n" + self.text[self.starts[first - 1] : self.end(node)]).body[0]
        assert isinstance(inner, ast.If)
        return inner.body

    def _area(self, body: list[ast.stmt], owner: Statement | None) -> Area:
        area = Area()
        area.body = self._block(area, body, owner)
        if owner is not None and isinstance(owner.node, FUNCTIONS):
            area.results = [
                s for s in area.statements if isinstance(s.node, ast.Return) or (self._has_yields and yields(s.node))
            ]
        return area

    def _block(self, area: Area, body: list[ast.stmt], parent: Statement | None) -> list[Statement]:
        """Note what the statements of a block define; functions and classes are opened when they are kept."""
        made = [Statement(node, parent) for node in body]
        in_class = parent is not None and isinstance(parent.node, ast.ClassDef)
        in_function = parent is not None and isinstance(parent.node, FUNCTIONS)
        for index, statement in enumerate(made):
            node = statement.node
            area.statements.append(statement)
            statement.shares = index + 1 < len(made) and body[index + 1].lineno == node.end_lineno
            if isinstance(node, DEFINITIONS):
                self._define(area, statement, node, in_class)
                continue
            names = [*binds(node), *changes(node)]
            if self._has_walrus:
                names += binds_inside(node)
            for name in names:
                area.by_name[name].append(statement)
                if in_class:
                    area.by_attribute[name].append(statement)
            for name in sets_attributes(node):
                area.by_attribute[name].append(statement)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                area.imports.append(statement)
                if any(alias.name == "*" for alias in node.names):
                    area.stars.append(statement)
            elif in_class:
                if isinstance(node, ast.AnnAssign) or _is_configuration(node) or _configures(parent):
                    area.fields.append(statement)
            elif in_function and isinstance(node, FLOW):
                area.flow.append(statement)
            blocks = blocks_of(node)
            if not blocks:
                continue
            statement.last = max(statement.first, blocks[0][0].lineno - 1)
            if isinstance(node, ast.If) and any(isinstance(inner, FLOW) for block in blocks for inner in block):
                # what is left early narrows what the names in the condition can be
                tested = loads([node.test])[0]
                for name in tested | self._behind(tested, area):
                    area.by_name[name].append(statement)
            statement.blocks = [self._block(area, block, statement) for block in blocks]
            statement.leaves = [s for block in statement.blocks for s in block if isinstance(s.node, FLOW)]
            if isinstance(statement.node, (ast.For, ast.AsyncFor)):
                statement.leaves += _exits(statement)
        return made

    def _behind(self, tested: set[str], area: Area) -> set[str]:
        """What tested names note something of, some assignments away, those of the module included."""
        found: set[str] = set()
        for _ in range(_DISTANCE):
            known = (
                each for name in tested for each in area.by_name.get(name, ()) or self.module.by_name.get(name, ())
            )
            tested = set[str]().union(*(asks_about(each.node) for each in known)) - found
            found |= tested
        return found

    def _define(self, area: Area, statement: Statement, node: ast.stmt, in_class: bool) -> None:
        assert isinstance(node, DEFINITIONS)
        statement.first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        area.definitions.append(statement)
        area.by_name[node.name].append(statement)
        if in_class:
            area.by_attribute[node.name].append(statement)
            area.methods.append(statement)
            if node.name in _IMPLICIT or _hooks(node):
                area.hooks.append(statement)
        if self._has_globals and not isinstance(node, ast.ClassDef):
            for name in self._globals(node):
                area.by_name[name].append(statement)

    def _globals(self, node: ast.stmt) -> Iterator[str]:
        """The module's names that a function assigns."""
        if _GLOBAL.search(self.text, self.start(node), self.end(node)) is not None:
            for inner in (inner for statement in self._body(node) for inner in below(statement)):
                if isinstance(inner, ast.Global):
                    yield from inner.names

    def setters(self, area: Area) -> dict[str, list[Statement]]:
        """The methods of a class by the attributes that they give their object."""
        if area.by_set is None:
            area.by_set = defaultdict(list)
            for method in area.methods:
                text = self.text
                for name in {*_SETS.findall(text, self.start(method.node), self.end(method.node))}:
                    area.by_set[name].append(method)
        return area.by_set

    def stands_alone(self, node: ast.stmt) -> bool:
        """Whether nothing but white space precedes a statement on its line."""
        start = self.start(node)
        return not self.text[self.starts[self.line_of(start) - 1] : start].strip()

    def line_of(self, offset: int) -> int:
        """The 1-based line of a character offset."""
        return bisect_right(self.starts, offset)

    def offset(self, line: int, column: int) -> int:
        """The character offset of a 1-based line and a column in UTF-8 bytes, as ``ast`` counts them."""
        start = self.starts[line - 1]
        if self._ascii:
            return start + column
        prefix = self.text[start : start + column]
        if prefix.isascii():
            return start + column
        end = self.starts[line] if line < len(self.starts) else len(self.text)
        return start + len(self.text[start:end].encode()[:column].decode(errors="ignore"))

    def start(self, node: ast.stmt) -> int:
        """Where a statement begins, with its decorators."""
        if isinstance(node, DEFINITIONS) and node.decorator_list:
            first = node.decorator_list[0]
            return self.text.rindex("@", 0, self.offset(first.lineno, first.col_offset))
        return self.offset(node.lineno, node.col_offset)

    def end(self, node: ast.stmt) -> int:
        """Where a statement ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offset(node.end_lineno, node.end_col_offset)


def _exits(loop: Statement) -> Iterator[Statement]:
    """What ends a loop, or a round of it, before its time, under a condition: it may not run for every item."""
    for block in loop.blocks:
        for inner in block:
            yield from (s for s in inner.leaves if isinstance(s.node, (ast.Break, ast.Continue)))
            yield from _exits(inner)


def _configures(owner: Statement | None) -> bool:
    return owner is not None and isinstance(owner.node, ast.ClassDef) and owner.node.name == "Config"


def _is_configuration(node: ast.stmt) -> bool:
    """Whether a class's statement tells its library how to read the fields."""
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "model_config" for target in node.targets
    )


def _hooks(node: ast.stmt) -> bool:
    """Whether a method is called by the class's library: validators, computed fields."""
    if not isinstance(node, FUNCTIONS):
        return False
    names = loads(node.decorator_list)
    return any("validator" in name or name == "computed_field" for found in names for name in found)
