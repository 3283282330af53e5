"""Code of the linted project is never imported or executed, and nothing is written outside of the project."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import dbdriver_lint
from dbdriver_lint.cli import main

BAD = 'from sqlalchemy import create_engine\n\nengine = create_engine("postgres://app@db.internal/app")\n'
SELECT = "--select=unknown-url-dialect"


@pytest.mark.parametrize(("jobs", "flags"), [("1", ()), ("2", ()), ("2", ("-P",))])
def test_no_code_of_the_project_runs(tmp_path: Path, jobs: str, flags: tuple[str, ...]) -> None:
    """Every name that Python, pytest, Alembic, flake8, YAML, pickle or the tool itself could load from the folder."""
    marker = tmp_path / "marker"
    evil = f"open({str(marker)!r}, 'a').write(__file__)\n"
    project = tmp_path / "project"
    names = (
        *("app.py", "conftest.py", "sitecustomize.py", "usercustomize.py", "setup.py", "settings.py", "noxfile.py"),
        *("migrations/env.py", "migrations/versions/a.py", "package/__init__.py", "package/settings.py"),
        *("yaml.py", "libcst/__init__.py", "sqlalchemy/__init__.py", "dotenv.py", "pathspec.py", "tomllib.py"),
        *(
            "dbdriver_lint/__init__.py",
            "dbdriver_lint/rules/evil.py",
            "encodings/evil.py",
            "ast.py",
            "json.py",
            "re.py",
        ),
        *("asyncpg.py", "psycopg2.py", "multiprocessing/__init__.py", "greenlet.py", "yaml_ft.py", "dbdriver_lint.py"),
        *("signal.py", "socket.py", "struct.py", "threading.py", "selectors.py", "os.py", "site.py", "pickle.py"),
    )
    code = (
        "import package.settings, settings\nfrom package import *\nfrom package.settings import URL\n"
        "from sqlalchemy import create_engine\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
        'from alembic import context\ncreate_async_engine(URL)\ncreate_engine("postgres://app:p@db.internal/app")\n'
        "create_engine(settings.URL)\n"
    )
    for name in names:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{evil}import os\nURL = os.environ.get('DATABASE_URL', 'postgresql://h/d')\n{code}")
    (project / "coded.py").write_text("# coding: evil\n" + code)
    (project / "migrations/script.py.mako").write_text("${open('" + str(marker) + "', 'w')}")
    (project / "alembic.ini").write_text("[alembic]\nscript_location = migrations\nsqlalchemy.url = %(evil)s\n")
    (project / "compose.yaml").write_text(
        f"services:\n  a:\n    environment: !!python/object/apply:os.system ['touch {marker}']\n"
    )
    (project / ".env").write_text(f"DATABASE_URL=postgresql://$(touch {marker})`touch {marker}`@h/d\n")
    (project / "pyproject.toml").write_text(
        '[tool.dbdriver-lint]\ntransform = "package.settings:transform"\npedantic = true\n'
        '[project]\nname = "x"\ndynamic = ["dependencies"]\n[tool.setuptools.dynamic]\n'
        'dependencies = {attr = "package.settings.URL"}\n[tool.alembic]\nscript_location = "migrations"\n'
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    # Only the tool's own folder is on the path, and that of the script, as where the command is installed.
    environment["PYTHONPATH"] = str(Path(dbdriver_lint.__file__).parents[1])
    script = tmp_path / "bin" / "dbdriver-lint"
    script.parent.mkdir()
    script.write_text(
        "import sys\nfrom dbdriver_lint.cli import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
    )
    command = [sys.executable, *flags, str(script)]
    for arguments in (
        ["check", "--select=all", "--jobs", jobs, "."],
        ["check", "--select=all", "--jobs", jobs, "--fix", "--unsafe-fixes", "."],
        ["engines", "."],
        ["config", "app.py"],
        ["doctor", "--project"],
        ["baseline", "create", "--jobs", jobs, "."],
    ):
        ran = subprocess.run(
            [*command, *arguments],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert "Traceback" not in ran.stderr
        assert not marker.exists(), (arguments, marker.read_text())
    assert "***" in ran.stdout or ran.returncode == 0


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    monkeypatch.chdir(folder)
    return folder


def test_a_link_out_of_the_project_is_linted_and_not_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outside = project.parent / "outside.py"
    outside.write_text(BAD)
    Path("link.py").symlink_to(outside)
    assert main([SELECT, "--fix", "."]) == 2
    out, err = capsys.readouterr()
    assert "XDB102" in out
    assert "link.py leads out of the project" in err
    assert outside.read_text() == BAD
    assert Path("link.py").is_symlink()
    assert main([SELECT, "--add-ignores=why", "link.py"]) == 2
    assert outside.read_text() == BAD


def test_a_link_inside_of_the_project_is_repaired_where_it_leads(project: Path) -> None:
    Path("other").mkdir()
    Path("other/real.py").write_text(BAD)
    Path("link.py").symlink_to("other/real.py")
    assert main([SELECT, "--fix", "link.py"]) == 0
    assert "postgresql://" in Path("other/real.py").read_text()
    assert Path("link.py").is_symlink()


def test_a_link_to_a_folder_outside_is_not_entered(project: Path) -> None:
    outside = project.parent / "outside"
    outside.mkdir()
    (outside / "db.py").write_text(BAD)
    Path("linked").symlink_to(outside)
    Path("circle").symlink_to(".")
    assert main([SELECT, "--fix", "."]) == 0
    assert (outside / "db.py").read_text() == BAD


def test_a_file_that_changes_while_it_is_read_is_left_alone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dbdriver_lint import run

    path = Path("db.py")
    path.write_text(BAD)
    read = run.read_regular

    def reading(name: str) -> bytes:
        data = read(name)
        path.write_text("mine = 1\n")
        return data

    monkeypatch.setattr(run, "read_regular", reading)
    assert main([SELECT, "--fix", "--jobs=1", "."]) == 2
    assert path.read_text() == "mine = 1\n"


def test_a_settings_file_cannot_make_another_file_a_baseline(project: Path) -> None:
    victim = project.parent / "victim"
    victim.write_text("mine\n")
    Path("db.py").write_text(BAD)
    Path("dbdriver-lint.toml").write_text('baseline = "../victim"\n')
    assert main(["baseline", "create", "."]) == 2
    assert main(["baseline", "update", "."]) == 2
    assert victim.read_text() == "mine\n"
