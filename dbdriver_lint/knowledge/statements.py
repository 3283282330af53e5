"""Where one SQL statement ends and the next begins, as PostgreSQL reads a script."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
      --[^\n]*
    | /\*
    | (?<![\w$])[eE]'(?:[^'\\]|\\.|'')*'     # E'…' knows the backslash
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    | (?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$
    | ;
    | \bbegin\s+atomic\b
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def statement_count(sql: str) -> int | None:
    """How many statements ``sql`` holds; empty ones do not count.

    None where that cannot be said: a quote is not closed, or a body of ``BEGIN ATOMIC`` has semicolons of its own.
    """
    count = at = 0
    pending = False
    while True:
        match = _TOKEN.search(sql, at)
        code = sql[at : match.start() if match else len(sql)]
        if "'" in code or '"' in code:
            return None
        pending = pending or bool(code.strip())
        if match is None:
            return count + pending
        mark, at = match.group(), match.end()
        if mark == ";":
            count += pending
            pending = False
        elif mark == "/*":
            end = _comment_end(sql, at)
            if end is None:
                return None
            at = end
        elif mark.startswith("--"):
            continue
        elif mark.startswith("$"):
            end = sql.find(mark, at)
            if end < 0:
                return None
            at, pending = end + len(mark), True
        elif mark.lower().startswith("begin"):
            return None
        else:
            pending = True


def _comment_end(sql: str, at: int) -> int | None:
    """Where a comment ends; PostgreSQL's comments nest."""
    depth = 1
    for match in re.compile(r"/\*|\*/").finditer(sql, at):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end()
    return None
