"""One version of a document that is open in an editor, and what the linter says of it."""

from __future__ import annotations

import difflib
import io
import tokenize
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dbdriver_lint.fixes.edit import Applicability, Edit
from dbdriver_lint.project import Project
from dbdriver_lint.source.text import SourceFile, Span

if TYPE_CHECKING:
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

        return list(accepting_edits(self.source, [finding], ""))

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
    from dbdriver_lint.linter import UNREADABLE, check_source
    from dbdriver_lint.project.discovery import is_excluded
    from dbdriver_lint.rules.registry import all_rules
    from dbdriver_lint.settings.select import check_selectors

    settings = finder.for_file(path)
    check_selectors(settings, all_rules())
    data = _encoded(text)
    if is_excluded(path, settings):
        return Sheet(SourceFile.from_text(path, text), settings, version=version)
    result = check_source(path, data, settings, Project.for_path(path))
    # While somebody types, a file is broken half of the time, and the editor says so itself.
    found = [finding for finding in result.findings if finding.code != UNREADABLE]
    source = result.source or SourceFile.from_text(path, text)
    if found and settings.baseline_path is not None:
        from dbdriver_lint.findings.baseline import Baseline

        found = Baseline.read(Path(settings.baseline_path)).apply(found, {path: source}, ()).new
    return Sheet(source, settings, tuple(found), version)


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
