from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.settings.load import SettingsError
from dbdriver_lint.settings.model import Settings
from dbdriver_lint.settings.patterns import matches
from dbdriver_lint.settings.select import check_selectors, decide, enabled_codes

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class FakeRule:
    code: str
    name: str
    group: str = "error"
    in_tests: bool = True


HARDCODED = FakeRule("XDB101", "hardcoded-driver-url", "design", in_tests=False)
DIALECT = FakeRule("XDB102", "unknown-url-dialect")
IMPLICIT = FakeRule("XDB105", "implicit-driver", "pedantic")
SSLMODE = FakeRule("XDB201", "sslmode-in-async-engine")
RULES = (HARDCODED, DIALECT, IMPLICIT, SSLMODE)


def codes(path: str = "app/db.py", **values: object) -> set[str]:
    return {code[3:] for code in enabled_codes(RULES, Settings(**values), path)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, {"101", "102", "201"}),
        ({"pedantic": True}, {"101", "102", "105", "201"}),
        ({"extend_select": ("implicit-driver",)}, {"101", "102", "105", "201"}),
        ({"select": ("XDB1",)}, {"101", "102", "105"}),
        ({"select": ("xdb2",)}, {"201"}),
        ({"select": ("error",)}, {"102", "201"}),
        ({"select": ("all",)}, {"101", "102", "105", "201"}),
        ({"select": ("XDB",)}, {"101", "102", "105", "201"}),
        ({"select": ("sslmode-in-async-engine",)}, {"201"}),
        ({"ignore": ("XDB1",)}, {"201"}),
        ({"ignore": ("design",)}, {"102", "201"}),
        # The most specific wins, whichever list it is in.
        ({"select": ("XDB102",), "ignore": ("XDB1",)}, {"102"}),
        ({"select": ("XDB1",), "ignore": ("XDB102",)}, {"101", "105"}),
        ({"select": ("all",), "ignore": ("design",)}, {"102", "105", "201"}),
        ({"select": ("XDB10",), "ignore": ("XDB1",)}, {"101", "102", "105"}),
        ({"select": ("XDB102",), "ignore": ("unknown-url-dialect",)}, set()),
        ({"ignore": ("XDB1",), "extend_select": ("XDB101",)}, {"101", "201"}),
    ],
)
def test_selection(values: dict[str, object], expected: set[str]) -> None:
    assert codes(**values) == expected


def test_test_code_is_spared_unless_the_rule_is_named() -> None:
    assert "101" not in codes("tests/test_db.py")
    assert "102" in codes("tests/test_db.py")
    assert "101" not in codes("src/conftest.py")
    assert "101" in codes("tests/test_db.py", select=("XDB101",))
    assert "101" not in codes("tests/test_db.py", select=("XDB1",))
    assert "101" in codes("tests/test_db.py", test_patterns=())
    assert "101" in codes("src/latest/contest.py")


def test_per_file_ignores(tmp_path: Path) -> None:
    values = {"per_file_ignores": (("scripts/*.py", ("XDB1", "design")),), "root": str(tmp_path)}
    assert codes(str(tmp_path / "scripts/a.py"), **values) == {"201"}
    assert codes(str(tmp_path / "app/a.py"), **values) == {"101", "102", "201"}
    # Also a rule that is named: the pattern was written for this file.
    assert codes(str(tmp_path / "scripts/a.py"), select=("XDB102",), **values) == set()


def test_reasons() -> None:
    settings = Settings(ignore=("XDB1",), per_file_ignores=(("a.py", ("XDB201",)),), origins=(("ignore", "x.toml"),))
    assert decide(DIALECT, settings, "b.py").reason == "ignore `XDB1` (x.toml)"
    assert decide(SSLMODE, settings, "b.py").reason == "on by default: group `error`"
    chosen = Settings(extend_select=("XDB105",), origins=(("extend_select", "sub/pyproject.toml"),))
    assert decide(IMPLICIT, chosen, "b.py").reason == "extend-select `XDB105` (sub/pyproject.toml)"
    assert decide(SSLMODE, settings, "a.py").reason == "per-file-ignores of `a.py` `XDB201`"
    assert "--pedantic" in decide(IMPLICIT, Settings(), "a.py").reason
    assert decide(DIALECT, Settings(select=("XDB2",)), "a.py").reason == "`select` does not name it"
    assert "test code" in decide(HARDCODED, Settings(), "test_a.py").reason


def test_a_group_of_its_own_for_a_harder_finding() -> None:
    assert not decide(IMPLICIT, Settings(), "a.py").enabled
    assert decide(IMPLICIT, Settings(), "a.py", group="error").enabled


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"select": ("XDB109",)}, "select: there is no rule, prefix or group `XDB109`; did you mean `XDB1"),
        ({"ignore": ("hardcoded-url",)}, "ignore: there is no rule, prefix or group `hardcoded-url`; did you mean"),
        (
            {"extend_select": ("pedant",)},
            "extend-select: there is no rule, prefix or group `pedant`; did you mean `pedantic`?",
        ),
        ({"per_file_ignores": (("a", ("E501",)),)}, "per-file-ignores: there is no rule, prefix or group `E501`"),
    ],
)
def test_a_selector_that_names_nothing(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_selectors(Settings(**values), RULES)  # type: ignore[arg-type]
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("tests/", "a/tests/b/c.py", True),
        ("tests/", "a/tests.py", False),
        ("tests/", "tests", False),
        ("test_*.py", "a/test_b.py", True),
        ("test_*.py", "test_x.py/b.py", True),
        ("a/b", "a/b/c.py", True),
        ("a/b", "x/a/b/c.py", False),
        ("/c.py", "c.py", True),
        ("/c.py", "a/c.py", False),
        ("**/gen/*.py", "x/gen/c.py", True),
        ("*.py", "a/b.py", True),
    ],
)
def test_patterns(tmp_path: Path, pattern: str, path: str, expected: bool) -> None:
    assert matches((pattern,), str(tmp_path / path), str(tmp_path)) is expected
    # The short way for simple patterns and the library agree.
    assert matches((pattern, "a\\*b"), str(tmp_path / path), str(tmp_path)) is expected


def test_a_later_pattern_takes_back(tmp_path: Path) -> None:
    patterns = ("gen/*", "!gen/keep.py")
    assert matches(patterns, str(tmp_path / "gen/a.py"), str(tmp_path))
    assert not matches(patterns, str(tmp_path / "gen/keep.py"), str(tmp_path))
