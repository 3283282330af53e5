"""The language server as an editor has it: a process of its own, spoken to by standard input and output."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import asynccontextmanager
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pygls")

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from dbdriver_lint.integrations.lsp import WATCHED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

BAD = 'from sqlalchemy import create_engine\n\nname = "😀"; engine = create_engine("postgres://h/d")\n'
UTF16 = lsp.Range(lsp.Position(2, 37), lsp.Position(2, 45))
"""`postgres`; the emoji is one character and two units."""
TIMEOUT = 30.0
# The client's library asks in a way that Python 3.14 finds old.
pytestmark = pytest.mark.filterwarnings("ignore:'asyncio.iscoroutinefunction':DeprecationWarning")


class Editor:
    """An editor with one open document. ``encodings`` are the units of columns that it offers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = "db.py"
        self.address: str | None = None
        """What is asked about, where it is no file."""
        self.client = LanguageClient("test", "1")
        self.published: asyncio.Queue[lsp.PublishDiagnosticsParams] = asyncio.Queue()
        self.messages: list[str] = []
        self.registered: list[str] = []
        self.version = 0

        @self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def diagnostics(params: lsp.PublishDiagnosticsParams) -> None:
            self.published.put_nowait(params)

        @self.client.feature(lsp.WINDOW_SHOW_MESSAGE)
        def message(params: lsp.ShowMessageParams) -> None:
            self.messages.append(params.message)

        @self.client.feature(lsp.CLIENT_REGISTER_CAPABILITY)
        def register(params: lsp.RegistrationParams) -> None:
            self.registered += [registration.method for registration in params.registrations]

    @property
    def uri(self) -> str:
        return self.address or (self.folder / self.name).as_uri()

    def open(self, text: str, language: str = "python") -> None:
        document = lsp.TextDocumentItem(self.uri, language, self.version, text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(document))

    def change(self, text: str) -> None:
        self.version += 1
        document = lsp.VersionedTextDocumentIdentifier(self.version, self.uri)
        whole = lsp.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, [whole]))

    async def diagnostics(self) -> list[lsp.Diagnostic]:
        """The next diagnostics that the server gives."""
        params = await asyncio.wait_for(self.published.get(), TIMEOUT)
        assert params.version in (self.version, None)
        return list(params.diagnostics)

    async def actions(self, range_: lsp.Range, *only: str) -> dict[str, lsp.CodeAction]:
        context = lsp.CodeActionContext([], list(only) or None)
        params = lsp.CodeActionParams(lsp.TextDocumentIdentifier(self.uri), range_, context)
        found = await self.client.text_document_code_action_async(params)
        actions = {action.title: action for action in found or () if isinstance(action, lsp.CodeAction)}
        assert len(actions) == len(found or ())
        return actions

    async def hover(self, line: int, character: int) -> str | None:
        document = lsp.TextDocumentIdentifier(self.uri)
        hover = await self.client.text_document_hover_async(lsp.HoverParams(document, lsp.Position(line, character)))
        if hover is None:
            return None
        assert isinstance(hover.contents, lsp.MarkupContent)
        return hover.contents.value


@asynccontextmanager
async def editor(folder: Path, *encodings: lsp.PositionEncodingKind) -> AsyncIterator[Editor]:
    """An editor that has started the server and said hello; at the end it says goodbye."""
    self = Editor(folder)
    await self.client.start_io(sys.executable, "-m", "dbdriver_lint", "server", "--stdio")
    watched = lsp.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
    workspace = lsp.WorkspaceClientCapabilities(did_change_watched_files=watched)
    general = lsp.GeneralClientCapabilities(position_encodings=list(encodings) or None)
    synchronized = lsp.NotebookDocumentClientCapabilities(lsp.NotebookDocumentSyncClientCapabilities())
    capabilities = lsp.ClientCapabilities(workspace=workspace, general=general, notebook_document=synchronized)
    hello = lsp.InitializeParams(capabilities, root_uri=folder.as_uri())
    told = await asyncio.wait_for(self.client.initialize_async(hello), TIMEOUT)
    assert told.server_info is not None
    assert told.server_info.name == "dbdriver-lint"
    self.client.initialized(lsp.InitializedParams())
    try:
        yield self
    finally:
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await asyncio.wait_for(self.client.stop(), TIMEOUT)


def in_editor(folder: Path, steps: Callable[[Editor], Awaitable[Any]], *encodings: lsp.PositionEncodingKind) -> None:
    async def run() -> None:
        async with editor(folder, *encodings) as opened:
            await steps(opened)

    asyncio.run(run())


