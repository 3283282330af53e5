"""What the layers of the interpreter ask of one another."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import libcst as cst

    from dbdriver_lint.analysis.frames import Frame
    from dbdriver_lint.analysis.program import ClassRecord, FunctionRecord, InstanceRecord, ModuleRecord
    from dbdriver_lint.analysis.values import Arguments, CallRecord, Object, Value

#: How many interpreters may wait for one another: for a name of another module, for an attribute of an object.
MAX_NESTING = 10


class Layer:
    """The first layer: it declares what one layer does and another one, or a function beside them, asks for.

    See :class:`~dbdriver_lint.analysis.interpreter.Interpreter`, which is made of all of them.
    """

    # Objects

    _made: ClassVar[int] = 0
    """How many objects are being made, whose attributes are what is assigned to them now; by all interpreters."""

    @contextmanager
    def making(self) -> Iterator[None]:
        """While the constructor of an object runs."""
        Layer._made += 1
        try:
            yield
        finally:
            Layer._made -= 1

    _nesting: int
    """How many interpreters wait for what this one finds."""

    def made_apart(self, value: Object, record: InstanceRecord, name: str) -> Value | None:
        """An attribute of an object that is the same for all who ask, found with steps of its own."""
        raise NotImplementedError

    def ancestors(self, record: ClassRecord, name: str, depth: int = 0) -> Iterator[ClassRecord]:
        """The class and its first-party bases, nearest first, each as far as the member ``name`` needs it."""
        raise NotImplementedError

    def call_object(self, callee: Object, arguments: Arguments, frame: Frame) -> Value:
        """What calling a function, method or class of the project gives."""
        raise NotImplementedError

    # Calls and expressions

    def enter(self, callee: Object, arguments: Arguments, node: cst.Call) -> None:
        """Record the calls in a function as this call of it runs them."""
        raise NotImplementedError

    def note_reached(self, node: cst.Call, record: CallRecord) -> None:
        """Keep a call that a function makes because of what it is given."""
        raise NotImplementedError

    def evaluate(self, node: cst.CSTNode, frame: Frame) -> Value:
        """The value of an expression at this place."""
        raise NotImplementedError

    def attribute(self, value: Value, name: str, node: cst.CSTNode, frame: Frame) -> Value:
        """``value.name``."""
        raise NotImplementedError

    # Conditions and assignments

    def assume(self, test: cst.BaseExpression, wanted: bool, frame: Frame) -> bool:
        """Narrow the names in ``test`` to what they can be where it is ``wanted``; False where nothing is left."""
        raise NotImplementedError

    def doubted(self, value: Value, node: cst.BaseExpression, frame: Frame) -> Value:
        """``value`` of ``node``, unknown where a condition on what it is made of may exclude any of it."""
        raise NotImplementedError

    def assign(self, target: cst.CSTNode, value: Value, source: cst.CSTNode | None, frame: Frame) -> None:
        """Bind a target to a value, and note the place."""
        raise NotImplementedError

    # Other modules

    def module_attribute(self, module: ModuleRecord, attribute: str) -> Value:
        """A name of a module, or its submodule of that name."""
        raise NotImplementedError

    def part(self, module: ModuleRecord, name: str, member: str | None = None) -> ModuleRecord | None:
        """Another module, run as far as ``name`` (and its ``member``, for a class) needs it."""
        raise NotImplementedError

    def with_files(self, value: Value, frame: Frame) -> Value:
        """An environment variable with what the project's files say of it."""
        raise NotImplementedError

    # Statements and functions

    def _record(self, statement: cst.CSTNode, value: cst.BaseExpression | None, frame: Frame) -> None:
        """Record the wanted calls of a statement that computes ``value``."""
        raise NotImplementedError

    def call_function(
        self,
        record: FunctionRecord,
        positional: Sequence[Value],
        keywords: dict[str, Value],
        *,
        depth: int,
        bound: Value | None = None,
        open_arguments: bool = False,
    ) -> Value:
        """What a call of a first-party function gives; Unknown beyond the bounds or in a recursion."""
        raise NotImplementedError

    def run_apart(self, part: ModuleRecord) -> set[ModuleRecord]:
        """Execute a part of another module with steps of its own; the further parts that took."""
        raise NotImplementedError
