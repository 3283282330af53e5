"""The value engine: runs a program on abstract values.

Statements are executed in order, so a value is what it is at that place: after a reassignment, under
an ``if url.startswith(...)``, behind an early return. Branches join into a :class:`Choice`; what
cannot be known is :class:`Unknown` and stays so. Nothing of the program is ever really executed, and
depth, steps and sizes are bounded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis import strings
from dbdriver_lint.analysis.assignments import is_being_made
from dbdriver_lint.analysis.conditions import captures
from dbdriver_lint.analysis.frames import Frame
from dbdriver_lint.analysis.linking import Linking
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
from dbdriver_lint.analysis.relevance import call_may_matter
from dbdriver_lint.analysis.symbols import ANNOTATED, canonical
from dbdriver_lint.analysis.tree import descendants, dotted, last_name
from dbdriver_lint.analysis.values import (
    CallRecord,
    Constant,
    Dictionary,
    Items,
    Object,
    Result,
    Step,
    Symbol,
    Unknown,
    Value,
    brought,
    choice,
    with_step,
)
from dbdriver_lint.source.bindings import MUTATORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dbdriver_lint.analysis.library import Arguments

#: How many statements may be executed for one file; beyond it every value is unknown.
MAX_STEPS = 50_000
#: How deep calls of the project's own functions are followed.
MAX_DEPTH = 8
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


class Interpreter(Linking):
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
        #: Values of other expressions that were met while recording, by their syntax node.
        self.values: dict[cst.CSTNode, list[Value]] = {}
        #: What an application's ``state`` was given so far, by the name of the attribute.
        self.state: dict[str, Value] = {}
        #: Functions and classes that were defined while recording, by their syntax node.
        self.definitions: dict[cst.CSTNode, FunctionRecord | ClassRecord] = {}
        self._active: list[FunctionRecord | ClassRecord] = []
        #: The calls and texts to record, by the statement that they stand in: they are run where they
        #: stand. All else is computed when somebody asks for it, with the names as they were there.
        self.wanted: Mapping[cst.CSTNode, Sequence[cst.BaseExpression]] = {}
        #: Whether a function is also run with what it is given, where a call of it is recorded.
        self.enters: Callable[[FunctionRecord], bool] = lambda _: False
        #: What such functions called meanwhile, by the call of them; a function by what it calls if nothing is given.
        self.reached: dict[cst.CSTNode, list[tuple[cst.Call, CallRecord]]] = {}
        self._reached_from: cst.CSTNode | None = None

    # Modules, classes and functions

    def run_module(self, module: ModuleRecord, *, recording: bool = False) -> bool:
        """Execute a module's body, once. Answers whether its end is reached."""
        if module.executed:
            return True
        module.executed = True
        for name in ("__name__", "__file__", "__doc__"):
            module.env.vars[name] = Unknown(name)
        assert module.parsed is not None
        return self.block(module.parsed.tree.body, Frame(module, module.env, recording))

    def run_apart(self, part: ModuleRecord) -> int:
        """Execute a part of another module with steps of its own; how many further parts that took."""
        inner = Interpreter(self.importer, self._nesting + 1)
        inner.run_module(part)
        return inner.cost

    def record_function(self, record: FunctionRecord) -> None:
        """Execute a function by itself, its parameters unknown, and record the calls in it."""
        frame = self.alone(record)
        frame.recording = True
        self.run_body(record, frame)

    def record_by_default(self, record: FunctionRecord) -> None:
        """Note what a function calls where it, or its object's ``__init__``, is given nothing that has a default."""
        owner, bound = record.owner, None
        if owner is not None:
            init = self.class_attribute(owner, "__init__")
            given = _by_default(init.definition) if isinstance(init, Object) else {}
            bound = Object("instance", owner.name, InstanceRecord(owner, keywords=given))
        frame = self._function_frame(record, [], _by_default(record), depth=0, bound=bound, open_arguments=False)
        frame.recording = True
        calls, values, definitions = self.calls, self.values, self.definitions
        self.calls, self.values, self.definitions = {}, {}, {}
        self._reached_from = record.node
        try:
            self.run_body(record, frame)
        finally:
            self.calls, self.values, self.definitions = calls, values, definitions
            self._reached_from = None

    def note_reached(self, node: cst.Call, record: CallRecord) -> None:
        """Keep a call that a function makes because of what it is given."""
        if self._reached_from is not None:
            self.reached.setdefault(self._reached_from, []).append((node, record))

    def enter(self, callee: Object, arguments: Arguments, node: cst.Call) -> None:
        """Record the calls in a function as this call of it runs them."""
        definition, bound, positional = callee.definition, None, list(arguments.positional)
        if isinstance(definition, ClassRecord):
            init = self.class_attribute(definition, "__init__")
            made = InstanceRecord(definition, arguments.positional, arguments.keywords, arguments.open)
            bound = Object("instance", definition.name, made)
            definition = init.definition if isinstance(init, Object) else None
        elif isinstance(definition, tuple):
            definition, bound = definition
        if not isinstance(definition, FunctionRecord) or not self.enters(definition):
            return
        if definition in self._active or self.steps > MAX_STEPS:
            return
        frame = self._function_frame(
            definition,
            positional,
            dict(arguments.keywords),
            depth=1,
            bound=bound,
            open_arguments=arguments.open,
        )
        frame.recording = True
        outer = self._reached_from
        self._reached_from = outer or node
        self._active.append(definition)
        try:
            self.run_body(definition, frame)
        finally:
            self._active.pop()
            self._reached_from = outer

    def alone(self, record: FunctionRecord) -> Frame:
        """An activation of a function that is looked at by itself, its parameters unknown."""
        return self._function_frame(record, [], {}, depth=0, bound=None, open_arguments=True)

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
        if not is_being_made(bound) and not call_may_matter(record, [*positional, *keywords.values()]):
            return Unknown(f"result of {record.name}")
        if any(name is None or name not in _TRANSPARENT for name in record.decorators):
            return Unknown(f"result of the decorated function {record.name}")
        frame = self._function_frame(
            record, positional, keywords, depth=depth + 1, bound=bound, open_arguments=open_arguments
        )
        frame.gives_yielded = provides or not _CONTEXT_MANAGERS.isdisjoint(record.decorators)
        self._active.append(record)
        try:
            return self.run_body(record, frame)
        finally:
            self._active.pop()

    def run_body(self, record: FunctionRecord, frame: Frame) -> Value:
        """Execute a function's body in an activation of it, and what that gives."""
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
            own = {parameter.name.value for parameter in (*parameters.params, *parameters.kwonly_params)}
            others = {name: value for name, value in keywords.items() if name not in own}
            rest_of_them = Unknown("parameter") if open_arguments else Dictionary(others)
            env.vars[parameters.star_kwarg.name.value] = rest_of_them
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
        unknown = brought("parameter", name)
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
        elif isinstance(node, (cst.Import, cst.LazyImport)):
            self._import(node, frame)
        elif isinstance(node, (cst.ImportFrom, cst.LazyImportFrom)):
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
        return is_being_made(frame.env.lookup(parameters[0].name.value))

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
            if not foreign and _refuses(node.body):
                self.doubt(node.test, frame)
            if alive and isinstance(node.orelse, cst.If):
                frame.statement = node.orelse
                alive = self._run_If(node.orelse, frame)
            elif alive and node.orelse is not None:
                alive = self.suite(node.orelse.body, frame)
            if alive:
                ends.append(frame.env.vars)
        return self._join(ends, before, frame)

    def _run_For(self, node: cst.For, frame: Frame) -> bool:
        iterable = self.evaluate(node.iter, frame)
        before = frame.env.vars
        ends = [before]
        is_whole = False
        rounds: list[Value] = [Unknown("loop variable", iterable.steps)]
        if isinstance(iterable, Items) and not iterable.open and len(iterable.items) <= MAX_ITERATIONS:
            rounds = list(iterable.items)
            is_whole = not any(isinstance(inner, (cst.Break, cst.Continue)) for inner in descendants(node.body))
        for value in rounds:
            frame.env.vars = dict(ends[-1])
            self.assign(node.target, value, node.iter, frame)
            left = self._loop_body(node.body, frame)
            # where the loop is run for each known item, only what the last one leaves counts
            ends = left if is_whole else [*ends, *left]
            if not ends:
                return self._join([], before, frame)
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
            for name in captures(case.pattern):
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
        inner = any(isinstance(node, _INNER_SCOPES) for node in descendants(value))
        if inner:
            self.evaluate(value, frame)  # calls may stand where further names are bound
        for node in self.wanted[statement]:
            if not isinstance(node, cst.Call) or last_name(node.func) == "format":
                self.values.setdefault(node, []).append(self.evaluate(node, frame))
            elif not inner:
                self.record_call(node, frame)

    # Imports

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


