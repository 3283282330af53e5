"""``dbdriver-lint doctor`` as a user types it; nothing here needs a server."""

from __future__ import annotations

import io
import json
import os
import socket
import sys
from pathlib import Path

import pytest

from dbdriver_lint.cli import main
from dbdriver_lint.doctor.attempt import Outcome, Request, attempt
from dbdriver_lint.doctor.causes import cause_of, own_words
from dbdriver_lint.doctor.secrets import masked
from dbdriver_lint.doctor.sources import from_environment, read_env_file
from dbdriver_lint.knowledge.address import read_address

PASSWORD = "s3cr3t-pw"
URL = f"postgresql+psycopg2://app:{PASSWORD}@db.example.com/app?sslmode=require"

Result = tuple[int, str, str]


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)


def doctor(capfd: pytest.CaptureFixture[str], *arguments: str) -> Result:
    code = main(["doctor", *arguments])
    out, err = capfd.readouterr()
    assert PASSWORD not in out + err
    return code, out, err


def test_text(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = doctor(capfd, "--url", URL, "--driver", "psycopg2", "--color=never")
    assert (code, err) == (0, "")
    assert out.startswith(
        "--url: postgresql+psycopg2://app:***@db.example.com/app?sslmode=require\n\nURL\n  ok    parse  "
    )
    assert "\nmigrations: psycopg2\n  ok    driver          `postgresql+psycopg2://` selects psycopg2\n" in out
    assert out.endswith("\nmigrations: psycopg2, TLS require, ok as far as can be seen without --connect\n")
    assert "\x1b[32m" in doctor(capfd, "--url", URL, "--driver=psycopg2", "--color=always")[1]


def test_json(capfd: pytest.CaptureFixture[str]) -> None:
    bad = URL.replace("psycopg2", "asyncpg")
    code, out, _ = doctor(capfd, "--url", bad, "--driver=asyncpg", "--output-format=json")
    assert code == 1
    document = json.loads(out)
    assert (document["version"], document["healthy"]) == (1, False)
    (diagnosis,) = document["diagnoses"]
    (side,) = diagnosis["sides"]
    assert side["url"] == "postgresql+asyncpg://app:***@db.example.com/app?ssl=require"
    failed = next(step for step in side["steps"] if step["status"] == "failed")
    assert failed.keys() == {"step", "status", "found", "cause", "remedy"}
    assert diagnosis["summary"] == ["application: asyncpg, fails: asyncpg does not take `sslmode`"]


def test_where_the_url_comes_from(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(f'DEBUG=1\nexport DATABASE_URL="{URL}"\nOTHER_URL={URL}\n')
    assert doctor(capfd, "--driver=psycopg2")[1].startswith("DATABASE_URL in .env: postgresql+psycopg2://app:***@")
    assert doctor(capfd, "--driver=psycopg2", "--env=OTHER_URL")[1].startswith("OTHER_URL in .env: ")
    monkeypatch.setenv("DATABASE_URL", URL)
    assert doctor(capfd, "--driver=psycopg2")[1].startswith("DATABASE_URL: ")
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{URL}\n"))
    assert doctor(capfd, "--url=-", "--driver=psycopg2")[0] == 0


def test_urls_of_the_code(capfd: pytest.CaptureFixture[str]) -> None:
    Path("db.py").write_text(
        "from sqlalchemy import create_engine\n"
        'engine = create_engine("postgresql+psycopg2://app:geheim@db.internal/app")\n'
    )
    Path("tests").mkdir()
    Path("tests/test_db.py").write_text(
        'from sqlalchemy import create_engine\nengine = create_engine("postgresql+psycopg2://t:t@test.internal/t")\n'
    )
    _, out, _ = doctor(capfd, "--project", "--driver=psycopg2")
    assert "db.py:2: postgresql+psycopg2://app:***@db.internal/app" in out
    assert "test.internal" not in out
    assert "geheim" not in out


def test_every_url_of_the_project(capfd: pytest.CaptureFixture[str]) -> None:
    Path("dbdriver-lint.toml").write_text('env-files = [".env.example"]\n')
    Path(".env").write_text(f"DATABASE_URL={URL}\nREDIS_URL=redis://localhost\n")
    Path(".env.example").write_text("REPLICA_URL=postgres://h/d\n")
    code, out, _ = doctor(capfd, "--project", "--driver=psycopg2", "--output-format=json")
    assert code == 1
    found = {diagnosis["source"]: diagnosis["healthy"] for diagnosis in json.loads(out)["diagnoses"]}
    assert found == {"DATABASE_URL in .env": True, "REPLICA_URL in .env.example": False}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no URL: DATABASE_URL is neither in the environment nor in .env"),
        (["--env", "NOT_THERE"], "NOT_THERE"),
        (["--project"], "no database URL in the code, nor in .env"),
        (["--url", URL, "--driver", "asyncpgg"], "Did you mean 'asyncpg'"),
        (["--url", URL, "--driver", "pymysql"], "'pymysql' is a driver for 'mysql'"),
        (["--url", URL, "--timeout", "0"], "--timeout"),
        (["--url", URL, "--env", "X"], "not allowed with"),
        (["--what"], "there is no option `--what`"),
    ],
)
def test_usage(capfd: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    code, out, err = doctor(capfd, *arguments)
    assert (code, out) == (2, "")
    assert message in err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_on_a_terminal(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql+psycopg2://app:{PASSWORD}@localhost:{taken.getsockname()[1]}/app"
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        assert main(["doctor", "--url", url, "--driver=psycopg2", "--connect", "--timeout=5"]) == 1
    shown = terminal.getvalue()
    assert "\r\x1b[Klooking up localhost …" in shown
    assert "\r\x1b[Kconnecting to localhost:" in shown
    assert shown.endswith("\r\x1b[K"), "the line is taken away at the end"
    assert PASSWORD not in shown + capfd.readouterr().out


def test_env_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("B", raising=False)
    path = tmp_path / "file.env"
    path.write_text("export A='x # y'\nB=\"double ${A}\"  # comment\nC=\nD\n")
    assert read_env_file(path) == {"A": "x # y", "B": "double x # y", "C": ""}
    assert read_env_file(tmp_path / "none.env") == {}
    assert from_environment("B", [tmp_path / "none.env", path]) == ("double x # y", f"B in {os.path.relpath(path)}")
    monkeypatch.setenv("B", "environment")
    assert from_environment("B", [path]) == ("environment", "B")
    path.write_bytes("# überall\nA=x\n".encode("latin-1"))
    assert read_env_file(path) == {"A": "x"}


# --- exceptions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ('OperationalError: FATAL:  password authentication failed for user "app"', "authentication"),
        (
            "OperationalError: (1045, \"Access denied for user 'app'@'127.0.0.1' (using password: YES)\")",
            "authentication",
        ),
        ("OperationalError: (1044, \"Access denied for user 'app'@'%' to database 'x'\")", "database"),
        ("OperationalError: (1049, \"Unknown database 'x'\")", "database"),
        ('Error: database "x" does not exist', "database"),
        ('OperationalError: FATAL: role "app" does not exist', "authentication"),
        ('FATAL: no pg_hba.conf entry for host "1.2.3.4", user "a", database "b", no encryption', "TLS"),
        ('FATAL: no pg_hba.conf entry for host "1.2.3.4", user "a", database "b", SSL encryption', "authentication"),
        ('ConnectionError: PostgreSQL server at "h:5432" rejected SSL upgrade', "TLS"),
        ("OperationalError: server does not support SSL, but SSL was required", "TLS"),
        ("OperationalError: (3159, 'Connections using insecure transport are prohibited')", "TLS"),
        ("OperationalError: connection is insecure (try using `sslmode=require`)", "TLS"),
        ("SSLCertVerificationError: certificate verify failed: self-signed certificate", "certificate"),
        ('server certificate for "localhost" does not match host name "127.0.0.1"', "certificate"),
        ("certificate verify failed: IP address mismatch, certificate is not valid for '127.0.0.1'.", "certificate"),
        ('DuplicatePreparedStatementError: prepared statement "__asyncpg_stmt_1__" already exists', "pooler"),
        ("FATAL:  unsupported startup parameter: options", "pooler"),
        ("FATAL: sorry, too many clients already", "connection"),
        ("FATAL: Tenant or user not found", "authentication"),
        ("InterfaceError: connection was closed in the middle of operation", "connection"),
        ("SomethingNew: nobody has seen this", "connection"),
    ],
)
def test_causes(text: str, step: str) -> None:
    assert cause_of([text]).step == step


