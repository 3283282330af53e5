"""What string operations do to abstract values.

All work on one picture of a string: its known text with :data:`HOLE` for each unknown part. A hole
is taken to hold ordinary text, as a careful reader takes ``{host}``; what a whole variable may hold
is never assumed.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, unquote

from dbdriver_lint.analysis.values import (
    Choice,
    Constant,
    EnvVar,
    Hole,
    Items,
    Literal,
    Piece,
    Result,
    Steps,
    Template,
    Text,
    Unknown,
    Value,
    choice,
    one_way,
    options,
    part_of,
    with_step,
)
from dbdriver_lint.knowledge.urls import HOLE
from dbdriver_lint.records import replace as copy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Pieces = tuple[Piece | Hole, ...]

#: Longer strings are not followed: no URL is that long, and products of strings explode.
MAX_LENGTH = 20_000
#: Nor are strings of more pieces, or cut into more.
MAX_PIECES = 200
MAX_CHOICES = 16


def text_of(text: str, literal: Literal | None = None, steps: Steps = ()) -> Text:
    """A known string."""
    return Text((Piece(text, literal),), steps)


def make(pieces: Iterable[Piece | Hole], steps: Steps = ()) -> Value:
    """A string of pieces: known in full, or a template."""
    kept = tuple(piece for piece in pieces if isinstance(piece, Hole) or piece.text)
    if len(kept) > MAX_PIECES or sum(len(piece.text) for piece in kept if isinstance(piece, Piece)) > MAX_LENGTH:
        return Unknown("string too long", steps)
    known = tuple(piece for piece in kept if isinstance(piece, Piece))
    if len(known) == len(kept):
        return Text(known, steps)
    return Template(kept, steps)


def pieces_of(value: Value) -> Pieces:
    """The pieces of a value inside a larger string; anything that is not text is a hole."""
    if isinstance(value, (Text, Template)):
        return value.pieces
    if isinstance(value, Constant) and not isinstance(value.value, bytes):
        return (Piece(str(value.value)),)
    return (Hole(value),)


def picture(pieces: Sequence[Piece | Hole]) -> str:
    """The known text with a mark for each hole."""
    return "".join(piece.text if isinstance(piece, Piece) else HOLE for piece in pieces)


def cut(pieces: Sequence[Piece | Hole], start: int, end: int) -> list[Piece | Hole]:
    """The pieces between two offsets of the picture, each with its place in the source."""
    result: list[Piece | Hole] = []
    at = 0
    for piece in pieces:
        length = len(piece.text) if isinstance(piece, Piece) else 1
        low, high = max(start, at), min(end, at + length)
        if low < high:
            if isinstance(piece, Piece):
                text = piece.text[low - at : high - at]
                literal = piece.literal
                if literal is not None:
                    literal = copy(literal, skip=literal.skip + low - at)
                result.append(Piece(text, literal))
            else:
                result.append(piece)
        at += length
    return result


def lift(value: Value, operation: Callable[[Value], Value], what: str) -> Value:
    """Apply a string operation to every possibility of ``value``.

    An environment variable stays one, with the operation applied to its default.
    """
    if isinstance(value, Choice):
        results = [lift(option, operation, what) for option in value.options]
        return copy_steps(choice(results[:MAX_CHOICES]), value.steps)
    if isinstance(value, EnvVar):
        default = None if value.default is None else lift(value.default, operation, what)
        in_files = None if value.in_files is None else lift(value.in_files, operation, what)
        return copy(value, default=default, in_files=in_files, rewritten=True)
    if isinstance(value, (Text, Template)):
        return operation(value)
    if isinstance(value, Unknown):
        return value
    return Unknown(what, value.steps)


def defaults(variable: EnvVar) -> list[Value]:
    """What is known of an environment variable's value: its default and what files set, each knowing whose it is."""
    known = [each for each in (variable.default, variable.in_files) if each is not None]
    if not variable.steps:
        return known
    read = copy(variable.steps[-1], variable=variable.name)
    return [with_step(option, read) for each in known for option in options(each)]


def beginning_with(value: EnvVar | Unknown, prefixes: Sequence[str]) -> Value:
    """A value that is not known but for its beginning, which is one of ``prefixes``."""
    known = defaults(value) if isinstance(value, EnvVar) else []
    rest = copy(value, default=None, in_files=None) if isinstance(value, EnvVar) else value
    return choice([*(make([Piece(prefix), Hole(rest)], value.steps) for prefix in prefixes), *known])


def copy_steps(value: Value, steps: Steps) -> Value:
    """``value`` after it came through ``steps`` as well."""
    return copy(value, steps=one_way(value.steps, steps)) if steps else value


