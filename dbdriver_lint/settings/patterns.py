"""Gitignore-style patterns, as `exclude`, `per-file-ignores` and `test-patterns` have them."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


def matches(patterns: tuple[str, ...], path: str, root: str | None) -> bool:
    """Whether one of ``patterns`` covers the file ``path``; they are relative to the directory ``root``.

    A file outside of ``root`` is matched by its absolute path, so that `tests/` still means what it says.
    """
    if not patterns:
        return False
    relative = relative_to(path, root)
    if all(_is_simple(pattern) for pattern in patterns):
        *directories, name = relative.split("/")
        return any(_matches_simple(pattern, directories, name) for pattern in patterns)
    return gitignore_spec(patterns).match_file(relative)


def relative_to(path: str, root: str | None) -> str:
    """``path`` as seen from ``root`` (the current directory for None), with forward slashes."""
    absolute = os.path.abspath(path)
    base = os.path.abspath(root or ".")
    if absolute.startswith(base.rstrip(os.sep) + os.sep):
        absolute = absolute[len(base.rstrip(os.sep)) + 1 :]
    return Path(absolute).as_posix().lstrip("/")


@lru_cache(maxsize=64)
def gitignore_spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    """The compiled patterns; a later one overrides an earlier one, ``!`` takes back. One that means nothing covers nothing."""
    from pathspec import GitIgnoreSpec  # costs as much as a quarter of a short run

    try:
        return GitIgnoreSpec.from_lines(patterns)
    except (ValueError, re.error):
        return GitIgnoreSpec.from_lines(pattern for pattern in patterns if means_something(pattern))


def means_something(pattern: str) -> bool:
    """Whether git could read the pattern: not a lone ``!``, nor one that ends with a backslash."""
    if _is_simple(pattern):
        return True
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([pattern])
    except (ValueError, re.error):
        return False
    return True


def _is_simple(pattern: str) -> bool:
    """Whether the pattern is one name at any depth, which needs no library."""
    return "/" not in pattern.rstrip("/") and not pattern.startswith(("!", "#")) and "\\" not in pattern


def _matches_simple(pattern: str, directories: list[str], name: str) -> bool:
    wanted = pattern.rstrip("/")
    names = directories if pattern.endswith("/") else [*directories, name]
    return any(fnmatchcase(candidate, wanted) for candidate in names)
