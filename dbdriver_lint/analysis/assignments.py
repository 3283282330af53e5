"""Assignments: a name gets its value when it is asked for, an attribute and an item at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis import operators
from dbdriver_lint.analysis.conditions import Conditions
from dbdriver_lint.analysis.expressions import is_of_state
from dbdriver_lint.analysis.program import Deferred, Env, InstanceRecord, source_of
from dbdriver_lint.analysis.relevance import expression_may_matter
from dbdriver_lint.analysis.tree import descendants, dotted, of_syntax
from dbdriver_lint.analysis.values import (
    Constant,
    Items,
    Object,
    Result,
    Step,
    Symbol,
    Unknown,
    Value,
    choice,
    is_too_large,
    options,
    with_step,
)
from dbdriver_lint.records import replace as copy

if TYPE_CHECKING:
    from dbdriver_lint.analysis.frames import Frame


#: With more names than these in a class or module, each of its assignments keeps only those that it needs, not all.
MANY = 50


class Assignments(Conditions):
    """The part of the interpreter that binds names, attributes and items."""

    def _assign_all(
        self, targets: list[cst.BaseAssignTargetExpression], source: cst.BaseExpression, line: cst.CSTNode, frame: Frame
    ) -> None:
        """Bind the targets of one assignment; a plain name gets its value when it is asked for."""
        self._record(line, source, frame)
        if len(targets) == 1 and isinstance(targets[0], cst.Name):
            target = targets[0]
            earlier = self._earlier(source, frame)

            def find() -> Value:
                value = self.evaluate(source, earlier)
                return _set_here(value, target.value, source, earlier)

            costly = self._is_costly(source, frame)
            self._forget_attributes(target.value, frame)
            frame.env.vars[target.value] = Deferred(find, costly=costly, source=(source, earlier.env))
            return
        earlier = self._earlier(source, frame)
        if len(targets) == 1 and not self._made and isinstance(targets[0], cst.Attribute):
            path = dotted(targets[0])
            if path is not None and not is_of_state(targets[0]):
                self._forget_attributes(path, frame)
                frame.env.vars[path] = Deferred(
                    lambda: _set_here(self.evaluate(source, earlier), path, source, earlier)
                )
                return
        value = self.evaluate(source, earlier)
        for each in targets:
            self.assign(each, value, source, frame)

    @staticmethod
    def _is_costly(node: cst.CSTNode, frame: Frame) -> bool:
        """Whether an expression calls something that is not a library's and has nothing to do with databases."""
        roots = _roots_of_calls(node)
        known = all(isinstance(frame.env.vars.get(root) or frame.module.env.vars.get(root), Symbol) for root in roots)
        return not known and not expression_may_matter(node)

    @staticmethod
    def _earlier(node: cst.BaseExpression, frame: Frame) -> Frame:
        """The activation with the names that an expression needs as they are now, whatever is assigned later."""
        env = Env(frame.env.kind, frame.env.parent)
        few = len(frame.env.vars) <= MANY or frame.env.kind not in ("class", "module")
        env.vars = dict(frame.env.vars) if few else _needed(node, frame.env.vars)
        env.wildcards = frame.env.wildcards
        return copy(frame, env=env, recording=False, returns=[], breaks=[])

    def _later(self, node: cst.BaseExpression, frame: Frame) -> Deferred:
        """What an expression gives here, computed when it is asked for."""
        earlier = self._earlier(node, frame)
        return Deferred(lambda: self.evaluate(node, earlier))

    @staticmethod
    def _forget_attributes(path: str, frame: Frame) -> None:
        """A name that is bound anew no longer has the attributes that were set on the old object."""
        stale = f"{path}."
        for name in [name for name in frame.env.vars if name.startswith(stale)]:
            del frame.env.vars[name]

    def assign(self, target: cst.CSTNode, value: Value, source: cst.CSTNode | None, frame: Frame) -> None:
        """Bind a target to a value, and note the place."""
        if isinstance(target, (cst.Name, cst.Attribute)):
            path = dotted(target)
            if path is None:
                return
            if source is not None:
                value = _set_here(value, path, source, frame)
            self._forget_attributes(path, frame)
            frame.env.vars[path] = value
            if isinstance(target, cst.Attribute):
                self._set_attribute(target, value, frame)
        elif isinstance(target, (cst.Tuple, cst.List)):
            self._unpack(target, value, source, frame)
        elif isinstance(target, cst.StarredElement):
            self.assign(target.value, Unknown("unpacked"), source, frame)
        elif isinstance(target, cst.Subscript):
            self.assign_item(target, value, frame)

    def _unpack(self, target: cst.Tuple | cst.List, value: Value, source: cst.CSTNode | None, frame: Frame) -> None:
        elements = target.elements
        starred = any(isinstance(element, cst.StarredElement) for element in elements)
        alternatives = [
            option.items
            for option in options(value)
            if isinstance(option, Items) and not option.open and len(option.items) == len(elements)
        ]
        complete = len(alternatives) == sum(1 for _ in options(value))
        for index, element in enumerate(elements):
            if starred or not alternatives:
                part: Value = Unknown("unpacked", value.steps)
            else:
                part = choice([*(items[index] for items in alternatives), *([] if complete else [Unknown("unpacked")])])
            self.assign(element.value, part, source, frame)

    def _set_attribute(self, target: cst.Attribute, value: Value, frame: Frame) -> None:
        if is_of_state(target):
            self.state.setdefault(target.attr.value, value)
        # an instance keeps what its own __init__ gave it; other objects are not tracked
        if not self._made:
            return
        owner = self.evaluate(target.value, frame)
        if isinstance(owner, Object) and isinstance(owner.definition, InstanceRecord):
            record = owner.definition
            if record.wanted is not None:
                known = record.attributes.get(target.attr.value)
                if known is not None and not _is_unconditional(frame):
                    value = choice([known, value])
                record.attributes[target.attr.value] = value

    def _augmented(self, node: cst.AugAssign, frame: Frame) -> None:
        value = self.evaluate(node.value, frame)
        current = self.evaluate(node.target, frame)
        result: Value = Unknown("computed", current.steps)
        if isinstance(node.operator, cst.AddAssign):
            result = operators.add(current, value)
        elif isinstance(node.operator, cst.BitOrAssign):
            result = operators.merge(current, value)
        if is_too_large(result):
            result = Unknown("too large", result.steps)
        self.assign(node.target, result, node.value, frame)


