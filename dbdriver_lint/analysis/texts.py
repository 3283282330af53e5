"""What the standard library does to a URL as text: ``urllib.parse`` and ``re.sub``."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis import strings
from dbdriver_lint.analysis.values import (
    Arguments,
    CallRecord,
    Choice,
    Constant,
    Items,
    Result,
    Template,
    Text,
    Unknown,
    Value,
    choice,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.source.anchors import Anchor

PARSED = "urllib.parse.ParseResult"
COMPILED = "re.compile"
MATCH = "re.Match"
_PARTS = ("scheme", "netloc", "path", "params", "query", "fragment")
#: A pattern with more than this many optional parts is not taken apart.
_MAX_OPTIONAL = 3
_MAX_PATTERN = 200


def parsed(arguments: Arguments, anchor: Anchor) -> Value:
    """``urlparse(text)`` or ``urlsplit(text)``; its parts are found when they are asked for."""
    text = arguments.get(0, "url")
    return Unknown("URL") if text is None else _result({"url": text}, anchor)


def _result(keywords: dict[str, Value], anchor: Anchor) -> Result:
    return Result(PARSED, CallRecord(PARSED, (), keywords, False, anchor))


def part(result: Result, name: str) -> Value | None:
    """An attribute of a parsed URL; None for a method."""
    if name not in _PARTS:
        return None if name in ("_replace", "geturl") else Unknown(f"{name} of a URL")
    assert result.call is not None
    replaced = result.call.keywords.get(name)
    return replaced if replaced is not None else _cut(result.call.keywords["url"], name)


def _cut(value: Value, name: str) -> Value:
    """A part of a URL's text, holes kept."""
    if isinstance(value, Choice):
        return choice([_cut(option, name) for option in value.options])
    if not isinstance(value, (Text, Template)):
        return strings.lift(value, lambda text: _cut(text, name), f"{name} of a URL")
    pieces = strings.pieces_of(value)
    whole = strings.picture(pieces)
    match = re.fullmatch(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", whole, re.DOTALL)
    index = {"scheme": 1, "netloc": 2, "path": 3, "query": 4, "fragment": 5}.get(name)
    if match is None or index is None or match.group(index) is None:
        return strings.text_of("", steps=value.steps)
    return strings.make(strings.cut(pieces, *match.span(index)), value.steps)


def method(result: Result, name: str, arguments: Arguments, anchor: Anchor) -> Value:
    """``parsed._replace(scheme=…)`` and ``parsed.geturl()``."""
    assert result.call is not None
    if name == "_replace" and not arguments.open:
        return _result({**result.call.keywords, **arguments.keywords}, anchor)
    if name == "geturl":
        return _joined([part(result, each) or Unknown(each) for each in _PARTS])
    return Unknown(f"{name} of a URL")


def unparsed(arguments: Arguments, anchor: Anchor) -> Value:
    """``urlunparse(parts)`` or ``urlunsplit(parts)``."""
    parts = arguments.get(0, "components")
    if isinstance(parts, Result) and parts.of == PARSED:
        return method(parts, "geturl", arguments, anchor)
    if isinstance(parts, Items) and not parts.open and len(parts.items) in (5, 6):
        items = list(parts.items)
        if len(items) == 5:
            items.insert(3, strings.text_of(""))
        return _joined(items)
    return Unknown("joined URL")


def _joined(parts: list[Value]) -> Value:
    scheme, netloc, path, _, query, fragment = parts
    pieces = [scheme, strings.text_of("://"), netloc, path]
    for separator, each in (("?", query), ("#", fragment)):
        if not (isinstance(each, Text) and not each.text) and not (isinstance(each, Constant) and not each.value):
            pieces += [strings.text_of(separator), each]
    return strings.concat(pieces)


def substituted(arguments: Arguments, _anchor: Anchor) -> Value:
    """``re.sub(pattern, replacement, text)``; in a text with holes the pattern must stand for a few fixed words."""
    pattern, replacement = _pattern(arguments.get(0, "pattern")), arguments.get(1, "repl")
    text, count = arguments.get(2, "string"), arguments.get(3, "count")
    if text is None:
        return Unknown("substituted text")
    if pattern is None or not isinstance(replacement, Text):
        return strings.lift(text, lambda value: Unknown("substituted text", value.steps), "substituted text")
    limit = count.value if isinstance(count, Constant) and isinstance(count.value, int) else 0
    words = list(_words(pattern)) if "\\" not in replacement.text else []

    def operation(value: Value) -> Value:
        if words:
            return _replaced(value, words, pattern.startswith("^"), replacement, limit)
        if isinstance(value, Text) and _is_harmless(pattern):
            with contextlib.suppress(re.error, IndexError):
                return strings.text_of(re.sub(pattern, replacement.text, value.text, count=limit), steps=value.steps)
        return Unknown("substituted text", value.steps)

    return strings.lift(text, operation, "substituted text")


def _replaced(value: Value, words: list[str], anchored: bool, replacement: Text, limit: int) -> Value:
    for word in words:
        if anchored and strings.starts_with(value, [word]) is not True:
            continue
        if not anchored and strings.contains(value, word) is not True:
            continue
        return strings.replace(value, word, replacement, 1 if anchored else limit or -1)
    return value


def matched(arguments: Arguments, _anchor: Anchor, function: str = "match") -> Value:
    """``re.match(pattern, text)`` and the like: None, or a match, where the text is known in full."""
    pattern, text = _pattern(arguments.get(0, "pattern")), arguments.get(1, "string")
    if pattern is not None and isinstance(text, Text) and _is_harmless(pattern):
        with contextlib.suppress(re.error):
            found = getattr(re, function)(pattern, text.text)
            return Constant(None) if found is None else Result(MATCH)
    return Unknown(f"{function} of a pattern")


def _pattern(value: Value | None) -> str | None:
    """The text of a pattern, compiled or not; None where it is not known or has flags."""
    if isinstance(value, Result) and value.of == COMPILED and value.call is not None and not value.call.keywords:
        value = value.call.positional[0] if len(value.call.positional) == 1 else None
    return value.text if isinstance(value, Text) else None


def _is_harmless(pattern: str) -> bool:
    """Whether a pattern is quick on any text: no repeated groups, few repetitions."""
    return (
        len(pattern) <= _MAX_PATTERN and not re.search(r"\)[*+{]", pattern) and len(re.findall(r"[*+{]", pattern)) <= 3
    )


def _words(pattern: str) -> Iterator[str]:
    """The words that a simple pattern stands for, longest first; none for another pattern."""
    pattern = pattern.removeprefix("^")
    optional = re.compile(r"\((?:\?:)?([\w+:/]+)\)\?|(\w)\?")
    if len(optional.findall(pattern)) > _MAX_OPTIONAL:
        return
    match = optional.search(pattern)
    if match is not None:
        inner = match.group(1) or match.group(2)
        for each in (inner, ""):
            yield from _words(pattern[: match.start()] + each + pattern[match.end() :])
        return
    word = re.sub(r"\\([^\w])", r"\1", pattern)
    if re.fullmatch(r"(?:[\w:/@-]|\\[^\w])+", pattern):
        yield word
