"""The inputs of a file's findings by name: paths that a build engine can put beside the file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dbdriver_lint.project.answers import paths_of
from dbdriver_lint.project.inputs import Kind, Question
from dbdriver_lint.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROLES = {
    Kind.FILE: "content",
    Kind.MODULE: "module",
    Kind.ROOT: "root",
    Kind.MANIFESTS: "manifest",
    Kind.VARIABLES: "variables",
    Kind.MIGRATIONS: "migrations",
    Kind.READERS: "readers",
}


@dataclass(frozen=True, slots=True)
class NamedInput:
    """A file or folder, and what it is for."""

    path: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """Something that was looked for and is not there: if it were, the findings might be others."""

    what: str
    """``module``, ``variables`` …"""
    name: str
    """The module with its dots, or the path."""
    folder: str
    """Where the search began."""


def named_inputs(path: str, questions: Iterable[Question], settings: Iterable[Path] = ()) -> list[NamedInput]:
    """What has to stand beside the file ``path``, itself included, sorted by path."""
    roles: dict[str, set[str]] = {}

    def add(role: str, paths: Iterable[str | Path]) -> None:
        for each in paths:
            roles.setdefault(os.path.abspath(each), set()).add(role)

    add("file", [path])
    add("package", _packages(os.path.abspath(path)))
    add("settings", settings)
    for question in questions:
        add(ROLES[question.kind], filter(os.path.exists, _paths(question)))
        if question.kind is Kind.MODULE:
            for module in paths_of(question):
                add("package", _packages(module))
    return [NamedInput(each, tuple(sorted(roles[each]))) for each in sorted(roles)]


def absent_inputs(questions: Iterable[Question]) -> list[Absent]:
    """What was looked for in vain."""
    found: set[tuple[str, str, str]] = set()
    for question in questions:
        kind, place, details = question
        if kind is Kind.FILE:
            if not os.path.exists(place):
                found.add(("file", place, os.path.dirname(place)))
        elif kind is not Kind.ROOT and not any(True for _ in paths_of(question)):
            found.add((ROLES[kind], "".join(details) if kind is Kind.MODULE else "", place))
    return [Absent(*each) for each in sorted(found)]


def _paths(question: Question) -> Iterator[str]:
    if question.kind is Kind.FILE:
        yield question.place
        return
    for path in paths_of(question):
        if question.kind is Kind.ROOT:
            from dbdriver_lint.project.dependencies import root_markers

            yield from map(str, root_markers(Path(path)))
        else:
            yield path
            if question.kind is Kind.MIGRATIONS and os.path.basename(path) == "env.py":
                # one of these beside it makes it the environment of migrations
                yield from (os.path.join(os.path.dirname(path), name) for name in ("script.py.mako", "versions"))


def _packages(path: str) -> Iterator[str]:
    """The ``__init__.py`` files of the packages around a file: imports start above them."""
    folder = os.path.dirname(path)
    while True:
        init = os.path.join(folder, "__init__.py")
        if not os.path.exists(init):
            return
        yield init
        folder = os.path.dirname(folder)