def _needed(node: cst.BaseExpression, names: dict[str, Value | Deferred]) -> dict[str, Value | Deferred]:
    """The names that an expression has, and those that they were computed from."""
    found: dict[str, Value | Deferred] = {}
    waiting = [node]
    while waiting:
        for inner in descendants(waiting.pop()):
            path = dotted(inner) if isinstance(inner, (cst.Name, cst.Attribute)) else None
            if path is not None and path in names and path not in found:
                found[path] = names[path]
                source = source_of(names[path])
                if source is not None:
                    waiting.append(source[0])
    return found


@of_syntax
def _roots_of_calls(node: cst.CSTNode) -> list[str]:
    """The names that the paths begin with which an expression calls; "" for what is no path."""
    calls = (inner for inner in descendants(node) if type(inner) is cst.Call)
    return [(dotted(call.func) or "").partition(".")[0] for call in calls]


def _is_unconditional(frame: Frame) -> bool:
    """Whether the statement that is being run stands at its function's own level."""
    body = frame.function.node.body if frame.function is not None else None
    return isinstance(body, cst.IndentedBlock) and any(statement is frame.statement for statement in body.body)


def _set_here(value: Value, path: str, source: cst.CSTNode, frame: Frame) -> Value:
    """``value`` after it was given to ``path``."""
    if interesting(value):
        return with_step(value, Step(f"`{path}` is set here", frame.anchor(source)))
    return value


def interesting(value: Value) -> bool:
    """Whether the way of a value is worth telling."""
    return not isinstance(value, (Object, Symbol, Constant, Unknown, Result))


def is_being_made(value: Value | None) -> bool:
    """Whether it is an instance whose ``__init__`` runs now."""
    return (
        isinstance(value, Object)
        and isinstance(value.definition, InstanceRecord)
        and value.definition.wanted is not None
    )