def _symbol_of(decorator: Value) -> str | None:
    """The canonical name of a decorator, or of the function that made it; None for one of the project."""
    if isinstance(decorator, (Symbol, Result)):
        return canonical(decorator.name if isinstance(decorator, Symbol) else decorator.of).removeprefix("builtins.")
    return None


def _by_default(record: object) -> dict[str, Value]:
    """The parameters of a function that have a default, with it."""
    if not isinstance(record, FunctionRecord):
        return {}
    parameters = record.node.params
    every = (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)
    frame = Frame(record.module, record.env)
    return {
        name: with_step(value, Step(f"`{name}` is this by default", frame.anchor(parameter)))
        for parameter in every
        if (value := record.defaults.get(name := parameter.name.value)) is not None
    }


def _refuses(body: cst.BaseSuite) -> bool:
    """Whether a block ends with an exception."""
    last = body.body[-1] if body.body else None
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    return isinstance(last, cst.Raise)


#: Expressions with names of their own, or with a condition for a part of them.
_INNER_SCOPES = (cst.Lambda, cst.BaseComp, cst.IfExp, cst.BooleanOperation, cst.NamedExpr)
#: Methods that change the object that they are called on.


def _changes_names(node: cst.CSTNode) -> bool:
    """Whether an expression statement may change what a name holds: `args.update(…)`, a `yield`."""
    if isinstance(node, cst.Await):
        node = node.expression
    if isinstance(node, cst.Call):
        return isinstance(node.func, cst.Attribute) and node.func.attr.value in MUTATORS
    return isinstance(node, (cst.Yield, cst.NamedExpr))
