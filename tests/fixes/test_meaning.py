"""What a repaired program asks of the database is what it asked before: the same place, TLS no weaker, nothing lost.

The programs are run, before and after, with engines that only remember what they were given.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
import sqlalchemy
import sqlalchemy.ext.asyncio
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from dbdriver_lint.fixes.apply import fix_source
from dbdriver_lint.knowledge.address import DatabaseUrlError
from dbdriver_lint.knowledge.intentions import Tls
from dbdriver_lint.knowledge.translate import translate
from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project
from dbdriver_lint.settings.model import Settings

if TYPE_CHECKING:
    from pathlib import Path

SCHEMES = {
    "postgresql": (
        "postgres", "postgresql", "postgresql+psycopg2", "postgresql+psycopg", "postgresql+asyncpg",
        "postgresql+psycopg3",
    ),
    "mysql": ("mysql", "mysql+pymysql", "mysql+aiomysql", "mysql+asyncmy"),
}  # fmt: skip
TLS = {
    "postgresql": ("", *(f"{key}={mode.word}" for key in ("sslmode", "ssl") for mode in Tls)),
    "mysql": ("", "ssl_disabled=true", "ssl_check_hostname=false", "ssl_ca=/ca.pem"),
}
OTHERS = {
    "postgresql": ("", "application_name=web", "connect_timeout=7", "options=-csearch_path%3Dmine"),
    "mysql": ("", "charset=utf8mb4", "connect_timeout=7"),
}
FORMS = {
    "literal": "{call}({url!r})",
    "keyword": "{call}(url={url!r}, echo=True)",
    "name": "URL = {url!r}\n{call}(URL)",
    "shared": "URL = {url!r}\nif 1:\n    {call}(URL)\nother = {other}(URL) if 0 else None",
    "f-string": "host = 'db.internal'\n{call}(f'{head}{{host}}{tail}')",
    "format": "{call}('{head}{{}}{tail}'.format('db.internal'))",
    "plus": "{call}('{head}' + 'db.internal' + '{tail}')",
    "environment": "import os\n{call}(os.environ['DATABASE_URL'])",
    "default": "import os\n{call}(os.getenv('NOT_SET', {url!r}))",
    "function": "def url():\n    return {url!r}\n\n{call}(url())",
    "attribute": "class C:\n    url = {url!r}\n\n{call}(C.url)",
    "make_url": "from sqlalchemy.engine import make_url\n{call}(make_url({url!r}))",
    "arguments": "{call}({url!r}, connect_args={{}})",
}
IMPORTS = "from sqlalchemy import create_engine\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
IN_URL = frozenset({"", "postgres", "postgresql", "mysql", "postgresql+psycopg3"})


@dataclass(frozen=True, slots=True)
class Program:
    """A program that makes one engine, and the URL that it gives it."""

    code: str
    url: str
    form: str
    is_async: bool


@st.composite
def programs(draw: st.DrawFn) -> Program:
    dialect = draw(st.sampled_from(sorted(SCHEMES)))
    scheme = draw(st.sampled_from(SCHEMES[dialect]))
    query = "&".join(
        filter(
            None, draw(st.permutations((draw(st.sampled_from(TLS[dialect])), draw(st.sampled_from(OTHERS[dialect])))))
        )
    )
    head = f"{scheme}://app:s3cr%40t@"
    tail = f":{draw(st.integers(1, 65535))}/app{'?' if query else ''}{query}"
    url = f"{head}db.internal{tail}"
    form = draw(st.sampled_from(sorted(FORMS)))
    assume(form != "environment" or dialect == "postgresql")  # an unknown URL is taken for one of PostgreSQL
    is_async = draw(st.booleans())
    calls = ("create_async_engine", "create_engine")
    call, other = calls if is_async else calls[::-1]
    body = FORMS[form].format(call=call, other=other, url=url, head=head, tail=tail)
    return Program(f"{IMPORTS}{body}\n", url, form, is_async)


def given_to_engine(code: str, url: str) -> list[tuple[Any, dict[str, Any]]]:
    """The URLs and ``connect_args`` that a program makes engines with."""
    made: list[tuple[Any, dict[str, Any]]] = []

    def engine(url: Any, *, connect_args: dict[str, Any] | None = None, **_: Any) -> None:
        made.append((url, connect_args or {}))

    with (
        mock.patch.object(sqlalchemy, "create_engine", engine),
        mock.patch.object(sqlalchemy.ext.asyncio, "create_async_engine", engine),
        mock.patch.dict(os.environ, {"DATABASE_URL": url}),
    ):
        exec(compile(code, "<program>", "exec"), {"__name__": "program"})
    return made


def asked(url: str, connect_args: dict[str, Any]) -> Tls | None:
    """The TLS mode that a URL and its ``connect_args`` ask for, in whatever driver's words."""
    told = connect_args.get("ssl", connect_args.get("sslmode"))
    if isinstance(told, str):
        return Tls.of(told)
    if isinstance(told, bool):
        return Tls.REQUIRE if told else Tls.DISABLE
    for wrong, meant in (("postgres:", "postgresql:"), ("+psycopg3:", "+psycopg:"), ("mysql:", "mysql+mysqldb:")):
        url = url.replace(wrong, meant)
    read = make_url(url)
    return translate(read, {"postgresql": "psycopg", "mysql": "pymysql"}[read.get_backend_name()]).tls


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("project")
    (path / "pyproject.toml").touch()
    return path


@given(program=programs(), unsafe=st.booleans(), tls=st.sampled_from(("preserve", "require")))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_a_repair_keeps_what_is_asked(folder: Path, program: Program, unsafe: bool, tls: str) -> None:
    path = str(folder / "db.py")
    chosen = Settings(select=("XDB1", "XDB2"), fix_tls=tls)
    result = fix_source(path, program.code.encode(), chosen, Project.for_path(path), unsafe=unsafe, check=check_source)
    assert result.error is None
    assert not result.withdrawn
    event(f"{program.form}: {', '.join(sorted(result.applied)) or 'nothing'}")
    assume(result.repaired)

    [(before, _)] = given_to_engine(program.code, program.url)
    try:
        [(after, arguments)] = given_to_engine(result.data.decode(), program.url)
    except DatabaseUrlError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:  # The transform function says what a URL cannot say for that driver, and what can.
        assert "engine_arguments" in refusal or "without losing what it asks for" in refusal
        assert "s3cr" not in refusal
        return
    old, new = make_url(str(before) if isinstance(before, str) else before), make_url(after)
    assert (new.username, new.password, new.host, new.port, new.database) == (
        (old.username, old.password, old.host, old.port, old.database)
    )
    was, now = asked(program.url, {}), asked(new.render_as_string(hide_password=False), arguments)
    if was is None:
        assert now is None or (tls == "require" and now is Tls.REQUIRE)
    elif was > Tls.DISABLE:
        assert now is not None
        assert now >= min(was, Tls.PREFER) if was < Tls.REQUIRE else now >= was
    said = {**dict(new.query), **arguments}
    words = str(said)
    for parameter, value in old.query.items():
        if parameter in ("application_name", "connect_timeout", "charset"):
            assert str(value) in words, f"{parameter} is lost: {said}"
        if parameter == "options":
            assert "mine" in words
