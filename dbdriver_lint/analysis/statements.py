"""Statements: run in order, their branches joined, the wanted calls in them recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis import strings
from dbdriver_lint.analysis.assignments import is_being_made
from dbdriver_lint.analysis.changes import sets
from dbdriver_lint.analysis.conditions import captures
from dbdriver_lint.analysis.frames import Frame
from dbdriver_lint.analysis.linking import Linking
from dbdriver_lint.analysis.program import ClassRecord, Deferred, Env, FunctionRecord, either
from dbdriver_lint.analysis.symbols import canonical
from dbdriver_lint.analysis.tree import Kinds, descendants, dotted, last_name
from dbdriver_lint.analysis.values import Constant, Items, Object, Result, Symbol, Text, Unknown, Value
from dbdriver_lint.source.bindings import MUTATORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: How many statements may be executed for one file; beyond it every value is unknown.
MAX_STEPS = 50_000
#: How many items of a known list a loop is run for.
MAX_ITERATIONS = 8

#: Expressions with names of their own, or with a condition for a part of them.
_INNER_SCOPES = Kinds(cst.Lambda, cst.BaseComp, cst.IfExp, cst.BooleanOperation, cst.NamedExpr)


class Statements(Linking):
    """The part of the interpreter that runs statements: what they bind, and which of them are reached."""

    steps: int
    wanted: Mapping[cst.CSTNode, Sequence[cst.BaseExpression]]
    values: dict[cst.CSTNode, list[Value]]

    # Running a statement answers whether the code after it is reached.

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
        if type(node) is cst.Assign:
            self._assign_all([target.target for target in node.targets], node.value, line, frame)
        elif type(node) is cst.AnnAssign:
            if node.value is not None:
                self._assign_all([node.target], node.value, line, frame)
            if frame.env.kind == "class" and type(node.target) is cst.Name and frame.owner is not None:
                frame.owner.fields[node.target.value] = node.annotation.annotation
        elif type(node) is cst.AugAssign:
            self._augmented(node, frame)
        elif type(node) is cst.Expr:
            self._record(line, node.value, frame)
            if _changes_names(node.value) or self._constructs(node.value, frame):
                self.evaluate(node.value, frame)
                self.change_dictionary(node.value, frame)
            self._change_attributes(node.value, frame)
        elif type(node) is cst.Return:
            self._record(line, node.value, frame)
            if not frame.recording:
                frame.returns.append(Constant(None) if node.value is None else self.evaluate(node.value, frame))
            return False
        elif type(node) is cst.Raise:
            self._record(line, node.exc, frame)
            return False
        elif isinstance(node, (cst.Break, cst.Continue)):
            frame.breaks.append(frame.env.vars)
            return False
        elif isinstance(node, (cst.Import, cst.LazyImport)):
            self._import(node, frame)
        elif isinstance(node, (cst.ImportFrom, cst.LazyImportFrom)):
            self._import_from(node, frame)
        elif type(node) is cst.Assert:
            self._record(line, node.test, frame)
            if not self._is_foreign(node.test, frame):
                self.assume(node.test, True, frame)
        elif type(node) is cst.Del:
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
        if node.func.attr.value == "__init__" and node.args and dotted(receiver) != "super":
            receiver = node.args[0].value  # Base.__init__(self)
        if not parameters or dotted(receiver) not in (parameters[0].name.value, "super"):
            return False
        return is_being_made(frame.receiver())

    def _change_attributes(self, node: cst.BaseExpression, frame: Frame) -> None:
        """What was assigned to attributes here is no longer known after a method of the object that sets them."""
        call = node.expression if isinstance(node, cst.Await) else node
        if not isinstance(call, cst.Call):
            return
        if isinstance(call.func, cst.Attribute):
            root, method = dotted(call.func.value), call.func.attr.value
        elif dotted(call.func) == "setattr" and len(call.args) == 3:
            root, method = dotted(call.args[0].value), None
        else:
            return
        paths = [path for path in frame.env.vars if root is not None and path.rpartition(".")[0] == root]
        if not paths or frame.module.parsed is None:
            return
        if method is None:
            name = self.evaluate(call.args[1].value, frame)
            stale = [f"{root}.{name.text}"] if isinstance(name, Text) else paths
        else:
            text = frame.module.parsed.source.text
            stale = [path for path in paths if sets(text, method, path.rpartition(".")[2])]
        for path in stale:
            if is_being_made(frame.env.lookup(root or "")):
                frame.env.vars.pop(path, None)  # the object has it
            else:
                frame.env.vars[path] = Unknown("set by a method")

    def _run_If(self, node: cst.If, frame: Frame) -> bool:
        truth = None
        foreign = self._is_foreign(node.test, frame) and not self._stands(node.test, frame)
        if foreign:
            self._mark_checked(node.test, frame)  # a part of it may ask for a URL
        else:
            truth = strings.truth(self.evaluate(node.test, frame))
        before = frame.env.vars
        ends: list[dict[str, Value | Deferred]] = []
        asked = frame.asked
        if truth is None and not foreign and frame.recording:
            frame.asked = asked | self.asked(node.test, frame)
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
        if len(ends) != 1:
            frame.asked = asked
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
        """The value of a decorator; what the project's own make, and those nobody knows, is not looked into."""
        root: cst.CSTNode = node
        while isinstance(root, (cst.Call, cst.Attribute)):
            root = root.func if isinstance(root, cst.Call) else root.value
        if root is not node and isinstance(self.evaluate(root, frame), (Object, Unknown)):
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
            tuple(_symbol_of(self._decorator(decorator.decorator, frame)) for decorator in node.decorators),
        )
        if frame.recording:
            self.definitions[node] = record
        inner = Frame(frame.module, env, frame.recording, frame.depth, frame.function, record)
        self.suite(node.body, inner)
        frame.env.vars[record.name] = Object("class", record.name, record)
        return True

    def _stands(self, node: cst.CSTNode, frame: Frame) -> bool:
        """Whether calls in a statement are recorded now, so that it has to be run where it stands."""
        return frame.recording and node in self.wanted

    def _record(self, statement: cst.CSTNode, value: cst.BaseExpression | None, frame: Frame) -> None:
        """Record the wanted calls of a statement that computes ``value``."""
        if value is None or not self._stands(statement, frame):
            return
        inner = any(_INNER_SCOPES[type(node)] for node in descendants(value))
        if inner:
            self.evaluate(value, frame)  # calls may stand where further names are bound
        for node in self.wanted[statement]:
            if not isinstance(node, cst.Call) or last_name(node.func) == "format":
                self.values.setdefault(node, []).append(self.evaluate(node, frame))
            elif not inner:
                self.record_call(node, frame)

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


def _refuses(body: cst.BaseSuite) -> bool:
    """Whether a block ends with an exception."""
    last = body.body[-1] if body.body else None
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    return isinstance(last, cst.Raise)


def _changes_names(node: cst.CSTNode) -> bool:
    """Whether an expression statement may change what a name holds: `args.update(…)`, a `yield`."""
    if isinstance(node, cst.Await):
        node = node.expression
    if isinstance(node, cst.Call):
        return isinstance(node.func, cst.Attribute) and node.func.attr.value in MUTATORS
    return isinstance(node, (cst.Yield, cst.NamedExpr))
