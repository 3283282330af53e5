"""What a project says that it is installed with: the SQLAlchemy version and the drivers."""

from __future__ import annotations

import os
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.drivers import async_drivers, drivers_of, sync_drivers
from dbdriver_lint.knowledge.versions import VersionRange
from dbdriver_lint.project.manifests import Manifests, Role, standing_in
from dbdriver_lint.project.roots import ROOT_MARKERS, absolute, repository_of
from dbdriver_lint.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dbdriver_lint.knowledge.drivers import Driver
    from dbdriver_lint.project.inputs import Unread
    from dbdriver_lint.project.manifests import Requirement

BRINGS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("sqlalchemy", "asyncio"): ("greenlet",),
    ("sqlalchemy", "aiomysql"): ("greenlet", "aiomysql"),
    ("sqlalchemy", "aioodbc"): ("greenlet", "aioodbc"),
    ("sqlalchemy", "aiosqlite"): ("greenlet", "aiosqlite"),
    ("sqlalchemy", "asyncmy"): ("greenlet", "asyncmy"),
    ("sqlalchemy", "cymysql"): ("cymysql",),
    ("sqlalchemy", "mariadb-connector"): ("mariadb",),
    ("sqlalchemy", "mssql"): ("pyodbc",),
    ("sqlalchemy", "mssql-pymssql"): ("pymssql",),
    ("sqlalchemy", "mssql-pyodbc"): ("pyodbc",),
    ("sqlalchemy", "mssql-python"): ("mssql-python",),
    ("sqlalchemy", "mysql"): ("mysqlclient",),
    ("sqlalchemy", "mysql-connector"): ("mysql-connector-python",),
    ("sqlalchemy", "oracle"): ("cx-oracle", "oracledb"),  # the second from 2.1 on
    ("sqlalchemy", "oracle-cxoracle"): ("cx-oracle",),
    ("sqlalchemy", "oracle-oracledb"): ("oracledb",),
    ("sqlalchemy", "postgresql"): ("psycopg2", "psycopg"),  # the second from 2.1 on
    ("sqlalchemy", "postgresql-asyncpg"): ("greenlet", "asyncpg"),
    ("sqlalchemy", "postgresql-pg8000"): ("pg8000",),
    ("sqlalchemy", "postgresql-psycopg"): ("psycopg",),
    ("sqlalchemy", "postgresql-psycopg2binary"): ("psycopg2-binary",),
    ("sqlalchemy", "postgresql-psycopg2cffi"): ("psycopg2cffi",),
    ("sqlalchemy", "postgresql-psycopgbinary"): ("psycopg",),
    ("sqlalchemy", "pymysql"): ("pymysql",),
    ("sqlalchemy", "sqlcipher"): ("sqlcipher3-binary",),
    ("databases", "aiomysql"): ("aiomysql",),
    ("databases", "aiosqlite"): ("aiosqlite",),
    ("databases", "asyncmy"): ("asyncmy",),
    ("databases", "asyncpg"): ("asyncpg",),
    ("databases", "mysql"): ("aiomysql",),
    ("databases", "postgresql"): ("asyncpg",),
    ("databases", "sqlite"): ("aiosqlite",),
    ("cloud-sql-python-connector", "asyncpg"): ("asyncpg",),
    ("cloud-sql-python-connector", "pg8000"): ("pg8000",),
    ("cloud-sql-python-connector", "pymysql"): ("pymysql",),
    ("gevent", ""): ("greenlet",),
    ("eventlet", ""): ("greenlet",),
    ("playwright", ""): ("greenlet",),
    ("aiopg", ""): ("psycopg2-binary",),
    ("procrastinate", ""): ("psycopg",),
    ("databases", ""): ("sqlalchemy",),
    ("advanced-alchemy", ""): ("sqlalchemy",),
    ("alembic", ""): ("sqlalchemy",),
    ("flask-migrate", ""): ("sqlalchemy",),
    ("flask-sqlalchemy", ""): ("sqlalchemy",),
    ("geoalchemy2", ""): ("sqlalchemy",),
    ("sqladmin", ""): ("sqlalchemy",),
    ("sqlalchemy-cockroachdb", ""): ("sqlalchemy",),
    ("sqlalchemy-utils", ""): ("sqlalchemy",),
    ("sqlmodel", ""): ("sqlalchemy",),
}
"""(package, extra; empty: always) to packages that come with it, as their own metadata say."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """Where a package is declared: a file, relative to the top of the repository, and a 1-based line."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The packages that a project is installed with, as far as its files say. Names are normalised."""

    sqlalchemy: VersionRange = field(default_factory=VersionRange.everything)
    """The SQLAlchemy versions that the code may run with; any if nothing is said."""
    declared: bool = False
    """Whether SQLAlchemy is declared at all, directly or as what another package brings."""
    versions: Mapping[str, VersionRange] = field(default_factory=lambda: MappingProxyType({}))
    """Every declared, locked or brought package, and its possible versions."""
    sources: Mapping[str, Declaration] = field(default_factory=lambda: MappingProxyType({}))
    """Where each of them is declared."""
    found: bool = False
    """Whether any file declares dependencies."""
    complete: bool = False
    """Whether ``versions`` is all that is installed: a lock file was read, and nothing was unreadable.

    Without one, a package that is not named may still come along with one that is.
    """
    files: tuple[Path, ...] = ()
    """The files that all this was read from, and those that they name and that are not there."""
    warnings: tuple[Unread, ...] = ()
    """What of them could not be read; `check` tells it, for less is known then."""

    def drivers(self) -> frozenset[str] | None:
        """Names of the drivers that are declared (``asyncpg``); None if nothing declares dependencies."""
        if not self.found:
            return None
        return frozenset(driver for name in self.versions for driver in drivers_of(name))

    def has(self, driver: Driver) -> bool | None:
        """Whether a package that brings this driver is declared; None if nothing declares dependencies.

        A driver of the standard library is always there.
        """
        if not driver.distributions:
            return True
        return any(name in self.versions for name in driver.distributions) if self.found else None

    def preferred_async(self, dialect: str) -> str | None:
        """The declared driver of this dialect to use with async engines, None if none is declared."""
        return self._preferred(async_drivers(dialect, self.sqlalchemy))

    def preferred_sync(self, dialect: str) -> str | None:
        """The declared driver of this dialect to use with sync engines, None if none is declared."""
        return self._preferred(sync_drivers(dialect, self.sqlalchemy))

    def _preferred(self, names: Iterable[str]) -> str | None:
        declared = self.drivers() or ()
        return next((name for name in names if name in declared), None)


