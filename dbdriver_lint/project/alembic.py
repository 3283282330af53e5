"""Where a project keeps its Alembic environments, and what their configuration files say.

Nothing is executed, and nothing is interpolated: ``%%`` is one percent sign, ``%(here)s`` the folder of
the file, and any other name in a URL a hole.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.urls import HOLE, UrlError, parse_url
from dbdriver_lint.project.discovery import SKIPPED_DIRECTORIES
from dbdriver_lint.project.environment import LOST, is_template
from dbdriver_lint.project.inputs import Kind, Question, Unread, ledger, note_files
from dbdriver_lint.records import dataclass
from dbdriver_lint.source.files import read_text, shown_path

if TYPE_CHECKING:
    import configparser
    from collections.abc import Iterator

    from dbdriver_lint.knowledge.urls import DatabaseUrl

MAX_FOLDERS = 5000
"""How many folders of a project are searched."""
MAX_BYTES = 1_000_000
_URL = "sqlalchemy.url"
_PLACEHOLDER = "driver://"
_INTERPOLATED = re.compile(r"(?<!%)%\([^)]+\)s")


@dataclass(frozen=True, slots=True)
class Configuration:
    """A section of a file that names a script location: ``alembic.ini``, or ``[tool.alembic]``."""

    path: str
    section: str
    script_location: str
    url: str | None
    """``sqlalchemy.url`` as Alembic reads it; None where there is none, or Alembic's placeholder."""
    line: int
    """The 1-based line of the URL, else of the script location."""
    start: int | None = None
    """The offset of the URL in the text of the file; None where it is not written there as it is read."""
    written: str | None = None
    """``sqlalchemy.url`` as it stands there, with the names of other options in it."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A folder with an ``env.py``, and the configurations that point at it."""

    env: str
    """The absolute path of ``env.py``."""
    configurations: tuple[Configuration, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What one search of a project found."""

    folders: tuple[str, ...]
    configurations: tuple[Configuration, ...]
    candidates: tuple[str, ...]
    """The files that may hold a configuration."""

    @property
    def paths(self) -> Iterator[str]:
        """Everything that was found, folders by their ``env.py``."""
        yield from (os.path.join(folder, "env.py") for folder in self.folders)
        yield from self.candidates


def find_environments(root: Path, asker: str | None = None) -> tuple[Environment, ...]:
    """All Alembic environments below ``root``, in the order of their paths. ``asker`` is the file that needs them."""
    if asker is not None:
        _note(root, asker)
        note_files(asker, (os.path.join(folder, "env.py") for folder in search(root).folders))
    return tuple(
        Environment(os.path.join(folder, "env.py"), configurations_for(root, folder)) for folder in search(root).folders
    )


def configurations_for(root: Path, folder: str, asker: str | None = None) -> tuple[Configuration, ...]:
    """The configurations below ``root`` whose script location is this absolute folder."""
    if asker is not None:
        _note(root, asker)
    return tuple(c for c in search(root).configurations if _points_at(c, folder, str(root)))


def _note(root: Path, asker: str) -> None:
    ledger().note(asker, Question(Kind.MIGRATIONS, str(root)))
    note_files(asker, search(root).candidates)


@lru_cache(maxsize=64)
def search(root: Path) -> Found:
    """The environments and configurations below ``root``; looked for once."""
    folders: list[str] = []
    configurations: list[Configuration] = []
    candidates: list[str] = []
    for here, directories, files in _walk(root):
        if "env.py" in files and ("script.py.mako" in files or "versions" in directories):
            folders.append(here)
        for name in sorted(files):
            path = os.path.join(here, name)
            if name.endswith(".ini"):
                candidates.append(path)
                configurations += _ini(path)
            elif name == "pyproject.toml":
                candidates.append(path)
                configurations += _pyproject(path)
    return Found(tuple(sorted(folders)), tuple(configurations), tuple(sorted(candidates)))


def forget() -> None:
    """Look for everything anew."""
    search.cache_clear()


def url_of(text: str | None) -> DatabaseUrl | None:
    """A URL of a configuration file; None where it cannot be read."""
    try:
        return None if text is None else parse_url(text)
    except UrlError:
        return None


def drivername_of(text: str | None) -> str | None:
    """The driver name of a URL in a configuration file."""
    url = url_of(text)
    return url.drivername.text if url is not None and url.drivername.known else None


def _walk(root: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    for seen, (here, directories, files) in enumerate(os.walk(root)):
        if seen >= MAX_FOLDERS:
            return
        directories[:] = sorted(d for d in directories if d not in SKIPPED_DIRECTORIES and not d.startswith("."))
        yield here, directories, files


def _ini(path: str) -> Iterator[Configuration]:
    text = _read(path)
    if text is None:
        return iter(())
    unread = unread_in(path, text)
    ledger().tell(path, () if unread is None or is_template(text) else (unread,))
    return configurations_in(path, text)


def configurations_in(path: str, text: str) -> Iterator[Configuration]:
    """The sections of an ini file that name a script location."""
    parser = _parsed(text)
    if parser is None or isinstance(parser, Exception):
        return
    for section in parser.sections():
        values = dict(parser.items(section))
        location = values.get("script_location")
        if location:
            key = _URL if _URL in values else "script_location"
            url = _url(values.get(_URL))
            line, end = _place_of(text, section, key)
            start = text.find(values[_URL], end) if url is not None and url == values[_URL] else -1
            yield Configuration(path, section, location, url, line, None if start < 0 else start, values.get(_URL))


def unread_in(path: str, text: str) -> Unread | None:
    """Why an ini file that names a script location cannot be read, None where it can."""
    import configparser

    error = _parsed(text)
    if not isinstance(error, configparser.Error):
        return None
    if isinstance(error, configparser.MissingSectionHeaderError):
        line, why = error.lineno, "no section begins before it"
    else:
        line = error.errors[0][0] if isinstance(error, configparser.ParsingError) and error.errors else 0
        why = "it is no `key = value`"
    return Unread(shown_path(path), line, f"the line cannot be read, {why}", LOST)


def _parsed(text: str) -> configparser.RawConfigParser | configparser.Error | None:
    """The sections of an ini file, or why they cannot be read; None for one of no interest."""
    import configparser

    if "script_location" not in text:
        return None
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        return error
    return parser


def _pyproject(path: str) -> Iterator[Configuration]:
    text = _read(path)
    if text is None or "alembic" not in text:
        return
    import tomllib

    try:
        table = tomllib.loads(text).get("tool", {}).get("alembic", {})
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    location = table.get("script_location") if isinstance(table, dict) else None
    if isinstance(location, str):
        yield Configuration(path, "tool.alembic", location, None, _place_of(text, "tool.alembic", "script_location")[0])


def _url(text: str | None) -> str | None:
    if not text or text.startswith(_PLACEHOLDER) or "://" not in text:
        return None
    return _INTERPOLATED.sub(HOLE, text).replace("%%", "%")


def _points_at(configuration: Configuration, folder: str, root: str) -> bool:
    """Whether a script location means this folder; Alembic takes a relative one from where it is started."""
    base = os.path.dirname(configuration.path)
    location = configuration.script_location.replace("%(here)s", base).replace("%%", "%")
    package, colon, path = location.partition(":")
    if colon and re.fullmatch(r"[\w.]+", package) and not Path(location).is_absolute():
        tail = os.path.normpath(os.path.join(*package.split("."), path))
        return folder.endswith(os.sep + tail)
    return any(os.path.normpath(os.path.join(start, location)) == os.path.normpath(folder) for start in (base, root))


def _place_of(text: str, section: str, key: str) -> tuple[int, int]:
    """The 1-based line of a key of a section, and the offset behind its ``=``."""
    header = re.search(rf"(?m)^\[{re.escape(section)}\]", text)
    match = re.compile(rf"(?m)^[ \t]*{re.escape(key)}[ \t]*[=:]").search(text, header.end() if header else 0)
    return (text.count("\n", 0, match.start()) + 1, match.end()) if match else (1, 0)


def _read(path: str) -> str | None:
    try:
        return read_text(path, most=MAX_BYTES, errors="replace")
    except OSError:
        return None
