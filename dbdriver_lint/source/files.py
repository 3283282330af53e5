"""Files on the disk: read without waiting for a pipe, and named as people see them, cells of notebooks too."""

from __future__ import annotations

import codecs
import io
import os
import re
import stat

from dbdriver_lint.source.text import UnreadableSourceError

NOTEBOOK = ".ipynb"
"""How the name of a notebook ends."""
_CELL_PATH = re.compile(r"(?<=\.ipynb):cell \d+$")

#: Byte order marks; that of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class NotebookError(UnreadableSourceError):
    """The file is not a notebook, or a repair does not fit its cells."""


def read_regular(path: str | os.PathLike[str], *, most: int | None = None, through_links: bool = True) -> bytes:
    """The content of a regular file.

    Raises:
        OSError: there is none, it is a pipe or a device, it is a link and these are not followed, or it has
            more than ``most`` bytes.
    """
    unfollowed = 0 if through_links else getattr(os, "O_NOFOLLOW", 0)

    def without_waiting(name: str, flags: int) -> int:
        return os.open(name, flags | getattr(os, "O_NONBLOCK", 0) | unfollowed)

    with open(path, "rb", opener=without_waiting) as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise OSError("not a regular file")
        if most is not None and about.st_size > most:
            raise OSError(f"larger than {most:,} bytes")
        return file.read()


def read_text(
    path: str | os.PathLike[str], *, most: int, encoding: str | None = "utf-8", errors: str = "strict"
) -> str:
    """The text of a regular file; each of its lines ends with ``\\n``.

    Without an ``encoding`` it is the one that the byte order mark says, UTF-8 where there is none.

    Raises:
        OSError: as in :func:`read_regular`.
        UnicodeDecodeError: it is not in that encoding.
    """
    data = read_regular(path, most=most)
    if encoding is None:
        encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    return io.TextIOWrapper(io.BytesIO(data), encoding=encoding, errors=errors).read()


def shown_path(path: str) -> str:
    """A path as a report shows it: an absolute one below the working directory is relative to that."""
    if not os.path.isabs(path):  # noqa: PTH117
        return path
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return path if relative.split(os.sep, 1)[0] == os.pardir else relative


def file_of(path: str) -> str:
    """The file of a path that may name a cell of a notebook."""
    return _CELL_PATH.sub("", path)


def is_cell(path: str) -> bool:
    """Whether a path names a cell of a notebook."""
    return _CELL_PATH.search(path) is not None