def concat(values: Sequence[Value]) -> Value:
    """Several values one after the other in one string.

    Choices are multiplied out, within reason: too many behind a beginning that is known are unknown parts.
    """
    kept = list(values)
    if prod(len(value.options) for value in values if isinstance(value, Choice)) > MAX_CHOICES:
        if isinstance(values[0], Choice):
            return Unknown("too many possibilities", values[0].steps)
        kept = [Unknown("too many possibilities", v.steps) if isinstance(v, Choice) else v for v in values]
    for index, value in enumerate(kept):
        if isinstance(value, Choice):
            results: list[Value] = []
            for option in value.options:
                result = concat([*kept[:index], option, *kept[index + 1 :]])
                results.extend(result.options if isinstance(result, Choice) else [result])
            return copy_steps(choice(results), value.steps)
    pieces: list[Piece | Hole] = []
    for value in kept:
        pieces.extend(pieces_of(value))
    return make(pieces, one_way(*(value.steps for value in kept)))


def replace(value: Value, old: str, new: Value, count: int = -1) -> Value:
    """``value.replace(old, new, count)``. What it does to a ``%`` is remembered of the unknown parts too."""
    replacement = pieces_of(new)
    changed = new.text if isinstance(new, Text) and count < 0 else None
    doubled = {("%", "%%"): True, ("%%", "%"): False}.get((old, changed or ""))

    def operation(text: Value) -> Value:
        pieces = pieces_of(text)
        whole = picture(pieces)
        if whole.count(old) > MAX_PIECES:
            return Unknown("too many replacements", text.steps)
        result: list[Piece | Hole] = []
        at = done = 0
        while old and (count < 0 or done < count):
            found = whole.find(old, at)
            if found < 0:
                break
            result += cut(pieces, at, found)
            result += replacement
            at = found + len(old)
            done += 1
        result += cut(pieces, at, len(whole))
        if doubled is not None:
            result = [copy(piece, doubled=doubled) if isinstance(piece, Hole) else piece for piece in result]
        return make(result, one_way(text.steps, new.steps))

    if not old:
        return Unknown("empty replacement", value.steps)
    replaced = lift(value, operation, "replaced text")
    if doubled is None:
        return replaced
    return choice([copy(o, doubled=doubled) if isinstance(o, EnvVar) else o for o in options(replaced)])


def sliced(value: Value, start: int | None, stop: int | None, step: int | None = None) -> Value:
    """``value[start:stop]``, where no hole stands before or inside the numbers' reach."""

    def operation(text: Value) -> Value:
        pieces = pieces_of(text)
        whole = picture(pieces)
        if step not in (None, 1):
            return Unknown("slice with a step", text.steps)
        hole = whole.find(HOLE)
        if hole >= 0:
            last = whole.rfind(HOLE)
            for bound in (start, stop):
                if bound is not None and (bound > hole or (bound < 0 and len(whole) + bound <= last)):
                    return Unknown("slice of an unknown text", text.steps)
        low, high, _ = slice(start, stop).indices(len(whole))
        return make(cut(pieces, low, high), text.steps)

    return lift(value, operation, "slice")


def split(value: Value, separator: str, maximum: int, *, right: bool = False) -> Value:
    """``value.split(separator, maximum)`` as a list of strings."""

    def operation(text: Value) -> Value:
        pieces = pieces_of(text)
        whole = picture(pieces)
        if whole.count(separator) > MAX_PIECES:
            return Unknown("too many parts", text.steps)
        parts = whole.rsplit(separator, maximum) if right else whole.split(separator, maximum)
        items: list[Value] = []
        at = 0
        for part in parts:
            items.append(make(cut(pieces, at, at + len(part)), text.steps))
            at += len(part) + len(separator)
        return Items(tuple(items), steps=text.steps)

    return _lift_items(value, operation, "split text")


def partition(value: Value, separator: str, *, right: bool = False) -> Value:
    """``value.partition(separator)`` as three strings."""

    def operation(text: Value) -> Value:
        pieces = pieces_of(text)
        whole = picture(pieces)
        at = whole.rfind(separator) if right else whole.find(separator)
        if at < 0:
            empty = text_of("", steps=text.steps)
            return Items((empty, empty, text) if right else (text, empty, empty), steps=text.steps)
        head = make(cut(pieces, 0, at), text.steps)
        tail = make(cut(pieces, at + len(separator), len(whole)), text.steps)
        return Items((head, text_of(separator), tail), steps=text.steps)

    return _lift_items(value, operation, "partitioned text")


def _lift_items(value: Value, operation: Callable[[Value], Value], what: str) -> Value:
    if isinstance(value, EnvVar):
        # the parts of an environment value are unknown; those of its default are one possibility
        known = [each for each in (value.default, value.in_files) if each is not None]
        parts = [_lift_items(each, operation, what) for each in known]
        return choice([*parts, part_of(value)])
    return lift(value, operation, what)


