"""Facts about the repository that a file stands in: its dependencies and its other modules."""

from __future__ import annotations

import os
import sys
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from dbdriver_lint.project.inputs import Kind, Question, ledger, note_files

if TYPE_CHECKING:
    from dbdriver_lint.project.dependencies import Dependencies
    from dbdriver_lint.settings.model import Settings


class Project:
    """One repository, or the folder of a file that is in none. Everything is read when asked for."""

    def __init__(self, root: Path, asker: str | None = None) -> None:
        self.root = root
        self._asker = asker

    @classmethod
    def for_path(cls, path: str) -> Project:
        """The project that the file ``path`` belongs to."""
        return cls(project_root(Path(path).absolute().parent), path)

    def dependencies_for(self, settings: Settings) -> Dependencies:
        """What the project declares; the setting ``sqlalchemy-version`` wins over it."""
        found = _dependencies(self.root, settings.sqlalchemy_version)
        if self._asker is not None:
            ledger().note(self._asker, Question(Kind.ROOT, os.path.dirname(os.path.abspath(self._asker))))
            ledger().note(self._asker, Question(Kind.MANIFESTS, str(self.root)))
            note_files(self._asker, found.files)
        return found


@lru_cache(maxsize=4096)
def project_root(folder: Path) -> Path:
    """The root of the project that an absolute folder belongs to; looked for once."""
    from dbdriver_lint.project.roots import find_root

    return find_root(folder)


@cache
def _dependencies(root: Path, override: str | None) -> Dependencies:
    from dbdriver_lint.project.dependencies import read_dependencies

    return read_dependencies(root, override)


def forget() -> None:
    """Read everything anew when it is asked for next: files of a long-lived process's projects have changed."""
    for name in ("alembic", "environment", "modules", "roots"):
        reader = sys.modules.get(f"{__name__}.{name}")  # what was not imported has read nothing
        if reader is not None:
            reader.forget()
    for cached in (project_root, _dependencies):
        cached.cache_clear()
