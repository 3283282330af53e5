"""What the findings of a file were made from: every question that was put to the project, and its answer.

A cache asks the same questions again: while all answers are the same, so are the findings. What was looked for and
is not there is an answer too.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from dbdriver_lint.project.inputs import Kind, Question, ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.project.inputs import Unread


def questions_of(path: str) -> frozenset[Question]:
    """All that the findings of the file ``path`` depend on, besides its own bytes and its settings.

    That is what it asked, and what the modules asked that it was resolved through. A module that several
    files share may have asked more for another one: too much is noted then, never too little.
    """
    from dbdriver_lint.project.environment import is_configuration
    from dbdriver_lint.project.modules import shared_modules

    modules = shared_modules()
    found: set[Question] = set()
    waiting = [os.path.abspath(path)]
    seen = set(waiting)
    while waiting:
        for question in ledger().asked_by(waiting.pop()):
            found.add(question)
            if question.kind is Kind.MODULE:
                module = modules.find_in(question.place, question.details)
                if module is None or not modules.was_read(module.path):
                    continue
                found.add(Question(Kind.FILE, module.path))
                follow = module.path
            elif question.kind is Kind.FILE and not is_configuration(question.place):
                follow = question.place  # who judges a file beside the code is nothing to those who read it
            else:
                continue
            if follow not in seen:
                seen.add(follow)
                waiting.append(follow)
    return frozenset(found)


def unread_for(path: str) -> list[Unread]:
    """What could not be understood of the files that the findings of the file ``path`` depend on."""
    unread = ledger().unread
    if not unread:
        return []
    asked = sorted(question.place for question in questions_of(path) if question.kind is Kind.FILE)
    return [each for place in asked for each in unread.get(place, ())]


class Answers:
    """The answers as the files are now, each found once."""

    def __init__(self, known: dict[str, tuple[str, str]] | None = None) -> None:
        self._known: dict[Question, str] = {}
        self._digests: dict[str, tuple[str, str]] = {}
        self._stamped = known or {}

    def __getitem__(self, question: Question) -> str:
        if question not in self._known:
            self._known[question] = self._find(question)
        return self._known[question]

    def _find(self, question: Question) -> str:
        if question.kind is Kind.FILE:
            return self.digest(question.place)[1]
        return "\n".join(paths_of(question))

    def digest(self, path: str) -> tuple[str, str]:
        """The stamp of a file, empty where there is none, and the digest of its content.

        A file with the stamp that it had when it was last digested is not read again.
        """
        found = self._digests.get(path)
        if found is None:
            now = stamp_of(path)
            known = self._stamped.get(path)
            found = known if known is not None and known[0] == now else (now, digest_of(path))
            self._digests[path] = found
        return found


def paths_of(question: Question) -> Iterator[str]:
    """The paths that answer a question that is not about the content of a file."""
    kind, place, details = question
    if kind is Kind.MODULE:
        from dbdriver_lint.project.modules import shared_modules

        module = shared_modules().find_in(place, details)
        if module is not None:
            yield module.path
    elif kind is Kind.ROOT:
        from dbdriver_lint.project import project_root

        yield str(project_root(Path(place)))
    elif kind is Kind.MANIFESTS:
        from dbdriver_lint.project.dependencies import manifest_files

        yield from map(str, manifest_files(Path(place)))
    elif kind is Kind.VARIABLES:
        from dbdriver_lint.project.environment import files_for

        yield from map(str, files_for(Path(place), details))
    elif kind is Kind.MIGRATIONS:
        from dbdriver_lint.project.alembic import search

        yield from search(Path(place)).paths
    elif kind is Kind.READERS:
        yield from details


def stamp_of(path: str) -> str:
    """What changes when a file does, without reading it: times, size and inode. Empty where there is no file."""
    try:
        found = os.stat(path)  # noqa: PTH116  asked for thousands of files
    except OSError:
        return ""
    return f"{found.st_mtime_ns}-{found.st_ctime_ns}-{found.st_size}-{found.st_ino}"


def digest_of_bytes(data: bytes) -> str:
    """The digest that stands for the content of a file."""
    from hashlib import blake2b

    return blake2b(data, digest_size=16).hexdigest()


def digest_of(path: str) -> str:
    """The digest of a file on the disk; empty where it cannot be read, as where there is none."""
    import hashlib

    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116  a pipe would keep us waiting
            return ""
        with open(path, "rb") as file:  # noqa: PTH123
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError:
        return ""
