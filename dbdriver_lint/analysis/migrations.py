"""Alembic: from the calls and coroutines of a file to the facts about commands and ``env.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis.anchors import NodeAnchor
from dbdriver_lint.analysis.candidates import COMMANDS
from dbdriver_lint.analysis.collect import NamedVisitor, Site
from dbdriver_lint.analysis.commands import COMMAND_LINE, NAMES_A_MIGRATION
from dbdriver_lint.analysis.migration_facts import (
    AsyncSyntax,
    AsyncSyntaxKind,
    ConfigOption,
    EnvironmentFacts,
    Loop,
    LostCoroutine,
    LostKind,
    SqlCall,
)
from dbdriver_lint.analysis.revisions import is_revision
from dbdriver_lint.analysis.tree import children, dotted, last_name
from dbdriver_lint.analysis.urls import urls_of
from dbdriver_lint.analysis.values import Result, Text, choice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.analysis.build import Analysis
    from dbdriver_lint.analysis.values import CallRecord, Value

_OPTIONS = frozenset({"set_main_option", "set_section_option"})
_RUNNERS = frozenset({"run", "run_until_complete", "run_coroutine_threadsafe", "create_task", "ensure_future"})
_TASKS = frozenset({"create_task", "ensure_future"})
_WAITERS = frozenset({"run_until_complete", "gather", "wait", "wait_for"})
_GUARDS = ("get_running_loop", "_get_running_loop", "nest_asyncio", "ThreadPoolExecutor", "threading", "is_running(")
_EXECUTE = frozenset({"execute", "exec_driver_sql"})


class AlembicVisitor(NamedVisitor):
    """Notes what may concern Alembic: its commands, options, operations, coroutines and loops."""

    def __init__(self) -> None:
        super().__init__(COMMANDS)
        self.options: list[Site] = []
        self.loops: list[Site] = []
        self.executes: list[Site] = []
        self.run_sync: list[Site] = []
        #: Calls that may run a migration: of a command, or of a function whose name speaks of it.
        self.migrating: list[Site] = []
        self.awaits: list[Site] = []
        self.async_blocks: list[Site] = []
        #: Statements that are a call and nothing else, and what a call's result is assigned to.
        self.dropped: dict[cst.CSTNode, Site] = {}
        self.kept: dict[cst.CSTNode, str] = {}
        self.coroutines: dict[str, cst.FunctionDef] = {}
        self.plain: set[str] = set()
        self.reads_connection = False
        self._written: set[cst.CSTNode] = set()

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        if not self.classes:
            if node.asynchronous is not None:
                self.coroutines[node.name.value] = node
            else:
                self.plain.add(node.name.value)
        super().visit_FunctionDef(node)

    def visit_Await(self, node: cst.Await) -> None:
        self.awaits.append(self.site(node))

    def visit_With(self, node: cst.With) -> None:
        if node.asynchronous is not None:
            self.async_blocks.append(self.site(node))

    def visit_Expr(self, node: cst.Expr) -> None:
        if isinstance(node.value, cst.Call):
            self.dropped[node.value] = self.site(node.value)

    def visit_Assign(self, node: cst.Assign) -> None:
        name = dotted(node.targets[0].target)
        if isinstance(node.value, cst.Call) and name is not None:
            self.kept[node.value] = name

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._written.add(node.target)

    def visit_Subscript(self, node: cst.Subscript) -> None:
        if last_name(node.value) == "attributes" and node not in self._written and len(node.slice) == 1:
            index = node.slice[0].slice
            if isinstance(index, cst.Index) and _is_connection(index.value):
                self.reads_connection = True

    def visit_Comparison(self, node: cst.Comparison) -> None:
        if _is_connection(node.left) and any(last_name(c.comparator) == "attributes" for c in node.comparisons):
            self.reads_connection = True

    def visit_Call(self, node: cst.Call) -> None:
        name = last_name(node.func)
        if name is None:
            return
        if name in _OPTIONS:
            self.options.append(self.site(node))
        elif name in _RUNNERS:
            self.loops.append(self.site(node))
        elif name == "run_sync":
            self.run_sync.append(self.site(node))
        elif name in _EXECUTE:
            self.executes.append(self.site(node))
        elif name in ("get", "pop") and isinstance(node.func, cst.Attribute) and node.args:
            asked = last_name(node.func.value) == "attributes" and _is_connection(node.args[0].value)
            self.reads_connection = self.reads_connection or asked
        may_migrate = name in self.names or NAMES_A_MIGRATION.search(name) or dotted(node.func) == COMMAND_LINE
        if may_migrate and not self.lambdas:
            self.migrating.append(self.site(node))


def config_options(analysis: Analysis) -> Iterator[ConfigOption]:
    """What is given to an Alembic configuration, URLs and others."""
    for site in analysis.alembic.options:
        node = site.node
        assert isinstance(node, cst.Call)
        function = last_name(node.func) or ""
        names = ("name", "value") if function == "set_main_option" else ("section", "name", "value")
        records = [
            record
            for record in analysis.interpreter.calls.get(node, ())
            if not record.function or record.function.startswith("alembic.")
        ]
        if not records:
            continue
        arguments = analysis.arguments(site, node, records, names)
        option, value = arguments.get("name"), arguments.get("value")
        if option is None or value is None or not isinstance(option.value, Text):
            continue
        anchor, location = analysis.anchor(site), analysis.location(site)
        yield ConfigOption(function, option.value.text, anchor, value, location, urls_of(value.value))


def _sets_url(analysis: Analysis) -> bool:
    """Whether another URL may take the place of the one in ``alembic.ini``; that may have options of its own in it."""
    known = {option.anchor.span: option for option in config_options(analysis)}
    return any(
        (option := known.get(analysis.anchor(site).span)) is None or option.is_url for site in analysis.alembic.options
    )


def sql_calls(analysis: Analysis) -> Iterator[SqlCall]:
    """The SQL that a revision executes through ``op``."""
    for site in analysis.alembic.executes:
        node = site.node
        assert isinstance(node, cst.Call)
        if not node.args or node.args[0].star:
            continue
        records = [r for r in analysis.interpreter.calls.get(node, ()) if r.function in _SQL_FUNCTIONS]
        values = [_sql(record) for record in records]
        known = [value for value in values if value is not None]
        if known and len(known) == len(values):
            yield SqlCall(
                analysis.anchor(site),
                analysis.anchor(site, node.args[0].value),
                choice(known),
                analysis.location(site),
            )


_SQL_FUNCTIONS = frozenset(
    {
        "alembic.op.execute",
        "sqlalchemy.Connection.execute",
        "sqlalchemy.Connection.exec_driver_sql",
        "alembic.op.get_bind.execute",
        "alembic.op.get_bind.exec_driver_sql",
    }
)


def _sql(record: CallRecord) -> Value | None:
    """The SQL text of the first argument, also inside of ``text(…)``."""
    value = record.positional[0] if record.positional else record.keywords.get("sqltext")
    if isinstance(value, Result) and value.of in ("sqlalchemy.text", "sqlalchemy.sql.text") and value.call is not None:
        value = value.call.positional[0] if value.call.positional else None
    return value if isinstance(value, Text) else None


# env.py


def sites(analysis: Analysis) -> Iterator[Site]:
    """Where something was noted that needs values, in a file of this kind."""
    visitor = analysis.alembic
    yield from visitor.options
    yield from visitor.run_sync
    if is_environment(analysis):
        yield from visitor.loops
    if is_revision(analysis):
        yield from visitor.executes
    if visitor.run_sync or any(site.coroutine for site in visitor.migrating):
        yield from (site for site in visitor.migrating if site.functions)


def is_environment(analysis: Analysis) -> bool:
    """Whether the file is an ``env.py``."""
    text = analysis.parsed.source.text
    imported = "alembic.context" in analysis.names.imports.values() or "alembic.context." in text
    return imported and "run_migrations" in text


def environment(analysis: Analysis) -> EnvironmentFacts | None:
    """What the file does as an ``env.py``; None where it is none."""
    if not is_environment(analysis):
        return None
    return EnvironmentFacts(
        loop=_loop(analysis),
        honours_connection=analysis.alembic.reads_connection,
        sets_url=_sets_url(analysis),
        lost=tuple(sorted(_lost(analysis), key=lambda lost: lost.anchor.span)),
        syntax=tuple(_syntax(analysis)),
    )


def _loop(analysis: Analysis) -> Loop:
    """Whether each run of the file starts a loop."""
    starts = False
    for site in analysis.alembic.loops:
        node = site.node
        assert isinstance(node, cst.Call)
        starts = starts or last_name(node.func) == "run_until_complete" or _is_run(analysis, node)
    if not starts:
        return Loop.NEVER
    text = analysis.parsed.source.text
    return Loop.GUARDED if any(guard in text for guard in _GUARDS) else Loop.ALWAYS


def _is_run(analysis: Analysis, node: cst.Call) -> bool:
    functions = {record.function for record in analysis.interpreter.calls.get(node, ())}
    return bool(functions & {"asyncio.run", "anyio.run", "uvloop.run", "asyncio.runners.run"})


def _lost(analysis: Analysis) -> Iterator[LostCoroutine]:
    """The coroutines of an ``env.py`` that come to nothing."""
    visitor = analysis.alembic
    names = set(visitor.coroutines) - visitor.plain
    awaited = {site.node.expression for site in visitor.awaits if isinstance(site.node, cst.Await)}
    for node, site in visitor.dropped.items():
        if isinstance(node, cst.Call) and dotted(node.func) in names:
            yield _lost_at(analysis, LostKind.DROPPED, site, node)
    for site in visitor.run_sync:
        node = site.node
        assert isinstance(node, cst.Call)
        if node in visitor.dropped and site.coroutine and _is_async_run_sync(analysis, node):
            yield _lost_at(analysis, LostKind.DROPPED, site, node)
        elif node in awaited and node.args and dotted(node.args[0].value) in names:
            function = visitor.coroutines[dotted(node.args[0].value) or ""]
            yield LostCoroutine(
                LostKind.RUN_SYNC,
                function.name.value,
                analysis.anchor(site),
                analysis.anchor(site, node.args[0].value),
                analysis.location(site),
                _removable_keyword(analysis, function),
            )
    for site in visitor.loops:
        node = site.node
        assert isinstance(node, cst.Call)
        if not node.args or not isinstance(node.args[0].value, cst.Call) or node in awaited:
            continue
        coroutine = node.args[0].value
        if dotted(coroutine.func) not in names:
            continue
        kind = _lost_kind(analysis, site, node)
        if kind is not None:
            yield _lost_at(analysis, kind, site, coroutine)


def _lost_at(analysis: Analysis, kind: LostKind, site: Site, coroutine: cst.Call) -> LostCoroutine:
    name = dotted(coroutine.func) or last_name(coroutine.func) or "the coroutine"
    return LostCoroutine(kind, name, analysis.anchor(site), analysis.anchor(site, coroutine), analysis.location(site))


def _lost_kind(analysis: Analysis, site: Site, node: cst.Call) -> LostKind | None:
    """What becomes of a coroutine that is handed to a loop; None where it runs to its end."""
    name = last_name(node.func)
    records = analysis.interpreter.calls.get(node, ())
    if name in _TASKS:
        if node in analysis.alembic.dropped:
            return LostKind.TASK
        variable = analysis.alembic.kept.get(node)
        scope = site.functions[-1].body if site.functions else analysis.parsed.tree
        return LostKind.TASK if variable is not None and not _is_waited_for(scope, variable) else None
    if name == "run_coroutine_threadsafe":
        loops = [record.positional[1] for record in records if len(record.positional) > 1]
        return LostKind.OWN_LOOP if loops and all(_is_current_loop(loop) for loop in loops) else None
    if name == "run_until_complete":
        text = analysis.parsed.source.text
        receivers = [node.func.value] if isinstance(node.func, cst.Attribute) else []
        chained = any(isinstance(r, cst.Call) and last_name(r.func) == "get_event_loop" for r in receivers)
        named = any(record.function == "asyncio.get_event_loop.run_until_complete" for record in records)
        if (chained or named) and "new_event_loop" not in text and "set_event_loop" not in text:
            return LostKind.NO_LOOP
    return None


def _is_current_loop(value: Value) -> bool:
    return isinstance(value, Result) and value.of in ("asyncio.get_running_loop", "asyncio.get_event_loop")


def _is_waited_for(scope: cst.CSTNode, variable: str) -> bool:
    """Whether something in a function or module waits for the task that a variable holds."""
    stack = [scope]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Await) and dotted(node.expression) == variable:
            return True
        waits = isinstance(node, cst.Call) and last_name(node.func) in _WAITERS
        if waits and any(dotted(arg.value) == variable for arg in node.args):  # type: ignore[attr-defined]
            return True
        stack.extend(children(node))
    return False


def _is_async_run_sync(analysis: Analysis, node: cst.Call) -> bool:
    functions = {record.function for record in analysis.interpreter.calls.get(node, ())}
    return bool(functions) and functions <= {"", "sqlalchemy.ext.asyncio.AsyncConnection.run_sync"}


def _removable_keyword(analysis: Analysis, function: cst.FunctionDef) -> NodeAnchor | None:
    """The ``async`` of a function that does nothing asynchronous."""
    visitor = analysis.alembic
    inside = [*visitor.awaits, *visitor.async_blocks]
    if function.asynchronous is None or any(site.functions and site.functions[-1] is function for site in inside):
        return None
    return NodeAnchor(analysis.parsed, function.asynchronous, function.name)


def _syntax(analysis: Analysis) -> Iterator[AsyncSyntax]:
    """All that makes the file asynchronous."""
    visitor = analysis.alembic
    for function in visitor.coroutines.values():
        assert function.asynchronous is not None
        yield AsyncSyntax(AsyncSyntaxKind.KEYWORD, NodeAnchor(analysis.parsed, function.asynchronous, function.name))
    for site in visitor.async_blocks:
        assert isinstance(site.node, cst.With)
        assert site.node.asynchronous is not None
        yield AsyncSyntax(AsyncSyntaxKind.KEYWORD, analysis.anchor(site, site.node.asynchronous))
    for site in visitor.awaits:
        assert isinstance(site.node, cst.Await)
        inner = site.node.expression
        name = last_name(inner.func) if isinstance(inner, cst.Call) else None
        if isinstance(inner, cst.Call) and name == "run_sync" and inner.args and isinstance(inner.func, cst.Attribute):
            yield AsyncSyntax(
                AsyncSyntaxKind.RUN_SYNC,
                analysis.anchor(site),
                analysis.anchor(site, inner.args[0].value),
                name,
                dotted(inner.func.value) or "",
                tuple(analysis.anchor(site, arg) for arg in inner.args[1:]),
            )
        else:
            yield AsyncSyntax(AsyncSyntaxKind.AWAIT, analysis.anchor(site), analysis.anchor(site, inner), name or "")
    for site in visitor.loops:
        assert isinstance(site.node, cst.Call)
        if site.node.args and (_is_run(analysis, site.node) or last_name(site.node.func) == "run_until_complete"):
            inner = site.node.args[0].value
            name = dotted(inner.func) if isinstance(inner, cst.Call) else None
            yield AsyncSyntax(AsyncSyntaxKind.RUN, analysis.anchor(site), analysis.anchor(site, inner), name or "")


def _is_connection(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.SimpleString) and node.raw_value == "connection"