def root_markers(root: Path) -> list[Path]:
    """What makes a folder a project's root, and its repository's."""
    marked = [root / marker for marker in ROOT_MARKERS if os.path.exists(root / marker)]
    repository = _up_to_repository(root)[-1] / ".git"
    return list(dict.fromkeys([*marked, repository])) if os.path.exists(repository) else marked


def read_dependencies(root: Path | None, override: str | None = None) -> Dependencies:
    """What the dependency files of ``root`` say, and those above it up to the repository's top.

    Packages declared anywhere count as declared; the folder nearest to the code decides on versions.
    ``override`` is the SQLAlchemy range to use in any case (the setting ``sqlalchemy-version``).
    Without a ``root`` (code from standard input) nothing is declared.

    Raises:
        VersionError: ``override`` is no version specifier.
    """
    chosen = VersionRange.parse(override) if override is not None else None
    if root is None:
        return Dependencies(sqlalchemy=chosen if chosen is not None else VersionRange.everything())
    folders = _up_to_repository(root)
    manifests = Manifests(folders[-1])
    by_folder: list[dict[str, list[Requirement]]] = []
    for folder in folders:
        before = len(manifests.requirements)
        manifests.read(folder)
        by_folder.append(_by_name(manifests.requirements[before:]))

    versions: dict[str, VersionRange] = {}
    sources: dict[str, Declaration] = {}
    for name in {name: None for found in by_folder for name in found}:
        groups = [found[name] for found in by_folder if name in found]
        versions[name] = _combine(groups)
        sources[name] = Declaration(groups[0][0].path, groups[0][0].line)
    for requirement in manifests.requirements:
        if requirement.role is not Role.CONSTRAINED:
            _bring(requirement, versions, sources)
    return Dependencies(
        sqlalchemy=chosen if chosen is not None else versions.get("sqlalchemy", VersionRange.everything()),
        declared="sqlalchemy" in versions,
        versions=MappingProxyType(versions),
        sources=MappingProxyType(sources),
        found=manifests.declares,
        complete=(manifests.locked or manifests.compiled) and not manifests.opaque,
        files=(*manifests.files, *manifests.missing),
        warnings=tuple(manifests.warnings),
    )


def manifest_files(root: Path) -> list[Path]:
    """The dependency files of ``root``, and those above it up to the repository's top, that stand there."""
    return [path for folder in _up_to_repository(root) for path, _ in standing_in(folder)]


def _up_to_repository(root: Path) -> list[Path]:
    """``root`` and its parents up to the one with ``.git``; ``root`` alone where there is none."""
    root = absolute(root)
    top = repository_of(root)
    folders = [root, *root.parents]
    return [root] if top is None else folders[: folders.index(Path(top)) + 1]


def _by_name(requirements: Iterable[Requirement]) -> dict[str, list[Requirement]]:
    """Requirements by package, without the packages that are only constrained."""
    grouped: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        grouped.setdefault(requirement.name, []).append(requirement)
    return {
        name: sorted(group, key=lambda requirement: requirement.role is not Role.DECLARED)
        for name, group in grouped.items()
        if any(requirement.role is not Role.CONSTRAINED for requirement in group)
    }


def _combine(groups: list[list[Requirement]]) -> VersionRange:
    """The versions of one package, from the requirements of each folder, nearest first.

    The nearest folder's range decides; a lock file, wherever it stands, picks the version within it.
    """
    declared = next((found for found in map(_declared, groups) if found is not None), None)
    for group in groups:
        pins = [requirement.versions for requirement in group if requirement.role is Role.LOCKED]
        if pins:
            fitting = pins if declared is None else [pin for pin in pins if pin & declared]
            return _any_of(fitting) if fitting else declared or VersionRange.everything()
    return declared if declared is not None else VersionRange.everything()


def _declared(requirements: list[Requirement]) -> VersionRange | None:
    """What the requirements of one folder allow together, None if there are only pins.

    Requirements that exclude one another (markers, test matrices) are alternatives.
    """
    ranges = [r.versions for r in requirements if r.role is not Role.LOCKED and not r.conditional]
    alternatives = [r.versions for r in requirements if r.role is not Role.LOCKED and r.conditional]
    if alternatives:
        ranges.append(_any_of(alternatives))
    if not ranges:
        return None
    combined = VersionRange.everything()
    for versions in ranges:
        combined &= versions
    return combined or _any_of(ranges)


def _any_of(ranges: list[VersionRange]) -> VersionRange:
    combined = ranges[0]
    for versions in ranges[1:]:
        combined |= versions
    return combined


def _bring(requirement: Requirement, versions: dict[str, VersionRange], sources: dict[str, Declaration]) -> None:
    """Add what comes along with a requirement."""
    for extra in ("", *sorted(requirement.extras)):
        for name in BRINGS.get((requirement.name, extra), ()):
            versions.setdefault(name, VersionRange.everything())
            sources.setdefault(name, Declaration(requirement.path, requirement.line))
