"""The slice of a file: the statements that can matter, every one at its own column, its line known.

LibCST parses about ten times slower than :mod:`ast`. So the file is read by ``ast``, and only what
the wanted names and lines depend on is kept: the statements that bind a name which a kept statement
reads, the returns of the functions that are called, the conditions around them. Names stand for all
their bindings in the file, so the slice may be larger than needed, never smaller.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbdriver_lint.source.text import line_starts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: Members of a class that count without being named.
_IMPLICIT = frozenset({"__init__", "__new__", "__post_init__", "__getattr__", "Config"})
_FLOW = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: Methods that change the object they are called on.
MUTATORS = frozenset({"update", "setdefault", "append", "extend", "insert", "pop", "clear", "add"})
_QUESTIONS = frozenset(
    {"startswith", "endswith", "isinstance", "lower", "get_backend_name", "get_driver_name", "len", "get", "str"}
)
#: What is asked of a URL into a name that a condition reads later.
_PARTS = frozenset({"startswith", "get_backend_name", "drivername", "split", "partition", "scheme"})
#: ``self.name = …``, also with an annotation, an operator or in a tuple; a comparison does no harm.
_SETS = re.compile(r"\b(?:self|cls|instance)\.(\w+)\s*(?:[:,=]|[-+|]=)")
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


class Slicer:
    """One file, of which several slices can be made."""

    def __init__(self, text: str) -> None:
        """Read ``text``.

        Raises:
            SyntaxError: newer or older syntax than this interpreter's.
            ValueError: a NUL character.
            RecursionError: nested too deeply.
        """
        self.text = text
        self.starts = line_starts(text)
        self._ascii = text.isascii()
        #: What is looked for in every statement only where the file has it at all.
        self._has_globals = "global " in text
        self._has_walrus = ":=" in text
        self._has_yields = "yield" in text
        self._areas: dict[ast.stmt | None, Area] = {}
        #: Functions whose statements were put away, with the line on which the first one stands.
        self._put_away: dict[ast.stmt, int] = {}
        self.module = self._area(ast.parse(text).body, None)

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

    def put_away(self) -> None:
        """Keep no more of the functions than their names; they are read again when a slice needs them."""
        if "\f" in self.text:
            return
        self._areas = {node: area for node, area in self._areas.items() if not isinstance(node, _FUNCTIONS)}
        for node in [s.node for area in (self.module, *self._areas.values()) for s in area.statements]:
            functions = node.body if isinstance(node, ast.ClassDef) and node not in self._areas else [node]
            for function in functions:
                if isinstance(function, _FUNCTIONS) and function.body and self.stands_alone(function.body[0]):
                    self._put_away[function] = self.line_of(self.start(function.body[0]))
                    function.body = []

    def inside(self, definition: Statement) -> Area:
        """The statements of a function or class."""
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
            if around is not None and isinstance(around.node, _FUNCTIONS):
                inside = isinstance(around.node, ast.AsyncFunctionDef)
            area = None if around is None else self.inside(around)
        return inside

    def _body(self, node: ast.stmt) -> list[ast.stmt]:
        assert isinstance(node, _DEFINITIONS)
        if node.body:
            return node.body
        first = self._put_away[node]
        inner = ast.parse("\n" * (first - 2) + "if 1:\n" + self.text[self.starts[first - 1] : self.end(node)]).body[0]
        assert isinstance(inner, ast.If)
        return inner.body

    def _area(self, body: list[ast.stmt], owner: Statement | None) -> Area:
        area = Area()
        area.body = self._block(area, body, owner)
        if owner is not None and isinstance(owner.node, _FUNCTIONS):
            area.results = [
                s for s in area.statements if isinstance(s.node, ast.Return) or (self._has_yields and _yields(s.node))
            ]
        return area

    def _block(self, area: Area, body: list[ast.stmt], parent: Statement | None) -> list[Statement]:
        """Note what the statements of a block define; functions and classes are opened when they are kept."""
        made = [Statement(node, parent) for node in body]
        in_class = parent is not None and isinstance(parent.node, ast.ClassDef)
        in_function = parent is not None and isinstance(parent.node, _FUNCTIONS)
        for index, statement in enumerate(made):
            node = statement.node
            area.statements.append(statement)
            statement.shares = index + 1 < len(made) and body[index + 1].lineno == node.end_lineno
            if isinstance(node, _DEFINITIONS):
                self._define(area, statement, node, in_class)
                continue
            bound = [*_bound(node), *_changed(node)]
            if self._has_walrus:
                bound += _bound_inside(node)
            for name in bound:
                area.by_name[name].append(statement)
                if in_class:
                    area.by_attribute[name].append(statement)
            for name in _set_attributes(node):
                area.by_attribute[name].append(statement)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                area.imports.append(statement)
                if any(alias.name == "*" for alias in node.names):
                    area.stars.append(statement)
            elif in_class:
                if isinstance(node, ast.AnnAssign) or _is_configuration(node) or _configures(parent):
                    area.fields.append(statement)
            elif in_function and isinstance(node, _FLOW):
                area.flow.append(statement)
            blocks = _blocks(node)
            if not blocks:
                continue
            statement.last = max(statement.first, blocks[0][0].lineno - 1)
            if isinstance(node, ast.If) and any(isinstance(inner, _FLOW) for block in blocks for inner in block):
                # what is left early narrows what the names in the condition can be
                tested = _loads([node.test])[0]
                behind = (_asked(known.node) for name in tested for known in area.by_name.get(name, ()))
                for name in tested.union(*behind):
                    area.by_name[name].append(statement)
            statement.blocks = [self._block(area, block, statement) for block in blocks]
            statement.leaves = [s for block in statement.blocks for s in block if isinstance(s.node, _FLOW)]
            if isinstance(statement.node, (ast.For, ast.AsyncFor)):
                statement.leaves += _exits(statement)
        return made

    def _define(self, area: Area, statement: Statement, node: ast.stmt, in_class: bool) -> None:
        assert isinstance(node, _DEFINITIONS)
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
        if "global " in self.text[self.start(node) : self.end(node)]:
            for inner in (inner for statement in self._body(node) for inner in _below(statement)):
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
        if isinstance(node, _DEFINITIONS) and node.decorator_list:
            first = node.decorator_list[0]
            return self.text.rindex("@", 0, self.offset(first.lineno, first.col_offset))
        return self.offset(node.lineno, node.col_offset)

    def end(self, node: ast.stmt) -> int:
        """Where a statement ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offset(node.end_lineno, node.end_col_offset)


