"""What the functions of Python, SQLAlchemy and the settings libraries give, on abstract values."""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import replace as copy
from functools import partial
from typing import TYPE_CHECKING

from dbdriver_lint.analysis import strings, texts
from dbdriver_lint.analysis.orm import factory_result
from dbdriver_lint.analysis.symbols import ENGINE_FUNCTIONS
from dbdriver_lint.analysis.values import (
    NONE,
    Choice,
    Constant,
    Dictionary,
    EnvVar,
    Hole,
    Items,
    Origin,
    Piece,
    Result,
    Step,
    Symbol,
    Template,
    Text,
    Unknown,
    Url,
    Value,
    brought,
    choice,
    masked_text,
    one_way,
    part_of,
)
from dbdriver_lint.knowledge.urls import DatabaseUrl, Part, UrlError, parse_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dbdriver_lint.analysis.anchors import NodeAnchor
    from dbdriver_lint.analysis.expressions import Expressions
    from dbdriver_lint.analysis.frames import Frame


#: The function that fixes insert; a vendored copy of it is known by its name.
TRANSFORM = "dbdriver_lint.runtime.transform_url_for_driver"


@dataclass(frozen=True, slots=True)
class Arguments:
    """The evaluated arguments of a call."""

    positional: tuple[Value, ...] = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)
    open: bool = False

    def get(self, index: int, name: str) -> Value | None:
        """An argument by position or keyword; None where it is not given (or may be unpacked)."""
        if 0 <= index < len(self.positional):
            return self.positional[index]
        return self.keywords.get(name)


def call(
    interpreter: Expressions, callee: Symbol, arguments: Arguments, frame: Frame, anchor: NodeAnchor
) -> Value | None:
    """What a known function gives; None where nothing is known of it."""
    name = callee.name
    if name.startswith("str.") and callee.receiver is not None:
        return string_method(callee.receiver, name[4:], arguments)
    if name.startswith("sqlalchemy.URL.") and isinstance(callee.receiver, Url):
        return url_method(callee.receiver, name.rpartition(".")[2], arguments)
    if name.startswith("dict.") and isinstance(callee.receiver, Dictionary):
        return _dict_method(callee.receiver, name[5:], arguments, anchor)
    if isinstance(callee.receiver, Result) and callee.receiver.of == texts.PARSED:
        return texts.method(callee.receiver, name.rpartition(".")[2], arguments, anchor)
    function = _FUNCTIONS.get(name)
    if isinstance(callee.receiver, Result) and callee.receiver.of == texts.COMPILED:
        # a method of a pattern: the module's function of that name takes it first
        function = _FUNCTIONS.get(f"re.{name.rpartition('.')[2]}")
        arguments = copy(arguments, positional=(callee.receiver, *arguments.positional))
    if function is not None:
        return function(arguments, anchor)
    made = factory_result(callee)
    if made is not None:
        return made
    if name in _ENV_READERS or (callee.receiver is None and _is_env_reader(name)):
        return read_environment(name, arguments, anchor)
    if isinstance(callee.receiver, Result) and callee.receiver.of in _ENV_OBJECTS:
        return read_environment(callee.receiver.of, arguments, anchor)
    return None


# The environment

#: Functions that read an environment variable: name, then the keyword of the default.
_ENV_READERS: dict[str, str] = {
    "os.getenv": "default",
    "os.environ.get": "default",
    "os.environ.setdefault": "value",
    "os.environ.pop": "default",
    "decouple.config": "default",
    "environs.env": "default",
    "environs.env.str": "default",
}
#: Objects that are called, or whose methods are called, to read one.
_ENV_OBJECTS: dict[str, str] = {
    "starlette.config.Config": "default",
    "environs.Env": "default",
    "environs.FileAwareEnv": "default",
    "environ.Env": "default",
    "decouple.AutoConfig": "default",
    "decouple.Config": "default",
}


def _is_env_reader(name: str) -> bool:
    return name == "starlette.config.environ.get"


