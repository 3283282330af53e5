"""The soak on a tree that is small enough for every run, and what it takes for a difference."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING

import pytest
from soak import LOST, TO_REPAIR, Report, Soak, harmed, main, parse

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")

FEW = ("--plant=0", "--turns=1", "--kills=2", "--pause=0.1", "--repairs=2")
OLD = {"app/db.py": (0o644, b"old"), "app/same.py": (0o600, b"same")}
NEW = {"app/db.py": (0o644, b"new"), "app/same.py": (0o600, b"same")}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    for number, code in enumerate(random.Random(1).sample(TO_REPAIR, 6)):
        (folder / f"module{number}.py").write_bytes(code)
    (folder / "link.py").symlink_to("module0.py")
    return folder


def test_a_small_tree(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in tree.iterdir()}
    code = main([str(tree), *FEW])
    table = capsys.readouterr().out
    assert code == 0, table
    assert table.splitlines()[2].startswith("| app | 7 |")
    assert {path: path.read_bytes() for path in tree.iterdir()} == before


def test_old_and_repaired_files_are_unharmed() -> None:
    assert harmed(OLD, OLD, NEW) == ([], [])
    assert harmed(NEW, OLD, NEW) == ([], [])
    left = {**OLD, "app/.db.py.x1y2.tmp": (0o600, b"ne")}
    assert harmed(left, OLD, NEW) == ([], ["app/.db.py.x1y2.tmp"])


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        ({**OLD, "app/db.py": (0o644, b"ne")}, "app/db.py is neither as it was nor repaired"),
        ({**OLD, "app/db.py": (0o600, b"new")}, "app/db.py is neither as it was nor repaired"),
        ({"app/same.py": OLD["app/same.py"]}, "app/db.py is gone"),
        ({**OLD, "app/db.py.orig": (0o644, b"old")}, "app/db.py.orig is new"),
    ],
)
def test_a_harmed_file_is_told(now: dict[str, tuple[int, bytes]], sentence: str) -> None:
    assert harmed(now, OLD, NEW) == ([sentence], [])


def test_findings_may_be_missing_in_lost_files_only(tree: Path, tmp_path: Path) -> None:
    findings = ['{"path": "a.py"}', '{"path": "b.py"}']
    lost = {"path": "b.py", "message": f"internal error: {LOST}; please report it"}
    expected = Report(1, 0.1, findings)
    for said, differences in (
        (Report(1, 0.1, findings[::-1]), 0),
        (Report(2, 0.1, findings[:1], [lost]), 0),
        (Report(2, 0.1, findings[1:], [lost]), 2),
        (Report(1, 0.1, findings[:1]), 1),
        (Report(1, 0.1, [*findings, findings[0]]), 1),
        (Report(-9, 0.1, findings), 1),
    ):
        soak = Soak(tree, tmp_path / str(id(said)), parse([str(tree), *FEW]))
        soak.compare("killed", said, expected)
        assert len(soak.differences) == differences, soak.differences
