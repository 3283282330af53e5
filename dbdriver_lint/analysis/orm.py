"""What SQLAlchemy's sessions, factories, engines and connections are, and what they give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis.program import ClassRecord
from dbdriver_lint.analysis.symbols import canonical
from dbdriver_lint.analysis.values import Constant, Object, Result, Symbol, Text, Url, Value, options

if TYPE_CHECKING:
    from collections.abc import Callable

SYNC_ENGINE = "sqlalchemy.Engine"
ASYNC_ENGINE = "sqlalchemy.ext.asyncio.AsyncEngine"
SYNC_CONNECTION = "sqlalchemy.Connection"
ASYNC_CONNECTION = "sqlalchemy.ext.asyncio.AsyncConnection"
SYNC_SESSION = "sqlalchemy.orm.Session"
ASYNC_SESSION = "sqlalchemy.ext.asyncio.AsyncSession"
SYNC_FACTORY = "sqlalchemy.orm.sessionmaker"
ASYNC_FACTORY = "sqlalchemy.ext.asyncio.async_sessionmaker"
SCOPED_SESSION = "sqlalchemy.orm.scoped_session"
ASYNC_SCOPED_SESSION = "sqlalchemy.ext.asyncio.async_scoped_session"
TEXT = "str"

KINDS = frozenset(
    {
        *(SYNC_ENGINE, ASYNC_ENGINE, SYNC_CONNECTION, ASYNC_CONNECTION, SYNC_SESSION, ASYNC_SESSION),
        *(SYNC_FACTORY, ASYNC_FACTORY, SCOPED_SESSION, ASYNC_SCOPED_SESSION),
    }
)

#: What a factory makes where its ``class_`` says nothing else.
_MADE = {SYNC_FACTORY: SYNC_SESSION, ASYNC_FACTORY: ASYNC_SESSION}
_SCOPED = {SCOPED_SESSION: SYNC_SESSION, ASYNC_SCOPED_SESSION: ASYNC_SESSION}


def kind_of(value: Value | None) -> str | None:
    """The class of an object, where every value that it can have (besides None) is of that class."""
    return _agreed(value, _kind)


def class_of(value: Value | None) -> str | None:
    """The session class that an expression names, its own or one that the project derives from it."""
    return _agreed(value, _class)


def made_by(factory: Result) -> str | None:
    """The session class that a factory makes; None where its ``class_`` is not known."""
    if factory.of in _SCOPED:
        return _SCOPED[factory.of]
    if factory.call is not None:
        given = factory.call.keywords.get("class_")
        if given is not None:
            return class_of(given)
        if factory.call.open:
            return None
    return _MADE.get(factory.of)


def factory_result(callee: Symbol) -> Value | None:
    """What calling a session factory, or its ``begin()``, gives; None for other callees."""
    receiver = callee.receiver
    if not isinstance(receiver, Result) or (receiver.of not in _MADE and receiver.of not in _SCOPED):
        return None
    if callee.name not in (f"{receiver.of}.__call__", f"{receiver.of}.begin"):
        return None
    kind = made_by(receiver)
    return None if kind is None else Result(kind, receiver.call)


def _agreed(value: Value | None, classify: Callable[[Value], str | None]) -> str | None:
    if value is None:
        return None
    found = {
        classify(option) for option in options(value) if not (isinstance(option, Constant) and option.value is None)
    }
    return found.pop() if len(found) == 1 else None


def _kind(value: Value) -> str | None:
    if isinstance(value, Result):
        return value.of if value.of in KINDS else None
    return TEXT if isinstance(value, (Text, Url)) else None


def _class(value: Value) -> str | None:
    names: set[str] = set()
    if isinstance(value, Symbol):
        names = {canonical(value.name)}
    elif isinstance(value, Object) and isinstance(value.definition, ClassRecord):
        from dbdriver_lint.analysis.fields import base_symbols

        names = base_symbols(value.definition)
    known = names & {SYNC_SESSION, ASYNC_SESSION}
    return known.pop() if len(known) == 1 else None
