"""What a repair is: edits on the original text, and how far it may be trusted."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from dbdriver_lint.records import dataclass

if TYPE_CHECKING:
    from dbdriver_lint.source.text import Span


class Applicability(enum.IntEnum):
    """Who may apply a fix. Decided per fix, never per rule."""

    DISPLAY = 0
    """Shown, never applied."""
    UNSAFE = 1
    """May change behaviour, or may need a package; applied with ``--unsafe-fixes``."""
    SAFE = 2
    """Behaviour and comments kept, or code that could only raise now works; TLS as strong as before."""


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace ``span`` of the source text by ``replacement`` (an empty span inserts)."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """A name that the edited code needs: ``from module import name [as alias]``, or ``import module``.

    ``name`` is None for a plain ``import module``.
    """

    module: str
    name: str | None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """A repair of one finding. ``title`` is an imperative sentence without a full stop.

    ``edits`` do not overlap one another. ``imports`` are turned into edits by the linter
    (:func:`dbdriver_lint.fixes.imports.import_edits`), so a rule only names what it needs.
    """

    title: str
    edits: tuple[Edit, ...]
    applicability: Applicability
    imports: tuple[ImportRequest, ...] = ()
    last: bool = False
    """It describes the code, so it waits until no other repair changes that."""