def read_environment(name: str, arguments: Arguments, anchor: NodeAnchor) -> Value:
    """``os.getenv("NAME", default)`` and the like."""
    keyword = _ENV_READERS.get(name) or _ENV_OBJECTS.get(name, "default")
    variable = arguments.get(0, "key") or arguments.get(0, "name")
    default = arguments.get(1, keyword)
    if isinstance(default, Constant) and default.value is None:
        default = None
    if name.startswith("starlette.config") and len(arguments.positional) > 1:
        default = arguments.get(2, keyword)  # config("NAME", cast, default)
    return environment_value(variable, default, anchor)


def environment_value(variable: Value | None, default: Value | None, anchor: NodeAnchor) -> Value:
    """An environment variable read at ``anchor``."""
    if not isinstance(variable, Text):
        return (
            Unknown("environment variable with a computed name", origin=Origin("variable"))
            if default is None
            else choice([default, Unknown("environment", origin=Origin("environment"))])
        )
    step = Step(f"`{variable.text}` is read from the environment here", anchor, read=variable.text)
    return EnvVar(variable.text, default, (step,))


def subscript(value: Value, key: Value, anchor: NodeAnchor) -> Value:
    """``value[key]``."""
    if isinstance(value, Symbol) and value.name in ("os.environ", "starlette.config.environ"):
        return environment_value(key, None, anchor)
    if isinstance(value, Result) and value.of in _ENV_OBJECTS:
        return environment_value(key, None, anchor)
    if isinstance(value, Dictionary) and isinstance(key, Text):
        found = value.items.get(key.text)
        return found if found is not None else brought("key", key.text)
    if isinstance(value, Dictionary) and not value.open and value.items:
        return choice([*value.items.values(), Unknown("key")])
    if isinstance(key, Constant) and isinstance(key.value, int) and not isinstance(key.value, bool):
        if isinstance(value, Items) and not value.open and -len(value.items) <= key.value < len(value.items):
            return value.items[key.value]
        if isinstance(value, (Text, Template)):
            stop = key.value + 1 if key.value != -1 else None
            return strings.sliced(value, key.value, stop)
    if isinstance(value, Unknown) and value.origin.kind == "part":
        return value
    return Unknown("subscript", value.steps)


# Strings


def as_text(value: Value) -> Value:
    """``str(value)`` where it is known: URL objects and settings types become their text."""
    if isinstance(value, Choice):
        return choice([as_text(option) for option in value.options])
    if isinstance(value, Url):
        return rendered(value, hide_password=True)
    return value


#: What pydantic's URLs and secrets give their text with.
AS_TEXT = frozenset({"get_secret_value", "unicode_string", "human_repr", "__str__"})


def string_method(receiver: Value, name: str, arguments: Arguments) -> Value:
    """A method of a string, with constant arguments."""
    first = arguments.get(0, "old")
    second = arguments.get(1, "new")
    text = first.text if isinstance(first, Text) else None
    if name == "replace" and second is not None:
        count = arguments.get(2, "count")
        if text is None or isinstance(second, (Choice, Unknown)):
            replaced = Unknown("replaced text", receiver.steps)
            if isinstance(receiver, EnvVar):  # still the environment's, whatever was replaced in it
                return copy(receiver, default=None if receiver.default is None else replaced, rewritten=True)
            return replaced
        if isinstance(count, Constant) and isinstance(count.value, int):
            return strings.replace(receiver, text, second, count.value)
        return strings.replace(receiver, text, second) if count is None else Unknown("replaced text", receiver.steps)
    if name in ("startswith", "endswith"):
        affixes = _affixes(first)
        if affixes is None:
            return Unknown(name)
        outcome = (strings.starts_with if name == "startswith" else strings.ends_with)(receiver, affixes)
        return Unknown(name) if outcome is None else Constant(outcome)
    if name in ("split", "rsplit", "partition", "rpartition") and text:
        if name.endswith("partition"):
            return strings.partition(receiver, text, right=name.startswith("r"))
        maximum = arguments.get(1, "maxsplit")
        limit = maximum.value if isinstance(maximum, Constant) and isinstance(maximum.value, int) else -1
        return strings.split(receiver, text, limit, right=name.startswith("r"))
    if name in ("removeprefix", "removesuffix") and text is not None:
        return strings.remove_affix(receiver, text, prefix=name == "removeprefix")
    if name in ("strip", "lstrip", "rstrip") and (text is not None or first is None):
        return strings.strip(receiver, text, name)
    if name in ("lower", "upper", "casefold", "title", "capitalize"):
        return strings.mapped(receiver, lambda known: getattr(known, name)(), f"{name} text")
    if name == "format":
        return _format_method(receiver, arguments)
    if name in AS_TEXT:
        return receiver
    if name in ("encode", "decode"):
        return Unknown("encoded text", receiver.steps)
    if name == "join" and isinstance(first, Items) and not first.open:
        parts: list[Value] = []
        for index, item in enumerate(first.items):
            parts += [receiver, item] if index else [item]
        return strings.concat(parts)
    if name in ("find", "index", "count", "rfind") and isinstance(receiver, Text) and text is not None:
        return Constant(receiver.text.count(text) if name == "count" else receiver.text.find(text))
    return Unknown(f"text after {name}", receiver.steps)


