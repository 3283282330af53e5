"""First-party modules as the interpreter imports them: found, read, and parsed as far as a name needs it."""

from __future__ import annotations

import gc
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dbdriver_lint.analysis import strings
from dbdriver_lint.analysis.candidates import lines_of_effects
from dbdriver_lint.analysis.collect import NameVisitor
from dbdriver_lint.analysis.program import ModuleRecord
from dbdriver_lint.analysis.relevance import text_may_matter
from dbdriver_lint.analysis.tree import walk
from dbdriver_lint.analysis.values import FilePlace, Hole, Piece, Step, Unknown, Value, choice
from dbdriver_lint.knowledge.urls import HOLE
from dbdriver_lint.project.environment import generation, settings_for
from dbdriver_lint.project.inputs import ledger
from dbdriver_lint.project.modules import shared_modules
from dbdriver_lint.records import dataclass, field
from dbdriver_lint.source.files import shown_path
from dbdriver_lint.source.nesting import too_deep
from dbdriver_lint.source.parse import UnparsableSourceError, parse
from dbdriver_lint.source.slice import Slicer
from dbdriver_lint.source.text import Position, SourceFile, UnreadableSourceError
from dbdriver_lint.source.translation import Translator, Untranslatable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.project.modules import Modules
    from dbdriver_lint.source.parse import ParsedModule
    from dbdriver_lint.source.slice import Excerpt

#: With how many objects and other small pieces of memory (some eighty bytes each) in this process nothing is kept any
#: longer for the files to come: what they need is read anew.
MAX_BLOCKS = 1_300_000
#: How many characters of files are kept as ``ast`` reads them, with the functions that were asked for (up to forty bytes
#: each), to cut further parts.
MAX_OPEN = 750_000
#: The same without any function: these are read again where they are needed (ten bytes each).
MAX_READ = 2_500_000


@dataclass(slots=True)
class _File:
    """A module's file, and the parts that were parsed so far."""

    source: SourceFile
    effects: list[int]
    parts: dict[tuple[str, str | None] | None, ModuleRecord | None] = field(default_factory=dict)
    """By name and member; all of the file, where it cannot be cut, by None."""


class FirstPartyModules:
    """An :class:`~dbdriver_lint.analysis.program.Importer` of the modules on disk.

    A module is parsed and run once for each name that is asked of it, and only as far as that name
    needs it. The parts are kept for all files of a process, while every file stays as it was read.
    """

    def __init__(self, modules: Modules, env_files: tuple[str, ...] = ()) -> None:
        self.modules = modules
        self._env_files = env_files
        self._files: dict[str, _File | None] = {}
        self._translators: dict[str, Translator | None] = {}
        self._slicers: dict[str, Slicer] = {}
        #: Those that still hold the functions that were asked for, the oldest first.
        self._open: dict[str, Slicer] = {}
        self._generation = (generation(), ledger().generation)

    def find(self, name: str, level: int, importer: ModuleRecord) -> ModuleRecord | None:
        """The module ``name`` (``level`` dots before it) as ``importer`` would import it, else None."""
        found = self.modules.find(name, level, importer.path)
        return None if found is None else ModuleRecord(found.name, found.path, is_package=found.is_package)

    def holding(self, module: ModuleRecord, name: str, member: str | None = None) -> ModuleRecord | None:
        """``module`` as far as ``name`` needs it, to be run; None where it cannot have the name.

        Of a class nothing but its header is needed, and its ``member`` if one is given.
        """
        if module.path not in self._files:
            data = self.modules.read(module.path)
            if data is None or not _may_have(data, name, member):
                return None
            self._files[module.path] = _read(module.path, data)
        file = self._files[module.path]
        if file is None:
            return None
        if (name, member) not in file.parts:
            file.parts[name, member] = self._part(file, module, name, member)
        return file.parts[name, member]

    def environment(self, module: ModuleRecord, name: str) -> Value | None:
        """What files beside ``module``'s code set an environment variable to; None where they do not."""
        settings = settings_for(Path(module.path).absolute().parent, self._env_files, module.path).get(name)
        if not settings:
            return None
        values: list[Value] = []
        for setting in settings:
            pieces: list[Piece | Hole] = []
            for index, text in enumerate(setting.text.split(HOLE)):
                pieces += [Hole(Unknown("interpolated text")), Piece(text)] if index else [Piece(text)]
            place = FilePlace(shown_path(setting.path), Position(setting.line, 1), Position(setting.line, 1))
            values.append(strings.make(pieces, (Step(f"`{name}` is set here", place, name),)))
        return choice(values)

    def _part(self, file: _File, module: ModuleRecord, name: str, member: str | None) -> ModuleRecord | None:
        if not _may_have(file.source.data, name, member):
            return None
        translator = self._translator(module.path, file.source)
        if translator is None:
            return self._whole(file, module)
        try:
            part = translator.slicer.defining(name, member, file.effects)
            excerpt = part.cut()
        except RecursionError:
            return None
        except SyntaxError:  # in a function that was left out before
            self._translators[module.path] = None
            return self._whole(file, module)
        if not text_may_matter(excerpt.text) or too_deep(excerpt.text) is not None:
            return None
        try:
            parsed, rebound = translator.module(part)
        except Untranslatable:
            return self._parsed_part(file, module, excerpt)
        return _record(module, parsed, rebound, partial=True)

    def _whole(self, file: _File, module: ModuleRecord) -> ModuleRecord | None:
        """All of a module that cannot be cut, for whatever name is asked of it."""
        if None not in file.parts:
            file.parts[None] = self._parsed_part(file, module, None)
        return file.parts[None]

    def _parsed_part(self, file: _File, module: ModuleRecord, excerpt: Excerpt | None) -> ModuleRecord | None:
        """What only LibCST's parser reads."""
        try:
            parsed = parse(file.source, excerpt)
        except UnparsableSourceError:
            return None
        names = NameVisitor()
        walk(parsed.tree, [names])
        return _record(module, parsed, frozenset(names.rebound), partial=excerpt is not None)

    def slicer(self, source: SourceFile) -> Slicer | None:
        """A file that is linted as ``ast`` reads it, once for itself and for those that import it; else None."""
        return self._slicer(os.path.abspath(source.path), source.text)

    def _slicer(self, path: str, text: str) -> Slicer | None:
        """The file as ``ast`` reads it; None where its syntax is newer than this interpreter's."""
        slicer = self._slicers.pop(path, None)
        if slicer is None or slicer.text != text:
            try:
                slicer = Slicer(text)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return None
        self._open.pop(path, None)
        self._slicers[path] = self._open[path] = slicer  # the youngest now
        for _, large in _oldest(self._open, MAX_OPEN):
            large.put_away()
        for left, old in _oldest(self._slicers, MAX_READ):
            old.close()
            self._translators.pop(left, None)
        return slicer

    def _translator(self, path: str, source: SourceFile) -> Translator | None:
        if path not in self._translators:
            slicer = self._slicer(path, source.text)
            self._translators[path] = None if slicer is None else Translator(source, slicer)
        return self._translators[path]

    def refresh(self) -> None:
        """Forget what a changed file may have changed; asked before each file that is linted."""
        self.modules.changed()
        now = (generation(), ledger().generation)
        if self._generation != now:
            self._generation = now
            self.let_go()

    def let_go(self) -> None:
        """Keep nothing of what was read for the files before."""
        self._files.clear()
        self._translators.clear()
        self._slicers.clear()
        self._open.clear()


