"""Finding Alembic environments: which configuration points at which env.py, and what its URL is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.project.alembic import configurations_for, drivername_of, find_environments

if TYPE_CHECKING:
    from pathlib import Path


def lay_out(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.mark.parametrize(
    ("ini", "location", "folder"),
    [
        ("alembic.ini", "migrations", "migrations"),
        ("alembic.ini", "%(here)s/db/alembic", "db/alembic"),
        ("alembic.ini", "app:migrations", "app/migrations"),
        ("alembic.ini", "app.db:migrations", "src/app/db/migrations"),
        ("backend/alembic.ini", "alembic", "backend/alembic"),
        ("conf/alembic.ini", "./migrations/", "migrations"),
    ],
)
def test_a_script_location_is_found(tmp_path: Path, ini: str, location: str, folder: str) -> None:
    lay_out(
        tmp_path,
        {
            ini: f"[alembic]\nscript_location = {location}\nsqlalchemy.url = postgresql+asyncpg://u:p%%40s@h/d\n",
            f"{folder}/env.py": "",
            f"{folder}/script.py.mako": "",
            "other/env.py": "",
            "other/script.py.mako": "",
            "node_modules/x/env.py": "",
            "node_modules/x/script.py.mako": "",
        },
    )
    found = {e.env: e.configurations for e in find_environments(tmp_path)}
    assert set(found) == {str(tmp_path / folder / "env.py"), str(tmp_path / "other/env.py")}
    (configuration,) = found[str(tmp_path / folder / "env.py")]
    assert configuration.url == "postgresql+asyncpg://u:p%40s@h/d"
    assert configuration.line == 3
    assert found[str(tmp_path / "other/env.py")] == ()


def test_several_sections_of_one_file(tmp_path: Path) -> None:
    lay_out(
        tmp_path,
        {
            "alembic.ini": "[users]\nscript_location = a\nsqlalchemy.url = sqlite:///a.db\n\n"
            "[orders]\nscript_location = b\nsqlalchemy.url = sqlite+aiosqlite:///b.db\n\n[loggers]\nkeys = root\n",
            "a/env.py": "",
            "b/env.py": "",
        },
    )
    assert [c.section for c in configurations_for(tmp_path, str(tmp_path / "a"))] == ["users"]
    (orders,) = configurations_for(tmp_path, str(tmp_path / "b"))
    assert drivername_of(orders.url) == "sqlite+aiosqlite"


def test_pyproject(tmp_path: Path) -> None:
    lay_out(tmp_path, {"pyproject.toml": '[tool.alembic]\nscript_location = "%(here)s/migrations"\n'})
    (configuration,) = configurations_for(tmp_path, str(tmp_path / "migrations"))
    assert configuration.section == "tool.alembic"
    assert configuration.url is None


@pytest.mark.parametrize(
    "url", ["driver://user:pass@localhost/dbname", "%(DATABASE_URL)s", "", "set by env.py", "${DATABASE_URL}"]
)
def test_a_placeholder_is_no_url(tmp_path: Path, url: str) -> None:
    lay_out(tmp_path, {"alembic.ini": f"[alembic]\nscript_location = m\nsqlalchemy.url = {url}\n"})
    (configuration,) = configurations_for(tmp_path, str(tmp_path / "m"))
    assert configuration.url is None


@pytest.mark.parametrize(
    "text", ["[alembic\nscript_location = m", "script_location = m", "\0script_location", "[a]\n=x\nscript_location"]
)
def test_a_broken_file_is_passed_over(tmp_path: Path, text: str) -> None:
    lay_out(tmp_path, {"alembic.ini": text, "pyproject.toml": "[tool.alembic\n"})
    assert configurations_for(tmp_path, str(tmp_path / "m")) == ()
