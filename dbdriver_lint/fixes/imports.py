"""The edits that give a file the imports it lacks: once each, and where a person would put them."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from pathlib import PurePath
from typing import TYPE_CHECKING

from dbdriver_lint.fixes.edit import Edit, ImportRequest
from dbdriver_lint.records import dataclass
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dbdriver_lint.source.text import SourceFile

_STDLIB, _THIRD_PARTY, _FIRST_PARTY, _LOCAL = range(4)
_LONGEST_LINE = 120
_KEPT_ON_TOP = re.compile(
    r"#(!|.*coding[:=]|\s*-\*-|\s*(dbdriver|flake8|fmt|isort|mypy|pylint|pyright|ruff|type|yapf)\s*:)"
)
"""Comments that mean something only at the head of the file, so nothing is put above them."""


class CannotEditError(Exception):
    """The file cannot take a fix as it is; the message says why."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One logical line at the top level of the module: the statements that share it."""

    statements: tuple[ast.stmt, ...]
    first: int
    last: int

    @property
    def imports_only(self) -> bool:
        return all(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in self.statements)

    @property
    def is_future(self) -> bool:
        return any(isinstance(s, ast.ImportFrom) and s.module == "__future__" for s in self.statements)

    @property
    def module(self) -> str:
        """The module that the line is sorted by."""
        statement = self.statements[0]
        if isinstance(statement, ast.ImportFrom):
            return _module_of(statement)
        return statement.names[0].name if isinstance(statement, ast.Import) else ""

    @property
    def is_from(self) -> bool:
        return isinstance(self.statements[0], ast.ImportFrom)


def import_edits(
    source: SourceFile, requests: Sequence[ImportRequest], *, before: int | None = None
) -> tuple[Edit, ...]:
    """The edits that import what ``requests`` name and the module does not import yet.

    Only unconditional imports of the module itself count, so nothing depends on a ``try``, an
    ``if TYPE_CHECKING`` or a function. ``before`` is the offset of the first use: an import that
    stands after it is of no help.

    Raises:
        CannotEditError: this interpreter's ``ast`` cannot read the file.
    """
    if not requests:
        return ()
    lines = [line for line in _logical_lines(source) if before is None or source.line_starts[line.first - 1] < before]
    imported = {bound for line in lines for statement in line.statements for bound in _bindings(statement)}
    missing = [request for request in dict.fromkeys(requests) if request not in imported]
    edits: list[Edit] = []
    forms = {(request.module, request.name is not None) for request in missing}
    for module, is_from in sorted(forms, key=lambda form: (_section(source, form[0]), form[1], form[0])):
        group = [request for request in missing if (request.module, request.name is not None) == (module, is_from)]
        edits += (is_from and _extended(source, lines, group)) or [_inserted(source, lines, group)]
    return tuple(_joined(edits))


def _joined(edits: Iterable[Edit]) -> list[Edit]:
    """Insertions at the same place as one edit, so that their order is certain."""
    by_span: dict[Span, str] = {}
    for edit in edits:
        by_span[edit.span] = by_span.get(edit.span, "") + edit.replacement
    return [Edit(span, text) for span, text in sorted(by_span.items())]


def _logical_lines(source: SourceFile) -> list[_Line]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise CannotEditError(f"no import can be added to {source.path}: {error}") from error
    lines: list[_Line] = []
    for statement in module.body:
        # A decorator stands above the line that the definition is said to start on.
        decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
        first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
        last = statement.end_lineno or statement.lineno
        if lines and first <= lines[-1].last:
            previous = lines.pop()
            lines.append(_Line((*previous.statements, statement), previous.first, max(last, previous.last)))
        else:
            lines.append(_Line((statement,), first, last))
    return lines


def _module_of(statement: ast.ImportFrom) -> str:
    return "." * statement.level + (statement.module or "")


def _bindings(statement: ast.stmt) -> list[ImportRequest]:
    if isinstance(statement, ast.Import):
        return [ImportRequest(alias.name, None, alias.asname) for alias in statement.names]
    if isinstance(statement, ast.ImportFrom):
        return [ImportRequest(_module_of(statement), alias.name, alias.asname) for alias in statement.names]
    return []


