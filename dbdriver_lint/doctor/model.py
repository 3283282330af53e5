"""What a step finds, and what all steps together say about a database URL."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbdriver_lint.knowledge.address import Address
    from dbdriver_lint.knowledge.tls import TlsWish
    from dbdriver_lint.knowledge.translate import Translation


class Status(StrEnum):
    """What a step says: fine, worth knowing, or to be repaired."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """What one step found, in the user's terms. Where it failed, why, and what to do about it.

    No text ever holds a password.
    """

    step: str
    status: Status
    found: str
    cause: str = ""
    remedy: str = ""

    @property
    def failed(self) -> bool:
        """There is something to repair."""
        return self.status is Status.FAILED


def ok(step: str, found: str) -> Result:
    """Nothing to do."""
    return Result(step, Status.OK, found)


def note(step: str, found: str, remedy: str = "") -> Result:
    """Worth knowing; nobody has to act."""
    return Result(step, Status.NOTE, found, "", remedy)


def failed(step: str, found: str, cause: str, remedy: str) -> Result:
    """To be repaired."""
    return Result(step, Status.FAILED, found, cause, remedy)


def any_failed(results: tuple[Result, ...] | list[Result]) -> bool:
    """Whether one of the steps failed."""
    return any(result.failed for result in results)


@dataclass(frozen=True, slots=True)
class Subject:
    """A URL that could be read. ``text`` is what SQLAlchemy reads to these parts.

    Where the URL as given had to be repaired first, ``text`` is the repaired one.
    """

    text: str
    address: Address
    dialect: str
    """SQLAlchemy's name of the database, ``mysql`` for MariaDB too."""
    wish: TlsWish | None
    """What the URL asks of TLS; None where its TLS mode is no mode."""

    @property
    def drivername(self) -> str:
        """What stands before ``://``."""
        return self.text.partition("://")[0]


class Purpose(StrEnum):
    """What an engine is for: it decides between a synchronous and an asynchronous one."""

    MIGRATIONS = "migrations"
    APPLICATION = "application"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two users of a URL, and the URL as it gets it.

    ``translation`` is the URL translated for this driver, None where it cannot be; ``converted`` says that the
    engine gets that one, and not ``url``, which is the given one with nothing but the driver's name changed.
    """

    purpose: Purpose
    driver: str
    drivername: str
    url: str
    translation: Translation | None
    converted: bool = False

    @property
    def asynchronous(self) -> bool:
        """Whether the engine is made by ``create_async_engine``."""
        return self.purpose is Purpose.APPLICATION

    @property
    def repairable(self) -> bool:
        """Whether the translation says all that the URL asks for, and something else than the URL."""
        translation = self.translation
        if translation is None or translation.refused:
            return False
        return translation.url != self.url or bool(translation.connect_args)


@dataclass(frozen=True, slots=True)
class SideReport:
    """What was found for one side."""

    label: str
    side: Side
    results: tuple[Result, ...]
    tls: str
    """The protection as far as it is known: ``TLS verify-full``, ``no TLS``."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that was found about one URL."""

    source: str
    """Where the URL is from: ``--url``, ``DATABASE_URL in .env``."""
    masked: str
    url: tuple[Result, ...]
    server: tuple[Result, ...]
    sides: tuple[SideReport, ...]
    connected: bool
    """Whether connecting was asked for."""

    @property
    def results(self) -> tuple[Result, ...]:
        """Everything, in the order of the steps."""
        return (*self.url, *self.server, *(result for side in self.sides for result in side.results))

    @property
    def healthy(self) -> bool:
        """Nothing to repair."""
        return not any_failed(self.results)
