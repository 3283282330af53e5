"""The methods of strings, and what is put into a format."""

from __future__ import annotations

from dbdriver_lint.analysis import strings, url_objects
from dbdriver_lint.analysis.values import (
    Arguments,
    Choice,
    Constant,
    Dictionary,
    EnvVar,
    Items,
    Piece,
    Template,
    Text,
    Unknown,
    Url,
    Value,
    choice,
)
from dbdriver_lint.records import replace as copy


def as_text(value: Value) -> Value:
    """``str(value)`` where it is known: URL objects and settings types become their text."""
    if isinstance(value, Choice):
        return choice([as_text(option) for option in value.options])
    if isinstance(value, Url):
        return url_objects.rendered(value, hide_password=True)
    return value


#: What pydantic's URLs and secrets give their text with.
AS_TEXT = frozenset({"get_secret_value", "unicode_string", "human_repr", "__str__"})


def method(receiver: Value, name: str, arguments: Arguments) -> Value:
    """What a method gives, with constant arguments."""
    first = arguments.get(0, "old")
    second = arguments.get(1, "new")
    if name == "replace" and isinstance(first, Choice) and arguments.positional:
        rest = arguments.positional[1:]
        return choice([method(receiver, name, copy(arguments, positional=(old, *rest))) for old in first.options])
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
