"""``dataclass`` and ``NamedTuple`` as this package uses them, without what the library's costs when a program starts.

``dataclasses`` imports ``inspect`` and compiles up to seven methods for each class, whether or not anyone calls them:
for a hundred and fifty classes a fifth of the time that one file takes. Here the classes share their methods, and a
constructor is compiled when the first object is made. A type checker sees the library's own. Whoever needs more, such
as ``compare=False`` or no slots, takes the library's.
"""

from __future__ import annotations

from collections import namedtuple
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["MISSING", "Field", "NamedTuple", "dataclass", "field", "fields", "replace"]

T = TypeVar("T")

MISSING: Any = object()
"""A field without default."""


class _Field:
    """One of the values: its default, or what makes one, and what else is said of it."""

    __slots__ = ("default", "default_factory", "metadata", "name", "type")

    def __init__(self, default: Any, default_factory: Any, metadata: Mapping[str, Any] | None) -> None:
        self.name = ""
        self.type = ""
        self.default = default
        self.default_factory = default_factory
        self.metadata = metadata or {}


def _field(*, default: Any = MISSING, default_factory: Any = MISSING, metadata: Mapping[str, Any] | None = None) -> Any:
    return _Field(default, default_factory, metadata)


def _fields(record: Any) -> tuple[_Field, ...]:
    return tuple(record.__record_fields__)


def _replace(record: T, /, **changes: Any) -> T:
    kind: Any = type(record)
    kept = dict(zip(kind.__match_args__, kind.__record_values__(record), strict=True))
    return kind(**{**kept, **changes})  # type: ignore[no-any-return]


def _dataclass(
    *, slots: bool, frozen: bool = False, eq: bool = True, order: bool = False
) -> Callable[[type[T]], type[T]]:
    assert slots, "all of them have slots"

    def make(cls: type[T]) -> type[T]:
        space: dict[str, Any] = dict(vars(cls))
        space.pop("__dict__", None)
        space.pop("__weakref__", None)
        own = [_taken(space, *item) for item in cls.__annotations__.items() if "ClassVar" not in item[1]]
        found = (*getattr(cls, "__record_fields__", ()), *own)
        names = tuple(field.name for field in found)
        key = _values(names)
        if eq:
            _add(space, __eq__=_equal(key))
            if space.get("__hash__") is None:
                space["__hash__"] = _hash(key) if frozen else None
        if order:
            space |= {"__lt__": _less(key), "__le__": _at_most(key)}
        if frozen:
            space |= {"__setattr__": _refuse, "__delattr__": _refuse}
        _add(space, __repr__=_repr, __reduce__=_reduce)

        def first(self: T, *arguments: Any, **keywords: Any) -> None:
            made.__init__ = _constructor(made, found, frozen)
            made.__init__(self, *arguments, **keywords)

        space["__slots__"] = tuple(field.name for field in own)
        space |= {"__match_args__": names, "__record_fields__": found, "__init__": first}
        space["__record_values__"] = staticmethod(key)
        made: Any = type(cls.__name__, cls.__bases__, space)
        made.__qualname__ = cls.__qualname__
        return made  # type: ignore[no-any-return]

    return make


def _values(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """The function that gives all values of a record."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


def _add(space: dict[str, Any], **methods: Any) -> None:
    """What the class does not define itself."""
    for name, method in methods.items():
        space.setdefault(name, method)


def _taken(space: dict[str, Any], name: str, annotation: str) -> _Field:
    """The field of an annotated name; a class with slots holds no defaults."""
    default = space.pop(name, MISSING)
    field = default if isinstance(default, _Field) else _Field(default, MISSING, None)
    field.name, field.type = name, annotation
    return field


def _constructor(cls: type, found: tuple[_Field, ...], frozen: bool) -> Any:
    """``__init__``, with a parameter for each field."""
    names: dict[str, Any] = {"MISSING": MISSING}
    parameters, body = ["self"], []
    for field in found:
        name = value = field.name
        if field.default_factory is not MISSING:
            names[f"_make_{name}"] = field.default_factory
            parameters.append(f"{name}=MISSING")
            value = f"_make_{name}() if {name} is MISSING else {name}"
        elif field.default is not MISSING:
            names[f"_default_{name}"] = field.default
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        if frozen:
            names[f"_set_{name}"] = getattr(cls, name).__set__
            body.append(f"_set_{name}(self, {value})")
        else:
            body.append(f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    lines = "\n ".join(body or ["pass"])
    exec(f"def __init__({', '.join(parameters)}):\n {lines}", names)  # noqa: S102  as the library does
    return names["__init__"]


# The methods, shared or made of a function that gives all values


def _repr(self: Any) -> str:
    values = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in _fields(self))
    return f"{type(self).__qualname__}({values})"


def _reduce(self: Any) -> tuple[type, tuple[Any, ...]]:
    return type(self), self.__record_values__(self)


def _refuse(self: Any, name: str, *_: Any) -> None:
    raise AttributeError(f"`{name}` of a frozen {type(self).__qualname__} stays as it is")


def _equal(key: Callable[[Any], Any]) -> Any:
    return lambda self, other: key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented


def _less(key: Callable[[Any], Any]) -> Any:
    return lambda self, other: key(self) < key(other) if other.__class__ is self.__class__ else NotImplemented


def _at_most(key: Callable[[Any], Any]) -> Any:
    return lambda self, other: key(self) <= key(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(key: Callable[[Any], Any]) -> Any:
    return lambda self: hash(key(self))


class _Naming(type):
    """Makes a named tuple of a class as ``typing`` does, which looks at each annotation: for that Python 3.14 imports ``ast``."""

    def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> Any:
        if not bases:
            return super().__new__(cls, name, bases, space)
        names = list(space["__annotations__"])
        defaults = [space.pop(field) for field in names if field in space]
        plain = namedtuple(name, names, defaults=defaults, module=space["__module__"])  # type: ignore[misc]
        return type(name, (plain,), {**space, "__slots__": ()})


class _NamedTuple(metaclass=_Naming):
    """The base of all of them."""


if TYPE_CHECKING:
    from dataclasses import Field, dataclass, field, fields, replace
    from typing import NamedTuple
else:
    Field, dataclass, field, fields, replace = _Field, _dataclass, _field, _fields, _replace
    NamedTuple = _NamedTuple
