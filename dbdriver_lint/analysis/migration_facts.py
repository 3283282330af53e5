"""Facts about Alembic: commands, the options they are given, and what an ``env.py`` does."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from dbdriver_lint.records import dataclass

if TYPE_CHECKING:
    from dbdriver_lint.analysis.facts import Argument, Location, UrlSet
    from dbdriver_lint.analysis.values import Anchor, Value


@dataclass(frozen=True, slots=True)
class ConfigOption:
    """``config.set_main_option("sqlalchemy.url", value)`` or ``set_section_option``."""

    function: str
    name: str
    """The option: ``sqlalchemy.url``."""
    anchor: Anchor
    value: Argument
    location: Location
    urls: UrlSet

    @property
    def is_url(self) -> bool:
        """Whether it is the URL itself, not something that ``alembic.ini`` may make a part of it."""
        return "url" in self.name.rpartition(".")[2].lower()


@dataclass(frozen=True, slots=True)
class CommandCall:
    """A call in a coroutine that runs an ``alembic.command``, which runs ``env.py``, in the coroutine's own thread."""

    command: str
    """``upgrade``, ``stamp`` …"""
    anchor: Anchor
    callee: Anchor
    location: Location
    awaited: Anchor | None
    """The ``await`` expression around it."""
    via: tuple[str, ...] = ()
    """The project's functions on the way to the command, outermost first."""


class LostKind(enum.StrEnum):
    """How a migration's coroutine comes to nothing."""

    DROPPED = "dropped"
    """It is called and the coroutine thrown away."""
    TASK = "task"
    """It becomes a task that nobody waits for."""
    OWN_LOOP = "own loop"
    """``run_coroutine_threadsafe`` on the loop of this very thread."""
    RUN_SYNC = "run_sync"
    """``connection.run_sync(f)`` where ``f`` is a coroutine function."""
    NO_LOOP = "no loop"
    """``asyncio.get_event_loop().run_until_complete(…)``, which makes no loop from Python 3.14 on."""


@dataclass(frozen=True, slots=True)
class LostCoroutine:
    """A place in ``env.py`` where the coroutine that migrates is made and not run to its end."""

    kind: LostKind
    name: str
    """The coroutine function as written."""
    anchor: Anchor
    coroutine: Anchor
    """The call that makes the coroutine; for ``RUN_SYNC`` the function's name."""
    location: Location
    asynchronous: Anchor | None = None
    """The ``async`` keyword of the function, where taking it away is all that is needed."""


class AsyncSyntaxKind(enum.StrEnum):
    """What makes an ``env.py`` asynchronous, piece by piece."""

    KEYWORD = "keyword"
    """``async`` before ``def`` or ``with``."""
    RUN_SYNC = "run_sync"
    """``await connection.run_sync(f, …)``."""
    AWAIT = "await"
    """Any other ``await``."""
    RUN = "run"
    """``asyncio.run(…)``."""


@dataclass(frozen=True, slots=True)
class AsyncSyntax:
    """One piece of asynchronous syntax, and what is inside of it."""

    kind: AsyncSyntaxKind
    anchor: Anchor
    inner: Anchor | None = None
    """What is awaited or run; the arguments' function for ``RUN_SYNC``."""
    name: str = ""
    """The method or function that is awaited, as written."""
    receiver: str = ""
    """The connection of ``RUN_SYNC``."""
    arguments: tuple[Anchor, ...] = ()
    """Further arguments of ``RUN_SYNC``."""


class Loop(enum.StrEnum):
    """Whether an ``env.py`` starts an event loop of its own."""

    NEVER = "never"
    ALWAYS = "always"
    """Each run of it calls ``asyncio.run`` or the like, which fails where a loop runs already."""
    GUARDED = "guarded"
    """It looks for a running loop, or starts its own in another thread."""


@dataclass(frozen=True, slots=True)
class EnvironmentFacts:
    """What an ``env.py`` does."""

    loop: Loop
    honours_connection: bool
    """It reads ``config.attributes["connection"]``."""
    sets_url: bool
    """It gives ``sqlalchemy.url`` itself, so the one in alembic.ini is not what counts."""
    lost: tuple[LostCoroutine, ...] = ()
    syntax: tuple[AsyncSyntax, ...] = ()


@dataclass(frozen=True, slots=True)
class SqlCall:
    """``op.execute("…")`` and its like in a revision, with SQL that is known."""

    anchor: Anchor
    argument: Anchor
    sql: Value
    location: Location
