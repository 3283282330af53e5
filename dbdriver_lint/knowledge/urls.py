"""Database URLs as SQLAlchemy reads them, with the place of every part, and with unknown parts.

The grammar is SQLAlchemy's own (measured on 1.4, 2.0 and 2.1, which differ only in whether the
database name is percent-decoded), so what is accepted, rejected and split here is what
``make_url`` accepts, rejects and splits. SQLAlchemy itself is never imported.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.secrets import HOLE, mask_text, secret_spans
from dbdriver_lint.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "HOLE",
    "DatabaseUrl",
    "DriverName",
    "Parameter",
    "Part",
    "UrlError",
    "mask_text",
    "parse_url",
    "secret_spans",
]

Version = tuple[int, ...]

DATABASE_NAME_DECODED_SINCE: Version = (2, 1)
"""From this SQLAlchemy on ``%2F`` in the database name is ``/``; before, it is kept as written."""

_URL = re.compile(
    rf"""
    (?P<name>[\w\+{HOLE}]+)://
    (?:
        (?P<username>[^:/]*)
        (?::(?P<password>[^@]*))?
    @)?
    (?:
        (?:
            \[(?P<ipv6host>[^/\?]+)\] |
            (?P<ipv4host>[^/:\?]+)
        )?
        (?::(?P<port>[^/\?]*))?
    )?
    (?:/(?P<database>[^\?]*))?
    (?:\?(?P<query>.*))?
    """,
    re.VERBOSE,
)
"""SQLAlchemy's pattern; only the hole is added to the characters of a driver name."""

_START = re.compile(r"[\w\+]*(?::/?/?)?")