class Slice:
    """The growing set of statements that are kept."""

    def __init__(self, file: Slicer, lines: Sequence[int], name: str | None = None, member: str | None = None) -> None:
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
        if isinstance(statement.node, _DEFINITIONS):
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
        if self._lines:
            for statement in area.statements:
                if self._marked(statement) and self._may_be_marked(statement):
                    self._keep(statement)

    def _may_be_marked(self, statement: Statement) -> bool:
        if isinstance(statement.node, _DEFINITIONS) or statement.parent is None:
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
        flow = isinstance(statement.node, _FLOW) and not value and not self._marked(statement)
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
                statement.loads = _loads(_expressions(node))
            names, attributes = statement.loads
            for name in names:
                self._need(name)
            for name in attributes:
                self._need_attribute(name)
        if isinstance(node, _DEFINITIONS):
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


class _Fields(dict[type[ast.AST], tuple[str, ...]]):
    """The fields of a node's type that can hold nodes."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        none = {"arg", "attr", "ctx", "id", "kind", "level", "lineno", "module", "op", "ops", "type_comment"}
        if kind is ast.Constant:
            none.add("value")
        self[kind] = found = tuple(name for name in kind._fields if name not in none)
        return found


_FIELDS = _Fields()


def _below(root: ast.AST) -> Iterator[ast.AST]:
    """A node and those below it, as :func:`ast.walk` has them but for operators; in half of its time."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        for name in _FIELDS[type(node)]:
            value = getattr(node, name, None)
            if value.__class__ is list:
                stack += [each for each in value if isinstance(each, ast.AST)]
            elif isinstance(value, ast.AST):
                stack.append(value)


def _exits(loop: Statement) -> Iterator[Statement]:
    """What ends a loop, or a round of it, before its time, under a condition: it may not run for every item."""
    for block in loop.blocks:
        for inner in block:
            yield from (s for s in inner.leaves if isinstance(s.node, (ast.Break, ast.Continue)))
            yield from _exits(inner)


