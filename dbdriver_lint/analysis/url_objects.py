"""SQLAlchemy's URL objects, made from a text or of parts, and what their attributes and methods give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis import dictionaries, strings
from dbdriver_lint.analysis.symbols import ENGINE_FUNCTIONS
from dbdriver_lint.analysis.values import (
    NONE,
    Arguments,
    Choice,
    Constant,
    Dictionary,
    EnvVar,
    Items,
    Piece,
    Result,
    Step,
    Template,
    Text,
    Unknown,
    Url,
    Value,
    choice,
    masked_text,
    one_way,
    part_of,
)
from dbdriver_lint.knowledge.dialects import DIALECTS
from dbdriver_lint.knowledge.urls import DatabaseUrl, Part, UrlError, parse_url
from dbdriver_lint.records import replace as copy

if TYPE_CHECKING:
    from dbdriver_lint.analysis.anchors import NodeAnchor

#: The function that fixes insert; a vendored copy of it is known by its name.
TRANSFORM = "dbdriver_lint.runtime.transform_url_for_driver"


def make_url(value: Value | None) -> Value:
    """``sqlalchemy.make_url(value)``: the URL object, by its parts."""
    if value is None:
        return Unknown("URL")
    if isinstance(value, Choice):
        # None raises, so it is nothing that there could be afterwards
        given = [option for option in value.options if not isinstance(option, Constant)]
        return choice([make_url(option) for option in given]) if given else Unknown("URL", value.steps)
    if isinstance(value, Url):
        return value
    if isinstance(value, EnvVar):
        known = [make_url(each) for each in strings.defaults(value)]
        raw = copy(value, default=None, in_files=None)
        return choice([*known, _opaque_url(raw, part_of(value))])
    if isinstance(value, Constant):
        return Unknown("URL", value.steps)
    if not isinstance(value, (Text, Template)):
        # of whatever it is, an object's parts can still be set
        return _opaque_url(value, value if isinstance(value, Unknown) else Unknown("URL", value.steps))
    whole = strings.picture(value.pieces)
    try:
        parsed = parse_url(whole)
    except UrlError:
        return Unknown("not a URL", value.steps)
    return _by_parts(parsed, value)


def _opaque_url(value: Value, part: Unknown) -> Url:
    return Url(part, part, part, part, part, part, part, value.steps, text=value)


def _by_parts(parsed: DatabaseUrl, value: Text | Template) -> Url:
    """The parts of a parsed URL as values that know where they were written."""

    def part(found: Part | None) -> Value:
        if found is None:
            return NONE
        if found.known and found.value != found.text:
            return strings.text_of(found.value)
        return strings.make(strings.cut(value.pieces, found.start, found.end))

    query: dict[str, Value] = {}
    for parameter in parsed.query:
        if parameter.name.known:
            query[parameter.name.value] = part(parameter.value)
    return Url(
        part(parsed.drivername),
        part(parsed.username),
        part(parsed.password),
        part(parsed.host),
        part(parsed.port),
        part(parsed.database),
        Dictionary(query, open=parsed.query_is_open),
        value.steps,
        text=value,
    )


def created(arguments: Arguments) -> Value:
    """``URL.create(drivername, username, password, host, port, database, query)``."""
    names = ("drivername", "username", "password", "host", "port", "database", "query")
    missing: Value = Unknown("unpacked argument") if arguments.open else NONE
    values = [arguments.get(index, name) or missing for index, name in enumerate(names)]
    if values[6] is NONE:
        values[6] = Dictionary({})
    drivername, username, password, host, port, database, query = values
    return Url(drivername, username, password, host, port, database, query)


def transformed(arguments: Arguments, anchor: NodeAnchor) -> Value:
    """``transform_url_for_driver(url, driver)`` of this project: the driver is known, the parameters are its own."""
    from dbdriver_lint.knowledge.address import DatabaseUrlError
    from dbdriver_lint.knowledge.translate import resolve_driver

    url, driver = arguments.get(0, "url"), arguments.get(1, "driver")
    part = Unknown("part of the transformed URL")
    if not isinstance(driver, Text):
        return Unknown("URL for a driver that is not known", url.steps if url is not None else ())
    try:
        drivername = resolve_driver(driver.text)[2]
    except DatabaseUrlError:
        return part
    steps = url.steps if url is not None else ()
    step = Step(f"it is transformed for {driver.text} here", anchor)
    return Url(strings.text_of(drivername), part, part, part, part, part, part, one_way(steps, (step,)))


def attribute(url: Url, name: str) -> Value | None:
    """A part of a URL object; None for a method."""
    if name in ("drivername", "username", "password", "host", "port", "database", "query"):
        return getattr(url, name)  # type: ignore[no-any-return]
    return None


def method(url: Url, name: str, arguments: Arguments) -> Value:
    """``url.set(...)``, ``render_as_string``, the query helpers."""
    if name == "set":
        changes = {k: v for k, v in arguments.keywords.items() if attribute(url, k) is not None}
        # `set(password=None)` leaves the password as it is: measured
        changes = {k: v for k, v in changes.items() if not (isinstance(v, Constant) and v.value is None)}
        changed_url: Url = copy(url, text=None, **changes)  # type: ignore[arg-type]
        drivername = changed_url.drivername
        if isinstance(drivername, Choice):
            return choice([copy(changed_url, drivername=option) for option in drivername.options])
        return changed_url
    if name in ("update_query_dict", "update_query_pairs", "update_query_string"):
        first = arguments.get(0, "query_parameters")
        query = url.query if isinstance(url.query, Dictionary) else Dictionary({}, open=True)
        if name == "update_query_dict" and isinstance(first, Dictionary):
            return copy(url, query=dictionaries.merged(query, first), text=None)
        return copy(url, query=copy(query, open=True), text=None)
    if name == "difference_update_query":
        first = arguments.get(0, "names")
        if isinstance(first, Items) and isinstance(url.query, Dictionary):
            gone = {item.text for item in first.items if isinstance(item, Text)}
            kept = {k: v for k, v in url.query.items.items() if k not in gone}
            return copy(url, query=copy(url.query, items=kept, open=url.query.open or first.open), text=None)
        return copy(url, query=Unknown("query"), text=None)
    if name == "render_as_string":
        hide = arguments.get(0, "hide_password")
        return rendered(url, hide_password=not (isinstance(hide, Constant) and hide.value is False))
    if name in ("get_backend_name", "get_driver_name") and isinstance(url.drivername, Text):
        dialect, _, driver = url.drivername.text.partition("+")
        if name == "get_backend_name":
            return strings.text_of(dialect)
        return strings.text_of(driver) if driver else Unknown("default driver")
    if name == "get_backend_name" and isinstance(url.drivername, Template):
        begins = url.drivername.pieces[0]
        dialect, plus, _ = begins.text.partition("+") if isinstance(begins, Piece) else ("", "", "")
        if plus or dialect in DIALECTS:
            return strings.text_of(dialect)
    return Unknown(f"result of URL.{name}", url.steps)


def rendered(url: Url, *, hide_password: bool) -> Value:
    """A URL object as a string."""
    if url.text is not None and (not hide_password or _is_none(url.password)):
        return url.text
    if not isinstance(url.drivername, (Text, Template)):
        is_masked = hide_password and not _is_none(url.password)
        return masked_text(url.steps) if is_masked else Unknown("URL as text", url.steps)
    parts: list[Value] = [url.drivername, strings.text_of("://")]
    if not _is_none(url.username):
        parts.append(_encoded(url.username))
        if not _is_none(url.password):
            parts.append(strings.text_of(":"))
            parts.append(strings.text_of("***") if hide_password else _encoded(url.password))
        parts.append(strings.text_of("@"))
    if not _is_none(url.host):
        parts.append(url.host)
    if not _is_none(url.port):
        parts += [strings.text_of(":"), url.port]
    if not _is_none(url.database):
        parts += [strings.text_of("/"), url.database]
    if isinstance(url.query, Dictionary):
        separator = "?"
        for key, value in url.query.items.items():
            parts += [strings.text_of(f"{separator}{key}="), value]
            separator = "&"
        if url.query.open:
            parts.append(Unknown("query"))
    elif not _is_none(url.query):
        parts.append(Unknown("query"))
    return strings.copy_steps(strings.concat(parts), url.steps)


def _encoded(value: Value) -> Value:
    return strings.quoted(value, "quote", " +", by="render_as_string")


def _is_none(value: Value) -> bool:
    return isinstance(value, Constant) and value.value is None


def engine_url(engine: Result) -> Value | None:
    """``engine.url`` of an engine whose call was seen."""
    if engine.call is None or engine.call.function not in ENGINE_FUNCTIONS:
        return None
    arguments = Arguments(engine.call.positional, engine.call.keywords)
    first = arguments.get(0, "url")
    return make_url(first) if first is not None else None
