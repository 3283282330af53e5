"""The finding: what every rule gives and every report shows."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from dbdriver_lint.records import dataclass

if TYPE_CHECKING:
    from dbdriver_lint.fixes.edit import Fix
    from dbdriver_lint.source.text import Position, Span


class Severity(enum.StrEnum):
    """How bad the consequence is at run time."""

    ERROR = "error"
    """It fails, or silently does the wrong thing."""
    WARNING = "warning"
    """It works, and is one change of environment away from failing."""
    INFO = "info"
    """A matter of clarity."""


class Confidence(enum.StrEnum):
    """How sure the linter is that the finding is true of this code."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Group(enum.StrEnum):
    """What a rule is for; ``error`` and ``design`` are on by default."""

    ERROR = "error"
    DESIGN = "design"
    PEDANTIC = "pedantic"


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that a reader needs: where a value was read, defaulted or passed on."""

    path: str
    start: Position
    end: Position
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding in one file. Messages are masked: no password is ever in them.

    ``span`` is None where there is no text to point at (an undecodable file).
    ``statement`` is the range of lines of the statement that the finding stands in, for suppression
    comments on its first or last line.
    """

    code: str
    name: str
    message: str
    severity: Severity
    confidence: Confidence
    path: str
    start: Position
    end: Position
    span: Span | None = None
    statement: tuple[int, int] | None = None
    related: tuple[Related, ...] = ()
    fix: Fix | None = None

    @property
    def sort_key(self) -> tuple[str, Position, str, str]:
        """Stable order of a report: by file, place, code."""
        return (self.path, self.start, self.code, self.message)
