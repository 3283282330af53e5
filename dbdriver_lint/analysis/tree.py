"""Walking LibCST trees: one pass for many visitors, over the fields that mean something.

The library's own walk visits every comma and space and looks methods up by name for each node; this
one reads the fields of each node type once per process and skips white space (about a tenth of the
time, see ``benchmarks/``).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any

import libcst as cst

Handler = Callable[[Any], Any]

#: Fields that hold layout: white space, separators, parentheses, comments.
_LAYOUT = (
    "whitespace",
    "leading_",
    "default_",
    "has_trailing_",
    "lines_after",
    "header",
    "footer",
    "trailing",
    "semicolon",
    "comma",
    "lpar",
    "rpar",
)
_LAYOUT_EXACT = frozenset(
    {"equal", "colon", "dot", "lbracket", "rbracket", "lbrace", "rbrace", "indent", "newline", "encoding"}
)
#: What a node's syntax tells is found once: this many nodes are run again and again, in loops, calls and branches.
of_syntax = lru_cache(maxsize=4096)
_SEMANTIC: dict[type, tuple[str, ...]] = {}
_HANDLERS: dict[type, tuple[dict[type, str], dict[type, str]]] = {}


def semantic_fields(kind: type) -> tuple[str, ...]:
    """The fields of a node type that hold nodes with meaning, in source order."""
    known = _SEMANTIC.get(kind)
    if known is None:
        known = tuple(
            field.name
            for field in fields(kind)
            if not field.name.startswith(_LAYOUT) and field.name not in _LAYOUT_EXACT
        )
        if kind is cst.Decorator or kind is cst.FunctionDef or kind is cst.ClassDef:
            # decorators come before the name in the text
            known = tuple(sorted(known, key=lambda name: name != "decorators"))
        _SEMANTIC[kind] = known
    return known


class Kinds(dict[type, bool]):
    """Whether a type is one of some kinds of nodes: slow to ask of LibCST's abstract classes, so each is asked once."""

    def __init__(self, *kinds: type) -> None:
        super().__init__()
        self._kinds = kinds

    def __missing__(self, kind: type) -> bool:
        self[kind] = found = issubclass(kind, self._kinds)
        return found


_IS_NODE = Kinds(cst.CSTNode)


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The child nodes that mean something, in source order."""
    for name in semantic_fields(type(node)):
        value = getattr(node, name)
        if _IS_NODE[type(value)]:
            yield value
        elif isinstance(value, (list, tuple)):
            for item in value:
                if _IS_NODE[type(item)]:
                    yield item


def descendants(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """``root`` and every node below it that means something."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))


class _Left:
    """The end of a node, among those that are still to be visited."""

    __slots__ = ("node",)

    def __init__(self, node: cst.CSTNode) -> None:
        self.node = node


def walk(root: cst.CSTNode, visitors: Sequence[cst.CSTVisitor]) -> None:
    """Visit every node below ``root`` once with all visitors.

    ``visit_X`` and ``leave_X`` methods are called as LibCST calls them; a visitor cannot stop the
    descent (another may need it), and attributes are not visited one by one.
    """
    enter: dict[type, list[Handler]] = {}
    leave: dict[type, list[Handler]] = {}
    for visitor in visitors:
        visits, leaves = _handlers(type(visitor))
        for kind, name in visits.items():
            enter.setdefault(kind, []).append(getattr(visitor, name))
        for kind, name in leaves.items():
            leave.setdefault(kind, []).append(getattr(visitor, name))
    stack: list[cst.CSTNode | _Left] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, _Left):
            for handler in leave[type(node.node)]:
                handler(node.node)
            continue
        kind = type(node)
        if kind in enter:
            for handler in enter[kind]:
                handler(node)
        if kind in leave:
            stack.append(_Left(node))
        for name in reversed(semantic_fields(kind)):  # the first one ends on top
            value = getattr(node, name)
            if _IS_NODE[value.__class__]:
                stack.append(value)
            elif value.__class__ is tuple or value.__class__ is list:
                stack += [item for item in reversed(value) if _IS_NODE[item.__class__]]


def _handlers(visitor: type) -> tuple[dict[type, str], dict[type, str]]:
    """Which node types a visitor class wants, found once per process."""
    known = _HANDLERS.get(visitor)
    if known is None:
        visits: dict[type, str] = {}
        leaves: dict[type, str] = {}
        own = {
            name for klass in visitor.__mro__ if klass.__module__.startswith("dbdriver_lint") for name in vars(klass)
        }
        for name in own:
            for prefix, table in (("visit_", visits), ("leave_", leaves)):
                kind = getattr(cst, name.removeprefix(prefix), None) if name.startswith(prefix) else None
                if isinstance(kind, type):
                    table[kind] = name
        known = _HANDLERS[visitor] = (visits, leaves)
    return known


def dotted(node: cst.CSTNode) -> str | None:
    """``a.b.c`` of names and attributes, else None."""
    names: list[str] = []
    while (
        type(node) is cst.Attribute
    ):  # isinstance() is slow for LibCST's abstract classes, and nobody derives from these
        names.append(node.attr.value)
        node = node.value
    if type(node) is not cst.Name:
        return None
    names.append(node.value)
    return ".".join(reversed(names))


def last_name(node: cst.CSTNode) -> str | None:
    """``c`` of ``a().b.c``: the name that a call is written with."""
    if type(node) is cst.Attribute:
        return node.attr.value
    return node.value if type(node) is cst.Name else None


_OPENING = re.compile(r"(?P<prefix>[A-Za-z]*)(?P<quote>\"\"\"|'''|\"|')")


@lru_cache(maxsize=256)
def string_value(literal: str) -> tuple[str | bytes, int | None]:
    """The value of a string as it is written, and how many characters precede its content, if it is verbatim.

    Verbatim means that the content in the source is the value: no escapes, no line ends that
    Python would translate.
    """
    opening = _OPENING.match(literal)
    assert opening is not None
    prefix, quote = opening["prefix"].lower(), opening["quote"]
    skip = opening.end()
    inner = literal[skip : -len(quote)]
    if "b" not in prefix and "\r" not in inner and ("\\" not in inner or "r" in prefix):
        return inner, skip
    try:
        value = ast.literal_eval(literal)
    except (ValueError, SyntaxError):
        return inner, None
    return value, None


def fstring_text(part: cst.FormattedStringText, string: cst.FormattedString) -> tuple[str, bool]:
    """The value of the text between the holes of an f-string, and whether it is verbatim."""
    raw = part.value
    if "\r" not in raw and "{{" not in raw and "}}" not in raw and ("\\" not in raw or "r" in string.prefix):
        return raw, True
    text = raw.replace("{{", "{").replace("}}", "}")
    if "\\" in text and "r" not in string.prefix:
        quote = string.start[-1] * 3
        try:
            text = ast.literal_eval(f"{quote}{text}{quote}")
        except (ValueError, SyntaxError):
            return raw, False
    return text, False
