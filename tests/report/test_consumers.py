"""The machine formats, read by programs that other people wrote for them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.project.discovery import Problem
from dbdriver_lint.report import model, render
from dbdriver_lint.report.model import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import MakeReport

    from dbdriver_lint.report.model import Report

SOURCE = 'x = 1\nURL = "postgresql://app:s3cret@db/ü"  # 漢\n'


@pytest.fixture
def report(report_of: MakeReport) -> Report:
    """A report with everything in it."""
    problems = (Problem("z.py", "permission denied"), Problem("", "no git", fatal=False))
    return report_of(SOURCE, "postgresql", replacement="x", related="URL", problems=problems, message="<b> & 漢")


#: Which class of the standard's object model an object is, by the key that holds it or the list of it.
SARIF = {
    "": "SarifLog",
    "runs": "Run",
    "tool": "Tool",
    "driver": "ToolComponent",
    "rules": "ReportingDescriptor",
    "shortDescription": "MultiformatMessageString",
    "fullDescription": "MultiformatMessageString",
    "help": "MultiformatMessageString",
    "defaultConfiguration": "ReportingConfiguration",
    "properties": "PropertyBag",
    "invocations": "Invocation",
    "toolExecutionNotifications": "Notification",
    "results": "Result",
    "message": "Message",
    "description": "Message",
    "locations": "Location",
    "relatedLocations": "Location",
    "physicalLocation": "PhysicalLocation",
    "artifactLocation": "ArtifactLocation",
    "region": "Region",
    "deletedRegion": "Region",
    "fixes": "Fix",
    "artifactChanges": "ArtifactChange",
    "replacements": "Replacement",
    "insertedContent": "ArtifactContent",
}


@pytest.mark.parametrize("site", [None, "https://docs.example"])
def test_sarif_is_made_of_the_standards_objects(
    report: Report, unreadable: Report, site: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sarif_om")
    monkeypatch.setattr(model, "DOCUMENTATION", site)
    for one in (report, unreadable):
        document = json.loads(render("sarif", one, Terminal()))
        assert document["version"] == "2.1.0"
        assert list(_against_the_standard(document, "")) == []
        [run] = document["runs"]
        driver = run["tool"]["driver"]
        assert [driver["rules"][result["ruleIndex"]]["id"] for result in run["results"]] == [
            finding.code for finding in one.findings
        ]
        assert ("informationUri" in driver) == (site is not None)


def _against_the_standard(value: object, key: str) -> Iterator[str]:
    """What is in an object and not in the standard, and what the standard requires and is missing."""
    if isinstance(value, list):
        for item in value:
            yield from _against_the_standard(item, key)
    if not isinstance(value, dict) or key in ("properties", "partialFingerprints"):
        return  # free keys
    import attrs
    import sarif_om

    fields = {f.metadata["schema_property_name"]: f for f in attrs.fields(getattr(sarif_om, SARIF[key]))}
    yield from (f"{key}.{name} is unknown" for name in value.keys() - fields.keys())
    required = {name for name, field in fields.items() if field.default is attrs.NOTHING}
    yield from (f"{key}.{name} is missing" for name in required - value.keys())
    for name, inner in value.items():
        yield from _against_the_standard(inner, name)


def test_junit(report: Report) -> None:
    junitparser = pytest.importorskip("junitparser")
    suites = junitparser.JUnitXml.fromstring(render("junit", report, Terminal()).encode())
    assert (suites.tests, suites.failures, suites.errors) == (2, 1, 1)
    cases = [case for suite in suites for case in suite]
    assert [case.name for case in cases] == ["XDB103 sync-driver-in-async-engine at 2:8", "z.py"]
    [failure] = cases[0].result
    assert isinstance(failure, junitparser.Failure)
    assert failure.message == "<b> & 漢"
    for suite in suites:
        counted = (suite.tests, suite.failures, suite.errors)
        suite.update_statistics()
        assert counted == (suite.tests, suite.failures, suite.errors)


def test_gitlab_has_what_its_documentation_asks_for(report: Report) -> None:
    for issue in json.loads(render("gitlab", report, Terminal())):
        assert {"description", "check_name", "fingerprint", "severity", "location"} <= issue.keys()
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert not issue["location"]["path"].startswith(("/", "./"))
        assert isinstance(issue["location"]["positions"]["begin"]["line"], int)


def test_links_go_to_the_site_that_the_package_names() -> None:
    """Every link in a report is below the documentation that pyproject.toml names, so none is invented."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    site = project.get("urls", {}).get("Documentation")
    assert site == model.DOCUMENTATION
