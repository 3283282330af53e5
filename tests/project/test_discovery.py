from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dbdriver_lint.project.discovery import Problem, discover, is_excluded
from dbdriver_lint.settings.load import SettingsFinder
from dbdriver_lint.settings.model import Settings


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(*names: str) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")


def git(*arguments: str) -> None:
    subprocess.run(["git", "-c", "init.defaultBranch=main", *arguments], check=True, capture_output=True)


def found(*paths: str, **overrides: object) -> list[str]:
    result = discover(paths or (".",), SettingsFinder(overrides=overrides).for_file)
    assert [problem for problem in result.problems if problem.fatal] == []
    return [Path(file).as_posix() for file in result.files]


@pytest.fixture(params=["git", "plain"])
def anywhere(request: pytest.FixtureRequest, tree: Path) -> Path:
    """A directory in a repository, and one outside of any: the same files are found."""
    if request.param == "git":
        git("init")
    return tree


def test_python_files_sorted_each_once(anywhere: Path) -> None:
    write("b.py", "a/c.pyi", "a/b.py", "a/notes.txt", "a/x.pyc")
    assert found() == ["a/b.py", "a/c.pyi", "b.py"]
    assert found("b.py", ".", "./a") == ["a/b.py", "a/c.pyi", "b.py"]
    assert found("a") == ["a/b.py", "a/c.pyi"]
    assert found(str(anywhere / "a")) == [f"{anywhere.as_posix()}/a/b.py", f"{anywhere.as_posix()}/a/c.pyi"]


def test_gitignore(anywhere: Path) -> None:
    write("keep.py", "gen/a.py", "sub/gen/a.py", "sub/local.py", "sub/kept.py", "top.py", "sub/top.py")
    Path(".gitignore").write_text("gen/\n/top.py\n", encoding="utf-8")
    Path("sub/.gitignore").write_text("*.py\n!kept.py\n", encoding="utf-8")
    assert found() == ["keep.py", "sub/kept.py"]
    assert found("sub") == ["sub/kept.py"]
    assert "gen/a.py" in found(respect_gitignore=False)
    assert found("gen/a.py") == ["gen/a.py"]  # named itself
    assert found("gen") == ["gen/a.py"]


def test_environments_and_caches_are_skipped(anywhere: Path) -> None:
    write(
        "a.py",
        "node_modules/x.py",
        ".history/a.py",
        "__pycache__/x.py",
        ".tox/py/x.py",
        "env/lib/x.py",
        "env/pyvenv.cfg",
    )
    write("build/lib/a.py", "pkg/build/__init__.py", "pkg/build/a.py", "conda/conda-meta/history", "conda/lib/y.py")
    assert found() == ["a.py", "pkg/build/__init__.py", "pkg/build/a.py"]
    # What is named is searched all the same.
    assert found("env/lib") == ["env/lib/x.py"]
    assert found("node_modules") == ["node_modules/x.py"]


def test_exclude_by_the_nearest_settings(anywhere: Path) -> None:
    write("a.py", "old/a.py", "sub/old/b.py", "sub/legacy/b.py")
    Path("dbdriver-lint.toml").write_text('exclude = ["old/"]', encoding="utf-8")
    Path("sub/dbdriver-lint.toml").write_text('exclude = ["/legacy"]', encoding="utf-8")
    assert found() == ["a.py", "sub/old/b.py"]
    assert found(exclude=("sub",)) == ["a.py", "sub/old/b.py"]  # relative to the settings file in sub/
    assert found("old/a.py") == ["old/a.py"]
    assert found("old/a.py", "a.py", force_exclude=True) == ["a.py"]
    assert found("old", force_exclude=True) == []


def test_force_exclude_covers_built_in_directories(tree: Path) -> None:
    settings = Settings(root=str(tree))
    write("env/pyvenv.cfg")
    assert is_excluded("node_modules/a.py", settings)
    assert is_excluded("env/lib/a.py", settings)
    assert not is_excluded("src/a.py", settings)


def test_tracked_files_count_deleted_ones_do_not(tree: Path) -> None:
    git("init")
    write("tracked.py", "gone.py", "new.py")
    Path(".gitignore").write_text("tracked.py\n", encoding="utf-8")
    git("add", "-f", "tracked.py", "gone.py")
    Path("gone.py").unlink()
    assert found() == ["new.py", "tracked.py"]


def test_nested_repository_and_submodule(tree: Path) -> None:
    git("init")
    write("a.py", "inner/b.py", "inner/.venv/x.py", "inner/ignored.py")
    git("init", "inner")
    Path("inner/.gitignore").write_text("ignored.py\n", encoding="utf-8")
    assert found() == ["a.py", "inner/b.py"]


def test_the_environment_of_a_hook_does_not_mislead(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("init")
    write("a.py")
    monkeypatch.setenv("GIT_DIR", "/nonexistent/.git")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nonexistent/index")
    assert found() == ["a.py"]


def test_without_git_the_ignore_files_above_count(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("init")
    write("src/a.py", "src/gen/b.py")
    Path(".gitignore").write_text("gen/\n", encoding="utf-8")
    monkeypatch.setenv("PATH", "")
    assert found("src") == ["src/a.py"]
    assert found("src/gen") == ["src/gen/b.py"]


def test_a_repository_cannot_make_us_run_a_program(tree: Path) -> None:
    git("init")
    write("a.py")
    hook = tree / "hook.sh"
    hook.write_text(f"#!/bin/sh\ntouch {tree}/ran\n", encoding="utf-8")
    hook.chmod(0o755)
    git("config", "core.fsmonitor", str(hook))
    assert found() == ["a.py"]
    assert not (tree / "ran").exists()


def test_names_with_odd_characters(anywhere: Path) -> None:
    names = ["mit leer.py", "zeile\nzwei.py", "ü.py"]
    write(*names)
    assert found() == sorted(names)


def test_what_is_missing_is_one_problem_and_the_rest_is_found(tree: Path) -> None:
    write("a.py")
    result = discover(["nowhere.py", "a.py"], SettingsFinder().for_file)
    assert result.files == ["a.py"]
    assert result.problems == [Problem("nowhere.py", "no such file or directory")]


def test_a_pipe_is_no_source(tree: Path) -> None:
    os.mkfifo("p.py")
    result = discover(["p.py"], SettingsFinder().for_file)
    assert result.files == []
    assert result.problems == [Problem("p.py", "neither a file nor a directory")]


def test_dangling_links_and_circles_are_left_to_the_reader(anywhere: Path) -> None:
    write("a.py")
    Path("dangling.py").symlink_to("nowhere.py")
    Path("loop.py").symlink_to("loop.py")
    Path("up").symlink_to(".")
    assert found() == ["a.py", "dangling.py", "loop.py"]
    assert found("loop.py") == ["loop.py"]


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not stop root")
def test_a_closed_directory_is_one_problem(anywhere: Path) -> None:
    write("a.py", "closed/b.py")
    Path("closed").chmod(0)
    try:
        result = discover(["."], SettingsFinder().for_file)
    finally:
        Path("closed").chmod(0o700)
    assert result.files == ["a.py"]
    assert result.problems == [Problem("closed", "directory not searched: permission denied")]


def test_a_directory_that_cannot_be_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(f"{tmp_path}/a.py", f"{tmp_path}/closed/b.py")
    scandir = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    monkeypatch.chdir(tmp_path)
    result = discover(["."], SettingsFinder().for_file)
    assert result.files == ["a.py"]
    assert result.problems == [Problem("closed", "directory not searched: permission denied")]
