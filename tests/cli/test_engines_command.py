"""``dbdriver-lint engines``: the inventory of a project."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dbdriver_lint.cli import main
from dbdriver_lint.cli.process import EXIT_CLEAN, EXIT_ERROR
from dbdriver_lint.project import environment

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
from pydantic_settings import BaseSettings

class Settings(BaseSettings):
    database_url: str = "postgresql+asyncpg://app:secret@localhost/app?ssl=require"

settings = Settings()
"""
DB = """\
import os
from app.config import settings
from sqlalchemy import create_engine, pool
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine(settings.database_url, pool_size=5)
Session = async_sessionmaker(engine)
reports = create_engine(os.environ["REPORTS_URL"], poolclass=pool.NullPool, connect_args={"sslmode": "verify-full"})
other = create_engine(unknown())
"""
RAW = """\
import asyncpg

async def check():
    return await asyncpg.connect("postgresql://app:secret@h/db")
"""
ENV = """\
from alembic import context
from sqlalchemy import create_engine

def run_migrations_online():
    engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
    with engine.connect() as connection:
        context.configure(connection=connection)

run_migrations_online()
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    environment.forget()
    files = {
        "pyproject.toml": "",
        ".env.example": "REPORTS_URL=postgresql+psycopg://app:secret@db/reports\n",
        "app/__init__.py": "",
        "app/config.py": CONFIG,
        "app/db.py": DB,
        "scripts/raw.py": RAW,
        "tests/test_db.py": 'from sqlalchemy import create_engine\ncreate_engine("sqlite://")\n',
        "alembic.ini": "[alembic]\nscript_location = migrations\nsqlalchemy.url = postgresql+psycopg://app@db/app\n",
        "migrations/env.py": ENV,
        "migrations/script.py.mako": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, dict[str, Any]]:
    assert main(["engines", "--output-format", "json", *arguments]) == EXIT_CLEAN
    document = json.loads(capsys.readouterr().out)
    assert document["version"] == 1
    return {f"{row['path']}:{row['line']} {row['kind']}": row for row in document["rows"]}


def test_rows(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys)
    assert list(found) == [
        "app/db.py:6 engine",
        "app/db.py:7 session factory",
        "app/db.py:8 engine",
        "app/db.py:9 engine",
        "migrations/env.py:1 migrations",
        "migrations/env.py:5 engine",
        "scripts/raw.py:4 connection",
        "tests/test_db.py:2 engine",
    ]
    engine = found["app/db.py:6 engine"]
    assert (engine["name"], engine["mode"], engine["drivers"]) == ("engine", "async", ["postgresql+asyncpg"])
    assert engine["origins"] == ["$DATABASE_URL, default app/config.py:4"]
    assert (engine["tls"], engine["pooling"], engine["purpose"]) == (["ssl=require"], ["pool_size=5"], "application")
    assert found["app/db.py:7 session factory"]["engine"] == ["app/db.py", 6]
    reports = found["app/db.py:8 engine"]
    assert (reports["mode"], reports["drivers"]) == ("sync", ["postgresql+psycopg"])
    assert reports["origins"] == ["$REPORTS_URL, set in .env.example:1"]
    assert (reports["tls"], reports["pooling"]) == (["sslmode=verify-full"], ["NullPool"])
    assert found["app/db.py:9 engine"]["unknown"] == ["result of an unknown function"]
    migrations = found["migrations/env.py:1 migrations"]
    assert (migrations["mode"], migrations["drivers"]) == ("sync", ["postgresql+psycopg"])
    assert migrations["origins"] == ["../alembic.ini:3"]
    assert found["scripts/raw.py:4 connection"]["purpose"] == "script"
    assert found["scripts/raw.py:4 connection"]["drivers"] == ["asyncpg"]
    assert found["tests/test_db.py:2 engine"]["purpose"] == "test"


def test_paths_and_tests_can_be_left_out(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert all(not place.startswith("tests/") for place in rows(capsys, "--no-tests"))
    assert {place.partition(":")[0] for place in rows(capsys, "scripts")} == {"scripts/raw.py"}


@pytest.mark.parametrize("form", ["text", "json", "markdown", "mermaid"])
def test_no_password_is_shown(project: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    assert main(["engines", "--output-format", form]) == EXIT_CLEAN
    assert "secret" not in capsys.readouterr().out


def test_no_password_of_an_option_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "db.py").write_text(
        "import os\nfrom sqlalchemy import create_engine\n\n"
        'PEM = "-----BEGIN PRIVATE KEY-----\\nhunter2\\n-----END PRIVATE KEY-----"\n'
        'args = {"sslcert": os.getenv("C", PEM), "sslrootcert": PEM.encode(), "ssl_ca": b"hunter2", "ssl": os.getenv("M", "no")}\n'
        'create_engine(os.environ["U"], connect_args=args, pool_size=os.getenv("P", "postgresql://a:hunter2@h/d"))\n'
        'create_engine(os.environ["U"], pool_size=os.getenv("DB_PASSWORD", "hunter2"))\n'
        'create_engine(b"postgresql://a:hunter2@h/d")\n'
        'more = {"sslcert": os.getenv("CERT", "hunter2"), "ssl_ca": "MIIhunter2+/==", "sslmode": os.getenv("MODE", "Require"),\n'
        '    "sslrootcert": os.getenv("CA", "/etc/ssl/ca.pem"), "ssl_cert": "client.pem"}\n'
        'create_engine(os.environ["U"], connect_args=more, pool_size=os.getenv("POOL", "hunter2"), max_overflow=os.getenv("O", "10"))\n'
        'create_engine("postgresql+asyncpg://h/d?ssl=hunter2&sslrootcert=hunter2")\n'
    )
    assert main(["engines", str(tmp_path)]) == EXIT_CLEAN
    said = capsys.readouterr().out
    assert "hunter2" not in said
    assert "sslcert=$C, default …" in said
    assert "ssl=$M, default no" in said
    assert (
        "sslcert=$CERT, default …; ssl_ca=…; sslmode=$MODE, default Require;"
        " sslrootcert=$CA, default /etc/ssl/ca.pem; ssl_cert=client.pem\n"
    ) in said
    assert "ssl=…; sslrootcert=…" in said
    assert "pool_size=$POOL, default …; max_overflow=$O, default 10" in said


def test_text(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["engines", "app"])
    assert capsys.readouterr().out == (
        "app/db.py\n"
        "  6: async engine `engine`, application\n"
        "       driver: postgresql+asyncpg\n"
        "       URL from: $DATABASE_URL, default app/config.py:4\n"
        "       TLS: ssl=require\n"
        "       pooling: pool_size=5\n"
        "  7: async session factory `async_sessionmaker`, application\n"
        "       engine: app/db.py:6\n"
        "  8: sync engine `reports`, application\n"
        "       driver: postgresql+psycopg\n"
        "       URL from: $REPORTS_URL, set in .env.example:1\n"
        "       TLS: sslmode=verify-full\n"
        "       pooling: NullPool\n"
        "  9: sync engine `other`, application\n"
        "       not known: result of an unknown function\n"
        "\n"
        "4 rows; the driver of 2 of 3 engines is known.\n"
    )


@pytest.mark.parametrize(
    ("declared", "drivers", "known"),
    [
        ("", "postgresql (psycopg2 before SQLAlchemy 2.1, psycopg from SQLAlchemy 2.1 on)", 2),
        ("sqlalchemy>=2.0,<2.1", "postgresql (psycopg2)", 3),
        ("sqlalchemy>=2.1", "postgresql (psycopg)", 3),
    ],
)
def test_a_name_without_a_driver(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    declared: str,
    drivers: str,
    known: int,
) -> None:
    (tmp_path / "requirements.txt").write_text(declared)
    (tmp_path / "pyproject.toml").touch()
    urls = ("postgresql://h/d", "postgres://h/d", "sqlite://", "postgresql+of_another_package://h/d")
    (tmp_path / "db.py").write_text(
        "from sqlalchemy import create_engine\n" + "".join(f'create_engine("{url}")\n' for url in urls)
    )
    monkeypatch.chdir(tmp_path)
    assert main(["engines"]) == EXIT_CLEAN
    said = capsys.readouterr().out
    shown = [line.partition("driver: ")[2] for line in said.splitlines() if "driver: " in line]
    assert shown == [
        drivers,
        "postgres (SQLAlchemy has no such name)",
        "sqlite (pysqlite)",
        "postgresql+of_another_package",
    ]
    assert said.endswith(f"the driver of {known} of 4 engines is known.\n")
    row = rows(capsys)["db.py:2 engine"]
    assert (row["drivers"], len(row["loads"][0])) == (["postgresql"], 2 if known == 2 else 1)


def test_markdown_is_one_table(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["engines", "--output-format", "markdown", "app"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert {line.count(" | ") for line in lines if "---" not in line} == {7}


def test_mermaid_joins_engines_and_sessions(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["engines", "--output-format", "mermaid", "app"])
    text = capsys.readouterr().out
    assert text.startswith("flowchart LR\n")
    assert "  row0 --> row1\n" in text
    assert "DATABASE_URL" in text


def test_nothing_to_look_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("engines", "inputs"):
        assert main([command, str(tmp_path)]) == EXIT_CLEAN
        assert capsys.readouterr().err == f"warning: no Python files or notebooks in {tmp_path}\n"


def test_nothing_to_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.py").touch()
    assert main(["engines", str(tmp_path)]) == EXIT_CLEAN
    assert capsys.readouterr().out == "No engine, session factory or connection found.\n"


def test_file_that_is_no_python_is_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.py").write_text("create_engine(")
    (tmp_path / "good.py").write_text('from sqlalchemy import create_engine\ncreate_engine("sqlite://")\n')
    assert list(rows(capsys, str(tmp_path))) == [f"{tmp_path}/good.py:2 engine"]


def test_missing_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["engines", str(tmp_path / "missing")]) == EXIT_ERROR
    assert "no such file" in capsys.readouterr().err


def test_engine_that_another_file_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "db.py").write_text(
        "from sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
        "def make_engine(url):\n    return create_async_engine(url)\n"
    )
    (tmp_path / "app.py").write_text(
        'from db import make_engine\n\nengine = make_engine("postgresql+asyncpg://app@db.internal/app")\n'
    )
    monkeypatch.chdir(tmp_path)
    assert main(["engines", "--isolated", "--output-format", "json", "."]) == EXIT_CLEAN
    rows = {(row["path"], row["line"]): row for row in json.loads(capsys.readouterr().out)["rows"]}
    made = rows["app.py", 3]
    assert (made["name"], made["mode"], made["drivers"]) == ("engine", "async", ["postgresql+asyncpg"])
    assert made["origins"] == ["app.py:3"]
    assert rows["db.py", 5]["unknown"] == ["parameter url"]
