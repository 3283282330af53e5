"""The Alembic environments of a project, each with what its ``env.py`` does."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.migration_facts import Loop
from dbdriver_lint.project.alembic import drivername_of, find_environments
from dbdriver_lint.project.inputs import ledger
from dbdriver_lint.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.analysis.migration_facts import EnvironmentFacts
    from dbdriver_lint.analysis.module_facts import ModuleFacts
    from dbdriver_lint.project.alembic import Configuration


@dataclass(frozen=True, slots=True)
class MigrationEnvironment:
    """An ``env.py`` that was read, and the configurations that point at it."""

    path: str
    """The absolute path of ``env.py``."""
    configurations: tuple[Configuration, ...]
    module: ModuleFacts
    facts: EnvironmentFacts

    @property
    def runs_loop(self) -> bool:
        """Whether it always starts an event loop, which fails where one runs already."""
        return self.facts.loop is Loop.ALWAYS

    @property
    def honours_connection(self) -> bool:
        """Whether it uses the connection of ``config.attributes["connection"]``."""
        return self.facts.honours_connection

    @property
    def is_async(self) -> bool | None:
        """Whether it migrates through an async engine; None where it makes no engine and runs no loop."""
        if any(engine.is_async or engine.wrapped_in_async_engine for engine in self.module.engines):
            return True
        if self.facts.loop is not Loop.NEVER:
            return True
        return False if self.module.engines else None

    @property
    def drivernames(self) -> frozenset[str]:
        """The driver names that its URL is known to have; empty where nothing is known."""
        return frozenset(self._drivernames())

    def _drivernames(self) -> Iterator[str]:

        sets = [engine.urls for engine in self.module.engines]
        sets += [option.urls for option in self.module.options if option.name == "sqlalchemy.url"]
        for urls in sets:
            yield from (url.url.drivername.text for url in urls.urls if url.url.drivername.known)
        if not self.facts.sets_url:
            for configuration in self.configurations:
                name = drivername_of(configuration.url)
                if name is not None:
                    yield name

    def covers(self, path: str) -> bool:
        """Whether a revision stands in this environment's folder."""
        folder = os.path.dirname(self.path)
        return os.path.abspath(path).startswith(folder + os.sep)


def migration_environments(root: Path, asker: str | None = None) -> tuple[MigrationEnvironment, ...]:
    """The environments below ``root`` whose ``env.py`` could be read. ``asker`` is the file that needs them."""
    found: list[MigrationEnvironment] = []
    for environment in find_environments(root, asker):
        try:
            stat = Path(environment.env).stat()
        except OSError:
            continue
        module = _analysed(environment.env, stat.st_mtime_ns, stat.st_size, ledger().generation)
        if module is not None and module.environment is not None:
            found.append(MigrationEnvironment(environment.env, environment.configurations, module, module.environment))
    return tuple(found)


@lru_cache(maxsize=64)
def _analysed(path: str, _modified: int, _size: int, _generation: int) -> ModuleFacts | None:
    """The facts of an ``env.py`` as it is now."""
    from dbdriver_lint.analysis.build import analyse
    from dbdriver_lint.analysis.imports import first_party_modules
    from dbdriver_lint.project.modules import MAX_BYTES
    from dbdriver_lint.source.files import read_regular
    from dbdriver_lint.source.parse import UnparsableSourceError
    from dbdriver_lint.source.text import SourceFile, UnreadableSourceError
    from dbdriver_lint.source.translation import read

    try:
        source = SourceFile.from_bytes(path, read_regular(path, most=MAX_BYTES))
        importer = first_party_modules()
        return analyse(read(source, importer.slicer(source)), importer=importer)
    except (OSError, UnreadableSourceError, UnparsableSourceError, RecursionError):
        return None
