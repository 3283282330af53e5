"""Trials: a program run once more with a text in the place of something that is not known.

What a helper does to a URL is not told by its name, and not by one of its operations. So it is run,
as ever on abstract values, with one URL of each kind for what it is given, and what comes out is
looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis import strings
from dbdriver_lint.analysis.interpreter import Interpreter
from dbdriver_lint.analysis.program import ClassRecord, Importer, InstanceRecord, ModuleRecord
from dbdriver_lint.analysis.statements import MAX_STEPS
from dbdriver_lint.analysis.tree import dotted
from dbdriver_lint.analysis.values import EnvVar, Object, Value
from dbdriver_lint.records import dataclass, field

if TYPE_CHECKING:
    import libcst as cst

    from dbdriver_lint.analysis.frames import Frame

#: How many statements one trial may execute.
_STEPS = 3_000


@dataclass(frozen=True, slots=True)
class Input:
    """What is not known, and is replaced in a trial."""

    variable: str | None = None
    """An environment variable or settings field, wherever it is read."""
    name: str | None = None
    """A name or attribute, as the code around the trial reads it."""
    nodes: frozenset[cst.CSTNode] = field(default_factory=frozenset)
    """The expressions that give it."""


class Trial(Interpreter):
    """An interpreter for which ``input`` is the text ``given``."""

    def __init__(self, importer: Importer, given: str, source: Input, nesting: int = 0) -> None:
        super().__init__(_Afresh(importer) if nesting == 0 else importer, nesting)
        self.steps = MAX_STEPS - _STEPS
        self.input = source
        self.given = given
        #: What stands here for the objects that all interpreters share.
        self._objects: dict[ClassRecord, InstanceRecord] = {}

    def run_apart(self, part: ModuleRecord) -> set[ModuleRecord]:
        inner = Trial(self.importer, self.given, self.input, self._nesting + 1)
        inner.run_module(part)
        return inner.parts

    def instance_attribute(self, value: Object, record: InstanceRecord, name: str, frame: Frame) -> Value | None:
        if record is record.owner.by_default:
            record = self._objects.setdefault(record.owner, InstanceRecord(record.owner))
        return super().instance_attribute(value, record, name, frame)

    @property
    def value(self) -> Value:
        """The text that is tried."""
        return strings.text_of(self.given)

    def give(self, frame: Frame) -> None:
        """Let the name of the input have the text from here on."""
        if self.input.name is not None:
            frame.env.vars[self.input.name] = self.value

    def evaluate(self, node: cst.CSTNode, frame: Frame) -> Value:
        if node in self.input.nodes:
            path = dotted(node)
            if path is None or path not in frame.env.vars:
                return self.value
        return super().evaluate(node, frame)

    def with_files(self, value: Value, frame: Frame) -> Value:
        if isinstance(value, EnvVar) and value.name == self.input.variable:
            return self.value
        return value

    def _import_from(self, node: cst.ImportFrom | cst.LazyImportFrom, frame: Frame) -> None:
        before = frame.env.vars.get(self.input.name or "")
        super()._import_from(node, frame)
        if self.input.name is not None and frame.env.vars.get(self.input.name) is not before:
            self.give(frame)


class _Afresh:
    """Another importer's modules, to be run anew."""

    def __init__(self, importer: Importer) -> None:
        self._importer = importer
        self._parts: dict[ModuleRecord, ModuleRecord] = {}

    def find(self, name: str, level: int, importer: ModuleRecord) -> ModuleRecord | None:
        """The module as the other importer finds it."""
        return self._importer.find(name, level, importer)

    def holding(self, module: ModuleRecord, name: str, member: str | None = None) -> ModuleRecord | None:
        """The part of the module that has the name, before it was run."""
        part = self._importer.holding(module, name, member)
        if part is None:
            return None
        if part not in self._parts:
            self._parts[part] = ModuleRecord(
                part.name,
                part.path,
                part.parsed,
                is_package=part.is_package,
                partial=part.partial,
                rebound=part.rebound,
            )
        return self._parts[part]

    def environment(self, module: ModuleRecord, name: str) -> Value | None:
        """Nothing: what the files say is not what is tried."""
        return None