def _affixes(value: Value | None) -> list[str] | None:
    if isinstance(value, Text):
        return [value.text]
    if isinstance(value, Items) and not value.open and all(isinstance(item, Text) for item in value.items):
        return [item.text for item in value.items if isinstance(item, Text)]
    return None


def _format_method(receiver: Value, arguments: Arguments) -> Value:
    """``"…{}…{name}".format(...)``: plain fields only."""
    if not isinstance(receiver, Text) or arguments.open:
        return Unknown("formatted text", receiver.steps)
    from string import Formatter

    parts: list[Value] = []
    automatic = at = 0
    try:
        fields = list(Formatter().parse(receiver.text))
    except ValueError:
        return Unknown("formatted text", receiver.steps)
    for literal, name, spec, conversion in fields:
        if literal:
            found = receiver.text.find(literal, at)
            parts.append(
                strings.make(
                    strings.cut(receiver.pieces, found, found + len(literal)) if found >= 0 else (Piece(literal),)
                )
            )
            at = max(found, at) + len(literal)
        if name is None:
            continue
        value: Value | None
        if name == "":
            value = arguments.get(automatic, "")
            automatic += 1
        elif name.isdigit():
            value = arguments.get(int(name), "")
        else:
            value = arguments.keywords.get(name)
        if value is None or spec or conversion:
            value = Unknown("formatted value")
        parts.append(as_text(value))
    return strings.concat(parts)


def percent_format(left: Text | Template, right: Value) -> Value:
    """``"…%s…" % values``: plain ``%s`` and ``%(name)s`` only."""
    if not isinstance(left, Text):
        return Unknown("formatted text", left.steps)
    import re

    values = list(right.items) if isinstance(right, Items) else [right]
    parts: list[Value] = []
    at = used = 0
    for match in re.finditer(r"%(?:\((\w+)\))?([sd%])", left.text):
        parts.append(strings.make(strings.cut(left.pieces, at, match.start())))
        at = match.end()
        name, kind = match.groups()
        if kind == "%":
            parts.append(strings.text_of("%"))
        elif name is not None:
            found = right.items.get(name) if isinstance(right, Dictionary) else None
            parts.append(as_text(found or Unknown("formatted value")))
        else:
            parts.append(as_text(values[used]) if used < len(values) else Unknown("formatted value"))
            used += 1
    parts.append(strings.make(strings.cut(left.pieces, at, len(left.text))))
    return strings.concat(parts)


# Dictionaries


def merged(left: Dictionary, right: Dictionary) -> Dictionary:
    """The keys of both; the right side wins."""
    return Dictionary(
        {**left.items, **right.items},
        left.open or right.open,
        left.anchor,
        key_anchors={**left.key_anchors, **right.key_anchors},
        entry_anchors={**left.entry_anchors, **right.entry_anchors},
    )


def changed(value: Dictionary, method: str, arguments: Arguments) -> Dictionary:
    """What a dictionary holds after one of its methods was called for its effect."""
    if method == "update":
        other = arguments.positional[0] if arguments.positional else Dictionary({})
        both = merged(value, other) if isinstance(other, Dictionary) else copy(value, open=True)
        return copy(merged(both, Dictionary(dict(arguments.keywords), arguments.open)), steps=value.steps)
    key = arguments.get(0, "key")
    if method == "clear":
        return copy(value, items={}, open=False)
    if not isinstance(key, Text):
        return copy(value, open=True)
    if method == "setdefault":
        return copy(value, items={key.text: arguments.get(1, "default") or NONE, **value.items})
    if method == "pop":
        return copy(value, items={name: item for name, item in value.items.items() if name != key.text})
    return value


