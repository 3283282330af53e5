"""The value engine: runs a program on abstract values.

Statements are executed in order, so a value is what it is at that place: after a reassignment, under
an ``if url.startswith(...)``, behind an early return. Branches join into a :class:`Choice`; what
cannot be known is :class:`Unknown` and stays so. Nothing of the program is ever really executed, and
depth, steps and sizes are bounded.

It is made of layers, each a class in a module of its own that knows those before it: objects (with fields),
calls, expressions (with literals and operators), conditions, assignments, linking, statements, functions. What
one asks of a later one is declared in the first, :class:`~dbdriver_lint.analysis.layer.Layer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis.frames import Frame
from dbdriver_lint.analysis.functions import MAX_DEPTH, Functions
from dbdriver_lint.analysis.program import ClassRecord, FunctionRecord, Importer, InstanceRecord, ModuleRecord
from dbdriver_lint.analysis.statements import MAX_STEPS
from dbdriver_lint.analysis.values import Arguments, CallRecord, Object, Step, Unknown, Value, with_step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import libcst as cst


class Interpreter(Functions):
    """Runs modules, functions and classes; its parts are the classes that it is made of, one for each module."""

    def __init__(self, importer: Importer, nesting: int = 0) -> None:
        self.importer = importer
        self._nesting = nesting
        #: The parts of other modules that were needed so far, by this interpreter and by those parts.
        self.parts: set[ModuleRecord] = set()
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
        #: What those of other modules call whatever they are given.
        self.reached_alone: list[tuple[cst.Call, CallRecord]] = []
        self._entered: set[FunctionRecord] = set()
        self._reached_from: cst.CSTNode | None = None

    def run_module(self, module: ModuleRecord, *, recording: bool = False) -> bool:
        """Execute a module's body, once. Answers whether its end is reached."""
        if module.executed:
            return True
        module.executed = True
        for name in ("__name__", "__file__", "__doc__"):
            module.env.vars[name] = Unknown(name)
        assert module.parsed is not None
        return self.block(module.parsed.tree.body, Frame(module, module.env, recording))

    def run_apart(self, part: ModuleRecord) -> set[ModuleRecord]:
        """Execute a part of another module with steps of its own; the further parts that took."""
        inner = Interpreter(self.importer, self._nesting + 1)
        inner.run_module(part)
        return inner.parts

    def made_apart(self, value: Object, record: InstanceRecord, name: str) -> Value | None:
        """An attribute of an object that is the same for all who ask, found with steps of its own."""
        inner = Interpreter(self.importer, self._nesting + 1)
        found = inner.made_attribute(value, record, name, Frame(record.owner.module, record.owner.env))
        self.parts |= inner.parts
        return found

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
        if definition in self._active or len(self._active) >= MAX_DEPTH or self.steps > MAX_STEPS:
            return
        if definition not in self._entered and definition.node not in self.definitions:
            self._entered.add(definition)
            self._run_reaching(definition, self.alone(definition), definition.node)
            self.reached_alone += self.reached.pop(definition.node, [])
        frame = self._function_frame(
            definition,
            positional,
            dict(arguments.keywords),
            depth=1,
            bound=bound,
            open_arguments=arguments.open,
        )
        self._run_reaching(definition, frame, self._reached_from or node)

    def _run_reaching(self, record: FunctionRecord, frame: Frame, reached_from: cst.CSTNode) -> None:
        """Execute a function's body and note what it calls as reached from there."""
        frame.recording = True
        outer, self._reached_from = self._reached_from, reached_from
        self._active.append(record)
        try:
            self.run_body(record, frame)
        finally:
            self._active.pop()
            self._reached_from = outer


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