# An existing `from module import …` takes further names.


def _extended(source: SourceFile, lines: Sequence[_Line], requests: Sequence[ImportRequest]) -> list[Edit]:
    """Edits that add names to an import of the same module; empty where none can take them."""
    for line in lines:
        statement = line.statements[0]
        if (
            len(line.statements) == 1
            and isinstance(statement, ast.ImportFrom)
            and _module_of(statement) == requests[0].module
            and statement.names[0].name != "*"
            and len(source.line_text(line.first)) + sum(len(_spelled(r)) + 2 for r in requests) <= _LONGEST_LINE
        ):
            return [edit for request in requests for edit in _added_name(source, statement, request)]
    return []


def _added_name(source: SourceFile, statement: ast.ImportFrom, request: ImportRequest) -> list[Edit]:
    names = statement.names
    spans = [_span(source, alias) for alias in names]
    text = _spelled(request)
    one_a_line = (
        len({alias.lineno for alias in names}) == len(names)
        and names[0].lineno > statement.lineno
        and (statement.end_lineno or 0) > (names[-1].end_lineno or 0)
        and all(
            not source.text[source.offset(a.lineno, 0) : s.start].strip() for a, s in zip(names, spans, strict=True)
        )
    )
    indent = source.text[source.offset(names[0].lineno, 0) : spans[0].start]
    keys = [_name_key(alias.name) for alias in names]
    assert request.name is not None
    if keys == sorted(keys):
        for key, span in zip(keys, spans, strict=True):
            if key > _name_key(request.name):
                separator = f",{source.newline}{indent}" if one_a_line else ", "
                return [Edit(Span(span.start, span.start), text + separator)]
    end = spans[-1].end
    if not one_a_line:
        return [Edit(Span(end, end), f", {text}")]
    # The new name gets its own line below the last one, whose comment stays where it is.
    line_end = source.line_span(names[-1].end_lineno or names[-1].lineno).end
    has_comma = source.text[end:line_end].lstrip().startswith(",")
    added = Edit(Span(line_end, line_end), f"{source.newline}{indent}{text}{',' if has_comma else ''}")
    return [added] if has_comma else [Edit(Span(end, end), ","), added]


def _span(source: SourceFile, node: ast.alias) -> Span:
    start, end = (
        source.offset(
            line, len(source.line_text(line).encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))
        )
        for line, column in ((node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or 0))
    )
    return Span(start, end)