def _dict_method(receiver: Dictionary, name: str, arguments: Arguments, anchor: NodeAnchor) -> Value:
    if name == "get":
        key = arguments.get(0, "key")
        if isinstance(key, Text):
            found = receiver.items.get(key.text)
            if found is not None:
                return found
            default = arguments.get(1, "default") or NONE
            return choice([default, brought("key", key.text)]) if receiver.open else default
    if name == "copy":
        return receiver
    if name in ("keys", "values", "items"):
        return Items((), open=True)
    return Unknown(f"dictionary {name}")


# SQLAlchemy


def make_url(value: Value | None) -> Value:
    """``sqlalchemy.make_url(value)``: the URL object, by its parts."""
    if value is None:
        return Unknown("URL")
    if isinstance(value, Choice):
        return choice([make_url(option) for option in value.options])
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
    return url_parts(parsed, value)


def _opaque_url(value: Value, part: Unknown) -> Url:
    return Url(part, part, part, part, part, part, part, value.steps, text=value)


def url_parts(parsed: DatabaseUrl, value: Text | Template) -> Url:
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


def url_create(arguments: Arguments) -> Value:
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


def url_attribute(url: Url, name: str) -> Value | None:
    """A part of a URL object; None for a method."""
    if name in ("drivername", "username", "password", "host", "port", "database", "query"):
        return getattr(url, name)  # type: ignore[no-any-return]
    return None


def url_method(url: Url, name: str, arguments: Arguments) -> Value:
    """``url.set(...)``, ``render_as_string``, the query helpers."""
    if name == "set":
        changes = {k: v for k, v in arguments.keywords.items() if url_attribute(url, k) is not None}
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
            return copy(url, query=merged(query, first), text=None)
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
    return strings.quoted(value, "quote", " +")


def _is_none(value: Value) -> bool:
    return isinstance(value, Constant) and value.value is None


def engine_url(engine: Result) -> Value | None:
    """``engine.url`` of an engine whose call was seen."""
    if engine.call is None or engine.call.function not in ENGINE_FUNCTIONS:
        return None
    arguments = Arguments(engine.call.positional, engine.call.keywords)
    first = arguments.get(0, "url")
    return make_url(first) if first is not None else None


# Plain functions


def _str(arguments: Arguments, anchor: NodeAnchor) -> Value:
    return as_text(arguments.positional[0]) if len(arguments.positional) == 1 else Unknown("str")


def _len(arguments: Arguments, anchor: NodeAnchor) -> Value:
    first = arguments.get(0, "")
    return Constant(len(first.text)) if isinstance(first, Text) else Unknown("length")


def _isinstance(arguments: Arguments, anchor: NodeAnchor) -> Value:
    """Whether a text is one; of all else nothing is said."""
    value, kind = arguments.get(0, ""), arguments.get(1, "")
    is_text = isinstance(value, (Text, Template)) and isinstance(kind, Symbol) and kind.name == "builtins.str"
    return Constant(True) if is_text else Unknown("isinstance")


def _dict(arguments: Arguments, anchor: NodeAnchor) -> Value:
    items = Dictionary(dict(arguments.keywords), arguments.open, anchor)
    if not arguments.positional:
        return items
    first = arguments.positional[0]
    return merged(first, items) if isinstance(first, Dictionary) else copy(items, open=True)


def _items(arguments: Arguments, anchor: NodeAnchor) -> Value:
    if not arguments.positional:
        return Items(())
    first = arguments.positional[0]
    return first if isinstance(first, Items) else Items((), open=True)


def _quote(function: str) -> Callable[[Arguments, NodeAnchor], Value]:
    def apply(arguments: Arguments, anchor: NodeAnchor) -> Value:
        value = arguments.get(0, "string")
        safe = arguments.get(1, "safe")
        if value is None:
            return Unknown(function)
        known = safe.text if isinstance(safe, Text) else ("/" if function == "quote" else "")
        return strings.quoted(value, function, known)

    return apply


