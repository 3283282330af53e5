"""Abstract values: what an expression can be when the program runs, and how it got there.

A value is immutable. ``steps`` is the chain of places that it came through, oldest first; findings
show it as related locations. A value that cannot be known is :class:`Unknown`, with the reason;
no rule may treat it as evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from typing import Literal as OneOf

from dbdriver_lint.records import NamedTuple, dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dbdriver_lint.source.anchors import Anchor as Anchor
    from dbdriver_lint.source.text import Position


class Place(Protocol):
    """Somewhere in a file: a syntax node's anchor, or a line of an env or ini file."""

    @property
    def path(self) -> str: ...
    @property
    def start(self) -> Position: ...
    @property
    def end(self) -> Position: ...


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A place in a file that is not Python, or that is known only by its line."""

    path: str
    start: Position
    end: Position


@dataclass(frozen=True, slots=True)
class Step:
    """One place that a value came through; ``message`` says what happened there."""

    message: str
    place: Place
    variable: str | None = None
    """The environment variable whose default, or whose value in a file, the value is since then."""
    read: str | None = None
    """The environment variable that is read there."""


Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """The part of a source literal that a piece of text was written as.

    ``skip`` is how many characters after the start of ``anchor`` the piece's first character stands.
    A literal with escapes, or a piece that was computed, has none, and cannot be edited in place.
    """

    anchor: Anchor
    skip: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Known text inside a string value."""

    text: str
    literal: Literal | None = None


@dataclass(frozen=True, slots=True)
class Hole:
    """An unknown part of a string value: what fills it, and whether it was percent-encoded.

    ``quoted`` names the function that escaped it (``quote``, ``render_as_string``), None if none did.
    """

    value: Value
    quoted: str | None = None
    anchor: Anchor | None = None
    doubled: bool = False
    """Each ``%`` in it was doubled, as configparser wants it."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string that is known in full."""

    pieces: tuple[Piece, ...]
    steps: Steps = ()

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Template:
    """A string of known pieces and holes, as an f-string gives."""

    pieces: tuple[Piece | Hole, ...]
    steps: Steps = ()


@dataclass(frozen=True, slots=True)
class Constant:
    """None, a bool, a number or bytes."""

    value: bool | int | float | bytes | None
    steps: Steps = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values; which one depends on what cannot be known here."""

    options: tuple[Value, ...]
    steps: Steps = ()


@dataclass(frozen=True, slots=True)
class EnvVar:
    """The value of an environment variable or settings field, unknown until run time.

    ``default`` is what is used where it is unset (None: nothing, it is required or it is None).
    """

    name: str
    default: Value | None = None
    steps: Steps = ()
    in_files: Value | None = None
    """What the project's ``.env`` and compose files set it to, after whatever changed it since."""
    checked: bool = False
    """The code compared it or matched it against something on the way (presence alone is no check)."""
    field: bool = False
    """A field of a settings class, which its library reads and may validate."""
    rewritten: bool = False
    """A string method or function changed it; ``default`` is the default after that change."""
    doubled: bool = False
    """Each ``%`` in it was doubled, as configparser wants it."""


@dataclass(frozen=True, slots=True)
class Url:
    """A ``sqlalchemy.engine.URL`` object, by its parts. A part that is absent is ``Constant(None)``."""

    drivername: Value
    username: Value
    password: Value
    host: Value
    port: Value
    database: Value
    query: Value
    steps: Steps = ()
    text: Value | None = None
    """The string that it was parsed from, where it was parsed and not changed since."""


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A dictionary. ``open`` says that it may have further keys that are not known."""

    items: Mapping[str, Value]
    open: bool = False
    anchor: Anchor | None = None
    steps: Steps = ()
    key_anchors: Mapping[str, Anchor] = field(default_factory=dict)
    entry_anchors: Mapping[str, Anchor] = field(default_factory=dict)
    """The whole ``key: value`` element, where the dictionary was written as a display."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list or tuple. ``open`` says that there may be further items."""

    items: tuple[Value, ...]
    open: bool = False
    steps: Steps = ()


@dataclass(frozen=True, slots=True)
class Symbol:
    """Something defined outside the project, by its canonical dotted name (``sqlalchemy.create_engine``)."""

    name: str
    steps: Steps = ()
    receiver: Value | None = None
    """The object whose attribute this is: the engine of ``engine.connect``."""


@dataclass(frozen=True, slots=True)
class Result:
    """What calling a symbol gave, where the analysis knows no more: ``Result("sqlalchemy.MetaData")``."""

    of: str
    call: CallRecord | None = None
    """The call, where it was seen; None where only an annotation says so."""
    steps: Steps = ()


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


@dataclass(frozen=True, slots=True, eq=False)
class CallRecord:
    """A call of a symbol with the values of its arguments, as the interpreter met it.

    ``function`` is empty where nothing is known of what is called.
    """

    function: str
    positional: tuple[Value, ...]
    keywords: Mapping[str, Value]
    open: bool
    """Unpacked arguments that are not known may be there too."""
    anchor: Anchor
    receiver: Value | None = None
    """The object whose method is called."""


