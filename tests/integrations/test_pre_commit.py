"""The hooks, through the real pre-commit: it clones what is here and installs it in an environment of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    find_spec("pre_commit") is None or shutil.which("git") is None, reason="pre-commit or git is not installed"
)

ROOT = Path(__file__).parents[2]
SHIPPED = ("dbdriver_lint", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
BAD = (
    'from sqlalchemy import create_engine\n\nengine = create_engine("postgres://h/d")  # the hosting platform\'s URL\n'
)
URL = "postgresql+asyncpg://app@db.internal/app?sslmode=require"
READER = (
    "import os\n\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n"
    'engine = create_async_engine(os.environ["DATABASE_URL"])\n'
)
ENV = (
    "from alembic import context\nfrom sqlalchemy.ext.asyncio import async_engine_from_config\n\n"
    "config = context.config\nsection = config.get_section(config.config_ini_section, {})\n"
    'connectable = async_engine_from_config(section, prefix="sqlalchemy.")\n'
    "context.configure(connection=connectable)\nwith context.begin_transaction():\n    context.run_migrations()\n"
)
NO_INDEX = re.compile(
    r"No matching distribution|NewConnectionError|name resolution|Network is unreachable|Max retries|ConnectTimeout"
)


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A throw-away repository with one bad and one good file, and what should not be looked at."""
    path = tmp_path_factory.mktemp("repository")
    cell = {"cell_type": "code", "source": BAD, "metadata": {}, "outputs": [], "execution_count": None}
    notebook = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    for name, text in {
        "app/db.py": BAD,
        "analysis.ipynb": notebook,
        "good.py": "x = 1\n",
        "notes.txt": BAD,
        "legacy/db.py": BAD,
        "deploy/.env.example": f"DATABASE_URL={URL}\n",
        "docker-compose.yml": f"services:\n  api:\n    environment:\n      DATABASE_URL: {URL}\n",
        "alembic.ini": f"[alembic]\nscript_location = migrations\nsqlalchemy.url = {URL}\n",
        "tox.ini": f"[alembic]\nscript_location = migrations\nsqlalchemy.url = {URL}\n",
        "migrations/env.py": ENV,
        "migrations/script.py.mako": "",
        "deploy/reader.py": READER,
    }.items():
        file = path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (path / "pyproject.toml").write_text('[tool.dbdriver-lint]\nexclude = ["legacy/"]\n', encoding="utf-8")
    run("git", "init", "--quiet", cwd=path)
    run("git", "add", ".", cwd=path)
    return path


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of this project as it is now, new files included, which pre-commit would leave out."""
    path = tmp_path_factory.mktemp("hooks")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, path / name)
    run("git", "init", "--quiet", cwd=path)
    run("git", "add", ".", cwd=path)
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    committed = run("git", *identity, "commit", "--quiet", "--message=all", cwd=path)
    assert committed.returncode == 0, committed.stderr
    return path


@pytest.fixture(scope="module")
def tried(hooks: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `pre-commit try-repo` says when it runs all hooks on all files."""
    result = run(
        *(sys.executable, "-m", "pre_commit", "try-repo", str(hooks), "--all-files", "--verbose", "--color=never"),
        cwd=repository,
        PRE_COMMIT_HOME=str(tmp_path_factory.mktemp("pre-commit")),
    )
    output = result.stdout + result.stderr
    if NO_INDEX.search(output):
        pytest.skip("the package index cannot be reached, so pre-commit cannot install the hooks")
    assert result.returncode == 1, output
    return output


def section(output: str, hook: str) -> str:
    """What pre-commit printed for one hook."""
    [found] = re.findall(rf"- hook id: {hook}\n(.*?)(?=\n\S[^\n]*\n- hook id:|\Z)", output, re.DOTALL)
    return found


def test_the_hook_reports(tried: str) -> None:
    text = section(tried, "dbdriver-lint")
    assert "- exit code: 1" in text
    assert re.search(r"app/db\.py:3:\d+", text)
    assert re.search(r"analysis\.ipynb:cell 1:3:\d+", text)
    assert "XDB102" in text


def test_only_python_files_that_are_not_excluded(tried: str) -> None:
    assert "notes.txt" not in tried
    assert "legacy" not in tried


def test_the_hook_for_configuration_files(tried: str) -> None:
    text = section(tried, "dbdriver-lint-config")
    assert "- exit code: 1" in text
    for place in ("alembic.ini:3:", "deploy/.env.example:1:", "docker-compose.yml:4:"):
        assert place in text
    assert text.count("XDB201") == 3
    assert "tox.ini" not in tried


def test_the_fixing_hook_repairs(tried: str, repository: Path) -> None:
    assert "files were modified by this hook" in section(tried, "dbdriver-lint-fix")
    fixed = (repository / "app" / "db.py").read_text(encoding="utf-8")
    assert fixed == BAD.replace("postgres://", "postgresql://")
    assert (repository / "legacy" / "db.py").read_text(encoding="utf-8") == BAD
