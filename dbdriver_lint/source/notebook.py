"""Jupyter notebooks: their Python cells as one source, and the repaired source back into the cells.

The JSON is never written anew: only the text of the cells that changed is replaced, so outputs,
metadata, number formats and indentation stay as they are.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from dbdriver_lint.records import dataclass
from dbdriver_lint.source.files import NotebookError
from dbdriver_lint.source.text import Position, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPACE = re.compile(r"[ \t\r\n]*")
_CELL_MAGIC = re.compile(r"%%(?!time\b|timeit\b|capture\b|prun\b)\w+")
_MAGIC = re.compile(
    r"(?P<indent>[ \t]*)(?:[\w., \t]+=[ \t]*)?(?:%{1,2}[A-Za-z]|!|\?{1,2}[A-Za-z_]).*|[ \t]*[\w.]+\?{1,2}[ \t]*"
)
_BOUNDARY = "# dbdriver-lint: cell {}"
_PLACEHOLDER = re.compile(r"(?:pass  )?# dbdriver-lint: magic (\d+)")
MAX_BYTES = 50_000_000
"""Larger notebooks are refused: as objects of Python their outputs may take forty times as much."""
_TELLING = (b"sqlalchemy", b"alembic", b"sqlmodel", b"asyncpg", b"psycopg", b"aiomysql")
"""Without any of these words a notebook that is too large has nothing that is worth a finding."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A Python cell: its number among all cells (1-based), its text, and where its JSON value stands."""

    number: int
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook and its Python cells. ``magics`` are the lines that are not Python, in order."""

    path: str
    document: str
    cells: tuple[Cell, ...]
    magics: tuple[str, ...]
    code: str
    """The cells as one Python source; a comment line stands before each cell, `pass` for a magic."""

    @classmethod
    def parse(cls, path: str, data: bytes) -> Notebook:
        """Read a notebook; one in another language has no cells for us.

        Raises:
            NotebookError: it is not UTF-8, not JSON, not a notebook, or too large to be read as one.
        """
        if len(data) > MAX_BYTES:
            if not any(word in data for word in _TELLING):
                return cls(path, "", (), (), "")
            raise NotebookError(f"a notebook of more than {MAX_BYTES:,} bytes; clear its outputs")
        try:
            document = data.decode("utf-8")
            content = json.loads(document)
        except UnicodeDecodeError as error:
            raise NotebookError("a notebook is UTF-8, and this file is not") from error
        except json.JSONDecodeError as error:
            raise NotebookError(f"not a notebook: invalid JSON: {error.msg}", error.lineno, error.colno) from error
        except RecursionError as error:
            raise NotebookError("not a notebook: nested too deeply") from error
        except ValueError as error:
            raise NotebookError(f"not a notebook: {error}") from error  # a number of thousands of digits
        if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
            raise NotebookError("not a notebook: it has no list of cells")
        cells = tuple(_python_cells(document)) if _is_python(content) else ()
        magics: list[str] = []
        parts: list[str] = []
        for cell in cells:
            parts += _BOUNDARY.format(cell.number) + "\n", _without_magics(cell.text, magics), "\n"
        return cls(path, document, cells, tuple(magics), "".join(parts))

    def with_code(self, code: str) -> bytes:
        """The notebook's bytes with ``code``, a repaired :attr:`code`, in its cells.

        Raises:
            NotebookError: the repair moved the boundaries of the cells.
        """
        texts = self._split(code)
        pieces: list[str] = []
        position = 0
        for cell, text in zip(self.cells, texts, strict=True):
            if text != cell.text:
                pieces += self.document[position : cell.start], self._value(cell, text)
                position = cell.end
        return "".join((*pieces, self.document[position:])).encode()

    def place(self, position: Position) -> tuple[Cell, Position]:
        """The cell of a position in :attr:`code`, and where in the cell it is.

        Raises:
            NotebookError: there is no cell.
        """
        first = 2  # below the first boundary
        for cell in self.cells:
            lines = cell.text.count("\n") + 1
            if position.line < first + lines or cell is self.cells[-1]:
                return cell, Position(max(position.line - first + 1, 1), position.column)
            first += lines + 1
        raise NotebookError("the notebook has no Python cell")

    def cell_source(self, cell: Cell) -> SourceFile:
        """A cell as a file of its own, named `notebook.ipynb:cell 3`."""
        return SourceFile.from_text(f"{self.path}:cell {cell.number}", cell.text)

    def offset(self, cell: Cell) -> int:
        """Where in :attr:`code` the text of the cell begins (it is as long there, but for magics)."""
        boundary = _BOUNDARY.format(cell.number) + "\n"
        return self.code.index(boundary) + len(boundary)

    def _split(self, code: str) -> list[str]:
        position = 0
        bounds: list[tuple[int, int]] = []
        for cell in self.cells:
            boundary = _BOUNDARY.format(cell.number) + "\n"
            start = code.find(boundary, position)
            if start < 0 or (start and code[start - 1] != "\n"):
                raise NotebookError("a fix reaches over the boundary of a cell")
            position = start + len(boundary)
            bounds.append((start, position))
        if not bounds or bounds[0][0] != 0:
            raise NotebookError("a fix reaches over the boundary of a cell")
        ends = [start for start, _ in bounds[1:]] + [len(code)]
        return [
            _PLACEHOLDER.sub(lambda m: self.magics[int(m[1])], code[start:end].removesuffix("\n"))
            for (_, start), end in zip(bounds, ends, strict=True)
        ]

    def _value(self, cell: Cell, text: str) -> str:
        """The JSON of a cell's text, laid out as it was: one string, or a list with an item a line."""
        old = self.document[cell.start : cell.end]
        ascii_only = self.document.isascii()
        if not old.startswith("["):
            return json.dumps(text, ensure_ascii=ascii_only)
        items = list(_items(old, 0, json.JSONDecoder()))
        lead = old[1 : items[0]] if items else ""
        separator = f",{lead}"
        if len(items) > 1:
            _, end = json.JSONDecoder().raw_decode(old, items[0])
            separator = old[end : items[1]]
        tail = old[len(old[:-1].rstrip()) : -1]
        lines = re.findall(r"[^\n]*\n|[^\n]+", text)
        return "[" + lead + separator.join(json.dumps(line, ensure_ascii=ascii_only) for line in lines) + tail + "]"


