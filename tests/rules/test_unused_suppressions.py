"""What XDB901 says of a rule does not hang on which rules this process has met before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import dbdriver_lint

CODE = """\
a = 1  # dbdriver: ignore[async-migration-env] a rule that is off by default
b = 2  # dbdriver: ignore[unknown-url-dialect] was postgres
c = 3  # dbdriver: ignore[unknown-url-dialct] misspelt
"""


def test_a_rule_that_was_not_loaded_is_one_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "app.py").write_text(CODE)
    ran = subprocess.run(
        [sys.executable, "-m", "dbdriver_lint", "check", "--no-cache", "--output-format=json", "app.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(dbdriver_lint.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    found = {finding["start"]["line"]: finding["message"] for finding in json.loads(ran.stdout)["findings"]}
    assert list(found) == [2, 3], ran.stderr
    assert found[2].startswith("`# dbdriver: ignore` suppresses nothing for `unknown-url-dialect`")
    assert found[3].endswith("did you mean `unknown-url-dialect`?")
