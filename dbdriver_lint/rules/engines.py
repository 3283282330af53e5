"""What several rules ask of an engine call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import Dictionary, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.analysis.facts import EngineCall, PossibleUrl
    from dbdriver_lint.analysis.values import Anchor, Value

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


def place_in(argument: Anchor, place: Anchor | None) -> Anchor:
    """``place`` where that is a part of the argument as it is written, else the whole argument."""
    own = place is not None and place.path == argument.path and argument.span.contains(place.span)
    return place if own and place is not None else argument


def scheme_place(url: PossibleUrl, argument: Anchor) -> Anchor:
    """The name of the driver in an argument that is this URL, or the argument."""
    return place_in(argument, url.place(url.url.drivername.start, url.url.drivername.end))


_CONDITION = re.compile(r"(?:if|elif|else|match|case)\b")
_SCOPE = re.compile(r"(?:async\s+)?def\b|class\b")
_GIVEN_ENGINE = re.compile(r"(?:el)?if\s+[\w.]*engine(?:\s+is\s+not\s+None)?\s*:")


def is_conditional(call: EngineCall) -> bool:
    """Whether the call stands under a condition of its function or module."""
    if any(_CONDITION.match(header) for header in _headers(call.anchor)):
        return True
    return " if " in call.anchor.statement.text and " else " in call.anchor.statement.text


def has_engine_in_hand(anchor: Anchor) -> bool:
    """Whether the place is only reached where the caller brought an engine: a URL there is not connected with."""
    return any(_GIVEN_ENGINE.match(header) for header in _headers(anchor))


def _headers(anchor: Anchor) -> Iterator[str]:
    """The first lines of the blocks around a statement in its function or module, innermost first."""
    lines = anchor.source.text.splitlines()
    first = anchor.statement.start.line - 1
    indent = len(lines[first]) - len(lines[first].lstrip())
    for line in reversed(lines[:first]):
        text = line.lstrip()
        if not text or text.startswith("#") or len(line) - len(text) >= indent:
            continue
        if _SCOPE.match(text):
            return
        yield text
        indent = len(line) - len(text)