def _blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks of a compound statement in source order."""
    if isinstance(node, ast.Match):
        return [case.body for case in node.cases]
    blocks: list[list[ast.stmt]] = [getattr(node, "body", [])]
    if isinstance(node, (ast.Try, ast.TryStar)):
        blocks += [handler.body for handler in node.handlers]
    blocks += [getattr(node, "orelse", []), getattr(node, "finalbody", [])]
    return [block for block in blocks if block]


def _expressions(node: ast.stmt) -> list[ast.AST]:
    """What a statement evaluates itself."""
    if isinstance(node, _FUNCTIONS):
        defaults = [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]
        parameters = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        annotations = (parameter.annotation for parameter in parameters if parameter.annotation is not None)
        return [*node.decorator_list, *defaults, *annotations]
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords]
    if isinstance(node, (ast.If, ast.While)):
        return [node.test]
    if isinstance(node, (ast.For, ast.AsyncFor)):
        return [node.iter]
    if isinstance(node, (ast.With, ast.AsyncWith)):
        return list(node.items)
    if isinstance(node, ast.Match):
        return [node.subject, *(case.guard for case in node.cases if case.guard is not None)]
    if isinstance(node, (ast.Try, ast.TryStar, ast.Import, ast.ImportFrom)):
        return []
    if isinstance(node, ast.AnnAssign):
        return [node.target, *([node.value] if node.value is not None else [])]
    return [node]


def _loads(roots: Iterable[ast.AST]) -> tuple[set[str], set[str]]:
    """The names and the attributes that expressions read."""
    names: set[str] = set()
    attributes: set[str] = set()
    for root in roots:
        for node in _below(root):
            if isinstance(node, ast.Name):
                if not isinstance(node.ctx, ast.Store):
                    names.add(node.id)
            elif isinstance(node, ast.Attribute):
                attributes.add(node.attr)
    return names, attributes


def _bound(node: ast.stmt) -> Iterator[str]:
    """The names that a statement binds itself."""
    targets: list[ast.AST] = []
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0]
        return
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from node.names
        return
    if isinstance(node, ast.Assign):
        targets = list(node.targets)
    elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor)):
        targets = [node.target]
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        targets = [item.optional_vars for item in node.items if item.optional_vars is not None]
    elif isinstance(node, ast.Delete):
        targets = list(node.targets)
    elif isinstance(node, (ast.Try, ast.TryStar)):
        yield from (handler.name for handler in node.handlers if handler.name)
    elif isinstance(node, ast.Match):
        targets = [case.pattern for case in node.cases]
    for target in targets:
        for inner in _below(target):
            if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
                yield inner.id
            elif isinstance(inner, (ast.MatchAs, ast.MatchStar)) and inner.name:
                yield inner.name


def _bound_inside(node: ast.stmt) -> Iterator[str]:
    """The names that the expressions of a statement bind."""
    for expression in _expressions(node):
        for inner in _below(expression):
            if isinstance(inner, ast.NamedExpr) and isinstance(inner.target, ast.Name):
                yield inner.target.id


def _changed(node: ast.stmt) -> Iterator[str]:
    """The names of objects that a statement changes: ``d["k"] = v``, ``d.update(…)``, ``assert d``."""
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, (ast.Subscript, ast.Attribute)):
                yield from _root(target)
    elif isinstance(node, ast.Expr):
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in MUTATORS:
            yield from _root(call.func.value)
    elif isinstance(node, ast.Assert) and all(_asks(call) for call in _below(node.test) if isinstance(call, ast.Call)):
        yield from _loads([node.test])[0]


def _asks(call: ast.Call) -> bool:
    """Whether a call in an assertion only asks what a value is."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in _QUESTIONS


def _asked(node: ast.stmt) -> set[str]:
    """The names of which an assignment notes something: ``is_sqlite = url.startswith("sqlite")``."""
    if not isinstance(node, ast.Assign):
        return set()
    for inner in _below(node.value):
        if isinstance(inner, ast.Attribute) and inner.attr in _PARTS:
            return _loads([node.value])[0]
        if isinstance(inner, ast.Compare) and isinstance(inner.ops[0], (ast.In, ast.NotIn)):
            return _loads([node.value])[0]
    return set()


def _set_attributes(node: ast.stmt) -> Iterator[str]:
    """The attributes that a statement gives an object, or whose value it changes."""
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            for inner in _below(target):
                if isinstance(inner, ast.Attribute):
                    yield inner.attr
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        if isinstance(function, ast.Attribute):
            if isinstance(function.value, ast.Attribute):
                yield function.value.attr
            yield f"{function.attr}()"


def _root(node: ast.expr) -> Iterator[str]:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    if isinstance(node, ast.Name) and node.id not in ("self", "cls"):
        yield node.id


def _configures(owner: Statement | None) -> bool:
    return owner is not None and isinstance(owner.node, ast.ClassDef) and owner.node.name == "Config"


def _is_configuration(node: ast.stmt) -> bool:
    """Whether a class's statement tells its library how to read the fields."""
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "model_config" for target in node.targets
    )


def _hooks(node: ast.stmt) -> bool:
    """Whether a method is called by the class's library: validators, computed fields."""
    if not isinstance(node, _FUNCTIONS):
        return False
    names = _loads(node.decorator_list)
    return any("validator" in name or name == "computed_field" for found in names for name in found)


def _yields(node: ast.stmt) -> bool:
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for root in _expressions(node) for inner in _below(root))
