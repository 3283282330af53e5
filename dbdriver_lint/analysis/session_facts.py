"""Facts about what is done with engines, connections and sessions once they are made.

Classes are given by their canonical names, see :mod:`dbdriver_lint.analysis.orm`; None where nothing
is known.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from dbdriver_lint.records import dataclass

if TYPE_CHECKING:
    from dbdriver_lint.analysis.facts import Argument, Location
    from dbdriver_lint.analysis.values import Anchor


@dataclass(frozen=True, slots=True)
class SessionCall:
    """A session or session factory is made, or a factory configured."""

    function: str
    """Canonical: ``sqlalchemy.orm.sessionmaker``, ``sqlalchemy.ext.asyncio.AsyncSession`` …"""
    anchor: Anchor
    callee: Anchor
    bind: Argument | None
    bind_class: str | None
    """Engine, connection, or ``str`` for a URL."""
    class_argument: Argument | None
    session_class: str | None
    """What is made, or what the factory makes."""
    location: Location
    awaits: bool = False
    """The session stands in ``async with`` or in a coroutine."""


@dataclass(frozen=True, slots=True)
class WithUse:
    """An item of a ``with`` or ``async with`` that is a connection, a transaction or a session."""

    is_async: bool
    anchor: Anchor
    """The expression."""
    keyword: Anchor | None
    """``async``, for an ``async with`` with this one item."""
    header: Anchor
    """The whole ``with`` statement."""
    object_class: str
    """What is entered."""
    made_from: str | None
    """What ``connect()``, ``begin()`` or the call was made on."""
    method: str
    single: bool
    """It is the only item of the statement."""
    location: Location


class Consumer(enum.StrEnum):
    """What takes a synchronous engine or connection only."""

    METADATA = "metadata"
    """``metadata.create_all(engine)``, ``drop_all``, ``reflect``."""
    INSPECT = "inspect"
    PANDAS = "pandas"
    TABLE = "table"
    """``Table(..., autoload_with=engine)``."""
    WRAP = "wrap"
    """``AsyncEngine(engine)``."""
    MISSING = "missing"
    """A method that the asynchronous class does not have."""


@dataclass(frozen=True, slots=True)
class ConsumerCall:
    """A call that an asynchronous object is handed to, or a method that it does not have."""

    consumer: Consumer
    function: str
    """As written, without arguments: ``Base.metadata.create_all``."""
    anchor: Anchor
    callee: Anchor
    given: Anchor
    """The asynchronous object."""
    given_class: str
    others: bool
    """There are further arguments."""
    statement: bool
    """The call is a statement of its own."""
    awaited: bool
    location: Location


@dataclass(frozen=True, slots=True)
class ListenerCall:
    """``event.listen(target, "connect", f)`` or ``@event.listens_for(target, "connect")``."""

    anchor: Anchor
    target: Anchor
    target_class: str | None
    is_class: bool
    """The target is the class itself, not an object of it."""
    event: str | None
    listener: str | None
    """The function's name, where it is in this file."""
    asynchronous: Anchor | None
    """The ``async`` keyword of the listener."""
    has_awaits: bool
    dead_test: Anchor | None
    """``isinstance(connection, sqlite3.Connection)`` in a listener of an async engine: never true."""


@dataclass(frozen=True, slots=True)
class SessionUse:
    """A coroutine that talks to the database through a synchronous session."""

    function: str
    session: str
    """The name of the session."""
    anchor: Anchor
    """Its first use."""
    method: str
    count: int
    location: Location


@dataclass(frozen=True, slots=True)
class UnawaitedCall:
    """A statement that calls a coroutine method of an async engine, connection or session, and drops it."""

    object_class: str
    method: str
    anchor: Anchor
    location: Location
