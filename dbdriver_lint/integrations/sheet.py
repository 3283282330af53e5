"""One version of a document or notebook that is open in an editor, and what the linter says of it."""

from __future__ import annotations

import difflib
import io
import json
import tokenize
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dbdriver_lint.fixes.edit import Applicability, Edit
from dbdriver_lint.project import Project
from dbdriver_lint.project.environment import is_configuration
from dbdriver_lint.records import replace
from dbdriver_lint.source.files import NotebookError
from dbdriver_lint.source.notebook import Notebook
from dbdriver_lint.source.text import SourceFile, Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.settings.load import SettingsFinder
    from dbdriver_lint.settings.model import Settings


@dataclass(frozen=True)
class Sheet:
    """``findings`` are those that an editor shows; their places are in ``source``."""

    source: SourceFile
    settings: Settings
    findings: tuple[Finding, ...] = ()
    version: int | None = field(default=None, compare=False)

    @cached_property
    def safe_fixes(self) -> list[Edit]:
        """What `--fix` would change, as edits of whole lines; found out once for each version."""
        from dbdriver_lint.fixes.apply import fix_source
        from dbdriver_lint.linter import check_source

        safe = (f for f in self.findings if f.fix is not None and f.fix.applicability is Applicability.SAFE)
        if not self.source.round_trips or next(safe, None) is None:
            return []
        project = Project.for_path(self.source.path)
        fixed = fix_source(self.source.path, self.source.data, self.settings, project, unsafe=False, check=check_source)
        return list(_edits(self.source.text, SourceFile.from_bytes(self.source.path, fixed.data).text))

    def acceptance(self, finding: Finding) -> list[Edit]:
        """The edits that write a comment which accepts the finding."""
        from dbdriver_lint.findings.accept import accepting_edits

        return list(accepting_edits(self.source, [finding], "", beside_code=not is_configuration(self.source.path)))

    def at(self, span: Span) -> list[Finding]:
        """The findings that the span touches."""
        return [f for f in self.findings if f.span and f.span.start <= span.end and span.start <= f.span.end]


def check(path: str, text: str, finder: SettingsFinder, version: int | None = None) -> Sheet:
    """Lint the text of an open document, whose file may hold another one.

    Raises:
        SettingsError: the settings of the file cannot be read, or name no rule.
        BaselineError: the baseline that they name cannot be read.
        RuleCrashError: a defect of the linter.
    """
    settings = _settings(path, finder)
    if settings is None:
        return Sheet(SourceFile.from_text(path, text), finder.for_file(path), version=version)
    found, source = _found(path, _encoded(text), settings)
    source = source or SourceFile.from_text(path, text)
    return Sheet(source, settings, tuple(_not_accepted(found, {path: source}, settings)), version)


@dataclass(frozen=True)
class Book:
    """What the linter says of a notebook: a sheet for each of its Python cells, by the cell's 1-based number.

    A fix stands in a sheet only if all of it is for that cell.
    """

    notebook: Notebook
    settings: Settings
    sheets: Mapping[int, Sheet]
    versions: tuple[int | None, ...] = field(default=(), compare=False)
    """Those of the cells."""

    @cached_property
    def safe_fixes(self) -> Mapping[int, list[Edit]]:
        """What `--fix` would change in each cell; found out once for each version."""
        from dbdriver_lint.fixes.apply import fix_source
        from dbdriver_lint.linter import check_source

        path, before = self.notebook.path, self.notebook
        if not any(sheet.findings for sheet in self.sheets.values()):
            return {}
        project = Project.for_path(path)
        fixed = fix_source(path, before.code.encode(), self.settings, project, unsafe=False, check=check_source)
        try:
            after = Notebook.parse(path, before.with_code(fixed.data.decode()))
        except NotebookError:
            return {}
        changed = ((old, new) for old, new in zip(before.cells, after.cells, strict=True) if old.text != new.text)
        return {old.number: list(_edits(old.text, new.text)) for old, new in changed}


def check_notebook(
    path: str, cells: Sequence[str | None], finder: SettingsFinder, versions: tuple[int | None, ...] = ()
) -> Book:
    """Lint the cells of an open notebook; those that hold no Python are None.

    Raises:
        SettingsError, BaselineError, RuleCrashError: as :func:`check`.
    """
    from dbdriver_lint.findings.cells import in_cells

    kinds = [{"cell_type": "markdown" if text is None else "code", "source": text or ""} for text in cells]
    notebook = Notebook.parse(path, json.dumps({"cells": kinds}).encode())
    settings = _settings(path, finder)
    if settings is None:
        return Book(notebook, finder.for_file(path), {}, versions)
    found, code = _found(path, notebook.code.encode("utf-8", "surrogatepass"), settings)
    placed: list[Finding] = []
    if code is not None:
        placed = [
            finding if finding.fix is None or _is_whole(finding, original) else replace(finding, fix=None)
            for finding, original in zip(in_cells(notebook, code, found)[0], found, strict=True)
        ]
    sources = {source.path: source for source in map(notebook.cell_source, notebook.cells)}
    kept = _not_accepted(placed, sources, settings)
    sheets = {
        cell.number: Sheet(
            source,
            settings,
            tuple(f for f in kept if f.path == source.path),
            versions[cell.number - 1] if versions else None,
        )
        for cell, source in zip(notebook.cells, sources.values(), strict=True)
    }
    return Book(notebook, settings, sheets, versions)


def _is_whole(finding: Finding, original: Finding) -> bool:
    """Whether all edits of a fix are in the finding's cell."""
    assert finding.fix is not None
    assert original.fix is not None
    return len(finding.fix.edits) == len(original.fix.edits)


def _settings(path: str, finder: SettingsFinder) -> Settings | None:
    """The settings for a file; None where they leave it out."""
    from dbdriver_lint.project.discovery import is_excluded

    settings = finder.for_file(path)
    return None if is_excluded(path, settings) else settings


def _found(path: str, data: bytes, settings: Settings) -> tuple[list[Finding], SourceFile | None]:
    from dbdriver_lint.linter import UNREADABLE, check_source

    result = check_source(path, data, settings, Project.for_path(path))
    # While somebody types, a file is broken half of the time, and the editor says so itself.
    return [finding for finding in result.findings if finding.code != UNREADABLE], result.source


def _not_accepted(found: list[Finding], sources: Mapping[str, SourceFile], settings: Settings) -> list[Finding]:
    if not found or settings.baseline_path is None:
        return found
    from dbdriver_lint.findings.baseline import Baseline

    return Baseline.read(Path(settings.baseline_path)).apply(found, sources, ()).new


def _encoded(text: str) -> bytes:
    """The text as its coding cookie has it. What that encoding lacks becomes one character, so that places stay."""
    head = "".join(text.splitlines(keepends=True)[:2]).encode("ascii", "replace")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(head).readline)
    except SyntaxError:  # an encoding that does not exist
        encoding = "utf-8"
    return text.encode(encoding, "replace")


def _edits(before: str, after: str) -> list[Edit]:
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [
        Edit(Span(starts[low], starts[high]), "".join(new[first:last]))
        for tag, low, high, first, last in matcher.get_opcodes()
        if tag != "equal"
    ]