def _first(arguments: Arguments, anchor: NodeAnchor) -> Value:
    return arguments.positional[-1] if arguments.positional else Unknown("cast")


def _dsn_build(arguments: Arguments, anchor: NodeAnchor) -> Value:
    """``PostgresDsn.build(scheme=…)``: the scheme is what matters; the rest is escaped by pydantic."""
    scheme = arguments.keywords.get("scheme")
    if scheme is None:
        return Unknown("built URL")
    parts: list[Value] = [scheme, strings.text_of("://")]
    username = arguments.keywords.get("username") or arguments.keywords.get("user")
    if username is not None:
        parts.append(strings.quoted(username, "quote", ""))
        if "password" in arguments.keywords:
            parts += [strings.text_of(":"), strings.quoted(arguments.keywords["password"], "quote", "")]
        parts.append(strings.text_of("@"))
    if "host" in arguments.keywords:
        parts.append(arguments.keywords["host"])
    if "port" in arguments.keywords:
        parts += [strings.text_of(":"), arguments.keywords["port"]]
    if "path" in arguments.keywords:
        parts += [strings.text_of("/"), arguments.keywords["path"]]
    if "query" in arguments.keywords:
        parts += [strings.text_of("?"), arguments.keywords["query"]]
    return strings.concat([_holed(part) for part in parts])


def _holed(value: Value) -> Value:
    if isinstance(value, (Text, Template, Choice)):
        return value
    return Template((Hole(value),), value.steps)


def _quantified(enough: bool) -> Callable[[Arguments, NodeAnchor], Value]:
    """``any(items)``, for which one that is true is enough, and ``all(items)``."""

    def function(arguments: Arguments, anchor: NodeAnchor) -> Value:
        items = arguments.get(0, "")
        if not isinstance(items, Items):
            return Unknown("any")
        known = [strings.truth(item) for item in items.items]
        if enough in known:
            return Constant(enough)
        return Unknown("any") if items.open or None in known else Constant(not enough)

    return function


_FUNCTIONS: dict[str, Callable[[Arguments, NodeAnchor], Value]] = {
    "builtins.str": _str,
    "builtins.dict": _dict,
    "builtins.isinstance": _isinstance,
    "builtins.list": _items,
    "builtins.tuple": _items,
    "typing.cast": _first,
    "typing_extensions.cast": _first,
    "os.path.expandvars": lambda arguments, anchor: Unknown("expanded text"),
    "urllib.parse.quote": _quote("quote"),
    "urllib.parse.quote_plus": _quote("quote_plus"),
    "urllib.parse.urlparse": texts.parsed,
    "urllib.parse.urlsplit": texts.parsed,
    "urllib.parse.urlunparse": texts.unparsed,
    "urllib.parse.urlunsplit": texts.unparsed,
    "re.sub": texts.substituted,
    "re.match": texts.matched,
    "re.search": partial(texts.matched, function="search"),
    "re.fullmatch": partial(texts.matched, function="fullmatch"),
    "builtins.len": _len,
    "builtins.any": _quantified(True),
    "builtins.all": _quantified(False),
    "urllib.parse.unquote": _quote("unquote"),
    "urllib.parse.unquote_plus": _quote("unquote_plus"),
    TRANSFORM: transformed,
    "sqlalchemy.make_url": lambda arguments, anchor: make_url(arguments.get(0, "name_or_url")),
    "sqlalchemy.URL.create": lambda arguments, anchor: url_create(arguments),
    "sqlalchemy.URL": lambda arguments, anchor: url_create(arguments),
    "pydantic.PostgresDsn.build": _dsn_build,
    "pydantic.MySQLDsn.build": _dsn_build,
    "pydantic.MariaDBDsn.build": _dsn_build,
    "pydantic.AnyUrl.build": _dsn_build,
    "pydantic.MultiHostUrl.build": _dsn_build,
    "pydantic_core.MultiHostUrl.build": _dsn_build,
    "pydantic_core.Url.build": _dsn_build,
    "pydantic.PostgresDsn": lambda arguments, anchor: arguments.get(0, "url") or Unknown("URL"),
    "pydantic.SecretStr": lambda arguments, anchor: arguments.get(0, "secret_value") or Unknown("secret"),
}
