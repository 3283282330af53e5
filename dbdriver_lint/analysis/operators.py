"""Operators: arithmetic on texts and collections, comparisons, and what depends on a truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis import dictionaries, string_methods, strings
from dbdriver_lint.analysis.literals import interpolated
from dbdriver_lint.analysis.values import (
    Constant,
    Dictionary,
    EnvVar,
    Items,
    Object,
    Template,
    Text,
    Unknown,
    Url,
    Value,
    choice,
    one_way,
    options,
)
from dbdriver_lint.records import replace as copy

if TYPE_CHECKING:
    from dbdriver_lint.analysis.frames import Frame
    from dbdriver_lint.analysis.layer import Layer


def binary(interpreter: Layer, node: cst.BinaryOperation, frame: Frame) -> Value:
    """``left + right`` and the like."""
    left, right = interpreter.evaluate(node.left, frame), interpreter.evaluate(node.right, frame)
    if isinstance(node.operator, cst.Add):
        if _make_text(left, right):
            left, right = interpolated(left, node.left, frame), interpolated(right, node.right, frame)
        return add(left, right)
    if isinstance(node.operator, cst.BitOr):
        return merge(left, right)
    if isinstance(node.operator, cst.Modulo) and isinstance(left, (Text, Template)):
        return string_methods.percent_format(left, right)
    if isinstance(node.operator, cst.Divide):
        return Unknown("path", one_way(left.steps, right.steps))
    return Unknown("computed", left.steps)


def _make_text(left: Value, right: Value) -> bool:
    return any(isinstance(option, (Text, Template)) for value in (left, right) for option in options(value))


def add(left: Value, right: Value) -> Value:
    """``left + right`` of strings or lists."""
    if isinstance(left, Items) and isinstance(right, Items):
        return Items((*left.items, *right.items), left.open or right.open)
    if _make_text(left, right):
        return strings.concat([string_methods.as_text(left), string_methods.as_text(right)])
    if isinstance(left, Constant) and isinstance(right, Constant):
        return Unknown("number")
    return Unknown("computed", one_way(left.steps, right.steps))


def merge(left: Value, right: Value) -> Value:
    """``left | right`` of dictionaries."""
    if isinstance(left, Dictionary) and isinstance(right, Dictionary):
        return dictionaries.merged(left, right)
    if isinstance(left, Dictionary):
        return copy(left, open=True)
    if isinstance(right, Dictionary):
        return copy(right, open=True)
    return Unknown("computed")


def unary(interpreter: Layer, node: cst.UnaryOperation, frame: Frame) -> Value:
    """``not value`` or ``-value``."""
    value = interpreter.evaluate(node.expression, frame)
    if isinstance(node.operator, cst.Not):
        truth = strings.truth(value)
        return Unknown("not") if truth is None else Constant(not truth)
    if isinstance(node.operator, cst.Minus) and isinstance(value, Constant) and isinstance(value.value, (int, float)):
        return Constant(-value.value)
    return Unknown("computed")


def boolean(interpreter: Layer, node: cst.BooleanOperation, frame: Frame) -> Value:
    """``left or right``, ``left and right``."""
    left = interpreter.evaluate(node.left, frame)
    right = interpreter.evaluate(node.right, frame)
    is_or = isinstance(node.operator, cst.Or)
    results: list[Value] = []
    for option in options(left):
        if isinstance(option, EnvVar) and is_or:
            # `os.getenv("X") or "default"`: the right side is the default
            results.append(copy(option, default=right) if option.default is None else option)
            if option.default is not None and strings.truth(option.default) is not True:
                results.append(right)
            continue
        truth = strings.truth(option)
        if truth is None:
            results += [option, right]
        elif truth is is_or:
            results.append(option)
        else:
            results.append(right)
    return choice(results)


def comparison(interpreter: Layer, node: cst.Comparison, frame: Frame) -> Value:
    """``a == b``, ``a < b < c``: True or False where every part of it is known."""
    left = interpreter.evaluate(node.left, frame)
    results: list[bool | None] = []
    for target in node.comparisons:
        right = interpreter.evaluate(target.comparator, frame)
        results.append(_compare(left, target.operator, right))
        left = right
    if any(result is False for result in results):
        return Constant(False)
    return Constant(True) if all(result is True for result in results) else Unknown("comparison")


def conditional(interpreter: Layer, node: cst.IfExp, frame: Frame) -> Value:
    """``body if test else orelse``, each side with what the test says of its names."""
    truth = strings.truth(interpreter.evaluate(node.test, frame))
    results: list[Value] = []
    before = frame.env.vars
    for wanted, branch in ((True, node.body), (False, node.orelse)):
        if truth is (not wanted):
            continue
        frame.env.vars = dict(before)
        if interpreter.assume(node.test, wanted, frame):
            results.append(interpreter.evaluate(branch, frame))
    frame.env.vars = before
    return choice(results)


def _compare(left: Value, operator: cst.BaseCompOp, right: Value) -> bool | None:
    """The outcome of one comparison, None where it cannot be known."""
    result: bool | None
    if isinstance(operator, (cst.Equal, cst.NotEqual)):
        result = strings.equals(left, right)
        return None if result is None else result is isinstance(operator, cst.Equal)
    if isinstance(operator, (cst.Is, cst.IsNot)):
        if isinstance(left, Constant) and isinstance(right, Constant):
            result = left.value is right.value
        elif isinstance(left, Text) and isinstance(right, Text):
            result = left.text == right.text  # members of an enumeration
        elif (
            isinstance(right, Constant)
            and right.value is None
            and isinstance(left, (Text, Template, Url, Dictionary, Items, Object))
        ):
            result = False
        else:
            return None
        return result is isinstance(operator, cst.Is)
    if isinstance(operator, (cst.In, cst.NotIn)):
        if isinstance(left, Text) and isinstance(right, (Text, Template)):
            result = strings.contains(right, left.text)
        elif isinstance(right, Items) and not right.open:
            outcomes = [strings.equals(left, item) for item in right.items]
            result = True if True in outcomes else (None if None in outcomes else False)
        elif isinstance(right, Dictionary) and isinstance(left, Text):
            result = True if left.text in right.items else (None if right.open else False)
        else:
            return None
        return None if result is None else result is isinstance(operator, cst.In)
    return None
