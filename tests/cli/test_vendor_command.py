"""`dbdriver-lint vendor`: the runtime inside a project, without dbdriver-lint."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from published import PUBLISHED

from dbdriver_lint import __version__, runtime
from dbdriver_lint.cli import main
from dbdriver_lint.cli.vendor import MARK

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def module(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    path = tmp_path / "src" / "app" / "urls.py"
    assert main(["vendor", str(path)]) == 0
    return path


def loaded(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("vendored_urls", path)
    assert spec is not None
    assert spec.loader is not None
    result = importlib.util.module_from_spec(spec)
    sys.modules["vendored_urls"] = result  # dataclasses look their module up
    spec.loader.exec_module(result)
    return result


def test_same_results(module: Path) -> None:
    vendored = loaded(module)
    for url in (
        "postgres://u:p%40@h/d?sslmode=require&channel_binding=prefer",
        "u:p@h:5433/d",
        "postgres://u:p@a:1,b:2/d",
    ):
        for driver in ("psycopg2", "psycopg", "asyncpg"):
            assert vendored.transform_url_for_driver(url, driver) == runtime.transform_url_for_driver(url, driver)
    assert vendored.engine_arguments("postgres://u:p@h/d", "pg8000") == runtime.engine_arguments(
        "postgres://u:p@h/d", "pg8000"
    )
    assert vendored.DatabaseUrls("u:p@h/d").application == runtime.DatabaseUrls("u:p@h/d").application
    with pytest.raises(vendored.DatabaseUrlError, match="unknown driver"):
        vendored.transform_url_for_driver("u:p@h/d", "nosuch")


def test_same_results_for_every_published_url(module: Path) -> None:
    """The same URL, the same ``connect_args`` (but for contexts, which need their files) or the same refusal."""

    def outcome(offered: Any, url: str, driver: str, ssl: str | None) -> object:
        try:
            found, arguments = offered.engine_arguments(url, driver, ssl=ssl)
        except (ValueError, OSError) as error:
            return type(error).__name__, str(error)
        return found, {key: getattr(value, "__name__", type(value).__name__) for key, value in arguments.items()}

    vendored = loaded(module)
    for row in PUBLISHED:
        for driver in row.forms:
            for ssl in (None, "require"):
                assert outcome(vendored, row.url, driver, ssl) == outcome(runtime, row.url, driver, ssl)


def test_it_needs_nothing_of_us(module: Path) -> None:
    code = "import sys, urls; urls.transform_url_for_driver('u:p@h/d', 'asyncpg'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=module.parent, capture_output=True, text=True, check=True)
    assert "dbdriver_lint" not in done.stdout


@pytest.mark.skipif(not (find_spec("mypy") and find_spec("ruff")), reason="mypy or ruff is not installed")
def test_it_is_typed_and_formatted(module: Path) -> None:
    for command in (["mypy", "--strict", "--no-incremental"], ["ruff", "check", "--isolated", "--line-length", "120"],
                    ["ruff", "check", "--isolated", "--select", "I"],
                    ["ruff", "format", "--isolated", "--line-length", "120", "--check"]):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", *command, str(module)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_header_names_origin_and_version(module: Path) -> None:
    head = module.read_text()[:600]
    assert f"{MARK} {__version__}" in head
    assert "dbdriver_lint.runtime" in head


def test_check(module: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vendor", "--check", str(module)]) == 0
    text = module.read_text()
    module.write_text(text.replace("\n\n\n", "\n\n").replace("Do not edit", "Please do not edit"))
    assert main(["vendor", "--check", str(module)]) == 0, "a formatter may have been there"
    module.write_text(text.replace('"sslmode"', '"ssl_mode"', 1))
    assert main(["vendor", "--check", str(module)]) == 1
    assert "out of date" in capsys.readouterr().out
    module.unlink()
    assert main(["vendor", "--check", str(module)]) == 1


def test_setting(module: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = 'transform = "app.urls:transform_url_for_driver"'
    pyproject = module.parents[2] / "pyproject.toml"
    assert pyproject.read_text() == f'[project]\nname = "x"\n\n[tool.dbdriver-lint]\n{line}\n'
    pyproject.write_bytes(b'[tool.dbdriver-lint]\r\ntransform = "a:b"\r\nselect = ["XDB"]\r\n[tool.x]\r\ny = 1\r\n')
    assert main(["vendor", str(module)]) == 0
    assert pyproject.read_bytes() == (
        f'[tool.dbdriver-lint]\r\n{line}\r\nselect = ["XDB"]\r\n[tool.x]\r\ny = 1\r\n'.encode()
    )
    (pyproject.parent / "dbdriver-lint.toml").write_text('[per-file-ignores]\n"a" = ["XDB"]\n')
    assert main(["vendor", str(module)]) == 0
    assert (pyproject.parent / "dbdriver-lint.toml").read_text().startswith(f"{line}\n[per-file")


def test_other_files_are_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "urls.py"
    path.write_text("mine = 1\n")
    assert main(["vendor", str(path)]) == 2
    assert path.read_text() == "mine = 1\n"
    assert main(["vendor", "--force", "--no-settings", str(path)]) == 0
    assert MARK in path.read_text()
    assert main(["vendor", str(tmp_path / "no-module.py")]) == 2
