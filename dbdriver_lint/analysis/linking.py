"""Imports: names of libraries, and names of the project that are found when they are asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis.assignments import Assignments, interesting
from dbdriver_lint.analysis.layer import MAX_NESTING
from dbdriver_lint.analysis.program import Deferred, Importer, ModuleRecord
from dbdriver_lint.analysis.relevance import speaks_of_databases
from dbdriver_lint.analysis.symbols import WELL_KNOWN, WILDCARD_EXPORTS, canonical
from dbdriver_lint.analysis.tree import dotted
from dbdriver_lint.analysis.values import TEXTUAL, EnvVar, Object, Step, Symbol, Unknown, Value, choice, with_step
from dbdriver_lint.records import replace as copy

if TYPE_CHECKING:
    from dbdriver_lint.analysis.frames import Frame


#: How many parts of other modules are looked at for one file, or for one part.
MAX_PARTS = 100


#: ``globals().update(…)``, ``globals()[name] = …``, ``load(globals(), "local.yaml")``.
_GIVES_GLOBALS = re.compile(r"globals\(\)\s*(?:\.update\(|\[[^\]\n]*\]\s*=(?!=)|[,)])")


def _gives_its_names(module: ModuleRecord) -> bool:
    """Whether a module lets something else set its names, as settings that a local file overrides."""
    text = module.parsed.source.text if module.parsed is not None else ""
    return "globals()" in text and _GIVES_GLOBALS.search(text) is not None


class Linking(Assignments):
    """The part of the interpreter that knows other modules."""

    importer: Importer
    parts: set[ModuleRecord]

    def _import(self, node: cst.Import | cst.LazyImport, frame: Frame) -> None:
        for alias in node.names:
            name = dotted(alias.name)
            if name is None:
                continue
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                frame.env.vars[alias.asname.name.value] = self._module(name, 0, frame)
            else:
                top = name.partition(".")[0]
                frame.env.vars[top] = self._module(top, 0, frame)

    def _import_from(self, node: cst.ImportFrom | cst.LazyImportFrom, frame: Frame) -> None:
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
            return with_step(value, step) if interesting(value) else value

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
        if isinstance(value, TEXTUAL) and _gives_its_names(part):
            return choice([value, Unknown(f"{name} may be reassigned with globals()")])
        return value

    def part(self, module: ModuleRecord, name: str, member: str | None = None) -> ModuleRecord | None:
        """Another module, run as far as ``name`` (and its ``member``, for a class) needs it."""
        if len(self.parts) > MAX_PARTS:
            return None
        part = self.importer.holding(module, name, member)
        if part is None:
            return None
        if not part.executed:
            if self._nesting >= MAX_NESTING:
                return None
            # a module is the same for all files: it has steps of its own, and what it calls is not recorded
            part.needs = frozenset(self.run_apart(part))
        if part not in self.parts:
            self.parts.add(part)
            self.parts |= part.needs
        return part

    def with_files(self, value: Value, frame: Frame) -> Value:
        """An environment variable with what the project's files say of it."""
        if not isinstance(value, EnvVar) or value.in_files is not None:
            return value
        return copy(value, in_files=self.importer.environment(frame.module, value.name))
