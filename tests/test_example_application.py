"""The example application: every mistake is found where it stands, and the good counterpart is silent."""

from __future__ import annotations

import json
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"

MISTAKES = {
    "app/billing.py": {"XDB102"},
    "app/database.py": {"XDB103", "XDB301"},
    "app/main.py": {"XDB106"},
    "app/migrate.py": {"XDB401"},
    "app/reports.py": {"XDB101", "XDB109", "XDB201"},
    "app/settings.py": {"XDB101"},
    "migrations/versions/0001_users.py": {"XDB402", "XDB403"},
}


def lint(folder: Path, *options: str) -> tuple[int, dict[str, set[str]]]:
    result = subprocess.run(
        [sys.executable, "-m", "dbdriver_lint", "check", "--output-format=json", *options, "."],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    found: dict[str, set[str]] = {}
    for finding in json.loads(result.stdout)["findings"]:
        found.setdefault(finding["path"], set()).add(finding["code"])
    return result.returncode, found


def test_every_mistake_is_found() -> None:
    assert lint(EXAMPLES / "bad") == (1, MISTAKES)


def test_the_good_application_is_silent() -> None:
    assert lint(EXAMPLES / "good") == (0, {})


def test_the_fixes_repair_what_they_can(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "bad", tmp_path / "shop")
    code, left = lint(tmp_path / "shop", "--fix", "--unsafe-fixes")
    assert code == 1
    assert left == {
        "app/database.py": {"XDB301"},
        "app/migrate.py": {"XDB401"},
        "app/reports.py": {"XDB101"},
        "app/settings.py": {"XDB101"},
    }
    for file in (tmp_path / "shop").rglob("*.py"):
        py_compile.compile(str(file), doraise=True)
    before = {file: file.read_bytes() for file in (tmp_path / "shop").rglob("*.py")}
    lint(tmp_path / "shop", "--fix", "--unsafe-fixes")
    assert before == {file: file.read_bytes() for file in (tmp_path / "shop").rglob("*.py")}


def test_both_applications_have_the_same_files() -> None:
    bad, good = (
        {file.relative_to(EXAMPLES / side) for file in (EXAMPLES / side).rglob("*.py")} for side in ("bad", "good")
    )
    assert bad == good