def strip(value: Value, characters: str | None, side: str) -> Value:
    """``value.strip(characters)``; ``side`` is ``strip``, ``lstrip`` or ``rstrip``."""

    def operation(text: Value) -> Value:
        pieces = pieces_of(text)
        whole = picture(pieces)
        kept = getattr(whole, side)(characters)
        start = whole.find(kept) if side != "rstrip" else 0
        return make(cut(pieces, start, start + len(kept)), text.steps)

    return lift(value, operation, "stripped text")


def remove_affix(value: Value, affix: str, *, prefix: bool) -> Value:
    """``value.removeprefix(affix)`` or ``removesuffix``."""

    def operation(text: Value) -> Value:
        pieces = pieces_of(text)
        whole = picture(pieces)
        if prefix and whole.startswith(affix):
            return make(cut(pieces, len(affix), len(whole)), text.steps)
        if not prefix and affix and whole.endswith(affix):
            return make(cut(pieces, 0, len(whole) - len(affix)), text.steps)
        return text

    return lift(value, operation, "shortened text")


def mapped(value: Value, function: Callable[[str], str], what: str) -> Value:
    """A function of the characters (``lower``): only where the text is known in full."""

    def operation(text: Value) -> Value:
        if isinstance(text, Text):
            return text_of(function(text.text), steps=text.steps)
        return Unknown(what, text.steps)

    return lift(value, operation, what)


def quoted(value: Value, function: str, safe: str = "/", *, by: str | None = None) -> Value:
    """``urllib.parse.quote`` and friends: known text is encoded, an unknown one is marked as encoded.

    ``by`` names what calls the function, where the code does not do it itself.
    """
    encode = {"quote": quote, "quote_plus": quote_plus}.get(function)
    if isinstance(value, Text):
        if function.startswith("unquote"):
            return text_of(unquote(value.text), steps=value.steps)
        assert encode is not None
        return text_of(encode(value.text, safe=safe), steps=value.steps)
    if function.startswith("unquote"):
        return Unknown("unquoted text", value.steps)
    return Template((Hole(value, quoted=by or function),))


def starts_with(value: Value, prefixes: Sequence[str]) -> bool | None:
    """Whether a string begins with one of ``prefixes``; None where it cannot be known."""
    if not isinstance(value, (Text, Template)):
        return None
    whole = picture(value.pieces)
    head, hole, _ = whole.partition(HOLE)
    if any(head.startswith(prefix) for prefix in prefixes):
        return True
    if not hole or not any(prefix.startswith(head) for prefix in prefixes):
        return False
    return None


def ends_with(value: Value, suffixes: Sequence[str]) -> bool | None:
    """Whether a string ends with one of ``suffixes``; None where it cannot be known."""
    if not isinstance(value, (Text, Template)):
        return None
    whole = picture(value.pieces)
    _, hole, tail = whole.rpartition(HOLE)
    if any(tail.endswith(suffix) for suffix in suffixes):
        return True
    if not hole or not any(suffix.endswith(tail) for suffix in suffixes):
        return False
    return None


def contains(value: Value, part: str) -> bool | None:
    """Whether ``part`` occurs in a string; None where a hole may hold it."""
    if not isinstance(value, (Text, Template)):
        return None
    whole = picture(value.pieces)
    if part in whole:
        return True
    return None if HOLE in whole else False


def equals(left: Value, right: Value) -> bool | None:
    """Whether two values are equal; None where it cannot be known."""
    for first, second in ((left, right), (right, left)):
        if isinstance(first, Text):
            if isinstance(second, Text):
                return first.text == second.text
            if isinstance(second, Template):
                known = [piece.text for piece in second.pieces if isinstance(piece, Piece)]
                return None if all(text in first.text for text in known) else False
            if isinstance(second, Constant):
                return False
    if isinstance(left, Constant) and isinstance(right, Constant):
        return left.value == right.value
    return None


def truth(value: Value) -> bool | None:
    """Whether a value is true; None where it cannot be known."""
    if isinstance(value, Text):
        return bool(value.text)
    if isinstance(value, Template):
        return True if any(isinstance(piece, Piece) for piece in value.pieces) else None
    if isinstance(value, Constant):
        return bool(value.value)
    if isinstance(value, Items):
        return None if value.open and not value.items else bool(value.items)
    if isinstance(value, Result) and value.of == "re.Match":
        return True
    if isinstance(value, Choice):
        known = {truth(option) for option in value.options}
        return known.pop() if len(known) == 1 else None
    return None
