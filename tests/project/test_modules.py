"""Where the modules of a project are found from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dbdriver_lint.project.modules import Modules


def tree(root: Path, *files: str) -> Path:
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return root


def find(root: Path, importer: str, name: str, level: int = 0) -> str | None:
    found = Modules().find(name, level, str(root / importer))
    return None if found is None else Path(found.path).relative_to(root).as_posix()


@pytest.mark.parametrize(
    ("importer", "name", "level", "expected"),
    [
        ("app/db.py", "app.config", 0, "app/config.py"),
        ("app/db.py", "config", 1, "app/config.py"),
        ("app/db.py", "", 1, "app/__init__.py"),
        ("app/core/session.py", "config", 2, "app/config.py"),
        ("app/core/session.py", "app.core", 0, "app/core/__init__.py"),
        ("app/core/__init__.py", "session", 1, "app/core/session.py"),
        ("app/core/__init__.py", "config", 2, "app/config.py"),
        ("scripts/run.py", "helper", 0, "scripts/helper.py"),
        ("scripts/run.py", "app.config", 0, "app/config.py"),
        ("tests/test_db.py", "app.db", 0, "app/db.py"),
        ("app/db.py", "helper", 0, None),
        ("app/db.py", "app.missing", 0, None),
        ("app/db.py", "missing", 1, None),
    ],
)
def test_packages_scripts_and_relative_imports(
    tmp_path: Path, importer: str, name: str, level: int, expected: str | None
) -> None:
    tree(tmp_path, "pyproject.toml", "app/__init__.py", "app/db.py", "app/config.py", "app/core/__init__.py")
    tree(tmp_path, "app/core/session.py", "scripts/run.py", "scripts/helper.py", "tests/test_db.py")
    assert find(tmp_path, importer, name, level) == expected


def test_source_folder(tmp_path: Path) -> None:
    tree(
        tmp_path, "pyproject.toml", "src/shop/__init__.py", "src/shop/config.py", "tests/test_shop.py", "alembic/env.py"
    )
    assert find(tmp_path, "tests/test_shop.py", "shop.config") == "src/shop/config.py"
    assert find(tmp_path, "alembic/env.py", "shop") == "src/shop/__init__.py"


def test_namespace_packages(tmp_path: Path) -> None:
    tree(tmp_path, "pyproject.toml", "src/acme/billing/__init__.py", "src/acme/billing/db.py", "src/acme/core/url.py")
    assert find(tmp_path, "src/acme/billing/db.py", "acme.core.url") == "src/acme/core/url.py"
    assert find(tmp_path, "src/acme/billing/db.py", "acme.core") == "src/acme/core/__init__.py"
    assert find(tmp_path, "src/acme/billing/db.py", "acme") == "src/acme/__init__.py"


def test_folder_of_other_things_is_no_package(tmp_path: Path) -> None:
    tree(tmp_path, "pyproject.toml", "docker/Dockerfile", "app.py")
    assert find(tmp_path, "app.py", "docker") is None


def test_package_wins_over_module_and_module_over_namespace(tmp_path: Path) -> None:
    tree(tmp_path, "pyproject.toml", "app.py", "a/__init__.py", "a.py", "b/x.py", "b.py")
    assert find(tmp_path, "app.py", "a") == "a/__init__.py"
    assert find(tmp_path, "app.py", "b") == "b.py"


def test_stubs_are_no_modules(tmp_path: Path) -> None:
    tree(tmp_path, "pyproject.toml", "app.py", "config.pyi")
    assert find(tmp_path, "app.py", "config") is None


def test_packages_that_stand_beside_each_other(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    tree(tmp_path, "packages/api/pyproject.toml", "packages/api/src/api/__init__.py", "packages/api/src/api/db.py")
    tree(tmp_path, "packages/core/pyproject.toml", "packages/core/src/core/__init__.py")
    assert find(tmp_path, "packages/api/src/api/db.py", "core") == "packages/core/src/core/__init__.py"


def test_name_that_two_packages_have_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    tree(tmp_path, "one/src/core/__init__.py", "two/src/core/__init__.py", "three/src/api/__init__.py")
    assert find(tmp_path, "three/src/api/__init__.py", "core") is None


def test_nothing_is_found_outside_of_the_repository(tmp_path: Path) -> None:
    tree(tmp_path, "other.py", "repository/.git/HEAD", "repository/app.py")
    assert find(tmp_path, "repository/app.py", "other") is None


def test_change_is_seen(tmp_path: Path) -> None:
    tree(tmp_path, "pyproject.toml", "app.py")
    modules = Modules()
    assert modules.find("config", 0, str(tmp_path / "app.py")) is None
    assert not modules.changed()
    (tmp_path / "config.py").write_text("URL = 1")
    assert modules.changed()
    found = modules.find("config", 0, str(tmp_path / "app.py"))
    assert found is not None
    assert modules.read(found.path) == b"URL = 1"
    (tmp_path / "config.py").write_text("URL = 22")
    assert modules.changed()
    assert modules.read(found.path) == b"URL = 22"


def test_file_that_was_let_go_and_changed_is_seen(tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text("URL = 1")
    modules = Modules()
    path = str(tmp_path / "config.py")
    assert modules.read(path) == b"URL = 1"
    modules.let_go()
    assert modules.was_read(path)
    assert not modules.changed()
    (tmp_path / "config.py").write_text("URL = 22")
    assert modules.read(path) == b"URL = 22"
    assert modules.changed()


def test_file_that_cannot_be_read_has_nothing(tmp_path: Path) -> None:
    modules = Modules()
    assert modules.read(str(tmp_path / "missing.py")) is None
    big = tmp_path / "big.py"
    big.write_bytes(b"#" * 1_000_001)
    assert modules.read(os.fspath(big)) is None


def test_package_that_programs_are_started_in(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    tree(tmp_path, "backend/__init__.py", "backend/requirements.txt", "backend/app/__init__.py", "backend/app/db.py")
    tree(tmp_path, "backend/app/config.py", "other/__init__.py", "other/app/__init__.py", "other/app/main.py")
    assert find(tmp_path, "backend/app/db.py", "app.config") == "backend/app/config.py"
    assert find(tmp_path, "backend/app/db.py", "backend.app.config") == "backend/app/config.py"
    assert find(tmp_path, "other/app/main.py", "app.config") is None


def test_package_with_a_main_module_that_its_files_import_from(tmp_path: Path) -> None:
    """``cd app && uvicorn main:app``, though ``app`` has an ``__init__.py``."""
    (tmp_path / ".git").mkdir()
    tree(tmp_path, "app/__init__.py", "app/main.py", "app/config.py", "app/core/__init__.py", "app/core/db.py")
    tree(tmp_path, "lib/__init__.py", "lib/yaml.py", "lib/load.py", "top.py")
    assert find(tmp_path, "app/core/db.py", "config") == "app/config.py"
    assert find(tmp_path, "app/core/db.py", "top") == "top.py"
    assert find(tmp_path, "lib/load.py", "yaml") is None  # the library of that name


def test_either_of_a_started_package_and_what_is_above_it_is_neither(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    tree(tmp_path, "config.py", "app/__init__.py", "app/requirements.txt", "app/config.py", "app/main.py")
    tree(tmp_path, "app/models.py", "models/notes.txt", "models/data/__init__.py")
    assert find(tmp_path, "app/main.py", "config") is None
    assert find(tmp_path, "app/main.py", "app.config") == "app/config.py"
    assert find(tmp_path, "app/main.py", "models") == "app/models.py"


def test_source_folder_that_is_a_package_too(tmp_path: Path) -> None:
    """``src/__init__.py``: the folder is found on the way up, and as the place of sources."""
    (tmp_path / ".git").mkdir()
    tree(tmp_path, "alembic.ini", "src/__init__.py", "src/config.py", "src/migrations/env.py")
    assert find(tmp_path, "src/migrations/env.py", "config") == "src/config.py"
