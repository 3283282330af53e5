"""One password in every kind of input, looked for in everything that is written anywhere.

The diff of a fix and the repaired file itself are the exception: they show the user's own line.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import re
from pathlib import Path

import pytest

from dbdriver_lint.cli import available, main
from dbdriver_lint.report import FORMATS
from dbdriver_lint.rules.registry import all_rules

MARKS = ("Qz7Vexil", "Kw9Brumo", "Jx4Pludo")
"""What the passwords are made of. No rule, path or word of the tool has them in it."""
FORMS = {
    "plain": "Qz7Vexil",
    "encoded": "Qz7Vexil%40Kw9Brumo%2FJx4Pludo%25",
    "at and slash": "Qz7Vexil@Kw9Brumo/Jx4Pludo",
    "colon and hash": "Qz7Vexil:Kw9Brumo#Jx4Pludo",
    "query": "Qz7Vexil?Kw9Brumo=Jx4Pludo",
    "in braces": "{Qz7Vexil}",
    "brackets": "Qz7Vexil[Kw9Brumo]Jx4Pludo",
    "percent": "Qz7Vexil%%Kw9Brumo",
}


def urls(password: str) -> dict[str, str]:
    """URLs in which rules find something."""
    return {
        "unknown dialect": f"postgres://app:{password}@db.internal:5432/app?sslmode=require",
        "sync in async": f"postgresql+psycopg2://app:{password}@db.internal/app?sslmode=require",
        "mysql": f"mysql+aiomysql://app:{password}@db.internal/app?ssl_ca=/a&ssl=true",
        "empty": f"postgresql+asyncpg://app:{password}@/app?host=/run&sslmode=require",
        "in the query": f"postgresql+asyncpg://db.internal/app?user=app&password={password}&sslmode=require",
        "sqlite": f"sqlite://app:{password}@file.db",
    }


LITERALS = (
    'create_async_engine("{url}")',
    "create_engine('{url}')",
    'create_async_engine(r"{url}", connect_args={{"sslmode": "require", "password": "{password}"}})',
    'create_async_engine("{scheme}" "://{rest}")',
    'create_engine("{scheme}://" + "{rest}")',
    'create_async_engine("""{url}""")',
    'create_async_engine(make_url("{url}"))',
    'create_async_engine(str(make_url("{url}")))',
    'create_async_engine("{url}".replace("postgresql://", "postgresql+asyncpg://"))',
    'create_async_engine(os.environ.get("DATABASE_URL", "{url}"))',
    'create_async_engine(os.getenv("DATABASE_URL") or "{url}")',
    'asyncpg.connect("{url}")',
    'psycopg.connect("{url}")',
    'URLS = {{"default": "{url}", "other": ["{url}"]}}\ncreate_async_engine(URLS["default"])',
    'create_async_engine(URLS["other"][0])',
    'class Settings(BaseSettings):\n    database_url: str = "{url}"\n    password: str = "{password}"',
    "create_async_engine(Settings().database_url)",
    'def url():\n    return "{url}"\n\ncreate_async_engine(url())',
    'create_async_engine(f"{scheme}://app:{password}@{{HOST}}/app?sslmode=require")',
    'create_async_engine("{scheme}://app:{password}@{{HOST}}/app?sslmode=require".format(HOST=HOST))',
)
"""Ways to write a URL."""


def python(password: str) -> str:
    """A module with the password in literals of all forms."""
    lines = [
        "import os, asyncpg, psycopg, psycopg2, pymysql, pyodbc",
        "from pydantic_settings import BaseSettings",
        "from sqlalchemy import URL, create_engine, make_url",
        "from sqlalchemy.ext.asyncio import create_async_engine",
        f'PASSWORD = "{password}"',
        'HOST = os.environ["DB_HOST"]',
    ]
    turn = itertools.cycle(urls(password).values())
    for form in LITERALS:
        url = next(turn)
        scheme, _, rest = url.partition("://")
        if "{{HOST}}" not in form or not set("%{") & set(password):
            lines.append(form.format(url=url, scheme=scheme, rest=rest, password=password))
    lines += [
        'create_async_engine(f"postgresql+psycopg2://app:{PASSWORD}@{HOST}/app?sslmode=require")',
        'create_async_engine("postgresql+psycopg2://app:%s@db/app?sslmode=require" % PASSWORD)',
        'create_async_engine("postgresql+psycopg2://app:" + PASSWORD + "@db/app?sslmode=require")',
        f'create_async_engine(URL.create("postgresql", "app", "{password}", "db", query={{"sslmode": "require"}}))',
        f'create_async_engine(URL.create("postgres", username="app", password="{password}", host="db"))',
        f'psycopg2.connect("host=db user=app password={password} sslmode=yes")',
        f"psycopg2.connect(host='db', password='{password}', ssl=True)",
        f'pymysql.connect("db", "app", "{password}")',
        f'asyncpg.connect(user="app", password="{password}", sslmode="require")',
        f'create_engine("mssql+pyodbc:///?odbc_connect=DRIVER%3DX%3BUID%3Dapp%3BPWD%3D{password}")',
        f'create_engine("postgresql://", connect_args={{"passwd": "{password}", "check_same_thread": False}})',
        f"# create_async_engine('postgres://app:{password}@db/app')  # dbdriver: ignore[XDB999]",
    ]
    return "\n".join(lines) + "\n"


def project(folder: Path, password: str) -> None:
    """A project with the password in every kind of file that the linter reads."""
    url = f"postgresql+psycopg2://app:{password}@db.internal/app?sslmode=require"
    code = python(password)
    files = {
        "app.py": code,
        "broken.py": f'create_engine("{url}")\ndef (:\n',
        "undecodable.py": f'create_engine("{url}")\n'.encode() + b"\xff\xfe\n",
        "notebook.ipynb": json.dumps(
            {"cells": [{"cell_type": "code", "metadata": {}, "outputs": [], "source": code.splitlines(keepends=True)}]}
        ),
        "broken.ipynb": '{"cells": [{"cell_type": "code", "source": "' + url,
        ".env": f'DATABASE_URL={url}\nexport OTHER_URL="postgres://app:{password}@db/app"\nPASSWORD={password}\n',
        ".env.example": f"DATABASE_URL={url}\n",
        "compose.yaml": "services:\n  app:\n    environment:\n"
        f"      DATABASE_URL: '{url}'\n      OTHER_URL: 'postgres://app:{password}@db/app'\n"
        f"  db:\n    environment:\n      - THIRD_URL={url}\n",
        "alembic.ini": f"[alembic]\nscript_location = migrations\nsqlalchemy.url = {url}\n",
        "migrations/env.py": "from alembic import context\nfrom sqlalchemy import engine_from_config\n"
        f'config = context.config\nconfig.set_main_option("sqlalchemy.url", "{url}")\n'
        'engine = engine_from_config(config.get_section(config.config_ini_section), prefix="sqlalchemy.")\n',
        "migrations/script.py.mako": "",
        "pyproject.toml": '[project]\nname = "x"\ndependencies = ["sqlalchemy==2.0.40", "asyncpg", '
        f"\"private @ git+https://user:{password}@git.internal/x\"]\n[tool.alembic]\nscript_location = 'migrations'\n",
        "requirements.txt": f"--extra-index-url https://user:{password}@index.internal/simple\n"
        f"broken == == https://user:{password}@index\n",
        "environ.py": "import os\nfrom sqlalchemy import create_engine\nfrom sqlalchemy.ext.asyncio import "
        'create_async_engine\ncreate_async_engine(os.environ["DATABASE_URL"])\n'
        'create_engine(os.environ["OTHER_URL"])\ncreate_async_engine(os.environ["THIRD_URL"])\n',
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


class Ears:
    """Runs command lines and looks for the password in what is written."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[bytes]) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capture = capture
        self.leaks: list[str] = []
        self.heard = 0

    def run(self, *arguments: str, stdin: str = "", spoken: bool = True) -> int:
        """Run a command line; ``spoken`` says that its output must not hold the password."""
        self._monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = main(arguments)
        out, err = self._capture.readouterr()
        self.heard += len(out) + len(err)
        for text in (out, err) if spoken else (err,):
            self.listen(text.decode("utf-8", "replace"), " ".join(arguments))
        return code

    def listen(self, text: str, where: str) -> None:
        """Look for any part of the password."""
        for mark in MARKS:
            found = re.search(f".*{mark}.*", text)
            if found:
                self.leaks.append(f"{where}: {found[0][:300]}")


