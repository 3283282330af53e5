"""Where a project begins."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ROOT_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile", ".git")
"""A folder that holds one of these is a project's root."""


def find_root(path: Path) -> Path:
    """The nearest folder at or above ``path`` that looks like a project's root, else the folder itself."""
    start = absolute(path if os.path.isdir(path) else path.parent)
    return next((folder for folder in (start, *start.parents) if _is_root(str(folder))), start)


def absolute(path: Path) -> Path:
    """The path from the top without any ``..``, so that its parents are the folders that it stands in."""
    return path if path.is_absolute() and ".." not in path.parts else type(path)(os.path.abspath(path))


def repository_of(folder: str | os.PathLike[str]) -> str | None:
    """The nearest folder at or above this one that holds ``.git``; None where there is none."""
    here = os.path.abspath(folder)
    while not os.path.exists(os.path.join(here, ".git")):
        parent = os.path.dirname(here)
        if parent == here:
            return None
        here = parent
    return here


@lru_cache(maxsize=16_384)
def _is_root(folder: str) -> bool:
    return any(os.path.exists(os.path.join(folder, marker)) for marker in ROOT_MARKERS)


def forget() -> None:
    """Look for everything anew."""
    _is_root.cache_clear()
