"""Code that makes another URL of one that is not known, as facts that rules can try."""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis.anchors import NodeAnchor
from dbdriver_lint.analysis.collect import Site, SiteVisitor
from dbdriver_lint.analysis.frames import Frame
from dbdriver_lint.analysis.probing import Input, Trial
from dbdriver_lint.analysis.program import FunctionRecord, ModuleRecord
from dbdriver_lint.analysis.rewrite_facts import Made, Outcome, Rewriting, UrlRewrite
from dbdriver_lint.analysis.string_methods import AS_TEXT
from dbdriver_lint.analysis.tree import Kinds, children, descendants, dotted, last_name
from dbdriver_lint.analysis.url_objects import rendered
from dbdriver_lint.analysis.values import (
    Constant,
    EnvVar,
    Hole,
    Items,
    Object,
    Result,
    Symbol,
    Template,
    Text,
    Unknown,
    Url,
    Value,
    options,
)
from dbdriver_lint.records import NamedTuple, dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dbdriver_lint.analysis.build import Analysis
    from dbdriver_lint.analysis.facts import Argument, DriverCall, EngineCall
    from dbdriver_lint.analysis.interpreter import Interpreter
    from dbdriver_lint.analysis.migration_facts import ConfigOption

#: How many pieces of code are tried in one file.
MAX_UNITS = 20

#: Methods that make another text of a URL, and what their arguments speak of then.
_OPERATIONS = frozenset(
    {
        *("replace", "removeprefix", "removesuffix", "sub", "lstrip", "strip", "_replace"),
        *("split", "rsplit", "partition", "rpartition"),
    }
)
_SPOKEN = re.compile(
    r"postgres|mysql|maria|sqlite|oracle|mssql|cockroach|asyncpg|psycopg|aiomysql|asyncmy|sslmode|^://$"
)
#: Functions and methods that give their first argument, or their object, as something else.
_CONVERSIONS = frozenset({"str", "make_url", "URL", "urlparse", "urlsplit", "cast", "SecretStr", "PostgresDsn"})
_METHODS = _OPERATIONS | AS_TEXT | {"set", "render_as_string", "geturl", "format", "lower", "rstrip", "get"}
_PARTS = frozenset(
    {
        *("scheme", "netloc", "path", "query", "fragment"),
        *("drivername", "username", "password", "host", "port", "database"),
    }
)


class RewriteVisitor(SiteVisitor):
    """Notes the operations on texts that speak of database URLs."""

    def __init__(self) -> None:
        super().__init__()
        self.sites: list[Site] = []

    def visit_Call(self, node: cst.Call) -> None:
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in _OPERATIONS and _speaks(node.args):
            self.sites.append(self.site(node))

    def visit_Subscript(self, node: cst.Subscript) -> None:
        if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Slice):
            lower = node.slice[0].slice.lower
            if isinstance(lower, cst.Call) and last_name(lower.func) == "len" and _speaks(lower.args):
                self.sites.append(self.site(node))


def _speaks(args: Iterable[cst.Arg]) -> bool:
    return any(isinstance(a.value, cst.SimpleString) and _SPOKEN.search(a.value.raw_value) for a in args)


@dataclass(slots=True, eq=False)
class _Unit:
    """The operations of one function, or of the module, on one unknown value."""

    scope: FunctionRecord | None
    input: Input
    sources: list[cst.BaseExpression]
    sites: list[Site] = field(default_factory=list)


class _Ending(NamedTuple):
    """What becomes of the operations of a module."""

    takers: set[cst.CSTNode]
    """The statements with the operations, and those that make engines of what comes out."""
    name: str | None
    """The name that the last of them assigns; None where none does."""
    becomes_another: bool
    """Something else is made of what that name holds."""


