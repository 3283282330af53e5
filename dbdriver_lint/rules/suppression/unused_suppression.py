"""XDB901: a suppression comment that suppresses nothing."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, ClassVar

from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.findings.suppressions import Reach, Unused
from dbdriver_lint.fixes.edit import Applicability, Fix
from dbdriver_lint.rules.base import Bad, Good, Rule
from dbdriver_lint.rules.index import entries
from dbdriver_lint.source.anchors import TextAnchor
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from dbdriver_lint.findings.suppressions import Selector, Suppressions
    from dbdriver_lint.rules.base import Drafts


_LISTED = 20
"""Names that one message lists."""


class UnusedSuppression(Rule):
    """A suppression comment accepts a finding that is not there.

    ## What it does

    Reports `# dbdriver: ignore[…]` comments (and `XDB` codes in `# noqa`) that suppress nothing, and names
    in them that no rule has.

    ## Why is this bad?

    The comment was right once. Today it only waits to hide the next mistake on its line: whoever brings
    the old driver back gets no finding. A misspelt name has never suppressed anything.

    ## What happens at run time

    Nothing: it is a comment.

    ## Fix safety

    Safe. Only the comment, or the unused part of it, is removed; other tools' pragmas on the line stay.
    Comments about rules that are not in force for the file are left alone, as are a bare `# noqa` and
    the codes of other tools.
    """

    code = "XDB901"
    name = "unused-suppression"
    group = Group.DESIGN
    severity = Severity.WARNING
    since = "0.1.0"
    needles = ("dbdriver:", "XDB")
    bad: ClassVar[tuple[Bad, ...]] = (
        Bad(
            code='DIALECT = "postgresql"  # dbdriver: ignore[unknown-url-dialect] was postgres\n',
            fixed='DIALECT = "postgresql"\n',
        ),
        Bad(
            code="import os  # noqa: F401, XDB901, XDB102\n",
            fixed="import os  # noqa: F401, XDB901\n",
        ),
    )
    good: ClassVar[tuple[Good, ...]] = (
        Good(
            code="from sqlalchemy import create_engine\n"
            'engine = create_engine("postgres://db.internal/app")  # dbdriver: ignore\n'
        ),
        Good(code="import os  # noqa: F401\n"),
    )

    @classmethod
    def drafts(cls, suppressions: Suppressions, unused: Iterable[Unused], in_force: Container[str]) -> Drafts:
        """The findings about unused comments; ``in_force`` has the codes of the rules that ran for this file."""
        for one in unused:
            idle = tuple(s for s in one.selectors if cls._is_idle(s, in_force))
            if one.selectors and not idle:
                continue
            one = Unused(one.directive, idle)
            span = Span(idle[0].span.start, idle[-1].span.end) if idle else one.directive.span
            yield cls.finding(
                TextAnchor(suppressions.source, span),
                cls._message(one),
                fix=Fix("Remove the unused suppression", (suppressions.removal(one),), Applicability.SAFE),
            )

    @classmethod
    def _is_idle(cls, selector: Selector, in_force: Container[str]) -> bool:
        """Whether the selector would have had its chance: a rule that did not run may well need it."""
        covered = [rule.code for rule in entries() if selector.covers(rule.code, rule.name)]
        return not covered or (cls.code not in covered and all(code in in_force for code in covered))

    @classmethod
    def _message(cls, unused: Unused) -> str:
        comment = "noqa" if unused.directive.reach is Reach.NOQA else f"dbdriver: {unused.directive.reach.value}"
        if not unused.selectors:
            return f"`# {comment}` suppresses nothing, and would hide the next mistake here; remove it"
        unknown = [s for s in unused.selectors if not cls._known(s)]
        if unknown:
            return f"`# {comment}` names `{unknown[0].text}`, which is no rule, so it suppresses nothing" + cls._hint(
                unknown[0]
            )
        listed = ", ".join(f"`{s.text}`" for s in unused.selectors[:_LISTED])
        if len(unused.selectors) > _LISTED:
            listed += f" and {len(unused.selectors) - _LISTED:,} more"
        return f"`# {comment}` suppresses nothing for {listed}, and would hide the next such mistake here; remove it"

    @staticmethod
    def _known(selector: Selector) -> bool:
        return any(selector.covers(rule.code, rule.name) for rule in entries())

    @staticmethod
    def _hint(selector: Selector) -> str:
        names = [*(rule.code for rule in entries()), *(rule.name for rule in entries())]
        text = selector.text.upper() if selector.text.upper().startswith("XDB") else selector.text.lower()
        close = difflib.get_close_matches(text, names, n=1)
        return f"; did you mean `{close[0]}`?" if close else "; remove it"