class _Importers:
    """The importers of this process, by the paths of the setting ``env-files``, and what they all may hold."""

    def __init__(self) -> None:
        self._modules = shared_modules()
        self._importers: dict[tuple[str, ...], FirstPartyModules] = {}
        self._most = MAX_BLOCKS

    def get(self, env_files: tuple[str, ...]) -> FirstPartyModules:
        importer = self._importers.get(env_files)
        if importer is None:
            importer = self._importers[env_files] = FirstPartyModules(self._modules, env_files)
        importer.refresh()
        return importer

    def make_room(self) -> None:
        if sys.getallocatedblocks() <= self._most:
            return
        for importer in self._importers.values():
            importer.let_go()
        self._modules.let_go()
        gc.collect()  # what was run refers to one another, and Python's own collections are too rare for it
        # what is left is not ours to give up, as of an editor's server or flake8
        self._most = max(MAX_BLOCKS, sys.getallocatedblocks() * 3 // 2)


@cache
def _importers() -> _Importers:
    return _Importers()


def first_party_modules(env_files: tuple[str, ...] = ()) -> FirstPartyModules:
    """The importer of this process, up to date; ``env_files`` are the paths of the setting of that name."""
    return _importers().get(env_files)


def make_room() -> None:
    """Give up what was read for the files before, if that takes too much memory; asked before each file that is linted."""
    _importers().make_room()


def _oldest(slicers: dict[str, Slicer], most: int) -> Iterator[tuple[str, Slicer]]:
    """Those that have to go, each with its path, so that the others have at most so many characters; the last stays."""
    size = sum([len(each.text) for each in slicers.values()])
    while size > most and len(slicers) > 1:
        path = next(iter(slicers))
        size -= len(slicers[path].text)
        yield path, slicers.pop(path)


def _may_have(data: bytes, name: str, member: str | None) -> bool:
    """Whether a module may have a name, or a class of it a member."""
    if member is not None:
        return member.encode() in data
    return name.encode() in data or b"import *" in data


def _read(path: str, data: bytes) -> _File | None:
    try:
        source = SourceFile.from_bytes(shown_path(path), data)
    except UnreadableSourceError:
        return None
    return _File(source, lines_of_effects(source.text))


def _record(module: ModuleRecord, parsed: ParsedModule, rebound: frozenset[str], *, partial: bool) -> ModuleRecord:
    return ModuleRecord(
        module.name, module.path, parsed, is_package=module.is_package, partial=partial, rebound=rebound
    )
