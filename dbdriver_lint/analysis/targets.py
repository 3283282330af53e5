"""What an engine is assigned to, and what becomes of it there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis.tree import dotted

if TYPE_CHECKING:
    from dbdriver_lint.analysis.collect import Site
    from dbdriver_lint.source.parse import ParsedModule


def only_looked_at(parsed: ParsedModule, site: Site) -> bool:
    """Whether a local variable holds the engine that is made, and only its dialect or URL is ever read."""
    target = target_of(site)
    if target is None or "." in target or not site.functions:
        return False
    source = parsed.source
    place = parsed.span(site.statement)
    indent = source.position(place.start).column
    text: list[str] = []
    # the source itself, as a slice may have left the uses out
    for number in range(source.line_of(place.end) + 1, source.line_count + 1):
        line = source.line_text(number)
        if line.strip() and len(line) - len(line.lstrip()) < indent - 1:
            break
        text.append(line)
    uses = re.findall(rf"(?<![.\w]){target}\b(\.\w+)?", "\n".join(text))
    return bool(uses) and all(use in (".dialect", ".url", ".name", ".driver") for use in uses)


def target_of(site: Site) -> str | None:
    """The name or attribute that what a call makes is assigned to, as written."""
    statement = site.statement
    if not isinstance(statement, (cst.SimpleStatementLine, cst.SimpleStatementSuite)):
        return None
    for small in statement.body:
        if isinstance(small, cst.Assign) and small.value is site.node:
            return dotted(small.targets[0].target)
        if isinstance(small, cst.AnnAssign) and small.value is site.node:
            return dotted(small.target)
    return None
