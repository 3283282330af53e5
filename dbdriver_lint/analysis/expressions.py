"""What expressions evaluate to, on abstract values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import libcst as cst

from dbdriver_lint.analysis import dictionaries, library, literals, operators, strings, texts, url_objects
from dbdriver_lint.analysis.calls import Calls
from dbdriver_lint.analysis.program import ClassRecord, Deferred, Env, FunctionRecord
from dbdriver_lint.analysis.symbols import ATTRIBUTES, canonical
from dbdriver_lint.analysis.tree import children, dotted
from dbdriver_lint.analysis.values import (
    Choice,
    Constant,
    Dictionary,
    EnvVar,
    Items,
    Object,
    Result,
    Symbol,
    Template,
    Text,
    Unknown,
    Url,
    Value,
    choice,
    is_too_large,
    options,
    unknown_attribute,
)
from dbdriver_lint.records import replace as copy

if TYPE_CHECKING:
    from dbdriver_lint.analysis.frames import Frame

_BUILTINS = frozenset(
    [
        "str",
        "int",
        "bool",
        "float",
        "dict",
        "list",
        "tuple",
        "set",
        "len",
        "print",
        "isinstance",
        "getattr",
        "hasattr",
        "repr",
        "format",
        "type",
        "super",
        "object",
        "property",
        "staticmethod",
        "classmethod",
        "any",
        "all",
        "sorted",
        "map",
        "filter",
        "zip",
        "enumerate",
        "range",
        "vars",
        "bytes",
    ]
)


class Expressions(Calls):
    """The expression half of the interpreter; statements call :meth:`evaluate`."""

    definitions: dict[cst.CSTNode, FunctionRecord | ClassRecord]
    state: dict[str, Value]

    def evaluate(self, node: cst.CSTNode, frame: Frame) -> Value:
        """The value of an expression at this place."""
        handler = _EVALUATORS.get(type(node))
        if handler is None:
            # what an unhandled expression gives is unknown, but the calls inside it are seen
            for child in children(node):
                if isinstance(child, (cst.BaseExpression, cst.Arg, cst.BaseElement, cst.BaseDictElement)):
                    self.evaluate(child, frame)
            return Unknown(type(node).__name__)
        value = handler(self, node, frame)
        if type(node) in _COLLECTING and type(value) in _WITH_PARTS and is_too_large(value):
            return Unknown("too large", value.steps)
        return value

    # Names and attributes

    def _name(self, node: cst.Name, frame: Frame) -> Value:
        name = node.value
        if name in ("None", "True", "False"):
            return Constant({"None": None, "True": True, "False": False}[name])
        value = frame.env.lookup(name)
        if value is None:
            return Symbol(f"builtins.{name}") if name in _BUILTINS else Unknown(f"name {name}")
        if name in frame.module.rebound and frame.module.env.own(name) is value:
            return choice([value, Unknown(f"{name} is reassigned by a function")])
        return value

    def _attribute(self, node: cst.Attribute, frame: Frame) -> Value:
        path = dotted(node)
        if path is not None:
            known = frame.env.vars.get(path)
            if isinstance(known, Deferred):
                known = known.force()
            if known is not None:
                return known
        value = self.evaluate(node.value, frame)
        attribute = node.attr.value
        if isinstance(value, (Unknown, Symbol)) and attribute in self.state and is_of_state(node):
            return self.state[attribute]
        results = [self.attribute(option, attribute, node, frame) for option in options(value)]
        return results[0] if len(results) == 1 else choice(results)

    def attribute(self, value: Value, name: str, node: cst.CSTNode, frame: Frame) -> Value:
        """``value.name``."""
        if isinstance(value, Symbol):
            return Symbol(canonical(f"{value.name}.{name}"), value.steps)
        if isinstance(value, Object):
            return self.object_attribute(value, name, node, frame)
        if isinstance(value, Url):
            part = url_objects.attribute(value, name)
            return part if part is not None else Symbol(f"sqlalchemy.URL.{name}", receiver=value)
        if name == "value" and isinstance(value, (Text, Template)):
            return value  # a member of an enumeration: strings have no such attribute
        if isinstance(value, Result):
            parsed = texts.part(value, name) if value.of == texts.PARSED else None
            if parsed is not None:
                return parsed
            if name == "url" and value.call is not None:
                url = url_objects.engine_url(value)
                if url is not None:
                    return url
            qualified = f"{value.of}.{name}"
            if qualified in ATTRIBUTES:
                return Result(ATTRIBUTES[qualified], value.call)
            return Symbol(canonical(qualified), receiver=value)
        if isinstance(value, (Text, Template, EnvVar)):
            return Symbol(f"str.{name}", receiver=value)
        if isinstance(value, Dictionary):
            return Symbol(f"dict.{name}", receiver=value)
        if isinstance(value, Items):
            return Symbol(f"list.{name}", receiver=value)
        return unknown_attribute(name, steps=value.steps)

    def _walrus(self, node: cst.NamedExpr, frame: Frame) -> Value:
        value = self.evaluate(node.value, frame)
        self.assign(node.target, value, node.value, frame)
        return value

    # Subscripts

    def _subscript(self, node: cst.Subscript, frame: Frame) -> Value:
        path = _subscript_path(node)
        if path is not None:
            known = frame.env.vars.get(path)
            if known is not None and not isinstance(known, Deferred):
                return known
        value = self.evaluate(node.value, frame)
        if isinstance(value, Symbol) and value.name in _ANNOTATIONS and isinstance(node.slice[0].slice, cst.Index):
            return self.evaluate(node.slice[0].slice.value, frame)
        if len(node.slice) != 1:
            return Unknown("subscript")
        index = node.slice[0].slice
        if isinstance(index, cst.Slice):
            bounds = [
                self.evaluate(part, frame) if part is not None else Constant(None)
                for part in (index.lower, index.upper, index.step)
            ]
            numbers = [b.value if isinstance(b, Constant) else "unknown" for b in bounds]
            if any(not (n is None or isinstance(n, int)) for n in numbers):
                return Unknown("slice")
            return strings.sliced(value, *numbers)  # type: ignore[arg-type]
        assert isinstance(index, cst.Index)
        key = self.evaluate(index.value, frame)
        found = [library.subscript(option, key, frame.anchor(node)) for option in options(value)]
        return choice([self.with_files(each, frame) for each in found])

    def assign_item(self, target: cst.Subscript, value: Value, frame: Frame) -> None:
        """``name[key] = value``: the dictionary that the name holds gets the key."""
        path = dotted(target.value)
        if path is None or len(target.slice) != 1 or not isinstance(target.slice[0].slice, cst.Index):
            return
        key = self.evaluate(target.slice[0].slice.value, frame)
        current = self.evaluate(target.value, frame)
        if isinstance(current, Dictionary):
            if isinstance(key, Text):
                anchors = {**current.entry_anchors, key.text: frame.anchor(target)}
                keys = {**current.key_anchors, key.text: frame.anchor(target.slice[0].slice.value)}
                new = copy(current, items={**current.items, key.text: value}, entry_anchors=anchors, key_anchors=keys)
            else:
                new = copy(current, open=True)
            frame.env.vars[path] = Unknown("too large", new.steps) if is_too_large(new) else new
        elif isinstance(current, Choice):
            frame.env.vars[path] = Unknown("changed item")
        slot = _subscript_path(target)
        if slot is not None and not isinstance(current, Dictionary):
            frame.env.vars[slot] = value

    def change_dictionary(self, node: cst.CSTNode, frame: Frame) -> None:
        """``name.update(…)`` and the like, as a statement: the dictionary that the name holds is another one then."""
        if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
            return
        path = dotted(node.func.value)
        current = self.evaluate(node.func.value, frame) if path is not None else None
        if path is None or not isinstance(current, (Dictionary, Choice)):
            return
        arguments = self.arguments_of(node, frame)
        method = node.func.attr.value
        changed: list[Value] = [
            dictionaries.changed(option, method, arguments)
            if isinstance(option, Dictionary)
            else Unknown("changed object")
            for option in options(current)
        ]
        frame.env.vars[path] = choice(changed)

    # Everything else

    def _await(self, node: cst.Await, frame: Frame) -> Value:
        return self.evaluate(node.expression, frame)

    def _lambda(self, node: cst.Lambda, frame: Frame) -> Value:
        defaults = {
            p.name.value: self.evaluate(p.default, frame)
            for p in (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params)
            if p.default is not None
        }
        env = Env("function", frame.env.closure())
        env.vars.update(frame.env.vars if frame.env.kind == "function" else {})
        record = FunctionRecord("<lambda>", frame.module, node, env, defaults=defaults)
        if frame.recording:
            # a lambda is run where it stands: what it calls is called with unknown arguments
            inner = frame.inner(Env("function", env))
            for parameter in (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params):
                inner.env.vars[parameter.name.value] = Unknown(f"parameter {parameter.name.value}")
            self.evaluate(node.body, inner)
        return Object("function", "<lambda>", record)

    def _yield(self, node: cst.Yield, frame: Frame) -> Value:
        frame.yields = True
        if isinstance(node.value, cst.From):
            self.evaluate(node.value.item, frame)
        elif node.value is not None:
            frame.yielded.append(self.evaluate(node.value, frame))
        return Unknown("sent value")

    def _argument_node(self, node: cst.Arg, frame: Frame) -> Value:
        return self.evaluate(node.value, frame)


#: ``Annotated[Session, Depends(...)]`` is a ``Session`` with something said about it.
_ANNOTATIONS = frozenset({"typing.Annotated", "typing_extensions.Annotated", "typing.Optional"})

#: What makes a collection of others.
_COLLECTING = frozenset({cst.List, cst.Tuple, cst.Set, cst.Dict, cst.BinaryOperation, cst.Call, cst.FormattedString})

_WITH_PARTS = frozenset({Dictionary, Items, Choice, Template, EnvVar, Url})

Evaluator = Callable[[Any, Any, Any], Value]
_EVALUATORS: dict[type, Evaluator] = {
    cst.SimpleString: literals.simple_string,
    cst.FormattedString: literals.formatted_string,
    cst.ConcatenatedString: literals.concatenated,
    cst.Integer: literals.number,
    cst.Float: literals.number,
    cst.Dict: literals.dictionary,
    cst.List: literals.collection,
    cst.Tuple: literals.collection,
    cst.Set: literals.collection,
    cst.Name: Expressions._name,
    cst.Attribute: Expressions._attribute,
    cst.BinaryOperation: operators.binary,
    cst.UnaryOperation: operators.unary,
    cst.BooleanOperation: operators.boolean,
    cst.Comparison: operators.comparison,
    cst.IfExp: operators.conditional,
    cst.NamedExpr: Expressions._walrus,
    cst.Subscript: Expressions._subscript,
    cst.Call: Expressions._call,
    cst.Await: Expressions._await,
    cst.Lambda: Expressions._lambda,
    cst.ListComp: literals.comprehension,
    cst.SetComp: literals.comprehension,
    cst.GeneratorExp: literals.comprehension,
    cst.DictComp: literals.comprehension,
    cst.Yield: Expressions._yield,
    cst.Arg: Expressions._argument_node,
}


def is_of_state(node: cst.Attribute) -> bool:
    """Whether it is an attribute of what Starlette keeps for a whole program: ``request.app.state.engine``."""
    return isinstance(node.value, cst.Attribute) and node.value.attr.value == "state"


def _subscript_path(node: cst.Subscript) -> str | None:
    """``config["url"]`` as a name, where both sides are plain."""
    base = dotted(node.value)
    if base is None or len(node.slice) != 1:
        return None
    index = node.slice[0].slice
    if isinstance(index, cst.Index) and isinstance(index.value, cst.SimpleString):
        return f"{base}[{index.value.value}]"
    return None
