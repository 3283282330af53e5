"""What is asked of the project: the readers of this room note each question under the file whose code asked it."""

from __future__ import annotations

import enum
import os
from functools import cache
from typing import TYPE_CHECKING

from dbdriver_lint.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


class Kind(enum.StrEnum):
    """What is asked; the answers to all but :attr:`FILE` are paths, one a line."""

    FILE = "file"
    """What a file holds: a digest of its bytes, nothing where it cannot be read."""
    MODULE = "module"
    """The file of a module as files of a folder import it: folder, number of dots or `` for none, name."""
    ROOT = "root"
    """The root of the project that a folder belongs to."""
    MANIFESTS = "manifests"
    """The files that say which packages the project with this root needs."""
    VARIABLES = "variables"
    """The files that may set environment variables for the code of a folder: folder, files named by a setting."""
    MIGRATIONS = "migrations"
    """The Alembic environments below a root, and the files that may configure one."""
    READERS = "readers"
    """The modules below a root that make engines or connections, which the details are: who judges a file beside the
    code. Whether there are others now is for the linter to say, so the answer is no part of a cache."""


class Question(NamedTuple):
    """Something that was asked of the project; paths in it are absolute."""

    kind: Kind
    place: str
    """The file or folder that it is about."""
    details: tuple[str, ...] = ()


class Unread(NamedTuple):
    """Something in a file beside the code that could not be understood."""

    path: str
    line: int
    """1-based; 0 for the whole file."""
    reason: str
    lost: str
    """What is not known therefore."""

    @property
    def place(self) -> str:
        """The path, with the line where there is one."""
        return f"{self.path}:{self.line}" if self.line else self.path


class Ledger:
    """Who asked what. Askers are files: the one that is linted, and the modules whose code was run for it."""

    def __init__(self) -> None:
        self._asked: dict[str, set[Question]] = {}
        self._absolute: dict[str, str] = {}
        self._unread: dict[str, tuple[Unread, ...]] = {}
        self.generation = 0
        """Changes when files changed while the process ran, and what was noted before is out of date."""

    def note(self, asker: str, question: Question) -> None:
        """``asker``, a file, was given the answer to ``question``."""
        path = self._absolute.get(asker)
        if path is None:
            path = self._absolute[asker] = os.path.abspath(asker)
        self._asked.setdefault(path, set()).add(question)

    def tell(self, path: str | os.PathLike[str], unread: tuple[Unread, ...]) -> None:
        """What of a file, just read, could not be understood."""
        if unread:
            self._unread[os.path.abspath(path)] = unread
        else:
            self._unread.pop(os.path.abspath(path), None)

    @property
    def unread(self) -> Mapping[str, tuple[Unread, ...]]:
        """What could not be understood, by the absolute path of the file."""
        return self._unread

    def forget(self) -> None:
        """Drop everything: files have changed."""
        self._asked.clear()
        self._absolute.clear()
        self.generation += 1

    def asked_by(self, path: str) -> Iterable[Question]:
        """What the file ``path`` (absolute) asked itself."""
        return self._asked.get(path, ())


@cache
def ledger() -> Ledger:
    """The ledger of this process."""
    return Ledger()


def note_readers(asker: str, root: Path, paths: Iterable[str]) -> None:
    """``asker``, a file beside the code, is judged by these modules of the project with this root, and by no others."""
    readers = tuple(os.path.abspath(path) for path in paths)
    ledger().note(asker, Question(Kind.ROOT, os.path.dirname(os.path.abspath(asker))))
    ledger().note(asker, Question(Kind.READERS, os.path.abspath(root), readers))
    note_files(asker, readers)


def note_files(asker: str, paths: Iterable[str | os.PathLike[str]]) -> None:
    """``asker`` depends on the content of these files, or on their not being there."""
    for path in paths:
        ledger().note(asker, Question(Kind.FILE, os.path.abspath(path)))
