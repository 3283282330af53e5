"""What a statement binds, changes and reads, as :mod:`ast` has it, without the statements inside it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: Methods that change the object they are called on.
MUTATORS = frozenset({"update", "setdefault", "append", "extend", "insert", "pop", "clear", "add"})
_QUESTIONS = frozenset(
    {"startswith", "endswith", "isinstance", "lower", "get_backend_name", "get_driver_name", "len", "get", "str"}
)
#: What is asked of a URL into a name that a condition reads later.
_PARTS = frozenset({"startswith", "get_backend_name", "drivername", "split", "partition", "scheme", "make_url"})


class _Fields(dict[type[ast.AST], tuple[str, ...]]):
    """The fields of a node's type that can hold nodes."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        none = {"arg", "attr", "ctx", "id", "kind", "level", "lineno", "module", "op", "ops", "type_comment"}
        if kind is ast.Constant:
            none.add("value")
        self[kind] = found = tuple(name for name in kind._fields if name not in none)
        return found


_FIELDS = _Fields()


def below(root: ast.AST) -> Iterator[ast.AST]:
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


def blocks_of(node: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks of a compound statement in source order."""
    if isinstance(node, ast.Match):
        return [case.body for case in node.cases]
    blocks: list[list[ast.stmt]] = [getattr(node, "body", [])]
    if isinstance(node, (ast.Try, ast.TryStar)):
        blocks += [handler.body for handler in node.handlers]
    blocks += [getattr(node, "orelse", []), getattr(node, "finalbody", [])]
    return [block for block in blocks if block]


def expressions(node: ast.stmt) -> list[ast.AST]:
    """What a statement evaluates itself."""
    if isinstance(node, FUNCTIONS):
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


def loads(roots: Iterable[ast.AST]) -> tuple[set[str], set[str]]:
    """The names and the attributes that expressions read."""
    names: set[str] = set()
    attributes: set[str] = set()
    for root in roots:
        for node in below(root):
            if isinstance(node, ast.Name):
                if not isinstance(node.ctx, ast.Store):
                    names.add(node.id)
            elif isinstance(node, ast.Attribute):
                attributes.add(node.attr)
    return names, attributes


def binds(node: ast.stmt) -> Iterator[str]:
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
        for inner in below(target):
            if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
                yield inner.id
            elif isinstance(inner, (ast.MatchAs, ast.MatchStar)) and inner.name:
                yield inner.name


def binds_inside(node: ast.stmt) -> Iterator[str]:
    """The names that the expressions of a statement bind."""
    for expression in expressions(node):
        for inner in below(expression):
            if isinstance(inner, ast.NamedExpr) and isinstance(inner.target, ast.Name):
                yield inner.target.id


def changes(node: ast.stmt) -> Iterator[str]:
    """The names of objects that a statement changes: ``d["k"] = v``, ``d.update(…)``, ``assert d``."""
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, (ast.Subscript, ast.Attribute)):
                yield from _root(target)
    elif isinstance(node, ast.Expr):
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in MUTATORS:
            yield from _root(call.func.value)
    elif isinstance(node, ast.Assert) and all(_asks(call) for call in below(node.test) if isinstance(call, ast.Call)):
        yield from loads([node.test])[0]


def _asks(call: ast.Call) -> bool:
    """Whether a call in an assertion only asks what a value is."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in _QUESTIONS


def asks_about(node: ast.stmt) -> set[str]:
    """The names of which an assignment notes something: ``is_sqlite = url.startswith("sqlite")``."""
    if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
        return set()
    for inner in below(node.value):
        if isinstance(inner, ast.Attribute) and inner.attr in _PARTS:
            return loads([node.value])[0]
        if isinstance(inner, ast.Name) and inner.id == "make_url":
            return loads([node.value])[0]
        if isinstance(inner, ast.Compare) and isinstance(inner.ops[0], (ast.In, ast.NotIn)):
            return loads([node.value])[0]
    return set()


def sets_attributes(node: ast.stmt) -> Iterator[str]:
    """The attributes that a statement gives an object, or whose value it changes."""
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            for inner in below(target):
                if isinstance(inner, ast.Attribute):
                    yield inner.attr
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        if isinstance(function, ast.Name) and function.id == "setattr":
            yield from (str(each.value) for each in node.value.args[1:2] if isinstance(each, ast.Constant))
        if isinstance(function, ast.Attribute):
            if isinstance(function.value, ast.Attribute):
                yield function.value.attr
            yield f"{function.attr}()"


def _root(node: ast.expr) -> Iterator[str]:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    if isinstance(node, ast.Name) and node.id not in ("self", "cls"):
        yield node.id


def yields(node: ast.stmt) -> bool:
    """Whether a statement is or holds a ``yield``."""
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for root in expressions(node) for inner in below(root))
