"""Where facts may come from: the lines of a file that can matter, found before anything is parsed."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from dbdriver_lint.source.text import line_starts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Names of calls that may become facts, as they are written without an alias.
CALL_NAMES = frozenset(
    [
        "create_engine",
        "create_async_engine",
        "engine_from_config",
        "async_engine_from_config",
        "AsyncEngine",
        "connect",
        "create_pool",
        "Database",
        "run_sync",
        "ConnectionPool",
        "AsyncConnectionPool",
        "NullConnectionPool",
        "AsyncNullConnectionPool",
        "SimpleConnectionPool",
        "ThreadedConnectionPool",
        "upgrade",
        "downgrade",
        "stamp",
        "revision",
        "current",
        "check",
        "ensure_version",
    ]
)
#: Calls of Alembic's configuration, and of sessions, listeners and helpers that take an engine.
USE_NAMES = frozenset(
    [
        "AsyncSession",
        "Session",
        "Table",
        "async_sessionmaker",
        "create_all",
        "drop_all",
        "inspect",
        "listen",
        "listens_for",
        "read_sql",
        "read_sql_query",
        "read_sql_table",
        "reflect",
        "sessionmaker",
        "set_main_option",
        "set_section_option",
        "to_sql",
    ]
)

#: Words of Alembic that are everybody's, too.
_COMMON = frozenset({"check", "current", "revision", "stamp"})
# a table matters only where it is read from an engine
_NAMES = "|".join(sorted((CALL_NAMES | USE_NAMES) - _COMMON - {"Table"}))
#: What stands on the line of a fact. ``https://`` is no database.
_FACT = re.compile(
    rf"\b(?:{_NAMES}|\w*migrat\w*)\s*\(|(?<!http)(?<!https)://|\bset_(?:main|section)_option\b|\bautoload_with\b"
    r"|\b\w*(?:[mM]igrat|[aA]lembic|upgrade|downgrade)\w*(?:\.config\.main)?\s*\("
)
#: The same in a revision, which is only what it says it is.
_REVISION_FACT = re.compile(
    rf"{_FACT.pattern}|^(?:down_)?revision\b|\b(?:{'|'.join(sorted(_COMMON))})\s*\(|\bexecute\b|\bexec_driver_sql\b",
    re.MULTILINE,
)
#: What a file with coroutines does with a session or engine and does not await: a statement of its own, or a method
#: of what is named like a session; and a ``with`` that should be asynchronous.
_UNAWAITED = re.compile(
    r"^[ \t]+[\w.]+\.(?:close|commit|delete|dispose|exec_driver_sql|execute|flush|invalidate|merge|refresh|rollback"
    r"|run_sync)\s*\("
    r"|^(?!.*\bawait\b).*(?:[sS]ession|\bdb)\w*(?:\(\))?\.(?:exec|execute|query|scalars?)\s*\("
    r"|^[ \t]+with\b.*(?:(?:[sS]ession|[mM]aker|[fF]actory)\w*\s*\(|\.begin\s*\()",
    re.MULTILINE,
)
_BEGINS = re.compile(r"\bwith\b.*engine\w*\.begin\s*\(")
#: The reverse, in a file that makes something synchronous.
_ASYNC_WITH = re.compile(r"\basync\s+with\b.*(?:(?:[sS]ession|[mM]aker|[fF]actory)\w*\s*\(|\.begin\s*\()")
_MAKES_SYNC = re.compile(r"\b(?:sessionmaker|create_engine|engine_from_config)\b|\bsync_\w*session")
#: What a listener does is read too, not only that there is one.
_LISTENER = re.compile(r"\blistens?(?:_for)?\s*\(")
_LISTENING = re.compile(r"\bawait\b|\bisinstance\s*\(")
_ALIAS = re.compile(rf"\b(?:{_NAMES})\s+as\s+(\w+)")
#: In Alembic's files every statement of an environment, and of a revision with coroutines, may matter.
_ENVIRONMENT = re.compile(r"\balembic(?:\.context\b|\s+import\s[^\n]*\bcontext\b|\s+import\s*\([^)]*\bcontext\b)")
_OPERATIONS = re.compile(r"\balembic(?:\.op\b|\s+import\s[^\n]*\bop\b|\s+import\s*\([^)]*\bop\b)")
_COROUTINE = re.compile(r"\b(?:async|await)\b")
#: What a function of another module does that counts, not only what it gives: it may run a migration.
_EFFECT = re.compile(
    r"\b\w*(?:[mM]igrat|[aA]lembic|upgrade|downgrade)\w*(?:\.config\.main)?\s*\(|\.(?:stamp|current|check|ensure_version)\s*\("
)
#: What makes another URL of one. In a function what it returns counts with it.
_REWRITE = re.compile(
    r"\.(?:replace|_replace|sub|removeprefix|removesuffix|l?strip|r?split|r?partition)\s*\((?=[^\n]*(?:postgres|mysql"
    r"|maria|sqlite|oracle|mssql|cockroach|asyncpg|psycopg|aiomysql|asyncmy|sslmode|://))|\[\s*len\s*\([^\n]*://"
)
_DEFINITION = re.compile(r"^[ \t]*(?:(?:async[ \t]+)?def|class)\b|^[^\s#)\]}]", re.MULTILINE)
_RETURN = re.compile(r"^[ \t]+return\b", re.MULTILINE)


def _returns(text: str, rewrites: Iterable[int]) -> Iterator[int]:
    """The offsets of the ``return`` statements of the functions around ``rewrites``."""
    definitions = [match.start() for match in _DEFINITION.finditer(text)]
    for at in rewrites:
        index = bisect_right(definitions, at)
        start = definitions[index - 1] if index else 0
        end = definitions[index] if index < len(definitions) else len(text)
        yield from (match.start() for match in _RETURN.finditer(text, start, end))


#: Functions of which not only the body counts but also what they are given in their own file.
_MAKES = re.compile(r"engine|database|(?:^|_)db(?:_|$)|conn|sql|store|storage|(?:^|_)pool", re.IGNORECASE)


def makers(names: Iterable[str]) -> frozenset[str]:
    """Those of ``names`` of functions and classes that a thing with a database URL of its own has."""
    return frozenset(name for name in names if _MAKES.search(name))


_MAKING = re.compile(r"^([ \t]+)[^#\n]*\bcreate_(?:async_)?engine\s*\(", re.MULTILINE)
_HEADER = re.compile(r"^([ \t]*)(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)", re.MULTILINE)


def _makers(text: str) -> frozenset[str]:
    """The functions and classes that make an engine, perhaps of what they are given."""
    found: set[str] = set()
    headers = [(match.start(), len(match.group(1)), match.group(2)) for match in _HEADER.finditer(text)]
    for making in _MAKING.finditer(text):
        indent = len(making.group(1))
        for at, depth, name in reversed(headers):
            if at < making.start() and depth < indent:
                indent = depth
                found.add(name)
    return makers(found)


def lines_of_effects(text: str) -> list[int]:
    """The 1-based lines, sorted, that count in a function that another module calls."""
    if "alembic" not in text:
        return []
    starts = line_starts(text)
    return sorted({bisect_right(starts, match.start()) for match in _EFFECT.finditer(text)})


def lines_of_facts(text: str) -> list[int] | None:
    """The 1-based lines of a file that facts can come from, sorted; None for all of them.

    What a visitor of this package notes must stand on a line that is
    found here: a new kind of fact needs its words above.
    """
    alembic = "alembic" in text
    if alembic and (_ENVIRONMENT.search(text) or (_OPERATIONS.search(text) and _COROUTINE.search(text))):
        return None
    facts = _REVISION_FACT if alembic else _FACT
    starts = line_starts(text)
    lines = {bisect_right(starts, match.start()) for match in facts.finditer(text)}
    patterns = []
    if "async" in text:
        patterns = [_UNAWAITED, *([_ASYNC_WITH] if _MAKES_SYNC.search(text) else [])]
    elif "with" in text:
        patterns = [_BEGINS]
    lines |= {bisect_right(starts, match.start()) for pattern in patterns for match in pattern.finditer(text)}
    if _LISTENER.search(text):
        lines |= {bisect_right(starts, match.start()) for match in _LISTENING.finditer(text)}
    rewrites = [match.start() for match in _REWRITE.finditer(text)]
    lines |= {bisect_right(starts, at) for at in (*rewrites, *_returns(text, rewrites))}
    made = _makers(text)
    if made:
        calls = re.compile(rf"(?<!def )(?<!class )\b(?:{'|'.join(sorted(made))})\s*\(")
        lines |= {bisect_right(starts, match.start()) for match in calls.finditer(text)}
    aliases = {match.group(1) for match in _ALIAS.finditer(text)}
    if aliases:
        calls = re.compile(rf"\b(?:{'|'.join(aliases)})\s*\(")
        lines |= {bisect_right(starts, match.start()) for match in calls.finditer(text)}
    return sorted(lines)
