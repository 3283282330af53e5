"""What an application imports to give each driver its own form of one database URL.

>>> transform_url_for_driver("postgres://app:secret@db/app?sslmode=require", "asyncpg")
'postgresql+asyncpg://app:secret@db/app?ssl=require'

Needs nothing but SQLAlchemy, and that only for the engine that gets the result.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dbdriver_lint.knowledge.address import DatabaseUrlError
from dbdriver_lint.knowledge.intentions import Tls
from dbdriver_lint.knowledge.spellings import BARE_NAMES, PURPOSE_DRIVERS, Context
from dbdriver_lint.knowledge.translate import Lost, Translation, dialect_of, resolve_driver, translate

if TYPE_CHECKING:
    from ssl import SSLContext

    from sqlalchemy.engine import URL

__all__ = ["DatabaseUrlError", "DatabaseUrls", "engine_arguments", "transform_url_for_driver", "validate_url"]

_log = logging.getLogger(__name__)

_STATEMENT_NAMES = "prepared_statement_name_func"
"""What SQLAlchemy takes out itself since 2.0; before, it hands it on to asyncpg, which refuses it."""


def _is_sqlalchemy_1() -> bool:
    from sqlalchemy import __version__

    return __version__.startswith("1.")


def transform_url_for_driver(url: str | URL, driver: str, *, ssl: str | None = "require") -> str:
    """The URL for ``driver``, with every parameter spelled as that driver wants it.

    ``url`` may lack the scheme (``user:pass@host/db``), begin with ``postgres://``, name another driver,
    or be a ``sqlalchemy.engine.URL``. ``driver`` is a name such as ``asyncpg`` or ``psycopg2``, or a full
    driver name such as ``postgresql+psycopg2``. A TLS mode in the URL is kept at its strength; ``ssl`` is
    the mode for a URL that says nothing (``disable``, ``allow``, ``prefer``, ``require``, ``verify-ca``,
    ``verify-full``), None to say nothing.

    ``psycopg2`` gives the bare ``postgresql://``, which selects psycopg2 up to SQLAlchemy 2.0 and psycopg
    from 2.1 on, where both take the same parameters; ``postgresql+psycopg2`` gives the explicit name.

    Raises:
        DatabaseUrlError: a ``ValueError`` for an unknown driver, an unreadable URL or TLS mode, and for
            what a URL cannot say for that driver; :func:`engine_arguments` can. It never holds the password.
    """
    result = _translated(url, driver, ssl)
    if result.connect_args:
        said = ", ".join(f"{moved.source} ({moved.target})" for moved in result.moved if not moved.in_url)
        raise DatabaseUrlError(
            f"a URL for {driver} cannot say {said or ', '.join(result.connect_args)}; use "
            f"engine_arguments(url, {driver!r}), which returns the URL together with connect_args"
        )
    return BARE_NAMES.get(driver, result.drivername) + result.url.removeprefix(result.drivername)


def engine_arguments(url: str | URL, driver: str, *, ssl: str | None = "require") -> tuple[str, dict[str, Any]]:
    """The URL and the ``connect_args`` that together say all of ``url`` to ``driver``.

    Use it as ``url, connect_args = engine_arguments(…)`` and
    ``create_engine(url, connect_args=connect_args)``. The arguments are those of
    :func:`transform_url_for_driver`. CA files and client certificates are read here, into an
    ``ssl.SSLContext``, where the driver takes nothing else.

    Raises:
        DatabaseUrlError: as :func:`transform_url_for_driver`, and for what this driver cannot do at all.
        OSError: a CA or certificate file that is needed here cannot be read.
    """
    result = _translated(url, driver, ssl)
    if _STATEMENT_NAMES in result.connect_args and _is_sqlalchemy_1():
        del result.connect_args[_STATEMENT_NAMES]
    return result.url, {
        key: _ssl_context(value) if isinstance(value, Context) else value for key, value in result.connect_args.items()
    }


def validate_url(url: str | URL, driver: str) -> None:
    """Raise if ``url`` as it stands is not a URL for ``driver``: another driver, or a parameter it refuses.

    Raises:
        DatabaseUrlError: with the correct spelling.
    """
    from dbdriver_lint.runtime.validation import check_url  # the whole table, which nothing else here needs

    check_url(url, driver)


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """One database and its URL for each purpose: a sync driver for migrations, an async one for the application.

    ``base`` is any URL, with or without a scheme. The drivers are the usual ones of its database unless named:
    psycopg2 and asyncpg, pymysql and asyncmy, pysqlite and aiosqlite. ``ssl`` is the TLS mode for a base that
    says none; the ``relaxed`` environments get none. Drivers are always named in full in the URLs, so that
    they mean the same in every version of SQLAlchemy.
    """

    base: str | URL = field(repr=False)
    migration_driver: str | None = None
    application_driver: str | None = None
    ssl: str | None = "require"
    relaxed: frozenset[str] = frozenset({"development", "local", "test"})

    @property
    def migration(self) -> str:
        """The URL for Alembic and scripts."""
        return self._url("migration", self.ssl)

    @property
    def application(self) -> str:
        """The URL for the running application."""
        return self._url("application", self.ssl)

    def for_environment(self, environment: str, purpose: str) -> str:
        """The URL for ``purpose`` (``migration`` or ``application``) in ``environment``.

        Raises:
            ValueError: the purpose is another one.
        """
        return self._url(purpose, None if environment in self.relaxed else self.ssl)

    def _url(self, purpose: str, ssl: str | None) -> str:
        sync, asynchronous = PURPOSE_DRIVERS[dialect_of(self.base)]
        drivers = {"migration": self.migration_driver or sync, "application": self.application_driver or asynchronous}
        if purpose not in drivers:
            raise ValueError(f"unknown purpose {purpose!r}: one of {', '.join(drivers)}")
        return transform_url_for_driver(self.base, resolve_driver(drivers[purpose])[2], ssl=ssl)


def _translated(url: str | URL, driver: str, ssl: str | None) -> Translation:
    mode = None if ssl is None else Tls.of(ssl)
    if ssl is not None and mode is None:
        raise DatabaseUrlError(f"ssl={ssl!r} is no TLS mode: one of {', '.join(mode.word for mode in Tls)}, or None")
    result = translate(url, driver, default=mode, is_sqlalchemy_1=_is_sqlalchemy_1)
    if result.refused:
        raise DatabaseUrlError(_refusal(driver, result.refused))
    for lost in result.lost:
        _log.warning("%s is left out of the URL for %s: %s", lost.parameter, driver, lost.reason)
    return result


def _refusal(driver: str, lost: list[Lost]) -> str:
    said = "; ".join(f"{item.parameter}: {item.reason}" for item in lost)
    return f"this URL cannot be used with {driver} without losing what it asks for ({said})"


def _ssl_context(wanted: Context) -> SSLContext:
    import ssl  # costs start-up time, and most applications need none

    context = ssl.create_default_context(cafile=wanted.ca_file)
    context.check_hostname = wanted.verify and wanted.check_hostname
    if not wanted.verify:
        context.verify_mode = ssl.CERT_NONE
    if wanted.certificate is not None:
        context.load_cert_chain(wanted.certificate, wanted.key)
    return context
