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
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dbdriver_lint.source.text import line_starts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: Members of a class that count without being named.
_IMPLICIT = frozenset({"__init__", "__new__", "__post_init__", "Config"})
_FLOW = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: Methods that change the object they are called on.
MUTATORS = frozenset({"update", "setdefault", "append", "extend", "insert", "pop", "clear", "add"})
_QUESTIONS = frozenset(
    {"startswith", "endswith", "isinstance", "lower", "get_backend_name", "get_driver_name", "len", "get", "str"}
)
#: ``self.name = …``, also with an annotation, an operator or in a tuple; a comparison does no harm.
_SETS = re.compile(r"\b(?:self|cls|instance)\.(\w+)\s*(?:[:,=]|[-+|]=)")
#: What stands for a block of which nothing is kept: a statement of one character fits everywhere.
_NOTHING = "0"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some lines of a file, with every column kept."""

    text: str
    lines: tuple[int, ...]
    """The 1-based line of the file that each line of the text is."""


@dataclass(slots=True, eq=False)
class _Facts:
    """What a statement does by itself, found once for all slices of a file."""

    bound: list[str]
    """The names that it binds, and those of the objects that it changes."""
    attributes: list[str]
    """The attributes that it sets or changes."""
    test: set[str]
    """The names in the condition of an ``if`` that is left early."""
    blocks: list[list[ast.stmt]]
    loads: tuple[set[str], set[str]] | None = None


@dataclass(slots=True, eq=False)
class _Unit:
    """A statement, without the statements inside it."""

    node: ast.stmt
    parent: _Unit | None
    """The compound statement, function or class that it stands in."""
    kept: bool = False
    whole: bool = False
    """Its own expressions are needed, not only that it leaves the block."""
    value: bool = False
    """A function whose result is needed."""
    blocks: list[list[_Unit]] = field(default_factory=list)
    active: bool = False


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
        self.tree = ast.parse(text)
        self.starts = line_starts(text)
        self._facts: dict[ast.stmt, _Facts] = {}
        self._sets: dict[ast.stmt, frozenset[str]] = {}
        #: What is looked for in every statement only where the file has it at all.
        self._has_globals = "global " in text
        self._has_walrus = ":=" in text

    def around(self, lines: Sequence[int]) -> Excerpt:
        """The slice that the statements on ``lines`` (1-based, sorted) need; all module-level imports stay."""
        return _Slice(self, lines).cut()

    def defining(self, name: str, member: str | None = None, lines: Sequence[int] = ()) -> Excerpt:
        """The slice that gives the module-level ``name`` its value.

        Of a class, or an object of one, nothing is needed before a ``member`` is asked for. What stands
        on ``lines`` is kept where it is a part of what the name needs.
        """
        return _Slice(self, lines, name, member).cut()

    def facts(self, node: ast.stmt) -> _Facts:
        """What a statement does."""
        known = self._facts.get(node)
        if known is None:
            bound: list[str] = []
            attributes: list[str] = []
            test: set[str] = set()
            blocks: list[list[ast.stmt]] = []
            if isinstance(node, _DEFINITIONS):
                if self._has_globals and not isinstance(node, ast.ClassDef):
                    bound.extend(_globals(node))
            else:
                bound += [*_bound(node), *_changed(node)]
                if self._has_walrus:
                    bound += _bound_inside(node)
                attributes.extend(_set_attributes(node))
                blocks = _blocks(node)
                if isinstance(node, ast.If) and any(isinstance(inner, _FLOW) for block in blocks for inner in block):
                    test = _loads([node.test])[0]
            known = self._facts[node] = _Facts(bound, attributes, test, blocks)
        return known

    def sets(self, method: ast.stmt) -> frozenset[str]:
        """The attributes that a method gives its object."""
        known = self._sets.get(method)
        if known is None:
            start, end = self.start(method), self.end(method)
            known = self._sets[method] = frozenset(_SETS.findall(self.text, start, end))
        return known

    def loads(self, node: ast.stmt) -> tuple[set[str], set[str]]:
        """The names and the attributes that a statement reads itself."""
        facts = self.facts(node)
        if facts.loads is None:
            facts.loads = _loads(_expressions(node))
        return facts.loads

    def line_of(self, offset: int) -> int:
        """The 1-based line of a character offset."""
        return bisect_right(self.starts, offset)

    def offset(self, line: int, column: int) -> int:
        """The character offset of a 1-based line and a column in UTF-8 bytes, as ``ast`` counts them."""
        start = self.starts[line - 1]
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


class _Slice:
    """The growing set of statements that are kept."""

    def __init__(self, file: Slicer, lines: Sequence[int], name: str | None = None, member: str | None = None) -> None:
        self.file = file
        self.lines = lines
        self.following = name is not None
        self.headers = name is not None and member is None
        """Classes are kept without what nobody asks for: fields, ``__init__``, validators."""
        self.needed: set[str] = set()
        self.attributes: set[str] = set()
        #: What to keep when a name, or an attribute, is needed.
        self.by_name: dict[str, list[_Unit]] = defaultdict(list)
        self.by_attribute: dict[str, list[_Unit]] = defaultdict(list)
        self.queue: list[_Unit] = []
        self.body = [_Unit(node, None) for node in file.tree.body]
        self._register(self.body)
        if name is not None:
            self._need(name)
        if member is not None:
            self._need_attribute(member)
        while self.queue:
            self._expand(self.queue.pop())

    # Which statements there are

    def _register(self, units: list[_Unit]) -> None:
        """Note what the statements of a block define; functions and classes are opened when they are kept."""
        for unit in units:
            node = unit.node
            if isinstance(node, _DEFINITIONS):
                self._register_definition(unit, node)
                continue
            facts = self.file.facts(node)
            in_class = unit.parent is not None and isinstance(unit.parent.node, ast.ClassDef)
            for name in facts.bound:
                self._offer(self.by_name, self.needed, name, unit)
                if in_class:
                    self._offer(self.by_attribute, self.attributes, name, unit)
            for name in facts.attributes:
                self._offer(self.by_attribute, self.attributes, name, unit)
            # what is left early narrows what the names in the condition can be
            for name in facts.test:
                self._offer(self.by_name, self.needed, name, unit)
            if self._always(unit) or ((unit.parent is not None or not self.following) and self._marked(unit)):
                self._keep(unit)
            for block in facts.blocks:
                inner = [_Unit(statement, unit) for statement in block]
                unit.blocks.append(inner)
                self._register(inner)

    def _register_definition(self, unit: _Unit, node: ast.stmt) -> None:
        assert isinstance(node, _DEFINITIONS)
        in_class = unit.parent is not None and isinstance(unit.parent.node, ast.ClassDef)
        if in_class:
            self._offer(self.by_attribute, self.attributes, node.name, unit)
        self._offer(self.by_name, self.needed, node.name, unit)
        if in_class and not self.headers and (node.name in _IMPLICIT or _hooks(node)):
            self._keep(unit, value=True)
        elif not self.following and self._marked(unit):
            self._keep(unit)
        facts = self.file.facts(node)
        for name in facts.bound:
            self._offer(self.by_name, self.needed, name, unit)
        if in_class and not self.headers:
            # a method that sets an attribute counts where another method calls it
            for name in self.file.sets(node):
                self._offer(self.by_attribute, self.attributes, name, unit)

    def _offer(self, table: dict[str, list[_Unit]], wanted: set[str], name: str, unit: _Unit) -> None:
        table[name].append(unit)
        if name in wanted:
            self._keep(unit, value=True)

    def _always(self, unit: _Unit) -> bool:
        node = unit.node
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            outside = not self.following and all(not isinstance(u.node, _DEFINITIONS) for u in _parents(unit))
            return outside or any(alias.name == "*" for alias in node.names)
        parent = unit.parent
        if parent is not None and isinstance(parent.node, ast.ClassDef):
            configures = parent.node.name == "Config" or _is_configuration(node)
            return not self.headers and (isinstance(node, ast.AnnAssign) or configures)
        # what leaves a function at its own level ends it
        return parent is not None and isinstance(parent.node, _FUNCTIONS) and isinstance(node, _FLOW)

    def _marked(self, unit: _Unit) -> bool:
        """Whether one of the wanted lines stands in the statement (its header, for a compound one)."""
        node = unit.node
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return False  # a docstring
        assert node.end_lineno is not None
        first, last = node.lineno, node.end_lineno
        blocks = self.file.facts(node).blocks
        if blocks:
            last = max(first, blocks[0][0].lineno - 1)
        if isinstance(node, _DEFINITIONS):
            first = min([first, *(decorator.lineno for decorator in node.decorator_list)])
        at = bisect_left(self.lines, first)
        return at < len(self.lines) and self.lines[at] <= last

    # What is kept

    def _need(self, name: str) -> None:
        if name not in self.needed:
            self.needed.add(name)
            for unit in self.by_name[name]:
                self._keep(unit, value=True)

    def _need_attribute(self, name: str) -> None:
        if name not in self.attributes:
            self.attributes.add(name)
            for unit in self.by_attribute[name]:
                self._keep(unit, value=True)

    def _keep(self, unit: _Unit, *, value: bool = False) -> None:
        flow = isinstance(unit.node, _FLOW) and not value and not self._marked(unit)
        if unit.kept and unit.whole >= (not flow) and unit.value >= value:
            return
        unit.kept = True
        unit.whole = unit.whole or not flow
        unit.value = unit.value or value
        self.queue.append(unit)

    def _expand(self, unit: _Unit) -> None:
        """Keep what a kept statement needs."""
        node = unit.node
        if unit.parent is not None:
            self._keep(unit.parent)
        names, attributes = self.file.loads(node) if unit.whole else ((), ())
        for name in names:
            self._need(name)
        for name in attributes:
            self._need_attribute(name)
        if isinstance(node, _DEFINITIONS):
            in_class = unit.parent is not None and isinstance(unit.parent.node, ast.ClassDef)
            if in_class and not self.headers and not self.attributes.isdisjoint(self.file.sets(node)):
                self._need_attribute(f"{node.name}()")
            if not unit.active:
                unit.active = True
                unit.blocks.append([_Unit(statement, unit) for statement in node.body])
                self._register(unit.blocks[0])
            if unit.value and isinstance(node, _FUNCTIONS):
                for inner in _same_function(unit.blocks[0]):
                    if isinstance(inner.node, ast.Return) or _yields(inner.node):
                        self._keep(inner, value=True)
        else:
            for block in unit.blocks:
                for inner in block:
                    if isinstance(inner.node, _FLOW):
                        self._keep(inner)

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

    def _emit(self, units: list[_Unit], ranges: list[tuple[int, int, bool]], *, required: bool = True) -> None:
        """Note the ranges of a block's kept text; a block that must not be empty gets a placeholder."""
        start = self.file.start
        if required and not any(unit.kept for unit in units):
            begin = start(units[0].node)
            ranges.append((begin, begin + 1, False))
            return
        for index, unit in enumerate(units):
            following = units[index + 1] if index + 1 < len(units) else None
            shares = following is not None and following.node.lineno == unit.node.end_lineno
            if unit.kept:
                self._emit_unit(unit, ranges)
            elif shares:
                begin = start(unit.node)
                ranges.append((begin, begin + 1, False))
            if shares:
                assert following is not None
                ranges.append((self.file.end(unit.node), start(following.node), True))

    def _emit_unit(self, unit: _Unit, ranges: list[tuple[int, int, bool]]) -> None:
        node = unit.node
        begin, end = self.file.start(node), self.file.end(node)
        if isinstance(node, (ast.Return, ast.Raise)) and not unit.whole:
            # that it leaves is enough
            ranges.append((begin, begin + len("return" if isinstance(node, ast.Return) else "raise"), True))
            return
        for block in unit.blocks:
            ranges.append((begin, self.file.start(block[0].node), True))
            self._emit(block, ranges)
            begin = self.file.end(block[-1].node)
        if not unit.blocks:
            ranges.append((begin, end, True))


