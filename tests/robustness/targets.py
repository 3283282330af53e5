"""What is fuzzed: each target takes any bytes, and raises nothing but what its function says that it raises."""

from __future__ import annotations

import ast
import contextlib
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from oracle import examine

from dbdriver_lint.findings.baseline import Baseline, BaselineError
from dbdriver_lint.findings.suppressions import Suppressions
from dbdriver_lint.fixes.apply import spliced
from dbdriver_lint.fixes.edit import ImportRequest
from dbdriver_lint.fixes.imports import CannotEditError, import_edits
from dbdriver_lint.knowledge.address import DatabaseUrlError
from dbdriver_lint.knowledge.secrets import mask_text
from dbdriver_lint.knowledge.translate import translate
from dbdriver_lint.knowledge.urls import UrlError, parse_url
from dbdriver_lint.project import forget
from dbdriver_lint.project.alembic import find_environments
from dbdriver_lint.project.dependencies import read_dependencies
from dbdriver_lint.project.environment import settings_for
from dbdriver_lint.settings.load import SettingsError, SettingsFinder
from dbdriver_lint.source.comments import Layout
from dbdriver_lint.source.files import NotebookError
from dbdriver_lint.source.nesting import too_deep
from dbdriver_lint.source.notebook import Notebook
from dbdriver_lint.source.slice import Slicer
from dbdriver_lint.source.text import SourceFile, UnreadableSourceError

if TYPE_CHECKING:
    from collections.abc import Callable

DRIVERS = ("asyncpg", "psycopg2", "psycopg", "aiomysql", "pymysql", "aiosqlite", "pg8000", "mysqlconnector")
NAMES = (
    *(
        "dbdriver-lint.toml",
        "pyproject.toml",
        "alembic.ini",
        ".env",
        "compose.yaml",
        "setup.cfg",
        "setup.py",
        "Pipfile",
    ),
    *("Pipfile.lock", "uv.lock", "poetry.lock", "requirements.txt", "environment.yml", ".gitignore", "baseline.json"),
)
_NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)


def read_source(data: bytes) -> None:
    """Bytes to text and back, lines, comments, accepted findings, depth."""
    try:
        source = SourceFile.from_bytes("a.py", data)
    except UnreadableSourceError:
        return
    for offset in (0, len(source.text) // 2, len(source.text)):
        position = source.position(offset)
        assert source.offset(position.line, position.column - 1) == offset
    for comment in Layout.of(source).comments:
        assert source.text[comment.span.start] == "#"
    Suppressions.parse(source, noqa=True)
    too_deep(source.text)


def read_url(data: bytes) -> None:
    """A URL to its parts, masked, and as a driver wants it; the length says which."""
    text = data.decode("utf-8", "surrogateescape")
    mask_text(text)
    try:
        url = parse_url(text)
        assert url.drivername is not None
    except UrlError:
        pass
    with contextlib.suppress(DatabaseUrlError):
        translate(text, DRIVERS[len(data) % len(DRIVERS)])


def slice_text(data: bytes) -> None:
    """The statements around each line; every line of a slice is one of the file."""
    text = data.decode("utf-8", "replace")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)  # bodies of functions are only read when they are asked for
            slicer = Slicer(text)
    except _NOT_PYTHON:
        return
    lines = range(1, len(slicer.starts) + 1)
    for wanted in ([lines[0]], [lines[-1]], [lines[len(lines) // 2]], list(lines)):
        excerpt = slicer.around(wanted).cut()
        assert all(1 <= line <= len(lines) for line in excerpt.lines)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(excerpt.text)


def lint(data: bytes) -> None:
    """The whole linter with all rules, and the repair."""
    assert examine(str(_folder() / "module.py"), data).failures == []


def add_imports(data: bytes) -> None:
    """The edits for an import: what parsed before parses after."""
    try:
        source = SourceFile.from_bytes("a.py", data)
        edits = import_edits(source, (ImportRequest("package.module", "name"),), before=len(source.text))
    except (UnreadableSourceError, CannotEditError):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source.text)
        except _NOT_PYTHON:
            return
        ast.parse(spliced(source.text, sorted(edits)))


def read_notebook(data: bytes) -> None:
    """A notebook: unchanged code gives the same bytes."""
    try:
        notebook = Notebook.parse("a.ipynb", data)
        if notebook.cells:
            assert notebook.with_code(notebook.code) == data
    except NotebookError:
        pass


def read_files(data: bytes) -> None:
    """Settings, ini, env, compose, dependency and ignore files, and baselines; the first byte picks which."""
    folder = _folder()
    name = NAMES[data[0] % len(NAMES)] if data else NAMES[0]
    path = folder / name
    path.write_bytes(data[1:])
    forget()
    with contextlib.suppress(SettingsError):
        SettingsFinder().for_directory(str(folder))
    try:
        settings_for(folder)
        find_environments(folder)
        read_dependencies(folder)
        if name == "baseline.json":
            Baseline.read(path)
    except BaselineError:
        pass
    finally:
        path.unlink()


def _folder() -> Path:
    folder = Path(tempfile.gettempdir(), "dbdriver-lint-fuzz")
    folder.mkdir(exist_ok=True)
    return folder


TARGETS: dict[str, Callable[[bytes], None]] = {
    "source": read_source,
    "url": read_url,
    "slice": slice_text,
    "linter": lint,
    "imports": add_imports,
    "notebook": read_notebook,
    "files": read_files,
}
