"""What is written out: strings, numbers, collections and comprehensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from dbdriver_lint.analysis import string_methods, strings
from dbdriver_lint.analysis.program import Env
from dbdriver_lint.analysis.tree import fstring_text, string_value
from dbdriver_lint.analysis.values import (
    Choice,
    Constant,
    Dictionary,
    Hole,
    Items,
    Literal,
    Template,
    Text,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.analysis.frames import Frame
    from dbdriver_lint.analysis.layer import Layer

#: Comprehensions over more known items are not followed item by item.
MAX_ITEMS = 8


def simple_string(_interpreter: Layer, node: cst.SimpleString, frame: Frame) -> Value:
    """``"text"``, with the place of each of its characters where that is plain."""
    value, skip = string_value(node.value)
    if isinstance(value, bytes):
        return Constant(value)
    return strings.text_of(value, None if skip is None else Literal(frame.anchor(node), skip))


def formatted_string(interpreter: Layer, node: cst.FormattedString, frame: Frame) -> Value:
    """``f"{host}:{port}"``."""
    parts: list[Value] = []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            text, verbatim = fstring_text(part, node)
            parts.append(strings.text_of(text, Literal(frame.anchor(part), 0) if verbatim else None))
        elif isinstance(part, cst.FormattedStringExpression):
            value = interpreter.evaluate(part.expression, frame)
            if part.format_spec is not None or part.conversion in ("r", "a"):
                value = Unknown("formatted value", value.steps)
            parts.append(interpolated(value, part.expression, frame))
    return strings.concat(parts)


def interpolated(value: Value, node: cst.CSTNode, frame: Frame) -> Value:
    """A value as it goes into a string; a hole remembers the expression that fills it."""
    value = string_methods.as_text(value)
    if isinstance(value, (Text, Template, Choice)):
        return value
    if isinstance(value, Constant) and not isinstance(value.value, bytes):
        return strings.text_of(str(value.value))
    return Template((Hole(value, anchor=frame.anchor(node)),))  # the way of the part is not that of the whole


def concatenated(interpreter: Layer, node: cst.ConcatenatedString, frame: Frame) -> Value:
    """``"one" "two"``."""
    left, right = interpreter.evaluate(node.left, frame), interpreter.evaluate(node.right, frame)
    if isinstance(left, Constant) or isinstance(right, Constant):
        return Unknown("bytes")
    return strings.concat([left, right])


def number(_interpreter: Layer, node: cst.Integer | cst.Float, _frame: Frame) -> Value:
    """``5432``."""
    try:
        return Constant(node.evaluated_value)
    except (ValueError, SyntaxError):  # more digits than the interpreter converts
        return Unknown("number")


def dictionary(interpreter: Layer, node: cst.Dict, frame: Frame) -> Value:
    """``{"key": value, **others}``."""
    items: dict[str, Value] = {}
    keys: dict[str, Any] = {}
    entries: dict[str, Any] = {}
    is_open = False
    for element in node.elements:
        value = interpreter.evaluate(element.value, frame)
        if isinstance(element, cst.DictElement):
            key = interpreter.evaluate(element.key, frame)
            if isinstance(key, Text):
                items[key.text] = value
                keys[key.text] = frame.anchor(element.key)
                entries[key.text] = frame.anchor(element)
            else:
                is_open = True
        elif isinstance(value, Dictionary):
            items.update(value.items)
            keys.update(value.key_anchors)
            entries.update(value.entry_anchors)
            is_open = is_open or value.open
        else:
            is_open = True
    return Dictionary(items, is_open, frame.anchor(node), key_anchors=keys, entry_anchors=entries)


def collection(interpreter: Layer, node: cst.List | cst.Tuple | cst.Set, frame: Frame) -> Value:
    """``[a, b]``, ``(a, b)`` or ``{a, b}``."""
    items: list[Value] = []
    is_open = False
    for element in node.elements:
        value = interpreter.evaluate(element.value, frame)
        if isinstance(element, cst.StarredElement):
            if isinstance(value, Items):
                items.extend(value.items)
                is_open = is_open or value.open
            else:
                is_open = True
        else:
            items.append(value)
    return Items(tuple(items), is_open)


def comprehension(interpreter: Layer, node: cst.BaseComp, frame: Frame) -> Value:
    """``[… for …]``, ``{…}`` or ``(…)``; of what is not known in full only the calls are seen."""
    inner = frame.inner(Env("function", frame.env))
    clause = node.for_in
    items = interpreter.evaluate(clause.iter, inner) if clause.inner_for_in is None else None
    if not isinstance(node, cst.DictComp) and isinstance(items, Items) and _is_short(items):
        return _each(interpreter, node, items, inner)
    for clause in _clauses(node):
        interpreter.evaluate(clause.iter, inner)
        interpreter.assign(clause.target, Unknown("loop variable"), None, inner)
        for condition in clause.ifs:
            interpreter.evaluate(condition.test, inner)
    if isinstance(node, cst.DictComp):
        interpreter.evaluate(node.key, inner)
        interpreter.evaluate(node.value, inner)
        return Dictionary({}, open=True)
    interpreter.evaluate(node.elt, inner)  # type: ignore[attr-defined]
    return Items((), open=True)


def _each(interpreter: Layer, node: cst.BaseComp, items: Items, frame: Frame) -> Value:
    """A comprehension over items that are known."""
    found: list[Value] = []
    is_open = False
    for item in items.items:
        interpreter.assign(node.for_in.target, item, None, frame)
        kept = [strings.truth(interpreter.evaluate(condition.test, frame)) for condition in node.for_in.ifs]
        value = interpreter.evaluate(node.elt, frame)  # type: ignore[attr-defined]
        if False not in kept:
            is_open = is_open or None in kept
            found += [] if None in kept else [value]
    return Items(tuple(found), is_open)


def _is_short(items: Items) -> bool:
    """Whether a comprehension is followed item by item."""
    return not items.open and len(items.items) <= MAX_ITEMS


def _clauses(node: cst.BaseComp) -> Iterator[cst.CompFor]:
    clause: cst.CompFor | None = node.for_in
    while clause is not None:
        yield clause
        clause = clause.inner_for_in
