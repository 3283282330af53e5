from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from dbdriver_lint.findings.model import Severity
from dbdriver_lint.fixes.edit import Applicability
from dbdriver_lint.project.discovery import Problem
from dbdriver_lint.report import FORMATS, render
from dbdriver_lint.report.model import Terminal
from dbdriver_lint.report.summary import applied_fixes, counted

if TYPE_CHECKING:
    from conftest import MakeReport

    from dbdriver_lint.report.model import Report

SOURCE = 'x = 1\nURL = "postgresql://app:s3cret@db/ü"  # 漢\n'


def show(name: str, report: Report) -> str:
    return render(name, report, Terminal())


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_shows_a_password(name: str, report_of: MakeReport) -> None:
    whole = '"postgresql://app:s3cret@db/ü"'
    report = report_of(
        SOURCE,
        whole,
        message="the password s3cret is in `postgresql://app:s3cret@db/ü`".replace("the password s3cret is in ", ""),
        replacement='"postgresql+asyncpg://app:s3cret@db/ü"',
        related="URL",
        problems=(Problem("a.py", "cannot connect to postgresql://app:s3cret@db"),),
    )
    assert "s3cret" not in show(name, report)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_takes_an_empty_report_and_a_file_without_text(name: str, unreadable: Report) -> None:
    from dbdriver_lint.records import replace

    assert "XDB902" in show(name, unreadable)
    assert "XDB902" not in show(name, replace(unreadable, findings=(), fingerprints={}))


def test_concise(report_of: MakeReport) -> None:
    report = report_of(SOURCE, "postgresql", replacement="x", message="two\nlines")
    assert show("concise", report) == (
        "app/db.py:2:8: XDB103 [*] two lines\nFound 1 finding in 1 file of 3.\n[*] 1 fixable with `--fix`.\n"
    )


def test_json(report_of: MakeReport) -> None:
    report = report_of(SOURCE, "postgresql", replacement="x", suppressed=2, fixed={"b.py": Counter({"XDB102": 2})})
    document = json.loads(show("json", report))
    assert document["version"] == 1
    (finding,) = document["findings"]
    assert finding["start"] == {"line": 2, "column": 8}
    assert finding["end"] == {"line": 2, "column": 18}
    assert finding["fix"] == {
        "title": "Use asyncpg",
        "applicability": "safe",
        "edits": [{"start": {"line": 2, "column": 8}, "end": {"line": 2, "column": 18}, "replacement": "x"}],
    }
    assert document["fixed"] == {"b.py": {"XDB102": 2}}
    assert document["summary"] == {"files": 3, "findings": 1, "fixed": 2, "suppressed": 2, "baselined": 0}


def test_json_leaves_out_edits_that_hold_a_password(report_of: MakeReport) -> None:
    report = report_of(SOURCE, "app:s3cret@db", replacement="app:s3cret@db2")
    assert json.loads(show("json", report))["findings"][0]["fix"]["edits"] is None
    assert "fixes" not in json.loads(show("sarif", report))["runs"][0]["results"][0]


def test_github(report_of: MakeReport) -> None:
    report = report_of(
        SOURCE,
        "postgresql",
        message="100 %\nsure",
        severity=Severity.WARNING,
        path="a,b:c/db.py",
        problems=(Problem("x", "y"),),
    )
    assert show("github", report).splitlines() == [
        (
            "::warning title=XDB103 sync-driver-in-async-engine,file=a%2Cb%3Ac/db.py,line=2,col=8,endColumn=18"
            "::a,b:c/db.py:2:8: XDB103 100 %25%0Asure"
        ),
        "::error title=dbdriver-lint::x: y",
    ]
    several = show("github", report_of("x = (\n1)\n", "(\n1)"))
    assert ",line=1,endLine=2::" in several
    assert "col=" not in several


def test_gitlab(report_of: MakeReport) -> None:
    (issue,) = json.loads(show("gitlab", report_of(SOURCE, "postgresql")))
    assert issue["location"] == {
        "path": "app/db.py",
        "positions": {"begin": {"line": 2, "column": 8}, "end": {"line": 2, "column": 18}},
    }
    assert issue["severity"] == "critical"
    assert len(issue["fingerprint"]) == 32


def test_sarif(report_of: MakeReport) -> None:
    report = report_of(
        SOURCE, "postgresql", replacement="x", applicability=Applicability.UNSAFE, related="URL", path="app dir/ü.py"
    )
    document = json.loads(show("sarif", report))
    assert document["version"] == "2.1.0"
    run: dict[str, Any] = document["runs"][0]
    assert run["columnKind"] == "unicodeCodePoints"
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["id"] == "XDB103"
    assert "helpUri" not in rule
    (result,) = run["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "app%20dir/%C3%BC.py"
    assert result["relatedLocations"][0]["message"] == {"text": "set here"}
    assert result["fixes"][0]["description"] == {"text": "Use asyncpg (unsafe)"}
    assert result["partialFingerprints"]["dbdriverLint/v1"]
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
    failed = report_of(SOURCE, "postgresql", problems=(Problem("", "broken"),))
    (invocation,) = json.loads(show("sarif", failed))["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False


def test_a_suggestion_is_no_sarif_fix(report_of: MakeReport) -> None:
    report = report_of(SOURCE, "postgresql", replacement="x", applicability=Applicability.DISPLAY)
    assert "fixes" not in json.loads(show("sarif", report))["runs"][0]["results"][0]


def test_junit(report_of: MakeReport) -> None:
    report = report_of(
        SOURCE, "postgresql", message='<b>"\x00', problems=(Problem("x", "y"), Problem("z", "w", fatal=False))
    )
    root = ElementTree.fromstring(show("junit", report))
    assert root.attrib == {"name": "dbdriver-lint", "tests": "2", "failures": "1", "errors": "1"}
    failure = root.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.attrib["message"] == '<b>"\\x00'
    clean = ElementTree.fromstring(show("junit", report_of(SOURCE, "URL", message="m")))
    assert clean.attrib["errors"] == "0"


def test_statistics_and_applied_fixes(report_of: MakeReport) -> None:
    report = report_of(SOURCE, "postgresql", replacement="x", fixed={"b.py": Counter({"XDB102": 2})})
    assert counted(report, Terminal(), "full").startswith("1  XDB103  [*]   sync-driver-in-async-engine\n")
    assert json.loads(counted(report, Terminal(), "json")) == [
        {"code": "XDB103", "name": "sync-driver-in-async-engine", "count": 1}
    ]
    assert applied_fixes(report, Terminal()) == ["Fixed 2 findings:", "- b.py:", "    2 × XDB102"]