def applied(text: str, action: lsp.CodeAction, uri: str) -> str:
    """What the editor makes of an action; the texts here have columns in UTF-16 units."""
    assert action.edit is not None
    assert action.edit.changes is not None
    for edit in reversed(action.edit.changes[uri]):
        lines = text.splitlines(keepends=True)
        offsets = []
        for place in (edit.range.start, edit.range.end):
            line = lines[place.line].encode("utf-16-le") if place.line < len(lines) else b""
            before = line[: 2 * place.character].decode("utf-16-le")
            offsets.append(sum(map(len, lines[: place.line])) + len(before))
        text = text[: offsets[0]] + edit.new_text + text[offsets[1] :]
    return text


@pytest.mark.parametrize(
    ("encoding", "shift"),
    [
        (None, 0),
        (lsp.PositionEncodingKind.Utf16, 0),
        (lsp.PositionEncodingKind.Utf32, -1),
        (lsp.PositionEncodingKind.Utf8, +2),
    ],
)
def test_a_finding_and_its_place(tmp_path: Path, encoding: lsp.PositionEncodingKind | None, shift: int) -> None:
    async def steps(editor: Editor) -> None:
        editor.open(BAD)
        [found] = await editor.diagnostics()
        assert found.code == "XDB102"
        assert found.source == "dbdriver-lint"
        assert found.severity is lsp.DiagnosticSeverity.Error
        assert "unknown-url-dialect" in found.message
        places = (found.range.start, found.range.end)
        assert [(p.line, p.character) for p in places] == [
            (p.line, p.character + shift) for p in (UTF16.start, UTF16.end)
        ]

    in_editor(tmp_path, steps, *([encoding] if encoding else []))


def test_line_endings_that_only_python_knows(tmp_path: Path) -> None:
    async def steps(editor: Editor) -> None:
        editor.open("# a\x0cb\u2028c\r\n" + BAD)
        [found] = await editor.diagnostics()
        assert found.range.start == lsp.Position(3, UTF16.start.character)
        editor.change("# a\x0cb\u2028c\n\n" + BAD)
        [found] = await editor.diagnostics()
        assert found.range.start == lsp.Position(4, UTF16.start.character)

    in_editor(tmp_path, steps)


def test_changes_are_linted_when_typing_stops(tmp_path: Path) -> None:
    async def steps(editor: Editor) -> None:
        editor.open(BAD)
        assert len(await editor.diagnostics()) == 1
        for number in range(5):
            editor.change(BAD + f"# {number}\n")
        editor.change(BAD.replace("postgres://h/d", "sqlite://"))
        assert await editor.diagnostics() == []
        assert editor.published.empty()
        editor.change(BAD.replace('"postgres', '("postgres'))  # does not parse: the editor says so itself
        assert await editor.diagnostics() == []
        editor.change(BAD)
        assert len(await editor.diagnostics()) == 1
        editor.client.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(editor.uri)))
        assert await editor.diagnostics() == []

    in_editor(tmp_path, steps)


def test_repairs(tmp_path: Path) -> None:
    async def steps(editor: Editor) -> None:
        editor.open(BAD)
        [diagnostic] = await editor.diagnostics()
        actions = await editor.actions(UTF16)
        safe = next(action for title, action in actions.items() if title.endswith("(safe fix)"))
        assert safe.is_preferred
        assert list(safe.diagnostics or ()) == [diagnostic]
        assert applied(BAD, safe, editor.uri) == BAD.replace("postgres:", "postgresql:")
        accept = next(action for title, action in actions.items() if title.startswith("Accept"))
        assert applied(BAD, accept, editor.uri).endswith('/d")  # dbdriver: ignore[unknown-url-dialect]\n')
        assert await editor.actions(lsp.Range(lsp.Position(0, 0), lsp.Position(0, 4)), "quickfix") == {}

    in_editor(tmp_path, steps)


def test_an_unsafe_fix_says_so(tmp_path: Path) -> None:
    text = (
        "import os\n\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n"
        'engine = create_async_engine(os.environ["DATABASE_URL"])\n'
    )

    async def steps(editor: Editor) -> None:
        editor.open(text)
        [diagnostic] = await editor.diagnostics()
        assert diagnostic.code == "XDB106"
        assert diagnostic.related_information
        actions = await editor.actions(diagnostic.range, "quickfix")
        unsafe = next(action for title, action in actions.items() if title.endswith("(unsafe fix)"))
        assert not unsafe.is_preferred
        assert "transform_url_for_driver(os.environ" in applied(text, unsafe, editor.uri)
        assert await editor.actions(diagnostic.range, "source.fixAll") == {}

    in_editor(tmp_path, steps)


