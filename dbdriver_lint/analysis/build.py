"""From a parsed file to its facts: walk once, run what was noted, describe what was met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis import migrations, sessions
from dbdriver_lint.analysis.anchors import NodeAnchor
from dbdriver_lint.analysis.collect import CallVisitor, MigrationVisitor, NameVisitor, Site, StringSite, UrlVisitor
from dbdriver_lint.analysis.facts import (
    Argument,
    AwaitedOperation,
    ClassFacts,
    DriverCall,
    EngineCall,
    Location,
    MigrationFunction,
    ModuleFacts,
    Purpose,
    RunSyncCall,
    UrlLiteral,
)
from dbdriver_lint.analysis.interpreter import Frame, Interpreter
from dbdriver_lint.analysis.program import Env, FunctionRecord, Importer, ModuleRecord, NoImports
from dbdriver_lint.analysis.symbols import DRIVER_FUNCTIONS, ENGINE_FUNCTIONS
from dbdriver_lint.analysis.tree import children, dotted, last_name, walk
from dbdriver_lint.analysis.urls import possible_url, urls_of
from dbdriver_lint.analysis.values import (
    CallRecord,
    Dictionary,
    Object,
    Result,
    Symbol,
    Template,
    Text,
    Unknown,
    Value,
    choice,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dbdriver_lint.source.parse import ParsedModule

#: Parameter names by position, for the calls that become facts.
_POSITIONAL: dict[str, tuple[str, ...]] = {
    "sqlalchemy.create_engine": ("url",),
    "sqlalchemy.ext.asyncio.create_async_engine": ("url",),
    "sqlalchemy.engine_from_config": ("configuration", "prefix"),
    "sqlalchemy.ext.asyncio.async_engine_from_config": ("configuration", "prefix"),
}

ASYNC_ENGINE = "sqlalchemy.ext.asyncio.AsyncEngine"


def analyse(parsed: ParsedModule, *, importer: Importer | None = None) -> ModuleFacts:
    """All facts of a file. ``importer`` finds other first-party modules (None: none are followed)."""
    return Analysis(parsed, importer or NoImports()).facts()


class Analysis:
    """One file's analysis: the visitors' notes and the interpreter's records."""

    def __init__(self, parsed: ParsedModule, importer: Importer) -> None:
        self.parsed = parsed
        self.calls = CallVisitor()
        self.names = NameVisitor()
        self.urls = UrlVisitor()
        self.migrations = MigrationVisitor()
        self.alembic = migrations.AlembicVisitor()
        self.uses = sessions.UseVisitor()
        walk(parsed.tree, [self.names, self.calls, self.urls, self.migrations, self.alembic, self.uses])
        module = ModuleRecord("__main__", parsed.source.path, parsed, rebound=frozenset(self.names.rebound))
        self.module = module
        self.interpreter = Interpreter(importer)
        strings = (string.site for string in self.urls.strings)
        sites = [*self.calls.sites, *strings, *self.alembic.sites, *self.uses.sites]
        self.interpreter.wanted = _calls_by_statement(sites)
        self.interpreter.run_module(module, recording=True)
        self._record_functions(sites)
        self.run_sync_names = {
            dotted(site.node.args[0].value)
            for site in self.calls.sites
            if isinstance(site.node, cst.Call) and last_name(site.node.func) == "run_sync" and site.node.args
        }

    def _record_functions(self, sites: Iterable[Site]) -> None:
        """Run every function that something was noted in, outer ones first (they define the inner)."""
        wanted: dict[cst.FunctionDef, int] = {}
        for site in sites:
            for depth, function in enumerate(site.functions):
                wanted.setdefault(function, depth)
        for function in sorted(wanted, key=lambda node: wanted[node]):
            record = self.interpreter.definitions.get(function)
            if isinstance(record, FunctionRecord):
                self.interpreter.record_function(record)

    def facts(self) -> ModuleFacts:
        """The facts in source order."""
        wrapped = set(self._wrapped())
        engines: list[EngineCall] = []
        drivers: list[DriverCall] = []
        run_sync: list[RunSyncCall] = []
        by_class: dict[cst.ClassDef, list[EngineCall]] = {}
        for site in self.calls.sites:
            node = site.node
            assert isinstance(node, cst.Call)
            for function in dict.fromkeys(record.function for record in self.interpreter.calls.get(node, ())):
                records = [r for r in self.interpreter.calls[node] if r.function == function]
                if function in ENGINE_FUNCTIONS:
                    engine = self._engine(site, node, function, records, node in wrapped)
                    engines.append(engine)
                    if site.classes:
                        by_class.setdefault(site.classes[-1], []).append(engine)
                elif function in DRIVER_FUNCTIONS:
                    drivers.append(self._driver(site, node, function, records))
            if last_name(node.func) == "run_sync" and node.args:
                run_sync.append(self._run_sync(site, node))
        revision = self._is_revision()
        awaited = tuple(self._awaited()) if revision else ()
        return ModuleFacts(
            purpose=Purpose.MIGRATION if revision or self._is_environment() else Purpose.APPLICATION,
            engines=tuple(engines),
            urls=tuple(self._url_literals()),
            drivers=tuple(drivers),
            classes=tuple(
                ClassFacts(node.name.value, NodeAnchor(self.parsed, node.name, node.name), tuple(made))
                for node, made in by_class.items()
            ),
            migrations=tuple(self._migration_functions(awaited)) if revision else (),
            awaited_operations=awaited,
            run_sync=tuple(run_sync),
            options=tuple(migrations.config_options(self)),
            commands=tuple(migrations.command_calls(self)),
            sql=tuple(migrations.sql_calls(self)) if revision else (),
            environment=migrations.environment(self),
            sessions=tuple(sessions.session_calls(self)),
            withs=tuple(sessions.with_uses(self)),
            consumers=tuple(sessions.consumer_calls(self)),
            listeners=tuple(sessions.listener_calls(self)),
            session_uses=tuple(sessions.session_uses(self)),
            unawaited=tuple(sessions.unawaited_calls(self)),
            is_revision=revision,
            names=self.names.imports,
        )

    def location(self, site: Site) -> Location:
        """Where a noted node stands."""
        return Location(
            tuple(function.name.value for function in site.functions),
            tuple(klass.name.value for klass in site.classes),
            site.coroutine,
            any(function.name.value in self.run_sync_names for function in site.functions),
        )

    def anchor(self, site: Site, node: cst.CSTNode | None = None) -> NodeAnchor:
        """A noted node, or one inside it, as a place."""
        return NodeAnchor(self.parsed, node or site.node, site.statement)

    # Engines and drivers

    def arguments(
        self, site: Site, node: cst.Call, records: Sequence[CallRecord], positional: Sequence[str]
    ) -> dict[str, Argument]:
        """The arguments of a call by name, each with its values and its place."""
        found: dict[str, Argument] = {}
        index = 0
        for arg in node.args:
            if arg.star:
                if arg.star == "**":
                    for name in {name for record in records for name in record.keywords}:
                        if not any(a.keyword is not None and a.keyword.value == name for a in node.args):
                            values = [record.keywords[name] for record in records if name in record.keywords]
                            found[name] = Argument(
                                choice(values), self.anchor(site, arg.value), self.anchor(site, arg), name
                            )
                else:
                    break
                continue
            if arg.keyword is not None:
                name = arg.keyword.value
                values = [record.keywords[name] for record in records if name in record.keywords]
            else:
                name = positional[index] if index < len(positional) else f"#{index}"
                values = [record.positional[index] for record in records if index < len(record.positional)]
                index += 1
            value = choice(values) if values else Unknown("argument")
            keyword = arg.keyword.value if arg.keyword is not None else None
            found[name] = Argument(value, self.anchor(site, arg.value), self.anchor(site, arg), keyword)
        return found

    def _engine(
        self, site: Site, node: cst.Call, function: str, records: Sequence[CallRecord], wrapped: bool
    ) -> EngineCall:
        arguments = self.arguments(site, node, records, _POSITIONAL[function])
        url = arguments.get("url")
        value = url.value if url is not None else None
        if function.endswith("engine_from_config"):
            configuration = arguments.get("configuration")
            prefix = arguments.get("prefix")
            key = prefix.value.text if prefix is not None and isinstance(prefix.value, Text) else "sqlalchemy."
            if configuration is not None and isinstance(configuration.value, Dictionary):
                value = configuration.value.items.get(f"{key}url")
            url = configuration
        return EngineCall(
            function=function,
            is_async=ENGINE_FUNCTIONS[function],
            anchor=self.anchor(site),
            callee=self.anchor(site, node.func),
            url=url,
            urls=urls_of(value),
            connect_args=arguments.get("connect_args"),
            keywords=arguments,
            open_keywords=any(record.open for record in records),
            location=self.location(site),
            wrapped_in_async_engine=wrapped,
            target=_target(site, node),
            only_dialect=node in self.calls.looked_at,
        )

    def _driver(self, site: Site, node: cst.Call, function: str, records: Sequence[CallRecord]) -> DriverCall:
        driver, parameter = DRIVER_FUNCTIONS[function]
        arguments = self.arguments(site, node, records, (parameter,))
        dsn = arguments.get(parameter)
        return DriverCall(
            function=function,
            driver=driver,
            anchor=self.anchor(site),
            callee=self.anchor(site, node.func),
            dsn=dsn,
            dsns=urls_of(dsn.value if dsn is not None else None),
            keywords=arguments,
            open_keywords=any(record.open for record in records),
            location=self.location(site),
        )

    def _wrapped(self) -> Iterator[cst.CSTNode]:
        """The engine calls whose result is handed to ``AsyncEngine(...)``."""
        for node, records in self.interpreter.calls.items():
            for record in records:
                if record.function != ASYNC_ENGINE:
                    continue
                first = record.positional[0] if record.positional else record.keywords.get("sync_engine")
                for option in options(first) if first is not None else ():
                    if isinstance(option, Result) and option.call is not None:
                        made = option.call.anchor
                        if isinstance(made, NodeAnchor) and made.node is not node:
                            yield made.node

    # URLs in the text

    def _url_literals(self) -> Iterator[UrlLiteral]:
        for string in self.urls.strings:
            value = self._string_value(string)
            if not isinstance(value, (Text, Template)):
                continue
            possible = possible_url(value)
            if possible is not None and possible.url.drivername.known:
                yield UrlLiteral(
                    possible,
                    self.anchor(string.site),
                    self.location(string.site),
                    string.default,
                    string.receiver,
                )

    def _string_value(self, string: StringSite) -> Value:
        # names inside the string are holes: what is written is what counts here
        frame = Frame(self.module, Env("function", None), statement=string.site.statement)
        return self.interpreter.evaluate(string.site.node, frame)

    # Alembic

    def _is_revision(self) -> bool:
        return "revision" in self.migrations.notes.identifiers and self._op_name() is not None

    def _op_name(self) -> str | None:
        for local, qualified in self.names.imports.items():
            if qualified == "alembic.op":
                return local
        return None

    def _is_environment(self) -> bool:
        return "alembic.context" in self.names.imports.values()

    def _awaited(self) -> Iterator[AwaitedOperation]:
        op = self._op_name()
        helpers = {dotted(call.args[0].value) for call in self.migrations.run_async if call.args}
        for site in self.migrations.awaits:
            node = site.node
            assert isinstance(node, cst.Await)
            path = dotted(node.expression.func) if isinstance(node.expression, cst.Call) else None
            if path is None or not path.startswith(f"{op}.") or path.count(".") != 1:
                continue
            if path.endswith(".run_async"):
                continue
            name = site.functions[-1].name.value if site.functions else None
            yield AwaitedOperation(
                function=path.rpartition(".")[2],
                anchor=self.anchor(site),
                call=self.anchor(site, node.expression),
                function_name=name,
                in_run_async_helper=name in helpers,
            )

    def _migration_functions(self, awaited: Sequence[AwaitedOperation]) -> Iterator[MigrationFunction]:
        for node in self.migrations.notes.functions:
            name = node.name.value
            if name not in ("upgrade", "downgrade"):
                continue
            own = tuple(a for a in awaited if a.function_name == name)
            waits = sum(1 for site in self.migrations.awaits if site.functions and site.functions[-1] is node)
            blocks = sum(1 for site in self.migrations.async_blocks if site.functions and site.functions[-1] is node)
            keyword = node.asynchronous
            yield MigrationFunction(
                name=name,
                is_async=keyword is not None,
                anchor=NodeAnchor(self.parsed, node, node.name, last=node.name),
                asynchronous=NodeAnchor(self.parsed, keyword, node.name) if keyword is not None else None,
                awaited=own,
                other_awaits=waits - len(own) + blocks,
                callers=self.migrations.called.get(name, 0),
            )

    def _run_sync(self, site: Site, node: cst.Call) -> RunSyncCall:
        argument = node.args[0].value
        written = dotted(argument) or ""
        records = self.interpreter.calls.get(node, ())
        values = [record.positional[0] for record in records if record.positional]
        value = choice(values) if values else Unknown("argument")
        bodies: list[cst.CSTNode] = []
        command = self._command(value, bodies)
        named = _names_a_migration(written) and all(isinstance(o, (Unknown, Symbol)) for o in options(value))
        around = [*bodies, *site.functions[-1:]]
        return RunSyncCall(
            anchor=self.anchor(site),
            callee=self.anchor(site, node.func),
            location=self.location(site),
            runs_migration=command is not None or named,
            sets_connection_attribute=any(_sets_connection(body) for body in around),
            command=command,
            function_name=written or "the function",
            unused_parameter=self._unused_parameter(site, argument),
        )

    def _unused_parameter(self, site: Site, argument: cst.CSTNode) -> NodeAnchor | None:
        if not isinstance(argument, cst.Lambda) or len(argument.params.params) != 1:
            return None
        parameter = argument.params.params[0]
        name = parameter.name.value
        stack: list[cst.CSTNode] = [argument.body]
        while stack:
            node = stack.pop()
            if isinstance(node, cst.Name) and node.value == name:
                return None
            stack.extend(children(node))
        return self.anchor(site, parameter)

    def _command(self, value: Value, bodies: list[cst.CSTNode], depth: int = 0) -> str | None:
        """The ``alembic.command`` function that ``value`` is or calls, and the bodies on the way."""
        for option in options(value):
            if isinstance(option, Symbol) and option.name.startswith("alembic.command."):
                return option.name.rpartition(".")[2]
            if not isinstance(option, Object) or depth > 3:
                continue
            record = option.definition[0] if isinstance(option.definition, tuple) else option.definition
            if not isinstance(record, FunctionRecord):
                continue
            bodies.append(record.node)
            frame = Frame(record.module, record.env)
            for call in _calls(record.node):
                met = self.interpreter.calls.get(call, ())
                for function in (m.function for m in met):
                    if function.startswith("alembic.command."):
                        return function.rpartition(".")[2]
                found = None
                if isinstance(call.func, (cst.Name, cst.Attribute)):
                    found = self._command(self.interpreter.evaluate(call.func, frame), bodies, depth + 1)
                if found is not None:
                    return found
        return None


def _names_a_migration(name: str) -> bool:
    """Whether a name that cannot be resolved says that it runs Alembic."""
    last = name.rpartition(".")[2].lower()
    return "alembic" in last and any(word in last for word in ("upgrade", "downgrade", "migrat"))


def _calls_by_statement(sites: Iterable[Site]) -> dict[cst.CSTNode, list[cst.Call]]:
    """The noted calls under the statement that each stands in."""
    found: dict[cst.CSTNode, list[cst.Call]] = {}
    for site in sites:
        calls = found.setdefault(site.statement, [])
        if isinstance(site.node, cst.Call) and site.node not in calls:
            calls.append(site.node)
    return found


def _target(site: Site, node: cst.Call) -> str | None:
    statement = site.statement
    if not isinstance(statement, (cst.SimpleStatementLine, cst.SimpleStatementSuite)):
        return None
    for small in statement.body:
        if isinstance(small, cst.Assign) and small.value is node:
            return dotted(small.targets[0].target)
        if isinstance(small, cst.AnnAssign) and small.value is node:
            return dotted(small.target)
    return None


def _calls(root: cst.CSTNode) -> Iterator[cst.Call]:
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Call):
            yield node
        stack.extend(children(node))


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