@dataclass(frozen=True, slots=True)
class Object:
    """Something defined in the project: a function, class, instance or module.

    ``definition`` is the analysis's own record of it; rules do not look inside.
    """

    kind: str
    """``function``, ``class``, ``instance``, ``module`` or ``method``."""
    name: str
    definition: object
    steps: Steps = ()


class Origin(NamedTuple):
    """Where something unknown comes from.

    A ``variable`` is one of the environment (``environment``: or a default that is known), a ``part`` was cut
    out of one; ``masked`` is a URL object's text without its password; ``computed`` is all that is not
    followed. The others come in as they are.
    """

    kind: OneOf["parameter", "attribute", "field", "key", "variable", "environment", "part", "masked", "computed"]
    name: str = ""
    """Of the parameter, attribute …; of the variable, where it is not computed."""


COMPUTED = Origin("computed")


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not known, and why: ``parameter``, ``unresolved name``, ``too deep`` …

    The reason is for people; what rules may go by is the origin.
    """

    reason: str
    steps: Steps = ()
    origin: Origin = COMPUTED


Value = Text | Template | Constant | Choice | EnvVar | Url | Dictionary | Items | Symbol | Result | Object | Unknown

NONE = Constant(None)


def brought(kind: OneOf["parameter", "field", "key"], name: str) -> Unknown:
    """What somebody else gives: the value of a parameter, of a field, under a key."""
    return Unknown(f"{kind} {name}", origin=Origin(kind, name))


def unknown_attribute(name: str, *, of: str = "", steps: Steps = ()) -> Unknown:
    """An attribute of which nothing is known, of a class or object ``of`` that is."""
    return Unknown(f"attribute {name} of {of}" if of else f"attribute {name}", steps, Origin("attribute", name))


def part_of(variable: EnvVar) -> Unknown:
    """A text of which only the variable is known that it was cut out of."""
    return Unknown(f"part of environment variable {variable.name}", variable.steps, Origin("part", variable.name))


def masked_text(steps: Steps) -> Unknown:
    """A text of which only that is known: ``str(make_url(os.environ["DATABASE_URL"]))``."""
    return Unknown("URL object as text with its password masked", steps, Origin("masked"))


def variable_text(name: str) -> Unknown:
    """What the environment gives at run time."""
    return Unknown(f"environment variable {name}", origin=Origin("variable", name))


def with_step(value: Value, step: Step) -> Value:
    """``value`` after it has come through one more place; a place is listed once."""
    if (value.steps and value.steps[-1].place == step.place) or len(value.steps) >= MAX_WAY:
        return value
    return replace(value, steps=(*value.steps, step))


#: Of a longer way only the beginning is told.
MAX_WAY = 40


def one_way(*ways: Steps) -> Steps:
    """The places of several ways, each once."""
    known = [way for way in ways if way]
    if len(known) < 2:
        return known[0] if known else ()
    return tuple(dict.fromkeys(step for way in known for step in way))[:MAX_WAY]


#: What a URL, or a part of one, can be.
TEXTUAL = (Text, Template, EnvVar, Url, Choice)


def options(value: Value) -> Iterator[Value]:
    """The possible values of ``value``, flattened, the choices' steps kept."""
    if isinstance(value, Choice):
        for option in value.options:
            for inner in options(option):
                yield replace(inner, steps=one_way(inner.steps, value.steps)) if value.steps else inner
    else:
        yield value


#: Larger collections are data. Each part of a part counts, wherever else it is a part too.
MAX_SIZE = 10_000


def is_too_large(value: Value) -> bool:
    """Whether a value has more parts, with those inside of them, than are followed."""
    size = 0
    stack: list[Value | None] = [value]
    while stack and size <= MAX_SIZE:
        size += 1
        inner = stack.pop()
        if isinstance(inner, Dictionary):
            stack += inner.items.values()
        elif isinstance(inner, Items):
            stack += inner.items
        elif isinstance(inner, Choice):
            stack += inner.options
        elif isinstance(inner, Template):
            stack += [piece.value for piece in inner.pieces if isinstance(piece, Hole)]
        elif isinstance(inner, EnvVar):
            stack += (inner.default, inner.in_files)
        elif isinstance(inner, Url):
            stack += (inner.drivername, inner.username, inner.password, inner.host, inner.port, inner.database)
            stack += (inner.query, inner.text)
    return size > MAX_SIZE


#: More possibilities than this are no knowledge.
MAX_OPTIONS = 24


def choice(values: list[Value]) -> Value:
    """The join of several possible values: equal ones once, a single one as itself."""
    flat: list[Value] = []
    for value in values:
        for option in options(value):
            if option not in flat:
                flat.append(option)
        if len(flat) > MAX_OPTIONS:
            break
    if len(flat) > MAX_OPTIONS:
        return Unknown("too many possibilities")
    if not flat:
        return Unknown("no value")
    if len(flat) == 1:
        return flat[0]
    return Choice(tuple(flat))
