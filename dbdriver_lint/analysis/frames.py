"""Activations: where the interpreter is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis.anchors import NodeAnchor
from dbdriver_lint.records import dataclass, field, replace

if TYPE_CHECKING:
    import libcst as cst

    from dbdriver_lint.analysis.program import ClassRecord, Deferred, Env, FunctionRecord, ModuleRecord
    from dbdriver_lint.analysis.values import Value


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

    asked: frozenset[str] = frozenset()
    """Names in the conditions of what is run now about which functions decided that cannot be followed."""

    def anchor(self, node: cst.CSTNode) -> NodeAnchor:
        """The node as a place in this file."""
        assert self.module.parsed is not None
        return NodeAnchor(self.module.parsed, node, self.statement)

    def receiver(self) -> Value | None:
        """The object that the method is called on which is run: its first parameter; None outside of functions."""
        parameters = self.function.node.params.params if self.function is not None else ()
        return self.env.lookup(parameters[0].name.value) if parameters else None

    def inner(self, env: Env) -> Frame:
        """The same activation with further names: a comprehension, a lambda."""
        return replace(self, env=env, returns=[])
