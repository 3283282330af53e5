"""Engines, connections and sessions in use: from their calls to facts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis import orm
from dbdriver_lint.analysis.anchors import NodeAnchor
from dbdriver_lint.analysis.candidates import USE_NAMES, makes_async
from dbdriver_lint.analysis.collect import NamedVisitor, Site
from dbdriver_lint.analysis.frames import Frame
from dbdriver_lint.analysis.session_facts import (
    Consumer,
    ConsumerCall,
    ListenerCall,
    SessionCall,
    SessionUse,
    UnawaitedCall,
    WithUse,
)
from dbdriver_lint.analysis.symbols import canonical
from dbdriver_lint.analysis.tree import children, dotted, last_name
from dbdriver_lint.analysis.values import Result, Symbol, Text, choice, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.analysis.build import Analysis
    from dbdriver_lint.analysis.values import CallRecord, Value

#: What makes sessions: the names of the parameters, and what is made (None: ``class_`` may say).
_MAKERS: dict[str, tuple[tuple[str, ...], str]] = {
    orm.SYNC_FACTORY: (("bind",), orm.SYNC_SESSION),
    orm.ASYNC_FACTORY: (("bind",), orm.ASYNC_SESSION),
    orm.SYNC_SESSION: (("bind",), orm.SYNC_SESSION),
    orm.ASYNC_SESSION: (("bind",), orm.ASYNC_SESSION),
    f"{orm.SYNC_FACTORY}.configure": ((), orm.SYNC_SESSION),
    f"{orm.ASYNC_FACTORY}.configure": ((), orm.ASYNC_SESSION),
}
_PANDAS = frozenset({"read_sql", "read_sql_query", "read_sql_table", "to_sql"})
_METADATA = frozenset({"create_all", "drop_all", "reflect"})
#: Methods of an asynchronous object that are coroutines, and do nothing until they are awaited.
_COROUTINES: dict[str, frozenset[str]] = {
    orm.ASYNC_SESSION: frozenset(
        {
            *("close", "commit", "delete", "execute", "flush", "invalidate", "merge", "refresh", "reset"),
            *("rollback", "run_sync", "scalar", "scalars", "get", "stream", "close_all"),
        }
    ),
    orm.ASYNC_CONNECTION: frozenset(
        {"close", "commit", "execute", "exec_driver_sql", "rollback", "run_sync", "scalar", "scalars", "invalidate"}
    ),
    orm.ASYNC_ENGINE: frozenset({"dispose"}),
}
#: Methods that only the synchronous class has.
_MISSING: dict[str, frozenset[str]] = {
    orm.ASYNC_ENGINE: frozenset({"execute", "run_callable", "scalar", "has_table", "table_names", "transaction"}),
    orm.ASYNC_SESSION: frozenset({"query", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"}),
}
#: Methods of a synchronous session that go to the database.
_BLOCKING = frozenset({"execute", "scalars", "scalar", "query", "exec", "commit", "flush", "refresh", "get", "merge"})
_METHODS = frozenset().union(*_COROUTINES.values(), *_MISSING.values(), _BLOCKING)
_NAMES_A_SESSION = re.compile("session|engine|(?:^|[._])db$", re.IGNORECASE)
_MAKES_A_SESSION = re.compile("session|maker|factory", re.IGNORECASE)
_ASYNC_OBJECTS = frozenset({orm.ASYNC_ENGINE, orm.ASYNC_CONNECTION, orm.ASYNC_SESSION})


class UseVisitor(NamedVisitor):
    """Notes calls that take engines, ``with`` items, and methods of sessions in coroutines."""

    def __init__(self) -> None:
        super().__init__(USE_NAMES)
        self.names.add("AsyncEngine")
        self.calls: list[Site] = []
        self.methods: list[Site] = []
        self.items: list[tuple[Site, cst.With, cst.WithItem]] = []
        self.dropped: set[cst.CSTNode] = set()
        self.awaited: set[cst.CSTNode] = set()
        self.awaits: list[Site] = []
        self.functions_by_name: dict[str, cst.FunctionDef] = {}
        self.decorated: dict[cst.CSTNode, cst.FunctionDef] = {}

    @property
    def sites(self) -> Iterator[Site]:
        """Where something was noted that needs values."""
        yield from self.calls
        yield from (site for site, _, _ in self.items)
        yield from self.methods

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.functions_by_name[node.name.value] = node
        for decorator in node.decorators:
            self.decorated[decorator.decorator] = node
        super().visit_FunctionDef(node)

    def visit_Await(self, node: cst.Await) -> None:
        self.awaited.add(node.expression)
        self.awaits.append(self.site(node))

    def visit_Expr(self, node: cst.Expr) -> None:
        self.dropped.add(node.value)

    def visit_With(self, node: cst.With) -> None:
        for item in node.items:
            name = last_name(item.item.func) if isinstance(item.item, cst.Call) else None
            if name is not None and (name in ("connect", "begin") or _MAKES_A_SESSION.search(name)):
                site = Site(item.item, item, tuple(self.functions), tuple(self.classes))
                self.items.append((site, node, item))
        if node.asynchronous is not None:
            self.awaits.append(self.site(node))

    def visit_Call(self, node: cst.Call) -> None:
        name = last_name(node.func)
        if name in self.names:
            self.calls.append(self.site(node))
        elif name in _METHODS and isinstance(node.func, cst.Attribute) and not self.lambdas:
            site = self.site(node)
            if node in self.dropped or (site.coroutine and _NAMES_A_SESSION.search(_receiver(node.func.value))):
                self.methods.append(site)


def _receiver(node: cst.CSTNode) -> str:
    """What a method is called on, as written: ``db.session``, ``Session`` of ``Session()``."""
    return dotted(node.func if isinstance(node, cst.Call) else node) or ""


def session_calls(analysis: Analysis) -> Iterator[SessionCall]:
    """The sessions and factories that are made."""
    entered = {site.node for site, with_, _ in analysis.uses.items if with_.asynchronous is not None}
    for site in analysis.uses.calls:
        node = site.node
        assert isinstance(node, cst.Call)
        for function in dict.fromkeys(record.function for record in analysis.interpreter.calls.get(node, ())):
            if function not in _MAKERS:
                continue
            records = [r for r in analysis.interpreter.calls[node] if r.function == function]
            arguments = analysis.arguments(site, node, records, _MAKERS[function][0])
            bind, given = arguments.get("bind"), arguments.get("class_")
            made = _MAKERS[function][1] if given is None else orm.class_of(given.value)
            if given is None and function.endswith(".configure"):
                made = None  # the factory's own `class_` counts
            if any(record.open for record in records):
                made = None
            yield SessionCall(
                function=function,
                anchor=analysis.anchor(site),
                callee=analysis.anchor(site, node.func),
                bind=bind,
                bind_class=orm.kind_of(bind.value) if bind is not None else None,
                class_argument=given,
                session_class=made,
                location=analysis.location(site),
                awaits=node in entered or site.coroutine,
            )


def with_uses(analysis: Analysis) -> Iterator[WithUse]:
    """The connections, transactions and sessions that a ``with`` enters."""
    for site, with_, item in analysis.uses.items:
        node = site.node
        assert isinstance(node, cst.Call)
        entered = _entered(analysis.interpreter.calls.get(node, ()))
        if entered is None:
            continue
        object_class, made_from = entered
        keyword = with_.asynchronous
        yield WithUse(
            is_async=keyword is not None,
            anchor=analysis.anchor(site),
            keyword=NodeAnchor(analysis.parsed, keyword, item) if keyword is not None else None,
            header=NodeAnchor(analysis.parsed, with_, item),
            object_class=object_class,
            made_from=made_from,
            method=last_name(node.func) or "",
            single=len(with_.items) == 1,
            location=analysis.location(site),
        )


#: What ``with`` enters, by the function that is called.
_ENTERED: dict[str, str] = {
    f"{orm.ASYNC_ENGINE}.connect": orm.ASYNC_CONNECTION,
    f"{orm.ASYNC_ENGINE}.begin": orm.ASYNC_CONNECTION,
    f"{orm.SYNC_ENGINE}.connect": orm.SYNC_CONNECTION,
    f"{orm.SYNC_ENGINE}.begin": orm.SYNC_CONNECTION,
    orm.SYNC_SESSION: orm.SYNC_SESSION,
    orm.ASYNC_SESSION: orm.ASYNC_SESSION,
    f"{orm.SYNC_SESSION}.begin": orm.SYNC_SESSION,
    f"{orm.ASYNC_SESSION}.begin": orm.ASYNC_SESSION,
}


def _entered(records: list[CallRecord] | tuple[CallRecord, ...]) -> tuple[str, str | None] | None:
    """The class of what is entered, and of what it was made from; None where some record is unknown."""
    found: set[tuple[str, str | None]] = set()
    for record in records:
        if record.function in _ENTERED:
            found.add((_ENTERED[record.function], record.function.rpartition(".")[0]))
            continue
        receiver = record.receiver
        made = orm.made_by(receiver) if isinstance(receiver, Result) else None
        method = record.function.rpartition(".")[2]
        if made is None or method not in ("__call__", "begin"):
            return None
        found.add((made, receiver.of if isinstance(receiver, Result) else None))
    return found.pop() if len(found) == 1 else None


def consumer_calls(analysis: Analysis) -> Iterator[ConsumerCall]:
    """The calls that an asynchronous object is handed to though they take none."""
    for site in analysis.uses.calls:
        node = site.node
        assert isinstance(node, cst.Call)
        records = analysis.interpreter.calls.get(node, ())
        found = _consumer(node, records)
        if found is None:
            continue
        consumer, positional, keywords = found
        argument = _argument(node, positional, keywords)
        if argument is None:
            continue
        values = [_value(record, positional, keywords) for record in records]
        given = orm.kind_of(choice([value for value in values if value is not None])) if all(values) else None
        if given is not None and given in _ASYNC_OBJECTS:
            yield _consumer_call(analysis, site, node, consumer, argument.value, given)
    for site in analysis.uses.methods:
        node = site.node
        assert isinstance(node, cst.Call)
        owner, method = _method(analysis.interpreter.calls.get(node, ()))
        if owner is not None and method in _MISSING.get(owner, ()):
            assert isinstance(node.func, cst.Attribute)
            yield _consumer_call(analysis, site, node, Consumer.MISSING, node.func.value, owner)


def _consumer_call(
    analysis: Analysis, site: Site, node: cst.Call, consumer: Consumer, given: cst.CSTNode, given_class: str
) -> ConsumerCall:
    return ConsumerCall(
        consumer=consumer,
        function=dotted(node.func) or last_name(node.func) or "",
        anchor=analysis.anchor(site),
        callee=analysis.anchor(site, node.func),
        given=analysis.anchor(site, given),
        given_class=given_class,
        others=len(node.args) > 1,
        statement=node in analysis.uses.dropped,
        awaited=node in analysis.uses.awaited,
        location=analysis.location(site),
    )


def _consumer(
    node: cst.Call, records: list[CallRecord] | tuple[CallRecord, ...]
) -> tuple[Consumer, int, tuple[str, ...]] | None:
    """What kind of call it is, and by position and keyword where the engine stands."""
    name = last_name(node.func)
    functions = {record.function for record in records}
    if not functions:
        return None
    if name in _METADATA and isinstance(node.func, cst.Attribute):
        of_metadata = last_name(node.func.value) == "metadata" or functions <= {
            f"sqlalchemy.MetaData.{method}" for method in _METADATA
        }
        return (Consumer.METADATA, 0, ("bind",)) if of_metadata else None
    if functions == {"sqlalchemy.inspect"}:
        return Consumer.INSPECT, 0, ("subject",)
    if functions <= {f"pandas.{reader}" for reader in _PANDAS} or (
        name == "to_sql" and functions <= {"", "pandas.DataFrame.to_sql"}
    ):
        return Consumer.PANDAS, 1, ("con",)
    if functions == {"sqlalchemy.Table"}:
        return Consumer.TABLE, -1, ("autoload_with", "bind")
    if functions == {orm.ASYNC_ENGINE}:
        return Consumer.WRAP, 0, ("sync_engine",)
    return None


def _argument(node: cst.Call, position: int, keywords: tuple[str, ...]) -> cst.Arg | None:
    plain = [arg for arg in node.args if arg.keyword is None and not arg.star]
    if 0 <= position < len(plain):
        return plain[position]
    return next((arg for arg in node.args if arg.keyword is not None and arg.keyword.value in keywords), None)


def _value(record: CallRecord, position: int, keywords: tuple[str, ...]) -> Value | None:
    if 0 <= position < len(record.positional):
        return record.positional[position]
    return next((record.keywords[name] for name in keywords if name in record.keywords), None)


def _method(records: list[CallRecord] | tuple[CallRecord, ...]) -> tuple[str | None, str]:
    """The class and the name of a method that is called, where all records agree."""
    functions = {record.function for record in records}
    if len(functions) != 1:
        return None, ""
    owner, _, method = functions.pop().rpartition(".")
    return (owner, method) if owner in orm.KINDS else (None, method)


def unawaited_calls(analysis: Analysis) -> Iterator[UnawaitedCall]:
    """The coroutines of async objects that are made and dropped."""
    everywhere = makes_async(analysis.parsed.source.text)
    for site in analysis.uses.methods:
        node = site.node
        if node not in analysis.uses.dropped or not (site.coroutine or (everywhere and site.functions)):
            continue
        owner, method = _method(analysis.interpreter.calls.get(node, ()))  # type: ignore[call-overload]
        if owner is not None and method in _COROUTINES.get(owner, ()):
            yield UnawaitedCall(owner, method, analysis.anchor(site), analysis.location(site))


def session_uses(analysis: Analysis) -> Iterator[SessionUse]:
    """The coroutines that use a synchronous session, once each and by session."""
    found: dict[tuple[cst.FunctionDef, str], list[Site]] = {}
    for site in (site for site in analysis.uses.methods if site.coroutine):
        node = site.node
        assert isinstance(node, cst.Call)
        assert isinstance(node.func, cst.Attribute)
        owner, method = _method(analysis.interpreter.calls.get(node, ()))
        if (
            owner in (orm.SYNC_SESSION, orm.SCOPED_SESSION)
            and method in _BLOCKING
            and node not in analysis.uses.awaited
        ):
            name = dotted(node.func.value)
            if name is not None:
                found.setdefault((site.functions[-1], name), []).append(site)
    for (function, name), sites in found.items():
        first = sites[0].node
        assert isinstance(first, cst.Call)
        yield SessionUse(
            function.name.value,
            name,
            analysis.anchor(sites[0]),
            last_name(first.func) or "",
            len(sites),
            analysis.location(sites[0]),
        )


# Events


def listener_calls(analysis: Analysis) -> Iterator[ListenerCall]:
    """The listeners that are registered."""
    for site in analysis.uses.calls:
        node = site.node
        assert isinstance(node, cst.Call)
        records = analysis.interpreter.calls.get(node, ())
        functions = {record.function for record in records}
        if not functions or not functions <= {"sqlalchemy.event.listen", "sqlalchemy.event.listens_for"}:
            continue
        if not node.args or node.args[0].star:
            continue
        targets = [record.positional[0] for record in records if record.positional]
        target = choice(targets) if targets else None
        names = [record.positional[1] for record in records if len(record.positional) > 1]
        event = names[0].text if names and isinstance(names[0], Text) else None
        listener = _listener(analysis, node)
        kind = orm.kind_of(target)
        yield ListenerCall(
            anchor=analysis.anchor(site),
            target=analysis.anchor(site, node.args[0].value),
            target_class=kind if kind is not None else _class_target(target),
            is_class=kind is None,
            event=event,
            listener=listener.name.value if listener is not None else None,
            asynchronous=_keyword(analysis, listener),
            has_awaits=any(s.functions and s.functions[-1] is listener for s in analysis.uses.awaits),
            dead_test=_dead_test(analysis, target, node.args[0].value, listener),
        )


def _class_target(value: Value | None) -> str | None:
    if value is None:
        return None
    names = {canonical(option.name) for option in options(value) if isinstance(option, Symbol)}
    return names.pop() if len(names) == 1 else None


def _listener(analysis: Analysis, node: cst.Call) -> cst.FunctionDef | None:
    """The function that is registered: the decorated one, or the third argument."""
    decorated = analysis.uses.decorated.get(node)
    if decorated is not None:
        return decorated
    name = dotted(node.args[2].value) if len(node.args) > 2 and node.args[2].keyword is None else None
    return analysis.uses.functions_by_name.get(name) if name is not None else None


def _keyword(analysis: Analysis, listener: cst.FunctionDef | None) -> NodeAnchor | None:
    if listener is None or listener.asynchronous is None:
        return None
    return NodeAnchor(analysis.parsed, listener.asynchronous, listener.name)


def _dead_test(
    analysis: Analysis, target: Value | None, written: cst.CSTNode, listener: cst.FunctionDef | None
) -> NodeAnchor | None:
    """``isinstance(connection, sqlite3.Connection)`` where the connection is an async driver's adapter."""
    if listener is None or last_name(written) != "sync_engine" or orm.kind_of(target) != orm.SYNC_ENGINE:
        return None
    parameters = {parameter.name.value for parameter in listener.params.params}
    stack: list[cst.CSTNode] = [listener.body]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Call) and dotted(node.func) == "isinstance" and len(node.args) == 2:
            subject = dotted(node.args[0].value)
            if subject in parameters and _names_sqlite(analysis, listener, node.args[1].value):
                return NodeAnchor(analysis.parsed, node, node)
        stack.extend(children(node))
    return None


def _names_sqlite(analysis: Analysis, listener: cst.FunctionDef, kind: cst.CSTNode) -> bool:
    record = analysis.interpreter.definitions.get(listener)
    env = record.env if record is not None else analysis.module.env
    value = analysis.interpreter.evaluate(kind, Frame(analysis.module, env))
    return isinstance(value, Symbol) and value.name in ("sqlite3.Connection", "sqlite3.dbapi2.Connection")