def _is_python(content: dict[str, Any]) -> bool:
    metadata = content.get("metadata")
    if not isinstance(metadata, dict):
        return True
    kernel = metadata.get("kernelspec") or {}
    language = metadata.get("language_info") or {}
    named = kernel.get("language") or language.get("name") or "python"
    return str(named).lower().startswith(("python", "ipython"))


def _without_magics(text: str, magics: list[str]) -> str:
    """The text with a `pass` for each line that only IPython understands; its lines stay where they are."""
    from dbdriver_lint.source.comments import Layout

    inside = {
        line for first, last in Layout.of(SourceFile.from_text("", text)).joined for line in range(first + 1, last + 1)
    }
    lines = text.split("\n")
    continued = False
    for index, line in enumerate(lines):
        if continued:
            lines[index] = f"# dbdriver-lint: magic {len(magics)}"
            magics.append(line)
            continued = line.endswith("\\")
            continue
        match = _MAGIC.fullmatch(line) if index + 1 not in inside else None
        if match is not None:
            continued = line.endswith("\\")
            lines[index] = f"{match['indent'] or ''}pass  # dbdriver-lint: magic {len(magics)}"
            magics.append(line[len(match["indent"] or "") :])
    return "\n".join(lines)


def _python_cells(document: str) -> Iterator[Cell]:
    decoder = json.JSONDecoder()
    for key, start, _ in _members(document, _skip(document, 0), decoder):
        if key != "cells":
            continue
        for number, begin in enumerate(_items(document, start, decoder), 1):
            values = {name: (low, high) for name, low, high in _members(document, begin, decoder)}
            if "source" not in values or _load(document, values.get("cell_type")) != "code":
                continue
            source = _load(document, values["source"])
            text = "".join(source) if isinstance(source, list) else source
            if isinstance(text, str) and "\r" not in text and not _CELL_MAGIC.match(text.lstrip()):
                yield Cell(number, text, *values["source"])


def _load(document: str, span: tuple[int, int] | None) -> Any:
    return json.loads(document[span[0] : span[1]]) if span is not None else None


def _members(document: str, position: int, decoder: json.JSONDecoder) -> Iterator[tuple[str, int, int]]:
    """(key, start, end) of the members of the object at ``position``; the document is known to be valid."""
    if document[position] != "{":
        return
    position = _skip(document, position + 1)
    while document[position] != "}":
        key, position = decoder.raw_decode(document, position)
        start = _skip(document, _skip(document, position) + 1)
        _, end = decoder.raw_decode(document, start)
        yield key, start, end
        position = _skip(document, end)
        if document[position] == ",":
            position = _skip(document, position + 1)


def _items(document: str, position: int, decoder: json.JSONDecoder) -> Iterator[int]:
    """Where the items of the list at ``position`` begin."""
    position = _skip(document, position + 1)
    while document[position] != "]":
        yield position
        _, end = decoder.raw_decode(document, position)
        position = _skip(document, end)
        if document[position] == ",":
            position = _skip(document, position + 1)


def _skip(document: str, position: int) -> int:
    match = _SPACE.match(document, position)
    return match.end() if match else position
