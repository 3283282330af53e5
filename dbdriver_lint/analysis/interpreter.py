"""The value engine: runs a program on abstract values.

Statements are executed in order, so a value is what it is at that place: after a reassignment, under
an ``if url.startswith(...)``, behind an early return. Branches join into a :class:`Choice`; what
cannot be known is :class:`Unknown` and stays so. Nothing of the program is ever really executed, and
depth, steps and sizes are bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from dataclasses import replace as copy
from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis import strings
from dbdriver_lint.analysis.anchors import NodeAnchor
from dbdriver_lint.analysis.expressions import Expressions
from dbdriver_lint.analysis.program import (
    ClassRecord,
    Deferred,
    Env,
    FunctionRecord,
    Importer,
    InstanceRecord,
    ModuleRecord,
    either,
)
from dbdriver_lint.analysis.relevance import call_may_matter, expression_may_matter, speaks_of_databases
from dbdriver_lint.analysis.symbols import ANNOTATED, WILDCARD_EXPORTS, canonical
from dbdriver_lint.analysis.tree import descendants, dotted, last_name
from dbdriver_lint.analysis.values import (
    CallRecord,
    Choice,
    Constant,
    EnvVar,
    Items,
    Object,
    Result,
    Step,
    Symbol,
    Unknown,
    Value,
    choice,
    options,
    with_step,
)
from dbdriver_lint.source.slice import MUTATORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: How many statements may be executed for one file; beyond it every value is unknown.
MAX_STEPS = 20_000
#: How deep calls of the project's own functions are followed.
MAX_DEPTH = 8
#: How many parts of other modules are looked at for one file, or for one part.
MAX_PARTS = 60
#: How many modules may wait for one another's names.
MAX_NESTING = 10
#: How many items of a known list a loop is run for.
MAX_ITERATIONS = 8

#: Decorators that leave the function's result as it is.
_TRANSPARENT = frozenset(
    {
        "functools.lru_cache",
        "functools.cache",
        "functools.cached_property",
        "functools.wraps",
        "staticmethod",
        "classmethod",
        "property",
        "abc.abstractmethod",
        "typing.override",
        "typing_extensions.override",
        "typing.final",
        "pydantic.computed_field",
        "pydantic.field_validator",
        "pydantic.model_validator",
        "pydantic.validator",
        "pydantic.v1.validator",
        "async_lru.alru_cache",
        "contextlib.contextmanager",
        "contextlib.asynccontextmanager",
    }
)
#: The last names of annotations that say what a parameter is; an alias (``SessionDep``) is seen by what it speaks of.
_ANNOTATIONS = frozenset(name.rpartition(".")[2] for name in ANNOTATED)
_SPEAKS_OF_ONE = re.compile("session|engine|connection", re.IGNORECASE)
_CONTEXT_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
#: A parameter's default that says which function provides it.
_DEPENDENCIES = frozenset({"fastapi.Depends", "fastapi.params.Depends", "fastapi.Security"})


@dataclass(slots=True, eq=False)
class Frame:
    """One activation: of a module, a class body or a function."""

    module: ModuleRecord
    env: Env
    recording: bool = False
    depth: int = 0
    function: FunctionRecord | None = None
    owner: ClassRecord | None = None
    returns: list[Value] = field(default_factory=list)
    statement: cst.CSTNode | None = None
    yields: bool = False
    yielded: list[Value] = field(default_factory=list)
    gives_yielded: bool = False
    """A context manager or dependency: what it yields is what it gives."""
    breaks: list[dict[str, Value | Deferred]] = field(default_factory=list)
    """The names as they were at each ``break`` or ``continue`` of the loop that is being run."""

    def anchor(self, node: cst.CSTNode) -> NodeAnchor:
        """The node as a place in this file."""
        assert self.module.parsed is not None
        return NodeAnchor(self.module.parsed, node, self.statement)


class Interpreter(Expressions):
    """Runs modules, functions and classes; see :class:`Expressions` for what expressions give."""

    def __init__(self, importer: Importer, nesting: int = 0) -> None:
        self.importer = importer
        self._nesting = nesting
        #: How many parts of other modules were needed so far, by this interpreter and by those parts.
        self.cost = 0
        self._parts: set[ModuleRecord] = set()
        self.steps = 0
        #: Calls of symbols that were met while recording, by their syntax node; a call that was met
        #: several times (a loop) has several records.
        self.calls: dict[cst.Call, list[CallRecord]] = {}
        #: Functions and classes that were defined while recording, by their syntax node.
        self.definitions: dict[cst.CSTNode, FunctionRecord | ClassRecord] = {}
        self._active: list[FunctionRecord | ClassRecord] = []
        #: The calls to record, by the statement that they stand in: they are run where they stand. All
        #: else is computed when somebody asks for it, with the names as they were there.
        self.wanted: Mapping[cst.CSTNode, Sequence[cst.Call]] = {}

    # Modules, classes and functions

    def run_module(self, module: ModuleRecord, *, recording: bool = False) -> None:
        """Execute a module's body, once."""
        if module.executed:
            return
        module.executed = True
        for name in ("__name__", "__file__", "__doc__"):
            module.env.vars[name] = Unknown(name)
        assert module.parsed is not None
        self.block(module.parsed.tree.body, Frame(module, module.env, recording))

    def record_function(self, record: FunctionRecord) -> None:
        """Execute a function by itself, its parameters unknown, and record the calls in it."""
        frame = self._function_frame(record, [], {}, depth=0, bound=None, open_arguments=True)
        frame.recording = True
        self._run_body(record, frame)

    def call_function(
        self,
        record: FunctionRecord,
        positional: Sequence[Value],
        keywords: dict[str, Value],
        *,
        depth: int,
        bound: Value | None = None,
        open_arguments: bool = False,
        provides: bool = False,
    ) -> Value:
        """What a call of a first-party function gives; Unknown beyond the bounds or in a recursion."""
        if depth >= MAX_DEPTH or record in self._active or self.steps > MAX_STEPS:
            return Unknown("too deep")
        if not _is_being_made(bound) and not call_may_matter(record, [*positional, *keywords.values()]):
            return Unknown(f"result of {record.name}")
        if any(name is None or name not in _TRANSPARENT for name in record.decorators):
            return Unknown(f"result of the decorated function {record.name}")
        frame = self._function_frame(
            record, positional, keywords, depth=depth + 1, bound=bound, open_arguments=open_arguments
        )
        frame.gives_yielded = provides or not _CONTEXT_MANAGERS.isdisjoint(record.decorators)
        self._active.append(record)
        try:
            return self._run_body(record, frame)
        finally:
            self._active.pop()

    def _run_body(self, record: FunctionRecord, frame: Frame) -> Value:
        node = record.node
        if isinstance(node, cst.Lambda):
            return self.evaluate(node.body, frame)
        alive = self.suite(node.body, frame)
        if frame.yields:
            return choice(frame.yielded) if frame.gives_yielded and frame.yielded else Unknown("generator")
        if alive or not frame.returns:
            frame.returns.append(Constant(None))
        return choice(frame.returns)

    def _function_frame(
        self,
        record: FunctionRecord,
        positional: Sequence[Value],
        keywords: dict[str, Value],
        *,
        depth: int,
        bound: Value | None,
        open_arguments: bool,
    ) -> Frame:
        env = Env("function", record.env)
        frame = Frame(record.module, env, depth=depth, function=record, owner=record.owner)
        parameters = record.node.params
        names = [*parameters.posonly_params, *parameters.params]
        values = list(positional)
        if (
            record.owner is not None
            and "staticmethod" not in record.decorators
            and isinstance(record.node, cst.FunctionDef)
        ):
            if bound is None:
                owner = record.owner
                owner.any_instance = owner.any_instance or InstanceRecord(owner, open=True)
                bound = Object("instance", owner.name, owner.any_instance)
            if "classmethod" in record.decorators:
                bound = Object("class", record.owner.name, record.owner)
            values.insert(0, bound)
        for index, parameter in enumerate(names):
            name = parameter.name.value
            if index < len(values):
                env.vars[name] = values[index]
            else:
                env.vars[name] = self._argument(record, parameter, keywords, open_arguments)
        for parameter in parameters.kwonly_params:
            env.vars[parameter.name.value] = self._argument(record, parameter, keywords, open_arguments)
        if isinstance(parameters.star_arg, cst.Param):
            rest = tuple(values[len(names) :])
            env.vars[parameters.star_arg.name.value] = Items(rest, open=open_arguments)
        if parameters.star_kwarg is not None:
            env.vars[parameters.star_kwarg.name.value] = Unknown("parameter")
        return frame

    def _argument(
        self, record: FunctionRecord, parameter: cst.Param, keywords: dict[str, Value], open_arguments: bool
    ) -> Value:
        name = parameter.name.value
        if name in keywords:
            return keywords[name]
        default = record.defaults.get(name)
        if default is not None and not open_arguments:
            return default
        annotation = parameter.annotation
        if annotation is not None:
            known = self._annotated(annotation.annotation, Frame(record.module, record.env))
            if known is not None:
                return known
        provided = self._provided(default)
        if provided is not None:
            return provided
        unknown = Unknown(f"parameter {name}")
        if default is None or (isinstance(default, Constant) and default.value is None):
            return unknown
        return choice([default, unknown])

    def _provided(self, default: Value | None) -> Value | None:
        """What ``= Depends(function)`` gives; None for any other default."""
        if not isinstance(default, Result) or default.of not in _DEPENDENCIES or default.call is None:
            return None
        provider = default.call.positional[0] if default.call.positional else None
        if isinstance(provider, Object) and isinstance(provider.definition, FunctionRecord):
            return self.call_function(provider.definition, [], {}, depth=1, open_arguments=True, provides=True)
        return Unknown("dependency")

    def _annotated(self, node: cst.BaseExpression, frame: Frame) -> Value | None:
        if isinstance(node, cst.Subscript) and node.slice:
            # Annotated[AsyncSession, Depends(...)], Optional[Engine]
            index = node.slice[0].slice
            if isinstance(index, cst.Index) and dotted(node.value) in (
                "Annotated",
                "typing.Annotated",
                "Optional",
                "typing.Optional",
            ):
                node = index.value
        if not isinstance(node, (cst.Name, cst.Attribute)):
            return None
        name = last_name(node) or ""
        if name not in _ANNOTATIONS and not _SPEAKS_OF_ONE.search(name):
            return None
        value = self.evaluate(node, frame)
        if isinstance(value, Symbol) and canonical(value.name) in ANNOTATED:
            return Result(canonical(value.name))
        return None

    # Statements. Each answers whether the code after it is reached.

    def suite(self, body: cst.BaseSuite, frame: Frame) -> bool:
        """Execute an indented block, or the statements after a colon."""
        if isinstance(body, cst.SimpleStatementSuite):
            return all(self.simple(small, body, frame) for small in body.body)
        assert isinstance(body, cst.IndentedBlock)
        return self.block(body.body, frame)

    def block(self, statements: Iterable[cst.BaseStatement], frame: Frame) -> bool:
        """Execute statements until one leaves the block."""
        for statement in statements:
            self.steps += 1
            if self.steps > MAX_STEPS:
                return False
            frame.statement = statement
            if isinstance(statement, cst.SimpleStatementLine):
                alive = True
                for small in statement.body:
                    alive = self.simple(small, statement, frame)
                    if not alive:
                        return False
                continue
            handler = getattr(self, f"_run_{type(statement).__name__}", None)
            if handler is not None and not handler(statement, frame):
                return False
        return True

    def simple(self, node: cst.BaseSmallStatement, line: cst.CSTNode, frame: Frame) -> bool:
        """Execute one simple statement."""
        frame.statement = line
        if isinstance(node, cst.Assign):
            self._assign_all([target.target for target in node.targets], node.value, line, frame)
        elif isinstance(node, cst.AnnAssign):
            if node.value is not None:
                self._assign_all([node.target], node.value, line, frame)
            if frame.env.kind == "class" and isinstance(node.target, cst.Name) and frame.owner is not None:
                frame.owner.fields[node.target.value] = node.annotation.annotation
        elif isinstance(node, cst.AugAssign):
            self._augmented(node, frame)
        elif isinstance(node, cst.Expr):
            self._record(line, node.value, frame)
            if _changes_names(node.value) or self._constructs(node.value, frame):
                self.evaluate(node.value, frame)
                self.change_dictionary(node.value, frame)
        elif isinstance(node, cst.Return):
            self._record(line, node.value, frame)
            if not frame.recording:
                frame.returns.append(Constant(None) if node.value is None else self.evaluate(node.value, frame))
            return False
        elif isinstance(node, cst.Raise):
            self._record(line, node.exc, frame)
            return False
        elif isinstance(node, (cst.Break, cst.Continue)):
            frame.breaks.append(frame.env.vars)
            return False
        elif isinstance(node, cst.Import):
            self._import(node, frame)
        elif isinstance(node, cst.ImportFrom):
            self._import_from(node, frame)
        elif isinstance(node, cst.Assert):
            self._record(line, node.test, frame)
            if not self._is_foreign(node.test, frame):
                self.assume(node.test, True, frame)
        elif isinstance(node, cst.Del):
            for name in (
                [node.target] if not isinstance(node.target, cst.Tuple) else [e.value for e in node.target.elements]
            ):
                path = dotted(name)
                if path is not None:
                    frame.env.vars[path] = Unknown("deleted")
        return True

    def _constructs(self, node: cst.BaseExpression, frame: Frame) -> bool:
        """Whether a statement calls a method of the object that is being made: it may set its attributes."""
        if not (isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute)) or frame.function is None:
            return False
        parameters = frame.function.node.params.params
        receiver = node.func.value.func if isinstance(node.func.value, cst.Call) else node.func.value
        if not parameters or dotted(receiver) not in (parameters[0].name.value, "super"):
            return False
        return _is_being_made(frame.env.lookup(parameters[0].name.value))

    def _run_If(self, node: cst.If, frame: Frame) -> bool:
        truth = None
        foreign = self._is_foreign(node.test, frame) and not self._stands(node.test, frame)
        if foreign:
            self._mark_checked(node.test, frame)  # a part of it may ask for a URL
        else:
            truth = strings.truth(self.evaluate(node.test, frame))
        before = frame.env.vars
        ends: list[dict[str, Value | Deferred]] = []
        if truth is not False:
            frame.env.vars = dict(before)
            if (foreign or self.assume(node.test, True, frame)) and self.suite(node.body, frame):
                ends.append(frame.env.vars)
        if truth is not True:
            frame.env.vars = dict(before)
            alive = foreign or self.assume(node.test, False, frame)
            if alive and isinstance(node.orelse, cst.If):
                frame.statement = node.orelse
                alive = self._run_If(node.orelse, frame)
            elif alive and node.orelse is not None:
                alive = self.suite(node.orelse.body, frame)
            if alive:
                ends.append(frame.env.vars)
        return self._join(ends, before, frame)

    @staticmethod
    def _is_foreign(test: cst.BaseExpression, frame: Frame) -> bool:
        """Whether a condition has nothing to do with databases, and asking it may run much."""
        waiting = [frame.env.pending(path.partition(".")[0]) for path in _subjects(test)]
        return any(each is not None and each.costly for each in waiting) and not expression_may_matter(test)

    def _run_For(self, node: cst.For, frame: Frame) -> bool:
        iterable = self.evaluate(node.iter, frame)
        before = frame.env.vars
        ends = [before]
        rounds: list[Value] = [Unknown("loop variable", iterable.steps)]
        if isinstance(iterable, Items) and not iterable.open and len(iterable.items) <= MAX_ITERATIONS:
            rounds = list(iterable.items)
        for value in rounds:
            frame.env.vars = dict(ends[-1])
            self.assign(node.target, value, node.iter, frame)
            ends += self._loop_body(node.body, frame)
        if node.orelse is not None:
            self.suite(node.orelse.body, frame)
            ends.append(frame.env.vars)
        return self._join(ends, before, frame)

    def _run_While(self, node: cst.While, frame: Frame) -> bool:
        foreign = self._is_foreign(node.test, frame) and not self._stands(node.test, frame)
        endless = not foreign and strings.truth(self.evaluate(node.test, frame)) is True
        before = frame.env.vars
        frame.env.vars = dict(before)
        if not foreign:
            self.assume(node.test, True, frame)
        ends = self._loop_body(node.body, frame) + ([] if endless else [before])
        if node.orelse is not None:
            self.suite(node.orelse.body, frame)
        return self._join(ends, before, frame)

    def _loop_body(self, body: cst.BaseSuite, frame: Frame) -> list[dict[str, Value | Deferred]]:
        """Run a loop's body once: the names at its end and wherever it was left."""
        outer, frame.breaks = frame.breaks, []
        alive = self.suite(body, frame)
        ends = [*frame.breaks, frame.env.vars] if alive else frame.breaks
        frame.breaks = outer
        return ends

    def _run_Try(self, node: cst.Try | cst.TryStar, frame: Frame) -> bool:
        before = frame.env.vars
        frame.env.vars = dict(before)
        alive = self.suite(node.body, frame)
        after = frame.env.vars
        if alive and node.orelse is not None:
            alive = self.suite(node.orelse.body, frame)
        ends = [frame.env.vars] if alive else []
        for handler in node.handlers:
            # an exception may come before or after any assignment of the body
            frame.env.vars = dict(before)
            self._join([dict(before), dict(after)], before, frame)
            if handler.name is not None:
                self.assign(handler.name.name, Unknown("exception"), None, frame)
            if self.suite(handler.body, frame):
                ends.append(frame.env.vars)
        reached = self._join(ends, before, frame)
        if node.finalbody is not None:
            reached = self.suite(node.finalbody.body, frame) and reached
        return reached

    def _run_TryStar(self, node: cst.TryStar, frame: Frame) -> bool:
        return self._run_Try(node, frame)

    def _run_With(self, node: cst.With, frame: Frame) -> bool:
        suppresses = False
        for item in node.items:
            suppresses = suppresses or (isinstance(item.item, cst.Call) and last_name(item.item.func) == "suppress")
            self._record(item, item.item, frame)
            if item.asname is None or isinstance(item.asname.name, cst.Name):
                if item.asname is not None and isinstance(item.asname.name, cst.Name):
                    self._forget_attributes(item.asname.name.value, frame)
                    frame.env.vars[item.asname.name.value] = self._later(item.item, frame)
                continue
            value = self.evaluate(item.item, frame)
            if item.asname is not None:
                self.assign(item.asname.name, value, None, frame)
        return self.suite(node.body, frame) or suppresses

    def _run_Match(self, node: cst.Match, frame: Frame) -> bool:
        subject = self.evaluate(node.subject, frame)
        before = frame.env.vars
        ends: list[dict[str, Value | Deferred]] = []
        for case in node.cases:
            outcome = self._matches(subject, case.pattern, frame)
            if outcome is False:
                continue
            frame.env.vars = dict(before)
            for name in _captures(case.pattern):
                frame.env.vars[name] = Unknown("match capture")
            if case.guard is not None:
                self.evaluate(case.guard, frame)
            if self.suite(case.body, frame):
                ends.append(frame.env.vars)
            if outcome is True and case.guard is None:
                break
        else:
            ends.append(before)
        return self._join(ends, before, frame)

    def _matches(self, subject: Value, pattern: cst.MatchPattern, frame: Frame) -> bool | None:
        """Whether a case is taken; None where it cannot be known."""
        if isinstance(pattern, cst.MatchAs):
            return True if pattern.pattern is None else self._matches(subject, pattern.pattern, frame)
        if isinstance(pattern, cst.MatchOr):
            outcomes = {self._matches(subject, each.pattern, frame) for each in pattern.patterns}
            return True if True in outcomes else (None if None in outcomes else False)
        if isinstance(pattern, (cst.MatchValue, cst.MatchSingleton)):
            value = self.evaluate(pattern.value, frame)
            found = {strings.equals(option, value) for option in options(subject)}
            return found.pop() if len(found) == 1 else None
        return None

    def _run_FunctionDef(self, node: cst.FunctionDef, frame: Frame) -> bool:
        made = [self._decorator(decorator.decorator, frame) for decorator in node.decorators]
        record = FunctionRecord(
            node.name.value,
            frame.module,
            node,
            frame.env.closure(),
            frame.owner if frame.env.kind == "class" else None,
            node.asynchronous is not None,
            tuple(_symbol_of(value) for value in made),
            tuple(value.call for value in made if isinstance(value, Result) and value.call is not None),
            self._defaults(node.params, frame),
        )
        frame.env.vars[record.name] = Object("function", record.name, record)
        if frame.recording:
            self.definitions[node] = record
        return True

    def _decorator(self, node: cst.BaseExpression, frame: Frame) -> Value:
        """The value of a decorator; what the project's own make is not looked into."""
        root: cst.CSTNode = node
        while isinstance(root, (cst.Call, cst.Attribute)):
            root = root.func if isinstance(root, cst.Call) else root.value
        if root is not node and isinstance(self.evaluate(root, frame), Object):
            return Unknown("decorator of the project")
        return self.evaluate(node, frame)

    def _defaults(self, parameters: cst.Parameters, frame: Frame) -> dict[str, Value]:
        return {
            parameter.name.value: self.evaluate(parameter.default, frame)
            for parameter in (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)
            if parameter.default is not None
        }

    def _run_ClassDef(self, node: cst.ClassDef, frame: Frame) -> bool:
        env = Env("class", frame.env.closure())
        record = ClassRecord(
            node.name.value,
            frame.module,
            node,
            env,
            tuple(self.evaluate(base.value, frame) for base in node.bases),
            {k.keyword.value: self.evaluate(k.value, frame) for k in node.keywords if k.keyword is not None},
            tuple(_symbol_of(self.evaluate(decorator.decorator, frame)) for decorator in node.decorators),
        )
        if frame.recording:
            self.definitions[node] = record
        inner = Frame(frame.module, env, frame.recording, frame.depth, frame.function, record)
        self.suite(node.body, inner)
        frame.env.vars[record.name] = Object("class", record.name, record)
        return True

    # Assignments

    def _stands(self, node: cst.CSTNode, frame: Frame) -> bool:
        """Whether calls in a statement are recorded now, so that it has to be run where it stands."""
        return frame.recording and node in self.wanted

    def _record(self, statement: cst.CSTNode, value: cst.BaseExpression | None, frame: Frame) -> None:
        """Record the wanted calls of a statement that computes ``value``."""
        if value is None or not self._stands(statement, frame):
            return
        if any(isinstance(node, _INNER_SCOPES) for node in descendants(value)):
            self.evaluate(value, frame)  # they may stand where further names are bound
            return
        for call in self.wanted[statement]:
            self.record_call(call, frame)

    def _assign_all(
        self, targets: list[cst.BaseAssignTargetExpression], source: cst.BaseExpression, line: cst.CSTNode, frame: Frame
    ) -> None:
        """Bind the targets of one assignment; a plain name gets its value when it is asked for."""
        self._record(line, source, frame)
        if len(targets) == 1 and isinstance(targets[0], cst.Name):
            target = targets[0]
            earlier = self._earlier(frame)

            def find() -> Value:
                value = self.evaluate(source, earlier)
                return _set_here(value, target.value, source, earlier)

            costly = self._is_costly(source, frame)
            self._forget_attributes(target.value, frame)
            frame.env.vars[target.value] = Deferred(find, costly=costly)
            return
        value = self.evaluate(source, self._earlier(frame))
        for each in targets:
            self.assign(each, value, source, frame)

    @staticmethod
    def _is_costly(node: cst.CSTNode, frame: Frame) -> bool:
        """Whether an expression calls something that is not a library's and has nothing to do with databases."""
        calls = [inner for inner in descendants(node) if isinstance(inner, cst.Call)]
        roots = [(dotted(call.func) or "").partition(".")[0] for call in calls]
        known = all(isinstance(frame.env.vars.get(root) or frame.module.env.vars.get(root), Symbol) for root in roots)
        return not known and not expression_may_matter(node)

    def _earlier(self, frame: Frame) -> Frame:
        """The activation with its names as they are now, whatever is assigned later."""
        env = Env(frame.env.kind, frame.env.parent)
        env.vars = dict(frame.env.vars)
        env.wildcards = frame.env.wildcards
        return copy(frame, env=env, recording=False, returns=[], breaks=[])

    def _later(self, node: cst.BaseExpression, frame: Frame) -> Deferred:
        """What an expression gives here, computed when it is asked for."""
        earlier = self._earlier(frame)
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
        # an instance keeps what its own __init__ gave it; other objects are not tracked
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
            result = self.add(current, value)
        elif isinstance(node.operator, cst.BitOrAssign):
            result = self.merge(current, value)
        self.assign(node.target, result, node.value, frame)

    # Imports

    def _import(self, node: cst.Import, frame: Frame) -> None:
        for alias in node.names:
            name = dotted(alias.name)
            if name is None:
                continue
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                frame.env.vars[alias.asname.name.value] = self._module(name, 0, frame)
            else:
                top = name.partition(".")[0]
                frame.env.vars[top] = self._module(top, 0, frame)

    def _import_from(self, node: cst.ImportFrom, frame: Frame) -> None:
        name = dotted(node.module) if node.module is not None else ""
        if name is None:
            return
        level = len(node.relative)
        if isinstance(node.names, cst.ImportStar):
            frame.env.wildcards.append(lambda wanted: self._wildcard(name, level, wanted, frame.module))
            return
        for alias in node.names:
            attribute = alias.name.value
            local = attribute
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                local = alias.asname.name.value
            assert isinstance(attribute, str)
            assert isinstance(local, str)
            step = Step(f"`{attribute}` is imported here", frame.anchor(alias))
            if level == 0 and name.partition(".")[0] in WELL_KNOWN:
                frame.env.vars[local] = Symbol(canonical(f"{name}.{attribute}"))
            else:
                frame.env.vars[local] = Deferred(
                    self._finder(name, level, attribute, step, frame.module),
                    costly=not speaks_of_databases(attribute),
                )

    def _finder(self, name: str, level: int, attribute: str, step: Step, importer: ModuleRecord):  # type: ignore[no-untyped-def]
        def find() -> Value:
            module = self.importer.find(name, level, importer)
            if module is None:
                if level:
                    return Unknown(f"module {'.' * level}{name} not found")
                return Symbol(canonical(f"{name}.{attribute}"))
            value = self.module_attribute(module, attribute)
            return with_step(value, step) if _interesting(value) else value

        return find

    def _module(self, name: str, level: int, frame: Frame) -> Value | Deferred:
        if name.partition(".")[0] in WELL_KNOWN:
            return Symbol(name)

        def find() -> Value:
            module = self.importer.find(name, level, frame.module)
            return Symbol(name) if module is None else Object("module", name, module)

        return Deferred(find)

    def _wildcard(self, name: str, level: int, wanted: str, importer: ModuleRecord) -> Value | None:
        if level == 0 and name in WILDCARD_EXPORTS:
            return Symbol(canonical(f"{name}.{wanted}")) if wanted in WILDCARD_EXPORTS[name] else None
        module = self.importer.find(name, level, importer)
        if module is None or wanted.startswith("_"):
            return None
        return self._own(module, wanted)

    def module_attribute(self, module: ModuleRecord, attribute: str) -> Value:
        """A name of a module, or its submodule of that name."""
        value = self._own(module, attribute)
        if value is not None:
            return value
        below = self.importer.find(attribute, 1, module) if module.is_package else None
        if below is not None:
            return Object("module", f"{module.name}.{below.name}", below)
        return Unknown(f"{module.name} has no name {attribute}")

    def _own(self, module: ModuleRecord, name: str) -> Value | None:
        """A name of another module, which is run as far as the name needs it."""
        part = self.part(module, name)
        if part is None:
            return None
        value = part.env.own(name)
        if value is not None and name in part.rebound:
            return choice([value, Unknown(f"{name} is reassigned by a function")])
        return value

    def part(self, module: ModuleRecord, name: str, member: str | None = None) -> ModuleRecord | None:
        """Another module, run as far as ``name`` (and its ``member``, for a class) needs it."""
        if self.cost > MAX_PARTS:
            return None
        part = self.importer.holding(module, name, member)
        if part is None:
            return None
        if not part.executed:
            if self._nesting >= MAX_NESTING:
                return None
            # a module is the same for all files: it has steps of its own, and what it calls is not recorded
            inner = Interpreter(self.importer, self._nesting + 1)
            inner.run_module(part)
            part.cost += inner.cost
        if part not in self._parts:
            self._parts.add(part)
            self.cost += part.cost
        return part

    def with_files(self, value: Value, frame: Frame) -> Value:
        """An environment variable with what the project's files say of it."""
        if not isinstance(value, EnvVar) or value.in_files is not None:
            return value
        return copy(value, in_files=self.importer.environment(frame.module, value.name))

    # Branches

    def _join(self, ends: list[dict[str, Value | Deferred]], before: dict[str, Value | Deferred], frame: Frame) -> bool:
        if not ends:
            frame.env.vars = before
            return False
        if len(ends) == 1:
            frame.env.vars = ends[0]
            return True
        joined = dict(ends[0])
        for end in ends[1:]:
            for name, value in end.items():
                known = joined.get(name)
                if known is None or known is value:
                    joined[name] = value
                else:
                    joined[name] = either(known, value)
        frame.env.vars = joined
        return True

    def assume(self, test: cst.BaseExpression, wanted: bool, frame: Frame) -> bool:
        """Narrow the names in ``test`` to what they can be where it is ``wanted``.

        Answers False where nothing is left: the branch is never taken.
        """
        if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
            return self.assume(test.expression, not wanted, frame)
        if isinstance(test, cst.BooleanOperation):
            both = isinstance(test.operator, cst.And)
            if both is wanted:
                return self.assume(test.left, wanted, frame) and self.assume(test.right, wanted, frame)
            self._mark_checked(test, frame)
            return True
        for path, node in _subjects(test).items():
            value = frame.env.read(path)
            if value is None and "." in path:
                value = self.evaluate(node, frame)
            if not isinstance(value, (Choice, EnvVar)):
                continue
            kept: list[Value] = []
            for option in options(value):
                narrowed = self._narrow(path, option, test, wanted, frame)
                if narrowed is not None:
                    kept.append(narrowed)
            if not kept:
                return False
            frame.env.vars[path] = strings.copy_steps(choice(kept), ())
        self._mark_checked(test, frame)
        return True

    def _narrow(self, path: str, option: Value, test: cst.BaseExpression, wanted: bool, frame: Frame) -> Value | None:
        """``option`` where ``test`` is ``wanted``; None where it cannot be."""
        if isinstance(option, EnvVar):

            def possible(value: Value | None) -> bool:
                return value is not None and any(
                    self._narrow(path, inner, test, wanted, frame) is not None for inner in options(value)
                )

            if option.default is not None and not possible(option.default):
                option = copy(option, default=None)
            if option.in_files is not None and not possible(option.in_files):
                option = copy(option, in_files=None)
            return option
        saved = frame.env.vars.get(path)
        frame.env.vars[path] = option
        recording, frame.recording = frame.recording, False
        try:
            truth = strings.truth(self.evaluate(test, frame))
        finally:
            frame.recording = recording
            if saved is None:
                del frame.env.vars[path]
            else:
                frame.env.vars[path] = saved
        return None if truth is (not wanted) else option

    def _mark_checked(self, test: cst.BaseExpression, frame: Frame) -> None:
        """An environment value that a test looks into (not only at its presence) is a checked one."""
        if isinstance(test, (cst.Name, cst.Attribute)) or _is_none_test(test):
            return
        for path in _subjects(test):
            waiting = frame.env.pending(path.partition(".")[0])
            if waiting is not None and waiting.costly:
                continue
            value = frame.env.read(path)
            if isinstance(value, (EnvVar, Choice)):
                marked = [copy(o, checked=True) if isinstance(o, EnvVar) else o for o in options(value)]
                frame.env.vars[path] = choice(marked)