def _name_key(name: str) -> tuple[int, str]:
    """Constants, classes, functions: the order that isort and ruff give by default."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower()


def _spelled(request: ImportRequest) -> str:
    return f"{request.name or request.module}{f' as {request.alias}' if request.alias else ''}"


# A new line among, before or instead of the existing imports.


def _inserted(source: SourceFile, lines: Sequence[_Line], requests: Sequence[ImportRequest]) -> Edit:
    """One new logical line that imports what ``requests`` name, all of one module and one form."""
    newline = source.newline
    module, is_from = requests[0].module, requests[0].name is not None
    names = ", ".join(_spelled(request) for request in sorted(requests, key=lambda r: _name_key(r.name or r.module)))
    text = f"from {module} import {names}" if is_from else f"import {names}"

    section = _section(source, module)
    run = _run_for(source, lines, section)
    if not run:
        return _below_the_head(source, lines, text)
    peers = [line for line in run if _section(source, line.module) == section]
    if peers:
        predecessor = _predecessor(peers, module, is_from)
        if predecessor is None and _with_comment_above(source, peers[0]) == peers[0].first:
            start = source.line_starts[peers[0].first - 1]
            return Edit(Span(start, start), text + newline)
        return _after(source, predecessor or peers[0], text)
    earlier = [line for line in run if _section(source, line.module) < section]
    if earlier:
        return _after(source, earlier[-1], newline + text, blank_below=True)
    start = source.line_starts[_with_comment_above(source, run[0]) - 1]
    return Edit(Span(start, start), f"{text}{newline}{newline}")


def _section(source: SourceFile, module: str) -> int:
    """Which of isort's sections a module belongs to; first-party is what the file's own path names."""
    if module.startswith("."):
        return _LOCAL
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names:
        return _STDLIB
    return _FIRST_PARTY if top in PurePath(source.path).parts else _THIRD_PARTY


def _run_for(source: SourceFile, lines: Sequence[_Line], section: int) -> list[_Line]:
    """The imports to insert among: adjacent lines at the head that hold that section, else the first ones."""
    runs: list[list[_Line]] = [[]]
    for line in lines:
        if isinstance(line.statements[0], (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            break
        if not line.imports_only:
            runs.append([])
        elif not line.is_future:
            runs[-1].append(line)
    full = [run for run in runs if run]
    matching = [run for run in full if any(_section(source, line.module) == section for line in run)]
    return (matching or full or [[]])[0]


def _predecessor(peers: Sequence[_Line], module: str, is_from: bool) -> _Line | None:
    """The line after which the new one is in order; None when it comes first."""

    def plain_imports_first(line_is_from: bool, line_module: str) -> tuple[object, ...]:
        return line_is_from, line_module.lower()

    def by_module(line_is_from: bool, line_module: str) -> tuple[object, ...]:
        return line_module.lower(), line_is_from

    for key in (plain_imports_first, by_module):
        keys = [key(line.is_from, line.module) for line in peers]
        if keys == sorted(keys):
            smaller = [line for line, k in zip(peers, keys, strict=True) if k <= key(is_from, module)]
            return smaller[-1] if smaller else None
    return peers[-1]


def _with_comment_above(source: SourceFile, line: _Line) -> int:
    """The number of the line where the comment about ``line`` begins; a header of the file is none."""
    first = line.first
    while first > 1 and source.line_text(first - 1).lstrip().startswith("#"):
        first -= 1
    return line.first if first == 1 else first


def _below_the_head(source: SourceFile, lines: Sequence[_Line], text: str) -> Edit:
    """After docstring and ``__future__``, else after the comments that belong to the file as a whole."""
    head: _Line | None = None
    for index, line in enumerate(lines):
        if line.is_future or (index == 0 and _is_docstring(line.statements[0])):
            head = line
    newline = source.newline
    if head is not None:
        return _after(source, head, newline + text, blank_below=True)
    body = lines[0].first if lines else source.line_count + 1
    comments = 0
    while comments + 1 < body and source.line_text(comments + 1).startswith("#"):
        comments += 1
    if comments + 1 == body and lines:
        # The comment speaks about the code below it, apart from what must stay on top.
        comments = 0
        while comments + 1 < body and _KEPT_ON_TOP.match(source.line_text(comments + 1)):
            comments += 1
    if comments:
        return _after_line(source, comments, newline + text, blank_below=True)
    return Edit(Span(0, 0), text + newline + _blank_lines(source, 1))


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _after(source: SourceFile, line: _Line, text: str, *, blank_below: bool = False) -> Edit:
    last = line.last
    # `import os \` goes on in the next physical line, even an empty one.
    while last < source.line_count and source.line_text(last).endswith("\\"):
        last += 1
    return _after_line(source, last, text, blank_below=blank_below)


def _after_line(source: SourceFile, number: int, text: str, *, blank_below: bool) -> Edit:
    """Insert ``text`` as lines of its own below a physical line."""
    if number >= len(source.line_starts):  # the last line has no line ending, and keeps having none
        return Edit(Span(len(source.text), len(source.text)), source.newline + text)
    start = source.line_starts[number]
    below = _blank_lines(source, number + 1) if blank_below else ""
    return Edit(Span(start, start), text + source.newline + below)


def _blank_lines(source: SourceFile, number: int) -> str:
    """The blank lines that part an import from what stands on line ``number``."""
    if number > source.line_count or not source.line_text(number).strip():
        return ""
    definition = re.match(r"(async\s+def|def|class)\b|@", source.line_text(number))
    return source.newline * (2 if definition else 1)
