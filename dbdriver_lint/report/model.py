"""What a report is made of, and what the terminal can show of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dbdriver_lint.fixes.edit import Applicability
from dbdriver_lint.records import dataclass, field
from dbdriver_lint.source.files import file_of

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.project.discovery import Problem
    from dbdriver_lint.rules.base import Rule
    from dbdriver_lint.source.text import SourceFile

DOCUMENTATION: str | None = None
"""Where the documentation site is published: `Documentation` among the URLs in pyproject.toml, None while there is none."""


@dataclass(frozen=True, slots=True)
class RuleCard:
    """What a report says about a rule itself."""

    code: str
    name: str
    group: str
    severity: str
    confidence: str
    summary: str
    documentation: str

    @classmethod
    def of(cls, rule: type[Rule]) -> RuleCard:
        """The card of a rule class."""
        import inspect

        return cls(
            code=rule.code,
            name=rule.name,
            group=rule.group.value,
            severity=rule.severity.value,
            confidence=rule.confidence.value,
            summary=rule.summary(),
            documentation=inspect.cleandoc(rule.__doc__ or ""),
        )

    @property
    def url(self) -> str | None:
        """The rule's page, if there is a site."""
        return rule_url(self.name)


@dataclass(frozen=True, slots=True)
class Report:
    """The results of a run. ``sources`` has the text of every file with findings, by path."""

    findings: tuple[Finding, ...]
    sources: Mapping[str, SourceFile]
    checked: int
    """How many files were looked at."""
    suppressed: int = 0
    baselined: int = 0
    stale: int = 0
    """Accepted findings of the baseline that are no longer there."""
    fixed: Mapping[str, Counter[str]] = field(default_factory=dict)
    """Repairs that were applied: path, then code, then how many."""
    repaired_by: str = "fixed"
    """What was done about those findings, in a word: comments may have accepted them instead."""
    problems: tuple[Problem, ...] = ()
    """What was not looked at, and internal errors; they make the exit code 2."""
    rules: Mapping[str, RuleCard] = field(default_factory=dict)
    """The rules of the findings, by code."""
    fingerprints: Mapping[Finding, str] = field(default_factory=dict)
    quiet: bool = False
    """No summary: what was found, and nothing else."""

    @property
    def fixed_count(self) -> int:
        """How many repairs were applied."""
        return sum(sum(codes.values()) for codes in self.fixed.values())

    def fixable(self, applicability: Applicability) -> int:
        """How many findings have a fix that is exactly so applicable."""
        return sum(1 for f in self.findings if f.fix is not None and f.fix.applicability == applicability)


@dataclass(frozen=True, slots=True)
class Terminal:
    """How to write to where the report goes."""

    color: bool = False
    links: bool = False
    """Whether OSC 8 hyperlinks are understood."""

    def paint(self, text: str, *styles: str) -> str:
        """``text`` in the given styles, where colours are on."""
        if not self.color or not text:
            return text
        return f"\x1b[{';'.join(_SGR[style] for style in styles)}m{text}\x1b[0m"

    def link(self, text: str, url: str | None) -> str:
        """``text`` that opens ``url``, where there is one and the terminal has hyperlinks."""
        return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\" if self.links and url else text


_SGR = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


def rule_url(name: str) -> str | None:
    """The page of the rule ``name`` on the documentation site, None while no site is published."""
    return None if DOCUMENTATION is None else f"{DOCUMENTATION}/rules/{name}.html"


def relative_path(path: str) -> str:
    """``path`` as a repository's tools want it: from the current directory where it is below, with slashes."""
    absolute, here = os.path.abspath(file_of(path)), str(Path.cwd())
    if absolute.startswith(here.rstrip(os.sep) + os.sep):
        absolute = os.path.relpath(absolute, here)
    return absolute.replace(os.sep, "/")


def fix_marker(finding: Finding) -> str:
    """``[*]`` for a safe fix, ``[**]`` for an unsafe one, else nothing."""
    if finding.fix is None or finding.fix.applicability is Applicability.DISPLAY:
        return ""
    return "[*]" if finding.fix.applicability is Applicability.SAFE else "[**]"
