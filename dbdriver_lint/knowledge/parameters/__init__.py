"""What becomes of a connection parameter: the table of all drivers, and :func:`judge`, which reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.dialects import DIALECTS
from dbdriver_lint.knowledge.parameters import mysql, other, postgresql
from dbdriver_lint.knowledge.parameters.model import (
    ALWAYS,
    CALLABLE,
    OK,
    SSL_CONTEXT,
    UNKNOWN,
    Checks,
    Moment,
    Opaque,
    Outcome,
    Place,
    Row,
    Siblings,
    Span,
    Table,
    Verdict,
)
from dbdriver_lint.knowledge.parameters.raw import DSN_TABLES, RAW_CALLS
from dbdriver_lint.knowledge.parameters.remedy import remedy_for
from dbdriver_lint.knowledge.parameters.words import describe
from dbdriver_lint.knowledge.spellings import ASYNC_VARIANTS, DIALECT_OF
from dbdriver_lint.knowledge.tls import TLS_KEYS
from dbdriver_lint.knowledge.versions import VersionRange

if TYPE_CHECKING:
    from collections.abc import Mapping


__all__ = [
    "CALLABLE",
    "OK",
    "RAW_CALLS",
    "SSL_CONTEXT",
    "TABLES",
    "UNKNOWN",
    "Moment",
    "Opaque",
    "Outcome",
    "Place",
    "Row",
    "Table",
    "Verdict",
    "describe",
    "judge",
    "judge_keyword",
    "table_of",
]

TABLES: Mapping[str, Table] = {table.driver: table for table in (*postgresql.TABLES, *mysql.TABLES, *other.TABLES)}

_TEXT_PLACES = (Place.URL, Place.DSN)
_RAW_PLACES = (Place.DSN, Place.KEYWORD)
_RAISES = "the first connection raises"

_SQLALCHEMY_KEYS = frozenset({"plugin"})
"""Query keys that SQLAlchemy itself takes out of the URL."""


def table_of(driver: str) -> Table | None:
    """The parameters of ``driver`` (``psycopg_async`` is psycopg), None where they are not on record."""
    return TABLES.get(driver) or TABLES.get(ASYNC_VARIANTS.get(driver, driver))


def judge(
    driver: str,
    place: Place,
    key: str,
    value: object,
    *,
    siblings: Siblings,
    sqlalchemy: VersionRange,
    driver_version: VersionRange | None = None,
) -> Verdict:
    """What happens when ``driver`` meets this parameter in this place.

    ``value`` is the decoded text in a URL (a tuple of texts for a repeated key), a Python value in
    ``connect_args`` or a raw call; :data:`UNKNOWN` for a value that is not known, :data:`SSL_CONTEXT` and
    :data:`CALLABLE` for objects. ``siblings`` are all parameters of the same place by name, this one too.
    Versions that nobody declared are taken for the newest ones. Unknown drivers and values are OK.
    """
    table = table_of(driver)
    if table is None:
        return OK
    versions = _Versions(sqlalchemy, driver_version)
    if place is Place.URL:
        return _judge_url(table, key, value, siblings, versions)
    if place is Place.DSN:
        dsn_table = DSN_TABLES.get(table.driver)
        return OK if dsn_table is None else _judge_rows(dsn_table, place, key, value, siblings, versions)
    if value is None and table.drops_none and not any(row.engine_only for row in table.index.get(key, ())):
        return OK
    return _judge_rows(table, place, key, value, siblings, versions)


def judge_keyword(
    function: str,
    key: str,
    value: object,
    *,
    siblings: Siblings,
    driver_version: VersionRange | None = None,
) -> Verdict:
    """The same for a keyword of a raw call, such as ``asyncpg.create_pool``, by its qualified name."""
    call = RAW_CALLS.get(function)
    if call is None or key in call.own:
        return OK
    if not call.passes_on:
        known = judge(
            call.driver, Place.KEYWORD, key, value, siblings={key: value}, sqlalchemy=VersionRange.everything()
        )
        remedy = f"kwargs={{{key!r}: {_argument(value)}}}" if known.ok else known.remedy
        exception = _filled(call.unknown, key, value, {})
        return Verdict(Outcome.UNSUPPORTED, exception, "making the pool raises", Moment.CREATION, remedy=remedy)
    return judge(
        call.driver,
        Place.KEYWORD,
        key,
        value,
        siblings=siblings,
        sqlalchemy=VersionRange.everything(),
        driver_version=driver_version,
    )


class _Versions:
    """The versions that the code runs with, against the versions that a row or check speaks about."""

    __slots__ = ("driver", "sqlalchemy")

    def __init__(self, sqlalchemy: VersionRange, driver: VersionRange | None) -> None:
        self.sqlalchemy = None if sqlalchemy.is_everything else sqlalchemy
        self.driver = None if driver is None or driver.is_everything else driver

    def inside(self, sqlalchemy: Span, driver: Span) -> bool:
        """Whether any allowed version is in both spans."""
        return _meets(self.sqlalchemy, sqlalchemy) and _meets(self.driver, driver)

    def all_inside(self, sqlalchemy: Span, driver: Span) -> bool:
        """Whether every allowed version is in both spans; of what nobody declared, the newest."""
        pairs = ((self.sqlalchemy, sqlalchemy), (self.driver, driver))
        return all(_covers(declared, span) if declared is not None else span[1] is None for declared, span in pairs)

    def condition(self, table: Table, sqlalchemy: Span, driver: Span) -> str:
        """For which of the allowed versions the spans hold, "" where for all of them."""
        parts = []
        for name, declared, span in (("SQLAlchemy", self.sqlalchemy, sqlalchemy), (table.driver, self.driver, driver)):
            if not _covers(declared, span):
                parts.append(f"{name} {_span_text(span)}")
        return " and ".join(parts)


def _meets(declared: VersionRange | None, span: Span) -> bool:
    since, until = span
    if declared is None:
        return until is None  # nothing declared: the newest version
    if since is not None and until is not None:
        return declared.may_be_at_least(since) and declared.may_be_below(until)
    return (since is None or declared.may_be_at_least(since)) and (until is None or declared.may_be_below(until))


def _covers(declared: VersionRange | None, span: Span) -> bool:
    since, until = span
    if declared is None:
        return since is None and until is None
    return (since is None or not declared.may_be_below(since)) and (
        until is None or not declared.may_be_at_least(until)
    )


def _span_text(span: Span) -> str:
    since, until = (None if version is None else ".".join(map(str, version)) for version in span)
    return ", ".join([f">={since}"] * (since is not None) + [f"<{until}"] * (until is not None))


def _judge_url(table: Table, key: str, value: object, siblings: Siblings, versions: _Versions) -> Verdict:
    if key in _SQLALCHEMY_KEYS:
        return OK
    if value == "":
        return Verdict(Outcome.IGNORED, consequence="SQLAlchemy drops a parameter without a value")
    if table.strips_keys:
        key = key.strip()
    if table.url_dropped is not None and versions.inside(table.url_dropped, ALWAYS):
        condition = versions.condition(table, table.url_dropped, ALWAYS)
        dropped = "SQLAlchemy drops the whole query of the URL: nothing asks for TLS"
        return Verdict(Outcome.WEAKENED, consequence=dropped, condition=condition) if key in TLS_KEYS else OK
    if isinstance(value, tuple):
        known = key in table.index or not table.unknown
        if known and key not in table.repeatable:
            return _first_fault(table, table.repeated, Place.URL, key, value, siblings, versions, "b.2")
    return _judge_rows(table, Place.URL, key, value, siblings, versions)


def _judge_rows(
    table: Table, place: Place, key: str, value: object, siblings: Siblings, versions: _Versions
) -> Verdict:
    rows = table.index.get(key, ())
    accepting = [
        row
        for row in rows
        if (row.url if place in _TEXT_PLACES else row.args) is not None
        and not (place in _RAW_PLACES and row.engine_only)
    ]
    here = [row for row in accepting if versions.inside(row.sqlalchemy, row.driver)]
    if not here:
        return _unsupported(table, place, key, value, siblings, versions, accepting[0] if accepting else None)
    row = here[0]
    checks = row.url if place in _TEXT_PLACES else row.args
    verdict = _first_fault(table, checks or (), place, key, value, siblings, versions, row.source)
    if not verdict.ok:
        return verdict
    if len(here) == 1 and not versions.all_inside(row.sqlalchemy, row.driver):
        return _unsupported(table, place, key, value, siblings, versions, row)
    return OK


def _unsupported(
    table: Table,
    place: Place,
    key: str,
    value: object,
    siblings: Siblings,
    versions: _Versions,
    row: Row | None,
) -> Verdict:
    """The driver does not take it at all, or, where ``row`` takes it, not in all of the versions."""
    if place is Place.URL and table.url_ignored:
        return Verdict(Outcome.IGNORED, consequence=table.url_ignored)
    if not table.unknown:
        return OK
    return Verdict(
        Outcome.UNSUPPORTED,
        _filled(table.unknown, key, value, {}),
        _RAISES,
        Moment.CONNECT,
        _complement(table, row, versions) if row is not None else "",
        remedy_for(table.driver, place, key, value, siblings) or _owner(table, key),
        row.source if row is not None else "b.3",
    )


def _owner(table: Table, key: str) -> str:
    """Whose parameter it is, where only drivers of one other database take it."""
    dialect = DIALECT_OF.get(table.driver)
    owners = {DIALECT_OF[name] for name, other in TABLES.items() if name in DIALECT_OF and key in other.index}
    if len(owners) != 1 or dialect in owners:
        return ""
    owner = owners.pop()
    return f"remove it: it belongs to {DIALECTS[owner].title}"


def _complement(table: Table, row: Row, versions: _Versions) -> str:
    """The versions outside the row's, in words; "" where all that are declared are outside."""
    parts = []
    for name, declared, span in (
        ("SQLAlchemy", versions.sqlalchemy, row.sqlalchemy),
        (table.driver, versions.driver, row.driver),
    ):
        if declared is not None and not _meets(declared, span):
            return ""
        since, until = span
        if since is not None:
            parts.append(f"{name} {_span_text((None, since))}")
        if until is not None:
            parts.append(f"{name} {_span_text((until, None))}")
    return " or ".join(parts)


