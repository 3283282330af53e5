"""Env, compose and ini files as places of findings: the engines that read them decide what is wrong in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project, forget
from dbdriver_lint.project.environment import is_configuration
from dbdriver_lint.run import Options, Task, lint_file
from dbdriver_lint.settings.model import Settings

HOST = "app:s3cr3t@db.internal/app"
ASYNC = f"postgresql+asyncpg://{HOST}"
ENGINE = (
    "import os\n\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n"
    'engine = create_async_engine(os.environ["DATABASE_URL"])\n'
)
SYNC_ENGINE = (
    'import os\n\nfrom sqlalchemy import create_engine\n\nengine = create_engine(os.environ["DATABASE_URL"])\n'
)
ENV = (
    "from alembic import context\nfrom sqlalchemy import engine_from_config\n\n"
    "config = context.config\n{more}"
    'connectable = {call}(config.get_section(config.config_ini_section, {{}}), prefix="sqlalchemy.")\n'
    "with connectable.connect() as connection:\n"
    "    context.configure(connection=connection)\n"
    "    context.run_migrations()\n"
)
INI = "[alembic]\nscript_location = migrations\nsqlalchemy.url = {url}\n"

Found = list[tuple[str, int, str]]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def found(name: str, files: dict[str, str], settings: Settings | None = None) -> Found:
    """The findings in the file ``name``: code, line and the text that is pointed at."""
    forget()
    for path, text in {"pyproject.toml": "", **files}.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(text.encode())
    result = check_source(name, files[name].encode(), settings or Settings(), Project.for_path(name))
    assert "s3cr3t" not in "".join(finding.message for finding in result.findings)
    assert not is_configuration(name) or all(finding.fix is None for finding in result.findings)
    texts = [] if result.source is None else [result.source.text[f.span.start : f.span.end] for f in result.findings]
    return [(f.code, f.start.line, text) for f, text in zip(result.findings, texts, strict=True)]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        (".env", f"DATABASE_URL={ASYNC}?sslmode=require\n", 1),
        (".env.example", f'# the database\r\n\r\nexport DATABASE_URL="{ASYNC}?sslmode=require"\r\n', 3),
        (".env", f"A=it's\nDATABASE_URL='{ASYNC}?sslmode=require' # comment", 2),
        ("compose.yaml", f"services:\n  web:\n    environment:\n      DATABASE_URL: {ASYNC}?sslmode=require\n", 4),
        (
            "docker-compose.yml",
            f"services:\r\n  web:\r\n    environment:\r\n      - 'DATABASE_URL={ASYNC}?sslmode=require'\r\n",
            4,
        ),
    ],
)
def test_a_parameter_that_the_reading_engine_does_not_take(name: str, text: str, line: int) -> None:
    assert found(name, {name: text, "app/db.py": ENGINE}) == [("XDB201", line, "sslmode=require")]


def test_the_reading_engine_is_shown() -> None:
    files = {".env": f"DATABASE_URL={ASYNC}?sslmode=require\n", "app/db.py": ENGINE}
    found(".env", files)
    [finding] = check_source(".env", files[".env"].encode(), Settings(), Project.for_path(".env")).findings
    [related] = finding.related
    assert related.path == str(Path("app/db.py"))
    assert related.start.line == 5
    assert "create_async_engine()" in related.message


@pytest.mark.parametrize(
    ("url", "code", "text"),
    [
        (f"postgres://{HOST}", "XDB102", "postgres"),
        (f"postgresql+psycopg3://{HOST}", "XDB102", "postgresql+psycopg3"),
        (f"{ASYNC}?ssl=true", "XDB203", "ssl=true"),
        (f"{ASYNC}?channel_binding=require", "XDB202", "channel_binding=require"),
        (f"postgresql+psycopg2://{HOST}", "XDB103", f"postgresql+psycopg2://{HOST}"),
    ],
)
def test_what_the_rules_say_of_engines(url: str, code: str, text: str) -> None:
    assert found(".env", {".env": f"DATABASE_URL={url}\n", "app/db.py": ENGINE}) == [(code, 1, text)]


def test_an_implicit_driver_where_it_is_asked_for() -> None:
    files = {".env": f"DATABASE_URL=postgresql://{HOST}\n", "app/db.py": SYNC_ENGINE}
    assert found(".env", files) == []
    assert found(".env", files, Settings(pedantic=True)) == [("XDB105", 1, "postgresql")]


@pytest.mark.parametrize(
    "code",
    [
        'import os\n\nurl = os.environ["DATABASE_URL"]\n',  # who gets it is not known
        ENGINE.replace("DATABASE_URL", "OTHER_URL"),
        ENGINE.replace('["DATABASE_URL"]', '["DATABASE_URL"].replace("?sslmode=", "?ssl=")'),
        ENGINE.replace("engine = ", 'engine = create_async_engine("sqlite+aiosqlite://")\nunused = ').replace(
            'os.environ["DATABASE_URL"]', "convert(os.environ['DATABASE_URL'])"
        ),
        SYNC_ENGINE.replace("DATABASE_URL", "OTHER_URL") + "from app.urls import convert\n",
    ],
)
def test_silent_where_the_url_does_not_arrive_as_it_is(code: str) -> None:
    if "Engine" not in code and "engine" not in code:
        code += 'import asyncpg\n\npool = asyncpg.create_pool("postgresql://localhost")\n'
    files = {".env": f"DATABASE_URL={ASYNC}?sslmode=require\n", "app/db.py": code}
    assert found(".env", files) == []


def test_a_dialect_that_the_raw_driver_takes() -> None:
    code = 'import os\n\nimport asyncpg\n\npool = asyncpg.create_pool(os.environ["DATABASE_URL"])\n'
    assert found(".env", {".env": f"DATABASE_URL=postgres://{HOST}\n", "app/db.py": code}) == []
    assert found(".env", {".env": f"DATABASE_URL={ASYNC}\n", "app/db.py": code})[0][0] == "XDB108"


def test_tests_decide_nothing() -> None:
    files = {".env": f"DATABASE_URL=postgres://{HOST}\n", "tests/test_db.py": SYNC_ENGINE}
    assert found(".env", files) == []


def test_several_engines_say_it_once() -> None:
    files = {
        ".env": f"DATABASE_URL={ASYNC}?sslmode=require\n",
        "app/one.py": ENGINE,
        "app/two.py": ENGINE,
    }
    assert found(".env", files) == [("XDB201", 1, "sslmode=require")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"DATABASE_URL={ASYNC}?sslmode=require\n", [("XDB201", 1, "sslmode=require")]),
        (f"DATABASE_URL=postgresql+psycopg3://{HOST}\n", [("XDB102", 1, "postgresql+psycopg3")]),
        # asyncpg, psycopg and programs in other languages take it
        (f"DATABASE_URL=postgres://{HOST}?sslmode=require\n", []),
        (f"DATABASE_URL=postgresql://{HOST}?schema=public\n", []),
        (f"DATABASE_URL={ASYNC}\nOTHER=postgresql+psycopg2://{HOST}?sslmode=require\n", []),
        (f"DATABASE_URL={ASYNC}?sslmode=${{MODE}}\n", []),
        ("DATABASE_URL\n=\nKEY='open\n", []),
    ],
)
def test_without_code_only_what_a_named_driver_cannot_take(text: str, expected: Found) -> None:
    assert found(".env", {".env": text}) == expected


@pytest.mark.parametrize(
    ("url", "call", "expected"),
    [
        (ASYNC, "engine_from_config", []),
        (f"postgres://{HOST}", "engine_from_config", [("XDB102", 3, "postgres")]),
        (f"{ASYNC}?sslmode=require", "async_engine_from_config", [("XDB201", 3, "sslmode=require")]),
        (f"postgresql+psycopg2://{HOST}", "async_engine_from_config", [("XDB103", 3, f"postgresql+psycopg2://{HOST}")]),
        (f"postgresql+psycopg2://{HOST}?sslmode=require", "engine_from_config", []),
        ("driver://user:pass@localhost/dbname", "engine_from_config", []),
        ("%(DATABASE_URL)s", "engine_from_config", []),
    ],
)
def test_alembic_ini(url: str, call: str, expected: Found) -> None:
    env = ENV.format(more="", call=call).replace(
        "from sqlalchemy import engine_from_config",
        f"from {'sqlalchemy.ext.asyncio' if call.startswith('async') else 'sqlalchemy'} import {call}",
    )
    files = {"alembic.ini": INI.format(url=url), "migrations/env.py": env, "migrations/script.py.mako": ""}
    assert found("alembic.ini", files) == expected


def test_an_async_url_for_a_synchronous_env_py_is_said_once() -> None:
    files = {
        "alembic.ini": INI.format(url=ASYNC),
        "migrations/env.py": ENV.format(more="", call="engine_from_config"),
        "migrations/script.py.mako": "",
    }
    assert [code for name in files for code, _, _ in found(name, files)] == ["XDB407"]


def test_alembic_ini_that_env_py_overrides() -> None:
    more = 'import os\nconfig.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"].replace("%", "%%"))\n'
    env = ENV.format(more=more, call="engine_from_config")
    files = {
        "alembic.ini": INI.format(url=f"postgres://{HOST}"),
        "migrations/env.py": env,
        "migrations/script.py.mako": "",
    }
    assert found("alembic.ini", files) == []


def test_alembic_ini_whose_env_py_chooses_the_engine_by_the_url() -> None:
    env = (
        "from alembic import context\nfrom sqlalchemy import engine_from_config\n"
        "from sqlalchemy.ext.asyncio import async_engine_from_config\n\nconfig = context.config\n"
        "section = config.get_section(config.config_ini_section, {})\n"
        'if "asyncpg" in section["sqlalchemy.url"]:\n'
        '    engine = async_engine_from_config(section, prefix="sqlalchemy.")\nelse:\n'
        '    engine = engine_from_config(section, prefix="sqlalchemy.")\n'
        "context.configure(connection=engine)\ncontext.run_migrations()\n"
    )
    files = {"alembic.ini": INI.format(url=ASYNC), "migrations/env.py": env, "migrations/script.py.mako": ""}
    assert found("alembic.ini", files) == []


def test_alembic_ini_whose_environment_is_not_there() -> None:
    files = {"alembic.ini": INI.format(url=f"postgres://{HOST}")}
    assert found("alembic.ini", files) == [("XDB102", 3, "postgres")]


def test_the_section_counts() -> None:
    text = f"[other]\nsqlalchemy.url = postgresql://localhost/other\n{INI.format(url=f'postgres://{HOST}')}"
    assert found("alembic.ini", {"alembic.ini": text}) == [("XDB102", 5, "postgres")]


def test_other_ini_files_are_left_alone() -> None:
    text = f"[app:main]\nsqlalchemy.url = postgres://{HOST}\n"
    assert found("development.ini", {"development.ini": text}) == []


@pytest.mark.parametrize("name", [".env", ".env.local", "prod.env", "docker-compose.override.yml", "alembic.ini"])
def test_names(name: str) -> None:
    assert is_configuration(name)


@pytest.mark.parametrize("name", ["env.py", ".env.py", "env.ts", "settings.env.js", "compose.py", "pyproject.toml"])
def test_other_names(name: str) -> None:
    assert not is_configuration(name)


def test_an_env_py_sets_no_variables() -> None:
    files = {
        "migrations/env.py": f'DATABASE_URL = "postgres://{HOST}"\n{SYNC_ENGINE}',
    }
    assert "XDB102" not in [code for code, _, _ in found("migrations/env.py", files)]


@pytest.mark.parametrize(
    "text",
    [
        f"# dbdriver: ignore[sslmode-in-async-engine] the proxy takes it away\nDATABASE_URL={ASYNC}?sslmode=require\n",
        f"DATABASE_URL={ASYNC}?sslmode=require  # dbdriver: ignore[XDB201]\n",
        f"# dbdriver: ignore-file[XDB201]\nA=it's\n\nDATABASE_URL={ASYNC}?sslmode=require\n",
    ],
)
def test_comments_accept(text: str) -> None:
    assert found(".env", {".env": text, "app/db.py": ENGINE}) == []


def test_a_comment_that_accepts_nothing() -> None:
    text = f"DATABASE_URL={ASYNC}  # dbdriver: ignore[XDB201]\n"
    assert found(".env", {".env": text, "app/db.py": ENGINE}) == [("XDB901", 1, "XDB201")]


@pytest.mark.parametrize(
    ("name", "before", "indent"),
    [
        (".env", f'A=1\r\nDATABASE_URL="{ASYNC}?sslmode=require"\r\n', ""),
        ("compose.yml", f"services:\n  a:\n    environment:\n    - DATABASE_URL={ASYNC}?sslmode=require\n", "    "),
    ],
)
def test_accepting_comments_stand_above(name: str, before: str, indent: str) -> None:
    assert len(found(name, {name: before, "app/db.py": ENGINE})) == 1
    outcome = lint_file(Task(name, Settings()), Options(accept="known"))
    assert not outcome.findings
    lines = before.splitlines(keepends=True)
    ending = "\r\n" if before.endswith("\r\n") else "\n"
    lines.insert(-1, f"{indent}# dbdriver: ignore[sslmode-in-async-engine] known{ending}")
    assert Path(name).read_bytes() == "".join(lines).encode()


def test_nothing_is_repaired() -> None:
    files = {".env": f"DATABASE_URL={ASYNC}?sslmode=require\n", "app/db.py": ENGINE}
    found(".env", files)
    outcome = lint_file(Task(".env", Settings()), Options(fix=True, unsafe=True))
    assert [finding.code for finding in outcome.findings] == ["XDB201"]
    assert Path(".env").read_text() == files[".env"]


def test_bytes_that_are_no_text() -> None:
    Path(".env").write_bytes(b"DATABASE_URL=postgresql://a:\xff@h/d\n")
    [finding] = lint_file(Task(".env", Settings()), Options()).findings
    assert finding.code == "XDB902"


BROKEN = {
    "compose.yaml": (
        "services:\n  web:\n    environment:\n\t  DATABASE_URL: postgresql://db/app\n",
        *(4, "it is not valid YAML: found character '\\t' that cannot start any token"),
    ),
    "alembic.ini": (
        "[alembic]\nscript_location = migrations\nsqlalchemy.url = postgresql://db/app\nno option\n",
        *(4, "the line cannot be read, it is no `key = value`"),
    ),
    ".env": ('A=1\n\nDATABASE_URL="postgresql://app:s3cr3t@db/app\nB=2\n', 3, "its quote is not closed"),
    ".env.local": ("DATABASE_URL postgresql://app:s3cr3t@db/app\n", 1, "the line is no `NAME=value`"),
}


def warned(name: str, files: dict[str, str], settings: Settings | None = None) -> list[str]:
    """What is told of files that cannot be read, when the file ``name`` is linted."""
    forget()
    for path, text in {"pyproject.toml": "", **files}.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(text.encode())
    outcome = lint_file(Task(name, settings or Settings()), Options())
    return [f"{problem.path}: {problem.message}" for problem in outcome.problems if not problem.fatal]


@pytest.mark.parametrize("name", ["compose.yaml", "alembic.ini"])
def test_a_broken_file_is_a_finding_where_it_is_named(name: str) -> None:
    text, line, reason = BROKEN[name]
    files = {name: text, "app.py": ENGINE}
    assert warned(name, files) == []
    (finding,) = lint_file(Task(name, Settings()), Options()).findings
    assert (finding.code, finding.start.line) == ("XDB902", line)
    assert finding.message == f"This file was not linted: {reason}"


@pytest.mark.parametrize("name", [".env", ".env.local"])
def test_a_broken_line_of_an_env_file_is_a_warning_as_for_those_who_load_it(name: str) -> None:
    text, line, reason = BROKEN[name]
    files = {name: text + f"DATABASE_URL={ASYNC}?sslmode=require\n", "app.py": ENGINE}
    assert [(code, at) for code, at, _ in found(name, files)] == [("XDB201", line + text.count("\n") - line + 1)]
    assert warned(name, files) == [f"{name}:{line}: {reason}; what it sets is not known"]


@pytest.mark.parametrize("name", ["compose.yaml", ".env", ".env.local"])
def test_a_broken_file_is_told_where_code_asks_for_a_variable(name: str) -> None:
    text, line, reason = BROKEN[name]
    files = {name: text, "app.py": ENGINE, "other.py": "import os\nx = 1\n"}
    assert warned("app.py", files) == [f"{name}:{line}: {reason}; what it sets is not known"]
    assert warned("other.py", files) == []
    assert warned("app.py", {**files, name: "A=1\n"}) == []


def test_a_broken_ini_file_is_told_to_the_env_py_that_it_configures() -> None:
    text, line, reason = BROKEN["alembic.ini"]
    files = {
        "alembic.ini": text,
        "migrations/script.py.mako": "",
        "migrations/env.py": ENV.format(more="", call="engine_from_config"),
    }
    assert warned("migrations/env.py", files) == [f"alembic.ini:{line}: {reason}; what it sets is not known"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("compose.prod.yml", "services:\n{% if web %}\n  web: {DATABASE_URL: 'postgresql://db/app'}\n{% endif %}\n"),
        ("docker-compose.yml", "{{ header }}: x: y\nurl: postgresql://db/app\n"),
        (".env.j2", "{% if url %} postgresql://{{ user }}@db/app {% endif %}\n"),
    ],
)
def test_a_template_is_only_told_of_where_it_is_named(name: str, text: str) -> None:
    files = {name: text, "app.py": ENGINE}
    assert warned("app.py", files) == []
    assert found(name, files) == []
    assert len(warned(name, files)) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".env", "some words\n-----\nDATABASE_URL\n# see postgresql://db/app\nA=1\n"),
        ("compose.yaml", "a: 1\n---\nservices: !reset {}\nx: postgresql://db/app\n"),
        ("tox.ini", "no section\npostgresql://db/app\n"),
    ],
)
def test_what_others_can_read_is_not_told_of(name: str, text: str) -> None:
    files = {name: text, "app.py": ENGINE}
    assert found(name, files) == []
    assert warned(name, files) == []
    assert warned("app.py", files) == []


def test_an_env_file_that_a_setting_names_and_that_is_not_there() -> None:
    settings = Settings(env_files=(".env.ci",))
    said = ".env.ci: named in `env-files`, no such file or directory; what it sets is not known"
    assert warned("app.py", {"app.py": ENGINE}, settings) == [said]
    assert warned("app.py", {"app.py": ENGINE, ".env.ci": "A=1"}, settings) == []


def test_a_folder_named_env_is_nobodys_business() -> None:
    assert warned("app.py", {"app.py": ENGINE, ".env/pyvenv.cfg": ""}) == []
