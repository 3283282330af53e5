"""Environment variables that files of the project set."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbdriver_lint.knowledge.urls import HOLE
from dbdriver_lint.project import environment
from dbdriver_lint.project.environment import settings_for

URL = "postgresql+asyncpg://u:p@h/db"


@pytest.fixture(autouse=True)
def _forget() -> None:
    environment.forget()


def known(folder: Path, *env_files: str) -> dict[str, list[tuple[str, str, int]]]:
    found = settings_for(folder, env_files)
    return {
        name: [(s.text.replace(HOLE, "{}"), Path(s.path).name, s.line) for s in settings]
        for name, settings in found.items()
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"DATABASE_URL={URL}\n", 1),
        (f"DATABASE_URL={URL}", 1),
        (f'# the database\n\nDATABASE_URL="{URL}"\n', 3),
        (f"A=1\nexport DATABASE_URL='{URL}'\n", 2),
        (f"DATABASE_URL = {URL} # comment\n", 1),
        (f"A=1\r\nDATABASE_URL={URL}\r\n", 2),
    ],
)
def test_env_file(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / ".env.example").write_bytes(text.encode())
    assert known(tmp_path) == {"DATABASE_URL": [(URL, ".env.example", line)]}


@pytest.mark.parametrize("name", [".env", ".env.example", ".env.local", "env.example", "prod.env", ".env-sample"])
def test_names_of_env_files(tmp_path: Path, name: str) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / name).write_text(f"DATABASE_URL={URL}")
    assert list(known(tmp_path)) == ["DATABASE_URL"]


@pytest.mark.parametrize(
    "environment_",
    [
        f"      DATABASE_URL: {URL}\n",
        f"      - DATABASE_URL={URL}\n",
        f"      - 'DATABASE_URL={URL}'\n",
    ],
)
@pytest.mark.parametrize("name", ["docker-compose.yml", "docker-compose.prod.yaml", "compose.yaml"])
def test_compose_file(tmp_path: Path, environment_: str, name: str) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / name).write_text(f"services:\n  api:\n    environment:\n{environment_}")
    assert known(tmp_path) == {"DATABASE_URL": [(URL, name, 4)]}


def test_compose_anchor(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "compose.yml").write_text(
        f"x-api: &api\n  environment:\n    DATABASE_URL: {URL}\nservices:\n  api:\n    <<: *api\n"
    )
    assert known(tmp_path) == {"DATABASE_URL": [(URL, "compose.yml", 3)]}


def test_interpolation_is_a_hole(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / ".env").write_text("DATABASE_URL=postgresql://${USER}:$PASSWORD@db:5432/app")
    (tmp_path / "compose.yml").write_text("services:\n  a:\n    environment:\n      B: 'postgresql://${U:-x}@db/a'\n")
    assert known(tmp_path) == {
        "DATABASE_URL": [("postgresql://{}:{}@db:5432/app", ".env", 1)],
        "B": [("postgresql://{}@db/a", "compose.yml", 4)],
    }


def test_what_is_no_database_url_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / ".env").write_text("REDIS_URL=redis://h\nSITE=https://h\nDATABASE_URL=${SCHEME}://h/db\nNAME=x")
    assert known(tmp_path) == {}


def test_different_drivers_are_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / ".env").write_text(f"DATABASE_URL={URL}\nOTHER={URL}")
    (tmp_path / "compose.yml").write_text(
        "services:\n  migrate:\n    environment:\n      DATABASE_URL: postgresql+psycopg://h/db\n"
    )
    assert list(known(tmp_path)) == ["OTHER"]


def test_files_above_up_to_the_project_s_root(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"OUTSIDE={URL}")
    app = tmp_path / "project" / "src" / "app"
    app.mkdir(parents=True)
    (tmp_path / "project" / "pyproject.toml").touch()
    (tmp_path / "project" / ".env").write_text(f"INSIDE={URL}")
    assert list(known(app)) == ["INSIDE"]


def test_setting_names_the_files(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / ".env").write_text(f"A={URL}")
    (tmp_path / "settings.env").write_text(f"B={URL}")
    assert list(known(tmp_path, str(tmp_path / "settings.env"))) == ["B"]


@pytest.mark.parametrize("text", ["services: [\n", "a: &a\n  environment: *a\n  b: '://'\n", "- ://\n", "\x00://"])
def test_broken_compose_file_sets_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "compose.yml").write_text(text)
    assert known(tmp_path) == {}
