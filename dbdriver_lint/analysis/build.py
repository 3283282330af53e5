"""From a parsed file to its facts: walk once, run what was noted, describe what was met."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis import commands, migrations, revisions, rewrites, sessions
from dbdriver_lint.analysis.anchors import NodeAnchor
from dbdriver_lint.analysis.candidates import makers, makers_elsewhere
from dbdriver_lint.analysis.collect import CallerVisitor, CallVisitor, NameVisitor, Site, StringSite, UrlVisitor
from dbdriver_lint.analysis.facts import (
    Argument,
    BuiltUrl,
    ClassFacts,
    DriverCall,
    EngineCall,
    Location,
    RunSyncCall,
    UrlLiteral,
)
from dbdriver_lint.analysis.frames import Frame
from dbdriver_lint.analysis.interpreter import Interpreter
from dbdriver_lint.analysis.module_facts import ModuleFacts, Purpose
from dbdriver_lint.analysis.program import Env, FunctionRecord, Importer, ModuleRecord, NoImports
from dbdriver_lint.analysis.reached import Entering, has_default_url, makes_engine, reached
from dbdriver_lint.analysis.symbols import DRIVER_FUNCTIONS, ENGINE_FUNCTIONS
from dbdriver_lint.analysis.targets import only_looked_at, target_of
from dbdriver_lint.analysis.tree import dotted, last_name, walk
from dbdriver_lint.analysis.urls import possible_url, urls_of
from dbdriver_lint.analysis.values import (
    CallRecord,
    Dictionary,
    Result,
    Template,
    Text,
    Unknown,
    Value,
    choice,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from dbdriver_lint.source.parse import ParsedModule

#: Parameter names by position, for the calls that become facts.
_POSITIONAL: dict[str, tuple[str, ...]] = {
    "sqlalchemy.create_engine": ("url",),
    "sqlalchemy.ext.asyncio.create_async_engine": ("url",),
    "sqlalchemy.engine_from_config": ("configuration", "prefix"),
    "sqlalchemy.ext.asyncio.async_engine_from_config": ("configuration", "prefix"),
}

#: An assignment of what an application keeps for all of its parts.
_STATE = re.compile(r"\.state\.(\w+)\s*(?::[^=\n]+)?=(?!=)")


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
        self.revision = revisions.RevisionVisitor()
        self.alembic = migrations.AlembicVisitor()
        self.uses = sessions.UseVisitor()
        self.rewrites = rewrites.RewriteVisitor()
        visitors = [self.names, self.calls, self.urls, self.revision, self.alembic, self.uses, self.rewrites]
        walk(parsed.tree, visitors)
        module = ModuleRecord("__main__", parsed.source.path, parsed, rebound=frozenset(self.names.rebound))
        self.module = module
        self.interpreter = Interpreter(importer)
        kept = Counter(_STATE.findall(parsed.source.text))
        self.interpreter.state = {name: Unknown("assigned twice") for name, times in kept.items() if times > 1}
        strings = (string.site for string in (*self.urls.strings, *self.urls.built))
        built = {string.site.node for string in self.urls.built}
        self.callers = self._callers()
        sites = [*self.calls.sites, *strings, *migrations.sites(self), *self.uses.sites, *self.callers]
        self.wanted: dict[cst.CSTNode, list[cst.BaseExpression]] = {}
        self.want(sites, built)
        self.interpreter.wanted = self.wanted
        self.interpreter.run_module(module, recording=True)
        self._record_functions([*sites, *self.rewrites.sites])
        self._record_defaults()
        self.run_sync_names = {
            dotted(site.node.args[0].value)
            for site in self.calls.sites
            if isinstance(site.node, cst.Call) and last_name(site.node.func) == "run_sync" and site.node.args
        }

    def _callers(self) -> list[Site]:
        """The calls in this file of functions that make an engine: with what these are given, they are run too."""
        inner = [site for site in self.calls.sites if site.functions and makes_engine(site.node)]
        names = {
            site.classes[-1].name.value
            if site.classes and site.functions[-1].name.value == "__init__"
            else site.functions[-1].name.value
            for site in inner
        }
        visitor = CallerVisitor(makers(names), makers_elsewhere(self.parsed.source.text))
        if visitor.names or visitor.elsewhere:
            walk(self.parsed.tree, [visitor])
        self.entering = Entering(self, (site.functions[-1] for site in inner))
        self.interpreter.enters = self.entering
        return visitor.sites

    def want(self, sites: Iterable[Site], built: Collection[cst.CSTNode] = ()) -> None:
        """Have the noted calls recorded, and the texts that are put together, where their statement is run."""
        for site in sites:
            nodes = self.wanted.setdefault(site.statement, [])
            is_wanted = isinstance(site.node, cst.Call) or site.node in built
            if is_wanted and isinstance(site.node, cst.BaseExpression) and site.node not in nodes:
                nodes.append(site.node)

    def _record_defaults(self) -> None:
        """Run the functions that make an engine with their own defaults, where one of these is a URL."""
        functions = {site.functions[-1] for site in self.calls.sites if site.functions and makes_engine(site.node)}
        for function in sorted(functions, key=lambda node: self.parsed.span(node).start):
            record = self.interpreter.definitions.get(function)
            if isinstance(record, FunctionRecord) and has_default_url(record):
                self.interpreter.record_by_default(record)

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
        alembic_options = tuple(migrations.config_options(self))
        engines: list[EngineCall] = []
        made: dict[cst.Call, EngineCall] = {}
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
                    made[node] = engine
                    if site.classes:
                        by_class.setdefault(site.classes[-1], []).append(engine)
                elif function in DRIVER_FUNCTIONS:
                    drivers.append(self._driver(site, node, function, records))
            if last_name(node.func) == "run_sync" and node.args:
                run_sync.append(commands.run_sync_call(self, site, node))
        further = tuple(reached(self, [*self.callers, *self.calls.sites], made, wrapped))
        revision = revisions.is_revision(self)
        awaited = tuple(revisions.awaited_operations(self)) if revision else ()
        return ModuleFacts(
            purpose=Purpose.MIGRATION
            if revision or "alembic.context" in self.names.imports.values()
            else Purpose.APPLICATION,
            engines=tuple(engines),
            reached=tuple(engine for engine in further if engine.urls.decided),
            passed_on=tuple(engine for engine in further if not engine.urls.decided),
            urls=tuple(self._url_literals()),
            drivers=tuple(drivers),
            classes=tuple(
                ClassFacts(node.name.value, NodeAnchor(self.parsed, node.name, node.name), tuple(made))
                for node, made in by_class.items()
            ),
            migrations=tuple(revisions.migration_functions(self, awaited)) if revision else (),
            awaited_operations=awaited,
            run_sync=tuple(run_sync),
            options=alembic_options,
            commands=tuple(commands.command_calls(self)),
            sql=tuple(migrations.sql_calls(self)) if revision else (),
            environment=migrations.environment(self),
            sessions=tuple(sessions.session_calls(self)),
            withs=tuple(sessions.with_uses(self)),
            consumers=tuple(sessions.consumer_calls(self)),
            listeners=tuple(sessions.listener_calls(self)),
            session_uses=tuple(sessions.session_uses(self)),
            unawaited=tuple(sessions.unawaited_calls(self)),
            built=tuple(self._built_urls()),
            rewrites=tuple(rewrites.url_rewrites(self, made.values(), drivers, alembic_options)),
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
                    continue
                for name in positional[index:]:
                    values = [record.positional[index] for record in records if index < len(record.positional)]
                    if values:
                        found[name] = Argument(choice(values), self.anchor(site, arg.value), self.anchor(site, arg))
                    index += 1
                break
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
            target=target_of(site),
            only_dialect=node in self.calls.looked_at or only_looked_at(self.parsed, site),
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
        """The engine calls whose result is handed to ``AsyncEngine(...)``, wherever that is imported from."""
        for node, records in self.interpreter.calls.items():
            for record in records:
                if record.function.rpartition(".")[2] != "AsyncEngine":
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

    def _built_urls(self) -> Iterator[BuiltUrl]:
        """The strings that are put together, with what their parts are known to be."""
        for string in self.urls.built:
            values = self.interpreter.values.get(string.site.node, ())
            if values:
                anchor = self.anchor(string.site)
                yield BuiltUrl(choice(list(values)), anchor, self.location(string.site), string.receiver)

    def _string_value(self, string: StringSite) -> Value:
        # names inside the string are holes: what is written is what counts here
        frame = Frame(self.module, Env("function", None), statement=string.site.statement)
        return self.interpreter.evaluate(string.site.node, frame)
