"""One verdict in words: what happens in production first, what to write instead second."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.parameters.model import Outcome, Place

if TYPE_CHECKING:
    from dbdriver_lint.knowledge.parameters.model import Verdict

_CODE = re.compile(r"\?|\w+=")
"""How a remedy begins that is a spelling; others are words."""
_WHERE = {
    Place.URL: "in a SQLAlchemy URL",
    Place.ARGS: "in connect_args",
    Place.DSN: "in its DSN",
    Place.KEYWORD: "as a keyword",
}


def describe(driver: str, place: Place, key: str, verdict: Verdict) -> str:
    """The message for a verdict that is not OK. It quotes exceptions and spellings, never a password."""
    if verdict.exception:
        happens = f"{verdict.consequence} `{verdict.exception}`"
    else:
        happens = f"`{key}` does not do what it says: {verdict.consequence}"
    if verdict.condition:
        happens += f" with {verdict.condition}"
    if verdict.outcome is Outcome.UNSUPPORTED:
        happens += f": {driver} takes no `{key}` {_WHERE[place]}"
    if not verdict.remedy:
        return happens
    if _CODE.match(verdict.remedy):
        return f"{happens}; write `{verdict.remedy}`"
    return f"{happens}; {verdict.remedy}"