#: Top-level packages that are never first-party, so no file is looked for.
WELL_KNOWN = frozenset(
    [
        "os",
        "sys",
        "re",
        "typing",
        "functools",
        "contextlib",
        "abc",
        "asyncio",
        "urllib",
        "pathlib",
        "dataclasses",
        "collections",
        "json",
        "logging",
        "sqlalchemy",
        "sqlmodel",
        "alembic",
        "asyncpg",
        "psycopg",
        "psycopg2",
        "psycopg_pool",
        "pydantic",
        "pydantic_settings",
        "decouple",
        "environs",
        "dotenv",
        "starlette",
        "fastapi",
        "databases",
        "aiomysql",
        "pymysql",
        "asyncmy",
        "aiosqlite",
        "sqlite3",
        "pandas",
        "pytest",
        "greenlet",
        "ssl",
        "enum",
        "itertools",
        "string",
        "textwrap",
        "uuid",
        "time",
        "datetime",
        "warnings",
    ]
)


def _symbol_of(decorator: Value) -> str | None:
    """The canonical name of a decorator, or of the function that made it; None for one of the project."""
    if isinstance(decorator, (Symbol, Result)):
        return canonical(decorator.name if isinstance(decorator, Symbol) else decorator.of).removeprefix("builtins.")
    return None


