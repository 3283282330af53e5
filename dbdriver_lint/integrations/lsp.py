"""The language server: findings while somebody types, fixes, and the rules' pages."""

from __future__ import annotations

import asyncio
import os
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from lsprotocol import types as lsp
from pygls import uris
from pygls.lsp.server import LanguageServer

from dbdriver_lint import __version__
from dbdriver_lint.findings.baseline import BaselineError
from dbdriver_lint.findings.model import Severity
from dbdriver_lint.fixes.edit import Applicability
from dbdriver_lint.integrations import sheet as sheets
from dbdriver_lint.integrations.positions import offset_of, place_of
from dbdriver_lint.project import forget
from dbdriver_lint.project.environment import is_configuration
from dbdriver_lint.report.model import rule_url
from dbdriver_lint.report.page import markdown_page
from dbdriver_lint.rules.index import check_settings
from dbdriver_lint.rules.registry import find_rule
from dbdriver_lint.run import describe_crash
from dbdriver_lint.settings.load import SettingsError, SettingsFinder
from dbdriver_lint.source.files import file_of, is_cell, read_regular
from dbdriver_lint.source.text import SourceFile, Span, UnreadableSourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pygls.workspace import TextDocument

    from dbdriver_lint.findings.model import Finding, Related
    from dbdriver_lint.fixes.edit import Edit
    from dbdriver_lint.integrations.sheet import Book, Sheet

SOURCE = "dbdriver-lint"
FIX_ALL = f"{lsp.CodeActionKind.SourceFixAll.value}.{SOURCE}"
DEBOUNCE = 0.3
"""Seconds without a key press before a changed document is linted."""
WATCHED = (
    *("**/*.py", "**/*.toml", "**/*.lock", "**/*.ini", "**/*.cfg", "**/*requirements*.txt", "**/dbdriver-*.json"),
    *("**/.env*", "**/*.env", "**/env.*", "**/*compose*.{yml,yaml}", "**/Pipfile"),
)
"""Files that can change what is said about another one."""

_SEVERITIES = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.INFO: lsp.DiagnosticSeverity.Information,
}
_NOTEBOOKS = lsp.NotebookDocumentFilterWithNotebook(
    lsp.NotebookDocumentFilterNotebookType("jupyter-notebook"), [lsp.NotebookCellLanguage("python")]
)
_WORD = re.compile(r"[A-Za-z][\w-]*")


T = TypeVar("T")


