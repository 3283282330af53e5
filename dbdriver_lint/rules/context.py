"""What a rule may ask besides the fact in its hand: settings, versions, drivers, names to insert."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbdriver_lint.fixes.edit import ImportRequest

if TYPE_CHECKING:
    from dbdriver_lint.analysis.facts import ModuleFacts
    from dbdriver_lint.project.dependencies import Dependencies
    from dbdriver_lint.settings.model import Settings
    from dbdriver_lint.source.text import SourceFile


@dataclass(frozen=True, slots=True)
class Context:
    """The surroundings of the file that is being judged."""

    source: SourceFile
    settings: Settings
    dependencies: Dependencies
    module: ModuleFacts
    can_edit: bool
    """Whether the file may be edited at all (LibCST gave its bytes back, the encoding round-trips)."""

    def local_name(self, module: str, name: str) -> tuple[str, tuple[ImportRequest, ...]]:
        """How the code can call ``module.name``, and the import that it needs for it.

        An existing import is reused under its alias; a name that is bound to something else in this
        file is imported under another one.
        """
        wanted = f"{module}.{name}"
        for local, qualified in self.module.names.items():
            if qualified == wanted:
                return local, ()
        for local, qualified in self.module.names.items():
            if qualified == module:
                return f"{local}.{name}", ()
        if name in self.module.bound:
            alias = f"_{name}"
            while alias in self.module.bound:
                alias = f"_{alias}"
            return alias, (ImportRequest(module, name, alias),)
        return name, (ImportRequest(module, name),)

    def local_attribute(self, module: str, name: str) -> tuple[str, tuple[ImportRequest, ...]]:
        """The same, spelled as an attribute of the module where nothing is imported yet: ``asyncio.run``."""
        known, imports = self.local_name(module, name)
        if not imports:
            return known, ()
        if module in self.module.bound:
            return f"_{module}.{name}", (ImportRequest(module, None, f"_{module}"),)
        return f"{module}.{name}", (ImportRequest(module, None),)
