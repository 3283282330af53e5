"""Facts about the repository that a file stands in: its dependencies and its other modules."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbdriver_lint.project.dependencies import Dependencies
    from dbdriver_lint.settings.model import Settings


class Project:
    """One repository, or the folder of a file that is in none. Everything is read when asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def for_path(cls, path: str) -> Project:
        """The project that the file ``path`` belongs to."""
        return _project_of(Path(path).absolute().parent)

    def dependencies_for(self, settings: Settings) -> Dependencies:
        """What the project declares; the setting ``sqlalchemy-version`` wins over it."""
        return _dependencies(self.root, settings.sqlalchemy_version)


@lru_cache(maxsize=4096)
def _project_of(folder: Path) -> Project:
    from dbdriver_lint.project.dependencies import find_root

    return _project_at(find_root(folder))


@cache
def _project_at(root: Path) -> Project:
    return Project(root)


@cache
def _dependencies(root: Path, override: str | None) -> Dependencies:
    from dbdriver_lint.project.dependencies import read_dependencies

    return read_dependencies(root, override)


def forget() -> None:
    """Read everything anew when it is asked for next: files of a long-lived process's projects have changed."""
    from dbdriver_lint.project import environment
    from dbdriver_lint.project.alembic import _search

    environment.forget()
    for cached in (_project_of, _project_at, _dependencies, _search):
        cached.cache_clear()
