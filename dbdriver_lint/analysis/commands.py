"""Alembic's commands: which calls run one, directly or through the project's own functions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis.candidates import COMMANDS
from dbdriver_lint.analysis.facts import RunSyncCall
from dbdriver_lint.analysis.frames import Frame
from dbdriver_lint.analysis.migration_facts import CommandCall
from dbdriver_lint.analysis.program import Env, FunctionRecord
from dbdriver_lint.analysis.tree import children, dotted, last_name
from dbdriver_lint.analysis.values import Items, Object, Symbol, Text, Unknown, choice, options
from dbdriver_lint.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.analysis.anchors import NodeAnchor
    from dbdriver_lint.analysis.build import Analysis
    from dbdriver_lint.analysis.collect import Site
    from dbdriver_lint.analysis.values import CallRecord, Value

#: Takes the command and its arguments as the shell would give them.
COMMAND_LINE = "alembic.config.main"
#: How a function that may run one is called.
NAMES_A_MIGRATION = re.compile(r"migrat|alembic|upgrade|downgrade", re.IGNORECASE)
_MAX_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Route:
    """The way from a function to the command that it runs."""

    command: str
    functions: tuple[FunctionRecord, ...] = ()
    """The project's functions on the way, outermost first."""


def command_calls(analysis: Analysis) -> Iterator[CommandCall]:
    """The calls in coroutines that run a command in the coroutine's own thread."""
    awaited = {site.node.expression: site for site in analysis.alembic.awaits if isinstance(site.node, cst.Await)}
    for site in analysis.alembic.migrating:
        node = site.node
        assert isinstance(node, cst.Call)
        if not site.coroutine:
            continue
        definition = analysis.interpreter.definitions.get(site.functions[-1])
        env = definition.env if isinstance(definition, FunctionRecord) else analysis.module.env
        route = _route_of_call(analysis, node, Frame(analysis.module, env), 0)
        if route is None:
            continue
        outer = awaited.get(node)
        yield CommandCall(
            command=route.command,
            anchor=analysis.anchor(site),
            callee=analysis.anchor(site, node.func),
            location=analysis.location(site),
            awaited=analysis.anchor(outer) if outer is not None else None,
            via=tuple(function.name for function in route.functions),
        )


def run_sync_call(analysis: Analysis, site: Site, node: cst.Call) -> RunSyncCall:
    """``connection.run_sync(f, …)`` with what ``f`` is known to do."""
    argument = node.args[0].value
    written = dotted(argument) or ""
    values = [r.positional[0] for r in analysis.interpreter.calls.get(node, ()) if r.positional]
    value = choice(values) if values else Unknown("argument")
    route = _route(analysis, value, 0)
    named = _says_that_it_migrates(written) and all(isinstance(o, (Unknown, Symbol)) for o in options(value))
    around: list[cst.CSTNode] = [record.node for record in (route.functions if route is not None else ())]
    return RunSyncCall(
        anchor=analysis.anchor(site),
        callee=analysis.anchor(site, node.func),
        location=analysis.location(site),
        runs_migration=route is not None or named,
        sets_connection_attribute=any(_sets_connection(body) for body in [*around, *site.functions[-1:]]),
        command=route.command if route is not None else None,
        function_name=written or "the function",
        unused_parameter=_unused_parameter(analysis, site, argument),
    )


def _route(analysis: Analysis, value: Value, depth: int) -> Route | None:
    """How calling a value comes to a command; a coroutine function only makes a coroutine."""
    for option in options(value):
        if isinstance(option, Symbol) and (command := _command_named(option.name)) is not None:
            return Route(command)
        if not isinstance(option, Object) or depth > _MAX_DEPTH:
            continue
        record = option.definition[0] if isinstance(option.definition, tuple) else option.definition
        if not isinstance(record, FunctionRecord) or record.is_async:
            continue
        frame = _inside(analysis, record)
        for call in _own_calls(record.node):
            route = _route_of_call(analysis, call, frame, depth + 1)
            if route is not None:
                return Route(route.command, (record, *route.functions))
    return None


def _route_of_call(analysis: Analysis, call: cst.Call, frame: Frame, depth: int) -> Route | None:
    for record in analysis.interpreter.calls.get(call, ()):
        command = _command_of(record)
        if command is not None:
            return Route(command)
    name = last_name(call.func)
    if name is None or not (name in analysis.alembic.names or NAMES_A_MIGRATION.search(name)):
        return None
    return _route(analysis, analysis.interpreter.evaluate(call.func, frame), depth)


def _inside(analysis: Analysis, record: FunctionRecord) -> Frame:
    """The names of a function's module, and those that the function imports itself."""
    frame = Frame(record.module, Env("function", record.env))
    stack: list[cst.CSTNode] = [record.node.body]
    while stack:
        node = stack.pop()
        if isinstance(node, (cst.Import, cst.ImportFrom, cst.LazyImport, cst.LazyImportFrom)):
            analysis.interpreter.simple(node, node, frame)
        elif isinstance(node, (cst.BaseSuite, cst.BaseStatement)) and not isinstance(node, cst.FunctionDef):
            stack.extend(children(node))
    return frame


def _command_named(function: str) -> str | None:
    module, _, name = function.rpartition(".")
    return name if module == "alembic.command" and name in COMMANDS else None


def _command_of(record: CallRecord) -> str | None:
    """The command that a call runs: of ``alembic.command``, or as the first word of a command line."""
    if record.function != COMMAND_LINE:
        return _command_named(record.function)
    argument = record.keywords.get("argv") or next(iter(record.positional), None)
    for option in options(argument) if argument is not None else ():
        words = option.items if isinstance(option, Items) else ()
        for word in words:
            if isinstance(word, Text) and word.text in COMMANDS:
                return word.text
    return None


def _own_calls(function: cst.FunctionDef | cst.Lambda) -> Iterator[cst.Call]:
    """The calls that running a function makes itself: not those of the functions and lambdas in it."""
    stack: list[cst.CSTNode] = [function.body]
    while stack:
        node = stack.pop()
        if isinstance(node, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            continue
        if isinstance(node, cst.Call):
            yield node
        below = list(children(node))
        stack.extend(reversed(below))


def _says_that_it_migrates(name: str) -> bool:
    """Whether a name that cannot be resolved says that it runs Alembic."""
    last = name.rpartition(".")[2].lower()
    return "alembic" in last and any(word in last for word in ("upgrade", "downgrade", "migrat"))


def _unused_parameter(analysis: Analysis, site: Site, argument: cst.CSTNode) -> NodeAnchor | None:
    """The one parameter of a lambda that does not use it."""
    if not isinstance(argument, cst.Lambda) or len(argument.params.params) != 1:
        return None
    parameter = argument.params.params[0]
    stack: list[cst.CSTNode] = [argument.body]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Name) and node.value == parameter.name.value:
            return None
        stack.extend(children(node))
    return analysis.anchor(site, parameter)


def _sets_connection(root: cst.CSTNode) -> bool:
    """Whether ``….attributes["connection"] = …`` stands in a function."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.AssignTarget) and isinstance(node.target, cst.Subscript):
            target = node.target
            index = target.slice[0].slice if len(target.slice) == 1 else None
            if (
                last_name(target.value) == "attributes"
                and isinstance(index, cst.Index)
                and isinstance(index.value, cst.SimpleString)
                and index.value.raw_value == "connection"
            ):
                return True
        stack.extend(children(node))
    return False
