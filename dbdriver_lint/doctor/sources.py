"""Where the URL comes from: the environment, and the files that fill it."""

from __future__ import annotations

import logging
import os
import re
from io import StringIO
from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.dialects import DIALECTS, WRONG_DIALECTS
from dbdriver_lint.project.environment import contents_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a ``.env`` file, as an application gets them; none if there is no such file."""
    from dotenv import dotenv_values

    text = _text(path)
    logging.getLogger("dotenv.main").setLevel(logging.ERROR)  # what it cannot read is said by us
    return {name: value for name, value in dotenv_values(stream=StringIO(text)).items() if value is not None}


def unread_of_files(files: Iterable[Path]) -> list[str]:
    """The lines of these files that may hold a database URL and that nobody can read: ``.env:2: its quote is not closed``."""
    found = (contents_of(str(path), _text(path)).unread for path in files)
    return [f"{line.place}: {line.reason}" for unread in found for line in unread]


def _text(path: Path) -> str:
    """What a file holds, nothing if there is none; a comment in another encoding must not hide the URL."""
    return path.read_text(encoding="utf-8", errors="replace") if os.path.isfile(path) else ""


def from_environment(name: str, files: Iterable[Path]) -> tuple[str, str] | None:
    """The value of a variable and where it is from: the environment comes first, as ``load_dotenv`` has it."""
    if name in os.environ:
        return os.environ[name], name
    for path in files:
        values = read_env_file(path)
        if name in values:
            return values[name], f"{name} in {os.path.relpath(path)}"
    return None


def urls_of_files(files: Iterable[Path]) -> list[tuple[str, str]]:
    """Every database URL in these files, with where it is from."""
    schemes = {*DIALECTS, *WRONG_DIALECTS}
    return [
        (value, f"{name} in {os.path.relpath(path)}")
        for path in files
        for name, value in read_env_file(path).items()
        if "://" in value and re.split(r"\+|:", value, maxsplit=1)[0].lower() in schemes
    ]
