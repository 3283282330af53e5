"""Settings that name a driver or a version that there is not are refused, by every command that reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbdriver_lint.cli import main
from dbdriver_lint.project.validate import check_names
from dbdriver_lint.settings.load import SettingsError, decode


@pytest.mark.parametrize(
    ("key", "name", "reason"),
    [
        ("async-driver", "asynpg", "there is no driver `asynpg` for async engines; did you mean `asyncpg`?"),
        ("async-driver", "AsyncPG", "there is no driver `AsyncPG` for async engines; did you mean `asyncpg`?"),
        (
            *("async-driver", "postgresql+asyncpg"),
            "there is no driver `postgresql+asyncpg` for async engines; did you mean `asyncpg`?",
        ),
        ("async-driver", "psycopg2", "`psycopg2` is a driver for sync engines; did you mean `psycopg`?"),
        ("async-driver", "banana", "there is no driver `banana` for async engines; known are aiomysql, aioodbc, "),
        ("sync-driver", "psycpg2", "there is no driver `psycpg2` for sync engines; did you mean `psycopg2`?"),
        ("sync-driver", "aiosqlite", "`aiosqlite` is a driver for async engines; did you mean `pysqlite`?"),
        ("sync-driver", "", "there is no driver `` for sync engines; known are "),
        ("sqlalchemy-version", "newest", "newest"),
    ],
)
def test_a_name_that_means_nothing(key: str, name: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_names(decode({key: name}, "pyproject.toml", None))
    assert str(caught.value).startswith(f"pyproject.toml: {key}: ")
    assert reason in str(caught.value)


@pytest.mark.parametrize("name", ["psycopg", "oracledb"])
def test_a_driver_for_both_kinds_of_engine(name: str) -> None:
    check_names(decode({"async-driver": name, "sync-driver": name}, "pyproject.toml", None))


@pytest.mark.parametrize(
    "command",
    [
        ["check", "db.py"],
        ["check", "--no-cache", "db.py"],
        ["engines", "db.py"],
        ["inputs", "db.py"],
        ["config"],
        ["doctor", "--url", "sqlite://"],
        ["baseline", "create"],
    ],
)
@pytest.mark.parametrize("setting", ['async-driver = "asynpg"', 'sqlalchemy-version = "newest"', 'select = ["XDB999"]'])
def test_every_command_refuses_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    setting: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dbdriver-lint.toml").write_text(setting)
    Path("db.py").write_text("x = 1\n")
    assert main(command) == 2
    assert capsys.readouterr().err.startswith(f"dbdriver-lint: error: dbdriver-lint.toml: {setting.split()[0]}: ")
