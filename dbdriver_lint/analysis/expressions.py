"""What expressions evaluate to, on abstract values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace as copy
from typing import TYPE_CHECKING, Any

import libcst as cst

from dbdriver_lint.analysis import library, strings, texts
from dbdriver_lint.analysis.objects import Objects
from dbdriver_lint.analysis.program import ClassRecord, Deferred, Env, FunctionRecord
from dbdriver_lint.analysis.symbols import ATTRIBUTES, RESULTS, canonical
from dbdriver_lint.analysis.tree import children, dotted, fstring_text, last_name, string_value
from dbdriver_lint.analysis.values import (
    CallRecord,
    Choice,
    Constant,
    Dictionary,
    EnvVar,
    Hole,
    Items,
    Literal,
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
    one_way,
    options,
    unknown_attribute,
)

if TYPE_CHECKING:
    from dbdriver_lint.analysis.frames import Frame

#: Comprehensions over more known items are not followed item by item.
MAX_ITEMS = 8

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


class Expressions(Objects):
    """The expression half of the interpreter; statements call :meth:`evaluate`."""

    calls: dict[cst.Call, list[CallRecord]]
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
        if isinstance(node, _COLLECTING) and is_too_large(value):
            return Unknown("too large", value.steps)
        return value

    # Literals

    def _simple_string(self, node: cst.SimpleString, frame: Frame) -> Value:
        value, skip = string_value(node)
        if isinstance(value, bytes):
            return Constant(value)
        return strings.text_of(value, None if skip is None else Literal(frame.anchor(node), skip))

    def _formatted_string(self, node: cst.FormattedString, frame: Frame) -> Value:
        parts: list[Value] = []
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                text, verbatim = fstring_text(part, node)
                parts.append(strings.text_of(text, Literal(frame.anchor(part), 0) if verbatim else None))
            elif isinstance(part, cst.FormattedStringExpression):
                value = self.evaluate(part.expression, frame)
                if part.format_spec is not None or part.conversion in ("r", "a"):
                    value = Unknown("formatted value", value.steps)
                parts.append(self._interpolated(value, part.expression, frame))
        return strings.concat(parts)

    def _interpolated(self, value: Value, node: cst.CSTNode, frame: Frame) -> Value:
        """A value as it goes into a string; a hole remembers the expression that fills it."""
        value = library.as_text(value)
        if isinstance(value, (Text, Template, Choice)):
            return value
        if isinstance(value, Constant) and not isinstance(value.value, bytes):
            return strings.text_of(str(value.value))
        return Template((Hole(value, anchor=frame.anchor(node)),))  # the way of the part is not that of the whole

    def _concatenated(self, node: cst.ConcatenatedString, frame: Frame) -> Value:
        left, right = self.evaluate(node.left, frame), self.evaluate(node.right, frame)
        if isinstance(left, Constant) or isinstance(right, Constant):
            return Unknown("bytes")
        return strings.concat([left, right])

    def _number(self, node: cst.Integer | cst.Float, frame: Frame) -> Value:
        try:
            return Constant(node.evaluated_value)
        except (ValueError, SyntaxError):  # more digits than the interpreter converts
            return Unknown("number")

    def _dict(self, node: cst.Dict, frame: Frame) -> Value:
        items: dict[str, Value] = {}
        keys: dict[str, Any] = {}
        entries: dict[str, Any] = {}
        is_open = False
        for element in node.elements:
            value = self.evaluate(element.value, frame)
            if isinstance(element, cst.DictElement):
                key = self.evaluate(element.key, frame)
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

    def _items(self, node: cst.List | cst.Tuple | cst.Set, frame: Frame) -> Value:
        items: list[Value] = []
        is_open = False
        for element in node.elements:
            value = self.evaluate(element.value, frame)
            if isinstance(element, cst.StarredElement):
                if isinstance(value, Items):
                    items.extend(value.items)
                    is_open = is_open or value.open
                else:
                    is_open = True
            else:
                items.append(value)
        return Items(tuple(items), is_open)

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
            part = library.url_attribute(value, name)
            return part if part is not None else Symbol(f"sqlalchemy.URL.{name}", receiver=value)
        if name == "value" and isinstance(value, (Text, Template)):
            return value  # a member of an enumeration: strings have no such attribute
        if isinstance(value, Result):
            parsed = texts.part(value, name) if value.of == texts.PARSED else None
            if parsed is not None:
                return parsed
            if name == "url" and value.call is not None:
                url = library.engine_url(value)
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

    # Operators

    def _binary(self, node: cst.BinaryOperation, frame: Frame) -> Value:
        left, right = self.evaluate(node.left, frame), self.evaluate(node.right, frame)
        if isinstance(node.operator, cst.Add):
            return self.add(left, right)
        if isinstance(node.operator, cst.BitOr):
            return self.merge(left, right)
        if isinstance(node.operator, cst.Modulo) and isinstance(left, (Text, Template)):
            return library.percent_format(left, right)
        if isinstance(node.operator, cst.Divide):
            return Unknown("path", one_way(left.steps, right.steps))
        return Unknown("computed", left.steps)

    def add(self, left: Value, right: Value) -> Value:
        """``left + right`` of strings or lists."""
        if isinstance(left, Items) and isinstance(right, Items):
            return Items((*left.items, *right.items), left.open or right.open)
        if any(isinstance(o, (Text, Template)) for v in (left, right) for o in options(v)):
            return strings.concat([library.as_text(left), library.as_text(right)])
        if isinstance(left, Constant) and isinstance(right, Constant):
            return Unknown("number")
        return Unknown("computed", one_way(left.steps, right.steps))

    def merge(self, left: Value, right: Value) -> Value:
        """``left | right`` of dictionaries."""
        if isinstance(left, Dictionary) and isinstance(right, Dictionary):
            return library.merged(left, right)
        if isinstance(left, Dictionary):
            return copy(left, open=True)
        if isinstance(right, Dictionary):
            return copy(right, open=True)
        return Unknown("computed")

    def _unary(self, node: cst.UnaryOperation, frame: Frame) -> Value:
        value = self.evaluate(node.expression, frame)
        if isinstance(node.operator, cst.Not):
            truth = strings.truth(value)
            return Unknown("not") if truth is None else Constant(not truth)
        if (
            isinstance(node.operator, cst.Minus)
            and isinstance(value, Constant)
            and isinstance(value.value, (int, float))
        ):
            return Constant(-value.value)
        return Unknown("computed")

    def _boolean(self, node: cst.BooleanOperation, frame: Frame) -> Value:
        left = self.evaluate(node.left, frame)
        right = self.evaluate(node.right, frame)
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

    def _comparison(self, node: cst.Comparison, frame: Frame) -> Value:
        left = self.evaluate(node.left, frame)
        results: list[bool | None] = []
        for target in node.comparisons:
            right = self.evaluate(target.comparator, frame)
            results.append(_compare(left, target.operator, right))
            left = right
        if any(result is False for result in results):
            return Constant(False)
        return Constant(True) if all(result is True for result in results) else Unknown("comparison")

    def _conditional(self, node: cst.IfExp, frame: Frame) -> Value:
        truth = strings.truth(self.evaluate(node.test, frame))
        results: list[Value] = []
        before = frame.env.vars
        for wanted, branch in ((True, node.body), (False, node.orelse)):
            if truth is (not wanted):
                continue
            frame.env.vars = dict(before)
            if self.assume(node.test, wanted, frame):
                results.append(self.evaluate(branch, frame))
        frame.env.vars = before
        return choice(results)

    def enter(self, callee: Object, arguments: library.Arguments, node: cst.Call) -> None:
        """See :class:`~dbdriver_lint.analysis.interpreter.Interpreter`."""
        raise NotImplementedError

    def note_reached(self, node: cst.Call, record: CallRecord) -> None:
        """See :class:`~dbdriver_lint.analysis.interpreter.Interpreter`."""
        raise NotImplementedError

    def assume(self, test: cst.BaseExpression, wanted: bool, frame: Frame) -> bool:
        """See :class:`~dbdriver_lint.analysis.interpreter.Interpreter`."""
        raise NotImplementedError

    def assign(self, target: cst.CSTNode, value: Value, source: cst.CSTNode | None, frame: Frame) -> None:
        """See :class:`~dbdriver_lint.analysis.interpreter.Interpreter`."""
        raise NotImplementedError

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
        arguments = self._arguments(node, frame)
        method = node.func.attr.value
        changed: list[Value] = [
            library.changed(option, method, arguments) if isinstance(option, Dictionary) else Unknown("changed object")
            for option in options(current)
        ]
        frame.env.vars[path] = choice(changed)

    # Calls

    def _call(self, node: cst.Call, frame: Frame) -> Value:
        callee = self.evaluate(node.func, frame)
        arguments = self._arguments(node, frame)
        results = [self.call(option, arguments, node, frame) for option in options(callee)]
        return results[0] if len(results) == 1 else choice(results)

    def record_call(self, node: cst.Call, frame: Frame) -> None:
        """Record what a call calls and is given; what a first-party function would do is not asked."""
        callee = self.evaluate(node.func, frame)
        called: list[Value] = [option for option in options(callee) if isinstance(option, (Symbol, Result))]
        for option in options(callee):
            if isinstance(option, Object):
                self.enter(option, self._arguments(node, frame), node)
        if not called and last_name(node.func) in _TAKES_A_FUNCTION:
            called = [option for option in options(callee) if isinstance(option, Unknown)]
        if called:
            arguments = self._arguments(node, frame)
            for option in called:
                self.call(option, arguments, node, frame)

    def _arguments(self, node: cst.Call, frame: Frame) -> library.Arguments:
        positional: list[Value] = []
        keywords: dict[str, Value] = {}
        is_open = False
        for arg in node.args:
            value = self.evaluate(arg.value, frame)
            if arg.star == "*":
                if isinstance(value, Items) and not value.open:
                    positional.extend(value.items)
                else:
                    is_open = True
            elif arg.star == "**":
                if isinstance(value, Dictionary):
                    keywords.update(value.items)
                    is_open = is_open or value.open
                else:
                    is_open = True
            elif arg.keyword is not None:
                keywords[arg.keyword.value] = value
            else:
                positional.append(value)
        return library.Arguments(tuple(positional), keywords, is_open)

    def call(self, callee: Value, arguments: library.Arguments, node: cst.Call, frame: Frame) -> Value:
        """What calling a value gives."""
        if isinstance(callee, Object) and callee.kind == "function" and library.TRANSFORM.endswith(f".{callee.name}"):
            callee = Symbol(library.TRANSFORM)
        if isinstance(callee, Object):
            return self.call_object(callee, arguments, frame)
        if isinstance(callee, Symbol) and callee.name == "builtins.super":
            return _super(frame)
        if isinstance(callee, Symbol) and callee.name == "builtins.getattr":
            return self._getattr(arguments, node, frame)
        if isinstance(callee, Symbol):
            record = CallRecord(
                callee.name,
                arguments.positional,
                arguments.keywords,
                arguments.open,
                frame.anchor(node),
                callee.receiver,
            )
            if frame.recording:
                self.calls.setdefault(node, []).append(record)
                self.note_reached(node, record)
            known = library.call(self, callee, arguments, frame, frame.anchor(node))
            if known is not None:
                return self.with_files(known, frame)
            if callee.receiver is not None and not isinstance(callee.receiver, Result):
                return Unknown(f"result of {callee.name}", callee.receiver.steps)
            of = RESULTS.get(callee.name, callee.name)
            return Result(of, record)
        if isinstance(callee, Result):
            # an object that is called: a session factory, a settings reader
            return self.call(Symbol(f"{callee.of}.__call__", callee.steps, receiver=callee), arguments, node, frame)
        if frame.recording:
            # nobody knows what is called, but what it is given may be known: `connection.run_sync(f)`
            record = CallRecord("", arguments.positional, arguments.keywords, arguments.open, frame.anchor(node))
            self.calls.setdefault(node, []).append(record)
        return Unknown("result of an unknown function", callee.steps)

    def _getattr(self, arguments: library.Arguments, node: cst.Call, frame: Frame) -> Value:
        """``getattr(value, "name")``; with a default it is one of two where the attribute is not known."""
        value, name = arguments.get(0, ""), arguments.get(1, "")
        if value is None or not isinstance(name, Text):
            return Unknown("getattr")
        default = arguments.positional[2:]
        results = [self.attribute(option, name.text, node, frame) for option in options(value)]
        unknown = any(isinstance(result, (Unknown, Symbol)) for result in results)
        return choice([*results, *(default if unknown else [])])

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
            inner = copy_frame(frame, Env("function", env))
            for parameter in (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params):
                inner.env.vars[parameter.name.value] = Unknown(f"parameter {parameter.name.value}")
            self.evaluate(node.body, inner)
        return Object("function", "<lambda>", record)

    def _comprehension(self, node: cst.BaseComp, frame: Frame) -> Value:
        inner = copy_frame(frame, Env("function", frame.env))
        clause = node.for_in
        items = self.evaluate(clause.iter, inner) if clause.inner_for_in is None else None
        if not isinstance(node, cst.DictComp) and isinstance(items, Items) and _is_short(items):
            return self._each(node, items, inner)
        for clause in _clauses(node):
            self.evaluate(clause.iter, inner)
            self.assign(clause.target, Unknown("loop variable"), None, inner)
            for condition in clause.ifs:
                self.evaluate(condition.test, inner)
        if isinstance(node, cst.DictComp):
            self.evaluate(node.key, inner)
            self.evaluate(node.value, inner)
            return Dictionary({}, open=True)
        self.evaluate(node.elt, inner)  # type: ignore[attr-defined]
        return Items((), open=True)

    def _each(self, node: cst.BaseComp, items: Items, frame: Frame) -> Value:
        """A comprehension over items that are known."""
        found: list[Value] = []
        is_open = False
        for item in items.items:
            self.assign(node.for_in.target, item, None, frame)
            kept = [strings.truth(self.evaluate(condition.test, frame)) for condition in node.for_in.ifs]
            value = self.evaluate(node.elt, frame)  # type: ignore[attr-defined]
            if False not in kept:
                is_open = is_open or None in kept
                found += [] if None in kept else [value]
        return Items(tuple(found), is_open)

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

#: Methods whose argument says more than the object they are called on, which may be anybody's.
_TAKES_A_FUNCTION = frozenset(
    {
        *("run_sync", "run_in_executor", "to_thread", "run", "start_soon", "submit"),
        *("set_main_option", "set_section_option", "create_all", "drop_all", "reflect", "to_sql"),
    }
)

#: What makes a collection of others.
_COLLECTING = (cst.List, cst.Tuple, cst.Set, cst.Dict, cst.BinaryOperation, cst.Call, cst.FormattedString)

Evaluator = Callable[[Any, Any, Any], Value]
_EVALUATORS: dict[type, Evaluator] = {
    cst.SimpleString: Expressions._simple_string,
    cst.FormattedString: Expressions._formatted_string,
    cst.ConcatenatedString: Expressions._concatenated,
    cst.Integer: Expressions._number,
    cst.Float: Expressions._number,
    cst.Dict: Expressions._dict,
    cst.List: Expressions._items,
    cst.Tuple: Expressions._items,
    cst.Set: Expressions._items,
    cst.Name: Expressions._name,
    cst.Attribute: Expressions._attribute,
    cst.BinaryOperation: Expressions._binary,
    cst.UnaryOperation: Expressions._unary,
    cst.BooleanOperation: Expressions._boolean,
    cst.Comparison: Expressions._comparison,
    cst.IfExp: Expressions._conditional,
    cst.NamedExpr: Expressions._walrus,
    cst.Subscript: Expressions._subscript,
    cst.Call: Expressions._call,
    cst.Await: Expressions._await,
    cst.Lambda: Expressions._lambda,
    cst.ListComp: Expressions._comprehension,
    cst.SetComp: Expressions._comprehension,
    cst.GeneratorExp: Expressions._comprehension,
    cst.DictComp: Expressions._comprehension,
    cst.Yield: Expressions._yield,
    cst.Arg: Expressions._argument_node,
}


def _super(frame: Frame) -> Value:
    """``super()`` in a method: the object as its class's bases know it."""
    function = frame.function
    parameters = function.node.params.params if function is not None else ()
    receiver = frame.env.lookup(parameters[0].name.value) if parameters else None
    if function is None or function.owner is None or not isinstance(receiver, Object):
        return Unknown("super")
    return Object("super", function.owner.name, (function.owner, receiver))


def copy_frame(frame: Frame, env: Env) -> Frame:
    """The same activation with further names: a comprehension, a lambda."""
    inner = copy(frame, env=env)
    inner.returns = []
    return inner


def is_of_state(node: cst.Attribute) -> bool:
    """Whether it is an attribute of what Starlette keeps for a whole program: ``request.app.state.engine``."""
    return isinstance(node.value, cst.Attribute) and node.value.attr.value == "state"


def _is_short(items: Items) -> bool:
    """Whether a comprehension is followed item by item."""
    return not items.open and len(items.items) <= MAX_ITEMS


def _clauses(node: cst.BaseComp) -> Iterator[cst.CompFor]:
    clause: cst.CompFor | None = node.for_in
    while clause is not None:
        yield clause
        clause = clause.inner_for_in


def _subscript_path(node: cst.Subscript) -> str | None:
    """``config["url"]`` as a name, where both sides are plain."""
    base = dotted(node.value)
    if base is None or len(node.slice) != 1:
        return None
    index = node.slice[0].slice
    if isinstance(index, cst.Index) and isinstance(index.value, cst.SimpleString):
        return f"{base}[{index.value.value}]"
    return None


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