#: Expressions with names of their own, or with a condition for a part of them.
_INNER_SCOPES = (cst.Lambda, cst.BaseComp, cst.IfExp, cst.BooleanOperation, cst.NamedExpr)
#: Methods that change the object that they are called on.


def _is_unconditional(frame: Frame) -> bool:
    """Whether the statement that is being run stands at its function's own level."""
    body = frame.function.node.body if frame.function is not None else None
    return isinstance(body, cst.IndentedBlock) and any(statement is frame.statement for statement in body.body)


def _is_being_made(value: Value | None) -> bool:
    return (
        isinstance(value, Object)
        and isinstance(value.definition, InstanceRecord)
        and value.definition.wanted is not None
    )


def _changes_names(node: cst.CSTNode) -> bool:
    """Whether an expression statement may change what a name holds: `args.update(…)`, a `yield`."""
    if isinstance(node, cst.Await):
        node = node.expression
    if isinstance(node, cst.Call):
        return isinstance(node.func, cst.Attribute) and node.func.attr.value in MUTATORS
    return isinstance(node, (cst.Yield, cst.NamedExpr))


def _set_here(value: Value, path: str, source: cst.CSTNode, frame: Frame) -> Value:
    """``value`` after it was given to ``path``."""
    if _interesting(value):
        return with_step(value, Step(f"`{path}` is set here", frame.anchor(source)))
    return value


