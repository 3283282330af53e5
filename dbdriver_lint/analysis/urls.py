"""From values to the database URLs that they can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis import strings, url_objects
from dbdriver_lint.analysis.facts import PossibleUrl, UrlSet
from dbdriver_lint.analysis.values import (
    Choice,
    Constant,
    Dictionary,
    EnvVar,
    FilePlace,
    Hole,
    Object,
    Piece,
    Result,
    Steps,
    Symbol,
    Template,
    Text,
    Unknown,
    Url,
    Value,
    one_way,
    options,
    variable_text,
)
from dbdriver_lint.knowledge.urls import UrlError, parse_url

if TYPE_CHECKING:
    from dbdriver_lint.source.anchors import Anchor


#: What the documentation of SQLAlchemy and the templates of Alembic write for a scheme.
_PLACEHOLDERS = frozenset({"dialect", "driver", "dialect+driver"})


def urls_of(value: Value | None) -> UrlSet:
    """Every URL that ``value`` can be, and whether that is all it can be."""
    if value is None:
        return UrlSet((), complete=False, unknown=(Unknown("no URL argument"),))
    found: list[PossibleUrl] = []
    unknown: list[Unknown] = []
    _collect(value, (), None, found, unknown)
    return UrlSet(tuple(found), complete=bool(found) and not unknown, unknown=tuple(unknown))


def _collect(
    value: Value, steps: Steps, default_of: str | None, found: list[PossibleUrl], unknown: list[Unknown]
) -> None:
    for option in options(value):
        way = one_way(option.steps, steps)
        if isinstance(option, EnvVar):
            unknown.append(variable_text(option.name))
            if option.default is not None:
                _collect(option.default, way, option.name, found, unknown)
            if option.in_files is not None:
                _collect(option.in_files, way, option.name, found, [])
        elif isinstance(option, Url):
            text = url_objects.rendered(option, hide_password=False)
            if isinstance(text, (Text, Template, Choice, EnvVar)):
                _collect(text, way, default_of, found, unknown)
            else:
                unknown.append(Unknown("URL object with an unknown driver name"))
        elif isinstance(option, (Text, Template)):
            possible = possible_url(option, way, default_of)
            if possible is None:
                unknown.append(Unknown("text that is no URL"))
            elif possible.url.drivername.known and possible.url.drivername.text in _PLACEHOLDERS:
                unknown.append(Unknown("placeholder"))
            elif possible.url.drivername.known:
                found.append(possible)
            elif (by_default := _with_default_scheme(option)) is not None:
                variable, filled = by_default
                unknown.append(variable_text(variable.name))
                _collect(filled, one_way(way, filled.steps), default_of or variable.name, found, unknown)
            else:
                unknown.append(_scheme(option))
                found.append(possible)
        else:
            unknown.append(option if isinstance(option, Unknown) else Unknown(_no_text(option)))


def _no_text(value: Value) -> str:
    """What a value is that is no string, in words."""
    if isinstance(value, Symbol):
        return f"{value.name} from outside of the project"
    if isinstance(value, Result):
        return f"result of {value.of}()"
    if isinstance(value, Constant):
        return "bytes" if isinstance(value.value, bytes) else str(value.value)
    if isinstance(value, Object):
        return f"{value.kind} {value.name}"
    return "a dictionary" if isinstance(value, Dictionary) else "a list"


def _with_default_scheme(value: Text | Template) -> tuple[EnvVar, Template] | None:
    """``f"{dialect}+{driver}://…"`` with the defaults of these variables, and the first of them; None where one has none."""
    pieces: list[Piece | Hole] = []
    steps: Steps = ()
    first: EnvVar | None = None
    for index, piece in enumerate(value.pieces):
        if isinstance(piece, Piece):
            pieces.append(piece)
            if "://" in piece.text:
                return None if first is None else (first, Template((*pieces, *value.pieces[index + 1 :]), steps))
            continue
        variable = piece.value
        default: Value | None = variable
        while isinstance(default, EnvVar):
            default = default.default  # a settings field whose default is read from the environment
        if not isinstance(variable, EnvVar) or not isinstance(default, Text):
            return None
        first = first or variable
        pieces.append(Piece(default.text))
        steps = one_way(steps, default.steps)
        if "://" in default.text:
            return first, Template((*pieces, *value.pieces[index + 1 :]), steps)
    return None


def _scheme(value: Text | Template) -> Unknown:
    """Why the scheme of a URL is not known."""
    first = value.pieces[0] if value.pieces else None
    # `f"{url}?ssl=require"`, not `f"{dialect}://{host}"`: the code knows which dialects it is for
    whole = "://" not in strings.picture(value.pieces)
    if whole and isinstance(first, Hole) and isinstance(first.value, EnvVar):
        return variable_text(first.value.name)
    return Unknown("URL with an unknown scheme")


def possible_url(value: Text | Template, steps: Steps = (), default_of: str | None = None) -> PossibleUrl | None:
    """A string as a URL; None where SQLAlchemy would not take it for one."""
    text = strings.picture(value.pieces)
    try:
        url = parse_url(text)
    except UrlError:
        return None
    spans: list[tuple[int, int, Anchor, int]] = []
    at = 0
    for piece in value.pieces:
        if isinstance(piece, Hole):
            at += 1
            continue
        if piece.literal is not None:
            spans.append((at, at + len(piece.text), piece.literal.anchor, piece.literal.skip))
        at += len(piece.text)
    way = steps or value.steps
    default_of = default_of or next((step.variable for step in way if step.variable is not None), None)
    file = next((step.place.path for step in way if isinstance(step.place, FilePlace)), None)
    return PossibleUrl(url, value, way, default_of, tuple(spans), file)