class Server(LanguageServer):
    """The open documents and what is known of them. The linter works in one thread beside the protocol's."""

    def __init__(self) -> None:
        # Whole documents: the library counts form feeds and U+2028 as line endings, which editors do not.
        super().__init__(
            SOURCE,
            __version__,
            text_document_sync_kind=lsp.TextDocumentSyncKind.Full,
            notebook_document_sync=lsp.NotebookDocumentSyncOptions([_NOTEBOOKS], save=True),
        )
        self._finder = SettingsFinder(check=check_settings)
        self._sheets: dict[str, Sheet] = {}
        self._books: dict[str, Book] = {}
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._worker = ThreadPoolExecutor(1, "linter")
        self._told: str | None = None

    # --- linting

    def lint(self, uri: str, *, delay: float = 0.0) -> None:
        """Lint an open document or notebook soon, instead of what was to be done with it before."""
        self._stop(uri)
        work = self._lint if self.notebook(uri) is None else self._lint_notebook
        self._waiting[uri] = asyncio.create_task(work(uri, delay))

    def lint_all(self) -> None:
        """Read settings and projects anew, and lint every open document again."""
        self._finder = SettingsFinder(check=check_settings)
        self._worker.submit(forget)  # it must not happen under the linter's hands
        self._sheets.clear()
        self._books.clear()
        for uri in [*self.workspace.text_documents, *self.workspace.notebook_documents]:
            if self.workspace.get_notebook_document(cell_uri=uri) is None:
                self.lint(uri, delay=DEBOUNCE)

    def close(self, uri: str) -> None:
        """Take away what was said about a document."""
        self._stop(uri)
        self._sheets.pop(uri, None)
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))

    def close_notebook(self, uri: str, cells: Iterable[str]) -> None:
        """Take away what was said about a notebook that had these cells."""
        self._stop(uri)
        self._books.pop(uri, None)
        for cell in cells:
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(cell, []))

    def notebook(self, uri: str) -> lsp.NotebookDocument | None:
        """The open notebook with this address."""
        return self.workspace.get_notebook_document(notebook_uri=uri)

    async def sheet(self, uri: str) -> Sheet | None:
        """What the linter says of the document or cell as it is now; None where it cannot say anything."""
        notebook = self.workspace.get_notebook_document(cell_uri=uri)
        if notebook is not None:
            book = await self.book(notebook)
            return None if book is None else book.sheets.get(_number(notebook, uri))
        document = self.workspace.get_text_document(uri)
        known = self._sheets.get(uri)
        if known is not None and known.version == document.version:
            return known
        path = _path(document)
        if path is None:
            return None
        sheet = await self._in_worker(
            path, partial(sheets.check, path, document.source, self._finder, document.version)
        )
        if sheet is not None and sheet.version == document.version:
            self._sheets[uri] = sheet
        return sheet

    async def book(self, notebook: lsp.NotebookDocument) -> Book | None:
        """The same of a notebook."""
        documents = [self.workspace.get_text_document(cell.document) for cell in notebook.cells]
        versions = tuple(document.version for document in documents)
        known = self._books.get(notebook.uri)
        if known is not None and known.versions == versions:
            return known
        path = uris.to_fs_path(notebook.uri) if notebook.uri.startswith("file:") else os.path.abspath("untitled.ipynb")
        if path is None:
            return None
        cells = [
            document.source.replace("\r\n", "\n") if _is_code(cell, document) else None
            for cell, document in zip(notebook.cells, documents, strict=True)
        ]
        job = partial(sheets.check_notebook, path, cells, self._finder, versions)
        book = await self._in_worker(path, job)
        if book is not None:
            self._books[notebook.uri] = book
        return book

    async def _in_worker(self, path: str, job: Callable[[], T]) -> T | None:
        """What a job about the file ``path`` gives; None where it fails, and then the user is told why."""
        try:
            result = await asyncio.get_running_loop().run_in_executor(self._worker, job)
        except (SettingsError, BaselineError) as error:
            self._tell(str(error))
            return None
        except Exception as error:  # a defect of the linter must not end the server
            self._tell(f"{os.path.basename(path)}: {describe_crash(error)}")
            return None
        self._told = None
        return result

    async def fixes_of(self, uri: str, sheet: Sheet) -> dict[str, tuple[Sheet, Iterable[Edit]]]:
        """What `--fix` would change in a document, or in all cells of the notebook that a cell is of."""
        run = asyncio.get_running_loop().run_in_executor
        notebook = self.workspace.get_notebook_document(cell_uri=uri)
        if notebook is None:
            edits = await run(self._worker, lambda: sheet.safe_fixes)
            return {uri: (sheet, edits)} if edits else {}
        book = await self.book(notebook)
        if book is None:
            return {}
        by_cell = await run(self._worker, lambda: book.safe_fixes)
        return {notebook.cells[number - 1].document: (book.sheets[number], by_cell[number]) for number in by_cell}

    async def _lint(self, uri: str, delay: float) -> None:
        await asyncio.sleep(delay)
        sheet = await self.sheet(uri)
        if uri not in self.workspace.text_documents:
            return
        version = self.workspace.get_text_document(uri).version
        if sheet is None or sheet.version == version:
            found = [] if sheet is None else [self.diagnostic(finding, sheet) for finding in sheet.findings]
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, found, version))

    async def _lint_notebook(self, uri: str, delay: float) -> None:
        await asyncio.sleep(delay)
        notebook = self.notebook(uri)
        book = None if notebook is None else await self.book(notebook)
        notebook = self.notebook(uri)
        if notebook is None:
            return
        documents = [self.workspace.get_text_document(cell.document) for cell in notebook.cells]
        if book is not None and book.versions != tuple(document.version for document in documents):
            return
        for number, cell in enumerate(notebook.cells, 1):
            sheet = None if book is None else book.sheets.get(number)
            found = [] if sheet is None else [self.diagnostic(finding, sheet) for finding in sheet.findings]
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(cell.document, found))

    def _stop(self, uri: str) -> None:
        task = self._waiting.pop(uri, None)
        if task is not None:
            task.cancel()

    def _tell(self, message: str) -> None:
        """Show a problem, once until it is gone."""
        if message != self._told:
            self._told = message
            self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, f"dbdriver-lint: {message}"))

    # --- from the linter's words to the protocol's

    @property
    def encoding(self) -> str:
        """The units that columns are counted in."""
        return str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding))

    def range(self, source: SourceFile, span: Span) -> lsp.Range:
        """A span as the editor has it."""
        places = (place_of(source, offset, self.encoding) for offset in (span.start, span.end))
        return lsp.Range(*(lsp.Position(*place) for place in places))

    def span(self, source: SourceFile, range_: lsp.Range) -> Span:
        """A range of the editor as a span."""
        places = (offset_of(source, p.line, p.character, self.encoding) for p in (range_.start, range_.end))
        return Span(*places)

    def diagnostic(self, finding: Finding, sheet: Sheet) -> lsp.Diagnostic:
        """A finding as the editor shows it."""
        url = rule_url(finding.name)
        return lsp.Diagnostic(
            range=self.range(sheet.source, finding.span or Span(0, 0)),
            message=f"{finding.message} ({finding.name})",
            severity=_SEVERITIES[finding.severity],
            code=finding.code,
            code_description=lsp.CodeDescription(url) if url else None,
            source=SOURCE,
            tags=[lsp.DiagnosticTag.Unnecessary] if finding.code == "XDB901" else None,
            related_information=[self._related(related, sheet) for related in finding.related] or None,
        )

    def _related(self, related: Related, sheet: Sheet) -> lsp.DiagnosticRelatedInformation:
        path = os.path.abspath(related.path)
        cell = self._cell(path) if is_cell(path) else None
        if path == sheet.source.path:
            source: SourceFile | None = sheet.source
        elif cell is not None:
            source = SourceFile.from_text(path, cell.source)
        else:
            source = _read(path)
        places = []
        for place in (related.start, related.end):
            if source is not None and place.line <= len(source.line_starts):
                offset = min(source.offset(place.line, place.column - 1), len(source.text))
                places.append(lsp.Position(*place_of(source, offset, self.encoding)))
            else:
                places.append(lsp.Position(place.line - 1, place.column - 1))
        address = uris.from_fs_path(file_of(path)) if cell is None else cell.uri
        location = lsp.Location(address or path, lsp.Range(*places))
        return lsp.DiagnosticRelatedInformation(location, related.message)

    def _cell(self, path: str) -> TextDocument | None:
        """The open cell that a path names."""
        for notebook in self.workspace.notebook_documents.values():
            number = int(path.rpartition(" ")[2])
            if uris.to_fs_path(notebook.uri) == file_of(path) and number <= len(notebook.cells):
                return self.workspace.get_text_document(notebook.cells[number - 1].document)
        return None

    def change(self, edits: Mapping[str, tuple[Sheet, Iterable[Edit]]]) -> lsp.WorkspaceEdit:
        """Edits of documents as the editor applies them, to these versions of theirs where it can say so."""
        changes = {
            uri: [lsp.TextEdit(self.range(sheet.source, edit.span), edit.replacement) for edit in each]
            for uri, (sheet, each) in edits.items()
        }
        workspace = self.client_capabilities.workspace
        if workspace and workspace.workspace_edit and workspace.workspace_edit.document_changes:
            documents = {uri: lsp.OptionalVersionedTextDocumentIdentifier(uri, edits[uri][0].version) for uri in edits}
            return lsp.WorkspaceEdit(
                document_changes=[lsp.TextDocumentEdit(documents[uri], [*each]) for uri, each in changes.items()]
            )
        return lsp.WorkspaceEdit(changes={uri: list(each) for uri, each in changes.items()})

    def repairs(self, uri: str, sheet: Sheet, finding: Finding) -> Iterator[lsp.CodeAction]:
        """What can be done about one finding."""
        about = [self.diagnostic(finding, sheet)]
        fix = finding.fix
        if fix is not None and fix.edits and fix.applicability is not Applicability.DISPLAY:
            safe = fix.applicability is Applicability.SAFE
            yield lsp.CodeAction(
                title=f"{fix.title} ({'safe' if safe else 'unsafe'} fix)",
                kind=lsp.CodeActionKind.QuickFix,
                diagnostics=about,
                is_preferred=safe,
                edit=self.change({uri: (sheet, sorted(fix.edits))}),
            )
        if accepted := sheet.acceptance(finding):
            yield lsp.CodeAction(
                title=f"Accept it: # dbdriver: ignore[{finding.name}]",
                kind=lsp.CodeActionKind.QuickFix,
                diagnostics=about,
                edit=self.change({uri: (sheet, accepted)}),
            )


