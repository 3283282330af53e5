"""What the functions of Python, SQLAlchemy and the settings libraries give, on abstract values."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dbdriver_lint.analysis import dictionaries, string_methods, strings, texts, url_objects, variables
from dbdriver_lint.analysis.orm import factory_result
from dbdriver_lint.analysis.values import (
    Arguments,
    Choice,
    Constant,
    Dictionary,
    Hole,
    Items,
    Result,
    Symbol,
    Template,
    Text,
    Unknown,
    Url,
    Value,
    brought,
    choice,
)
from dbdriver_lint.records import replace as copy

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbdriver_lint.analysis.anchors import NodeAnchor


def call(callee: Symbol, arguments: Arguments, anchor: NodeAnchor) -> Value | None:
    """What a known function gives; None where nothing is known of it."""
    name = callee.name
    if name.startswith("str.") and callee.receiver is not None:
        return string_methods.method(callee.receiver, name[4:], arguments)
    if name.startswith("sqlalchemy.URL.") and isinstance(callee.receiver, Url):
        return url_objects.method(callee.receiver, name.rpartition(".")[2], arguments)
    if name.startswith("dict.") and isinstance(callee.receiver, Dictionary):
        return dictionaries.method(callee.receiver, name[5:], arguments)
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
    if name in variables.READERS:
        return variables.read_environment(name, arguments, anchor)
    if isinstance(callee.receiver, Result) and callee.receiver.of in variables.OBJECTS:
        return variables.read_environment(callee.receiver.of, arguments, anchor)
    return None


def subscript(value: Value, key: Value, anchor: NodeAnchor) -> Value:
    """``value[key]``."""
    if isinstance(value, Symbol) and value.name in ("os.environ", "starlette.config.environ"):
        return variables.environment_value(key, None, anchor)
    if isinstance(value, Result) and value.of in variables.OBJECTS:
        return variables.environment_value(key, None, anchor)
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


# Plain functions


def _str(arguments: Arguments, anchor: NodeAnchor) -> Value:
    return string_methods.as_text(arguments.positional[0]) if len(arguments.positional) == 1 else Unknown("str")


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
    return dictionaries.merged(first, items) if isinstance(first, Dictionary) else copy(items, open=True)


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
        parts.append(strings.quoted(username, "quote", "", by="build"))
        if "password" in arguments.keywords:
            parts += [strings.text_of(":"), strings.quoted(arguments.keywords["password"], "quote", "", by="build")]
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
    url_objects.TRANSFORM: url_objects.transformed,
    "sqlalchemy.make_url": lambda arguments, anchor: url_objects.make_url(arguments.get(0, "name_or_url")),
    "sqlalchemy.URL.create": lambda arguments, anchor: url_objects.created(arguments),
    "sqlalchemy.URL": lambda arguments, anchor: url_objects.created(arguments),
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
