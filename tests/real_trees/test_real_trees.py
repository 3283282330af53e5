"""The default rules on published code: every finding was read, and a change shows here."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import check
import shortcuts
from trees import pinned


def fetched(tree: check.Tree) -> Path:
    """The tree's folder; without the index the test is skipped, but not in CI."""
    try:
        return tree.fetch()
    except OSError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"the package index cannot be reached: {error}")


def test_every_finding_was_read() -> None:
    verdicts = [verdict for rows in check.recorded().values() for verdict, _ in rows]
    assert set(verdicts) <= {"right", "wrong"}
    assert all(reason for rows in check.recorded().values() for _, reason in rows)


def test_the_record_is_about_pinned_trees() -> None:
    trees = {(tree.name, tree.version) for tree in pinned()}
    assert {(found.project, found.version) for found in check.recorded()} <= trees


def test_nearly_all_findings_are_right() -> None:
    verdicts = [verdict for rows in check.recorded().values() for verdict, _ in rows]
    assert verdicts.count("right") >= 0.9 * len(verdicts)


@pytest.mark.parametrize("tree", [tree for tree in pinned() if tree.subset], ids=lambda tree: tree.name)
def test_subset_gives_what_was_read(tree: check.Tree) -> None:
    fetched(tree)
    assert check.compare([tree]) == []


@pytest.mark.parametrize("name", ["fastapi-sqla", "flask-migrate", "dagster-postgres"])
def test_what_saves_time_takes_no_finding_away(name: str) -> None:
    [tree] = [tree for tree in pinned() if tree.name == name]
    lines, files, findings = shortcuts.differences(fetched(tree))
    assert lines == []
    assert files > 5
    assert findings