@pytest.mark.parametrize("only", ["source", "source.fixAll", "source.fixAll.dbdriver-lint"])
def test_fix_all(tmp_path: Path, only: str) -> None:
    text = BAD + 'other = create_engine("postgres://h/e")\n'

    async def steps(editor: Editor) -> None:
        editor.open(text)
        [action] = (await editor.actions(lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0)), only)).values()
        assert action.kind == "source.fixAll.dbdriver-lint"
        assert applied(text, action, editor.uri) == text.replace("postgres:", "postgresql:")

    in_editor(tmp_path, steps)


def test_the_page_of_a_rule(tmp_path: Path) -> None:
    async def steps(editor: Editor) -> None:
        editor.open(BAD + "x = 1  # see dbdriver-lint's sslmode-in-async-engine\n")
        page = await editor.hover(UTF16.start.line, UTF16.start.character)
        assert page is not None
        assert page.startswith("# unknown-url-dialect (XDB102)")
        page = await editor.hover(3, 30)
        assert page is not None
        assert page.startswith("# sslmode-in-async-engine (XDB201)")
        assert await editor.hover(0, 3) is None

    in_editor(tmp_path, steps)


def test_settings_are_read_anew(tmp_path: Path) -> None:
    settings = tmp_path / "dbdriver-lint.toml"

    async def steps(editor: Editor) -> None:
        editor.open(BAD)
        assert len(await editor.diagnostics()) == 1
        assert editor.registered == ["workspace/didChangeWatchedFiles"]
        change = lsp.FileEvent(settings.as_uri(), lsp.FileChangeType.Changed)

        async def saved(text: str) -> list[lsp.Diagnostic]:
            settings.write_text(text, encoding="utf-8")
            editor.client.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([change]))
            return await editor.diagnostics()

        assert await saved('ignore = ["XDB102"]\n') == []
        assert await saved("ignroe = []\n") == []
        [message] = editor.messages
        assert "ignroe: unknown setting; did you mean `ignore`?" in message
        assert len(await saved("")) == 1
        assert await saved('exclude = ["db.py"]\n') == []
        (tmp_path / "db.py").write_text(BAD, encoding="utf-8")
        command = (sys.executable, "-m", "dbdriver_lint", "baseline", "create", "--isolated", "db.py")
        process = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, stdout=asyncio.subprocess.DEVNULL)
        assert await process.wait() == 0
        assert await saved('baseline = "dbdriver-baseline.json"\n') == []
        assert len(editor.messages) == 1

    in_editor(tmp_path, steps)


def test_a_module_that_is_saved_changes_what_is_said_of_another(tmp_path: Path) -> None:
    module = tmp_path / "settings.py"
    module.write_text('URL = "postgresql+asyncpg://db.example/d"\n', encoding="utf-8")
    text = "from settings import URL\nfrom sqlalchemy import create_engine\n\nengine = create_engine(URL)\n"

    async def steps(editor: Editor) -> None:
        editor.open(text)
        [found] = await editor.diagnostics()
        assert found.code == "XDB104"
        [related] = [r for r in found.related_information or () if r.location.uri == module.as_uri()]
        assert related.location.range.start == lsp.Position(0, 6)
        module.write_text('URL = "postgresql+psycopg2://db.example/d"\n', encoding="utf-8")
        editor.client.text_document_did_save(lsp.DidSaveTextDocumentParams(lsp.TextDocumentIdentifier(module.as_uri())))
        assert await editor.diagnostics() == []

    in_editor(tmp_path, steps)