def test_own_words() -> None:
    wrapped = (
        'OperationalError: (psycopg2.OperationalError) connection to server at "h" failed\n'
        "(Background on this error at: https://sqlalche.me/e/21/e3q8)"
    )
    inner = 'OperationalError: connection to server at "h" (::1), port 5432 failed: FATAL:  no\nsecond line'
    assert own_words([wrapped, inner]) == "`FATAL:  no`"
    assert own_words(["ProgrammingError: {'S': 'FATAL', 'C': '28P01', 'M': 'no \"app\" here'}"]) == '`no "app" here`'
    assert own_words(["TimeoutError: ", "CancelledError: "]) == "`nothing`"


@pytest.mark.parametrize(
    ("url", "text", "expected"),
    [
        ("postgresql://u:s3cret@h/d", "invalid dsn: s3cret", "invalid dsn: ***"),
        ("postgresql://u:p%40ss@h/d", "p@ss and p%40ss", "*** and ***"),
        ("postgresql://u:pw@h/d", "the pw of pwned", "the *** of pwned"),
        ("postgresql://app:app@h/app", 'failed for user "app"', 'failed for user "app"'),
        (
            "postgresql://u:s3cret@h/d",
            "could not parse 'postgresql://u:other@h'",
            "could not parse 'postgresql://u:***@h'",
        ),
    ],
)
def test_texts_of_others_are_masked(url: str, text: str, expected: str) -> None:
    assert masked(text, read_address(url)) == expected