def _first_fault(
    table: Table,
    checks: Checks,
    place: Place,
    key: str,
    value: object,
    siblings: Siblings,
    versions: _Versions,
    source: str,
) -> Verdict:
    if value == UNKNOWN:
        return OK
    for check in checks:
        if place in _RAW_PLACES and (check.engine_only or check.sqlalchemy != ALWAYS):
            continue
        if not versions.inside(check.sqlalchemy, check.driver) or check.accepts(value, siblings):
            continue
        return Verdict(
            check.outcome,
            _filled(check.error, key, value, siblings),
            check.consequence or _RAISES,
            check.moment,
            versions.condition(table, check.sqlalchemy, check.driver),
            remedy_for(table.driver, place, key, value, siblings, check.outcome),
            source,
        )
    return OK


def _argument(value: object) -> str:
    return "…" if isinstance(value, Opaque) else repr(value)


def _filled(template: str, key: str, value: object, siblings: Siblings) -> str:
    kind = value.kind.rpartition(".")[2] if isinstance(value, Opaque) else type(value).__name__
    shown = f"<{value.kind} object" if isinstance(value, Opaque) else str(value)
    filled = template.replace("{key}", key).replace("{type}", kind).replace("{value}", shown)
    if "{sslmode}" in filled:
        filled = filled.replace("{sslmode}", str(siblings.get("sslmode", "prefer")))
    return filled
