"""Where facts may come from: the lines of a file that can matter, found before anything is parsed."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.dialects import SCHEMES, URL_WORDS
from dbdriver_lint.records import dataclass
from dbdriver_lint.source.text import line_starts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dbdriver_lint.source.slice import Slicer

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
    ]
)
#: Alembic's commands that run ``env.py``.
COMMANDS = frozenset({"upgrade", "downgrade", "stamp", "current", "check", "ensure_version"})
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


@dataclass(frozen=True, slots=True)
class _Kind:
    """What stands on the line of a fact: a pattern, and words one of which is in all that it matches.

    The words are looked for in the file, the pattern only on their lines: it is the slower by far.
    """

    words: tuple[str, ...]
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, words: Iterable[str], pattern: str) -> _Kind:
        """Without the words that hold another one."""
        known = set(words)
        least = sorted(word for word in known if not any(other in word for other in known if other != word))
        return cls(tuple(least), re.compile(pattern, re.MULTILINE))

    def offsets(self, text: str) -> Iterator[int]:
        """Where matches begin; some of them twice."""
        for start, end in self.lines(text):
            yield from (match.start() for match in self.pattern.finditer(text, start, end))

    def lines(self, text: str) -> list[tuple[int, int]]:
        """The lines with a word, each with the next one: what a match begins with may end there."""
        found: list[tuple[int, int]] = []
        ends = 0
        for at in sorted({at for word in self.words for at in _occurrences(text, word)}):
            if at >= ends:
                # not from the beginning: most texts have no "\r", and some have a word on each line
                start = max(text.rfind("\n", ends, at), text.rfind("\r", ends, at), ends - 1) + 1
                ends = _end_of_line(text, at)
                found.append((start, _end_of_line(text, ends)))
        return found


def _occurrences(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


#: Before a name that is called, not defined.
_NO_DEFINITION = r"(?<!def )(?<!class )"
# a table matters only where it is read from an engine
_NAMES = (CALL_NAMES | USE_NAMES) - {"Table"}
_CALLS = "|".join(sorted(_NAMES))
_CALL = _Kind.of(
    {*_NAMES, "autoload_with"},
    rf"{_NO_DEFINITION}\b(?:{_CALLS})\s*\(|\bset_(?:main|section)_option\b|\bautoload_with\b",
)
#: Schemes of what is no database.
_OTHERS = (
    "http",
    "https",
    "ws",
    "wss",
    "redis",
    "rediss",
    "s3",
    "gs",
    "file",
    "ftp",
    "amqp",
    "amqps",
    "mongodb",
    "tcp",
)
_URL = _Kind.of({"://"}, rf"{''.join(f'(?<!{scheme})' for scheme in _OTHERS)}://")
_MIGRATIONS = ("igrat", "lembic", "upgrade", "downgrade")
_MIGRATION = _Kind.of(
    {*_MIGRATIONS, "ensure_version"},
    rf"{_NO_DEFINITION}\b(?:\w*(?:[mM]igrat|[aA]lembic|upgrade|downgrade)\w*(?:\.config\.main)?|ensure_version)\s*\(",
)
#: Commands of Alembic whose names are everybody's, too.
_COMMAND = _Kind.of({"check", "current", "stamp"}, r"\b(?:check|current|stamp)\s*\(")
#: What a revision does, and that it is one.
_OPERATION = _Kind.of({"execute", "exec_driver_sql"}, r"\bexecute\b|\bexec_driver_sql\b")
_REVISION = _Kind.of({"revision"}, r"^(?:down_)?revision\b")
#: What a coroutine does with a session or engine and does not await: a statement of its own, or a method of what is
#: named like a session.
_UNAWAITED = _Kind.of(
    {
        *(".close", ".commit", ".delete", ".dispose", ".exec", ".flush", ".invalidate", ".merge", ".refresh"),
        *(".rollback", ".run_sync", ".query", ".scalar"),
    },
    r"^[ \t]+[\w.]+\.(?:close|commit|delete|dispose|exec_driver_sql|execute|flush|invalidate|merge|refresh|rollback"
    r"|run_sync)\s*\("
    r"|^(?!.*\bawait\b).*(?:[sS]ession|\bdb)\w*(?:\(\))?\.(?:exec|execute|query|scalars?)\s*\(",
)
#: A ``with`` that should be asynchronous, in a file with coroutines; and in one without.
_WITH = _Kind.of(
    {"ession", "aker", "actory", ".begin"},
    r"^[ \t]+with\b.*(?:(?:[sS]ession|[mM]aker|[fF]actory)\w*\s*\(|\.begin\s*\()",
)
_BEGINS = _Kind.of({"begin"}, r"\bwith\b.*engine\w*\.begin\s*\(")
#: The reverse, in a file that makes something synchronous.
_ASYNC_WITH = _Kind.of(_WITH.words, r"\basync\s+with\b.*(?:(?:[sS]ession|[mM]aker|[fF]actory)\w*\s*\(|\.begin\s*\()")
_MAKES_SYNC = _Kind.of(
    {"sessionmaker", "create_engine", "engine_from_config", "sync_"},
    r"\b(?:sessionmaker|create_engine|engine_from_config)\b|\bsync_\w*session",
)
#: What a listener does is read too, not only that there is one.
_LISTENER = re.compile(r"\blistens?(?:_for)?\s*\(")
_HEADER = re.compile(r"^([ \t]*)(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)", re.MULTILINE)
_WORD = re.compile(r"\w+")
_LONGEST_CALL = 1000
_LISTENING = re.compile(r"\bawait\b|\bisinstance\s*\(")
_ALIAS = re.compile(rf"\b(?:{_CALLS})\s+as\s+(\w+)")
#: In Alembic's files every statement of an environment, and of a revision with coroutines, may matter.
_ENVIRONMENT = re.compile(r"\balembic(?:\.context\b|\s+import\s[^\n]*\bcontext\b|\s+import\s*\([^)]*\bcontext\b)")
_OPERATIONS = re.compile(r"\balembic(?:\.op\b|\s+import\s[^\n]*\bop\b|\s+import\s*\([^)]*\bop\b)")
_COROUTINE = re.compile(r"\b(?:async|await)\b")
#: What a function of another module does that counts, not only what it gives: it may run a migration.
_EFFECT = _Kind.of(
    {*_MIGRATIONS, ".stamp", ".current", ".check", ".ensure_version"},
    rf"{_MIGRATION.pattern.pattern}|\.(?:stamp|current|check|ensure_version)\s*\(",
)
#: What makes another URL of one. In a function what it returns counts with it.
_REWRITE = re.compile(
    r"\.(?:replace|_replace|sub|removeprefix|removesuffix|l?strip|r?split|r?partition)\s*"
    rf"\((?=[^\n]*(?:{'|'.join(URL_WORDS)}))|\[\s*len\s*\([^\n]*://"
)
_DEFINITION = re.compile(r"^[ \t]*(?:(?:async[ \t]+)?def|class)\b|^[^\s#)\]}]", re.MULTILINE)
_RETURN = re.compile(r"^[ \t]+return\b", re.MULTILINE)


def _in_listeners(text: str) -> Iterator[int]:
    """What may count in functions that are listeners: those that follow a decorator, or are named in a call."""
    calls = list(_LISTENER.finditer(text))
    if not calls:
        return
    found = [(match.start(), len(match[1]), match[2]) for match in _HEADER.finditer(text)]
    named = {name for call in calls for name in _WORD.findall(text, call.end(), call.end() + _LONGEST_CALL)}
    decorated = {bisect_right(found, (call.start(),)) for call in calls}
    for index, (start, indent, name) in enumerate(found):
        if index in decorated or name in named:
            end = next((at for at, width, _ in found[index + 1 :] if width <= indent), len(text))
            yield from (match.start() for match in _LISTENING.finditer(text, start, end))


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


_MAKING = _Kind.of({"create_engine", "create_async_engine"}, r"^([ \t]+)[^#\n]*\bcreate_(?:async_)?engine\s*\(")


def _makers(text: str) -> frozenset[str]:
    """The functions and classes that make an engine, perhaps of what they are given."""
    found: set[str] = set()
    makings = [match for at in _MAKING.offsets(text) if (match := _MAKING.pattern.match(text, at))]
    if not makings:
        return frozenset()
    headers = [(match.start(), len(match.group(1)), match.group(2)) for match in _HEADER.finditer(text)]
    for making in makings:
        indent = len(making.group(1))
        for at, depth, name in reversed(headers):
            if at < making.start() and depth < indent:
                indent = depth
                found.add(name)
    return makers(found)


#: Functions of other modules that are looked at where they are given something; in a file with a URL, further ones.
_ENGINES_ELSEWHERE = _Kind.of({"engine("}, r"(?<!def )\b(\w*engine)\((?=\s*[^\s)])")
_MAKERS_ELSEWHERE = _Kind.of(
    {"engine(", "atabase", "_db(", "DB(", "Db(", "Store(", "Storage(", "SQL", "Sql"},
    r"(?<!def )\b(\w*(?:engine|[dD]atabase|_db|D[Bb]|Store|Storage|(?:Database|SQL|Sql)\w*))\((?=\s*[^\s)])",
)


def _calls_elsewhere(text: str) -> Iterator[re.Match[str]]:
    """The calls of functions that may be another module's and make an engine of what they are given."""
    kind = _ENGINES_ELSEWHERE if next(_URL.offsets(text), None) is None else _MAKERS_ELSEWHERE
    for at in kind.offsets(text):
        match = kind.pattern.match(text, at)
        if match is not None and match[1] not in CALL_NAMES:
            yield match


