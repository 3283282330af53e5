"""XDB901: a suppression comment that suppresses nothing."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.findings.suppressions import Reach, Selector, Unused
from dbdriver_lint.fixes.edit import Applicability, Fix
from dbdriver_lint.knowledge.typos import nearest
from dbdriver_lint.rules.base import Bad, Good, Rule
from dbdriver_lint.rules.index import entries
from dbdriver_lint.source.anchors import TextAnchor
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.findings.suppressions import Directive, Suppressions
    from dbdriver_lint.rules.base import Drafts


_LOOK_ALIKE = str.maketrans("LIO", "110")
_LONGEST = 60
"""Characters of a word that may be the name of a rule."""
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

    Safe: only the comment, or the unused part of it, is removed; other tools' pragmas on the line stay. A misspelt name is
    corrected where the right one suppresses something, which is then not repaired. Unsafe where it removes a name that
    resembles no single rule's: somebody meant something by it.

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
            code="from sqlalchemy import create_engine\n"
            'engine = create_engine("postgresql+psycopg://app:secret@db.internal/app")  # dbdriver: ignore[hardcoded-driver-ur] demo\n',
            fixed="from sqlalchemy import create_engine\n"
            'engine = create_engine("postgresql+psycopg://app:secret@db.internal/app")  # dbdriver: ignore[hardcoded-driver-url] demo\n',
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
    def drafts(
        cls, suppressions: Suppressions, unused: Iterable[Unused], in_force: Container[str], kept: Sequence[Finding]
    ) -> Drafts:
        """The findings about unused comments.

        ``in_force`` has the codes of the rules that ran for this file, ``kept`` what no comment accepts.
        """
        for one in unused:
            idle = tuple(s for s in one.selectors if cls._is_idle(s, in_force))
            if one.selectors and not idle:
                continue
            one = Unused(one.directive, idle)
            span = Span(idle[0].span.start, idle[-1].span.end) if idle else one.directive.span
            fix = cls._fix(suppressions, one, in_force, kept)
            yield cls.finding(TextAnchor(suppressions.source, span), cls._message(one), fix=fix)

    @classmethod
    def misspelt(cls, unused: Iterable[Unused]) -> list[tuple[Directive, Selector]]:
        """The comments with a misspelt name, each with the right one."""
        return [(one.directive, right) for one in unused for s in one.selectors if (right := cls._meant(s)) is not None]

    @classmethod
    def _fix(cls, suppressions: Suppressions, unused: Unused, in_force: Container[str], kept: Sequence[Finding]) -> Fix:
        unknown = [s for s in unused.selectors if not cls._known(s)]
        meant = {s: right for s in unknown if (right := cls._meant(s)) is not None}
        accepting = {
            next((s for s, right in meant.items() if right.covers(finding.code, finding.name)), None)
            for finding in kept
            if meant and unused.directive.is_about(finding)
        }
        needed = {s: r.text for s, r in meant.items() if s in accepting or not cls._is_idle(r, in_force)}
        title = f"Write `{', '.join(dict.fromkeys(needed.values()))}`" if needed else "Remove the unused suppression"
        safety = Applicability.SAFE if len(meant) == len(unknown) else Applicability.UNSAFE
        return Fix(title, (suppressions.repair(unused, needed),), safety)

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

    @classmethod
    def _meant(cls, selector: Selector) -> Selector | None:
        """A misspelt selector spelt right, None for one that is, and where no name or several are as near."""
        right = None if cls._known(selector) or len(selector.text) > _LONGEST else _spelt_right(selector.text)
        return None if right is None else Selector(right, selector.span)

    @classmethod
    def _hint(cls, selector: Selector) -> str:
        meant = cls._meant(selector)
        return f"; did you mean `{meant.text}`?" if meant is not None else "; write the name of a rule, or remove it"


@lru_cache(maxsize=1024)
def _spelt_right(text: str) -> str | None:
    code = text.upper().translate(_LOOK_ALIKE)
    if code.startswith("XDB"):  # many codes are one letter apart
        return code if any(rule.code.startswith(code) for rule in entries()) else None
    return nearest(text.lower().replace("_", "-"), [rule.name for rule in entries()])