def url_rewrites(
    analysis: Analysis,
    engines: Iterable[EngineCall],
    drivers: Iterable[DriverCall],
    options_given: Iterable[ConfigOption],
) -> Iterator[UrlRewrite]:
    """The rewrites of a file: those written in it, then those on the way to engines, connections and Alembic."""
    units = _units(analysis)
    for unit in units[:MAX_UNITS]:
        first = unit.sites[0]
        nodes = [site.statement if unit.scope is None else unit.scope.node for site in unit.sites]
        if unit.scope is None:
            attempt = cache(partial(_attempt_module, analysis, unit, _ending(analysis, unit)))
        else:
            attempt = cache(partial(_attempt_function, analysis, unit, unit.scope))
        yield UrlRewrite(
            anchor=analysis.anchor(first),
            location=analysis.location(first),
            text="\n".join(NodeAnchor(analysis.parsed, node).text for node in nodes),
            attempt=attempt,
            expression=partial(_expression, analysis, unit, attempt),
        )
    sites = {site.node: site for site in (*analysis.calls.sites, *analysis.alembic.options)}
    takers: list[tuple[EngineCall | DriverCall | ConfigOption, Argument | None]] = [
        *((e, e.url) for e in engines if not (e.from_config or e.only_dialect)),
        *((driver, driver.dsn) for driver in drivers),
        *((option, option.value) for option in options_given),
    ]
    for taker, argument in takers[:MAX_UNITS]:
        assert isinstance(taker.anchor, NodeAnchor)
        site = sites[taker.anchor.node]
        source = _input_of(analysis, site, argument)
        if source is not None and argument is not None:
            yield UrlRewrite(
                anchor=argument.anchor,
                location=taker.location,
                text=argument.anchor.text,
                attempt=cache(partial(_attempt_taker, analysis, site, source, argument)),
                taker=taker,
                variable=source.variable,
            )


def _units(analysis: Analysis) -> list[_Unit]:
    found: dict[tuple[cst.CSTNode | None, str], _Unit] = {}
    scopes: dict[cst.FunctionDef | None, _Scope] = {}
    for site in analysis.rewrites.sites:
        function = site.functions[-1] if site.functions else None
        if function is None and site.classes:
            continue  # a class's own body is run with the class
        record = _record(analysis, site)
        if function is not None and record is None:
            continue  # nothing reaches its definition
        if function not in scopes:
            scopes[function] = _Scope(analysis, record)
        scope = scopes[function]
        leaves = scope.leaves(site.node)
        texts = {NodeAnchor(analysis.parsed, leaf).text for leaf in leaves}
        if len(texts) != 1 or not all(scope.is_open(leaf) for leaf in leaves):
            continue
        text = texts.pop()
        unit = found.get((function, text))
        if unit is None:
            name = text if function is not None or isinstance(leaves[0], cst.Name) else None
            unit = _Unit(record, Input(name=name if name and _DOTTED.fullmatch(name) else None), [])
            found[function, text] = unit
        unit.sites.append(site)
        unit.sources += [leaf for leaf in leaves if leaf not in unit.sources]
        unit.input = Input(name=unit.input.name, nodes=frozenset(unit.sources))
    return list(found.values())


_DOTTED = re.compile(r"[\w.]+")


def _record(analysis: Analysis, site: Site) -> FunctionRecord | None:
    """The function that a site stands in; None at the module's level, and where nothing reaches its definition."""
    record = analysis.interpreter.definitions.get(site.functions[-1]) if site.functions else None
    return record if isinstance(record, FunctionRecord) else None


def _frame(analysis: Analysis, scope: FunctionRecord | None, interpreter: Interpreter) -> Frame:
    """Where the expressions of a function, looked at by itself, or of the module are evaluated."""
    return Frame(analysis.module, analysis.module.env) if scope is None else interpreter.alone(scope)


