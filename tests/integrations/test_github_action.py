"""The steps of `action.yml`, run as GitHub's runner runs them: with bash, variables and an action folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")
pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")

ROOT = Path(__file__).parents[2]
BAD = 'from sqlalchemy import create_engine\n\nengine = create_engine("postgres://h/d")\n'


@pytest.fixture(scope="module")
def steps() -> list[dict[str, object]]:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert action["runs"]["using"] == "composite"
    used = {word for step in action["runs"]["steps"] for word in str(step).split() if word.startswith("inputs.")}
    assert used == {f"inputs.{name}" for name in action["inputs"]}
    return list(action["runs"]["steps"])


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, steps: list[dict[str, object]]) -> Path:
    """A runner's folder for temporary files, with the first step done from a copy of what would be checked out."""
    path = tmp_path_factory.mktemp("runner")
    checkout = path / "action"
    checkout.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "action.yml"):
        shutil.copy(ROOT / name, checkout / name)
    shutil.copytree(ROOT / "dbdriver_lint", checkout / "dbdriver_lint", ignore=shutil.ignore_patterns("__pycache__"))
    installed = bash(str(steps[0]["run"]), path, cwd=path)
    if any(sign in installed.stderr for sign in ("No matching distribution", "NewConnectionError", "ConnectTimeout")):
        pytest.skip("the package index cannot be reached, so the action cannot install the linter")
    assert installed.returncode == 0, installed.stderr
    return path


def bash(script: str, runner: Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    environment |= {"RUNNER_TEMP": str(runner), "GITHUB_ACTION_PATH": str(runner / "action")}
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]
    return subprocess.run(command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False)


def test_it_annotates_and_fails(runner: Path, steps: list[dict[str, object]], tmp_path: Path) -> None:
    for name, text in {"app/db.py": BAD, "other/db.py": BAD, "good.py": "x = 1\n"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    lint = str(steps[1]["run"])
    found = bash(lint, runner, tmp_path, PATHS="app good.py", ARGUMENTS="")
    assert found.returncode == 1
    assert found.stdout.startswith("::error title=XDB102 unknown-url-dialect,file=app/db.py,line=3,")
    assert "other" not in found.stdout
    clean = bash(lint, runner, tmp_path, PATHS=".", ARGUMENTS="--ignore XDB102 --output-format concise")
    assert clean.returncode == 0, clean.stderr
    assert clean.stdout == "All checks passed (3 files).\n"
    hostile = bash(lint, runner, tmp_path, PATHS="good.py; touch $(echo made)", ARGUMENTS="")
    assert hostile.returncode == 2
    assert not (tmp_path / "made").exists()