@pytest.fixture
def ears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Ears:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return Ears(tmp_path, monkeypatch, capfdbinary)


@pytest.mark.parametrize("form", FORMS if "DBDRIVER_LINT_CASES" in os.environ else ("at and slash", "in braces"))
def test_no_command_shows_a_password(ears: Ears, form: str) -> None:
    password = FORMS[form]
    project(ears.folder, password)
    everything = ("--select=all", "--jobs=1", "--cache-dir=kept")
    for name in FORMATS:
        ears.run("check", *everything, "--output-format", name, ".")
    ears.run("check", *everything, "--output-format=full", "--color=always", "--show-fixes", "--statistics", ".")
    ears.run("check", *everything, "--output-file=report.txt", ".")
    ears.run("check", *everything, "-", "--stdin-filename=x.py", stdin=python(password))
    ears.run("check", *everything, "--diff", "--unsafe-fixes", ".", spoken=False)
    ears.run("config", "--show", "app.py")
    ears.run("config", "--why")
    for name in ("text", "json", "markdown", "mermaid"):
        ears.run("engines", "--output-format", name, ".")
    if "inputs" in available():
        ears.run("inputs", "app.py")
        ears.run("inputs", "environ.py", "--output-format=json")
    ears.run("baseline", "create", ".")
    for url in urls(password).values():
        for driver in ("asyncpg", "psycopg2", "aiomysql"):
            ears.run("url", url, "--driver", driver)
        ears.run("url", "-", "--driver=asyncpg", "--output-format=json", stdin=url + "\n")
    ears.run("doctor", "--url", url, "--output-format=json")
    ears.run("doctor", "--env", "OTHER_URL")
    ears.run("doctor", "--url=-", stdin=urls(password)["unknown dialect"] + "\n")
    ears.run("check", "--select", urls(password)["mysql"], "app.py")
    assert ears.run("url", "--driver=asyncpg", *urls(password).values()) == 2
    ears.run("check", *everything, "--add-ignores", ".")
    ears.run("check", *everything, "--fix", "--unsafe-fixes", "--show-fixes", ".")
    written = [path for path in ears.folder.rglob("*") if path.is_file() and "kept" in path.parts]
    for path in (*written, Path("report.txt"), *ears.folder.glob("dbdriver-baseline*")):
        ears.listen(path.read_bytes().decode("utf-8", "replace"), str(path))
    assert written
    assert ears.heard > 20_000
    assert set(available()) <= set(COMMANDS)
    assert "\n".join(dict.fromkeys(ears.leaks)) == ""