class _Scope:
    """The assignments of a function, or of the module, and what its expressions come from."""

    def __init__(self, analysis: Analysis, function: FunctionRecord | None) -> None:
        self.analysis = analysis
        self.function = function
        self.assigned: dict[str, list[cst.BaseExpression]] = {}
        body = analysis.parsed.tree if function is None else function.node.body
        for node in _own_nodes(body):
            if type(node) is cst.Assign:
                for target in node.targets:
                    self._assign(target.target, node.value)
            elif isinstance(node, (cst.AnnAssign, cst.NamedExpr)) and node.value is not None:
                self._assign(node.target, node.value)
        parameters = () if function is None else _parameters(function.node.params)
        self.parameters = frozenset(parameter.name.value for parameter in parameters)

    def _assign(self, target: cst.BaseExpression, value: cst.BaseExpression) -> None:
        names = [e.value for e in target.elements] if isinstance(target, (cst.Tuple, cst.List)) else [target]
        for name in names:
            path = dotted(name)
            if path is not None:
                self.assigned.setdefault(path, []).append(value)

    def leaves(self, node: cst.CSTNode, *, through: bool = False) -> list[cst.BaseExpression]:
        """The expressions that ``node`` is made of and that are not computed here.

        With ``through``, what the project's own functions are given counts, not what they give.
        """
        found: list[cst.BaseExpression] = []
        self._collect(node, found, set(), through)
        return found

    def _collect(self, node: cst.CSTNode, found: list[cst.BaseExpression], seen: set[str], through: bool) -> None:
        path = dotted(node)
        if path is not None:
            if path in self.assigned and path not in self.parameters:
                if path not in seen:
                    seen.add(path)
                    for value in self.assigned[path]:
                        self._collect(value, found, seen, through)
                return
            if isinstance(node, cst.Attribute) and node.attr.value in _PARTS:
                self._collect(node.value, found, seen, through)
                return
        inner = _base(node)
        if inner is None and through and isinstance(node, cst.Call) and node.args and self._is_own(node.func):
            inner = [arg.value for arg in node.args]
        if inner is None:
            if isinstance(node, (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.Await)):
                found.append(node)
            return
        for each in inner:
            self._collect(each, found, seen, through)

    def _is_own(self, function: cst.BaseExpression) -> bool:
        """Whether a function of the project is called."""
        if dotted(function) is None:
            return False
        interpreter = self.analysis.interpreter
        found = interpreter.evaluate(function, _frame(self.analysis, None, interpreter))
        return isinstance(found, Object) and found.kind == "function"

    def depends(self, node: cst.CSTNode, on: str) -> bool:
        """Whether a name is read by an expression, or by what its names were assigned."""
        queue, seen = [node], set[str]()
        for each in queue:
            for inner in descendants(each):
                if isinstance(inner, cst.Name) and inner.value not in seen:
                    if inner.value == on:
                        return True
                    seen.add(inner.value)
                    queue += self.assigned.get(inner.value, ())
        return False

    def becomes_another(self, name: str) -> bool:
        """Whether another name is given something that is made of what this one holds."""
        return any(
            other != name and not isinstance(value, cst.Name) and self.depends(value, name)
            for other, values in self.assigned.items()
            for value in values
        )

    def is_open(self, leaf: cst.BaseExpression) -> bool:
        """Whether nothing is known of the value, and nothing was done to it before."""
        if isinstance(leaf, cst.Name) and leaf.value in self.parameters:
            return leaf.value not in ("self", "cls")
        interpreter = self.analysis.interpreter
        frame = _frame(self.analysis, self.function, interpreter)
        return all(_is_open(option) for option in options(interpreter.evaluate(leaf, frame)))


def _is_open(value: Value) -> bool:
    if isinstance(value, EnvVar):
        return not value.rewritten and not value.checked
    if isinstance(value, (Symbol, Result)):
        return not (value.name if isinstance(value, Symbol) else value.of).startswith("sqlalchemy.")
    return isinstance(value, Unknown) or (isinstance(value, Constant) and value.value is None)


def _base(node: cst.CSTNode) -> list[cst.CSTNode] | None:
    """What an expression is made of; None for one that is not computed from others, as far as is known here."""
    if isinstance(node, cst.Call):
        name = last_name(node.func)
        given = [arg.value for arg in node.args if not arg.star]
        if name in _CONVERSIONS and given:
            return [given[-1] if name == "cast" else given[0]]
        if isinstance(node.func, cst.Attribute):
            if name in ("sub", "match", "search", "fullmatch") and given:
                return [given[2] if dotted(node.func.value) == "re" and len(given) > 2 else given[-1]]
            if name in _METHODS and not (name == "get" and _is_environment(node.func.value)):
                return [node.func.value]
        return None
    if isinstance(node, cst.Subscript):
        index = node.slice[0].slice if len(node.slice) == 1 else None
        is_key = isinstance(index, cst.Index) and not isinstance(index.value, (cst.Integer, cst.UnaryOperation))
        return None if is_key else [node.value]
    if isinstance(node, cst.BooleanOperation):
        return [node.left, node.right]
    if isinstance(node, cst.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, cst.BinaryOperation):
        return [node.left, node.right]
    if isinstance(node, (cst.FormattedString, cst.FormattedStringExpression)):
        return list(children(node))
    if isinstance(node, (cst.SimpleString, cst.FormattedStringText, cst.ConcatenatedString, cst.Integer)):
        return []
    if isinstance(node, cst.Name) and node.value in ("None", "True", "False"):
        return []
    return None


def _is_environment(node: cst.CSTNode) -> bool:
    return (dotted(node) or "").endswith("environ") or not isinstance(node, (cst.Call, cst.Name))


