"""`dbdriver-lint url`."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest

from dbdriver_lint.cli import main


def test_everything_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    url = "postgres://u:s3cret@h/d?sslmode=verify-ca&sslrootcert=/ca&connect_timeout=3&channel_binding=require"
    assert main(["url", url, "--driver", "asyncpg"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == "postgresql+asyncpg://u:***@h/d"
    assert "context = ssl.create_default_context(cafile='/ca')\n    context.check_hostname = False" in out
    assert "connect_args = {'ssl': context, 'timeout': 3}" in out
    assert "connect_timeout → timeout (connect timeout)" in out
    assert "asyncpg cannot express:\n    channel_binding" in out
    assert "s3cret" not in out


def test_password_only_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["url", "u:s3cret@h/d", "--driver", "psycopg2", "--ssl", "none", "--show-password"]) == 0
    assert capsys.readouterr().out == "postgresql+psycopg2://u:s3cret@h/d\n"


def test_from_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("postgres://u:s3cret@h/d\n"))
    assert main(["url", "-", "--driver", "psycopg"]) == 0
    assert capsys.readouterr().out.startswith("postgresql+psycopg://u:***@h/d?sslmode=require\n")


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["url", "postgres://u:s3cret@h/d", "--driver", "pg8000", "--output-format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["url"], told["tls"]) == ("postgresql+pg8000://u:***@h/d", "require")
    assert told["connect_args"] == {"ssl_context": "True"}


def test_what_the_driver_cannot_do_is_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["url", "mysql://u:p@h/d", "--driver", "aiomysql"]) == 1
    assert "aiomysql has no setting that enforces require" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["postgres://u:s3cret@h/d", "--driver", "psycopg3"],
                                       ["postgres://u:s3cret@h/d?sslmode=on!", "--driver", "asyncpg"],
                                       ["postgres://u:s3cret@h/d"]])  # fmt: skip
def test_usage_errors(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["url", *arguments]) == 2
    captured = capsys.readouterr()
    assert "error" in captured.err
    assert "s3cret" not in captured.err + captured.out


def test_a_terminal_that_cannot_write_arrows() -> None:
    command = [sys.executable, "-m", "dbdriver_lint", "url", "postgres://h/d?connect_timeout=3", "--driver", "asyncpg"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert "connect_timeout \\u2192 timeout" in run.stdout
