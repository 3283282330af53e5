"""What may have to do with databases: the rest of a program is not run.

A program is long, and what is looked for is not: URLs, engines, sessions, and the settings that they
come from. Code that speaks of none of them cannot give one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis.tree import children, of_syntax
from dbdriver_lint.analysis.values import Dictionary, EnvVar, Items, Template, Text, Url, Value, options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dbdriver_lint.analysis.program import FunctionRecord

_SUBJECT = re.compile(
    r"ur[li]|dsn|engine|sql|postgres|psycopg|asyncpg|maria|oracle|odbc|environ|getenv|setting|conf|session|alembic"
    r"|migrat|database|connect|driver|dialect|scheme|(?:^|[_\W])(?:db|env|conn|pool|host)(?:$|[_\W])|://",
    re.IGNORECASE,
)
_IMPORT = re.compile(r"^[ \t]*(?:from|import)\b.*$", re.MULTILINE)
#: Shorter functions, and shorter texts, are looked at in any case.
_FEW_STATEMENTS = 5
_FEW_WORDS = 30


def speaks_of_databases(name: str) -> bool:
    """Whether a name is one that a thing on the way to a database has."""
    return _SUBJECT.search(name) is not None


@of_syntax
def expression_may_matter(node: cst.CSTNode) -> bool:
    """Whether an expression has a name or a string that a thing on the way to a database has."""
    return any(_SUBJECT.search(word) for word in _words(node))


def text_may_matter(text: str) -> bool:
    """Whether a part of a module can give a database's URL or anything on the way to one."""
    return len(text.split()) <= _FEW_WORDS or _SUBJECT.search(_IMPORT.sub("", text)) is not None


def call_may_matter(record: FunctionRecord, arguments: Iterable[Value]) -> bool:
    """Whether a call of a function of the project can: by its body, and by its name or what it is given."""
    if record.relevant is None:
        record.relevant = _is_short(record) or any(_SUBJECT.search(word) for word in _words(record.node))
    if not record.relevant:
        return False
    owner = record.owner.name if record.owner is not None else ""
    return (
        _is_short(record)
        or _SUBJECT.search(record.name) is not None
        or _SUBJECT.search(owner) is not None
        or any(_is_given(argument) for argument in arguments)
    )


def _is_short(record: FunctionRecord) -> bool:
    body = record.node.body
    return not isinstance(body, cst.IndentedBlock) or len(body.body) < _FEW_STATEMENTS


def _is_given(value: Value) -> bool:
    """Whether an argument is worth following."""
    return any(
        isinstance(option, (EnvVar, Url, Template, Dictionary, Items))
        or (isinstance(option, Text) and _SUBJECT.search(option.text) is not None)
        for option in options(value)
    )


def _words(root: cst.CSTNode) -> Iterator[str]:
    stack = [root]
    while stack:
        node = stack.pop()
        if type(node) is cst.Name or type(node) is cst.SimpleString or type(node) is cst.FormattedStringText:
            yield node.value
        else:
            stack.extend(children(node))
