"""Calls: what a function is given, what it gives, and the record of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis import library, url_objects
from dbdriver_lint.analysis.objects import Objects
from dbdriver_lint.analysis.symbols import RESULTS
from dbdriver_lint.analysis.tree import last_name
from dbdriver_lint.analysis.values import (
    Arguments,
    CallRecord,
    Dictionary,
    Items,
    Object,
    Result,
    Symbol,
    Text,
    Unknown,
    Value,
    choice,
    options,
)

if TYPE_CHECKING:
    import libcst as cst

    from dbdriver_lint.analysis.frames import Frame

#: Methods whose argument says more than the object they are called on, which may be anybody's.
_TAKES_A_FUNCTION = frozenset(
    {
        *("run_sync", "run_in_executor", "to_thread", "run", "start_soon", "submit"),
        *("set_main_option", "set_section_option", "create_all", "drop_all", "reflect", "to_sql"),
    }
)


class Calls(Objects):
    """The part of the interpreter that calls, and records what is called with what."""

    calls: dict[cst.Call, list[CallRecord]]

    def _call(self, node: cst.Call, frame: Frame) -> Value:
        callee = self.evaluate(node.func, frame)
        arguments = self.arguments_of(node, frame)
        results = [self.call(option, arguments, node, frame) for option in options(callee)]
        return results[0] if len(results) == 1 else choice(results)

    def record_call(self, node: cst.Call, frame: Frame) -> None:
        """Record what a call calls and is given; what a first-party function would do is not asked."""
        callee = self.evaluate(node.func, frame)
        called: list[Value] = [option for option in options(callee) if isinstance(option, (Symbol, Result))]
        for option in options(callee):
            if isinstance(option, Object):
                self.enter(option, self.arguments_of(node, frame), node)
        if not called and last_name(node.func) in _TAKES_A_FUNCTION:
            called = [option for option in options(callee) if isinstance(option, Unknown)]
        if called:
            arguments = self.arguments_of(node, frame)
            for option in called:
                self.call(option, arguments, node, frame)

    def arguments_of(self, node: cst.Call, frame: Frame) -> Arguments:
        """What a call is given."""
        positional: list[Value] = []
        keywords: dict[str, Value] = {}
        is_open = False
        for arg in node.args:
            value = self.evaluate(arg.value, frame)
            if frame.asked:
                value = self.doubted(value, arg.value, frame)
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
        return Arguments(tuple(positional), keywords, is_open)

    def call(self, callee: Value, arguments: Arguments, node: cst.Call, frame: Frame) -> Value:
        """What calling a value gives."""
        if (
            isinstance(callee, Object)
            and callee.kind == "function"
            and url_objects.TRANSFORM.endswith(f".{callee.name}")
        ):
            callee = Symbol(url_objects.TRANSFORM)
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
            known = library.call(callee, arguments, frame.anchor(node))
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

    def _getattr(self, arguments: Arguments, node: cst.Call, frame: Frame) -> Value:
        """``getattr(value, "name")``; with a default it is one of two where the attribute is not known."""
        value, name = arguments.get(0, ""), arguments.get(1, "")
        if value is None or not isinstance(name, Text):
            return Unknown("getattr")
        default = arguments.positional[2:]
        results = [self.attribute(option, name.text, node, frame) for option in options(value)]
        unknown = any(isinstance(result, (Unknown, Symbol)) for result in results)
        return choice([*results, *(default if unknown else [])])


def _super(frame: Frame) -> Value:
    """``super()`` in a method: the object as its class's bases know it."""
    function, receiver = frame.function, frame.receiver()
    if function is None or function.owner is None or not isinstance(receiver, Object):
        return Unknown("super")
    return Object("super", function.owner.name, (function.owner, receiver))