def makers_elsewhere(text: str) -> frozenset[str]:
    """The names of functions and classes of other modules that may make an engine of what they are given here."""
    return frozenset(match[1] for match in _calls_elsewhere(text))


def makers_inside(function: str) -> frozenset[str]:
    """The same in the text of a function that is given something itself."""
    kind = _MAKERS_ELSEWHERE
    found = (kind.pattern.match(function, at) for at in kind.offsets(function))
    return frozenset(match[1] for match in found if match is not None)


def lines_of_effects(text: str) -> list[int]:
    """The 1-based lines, sorted, that count in a function that another module calls."""
    kinds = [_EFFECT] if "alembic" in text else []
    kinds += [_MAKING] if "create_" in text else []
    starts = line_starts(text) if kinds else []
    return sorted({bisect_right(starts, at) for kind in kinds for at in kind.offsets(text)})


def makes_async(text: str) -> bool:
    """Whether a file itself speaks of asynchronous sessions or engines: any function of it may forget to await them."""
    return any(name in text for name in ("AsyncSession", "async_sessionmaker", "create_async_engine"))


@dataclass(frozen=True, slots=True)
class Candidates:
    """The 1-based lines that facts can come from."""

    anywhere: frozenset[int]
    in_coroutines: frozenset[int]
    """Those that count where they stand in a coroutine."""

    def __bool__(self) -> bool:
        return bool(self.anywhere or self.in_coroutines)

    def lines(self, file: Slicer) -> list[int]:
        """Those that count in ``file``, sorted."""
        return sorted({*self.anywhere, *(line for line in self.in_coroutines if file.is_in_coroutine(line))})