@pytest.mark.parametrize(
    ("name", "text", "other"),
    [
        (".env", "DATABASE_URL=postgresql+{}://a@h/d\n", "asyncpg"),
        (
            "docker-compose.yml",
            "services:\n  a:\n    environment:\n      DATABASE_URL: postgresql+{}://a@h/d\n",
            "asyncpg",
        ),
    ],
)
def test_a_variable_that_is_set_anew_changes_what_is_said_of_the_engine(
    tmp_path: Path, name: str, text: str, other: str
) -> None:
    file = tmp_path / name
    (tmp_path / "pyproject.toml").touch()
    file.write_text(text.format("psycopg2"), encoding="utf-8")
    code = (
        "import os\n\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n"
        'engine = create_async_engine(os.environ["DATABASE_URL"])  # dbdriver: ignore[XDB106]\n'
    )

    async def steps(editor: Editor) -> None:
        editor.open(code)
        assert [found.code for found in await editor.diagnostics()] == ["XDB103"]
        file.write_text(text.format(other), encoding="utf-8")
        change = lsp.FileEvent(file.as_uri(), lsp.FileChangeType.Changed)
        editor.client.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([change]))
        assert await editor.diagnostics() == []
        assert any(fnmatch(str(file), glob.replace("{yml,yaml}", "yml")) for glob in WATCHED)

    in_editor(tmp_path, steps)


def test_an_alembic_configuration_that_changes(tmp_path: Path) -> None:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "script.py.mako").touch()
    configuration = tmp_path / "alembic.ini"
    text = "[alembic]\nscript_location = migrations\nsqlalchemy.url = postgresql+{}://a@h/d\n"
    configuration.write_text(text.format("asyncpg"), encoding="utf-8")
    env = (
        "from alembic import context\nfrom sqlalchemy import engine_from_config\n\nconfig = context.config\n"
        'engine = engine_from_config(config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.")\n'
        "with engine.connect() as connection:\n    context.configure(connection=connection)\n"
        "    context.run_migrations()\n"
    )
    file = tmp_path / "migrations" / "env.py"
    file.write_text(env, encoding="utf-8")
    (tmp_path / "pyproject.toml").touch()

    async def steps(editor: Editor) -> None:
        editor.name = "migrations/env.py"
        editor.open(env)
        assert [found.code for found in await editor.diagnostics()] == ["XDB407"]
        configuration.write_text(text.format("psycopg2"), encoding="utf-8")
        change = lsp.FileEvent(configuration.as_uri(), lsp.FileChangeType.Changed)
        editor.client.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([change]))
        assert await editor.diagnostics() == []

    in_editor(tmp_path, steps)


