"""What a rule may ask besides the fact in its hand: settings, versions, drivers, names to insert."""

from __future__ import annotations

import ast
import os
import re
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from dbdriver_lint.fixes.edit import ImportRequest
from dbdriver_lint.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbdriver_lint.analysis.environments import MigrationEnvironment
    from dbdriver_lint.analysis.module_facts import ModuleFacts
    from dbdriver_lint.project import Project
    from dbdriver_lint.project.alembic import Configuration
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
    faithful: Callable[[], bool]
    """Whether the places of what was found are exact."""
    project: Project

    @property
    def can_edit(self) -> bool:
        """Whether the file may be edited at all: places are exact, and its encoding gives all of it back."""
        return self.faithful() and self.source.round_trips

    @property
    def migration_environments(self) -> tuple[MigrationEnvironment, ...]:
        """The project's Alembic environments and what they do; read when a rule asks."""
        from dbdriver_lint.analysis.environments import migration_environments

        return migration_environments(self.project.root, self.source.path)

    @property
    def deployed_environments(self) -> tuple[MigrationEnvironment, ...]:
        """The environments that a command may be for: those of tests only where there are no others."""
        from dbdriver_lint.settings.patterns import matches

        found = self.migration_environments
        settings = self.settings
        return tuple(e for e in found if not matches(settings.test_patterns, e.path, settings.root)) or found

    @property
    def alembic_configurations(self) -> tuple[Configuration, ...]:
        """The ``alembic.ini`` sections whose script location is the folder of this file, an ``env.py``."""
        from dbdriver_lint.project.alembic import configurations_for

        path = self.source.path
        return configurations_for(self.project.root, os.path.dirname(os.path.abspath(path)), path)

    @property
    def bound(self) -> frozenset[str]:
        """Every name bound anywhere in the file, so that a fix shadows nothing."""
        return _bound_names(self.source.text)

    def local_name(self, module: str, name: str) -> tuple[str, tuple[ImportRequest, ...]]:
        """How the code can call ``module.name``, and the import that it needs for it.

        An existing import is reused under its alias; a name that is bound to something else in this
        file is imported under another one.
        """
        wanted = f"{module}.{name}"
        for local, qualified in self.module.names.items():
            if self._is(qualified, wanted):
                return local, ()
        for local, qualified in self.module.names.items():
            if self._is(qualified, module):
                return f"{local}.{name}", ()
        if module in _imported_modules(self.source.text):
            return wanted, ()
        if name in self.bound:
            alias = f"_{name}"
            while alias in self.bound:
                alias = f"_{alias}"
            return alias, (ImportRequest(module, name, alias),)
        return name, (ImportRequest(module, name),)

    def _is(self, qualified: str, wanted: str) -> bool:
        """Whether an imported name, which may be relative to this file, is the absolute one."""
        rest = qualified.lstrip(".")
        level = len(qualified) - len(rest)
        if level == 0 or not rest:
            return qualified == wanted
        if "." not in rest:
            level -= 1  # `from . import x`
        package = PurePath(os.path.abspath(self.source.path)).parts[:-level]
        return f".{'.'.join((*package, rest))}".endswith(f".{wanted}")

    def local_attribute(self, module: str, name: str) -> tuple[str, tuple[ImportRequest, ...]]:
        """The same, spelled as an attribute of the module where nothing is imported yet: ``asyncio.run``."""
        known, imports = self.local_name(module, name)
        if not imports:
            return known, ()
        if module in self.bound:
            return f"_{module}.{name}", (ImportRequest(module, None, f"_{module}"),)
        return f"{module}.{name}", (ImportRequest(module, None),)


@lru_cache(maxsize=4)
def _imported_modules(text: str) -> frozenset[str]:
    """The modules that the file's own ``import a.b.c`` statements name."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    statements = (statement for statement in body if isinstance(statement, ast.Import))
    return frozenset(alias.name for statement in statements for alias in statement.names if alias.asname is None)


@lru_cache(maxsize=4)
def _bound_names(text: str) -> frozenset[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset(re.findall(r"\w+", text))  # syntax that is newer than this interpreter: any of them
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            found.add(node.name)
    return frozenset(found)
