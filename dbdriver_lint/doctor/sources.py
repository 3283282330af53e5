"""Where the URL comes from: the environment, and the files that fill it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.dialects import DIALECTS, WRONG_DIALECTS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_LINE = re.compile(
    r"""(?x) \s* (?:export\s+)? (?P<name>[A-Za-z_]\w*) \s* = \s*
    (?: "(?P<double>(?:\\.|[^"\\])*)" | '(?P<single>[^']*)' | (?P<bare>.*?) ) \s* (?:\s\#.*)?"""
)


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a ``.env`` file; none if it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    values: dict[str, str] = {}
    for match in filter(None, map(_LINE.fullmatch, text.splitlines())):
        double = match["double"]
        values[match["name"]] = (
            re.sub(r"\\(.)", r"\1", double) if double is not None else match["single"] or match["bare"] or ""
        )
    return values


def from_environment(name: str, files: Iterable[Path]) -> tuple[str, str] | None:
    """The value of a variable and where it is from: the environment first, as ``python-dotenv`` has it."""
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
