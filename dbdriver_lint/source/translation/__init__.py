"""LibCST's nodes without LibCST's parser: statements as ``ast`` read them, each at its exact place.

What is evaluated and judged needs no white space: its nodes are made from what the slicer has read
already, each statement once for all parts of its file. They hold the fields that mean something
(see :mod:`dbdriver_lint.analysis.tree`) and no layout. f-strings and concatenated strings, whose pieces
``ast`` does not keep, go to LibCST alone; what is rarer (``match``) is left to its parser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.source.parse import parse
from dbdriver_lint.source.translation.expressions import Untranslatable
from dbdriver_lint.source.translation.statements import Translator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dbdriver_lint.source.parse import ParsedModule
    from dbdriver_lint.source.slice import Slicer
    from dbdriver_lint.source.text import SourceFile

__all__ = ["Translator", "Untranslatable", "read"]


def read(source: SourceFile, slicer: Slicer | None, lines: Sequence[int] | None = None) -> ParsedModule:
    """A file, or what the statements on ``lines`` (1-based, sorted) need, with places.

    LibCST's parser reads what cannot be translated, and a file that ``ast`` cannot read (``slicer`` is None).

    Raises:
        UnparsableSourceError: not Python, or nested too deeply.
    """
    if slicer is None:
        return parse(source)
    try:
        kept = slicer.whole() if lines is None else slicer.around(lines)
    except SyntaxError:  # in a function that was left out before
        return parse(source)
    try:
        return Translator(source, slicer).module(kept)[0]
    except Untranslatable:
        return parse(source, kept.cut())