COMMANDS = (
    "check",
    "inputs",
    "rule",
    "engines",
    "url",
    "doctor",
    "vendor",
    "config",
    "baseline",
    "server",
    "completion",
)
"""All commands: a new one has to be heard above. `rule`, `vendor` and `completion` read nothing of a project."""


@pytest.mark.parametrize("form", FORMS)
def test_an_internal_error_shows_no_password(ears: Ears, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    project(ears.folder, FORMS[form])
    for rule in all_rules():
        for hook in rule.hooks:

            def crash(self: object, fact: object, context: object) -> object:
                raise ValueError(f"{context.source.text!r:.4000} {fact}")  # type: ignore[attr-defined]

            monkeypatch.setattr(rule, hook, crash)
    ears.run("check", "--select=all", "--jobs=1", ".")
    assert ears.heard > 500
    assert "\n".join(dict.fromkeys(ears.leaks)) == ""


@pytest.mark.parametrize("form", FORMS)
def test_a_bad_setting_shows_no_password(ears: Ears, form: str) -> None:
    url = urls(FORMS[form])["mysql"].replace('"', "")
    for line in (
        f'sqlalchemy-version = "{url}"',
        f'select = ["{url}"]',
        f'"{url}" = 1',
        f'fix-tls = "{url}"',
        f"x = {url}",
    ):
        Path("dbdriver-lint.toml").write_text(line + "\n")
        Path("app.py").write_text("import sqlalchemy\n")
        assert ears.run("check", "app.py") == 2
        ears.run("config", "--show")
    assert "\n".join(dict.fromkeys(ears.leaks)) == ""