_SCOPES = Kinds(cst.FunctionDef, cst.ClassDef, cst.Lambda)


def _own_nodes(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes of a scope, not those of the functions and classes in it."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        below = list(children(node))
        stack.extend(n for n in reversed(below) if not _SCOPES[type(n)])


def _parameters(parameters: cst.Parameters) -> Iterator[cst.Param]:
    yield from (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)


def _expression(analysis: Analysis, unit: _Unit, attempt: Callable[[str], Outcome]) -> Rewriting | None:
    """The one expression that does it all, in a statement of its scope's own level; None where there is none."""
    body = analysis.parsed.tree.body if unit.scope is None else getattr(unit.scope.node.body, "body", ())
    statement = unit.sites[0].statement
    if statement not in body or any(site.statement is not statement for site in unit.sites):
        return None
    parents = {child: node for node in descendants(statement) for child in children(node)}
    whole = unit.sites[0].node
    while _is_made_of(parents[whole], whole):
        whole = parents[whole]
    inner = set(descendants(whole))
    if not isinstance(whole, cst.BaseExpression) or not all(site.node in inner for site in unit.sites):
        return None
    if len(unit.sources) != 1 or unit.sources[0] not in inner:
        return None
    # what it gives has to be what comes out in the end
    trial = _trial(analysis, _EXAMPLE, unit.input)
    frame = _frame(analysis, None, trial) if unit.scope is None else _seeded(trial, unit.scope)
    made = next(_made(trial.evaluate(whole, frame)))
    if made.url is None or (made.url,) != attempt(_EXAMPLE).urls:
        return None
    first = unit.sites[0]
    return Rewriting(analysis.anchor(first, whole), analysis.anchor(first, unit.sources[0]))


_EXAMPLE = "postgresql://app@db.internal/app"


def _is_made_of(node: cst.CSTNode, part: cst.CSTNode) -> bool:
    """Whether an expression computes a text from a part of it."""
    if isinstance(node, (cst.Attribute, cst.Subscript)):
        return node.value is part
    if isinstance(node, cst.Call):
        return node.func is part
    return isinstance(node, (cst.BinaryOperation, cst.FormattedString, cst.FormattedStringExpression))


# Trials


def _trial(analysis: Analysis, url: str, source: Input) -> Trial:
    trial = Trial(analysis.interpreter.importer, url, source)
    trial.wanted = analysis.interpreter.wanted
    return trial


def _ending(analysis: Analysis, unit: _Unit) -> _Ending:
    """Where what the operations of a module give ends up; the same for every URL that is tried."""
    takers = {site.statement for site in unit.sites}
    names = [name for site in unit.sites for name in _targets(site)]
    if not names:
        return _Ending(takers, None, becomes_another=False)
    scope = _Scope(analysis, None)
    takers |= {s.statement for s in analysis.calls.sites if not s.functions and scope.depends(s.node, names[-1])}
    return _Ending(takers, names[-1], scope.becomes_another(names[-1]))


def _attempt_module(analysis: Analysis, unit: _Unit, ending: _Ending, url: str) -> Outcome:
    """What comes out of the module's own code for one URL."""
    trial = _trial(analysis, url, unit.input)
    module = _module(analysis)
    if not trial.run_module(module, recording=True):
        return Outcome(())
    engines = tuple(_engines(analysis, trial, ending.takers))
    if engines or ending.name is None:
        return Outcome(engines)
    if ending.becomes_another:
        return Outcome((Made(None),))
    return Outcome(tuple(m for option in _named(module, ending.name) for m in _made(option)))


def _attempt_function(analysis: Analysis, unit: _Unit, scope: FunctionRecord, url: str) -> Outcome:
    """What comes out of the code of a function for one URL."""
    trial = _trial(analysis, url, unit.input)
    returned = trial.run_body(scope, _seeded(trial, scope))
    results = tuple(made for option in options(returned) for made in _made(option))
    if any(made.url is None for made in results) and any(
        s.functions[-1:] == (scope.node,) for s in analysis.calls.sites
    ):
        frame = _seeded(trial, scope)
        frame.recording = True
        trial.run_body(scope, frame)
        within = set(_own_nodes(scope.node.body))
        engines = tuple(_engines(analysis, trial, within))
        return Outcome(engines or results)
    return Outcome(results)


def _seeded(trial: Trial, record: FunctionRecord) -> Frame:
    frame = trial.alone(record)
    trial.give(frame)
    return frame


def _module(analysis: Analysis) -> ModuleRecord:
    """The file's module, to be run anew."""
    return ModuleRecord("__main__", analysis.module.path, analysis.parsed, rebound=analysis.module.rebound)


def _targets(site: Site) -> Iterator[str]:
    """The names that a statement assigns."""
    if isinstance(site.statement, cst.SimpleStatementLine):
        for small in site.statement.body:
            targets = [t.target for t in small.targets] if isinstance(small, cst.Assign) else []
            targets += [small.target] if isinstance(small, cst.AnnAssign) else []
            yield from (target.value for target in targets if isinstance(target, cst.Name))


def _named(module: ModuleRecord, name: str) -> Iterator[Value]:
    yield from options(module.env.own(name) or Unknown(name))


def _engines(analysis: Analysis, trial: Trial, within: set[cst.CSTNode]) -> Iterator[Made]:
    """What the engines under these statements were given."""
    for site in analysis.calls.sites:
        if site.statement in within or site.node in within:
            yield from _given(trial, site)


def _given(trial: Trial, site: Site, keyword: str | None = "url", position: int = 0) -> Iterator[Made]:
    assert isinstance(site.node, cst.Call)
    for record in trial.calls.get(site.node, ()):
        url = record.keywords.get(keyword) if keyword is not None else None
        if url is None and len(record.positional) > position:
            url = record.positional[position]
        connect_args = record.keywords.get("connect_args")
        for option in options(url) if url is not None else ():
            yield from (Made(made.url, connect_args) for made in _made(option))


def _made(value: Value) -> Iterator[Made]:
    """A URL that came out: a text, an object, or one with further arguments; of anything else nothing is known."""
    if isinstance(value, Items) and value.items and not value.open:
        first = next(_made(value.items[0]))
        yield Made(first.url, Unknown("further arguments"))
        return
    if isinstance(value, Url):
        value = rendered(value, hide_password=False)
    yield Made(value.text if isinstance(value, Text) else None)


def _input_of(analysis: Analysis, site: Site, argument: Argument | None) -> Input | None:
    """What a URL is made of, where something was done to it on the way; None where that is not known."""
    if argument is None or argument.unpacked:
        return None
    found = list(options(argument.value))
    if all(isinstance(option, Text) or (isinstance(option, EnvVar) and not option.rewritten) for option in found):
        return None
    variables = {name for option in found for name in _variables(option)}
    if len(variables) == 1:
        return Input(variable=variables.pop())
    record = _record(analysis, site)
    if variables or record is None:
        return None
    scope = _Scope(analysis, record)
    node = argument.anchor.node if isinstance(argument.anchor, NodeAnchor) else None
    leaves = scope.leaves(node, through=True) if node is not None else []
    if len({NodeAnchor(analysis.parsed, leaf).text for leaf in leaves}) != 1:
        return None
    leaf = leaves[0]
    return Input(name=leaf.value) if isinstance(leaf, cst.Name) and leaf.value in scope.parameters else None


def _variables(value: Value) -> Iterator[str]:
    """The environment variables and settings fields that a value is, or that it is made of."""
    if isinstance(value, EnvVar):
        yield value.name
    elif isinstance(value, Unknown) and value.origin.kind == "part":
        yield value.origin.name
    elif isinstance(value, Template):
        for piece in value.pieces:
            if isinstance(piece, Hole):
                yield from _variables(piece.value)
    elif isinstance(value, Url):
        for part in (value.drivername, value.host, value.database):
            yield from _variables(part)
    else:
        yield from (step.read for step in value.steps if step.read is not None)


def _attempt_taker(analysis: Analysis, site: Site, source: Input, argument: Argument, url: str) -> Outcome:
    """What an engine, a connection or Alembic's configuration is given for one URL."""
    trial = _trial(analysis, url, source)
    if not trial.run_module(_module(analysis), recording=True) and not site.functions:
        return Outcome(())
    for function in site.functions:
        record = trial.definitions.get(function)
        if not isinstance(record, FunctionRecord):
            return Outcome(())
        frame = trial.alone(record)
        if function is site.functions[-1]:
            trial.give(frame)
        frame.recording = True
        trial.run_body(record, frame)
    node = argument.anchor.node if isinstance(argument.anchor, NodeAnchor) else None
    assert isinstance(site.node, cst.Call)
    position = next((index for index, arg in enumerate(site.node.args) if arg.value is node), 0)
    return Outcome(tuple(_given(trial, site, argument.keyword, position)))