def candidates_of(text: str) -> Candidates | None:
    """Where facts can come from in a file; None for all of it.

    What a visitor of this package notes must stand on a line that is
    found here: a new kind of fact needs its words above.
    """
    alembic = "alembic" in text
    if alembic and (_ENVIRONMENT.search(text) or (_OPERATIONS.search(text) and _COROUTINE.search(text))):
        return None
    asynchronous = "async" in text
    # a URL of another database counts where an engine gets it, not by itself
    kinds = [_URL] if any(name in text for name in SCHEMES) else []
    if alembic:
        kinds += [_OPERATION]
    if asynchronous:
        kinds += [_WITH]
        if next(_MAKES_SYNC.offsets(text), None) is not None:
            kinds.append(_ASYNC_WITH)
    elif "with" in text:
        kinds.append(_BEGINS)
    if asynchronous or "run_sync" in text:
        # nobody else asks whether something runs a migration
        kinds += [_MIGRATION, *([_COMMAND] if alembic else [])]
    lines = _CALL.lines(text)
    offsets = [match.start() for line in lines for match in _CALL.pattern.finditer(text, *line)]
    offsets += [at for kind in kinds for at in kind.offsets(text)]
    if "listen" in text:
        offsets += _in_listeners(text)
    rewrites = [match.start() for match in _REWRITE.finditer(text)]
    offsets += [*rewrites, *_returns(text, rewrites)]
    made = _makers(text)
    if made:
        calls = re.compile(rf"{_NO_DEFINITION}\b(?:{'|'.join(sorted(made))})\s*\(")
        offsets += [match.start() for match in calls.finditer(text)]
    offsets += [match.start() for match in _calls_elsewhere(text)]
    aliases = {match[1] for line in lines for match in _ALIAS.finditer(text, *line)}
    if aliases:
        calls = re.compile(rf"\b(?:{'|'.join(aliases)})\s*\(")
        offsets += [match.start() for match in calls.finditer(text)]
    unawaited = [*_UNAWAITED.offsets(text)] if asynchronous else []
    if makes_async(text):
        offsets += unawaited
    if alembic and (offsets or unawaited):
        offsets += _REVISION.offsets(text)
    starts = line_starts(text) if offsets or unawaited else []
    return Candidates(
        frozenset(bisect_right(starts, at) for at in offsets), frozenset(bisect_right(starts, at) for at in unawaited)
    )