def serve() -> None:
    """Talk to an editor by standard input and output until it says goodbye."""
    make_server().start_io()


def make_server() -> Server:
    """A server that knows its part of the protocol."""
    server = Server()

    @server.feature(lsp.INITIALIZED)
    async def initialized(server: Server, _params: lsp.InitializedParams) -> None:
        workspace = server.client_capabilities.workspace
        watching = workspace.did_change_watched_files if workspace else None
        if watching is None or not watching.dynamic_registration:
            return
        watchers = [lsp.FileSystemWatcher(pattern) for pattern in WATCHED]
        options = lsp.DidChangeWatchedFilesRegistrationOptions(watchers)
        registration = lsp.Registration("watch", lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        await server.client_register_capability_async(lsp.RegistrationParams([registration]))

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    async def opened(server: Server, params: lsp.DidOpenTextDocumentParams) -> None:
        server.lint(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(server: Server, params: lsp.DidChangeTextDocumentParams) -> None:
        server.lint(params.text_document.uri, delay=DEBOUNCE)

    @server.feature(lsp.NOTEBOOK_DOCUMENT_DID_OPEN)
    async def opened_notebook(server: Server, params: lsp.DidOpenNotebookDocumentParams) -> None:
        server.lint(params.notebook_document.uri)

    @server.feature(lsp.NOTEBOOK_DOCUMENT_DID_CHANGE)
    async def changed_notebook(server: Server, params: lsp.DidChangeNotebookDocumentParams) -> None:
        server.lint(params.notebook_document.uri, delay=DEBOUNCE)

    @server.feature(lsp.NOTEBOOK_DOCUMENT_DID_CLOSE)
    async def closed_notebook(server: Server, params: lsp.DidCloseNotebookDocumentParams) -> None:
        server.close_notebook(params.notebook_document.uri, [cell.uri for cell in params.cell_text_documents])

    @server.feature(lsp.NOTEBOOK_DOCUMENT_DID_SAVE)
    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    @server.feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def changed_on_disk(server: Server, _params: object) -> None:
        server.lint_all()

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(server: Server, params: lsp.DidCloseTextDocumentParams) -> None:
        server.close(params.text_document.uri)

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix, FIX_ALL])
    )
    async def code_actions(server: Server, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        uri = params.text_document.uri
        sheet = await server.sheet(uri)
        if sheet is None:
            return []
        actions: list[lsp.CodeAction] = []
        if _wanted(params.context, lsp.CodeActionKind.QuickFix.value):
            for finding in sheet.at(server.span(sheet.source, params.range)):
                actions += server.repairs(uri, sheet, finding)
        if _wanted(params.context, FIX_ALL) and (edits := await server.fixes_of(uri, sheet)):
            title = "dbdriver-lint: apply all safe fixes"
            actions.append(lsp.CodeAction(title, FIX_ALL, edit=server.change(edits)))
        return actions

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def hover(server: Server, params: lsp.HoverParams) -> lsp.Hover | None:
        sheet = await server.sheet(params.text_document.uri)
        if sheet is None:
            return None
        source = sheet.source
        offset = offset_of(source, params.position.line, params.position.character, server.encoding)
        found = sheet.at(Span(offset, offset))
        if found:
            names, span = dict.fromkeys(finding.name for finding in found), found[0].span or Span(offset, offset)
        elif word := _word_in_comment(source, offset):
            names, span = {source.text[word.start : word.end]: None}, word
        else:
            return None
        pages = [markdown_page(rule) for name in names if (rule := find_rule(name)) is not None]
        content = lsp.MarkupContent(lsp.MarkupKind.Markdown, "\n---\n\n".join(pages))
        return lsp.Hover(content, server.range(source, span)) if pages else None

    return server


def _wanted(context: lsp.CodeActionContext, kind: str) -> bool:
    """Whether the editor asks for actions of this kind."""
    only = [str(getattr(wanted, "value", wanted)) for wanted in context.only or ()]
    return not only or any(kind == wanted or kind.startswith(f"{wanted}.") for wanted in only)


def _path(document: TextDocument) -> str | None:
    """The file of a document, or where it would stand; None for what is not linted in an editor."""
    path = uris.to_fs_path(document.uri) if document.uri.startswith("file:") else None
    if path is not None and is_configuration(path):
        return path  # whatever the editor calls its language
    if document.language_id not in ("python", None):
        return None
    if path is None:
        return os.path.abspath("untitled.py") if document.uri.startswith("untitled:") else None
    return path if path.endswith((".py", ".pyi")) else None


def _number(notebook: lsp.NotebookDocument, uri: str) -> int:
    """The 1-based number of a cell; 0 for one that is gone."""
    return next((number for number, cell in enumerate(notebook.cells, 1) if cell.document == uri), 0)


def _is_code(cell: lsp.NotebookCell, document: TextDocument) -> bool:
    return cell.kind == lsp.NotebookCellKind.Code and document.language_id in ("python", None)


def _read(path: str) -> SourceFile | None:
    try:
        return SourceFile.from_bytes(path, read_regular(path))
    except (OSError, UnreadableSourceError):
        return None


def _word_in_comment(source: SourceFile, offset: int) -> Span | None:
    """The word at a place in a comment, where names and codes of rules may stand."""
    line = source.line_span(source.line_of(offset))
    text = source.text[line.start : line.end]
    comment = text.find("#")
    for word in _WORD.finditer(text, comment + 1) if comment >= 0 else ():
        if word.start() <= offset - line.start <= word.end():
            return Span(line.start + word.start(), line.start + word.end())
    return None
