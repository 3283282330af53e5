"""Twice as many comments, or codes in one, take twice as many steps: counted, not timed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.findings.accept import accepting_edits
from dbdriver_lint.findings.model import Confidence, Finding, Severity
from dbdriver_lint.findings.suppressions import Suppressions
from dbdriver_lint.rules.registry import all_rules
from dbdriver_lint.rules.suppression.unused_suppression import UnusedSuppression
from dbdriver_lint.source.text import SourceFile, Span

if TYPE_CHECKING:
    from collections.abc import Callable

FEW = 150
CODES = {rule.code for rule in all_rules()}
FORMS: dict[str, Callable[[int], str]] = {
    "codes": lambda n: "x = 1  # dbdriver: ignore[" + "XDB101, " * n + "]\n",
    "other codes": lambda n: "x = 1  # dbdriver: ignore[" + ",".join(f"XDB{i}" for i in range(n)) + "]\n",
    "noqa codes": lambda n: "x = 1  # noqa: " + "XDB101," * n + "\n",
    "in one comment": lambda n: "x = 1  " + "# dbdriver: ignore[XDB101] " * n + "\n",
    "beside": lambda n: "x = 1  # dbdriver: ignore[XDB101]\n" * n,
    "above": lambda n: "# dbdriver: ignore[XDB101]\nx = 1\n" * n,
    "stacked": lambda n: "# dbdriver: ignore[XDB101]\n" * n + "x = 1\n",
    "for the file": lambda n: "# dbdriver: ignore-file[XDB101]\n" * n,
    "blocks": lambda n: "# dbdriver: ignore-block[XDB101]\nif x:\n    y = '''\n'''\n" * n,
    "stacked for a block": lambda n: "# dbdriver: ignore-block[XDB101]\n" * n + "if x:\n" + "    y\n" * n,
    "noqa among long strings": lambda n: "x = 1  # noqa: XDB101\ny = '''\n'''\n" * n,
}
"""Comments that accept nothing, which is the more work."""


def calls(function: Callable[[], object]) -> int:
    """How many functions are called, of Python and of C."""
    count = 0

    def see(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def judge(text: str) -> int:
    source = SourceFile.from_text("a.py", text)
    suppressions = Suppressions.parse(source)
    unused = suppressions.apply([]).unused
    edits = [suppressions.repair(each, {}) for each in unused]
    drafts = list(UnusedSuppression.drafts(suppressions, unused, CODES, []))
    assert len(edits) == len(drafts)
    return len(drafts)


@pytest.mark.parametrize("form", FORMS)
def test_steps_grow_as_the_comments_do(form: str) -> None:
    few, many = FORMS[form](FEW), FORMS[form](2 * FEW)
    assert judge(few)
    assert calls(lambda: judge(many)) < 2.2 * calls(lambda: judge(few))


def test_steps_grow_as_the_accepted_findings_do() -> None:
    def accept(count: int) -> None:
        source = SourceFile.from_text("a.py", "x = 1  # dbdriver: ignore[XDB201]\n" * count)
        findings = [
            Finding(
                code="XDB102",
                name="unknown-url-dialect",
                message="m",
                severity=Severity.ERROR,
                confidence=Confidence.HIGH,
                path="a.py",
                start=source.position(start),
                end=source.position(start + 1),
                span=Span(start, start + 1),
            )
            for start in source.line_starts[:-1]
        ]
        assert len(accepting_edits(source, findings, "why")) == count

    assert calls(lambda: accept(2 * FEW)) < 2.2 * calls(lambda: accept(FEW))


def test_a_message_names_some_of_many_codes() -> None:
    source = SourceFile.from_text("a.py", "x = 1  # dbdriver: ignore[" + "XDB101," * 5_000 + "]\n")
    suppressions = Suppressions.parse(source)
    (draft,) = UnusedSuppression.drafts(suppressions, suppressions.apply([]).unused, CODES, [])
    assert "and 4,980 more" in draft.message
    assert len(draft.message) < 500
