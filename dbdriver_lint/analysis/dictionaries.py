"""Dictionaries: what is added to them, and what their methods give."""

from __future__ import annotations

from dbdriver_lint.analysis.values import (
    NONE,
    Arguments,
    Dictionary,
    Items,
    Text,
    Unknown,
    Value,
    brought,
    choice,
)
from dbdriver_lint.records import replace as copy


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


def method(receiver: Dictionary, name: str, arguments: Arguments) -> Value:
    """What a method gives."""
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
