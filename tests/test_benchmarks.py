"""The benchmarks measure what is there: a renamed function is noticed here, not at the next measurement."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_the_profile_names_phases_and_rules(tmp_path: Path) -> None:
    (tmp_path / "db.py").write_text(
        "from settings import URL\nfrom sqlalchemy import create_engine\n\nengine = create_engine(URL)\n"
    )
    (tmp_path / "settings.py").write_text('URL = "postgres://app@db.internal/app"\n')
    run = subprocess.run(
        [sys.executable, str(BENCHMARKS / "profile.py"), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    calls = {
        cells[1].strip(): cells[4].strip() for line in run.stdout.splitlines() if len(cells := line.split("|")) > 4
    }
    assert calls["gate"] == calls["reading"] == "2"
    assert calls["rule XDB102 unknown-url-dialect"] == "1"
    assert int(calls["ast to LibCST"]) >= 2
