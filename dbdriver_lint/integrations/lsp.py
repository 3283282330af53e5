"""The language server: findings while somebody types, fixes, and the rules' pages."""

from __future__ import annotations

import asyncio
import os
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

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
from dbdriver_lint.report.model import rule_url
from dbdriver_lint.report.page import markdown_page
from dbdriver_lint.rules.registry import find_rule
from dbdriver_lint.run import describe_crash
from dbdriver_lint.settings.load import SettingsError, SettingsFinder
from dbdriver_lint.source.text import SourceFile, Span, UnreadableSourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pygls.workspace import TextDocument

    from dbdriver_lint.findings.model import Finding, Related
    from dbdriver_lint.fixes.edit import Edit
    from dbdriver_lint.integrations.sheet import Sheet

SOURCE = "dbdriver-lint"
FIX_ALL = f"{lsp.CodeActionKind.SourceFixAll.value}.{SOURCE}"
DEBOUNCE = 0.3
"""Seconds without a key press before a changed document is linted."""
WATCHED = ("**/*.py", "**/*.toml", "**/*.lock", "**/*.ini", "**/*.cfg", "**/*requirements*.txt", "**/dbdriver-*.json")
"""Files that can change what is said about another one."""

_SEVERITIES = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.INFO: lsp.DiagnosticSeverity.Information,
}
_WORD = re.compile(r"[A-Za-z][\w-]*")


class Server(LanguageServer):
    """The open documents and what is known of them. The linter works in one thread beside the protocol's."""

    def __init__(self) -> None:
        # Whole documents: the library counts form feeds and U+2028 as line endings, which editors do not.
        super().__init__(SOURCE, __version__, text_document_sync_kind=lsp.TextDocumentSyncKind.Full)
        self._finder = SettingsFinder()
        self._sheets: dict[str, Sheet] = {}
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._worker = ThreadPoolExecutor(1, "linter")
        self._told: str | None = None

    # --- linting

    def lint(self, uri: str, *, delay: float = 0.0) -> None:
        """Lint an open document soon, instead of what was to be done with it before."""
        self._stop(uri)
        self._waiting[uri] = asyncio.create_task(self._lint(uri, delay))

    def lint_all(self) -> None:
        """Read settings and projects anew, and lint every open document again."""
        self._finder = SettingsFinder()
        forget()
        self._sheets.clear()
        for uri in list(self.workspace.text_documents):
            self.lint(uri, delay=DEBOUNCE)

    def close(self, uri: str) -> None:
        """Take away what was said about a document."""
        self._stop(uri)
        self._sheets.pop(uri, None)
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))

    async def sheet(self, uri: str) -> Sheet | None:
        """What the linter says of the document as it is now; None where it cannot say anything."""
        document = self.workspace.get_text_document(uri)
        known = self._sheets.get(uri)
        if known is not None and known.version == document.version:
            return known
        path = _path(document)
        if path is None:
            return None
        job = partial(sheets.check, path, document.source, self._finder, document.version)
        try:
            sheet = await asyncio.get_running_loop().run_in_executor(self._worker, job)
        except (SettingsError, BaselineError) as error:
            self._tell(str(error))
            return None
        except Exception as error:  # a defect of the linter must not end the server
            self._tell(f"{os.path.basename(path)}: {describe_crash(error)}")
            return None
        self._told = None
        if sheet.version == document.version:
            self._sheets[uri] = sheet
        return sheet

    async def fixes_of(self, sheet: Sheet) -> list[Edit]:
        """What `--fix` would change."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, lambda: sheet.safe_fixes)

    async def _lint(self, uri: str, delay: float) -> None:
        await asyncio.sleep(delay)
        sheet = await self.sheet(uri)
        if uri not in self.workspace.text_documents:
            return
        version = self.workspace.get_text_document(uri).version
        if sheet is None or sheet.version == version:
            found = [] if sheet is None else [self.diagnostic(finding, sheet) for finding in sheet.findings]
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, found, version))

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
        source = sheet.source if path == sheet.source.path else _read(path)
        places = []
        for place in (related.start, related.end):
            if source is not None and place.line <= len(source.line_starts):
                offset = min(source.offset(place.line, place.column - 1), len(source.text))
                places.append(lsp.Position(*place_of(source, offset, self.encoding)))
            else:
                places.append(lsp.Position(place.line - 1, place.column - 1))
        location = lsp.Location(uris.from_fs_path(path) or path, lsp.Range(*places))
        return lsp.DiagnosticRelatedInformation(location, related.message)

    def change(self, uri: str, sheet: Sheet, edits: Iterable[Edit]) -> lsp.WorkspaceEdit:
        """Edits as the editor applies them, to this version of the document where it can say so."""
        changes = [lsp.TextEdit(self.range(sheet.source, edit.span), edit.replacement) for edit in edits]
        workspace = self.client_capabilities.workspace
        if workspace and workspace.workspace_edit and workspace.workspace_edit.document_changes:
            document = lsp.OptionalVersionedTextDocumentIdentifier(uri, sheet.version)
            return lsp.WorkspaceEdit(document_changes=[lsp.TextDocumentEdit(document, changes)])
        return lsp.WorkspaceEdit(changes={uri: changes})

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
                edit=self.change(uri, sheet, sorted(fix.edits)),
            )
        if accepted := sheet.acceptance(finding):
            yield lsp.CodeAction(
                title=f"Accept it: # dbdriver: ignore[{finding.name}]",
                kind=lsp.CodeActionKind.QuickFix,
                diagnostics=about,
                edit=self.change(uri, sheet, accepted),
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
        if _wanted(params.context, FIX_ALL) and (edits := await server.fixes_of(sheet)):
            title = "dbdriver-lint: apply all safe fixes"
            actions.append(lsp.CodeAction(title, FIX_ALL, edit=server.change(uri, sheet, edits)))
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
    if document.language_id not in ("python", None):
        return None
    path = uris.to_fs_path(document.uri) if document.uri.startswith("file:") else None
    if path is None:
        return os.path.abspath("untitled.py") if document.uri.startswith("untitled:") else None
    return path if path.endswith((".py", ".pyi")) else None


def _read(path: str) -> SourceFile | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return SourceFile.from_bytes(path, file.read())
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
