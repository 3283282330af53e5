"""Every setting, typed and documented. The docs' table and the JSON schema come from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def setting(default: Any, doc: str, **extra: Any) -> Any:
    """A settings field with its documentation; ``extra`` may name ``choices`` and ``example``."""
    metadata = {"doc": doc, **extra}
    if isinstance(default, (list, dict, set)):
        raise TypeError("settings are immutable: use a tuple or a factory")
    if isinstance(default, Mapping):
        return field(default_factory=lambda: default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force for one file. Keys in TOML are these names with ``-`` for ``_``."""

    select: tuple[str, ...] = setting((), "Codes, prefixes, names or groups to run; empty: the default groups `error` and `design`.")
    extend_select: tuple[str, ...] = setting((), "Added to `select`.")
    ignore: tuple[str, ...] = setting((), "Codes, prefixes, names or groups to leave out; the most specific of `select` and `ignore` wins.")
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = setting((), "Glob pattern to codes that are left out in matching files.")
    pedantic: bool = setting(False, "Also run the `pedantic` group.")
    exclude: tuple[str, ...] = setting((), "Gitignore-style patterns of files that are never linted, beside the built-in ones.")
    test_patterns: tuple[str, ...] = setting(
        ("tests/", "test/", "testing/", "test_*.py", "*_test.py", "conftest.py"),
        "Gitignore-style patterns of test code, where rules about hardcoded values stay silent.",
    )
    sqlalchemy_version: str | None = setting(None, "SQLAlchemy version or range that the code runs with; else read from the project's dependency files.", example=">=2.0,<2.1")
    async_driver: str | None = setting(None, "Driver for async engines that fixes insert; else the project's declared one.", example="asyncpg")
    sync_driver: str | None = setting(None, "Driver for sync engines that fixes insert; else the project's declared one.", example="psycopg2")
    transform: str = setting(
        "dbdriver_lint.runtime:transform_url_for_driver",
        "The function `(url, driver, *, ssl=...)` whose calls fixes insert, as `module:function`.",
    )
    fix_tls: str = setting("preserve", "What an inserted transform call does for a URL that says nothing about TLS.", choices=("preserve", "require"))
    env_files: tuple[str, ...] = setting((), "Files whose variables may give the values that the code reads from its environment.")
    baseline: str | None = setting(None, "File of accepted findings.")
