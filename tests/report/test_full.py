from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbdriver_lint.fixes.apply import spliced
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.project.discovery import Problem
from dbdriver_lint.records import replace
from dbdriver_lint.report import render
from dbdriver_lint.report.frame import fix_diff
from dbdriver_lint.report.model import Terminal
from dbdriver_lint.source.text import SourceFile, Span

if TYPE_CHECKING:
    from conftest import MakeReport

    from dbdriver_lint.report.model import Report

SOURCE = """\
import os

URL = "postgresql://app:s3cret@db/app"


def connect():
\treturn create_async_engine("postgresql://app:s3cret@db/漢字", echo=True)
"""


def full(report: Report, terminal: Terminal | None = None) -> str:
    return render("full", report, terminal or Terminal())


def expect(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def test_frame_carets_related_place_and_fix(report_of: MakeReport) -> None:
    report = report_of(SOURCE, "postgresql://app:s3cret@db/漢", replacement="postgresql+asyncpg://", related="URL")
    assert full(report) == expect("""
        XDB103 [*] sync-driver-in-async-engine: The engine raises InvalidRequestError
         --> app/db.py:7:30
          |
        6 | def connect():
        7 |     return create_async_engine("postgresql://app:***@db/漢字", echo=True)
          |                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
        note: set here
         --> app/db.py:3:1
          |
        3 | URL = "postgresql://app:***@db/app"
          | ^^^
          |
        help: Use asyncpg
        6   def connect():
        7 -     return create_async_engine("postgresql://app:***@db/漢字", echo=True)
          +     return create_async_engine("postgresql+asyncpg://字", echo=True)

        Found 1 finding in 1 file of 3.
        [*] 1 fixable with `--fix`.
        """)


def test_a_span_over_several_lines(report_of: MakeReport) -> None:
    text = "x = 1\nengine = f(\n    1,\n\t2,\n)\ny = 2\n"
    assert full(report_of(text, "f(\n    1,\n\t2,\n)")) == expect("""
        XDB103 sync-driver-in-async-engine: The engine raises InvalidRequestError
         --> app/db.py:2:10
          |
        1 |   x = 1
        2 |   engine = f(
          |  __________^
        3 | |     1,
        4 | |     2,
        5 | | )
          | |_^
        6 |   y = 2
          |

        Found 1 finding in 1 file of 3.
        """)


def test_a_long_span_is_shortened(report_of: MakeReport) -> None:
    body = "".join(f"    x{n} = {n}\n" for n in range(30))
    report = report_of(f"class A:\n{body}", f"class A:\n{body}".rstrip())
    assert full(report) == expect("""
        XDB103 sync-driver-in-async-engine: The engine raises InvalidRequestError
          --> app/db.py:1:1
           |
         1 | / class A:
         2 | |     x0 = 0
         3 | |     x1 = 1
         4 | |     x2 = 2
        ... |
        30 | |     x28 = 28
        31 | |     x29 = 29
           | |____________^
           |

        Found 1 finding in 1 file of 3.
        """)


def test_the_end_of_a_span_at_the_start_of_a_line(report_of: MakeReport) -> None:
    assert "1 | x = 1\n  | ^^^^^\n" in full(report_of("x = 1\ny = 2\n", "x = 1\n"))


def test_carriage_returns_and_a_missing_last_newline(report_of: MakeReport) -> None:
    shown = full(report_of("x = 1\r\ny = 2", "2", replacement="3"))
    assert "1 | x = 1\n2 | y = 2\n  |     ^\n" in shown
    assert "2 - y = 2\n  + y = 3\n" in shown
    assert "\r" not in shown


def test_an_inserted_import_is_a_change_of_its_own(report_of: MakeReport) -> None:
    report = report_of(SOURCE, "URL", replacement="url")
    finding = report.findings[0]
    assert finding.fix is not None
    fix = replace(finding.fix, edits=(*finding.fix.edits, Edit(Span(10, 10), "import sys\n")))
    shown = full(replace(report, findings=(replace(finding, fix=fix),)))
    assert shown.index("1   import os\n  + import sys\n2\n") < shown.index("3 - URL = ")


def test_changes_side_by_side_show_no_line_twice(report_of: MakeReport) -> None:
    report = report_of("a\nb\nc\nd\n", "b", replacement="B")
    finding = report.findings[0]
    assert finding.fix is not None
    fix = replace(finding.fix, edits=(*finding.fix.edits, Edit(Span(4, 5), "C")))
    shown = full(replace(report, findings=(replace(finding, fix=fix),)))
    assert "1   a\n2 - b\n  + B\n3 - c\n  + C\n4   d\n" in shown


@given(
    st.lists(st.sampled_from(["a b", "c", "", "def f():"]), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 4), st.sampled_from(["", "Z", "i\n", "\ni", "Z\nY"]))),
)
def test_every_line_is_shown_once_and_in_order(lines: list[str], changes: list[tuple[int, int, str]]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    edits: list[Edit] = []
    for start, length, replacement in sorted(changes):
        if start + length <= len(text) and (not edits or start > edits[-1].span.end):
            edits.append(Edit(Span(start, start + length), replacement))
    fix = Fix("Repair it", tuple(edits), Applicability.SAFE)
    shown = fix_diff(SourceFile.from_text("a.py", text), fix, Terminal())
    labels = [(int(line[:1]), line) for line in shown if line[:1].isdigit()]
    assert [number for number, _ in labels] == sorted({number for number, _ in labels})
    for number, line in labels:
        assert line[4:] == lines[number - 1]
    # What is shown, put in the place of what it speaks of, is the repaired text.
    removed = {number for number, line in labels if line[2:3] == "-"}
    after = [line[4:] for line in shown if line[2:3] != "-"]
    kept = {number for number, _ in labels} - removed
    repaired = [line.rstrip() for line in spliced(text, edits).splitlines()]
    untouched = [line for number, line in enumerate(lines, 1) if number not in removed | kept]
    assert Counter(after) + Counter(untouched) == Counter(repaired)


def test_a_change_that_repairs_two_findings_is_shown_once(report_of: MakeReport) -> None:
    report = report_of("x = 1\n", "1", replacement="2")
    other = replace(report.findings[0], code="XDB104")
    shown = full(replace(report, findings=(*report.findings, other)))
    assert shown.count("+ x = 2") == 1
    assert "help: Use asyncpg: the same change as for XDB103 in line 1\n" in shown


@pytest.mark.parametrize(
    ("applicability", "marker", "note"),
    [
        (Applicability.SAFE, " [*] ", ""),
        (Applicability.UNSAFE, " [**] ", "note: this fix may change what the program does"),
        (Applicability.DISPLAY, " ", "note: this is a suggestion"),
    ],
)
def test_how_far_a_fix_may_be_trusted(
    report_of: MakeReport, applicability: Applicability, marker: str, note: str
) -> None:
    shown = full(report_of("x = 1\n", "1", replacement="2", applicability=applicability))
    assert shown.startswith(f"XDB103{marker}sync-driver")
    assert note in shown


def test_a_file_without_text(unreadable: Report) -> None:
    assert full(unreadable).startswith("XDB902 unreadable-file: permission denied\n --> a.py:1:1\n\nFound 1 finding")


def test_no_secret_and_no_escape_sequence(report_of: MakeReport) -> None:
    text = 'URL = "mysql://u:hunter2@h"  # \x1b[2J\u202e\n'
    report = report_of(
        text, "URL", message="`mysql://u:hunter2@h` \x1b[2J", replacement='"mysql://u:hunter2@h"', path="a\x1b.py"
    )
    shown = full(report)
    assert "hunter2" not in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "a\\x1b.py:1:1" in shown


def test_summary_counts_what_is_hidden_and_fixed(report_of: MakeReport) -> None:
    report = report_of("x = 1\n", "1", suppressed=4, baselined=2, stale=1, fixed={"b.py": Counter({"XDB102": 2})})
    assert full(report).partition("\n\n")[2] == expect("""
        Found 3 findings in 2 files of 3 (2 fixed, 1 remaining).
        Not shown: 4 suppressed by comments, 2 accepted by the baseline.
        Gone, but still in the baseline: 1; `dbdriver-lint baseline update` takes them out.
        """)


def test_nothing_found(unreadable: Report) -> None:
    clean = replace(unreadable, findings=(), checked=2)
    assert full(clean) == "All checks passed (2 files).\n"
    assert full(replace(clean, problems=(Problem("a", "b"),))) == ""


def test_colours_and_links(report_of: MakeReport, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b]8;;" not in full(report_of("x = 1\n", "1"), Terminal(color=True, links=True))
    monkeypatch.setattr("dbdriver_lint.report.model.DOCUMENTATION", "https://docs.example")
    shown = full(report_of("x = 1\n", "1"), Terminal(color=True, links=True))
    assert "\x1b]8;;https://docs.example/rules/sync-driver-in-async-engine.html" in shown
    assert "\x1b[31;1mXDB103\x1b[0m" in shown
    plain = full(report_of("x = 1\n", "1"), Terminal(color=True))
    assert "\x1b]8;;" not in plain
