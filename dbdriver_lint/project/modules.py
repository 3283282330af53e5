"""The project's own modules as files, found from the place of the file that imports them.

Nothing is imported or run. Folders and files are read once and kept while they stay as they are.
"""

from __future__ import annotations

import contextlib
import os
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dbdriver_lint.project.discovery import SKIPPED_DIRECTORIES
from dbdriver_lint.project.inputs import Kind, Question, ledger
from dbdriver_lint.project.roots import ROOT_MARKERS, find_root, repository_of
from dbdriver_lint.records import dataclass
from dbdriver_lint.source.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Larger modules are data, not settings.
MAX_BYTES = 1_000_000
#: How many folders of a repository are looked into for packages that stand beside the importing one.
MAX_FOLDERS = 2_000

#: How many folders and files are looked at again for every file that is linted.
FEW = 200

_INIT = "__init__.py"
_MAIN = "main.py"
#: Files of a folder in which programs are started.
_STARTS = frozenset({*ROOT_MARKERS, "alembic.ini"})


@dataclass(frozen=True, slots=True)
class ModuleFile:
    """A module that can be imported: its dotted name and its file.

    The file of a namespace package is the ``__init__.py`` that it does not have.
    """

    name: str
    path: str
    is_package: bool = False


class Modules:
    """The folders and files that imports were looked for in."""

    def __init__(self) -> None:
        #: Names in a folder, True for folders; None where there is no such folder.
        self._listings: dict[str, dict[str, bool] | None] = {}
        self._data: dict[str, bytes | None] = {}
        self._found: dict[tuple[str, tuple[str, ...]], ModuleFile | None] = {}
        self._packages: dict[str, dict[str, list[str]]] = {}
        self._starts: dict[str, list[str]] = {}
        self._tops: dict[str, str] = {}
        self._stamps: dict[str, tuple[int, int] | None] = {}
        self._next_look = 0.0

    def find(self, name: str, level: int, path: str) -> ModuleFile | None:
        """The module ``name`` (``level`` dots before it) as the file ``path`` would import it, else None."""
        folder = os.path.dirname(os.path.abspath(path))
        question = Question(Kind.MODULE, folder, ("." * level, name))
        ledger().note(path, question)
        return self.find_in(folder, question.details)

    def find_in(self, folder: str, spelled: tuple[str, ...]) -> ModuleFile | None:
        """The module that is spelled so, dots and name, in an import of a file of ``folder``, else None."""
        key = (folder, spelled)
        if key not in self._found:
            dots, name = spelled
            start = folder
            for _ in dots[1:]:
                start = os.path.dirname(start)
            self._found[key] = self._below(start, name) if dots else self._absolute(start, name)
        return self._found[key]

    def read(self, path: str) -> bytes | None:
        """The bytes of a module's file; None where there are none to be had."""
        if path not in self._data:
            self._stamps.setdefault(path, _stamp(path))
            self._data[path] = None
            # a namespace package, or a file that cannot be read, has no names
            with contextlib.suppress(OSError):
                self._data[path] = read_regular(path, most=MAX_BYTES)
        return self._data[path]

    def was_read(self, path: str) -> bool:
        """Whether anyone asked for what is in the file."""
        return path in self._stamps

    def let_go(self) -> None:
        """Keep the bytes of no file; one that is read again has to be as it was."""
        self._data.clear()

    def changed(self) -> bool:
        """Whether a folder or file is no longer as it was read; then all is forgotten.

        Asked before every file that is linted. Where it would have to look at many, it looks so often that this
        takes a twentieth of the time.
        """
        started = time.monotonic()
        if len(self._stamps) > FEW and started < self._next_look:
            return False
        same = all(_stamp(path) == stamp for path, stamp in self._stamps.items())
        now = time.monotonic()
        self._next_look = now + 20 * (now - started)
        if same:
            return False
        self.forget()
        return True

    def forget(self) -> None:
        """Look everything up anew."""
        for table in (self._listings, self._data, self._found, self._packages, self._starts, self._tops, self._stamps):
            table.clear()
        ledger().forget()

    # Finding

    def _absolute(self, folder: str, name: str) -> ModuleFile | None:
        if folder not in self._starts:
            self._starts[folder] = [*dict.fromkeys(self._roots(folder))]  # `src` may be one of them twice
        starts = self._starts[folder]
        for nearest, root in enumerate(starts):
            found = self._below(root, name)
            if found is not None:
                others = starts[nearest + 1 :] if _INIT in self._listing(root) else []
                # of a package, nobody knows whether the program is started in it or above
                return None if any(self._has_file(other, name) for other in others) else found
        for package in self._packages_around(folder):
            # nothing above has the module, so the program is started where it stands
            found = self._below(package, name) if _MAIN in self._listing(package) else None
            if found is not None:
                return found
        beside = self._beside(folder).get(name.partition(".")[0], [])
        return self._below(beside[0], name) if len(beside) == 1 else None

    def _roots(self, folder: str) -> Iterator[str]:
        """The folders that absolute imports of a file in ``folder`` may start from, nearest first."""
        top = self._top(folder)
        root = folder
        while _INIT in self._listing(root):
            if not self._listing(root).keys().isdisjoint(_STARTS):
                yield root  # a package by its file, but programs are started in it
            root = os.path.dirname(root)
        while True:
            yield root
            if self._listing(root).get("src"):
                yield os.path.join(root, "src")
            if not root.startswith(top + os.sep):
                return
            root = os.path.dirname(root)

    def _packages_around(self, folder: str) -> Iterator[str]:
        """The packages that a folder is in, itself first."""
        while _INIT in self._listing(folder):
            yield folder
            folder = os.path.dirname(folder)

    def _top(self, folder: str) -> str:
        """The repository's top, else the nearest folder with a project file, else ``folder``."""
        if folder not in self._tops:
            # the folders above are only asked for this: others write in them all the time
            self._tops[folder] = repository_of(folder) or str(find_root(Path(folder)))
        return self._tops[folder]

    def _below(self, folder: str, name: str) -> ModuleFile | None:
        """The module ``name`` whose first part stands in ``folder``; without a name the folder's package."""
        if not name:
            return self._package(folder, os.path.basename(folder))
        *parents, last = name.split(".")
        for part in parents:
            if not self._listing(folder).get(part):
                return None
            folder = os.path.join(folder, part)
        listing = self._listing(folder)
        file = ModuleFile(name, os.path.join(folder, f"{last}.py")) if listing.get(f"{last}.py") is False else None
        if not listing.get(last):
            return file
        inner = os.path.join(folder, last)
        # a module wins over a namespace package of its name, a package over the module
        return self._package(inner, name) if file is None or _INIT in self._listing(inner) else file

    def _has_file(self, folder: str, name: str) -> bool:
        found = self._below(folder, name)
        return found is not None and os.path.basename(found.path) in self._listing(os.path.dirname(found.path))

    def _package(self, folder: str, name: str) -> ModuleFile | None:
        listing = self._listing(folder)
        if _INIT in listing or any(
            entry.endswith(".py") or (is_folder and _INIT in self._listing(os.path.join(folder, entry)))
            for entry, is_folder in listing.items()
        ):
            return ModuleFile(name, os.path.join(folder, _INIT), is_package=True)
        return None  # a folder of other things

    def _beside(self, folder: str) -> dict[str, list[str]]:
        """The packages of the whole repository by name, each with the folders that hold one."""
        top = self._top(folder)
        known = self._packages.get(top)
        if known is None:
            known = self._packages[top] = {}
            queue = [(top, 0)]
            for seen, (here, depth) in enumerate(queue):
                if seen > MAX_FOLDERS:
                    break
                for entry, is_folder in self._listing(here).items():
                    if not is_folder or entry.startswith(".") or entry in SKIPPED_DIRECTORIES:
                        continue
                    inner = os.path.join(here, entry)
                    if _INIT in self._listing(inner):
                        known.setdefault(entry, []).append(here)
                    elif depth < 3:
                        queue.append((inner, depth + 1))
        return known

    def _listing(self, folder: str) -> dict[str, bool]:
        if folder not in self._listings:
            self._stamps[folder] = _stamp(folder)
            try:
                with os.scandir(folder) as entries:
                    self._listings[folder] = {entry.name: entry.is_dir() for entry in entries}
            except OSError:
                self._listings[folder] = None
        return self._listings[folder] or {}


@cache
def shared_modules() -> Modules:
    """The modules of this process."""
    return Modules()


def forget() -> None:
    """Look everything up anew."""
    shared_modules().forget()


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  asked for hundreds of files
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
