"""Who uses the URL: the driver of the migrations and the one of the application, and the URL that each gets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from dbdriver_lint.doctor.model import Purpose, Side
from dbdriver_lint.knowledge.address import DatabaseUrlError
from dbdriver_lint.knowledge.dialects import Nature
from dbdriver_lint.knowledge.drivers import async_drivers, default_driver, driver_named, sync_drivers
from dbdriver_lint.knowledge.translate import resolve_driver, translate
from dbdriver_lint.knowledge.urls import parse_url

if TYPE_CHECKING:
    from dbdriver_lint.doctor.model import Subject
    from dbdriver_lint.knowledge.intentions import Tls
    from dbdriver_lint.knowledge.translate import Translation
    from dbdriver_lint.knowledge.versions import VersionRange
    from dbdriver_lint.project.dependencies import Dependencies
    from dbdriver_lint.settings.model import Settings

_FITTING = {Purpose.MIGRATIONS: (Nature.SYNC, Nature.BOTH), Purpose.APPLICATION: (Nature.ASYNC, Nature.BOTH)}


@dataclass(frozen=True, slots=True)
class Project:
    """What is known about whoever uses the URL."""

    settings: Settings
    dependencies: Dependencies
    sqlalchemy: VersionRange
    """The SQLAlchemy of this interpreter."""


def sides_for(
    subject: Subject, drivers: tuple[str, ...], project: Project, *, convert: bool, default: Tls | None
) -> tuple[Side, ...]:
    """The sides of one URL: of the drivers that are asked for or, without any, of the project's own two.

    ``convert``: the application gives each engine what ``transform_url_for_driver`` makes of the URL.
    ``default`` is the TLS mode that a translation adds where the URL says none.

    Raises:
        DatabaseUrlError: a driver of another database, or one that nobody knows.
    """
    wanted: list[tuple[Purpose, str]] = []
    for given in drivers:
        dialect, _, drivername = resolve_driver(given)
        if dialect != subject.dialect:
            raise DatabaseUrlError(f"{given!r} is a driver for {dialect!r}, and the URL is for {subject.dialect!r}")
        name = drivername.partition("+")[2]
        known = driver_named(f"{dialect}+{name}")
        nature = known.nature if known is not None else Nature.SYNC
        wanted += [(purpose, name) for purpose in Purpose if nature in _FITTING[purpose]]
    if not drivers:
        for purpose in Purpose:
            driver = _evident(subject, purpose, project)
            if driver is not None:
                wanted.append((purpose, driver))
    if not wanted:
        loaded = default_driver(subject.dialect, project.sqlalchemy)
        wanted.append((Purpose.MIGRATIONS, min(loaded)))
    translations = {
        driver: _translation(subject, driver, default, project.sqlalchemy) for driver in {name for _, name in wanted}
    }
    return tuple(_side(subject, purpose, driver, convert, translations[driver]) for purpose, driver in wanted)


def _evident(subject: Subject, purpose: Purpose, project: Project) -> str | None:
    """The driver that somebody has chosen for this purpose, None if nothing says that there is one."""
    asynchronous = purpose is Purpose.APPLICATION
    names = (async_drivers if asynchronous else sync_drivers)(subject.dialect, project.sqlalchemy)
    dependencies = project.dependencies
    loaded = default_driver(subject.drivername, project.sqlalchemy)
    setting = project.settings.async_driver if asynchronous else project.settings.sync_driver
    declared = dependencies.preferred_async if asynchronous else dependencies.preferred_sync
    if "+" in subject.drivername and loaded & set(names):
        return min(loaded)
    if setting in names:
        return setting
    if subject.dialect == "sqlite" and not asynchronous:
        return "pysqlite"
    of_default = [name for name in names if name in loaded and not asynchronous]
    if dependencies.found:
        both = dependencies.drivers() or frozenset()
        return next((name for name in of_default if name in both), None) or declared(subject.dialect)
    return next((name for name in (*of_default, *names) if import_error(subject.dialect, name) is None), None)


@cache
def import_error(dialect: str, driver: str) -> str | None:
    """Why this interpreter cannot import a driver, None if it can."""
    known = driver_named(f"{dialect}+{driver}")
    if known is None:
        return None
    try:
        import_module(known.module)
    except Exception as error:  # also what a broken installation raises: a missing libpq, another architecture
        return f"{type(error).__name__}: {error}"
    return None


def _side(subject: Subject, purpose: Purpose, driver: str, convert: bool, translation: Translation | None) -> Side:
    drivername = translation.drivername if translation is not None else resolve_driver(driver)[2]
    usable = convert and translation is not None and not translation.refused
    url = translation.url if usable and translation is not None else parse_url(subject.text).with_drivername(drivername)
    return Side(purpose, driver, drivername, url, translation, converted=convert)


def _translation(subject: Subject, driver: str, default: Tls | None, sqlalchemy: VersionRange) -> Translation | None:
    try:
        return translate(
            subject.text, driver, default=default, is_sqlalchemy_1=lambda: not sqlalchemy.may_be_at_least((2, 0))
        )
    except DatabaseUrlError:
        return None