def test_a_configuration_file_in_the_editor(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    text = "# the database\nDATABASE_URL=postgresql+asyncpg://a@h/d?sslmode=require\n"

    async def steps(editor: Editor) -> None:
        editor.name = ".env"
        editor.open(text, language="dotenv")
        [found] = await editor.diagnostics()
        assert found.code == "XDB201"
        assert found.range == lsp.Range(lsp.Position(1, 40), lsp.Position(1, 55))
        [accept] = (await editor.actions(found.range)).values()
        comment = "# dbdriver: ignore[sslmode-in-async-engine]\n"
        assert applied(text, accept, editor.uri) == text.replace("DATABASE", f"{comment}DATABASE")

    in_editor(tmp_path, steps)


class OpenNotebook:
    """A notebook that is open in an editor, with Python cells but for the first."""

    def __init__(self, editor: Editor, *cells: str) -> None:
        self.editor = editor
        self.uri = (editor.folder / "analysis.ipynb").as_uri()
        self.version = 0
        kinds = [lsp.NotebookCellKind.Markup] + [lsp.NotebookCellKind.Code] * len(cells)
        texts = [BAD, *cells]
        self.cells = [f"notebook-cell:analysis#{number}" for number in range(1, len(texts) + 1)]
        documents = [
            lsp.TextDocumentItem(uri, "markdown" if kind is lsp.NotebookCellKind.Markup else "python", 0, text)
            for uri, kind, text in zip(self.cells, kinds, texts, strict=True)
        ]
        notebook = lsp.NotebookDocument(
            self.uri, "jupyter-notebook", 0, [lsp.NotebookCell(k, u) for k, u in zip(kinds, self.cells, strict=True)]
        )
        editor.client.notebook_document_did_open(lsp.DidOpenNotebookDocumentParams(notebook, documents))

    def change(self, number: int, text: str) -> None:
        self.version += 1
        cell = lsp.VersionedTextDocumentIdentifier(self.version, self.cells[number - 1])
        content = lsp.NotebookDocumentCellContentChanges(cell, [lsp.TextDocumentContentChangeWholeDocument(text)])
        changes = lsp.NotebookDocumentCellChanges(text_content=[content])
        self.editor.client.notebook_document_did_change(
            lsp.DidChangeNotebookDocumentParams(
                lsp.VersionedNotebookDocumentIdentifier(self.version, self.uri),
                lsp.NotebookDocumentChangeEvent(cells=changes),
            )
        )

    async def diagnostics(self) -> list[list[lsp.Diagnostic]]:
        """What is said of each cell next."""
        found: dict[str, list[lsp.Diagnostic]] = {}
        while len(found) < len(self.cells):
            params = await asyncio.wait_for(self.editor.published.get(), TIMEOUT)
            assert params.uri not in found
            found[params.uri] = list(params.diagnostics)
        return [found[uri] for uri in self.cells]


def test_a_notebook_cell_by_cell(tmp_path: Path) -> None:
    imports = "%matplotlib inline\r\nfrom sqlalchemy import create_engine\r\nURL = 'postgres://h/d'"
    engine = "engine = create_engine(URL)"
    other = 'other = create_engine("postgres://h/e")'

    async def steps(editor: Editor) -> None:
        notebook = OpenNotebook(editor, imports, engine, other)
        first, second, third, fourth = await notebook.diagnostics()
        assert first == second == []
        assert [found.code for found in third + fourth] == ["XDB102", "XDB102"]
        assert third[0].range == lsp.Range(lsp.Position(0, 23), lsp.Position(0, 26))
        assert fourth[0].range == lsp.Range(lsp.Position(0, 23), lsp.Position(0, 31))
        assert third[0].related_information is not None
        [related] = third[0].related_information
        assert related.location == lsp.Location(notebook.cells[1], lsp.Range(lsp.Position(2, 6), lsp.Position(2, 22)))

        everything = lsp.Range(lsp.Position(0, 0), lsp.Position(9, 0))
        editor.address = notebook.cells[3]
        actions = await editor.actions(everything, "quickfix")
        safe = next(action for title, action in actions.items() if title.endswith("(safe fix)"))
        assert applied(other, safe, notebook.cells[3]) == other.replace("postgres:", "postgresql:")
        editor.address = notebook.cells[2]  # what is to be repaired stands in another cell
        assert not [title for title in await editor.actions(everything, "quickfix") if "fix)" in title]
        [both] = (await editor.actions(everything, "source.fixAll")).values()
        assert both.edit is not None
        assert both.edit.changes is not None
        assert set(both.edit.changes) == {notebook.cells[1], notebook.cells[3]}
        for number, text in ((1, imports), (3, other)):
            fixed = applied(text, both, notebook.cells[number]).replace("\r\n", "\n")
            assert fixed == text.replace("postgres:", "postgresql:").replace("\r\n", "\n")
        page = await editor.hover(0, 24)
        assert page is not None
        assert page.startswith("# unknown-url-dialect (XDB102)")

        notebook.change(2, imports.replace("postgres://h/d", "sqlite://"))
        assert list(map(len, await notebook.diagnostics())) == [0, 0, 0, 1]
        cells = [lsp.TextDocumentIdentifier(uri) for uri in notebook.cells]
        editor.client.notebook_document_did_close(
            lsp.DidCloseNotebookDocumentParams(lsp.NotebookDocumentIdentifier(notebook.uri), cells)
        )
        assert not any(await notebook.diagnostics())

    in_editor(tmp_path, steps)


def test_other_languages_are_left_alone(tmp_path: Path) -> None:
    async def steps(editor: Editor) -> None:
        editor.open(BAD, language="markdown")
        assert await editor.diagnostics() == []
        assert await editor.actions(UTF16) == {}

    in_editor(tmp_path, steps)


def test_without_the_package_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dbdriver_lint.cli import main

    monkeypatch.setattr("dbdriver_lint.cli.server.find_spec", lambda _: None)
    assert main(["server"]) == 2
    assert "pip install 'dbdriver-lint[lsp]'" in capsys.readouterr().err


def test_the_process_ends_as_it_was_asked(tmp_path: Path) -> None:
    """An editor takes any other exit code than 0 for a crash."""
    messages = [
        {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}},
        {"method": "initialized", "params": {}},
        {"id": 2, "method": "shutdown"},
        {"method": "exit"},
    ]
    texts = [json.dumps({"jsonrpc": "2.0", **message}) for message in messages]
    sent = "".join(f"Content-Length: {len(text)}\r\n\r\n{text}" for text in texts)
    command = [sys.executable, "-m", "dbdriver_lint", "server"]
    ran = subprocess.run(command, input=sent.encode(), cwd=tmp_path, capture_output=True, timeout=TIMEOUT, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    assert b"Traceback" not in ran.stderr
