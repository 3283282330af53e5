"""First-party modules as the interpreter imports them: found, read, and parsed as far as a name needs it."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.program import ModuleRecord
from dbdriver_lint.project.modules import shared_modules
from dbdriver_lint.source.parse import UnparsableSourceError, parse
from dbdriver_lint.source.text import SourceFile, UnreadableSourceError

if TYPE_CHECKING:
    from dbdriver_lint.project.modules import Modules

#: How many bytes of modules are kept parsed for the files to come; a tree takes about twelve times as much.
MAX_KEPT = 4_000_000


class FirstPartyModules:
    """An :class:`~dbdriver_lint.analysis.program.Importer` of the modules on disk.

    What was parsed and run is kept for all files of a process, while every file stays as it was read.
    """

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self._parts: dict[tuple[str, str], ModuleRecord | None] = {}
        self._kept = 0

    def find(self, name: str, level: int, importer: ModuleRecord) -> ModuleRecord | None:
        """The module ``name`` (``level`` dots before it) as ``importer`` would import it, else None."""
        found = self.modules.find(name, level, importer.path)
        return None if found is None else ModuleRecord(found.name, found.path, is_package=found.is_package)

    def holding(self, module: ModuleRecord, name: str) -> ModuleRecord | None:
        """``module`` as far as ``name`` needs it, to be run; None where it cannot have the name."""
        data = self.modules.read(module.path)
        if data is None or (name.encode() not in data and b"import *" not in data):
            return None
        key = (module.path, name)
        if key not in self._parts:
            self._parts[key] = self._part(module, data)
        return self._parts[key]

    def _part(self, module: ModuleRecord, data: bytes) -> ModuleRecord | None:
        try:
            parsed = parse(SourceFile.from_bytes(_display(module.path), data))
        except (UnreadableSourceError, UnparsableSourceError):
            return None
        self._kept += len(data)
        return ModuleRecord(module.name, module.path, parsed, is_package=module.is_package)

    def refresh(self) -> None:
        """Forget what a changed file may have changed; asked before each file that is linted."""
        if self.modules.changed() or self._kept > MAX_KEPT:
            self._parts.clear()
            self._kept = 0


@cache
def _shared() -> FirstPartyModules:
    return FirstPartyModules(shared_modules())


def first_party_modules() -> FirstPartyModules:
    """The importer of this process, up to date."""
    importer = _shared()
    importer.refresh()
    return importer


def _display(path: str) -> str:
    """A path as a report shows it: relative where it is below the working directory."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return path if relative.startswith(os.pardir) else relative
