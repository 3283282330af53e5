from __future__ import annotations

import ast

import pytest

from dbdriver_lint.findings.accept import accepting_edits
from dbdriver_lint.findings.model import Confidence, Finding, Severity
from dbdriver_lint.findings.suppressions import Suppressions
from dbdriver_lint.source.text import SourceFile, Span


def finding(source: SourceFile, statement: tuple[int, int] | None) -> Finding:
    start = source.text.index("MARK")
    place = source.position(start), source.position(start + 4)
    return Finding(
        "XDB102", "some-rule", "m", Severity.ERROR, Confidence.HIGH, "a.py", *place, Span(start, start + 4), statement
    )


@pytest.mark.parametrize(
    ("before", "statement", "after"),
    [
        ("x = MARK\n", (1, 1), "x = MARK  # dbdriver: ignore[some-rule] why\n"),
        ("x = MARK", (1, 1), "x = MARK  # dbdriver: ignore[some-rule] why"),
        ("x = MARK   \r\ny\r\n", (1, 1), "x = MARK  # dbdriver: ignore[some-rule] why\r\ny\r\n"),
        ("x = MARK  # type: ignore\n", (1, 1), "x = MARK  # type: ignore  # dbdriver: ignore[some-rule] why\n"),
        ("x = MARK  # dbdriver: ignore[other] old\n", (1, 1), "x = MARK  # dbdriver: ignore[other, some-rule] old\n"),
        ("f(\n  1,\n  MARK,\n)\n", (1, 4), "f(\n  1,\n  MARK,  # dbdriver: ignore[some-rule] why\n)\n"),
        ('x = """\nMARK\n"""\n', (1, 3), 'x = """\nMARK\n"""  # dbdriver: ignore[some-rule] why\n'),
        ("x = MARK + \\\n  1\n", (1, 2), "x = MARK + \\\n  1  # dbdriver: ignore[some-rule] why\n"),
        (
            'if x:\n\ty = """\nMARK\n""" + """\n""", \\\n  1\n',
            (2, 6),
            'if x:\n\ty = """\nMARK\n""" + """\n""", \\\n  1  # dbdriver: ignore[some-rule] why\n',
        ),
        (
            'if x:\n\ty = """\nMARK\n"""; z = """\n"""\n',
            (2, 4),
            'if x:\n\t# dbdriver: ignore[some-rule] why\n\ty = """\nMARK\n"""; z = """\n"""\n',
        ),
    ],
)
def test_the_comment_accepts_the_finding_and_changes_nothing_else(
    before: str, statement: tuple[int, int], after: str
) -> None:
    source = SourceFile.from_text("a.py", before)
    text = before
    for edit in reversed(accepting_edits(source, [finding(source, statement)], "why")):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    assert text == after
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(before))
    moved = text.count("\n", 0, text.index("MARK")) - before.count("\n", 0, before.index("MARK"))
    changed = SourceFile.from_text("a.py", text)
    again = finding(changed, (statement[0] + moved, statement[1] + moved))
    assert Suppressions.parse(changed).apply([again]).suppressed == 1


def test_findings_on_one_line_share_a_comment() -> None:
    from dbdriver_lint.records import replace

    source = SourceFile.from_text("a.py", "x = MARK\n")
    one = finding(source, (1, 1))
    (edit,) = accepting_edits(source, [one, one, replace(one, code="XDB103", name="other")], "")
    assert edit.replacement == "  # dbdriver: ignore[some-rule, other]"


def test_what_has_no_place_gets_no_comment() -> None:
    from dbdriver_lint.records import replace

    source = SourceFile.from_text("a.py", "x = MARK\n")
    one = finding(source, (1, 1))
    assert accepting_edits(source, [replace(one, span=None), replace(one, code="XDB901")], "") == []
