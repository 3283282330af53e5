"""XDB111: a SQLite URL with too few slashes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import EnvVar, Text, options
from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.knowledge.urls import mask_text
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dbdriver_lint.analysis.facts import EngineCall
    from dbdriver_lint.analysis.values import Value
    from dbdriver_lint.rules.context import Context

_SQLITE = re.compile(r"(?P<scheme>sqlite(?:\+(?:pysqlite|aiosqlite))?:)(?P<slashes>/*)(?P<rest>[^/?].*)", re.DOTALL)
_FORMS = "three slashes for a relative path, four for an absolute one"


class SqliteUrlSlashes(Rule):
    """A SQLite URL has a file name where the host would stand.

    ## What it does
    Finds engines whose URL is `sqlite://app.db`, `sqlite+aiosqlite://:memory:`, `sqlite:app.db` or
    the like. SQLite has no host, so a file comes after the third slash: `sqlite:///app.db` is
    relative to the working directory, `sqlite:////var/lib/app.db` is absolute, `sqlite://` and
    `sqlite:///:memory:` are in memory.

    ## Why is this bad?
    The engine cannot be made.

    ## What happens at run time
    `sqlalchemy.exc.ArgumentError: Invalid SQLite URL: sqlite://app.db` as soon as the engine is
    made, with every SQLAlchemy; for `sqlite://:memory:` `ValueError: invalid literal for int() with
    base 10: 'memory:'`, for fewer slashes `ArgumentError: Could not parse SQLAlchemy URL`.

    ## Fix safety
    Safe: the slashes that are missing are added where the URL is written out. The code could only
    raise before.
    """

    code, name = "XDB111", "sqlite-url-slashes"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = ("sqlite",)
    references = ("https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#connect-strings",)
    bad = (
        Bad(
            'from sqlalchemy import create_engine\n\nengine = create_engine("sqlite://app.db")\n',
            fixed='from sqlalchemy import create_engine\n\nengine = create_engine("sqlite:///app.db")\n',
            raises="ArgumentError: Invalid SQLite URL: sqlite://app.db",
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'URL = "sqlite+aiosqlite://:memory:"\n'
            "engine = create_async_engine(URL)\n",
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'URL = "sqlite+aiosqlite:///:memory:"\n'
            "engine = create_async_engine(URL)\n",
            raises="ValueError: invalid literal for int() with base 10: 'memory:'",
        ),
        Bad(
            "import os\n\n"
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine(os.getenv("DATABASE_URL", "sqlite:app.db"))\n',
            fixed="import os\n\n"
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine(os.getenv("DATABASE_URL", "sqlite:///app.db"))\n',
            raises="ArgumentError: Could not parse SQLAlchemy URL",
        ),
    )
    good = (
        Good('from sqlalchemy import create_engine\n\nengine = create_engine("sqlite:///app.db")\n'),
        Good('from sqlalchemy import create_engine\n\nengine = create_engine("sqlite://")\n'),
        Good('from sqlalchemy import create_engine\n\nengine = create_engine("sqlite:////var/lib/app/app.db")\n'),
        Good('from sqlalchemy import create_engine\n\nengine = create_engine("sqlite://?timeout=5")\n'),
        Good('PREFIX = "sqlite://"\n\n\ndef is_sqlite(url):\n    return url.startswith(PREFIX)\n'),
    )

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        if call.url is None or call.from_config or not _is_decided(call.url.value):
            return
        by_default = "By default, " if any(url.by_default for url in call.urls.urls) else ""
        for value, default_of in _texts(call.url.value):
            match = _SQLITE.match(value.text)
            if match is None or len(match["slashes"]) > 2:
                continue
            named = "@" in match["rest"]  # a user, perhaps with a password
            right = f"{match['scheme']}///{'path' if named else match['rest']}"
            when = f"If `{default_of}` is unset, " if default_of else by_default
            yield self.finding(
                call.url.anchor,
                f"{when}`{call.name}()` raises `{_error(match, value.text)}`: SQLite has no host; write `{right}` "
                f"({_FORMS})",
                related=value.steps,
                fix=None if named else _fix(value, match, right, call),
            )

    on_reached_engine = on_engine


def _is_decided(value: Value) -> bool:
    """Whether the code itself decides what the URL is, but for the environment."""
    return all(
        isinstance(option, Text) or (isinstance(option, EnvVar) and (option.default is None or _is_decided(option.default)))
        for option in options(value)
    )  # fmt: skip


def _texts(value: Value, default_of: str | None = None) -> Iterator[tuple[Text, str | None]]:
    for option in options(value):
        if isinstance(option, Text):
            yield option, default_of
        elif isinstance(option, EnvVar) and option.default is not None:
            yield from _texts(option.default, option.name)


def _error(match: re.Match[str], text: str) -> str:
    if len(match["slashes"]) < 2:
        return "ArgumentError: Could not parse SQLAlchemy URL"
    _, colon, port = match["rest"].partition("/")[0].rpartition("@")[2].rpartition(":")
    if colon and not port.isdecimal():
        return f"ValueError: invalid literal for int() with base 10: '{port}'"
    return f"ArgumentError: Invalid SQLite URL: {mask_text(text)}"


def _fix(value: Text, match: re.Match[str], right: str, call: EngineCall) -> Fix | None:
    """The slashes, where scheme and slashes stand in one piece of a literal of this file."""
    if not value.pieces or value.pieces[0].literal is None:
        return None
    literal, end = value.pieces[0].literal, match.end("slashes")
    if len(value.pieces[0].text) < end or literal.anchor.path != call.anchor.path:
        return None
    at = literal.anchor.span.start + literal.skip + end
    missing = "/" * (3 - len(match["slashes"]))
    return Fix(f"Write `{right}`", (Edit(Span(at, at), missing),), Applicability.SAFE)
