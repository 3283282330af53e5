"""The edits of a fix for machines: complete, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.source.files import is_cell

if TYPE_CHECKING:
    from dbdriver_lint.fixes.edit import Edit, Fix
    from dbdriver_lint.source.text import SourceFile


def edits_without_secrets(fix: Fix, source: SourceFile) -> list[Edit] | None:
    """The edits in order, or None where one would write a password into the report, or is in a notebook's cell.

    A masked replacement would destroy the file that it is applied to, so such a fix is left to `--fix`.
    """
    if is_cell(source.path):
        return None
    edits = sorted(fix.edits)
    return None if any(_writes_secret(edit, source) for edit in edits) else edits


def _writes_secret(edit: Edit, source: SourceFile) -> bool:
    from dbdriver_lint.knowledge.secrets import secret_spans

    before = source.text[source.line_starts[source.line_of(edit.span.start) - 1] : edit.span.start]
    after = source.text[edit.span.end : source.line_span(source.line_of(edit.span.end)).end]
    low, high = len(before), len(before) + len(edit.replacement)
    return any(start < high and low < end for start, end in secret_spans(before + edit.replacement + after))
