"""The files that are measured: pinned trees, and the files in them that speak of databases."""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "tests" / "real_trees"))

import trees  # noqa: E402

DATABASE = re.compile(
    rb"create_(?:async_)?engine|engine_from_config|asyncpg|psycopg|pymysql|aiomysql|\b(?:postgresql|mysql|sqlite)(?:\+\w+)?://"
)
"""An engine factory, a driver or a URL: what puts a file into the dense part."""


def fetched() -> list[Path]:
    """The unpacked trees of the tests, from the cache or the package index."""
    return [tree.fetch() for tree in trees.pinned()]


def python_files(folders: list[Path]) -> list[str]:
    """All Python files below the folders, sorted."""
    return sorted(str(path) for folder in folders for path in folder.rglob("*.py") if path.is_file())


def dense(files: list[str]) -> list[str]:
    """The files that an analysis of databases may have to look at."""
    return [file for file in files if DATABASE.search(Path(file).read_bytes())]


def sample(files: list[str], number: int) -> list[str]:
    """Files from everywhere in the list, the same ones each time."""
    return files if len(files) <= number else [files[index * len(files) // number] for index in range(number)]


def size(files: list[str]) -> str:
    """How many files and megabytes these are."""
    return f"{len(files)} files, {sum(Path(file).stat().st_size for file in files) / 1e6:.1f} MB"
