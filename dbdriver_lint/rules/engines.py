"""What several rules ask of an engine call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import Dictionary, options

if TYPE_CHECKING:
    from dbdriver_lint.analysis.facts import EngineCall
    from dbdriver_lint.analysis.values import Value

OWN_CONNECTIONS = frozenset({"creator", "async_creator", "module", "pool"})
"""Engine keywords that make the connections themselves: what the URL says is not what is connected with."""


def connects_by_url(call: EngineCall) -> bool:
    """Whether the engine connects with what its URL and ``connect_args`` say, and the code decides on the URL."""
    return (
        call.url is not None
        and call.urls.decided
        and not call.only_dialect
        and not OWN_CONNECTIONS & call.keywords.keys()
    )


def dictionaries(value: Value) -> list[Dictionary] | None:
    """All that a ``connect_args`` can be, None where that is not known."""
    found = list(options(value))
    return [one for one in found if isinstance(one, Dictionary)] if all(
        isinstance(one, Dictionary) for one in found
    ) else None  # fmt: skip


_CONDITION = re.compile(r"(?:if|elif|else|match|case)\b")
_SCOPE = re.compile(r"(?:async\s+)?def\b|class\b")


def is_conditional(call: EngineCall) -> bool:
    """Whether the call stands under a condition of its function or module."""
    source = call.anchor.source
    place = call.anchor.statement.start
    lines = source.text.splitlines()
    indent = len(lines[place.line - 1]) - len(lines[place.line - 1].lstrip())
    for line in reversed(lines[: place.line - 1]):
        text = line.lstrip()
        if not text or text.startswith("#") or len(line) - len(text) >= indent:
            continue
        if _CONDITION.match(text):
            return True
        if _SCOPE.match(text):
            return False
        indent = len(line) - len(text)
    return " if " in call.anchor.statement.text and " else " in call.anchor.statement.text
