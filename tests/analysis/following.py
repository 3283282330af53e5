"""What the engine calls of a small tree of files are known to connect to."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.build import analyse
from dbdriver_lint.analysis.candidates import candidates_of
from dbdriver_lint.analysis.imports import FirstPartyModules
from dbdriver_lint.knowledge.urls import HOLE
from dbdriver_lint.project.modules import Modules
from dbdriver_lint.source.parse import parse
from dbdriver_lint.source.slice import Slicer
from dbdriver_lint.source.text import SourceFile

if TYPE_CHECKING:
    from pathlib import Path

    from dbdriver_lint.analysis.facts import EngineCall
    from dbdriver_lint.analysis.module_facts import ModuleFacts

IMPORTS = """\
import os
from sqlalchemy import create_engine, make_url, URL
from sqlalchemy.ext.asyncio import create_async_engine
"""


def facts_of(root: Path, files: dict[str, str], linted: str, *, sliced: bool = True) -> ModuleFacts:
    """The facts of one file of a tree, which is written below ``root``."""
    (root / "pyproject.toml").touch()
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    source = SourceFile.from_bytes(str(root / linted), (root / linted).read_bytes())
    candidates = candidates_of(source.text) if sliced else None
    slicer = Slicer(source.text)
    excerpt = None if candidates is None else slicer.around(candidates.lines(slicer)).cut()
    return analyse(parse(source, excerpt), importer=FirstPartyModules(Modules()))


def urls(engine: EngineCall) -> tuple[str, ...]:
    """The URLs of an engine: holes as ``{}``, an environment variable's default as ``NAME=…``, gaps as ``?``."""
    found = [
        f"{possible.default_of}={possible.url.text}" if possible.default_of else possible.url.text
        for possible in engine.urls.urls
    ]
    found += [f"${one.origin.name}" if one.origin.kind in ("variable", "part") else "?" for one in engine.urls.unknown]
    return tuple(text.replace(HOLE, "{}") for text in dict.fromkeys(found))


def followed(root: Path, code: str, **others: str) -> tuple[str, ...]:
    """The URLs of the last engine of ``main.py``; the same whether its slice is parsed or all of it.

    Other files are given as keywords: ``app__config="…"`` is ``app/config.py``.
    """
    files = {name if name.endswith(".py") else f"{name.replace('__', '/')}.py": text for name, text in others.items()}
    for name in list(files):
        if "/" in name:
            files.setdefault(f"{name.rpartition('/')[0]}/__init__.py", "")
    files["main.py"] = IMPORTS + dedent(code)
    results = [urls(facts_of(root, files, "main.py", sliced=sliced).engines[-1]) for sliced in (True, False)]
    assert results[0] == results[1]
    return results[0]