class UrlError(ValueError):
    """SQLAlchemy rejects the text as a URL: ``reason`` says why, ``offset`` where, if at one place.

    The reason quotes nothing of the text, which may hold a password.
    """

    def __init__(self, reason: str, offset: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a URL: its text as written, where it stands in the URL, and what it decodes to."""

    text: str
    start: int
    end: int
    value: str

    @property
    def known(self) -> bool:
        """Whether no unknown text is in it; else ``value`` is no evidence."""
        return HOLE not in self.text


@dataclass(frozen=True, slots=True)
class DriverName(Part):
    """The part before ``://``: ``dialect`` or ``dialect+driver``."""

    @property
    def dialect(self) -> str | None:
        """The name before the ``+``; None where the driver name is not known in full."""
        return self.value.partition("+")[0] if self.known else None

    @property
    def driver(self) -> str | None:
        """The name after the ``+``; None where there is none, and where it is not known in full."""
        _, plus, driver = self.value.partition("+")
        return driver if plus and self.known else None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One ``name=value`` of the query; ``start`` to ``end`` covers both and the ``=``, no ``&``."""

    name: Part
    value: Part
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """A URL that SQLAlchemy accepts, or would accept whatever its unknown parts are.

    A part that is None is absent from the text as written; an unknown neighbour may still bring it
    (``postgresql://{netloc}/app`` may well have a password). A part is a claim only if it is
    ``known``. ``query`` holds what SQLAlchemy keeps: parameters without a value are dropped,
    a repeated name is repeated.
    """

    text: str
    drivername: DriverName
    username: Part | None
    password: Part | None
    host: Part | None
    port: Part | None
    database: Part | None
    query: tuple[Parameter, ...]
    query_start: int | None
    """Offset of the ``?``, None if there is none."""
    query_end: int | None
    """Where the query ends: at the end of the text or of its first line, as SQLAlchemy reads it."""
    query_is_open: bool
    """Unknown text stands where it may bring further parameters: their absence is no evidence."""
    headless: bool
    """Unknown text stands before any ``://``: nothing but the query that is written out is known."""

    def named(self, name: str) -> tuple[Parameter, ...]:
        """The parameters of that (decoded) name, in order."""
        return tuple(p for p in self.query if p.name.known and p.name.value == name)

    def query_dict(self) -> dict[str, list[str]]:
        """Decoded names to decoded values, in order, of the parameters whose name is known."""
        result: dict[str, list[str]] = {}
        for parameter in self.query:
            if parameter.name.known:
                result.setdefault(parameter.name.value, []).append(parameter.value.value)
        return result

    def masked(self) -> str:
        """The URL as it may be shown: password and secret parameters ``***``, unknown text ``{…}``."""
        return mask_text(self.text)

    def with_drivername(self, name: str) -> str:
        """The text with another driver name and nothing else changed.

        Raises:
            ValueError: the URL is headless, so its driver name does not end at a known place.
        """
        if self.headless:
            raise ValueError("the driver name is not written in this text")
        return name + self.text[self.drivername.end :]

    def removal_spans(self, parameters: Iterable[Parameter]) -> tuple[tuple[int, int], ...]:
        """What to delete from the text so that these parameters are gone and the rest stays as it is.

        The ``&`` or ``?`` that becomes superfluous goes too; the spans are sorted and do not overlap.
        """
        doomed = {parameter.start for parameter in parameters}
        if not doomed or self.query_start is None or self.query_end is None:
            return ()
        segments = list(_segments(self.text, self.query_start + 1, self.query_end))
        if all(start in doomed for start, _ in segments):
            return ((self.query_start, len(self.text)),)  # a further line, which SQLAlchemy ignores, goes too
        spans: list[tuple[int, int]] = []
        kept_before = False
        for start, end in segments:
            if start not in doomed:
                kept_before = True
            else:
                spans.append((start - 1, end) if kept_before else (start, end + 1))
        return tuple(spans)

    def without(self, *names: str) -> str:
        """The text without the parameters of these names."""
        text = self.text
        for start, end in reversed(self.removal_spans(p for name in names for p in self.named(name))):
            text = text[:start] + text[end:]
        return text


def parse_url(text: str, *, sqlalchemy: Version | None = None) -> DatabaseUrl:
    """Split a URL as ``sqlalchemy.make_url`` does, and know where each part stands.

    :data:`HOLE` characters in ``text`` stand for unknown text; a part that holds one is unknown.
    ``sqlalchemy`` is the version to agree with; None is the newest.

    Raises:
        UrlError: SQLAlchemy rejects the text, whatever its unknown parts are.
    """
    match = _URL.match(text)
    if match is None:
        return _headless(text)

    decodes_database = sqlalchemy is None or sqlalchemy >= DATABASE_NAME_DECODED_SINCE

    def part(group: str, decode: bool) -> Part | None:
        raw: str | None = match[group]
        if raw is None:
            return None
        return Part(raw, *match.span(group), _unquote(raw) if decode else raw)

    port = part("port", decode=False)
    if port is not None and port.known:
        try:
            int(port.text)
        except ValueError:
            raise UrlError(
                "the port is empty: leave the colon out" if not port.text else "the port is not a number", port.start
            ) from None
    drivername = DriverName(match["name"], *match.span("name"), match["name"])
    query_start = match.start("query") - 1 if match["query"] is not None else None
    query_end = match.end("query") if match["query"] is not None else None
    query, is_open = _query(text, query_start, query_end)
    return DatabaseUrl(
        text=text,
        drivername=drivername,
        username=part("username", decode=True),
        password=part("password", decode=True),
        host=part("ipv4host", decode=False) or part("ipv6host", decode=False),
        port=port,
        database=part("database", decode=decodes_database),
        query=query,
        query_start=query_start,
        query_end=query_end,
        query_is_open=is_open or text.endswith(HOLE),
        headless=False,
    )


def _headless(text: str) -> DatabaseUrl:
    """A text whose beginning is unknown: it may be a URL, and only its written query is known."""
    hole = text.find(HOLE)
    if hole < 0 or not _START.fullmatch(text, 0, hole):
        start = _START.match(text)
        raise UrlError(
            "it does not begin with `dialect://` or `dialect+driver://`"
            if "://" not in text
            else "only letters, digits, `_` and `+` may stand before `://`",
            start.end() if start is not None and text else None,
        )
    question = text.find("?", hole)
    query_start = question if question >= 0 else None
    query_end = len(text) if question >= 0 else None
    query, _ = _query(text, query_start, query_end)
    return DatabaseUrl(
        text=text,
        drivername=DriverName(text[: hole + 1], 0, hole + 1, text[: hole + 1]),
        username=None,
        password=None,
        host=None,
        port=None,
        database=None,
        query=query,
        query_start=query_start,
        query_end=query_end,
        query_is_open=True,
        headless=True,
    )


def _query(text: str, question: int | None, end: int | None) -> tuple[tuple[Parameter, ...], bool]:
    """The parameters that SQLAlchemy keeps, and whether unknown text may bring more."""
    if question is None or end is None:
        return (), False
    parameters: list[Parameter] = []
    is_open = False
    for start, stop in _segments(text, question + 1, end):
        equals = text.find("=", start, stop)
        if HOLE in text[start : stop if equals < 0 else equals]:
            is_open = True
        if equals < 0 or equals + 1 == stop:
            continue
        name, value = text[start:equals], text[equals + 1 : stop]
        parameters.append(
            Parameter(
                Part(name, start, equals, _unquote(name.replace("+", " "))),
                Part(value, equals + 1, stop, _unquote(value.replace("+", " "))),
                start,
                stop,
            )
        )
    return tuple(parameters), is_open


def _segments(text: str, start: int, end: int) -> Iterable[tuple[int, int]]:
    """The ranges between the ``&`` of a query, empty ones too."""
    while True:
        ampersand = text.find("&", start, end)
        if ampersand < 0:
            yield start, end
            return
        yield start, ampersand
        start = ampersand + 1


def _unquote(text: str) -> str:
    if "%" not in text:
        return text
    from urllib.parse import unquote  # costs start-up time, and most parts have nothing to decode

    return unquote(text)
