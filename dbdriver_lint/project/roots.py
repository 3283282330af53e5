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
    start = path if path.is_dir() else path.parent
    absolute = start.absolute()
    return next((folder for folder in (absolute, *absolute.parents) if _is_root(str(folder))), absolute)


@lru_cache(maxsize=16_384)
def _is_root(folder: str) -> bool:
    return any(os.path.exists(os.path.join(folder, marker)) for marker in ROOT_MARKERS)  # noqa: PTH110


def forget() -> None:
    """Look for everything anew."""
    _is_root.cache_clear()