def test_a_driver_that_never_comes_back() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg2://u:p@127.0.0.1:{silent.getsockname()[1]}/d"
        outcome = attempt(Request(url, "postgresql+psycopg2", asynchronous=False, convert=False, ssl=None, seconds=0.5))
    assert outcome == Outcome(timed_out=True)


def test_a_driver_that_is_not_there() -> None:
    request = Request("mysql+oursql://h/d", "mysql+oursql", asynchronous=False, convert=False, ssl=None, seconds=5)
    outcome = attempt(request)
    assert not outcome.answered
    assert outcome.errors


@pytest.mark.parametrize("options", [[], ["--project"]])
def test_a_url_in_a_line_that_nobody_can_read(capfd: pytest.CaptureFixture[str], options: list[str]) -> None:
    Path(".env").write_text(f'A=1\nDATABASE_URL="{URL}\n')
    code, out, err = doctor(capfd, *options)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "nor in .env; .env:2: its quote is not closed; " in err


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "1e9", "abc", ""])
def test_a_timeout_that_is_none(capfd: pytest.CaptureFixture[str], seconds: str) -> None:
    code, out, err = doctor(capfd, "--url", "sqlite://", "--connect", f"--timeout={seconds}")
    said = f"argument --timeout: expected seconds, more than 0 and no more than a day, not `{seconds}`"
    assert (code, out, err) == (2, "", f"dbdriver-lint: error: {said}\n")


def test_an_empty_url(capfd: pytest.CaptureFixture[str]) -> None:
    Path(".env").write_text("DATABASE_URL=\n")
    code, out, err = doctor(capfd)
    assert (code, err) == (1, "")
    assert "FAIL  parse           it is empty\n" in out
    assert "fails: it is empty" in out


@pytest.mark.parametrize("options", [[], ["--connect", "--timeout=1"]])
def test_a_port_that_there_is_not(capfd: pytest.CaptureFixture[str], options: list[str]) -> None:
    url = "postgresql+psycopg2://app@127.0.0.1:99999/app"
    code, out, err = doctor(capfd, "--url", url, "--driver=psycopg2", *options)
    assert (code, err) == (1, "")
    assert "FAIL  host            127.0.0.1:99999: there is no port 99999\n" in out
