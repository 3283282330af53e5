"""Every setting, typed and documented. The docs' table and the JSON schema come from here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from dbdriver_lint.records import Field, dataclass, field, fields


def setting(default: Any, doc: str, **extra: Any) -> Any:
    """A settings field with its documentation; ``extra`` may name ``choices``, ``pattern``, ``patterns`` and ``example``."""
    metadata = {"doc": doc, **extra}
    if isinstance(default, (list, dict, set)):
        raise TypeError("settings are immutable: use a tuple or a factory")
    if isinstance(default, Mapping):
        return field(default_factory=lambda: default, metadata=metadata)
    return field(default=default, metadata=metadata)


Selectors = tuple[str, ...]
"""Rule codes, prefixes of codes, rule names, groups, or ``all``."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force for one file. Keys in TOML are these names with ``-`` for ``_``.

    Fields without documentation metadata are no settings: they say where the others came from.
    """

    select: Selectors = setting(
        (),
        "Codes, prefixes, names or groups to run; empty: the groups `error` and `design`.",
        example=["XDB2", "design"],
    )
    extend_select: Selectors = setting((), "Added to `select`.", example=["implicit-driver"])
    ignore: Selectors = setting(
        (),
        "Codes, prefixes, names or groups to leave out; the most specific of `select` and `ignore` wins.",
        example=["XDB101"],
    )
    per_file_ignores: tuple[tuple[str, Selectors], ...] = setting(
        (),
        "Gitignore-style pattern to the codes, prefixes, names or groups that are left out in matching files.",
        example={"scripts/": ["hardcoded-driver-url"]},
    )
    pedantic: bool = setting(False, "Also run the `pedantic` group.")
    exclude: tuple[str, ...] = setting(
        (),
        "Gitignore-style patterns of files that are never linted, beside the built-in ones.",
        example=["legacy/"],
        patterns=True,
    )
    respect_gitignore: bool = setting(True, "Leave out what git ignores when a directory is searched.")
    force_exclude: bool = setting(
        False, "Leave out excluded files even where they are named one by one, as pre-commit and editors do."
    )
    test_patterns: tuple[str, ...] = setting(
        ("tests/", "test/", "testing/", "test_*.py", "*_test.py", "conftest.py"),
        "Gitignore-style patterns of test code, where rules about hardcoded values stay silent.",
        patterns=True,
    )
    sqlalchemy_version: str | None = setting(
        None,
        "SQLAlchemy version or range that the code runs with; else read from the project's dependency files.",
        example=">=2.0,<2.1",
    )
    async_driver: str | None = setting(
        None,
        "Driver for async engines that fixes insert, by the name that URLs have for it; else the project's declared one.",
        example="asyncpg",
    )
    sync_driver: str | None = setting(
        None,
        "Driver for sync engines that fixes insert, by the name that URLs have for it; else the project's declared one.",
        example="psycopg2",
    )
    transform: str = setting(
        "dbdriver_lint.runtime:transform_url_for_driver",
        "The function `(url, driver, *, ssl=...)` whose calls fixes insert, as `module:function`. It is told "
        "`asyncpg`, `psycopg2` …, and `postgresql+psycopg2` where SQLAlchemy may be 2.1 or newer.",
        pattern=r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*",
    )
    fix_tls: str = setting(
        "preserve",
        "What an inserted transform call does for a URL that says nothing about TLS.",
        choices=("preserve", "require"),
    )
    env_files: tuple[str, ...] = setting(
        (),
        "Files whose variables may give the values that the code reads from its environment.",
        example=[".env.example"],
    )
    baseline: str | None = setting(
        None, "File of accepted findings, relative to the settings file.", example="dbdriver-baseline.json"
    )

    cache_dir: str | None = setting(
        None,
        "Folder where results are kept between runs, relative to the settings file; the one of the project's root "
        "counts. Else `.dbdriver-lint-cache` in the root.",
        example="build/lint-cache",
    )

    root: str | None = None
    """Directory that patterns and relative paths start from; None: the current directory."""
    origins: tuple[tuple[str, str], ...] = ()
    """Which file (or the command line) gave a setting: field name to place; what is absent is a default."""

    @property
    def baseline_path(self) -> str | None:
        """The file of accepted findings, None where no setting names one."""
        return os.path.join(self.root or os.curdir, self.baseline) if self.baseline else None

    def origin(self, name: str) -> str | None:
        """Where the setting ``name`` was made, None for a default."""
        return dict(self.origins).get(name)


def setting_fields() -> tuple[Field[Any], ...]:
    """The fields of :class:`Settings` that users can set, in the order of the documentation."""
    return tuple(f for f in fields(Settings) if "doc" in f.metadata)


def key_of(field_name: str) -> str:
    """The TOML key of a field: ``extend_select`` is ``extend-select``."""
    return field_name.replace("_", "-")