def _interesting(value: Value) -> bool:
    """Whether the way of a value is worth telling."""
    return not isinstance(value, (Object, Symbol, Constant, Unknown, Result))


def _looks_into(test: cst.CSTNode) -> bool:
    """Whether a test asks more than whether something is there: it compares, searches, calls."""
    if isinstance(test, cst.UnaryOperation):
        return _looks_into(test.expression)
    if isinstance(test, cst.BooleanOperation):
        return _looks_into(test.left) or _looks_into(test.right)
    return not isinstance(test, (cst.Name, cst.Attribute)) and not _is_none_test(test)


def _is_none_test(test: cst.CSTNode) -> bool:
    return (
        isinstance(test, cst.Comparison)
        and len(test.comparisons) == 1
        and isinstance(test.comparisons[0].operator, (cst.Is, cst.IsNot))
    )


def _subjects(test: cst.CSTNode) -> dict[str, cst.CSTNode]:
    """The names and attributes that a test reads, by their text, outermost first."""
    found: dict[str, cst.CSTNode] = {}
    stack: list[cst.CSTNode] = [test]
    while stack:
        node = stack.pop()
        if isinstance(node, (cst.Name, cst.Attribute)):
            path = dotted(node)
            if path is not None:
                found.setdefault(path, node)
            if isinstance(node, cst.Attribute):
                stack.append(node.value)
        elif isinstance(node, cst.Call):
            # of `url.startswith(...)` the URL is the subject, not its method
            stack.append(node.func.value if isinstance(node.func, cst.Attribute) else node.func)
            stack.extend(arg.value for arg in node.args)
        elif isinstance(node, cst.Comparison):
            stack.append(node.left)
            stack.extend(target.comparator for target in node.comparisons)
        elif isinstance(node, cst.BooleanOperation):
            stack.extend((node.left, node.right))
        elif isinstance(node, cst.UnaryOperation):
            stack.append(node.expression)
        elif isinstance(node, cst.Subscript):
            stack.append(node.value)
    return found


def _captures(pattern: cst.CSTNode) -> list[str]:
    """The names that a match pattern binds."""
    found: list[str] = []
    stack = [pattern]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.MatchAs):
            if node.name is not None:
                found.append(node.name.value)
            if node.pattern is not None:
                stack.append(node.pattern)
        elif isinstance(node, cst.MatchStar):
            if node.name is not None:
                found.append(node.name.value)
        else:
            stack.extend(child for child in node.children if not isinstance(child, cst.BaseExpression))
    return found
