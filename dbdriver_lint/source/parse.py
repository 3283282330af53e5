"""The only door to LibCST's parser, and the positions of its nodes.

LibCST nodes hold no positions; the library's own provider costs more than the parse. Here one walk
of the code generator counts the text, and only for files in which a place is asked for.
"""

from __future__ import annotations

import ast
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import libcst as cst
from libcst._nodes.internal import CodegenState

from dbdriver_lint.source.nesting import too_deep
from dbdriver_lint.source.text import SourceFile, Span
from dbdriver_lint.source.text import UnparsableSourceError as UnparsableSourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.source.slice import Excerpt


class ParsedModule:
    """A file's syntax tree with the positions of its nodes."""

    __slots__ = ("_dropped", "_lines", "_spans", "_text", "source", "tree")

    def __init__(self, source: SourceFile, tree: cst.Module, excerpt: Excerpt | None) -> None:
        self.source = source
        self.tree = tree
        self._text = source.text if excerpt is None else excerpt.text
        self._lines = None if excerpt is None else excerpt.lines
        self._spans: dict[cst.CSTNode, tuple[int, int, int, int]] | None = None
        self._dropped: dict[int, int] = {}

    @property
    def faithful(self) -> bool:
        """Whether LibCST gives the parsed text back character by character.

        Only then are the positions exact, and only then may the file be edited.
        """
        return self.tree.code == self._text

    def span(self, node: cst.CSTNode) -> Span:
        """The node's place in the source text, without surrounding white space and parentheses."""
        if self._spans is None:
            self._spans = positions(self.tree, self.tree.default_indent, self.tree.default_newline)
            self._dropped = self._form_feeds() if "\f" in self._text else {}
        start_line, start_column, end_line, end_column = self._spans[node]
        limit = len(self.source.text)
        start_column += self._dropped.get(start_line, 0)
        end_column += self._dropped.get(end_line, 0)
        start, end = self._offset(start_line, start_column), self._offset(end_line, end_column)
        return Span(min(start, limit), min(end, limit))

    def _form_feeds(self) -> dict[int, int]:
        """How many of them LibCST drops at the beginning of which lines."""
        lines = zip(_LINE_END.split(self._text), _LINE_END.split(self.tree.code), strict=False)
        return {
            number: len(written) - len(given)
            for number, (written, given) in enumerate(lines, 1)
            if written != given and written.lstrip("\f") == given
        }

    def _offset(self, line: int, column: int) -> int:
        """The offset in the file of a place in the parsed text."""
        lines = self._lines
        if lines is not None:
            line = lines[line - 1] if line <= len(lines) else lines[-1] + 1
        source = self.source
        return source.offset(line, column) if line <= len(source.line_starts) else len(source.text)


def parse(source: SourceFile, excerpt: Excerpt | None = None) -> ParsedModule:
    """Parse ``source``, or only an excerpt of it.

    Raises:
        UnparsableSourceError: not Python, or nested too deeply.
    """
    text = source.text if excerpt is None else excerpt.text
    deep = too_deep(text)
    if deep is not None:
        line = deep if excerpt is None else excerpt.lines[min(deep, len(excerpt.lines)) - 1]
        raise _reason_of_python(source.text) or UnparsableSourceError("nested too deeply to be parsed", line, 1)
    try:
        tree = cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        own = _reason_of_python(source.text)
        if own is not None:
            raise own from None
        line = error.raw_line if excerpt is None else excerpt.lines[min(error.raw_line, len(excerpt.lines)) - 1]
        reason = _POSITION.sub("", error.message.strip())
        raise UnparsableSourceError(f"syntax error: {reason}", line, error.raw_column + 1) from None
    except RecursionError:
        raise UnparsableSourceError("nested too deeply to be parsed", 1, 1) from None
    except Exception as error:  # the native parser raises bare exceptions for odd input
        raise UnparsableSourceError(f"LibCST cannot read it: {error or type(error).__name__}", 1, 1) from None
    return ParsedModule(source, tree, excerpt)


_LINE_END = re.compile(r"\r\n|\r|\n")
#: LibCST says the position in its message too, in its own way of counting.
_POSITION = re.compile(r"^(?:parser error: )?(?:error at \d+:\d+: )?")


def _reason_of_python(text: str) -> UnparsableSourceError | None:
    """Python's own words for a syntax error, which people know; None where this interpreter finds none."""
    try:
        ast.parse(text)
    except SyntaxError as error:
        return UnparsableSourceError(f"syntax error: {error.msg}", error.lineno or 1, max(error.offset or 1, 1))
    except (ValueError, RecursionError, MemoryError):
        pass
    return None


def positions(
    root: cst.CSTNode, indent: str = "    ", newline: str = "\n"
) -> dict[cst.CSTNode, tuple[int, int, int, int]]:
    """Lines and columns of the nodes below ``root``, as its code has them: of the start and of the end."""
    state = _PositionState(indent, newline)
    root._codegen(state)
    return state.spans


class _PositionState(CodegenState):
    """Counts lines and columns while LibCST writes the module's code, as ``PositionProvider`` does."""

    def __init__(self, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent, default_newline)
        self.spans: dict[cst.CSTNode, tuple[int, int, int, int]] = {}
        self.line = 1
        self.column = 0
        self._stack: list[tuple[int, int]] = []

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self._count(token)

    def add_token(self, value: str) -> None:
        self._count(value)

    def pop_trailing_newline(self) -> None:
        """The text is not kept, so there is nothing to take back."""

    def _count(self, value: str) -> None:
        if "\n" in value or "\r" in value:
            # "\r\n" is one line end, as everywhere in this package
            lines = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            self.line += len(lines) - 1
            self.column = len(lines[-1])
        else:
            self.column += len(value)

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._stack.append((self.line, self.column))

    def after_codegen(self, node: cst.CSTNode) -> None:
        start = self._stack.pop()
        if node not in self.spans:
            self.spans[node] = (*start, self.line, self.column)

    @contextmanager
    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> Iterator[None]:
        start = (self.line, self.column)
        try:
            yield
        finally:
            end = (self.line, self.column)
            if start_node is not None:
                start = self.spans[start_node][:2]
            if end_node is not None:
                end = self.spans[end_node][2:]
            self.spans[node] = (*start, *end)