def _parents(unit: _Unit) -> Iterator[_Unit]:
    parent = unit.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def _same_function(units: list[_Unit]) -> Iterator[_Unit]:
    """The statements of a function, not those of functions inside it."""
    for unit in units:
        yield unit
        if not isinstance(unit.node, _DEFINITIONS):
            for block in unit.blocks:
                yield from _same_function(block)


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
        for node in ast.walk(root):
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
        for inner in ast.walk(target):
            if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
                yield inner.id
            elif isinstance(inner, (ast.MatchAs, ast.MatchStar)) and inner.name:
                yield inner.name


def _bound_inside(node: ast.stmt) -> Iterator[str]:
    """The names that the expressions of a statement bind."""
    for expression in _expressions(node):
        for inner in ast.walk(expression):
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
    elif isinstance(node, ast.Assert) and all(
        _asks(call) for call in ast.walk(node.test) if isinstance(call, ast.Call)
    ):
        yield from _loads([node.test])[0]


def _asks(call: ast.Call) -> bool:
    """Whether a call in an assertion only asks what a value is."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in _QUESTIONS


def _set_attributes(node: ast.stmt) -> Iterator[str]:
    """The attributes that a statement gives an object, or whose value it changes."""
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            for inner in ast.walk(target):
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


def _globals(node: ast.stmt) -> Iterator[str]:
    """The module's names that a function assigns."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Global):
            yield from inner.names


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
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for root in _expressions(node) for inner in ast.walk(root))
