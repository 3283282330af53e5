"""The named inputs of a file: all that its findings are made from, and what was looked for in vain."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dbdriver_lint.cli import main
from dbdriver_lint.project import forget
from dbdriver_lint.project.answers import questions_of
from dbdriver_lint.rules.alembic.async_driver_in_sync_env import AsyncDriverInSyncEnv
from dbdriver_lint.run import Options, Task, lint_file
from dbdriver_lint.settings.model import Settings

if TYPE_CHECKING:
    from pathlib import Path

ASYNC = "from sqlalchemy.ext.asyncio import create_async_engine\n"
SYNC_URL = "postgresql+psycopg2://db.internal/app"
FILES = {
    "pyproject.toml": '[project]\nname = "app"\ndependencies = ["sqlalchemy<2.1", "psycopg2"]\n',
    "dbdriver-lint.toml": 'extend = "shared.toml"\npedantic = true\n',
    "shared.toml": 'ignore = ["implicit-driver"]\n',
    "requirements.txt": "-r requirements/base.txt\n-r gone.txt\n",
    "requirements/base.txt": "alembic\n",
    ".env": f"DATABASE_URL={SYNC_URL}\n",
    "src/app/__init__.py": "",
    "src/app/db.py": f"from app.config import URL\n{ASYNC}engine = create_async_engine(URL)\n",
    "src/app/config.py": "from .parts import make\nURL = make('db.internal')\n",
    "src/app/parts/__init__.py": "from .urls import make\n",
    "src/app/parts/urls.py": "def make(host):\n    return f'postgresql+psycopg2://{host}/app'\n",
    "src/app/from_environment.py": f'import os\n{ASYNC}engine = create_async_engine(os.environ["DATABASE_URL"])\n',
    "src/app/unknown.py": f"from app.nowhere import URL\n{ASYNC}engine = create_async_engine(URL)\n",
    "src/app/quiet.py": "x = 1\n",
    "names/space/settings.py": f'URL = "{SYNC_URL}"\n',
    "names/use.py": f"from names.space.settings import URL\n{ASYNC}engine = create_async_engine(URL)\n",
    "migrations/env.py": AsyncDriverInSyncEnv.bad[0].code,
    "migrations/script.py.mako": "",
    "alembic.ini": "[alembic]\nscript_location = migrations\nsqlalchemy.url = postgresql+asyncpg://db.internal/app\n",
    "compose.yml": f"services:\n  web:\n    environment:\n      DATABASE_URL: {SYNC_URL}\n",
    "services/mail/pyproject.toml": '[project]\nname = "mail"\ndependencies = ["sqlalchemy>=2.1", "asyncpg"]\n',
    "services/mail/mail.py": f'{ASYNC}engine = create_async_engine("postgresql+asyncpg://h/d?sslmode=require")\n',
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "tree"
    for name, text in FILES.items():
        write(root / name, text)
    (root / ".git").mkdir()
    monkeypatch.chdir(root)
    return root


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    code = main(list(arguments))
    assert code in (0, 1)
    return json.loads(capsys.readouterr().out)


def inputs_of(capsys: pytest.CaptureFixture[str], path: str) -> dict[str, list[str]]:
    (one,) = document(capsys, "inputs", "--output-format", "json", path)["files"]
    assert one["path"] == path
    return {each["path"]: each["roles"] for each in one["inputs"]}


def findings(capsys: pytest.CaptureFixture[str], path: str) -> Any:
    return document(capsys, "check", "--no-cache", "--output-format", "json", path)["findings"]


def test_each_file_alone_with_its_inputs_has_the_same_findings(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_findings = judged = 0
    for name in sorted(name for name in FILES if name.endswith((".py", ".env", ".ini", ".yml"))):
        monkeypatch.chdir(tree)
        named = inputs_of(capsys, name)
        whole = findings(capsys, name)
        with_findings += bool(whole)
        alone = tmp_path / "alone" / name.replace("/", "-")
        for each in named:
            if (tree / each).is_dir():
                (alone / each).mkdir(parents=True)
            else:
                write(alone / each, (tree / each).read_text())
        monkeypatch.chdir(alone)
        assert findings(capsys, name) == whole, name
        judged += not name.endswith(".py") and bool(whole)
    assert with_findings >= 5
    assert judged == 2


def test_the_roles_of_the_inputs(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = inputs_of(capsys, "src/app/db.py")
    assert named["src/app/db.py"] == ["file"]
    assert named["src/app/config.py"] == ["content", "module"]
    assert named["src/app/parts/urls.py"] == ["content", "module"]
    assert named["src/app/__init__.py"] == ["package"]
    assert named["dbdriver-lint.toml"] == named["shared.toml"] == ["settings"]
    assert named["requirements/base.txt"] == ["content", "manifest"]
    assert named[".git"] == ["root"]
    assert ".env" not in named
    assert "src/app/quiet.py" not in named
    assert inputs_of(capsys, "src/app/from_environment.py")[".env"] == ["content", "variables"]
    environment = inputs_of(capsys, "migrations/env.py")
    assert environment["alembic.ini"] == ["content", "migrations"]
    assert environment["migrations/script.py.mako"] == ["migrations"]
    assert set(inputs_of(capsys, "src/app/quiet.py")) == {
        "src/app/quiet.py", "src/app/__init__.py", "dbdriver-lint.toml", "shared.toml"
    }  # fmt: skip


def test_a_file_beside_the_code_names_the_modules_that_judge_it(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = inputs_of(capsys, ".env")
    assert named["src/app/from_environment.py"] == ["content", "readers"]
    assert named["src/app/parts/urls.py"] == ["content", "module"]  # a reader's own input
    assert "src/app/quiet.py" not in named
    ini = inputs_of(capsys, "alembic.ini")
    assert ini["migrations/env.py"] == ["content", "migrations", "readers"]
    assert ini["migrations/script.py.mako"] == ["migrations"]


def test_who_judges_a_file_is_no_input_of_those_who_read_it(tree: Path) -> None:
    forget()
    lint_file(Task(".env", Settings()), Options())
    reader = "src/app/from_environment.py"
    lint_file(Task(reader, Settings()), Options())
    places = {question.place for question in questions_of(reader)}
    assert str(tree / ".env") in places
    assert str(tree / "src/app/db.py") not in places


def test_a_file_beside_no_code_says_so(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tree / "elsewhere/setup.py", "")
    write(tree / "elsewhere/.env", f"DATABASE_URL={SYNC_URL}\n")
    (one,) = document(capsys, "inputs", "--output-format", "json", "elsewhere/.env")["files"]
    assert {"what": "readers", "name": "", "from": "elsewhere"} in one["absent"]
    assert {each["path"]: each["roles"] for each in one["inputs"]}["elsewhere/setup.py"] == ["root"]


def test_what_is_not_there_is_named_too(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = document(capsys, "inputs", "--output-format", "json", "src/app/unknown.py")["files"]
    assert {"what": "module", "name": "app.nowhere", "from": "src/app"} in one["absent"]
    assert {"what": "file", "name": "gone.txt", "from": "."} in one["absent"]


def test_the_text(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inputs", "src/app/unknown.py", "src/app/quiet.py"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "src/app/quiet.py:"
    assert lines[1].startswith("  dbdriver-lint.toml")
    assert "  src/app/unknown.py  (file)" in lines[lines.index("src/app/unknown.py:") :]
    assert "  not there: module app.nowhere, looked for from src/app" in lines


def test_a_missing_file_is_told(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inputs", "src/app/gone.py", "src/app/quiet.py"]) == 2
    told = capsys.readouterr()
    assert main(["inputs", "src"]) == 0
    whole = capsys.readouterr().out
    assert [line for line in whole.splitlines() if line.endswith("quiet.py:")] == ["src/app/quiet.py:"]
    assert whole.count(":\n") >= 7
    assert told.err == "error: src/app/gone.py: no such file or directory\n"
    assert "src/app/quiet.py:" in told.out
