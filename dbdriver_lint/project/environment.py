"""Files that are not Python and say what environment variables are: ``.env`` files, compose files.

Only values that are database URLs are kept. What is interpolated in them is a hole.
"""

from __future__ import annotations

import io
import os
import re
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbdriver_lint.project.inputs import Kind, Question, Unread, ledger, note_files
from dbdriver_lint.records import dataclass
from dbdriver_lint.source.files import read_text, shown_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BYTES = 500_000
"""Larger files are not read."""

_ENV_NAME = re.compile(
    r"(?:[\w.-]*\.env|\.env[\w.-]*|env\.[\w.-]+)(?<!\.py)(?<!\.pyi)(?<!\.ipynb)(?<!\.[cm]js)(?<!\.[jt]s)"
)
_COMPOSE_NAME = re.compile(r"(?:docker-)?compose[\w.-]*\.ya?ml")
_TEMPLATE = re.compile(r"\{\{|\{%|<%|%\{")
LOST = "what it sets is not known"
_INTERPOLATION = re.compile(r"\$\{[^}]*\}|\$\w+")


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable that a file sets to a database URL."""

    name: str
    text: str
    """The URL, with :data:`~dbdriver_lint.knowledge.urls.HOLE` for what is interpolated."""
    path: str
    line: int
    """The 1-based line in ``path``."""
    start: int | None = None
    """The offset of the URL in the text of the file; None where it is not written there as it is read."""


def is_configuration(path: str) -> bool:
    """Whether a file is, by its name, an env, compose or ini file: not Python, and a place of URLs."""
    name = os.path.basename(path)
    return name.endswith(".ini") or _sets_variables(name)


def _sets_variables(name: str) -> bool:
    return bool(_ENV_NAME.fullmatch(name) or _COMPOSE_NAME.fullmatch(name))


def settings_for(
    folder: Path, env_files: tuple[str, ...] = (), asker: str | None = None
) -> Mapping[str, tuple[Setting, ...]]:
    """What files of the project around ``folder`` set, by variable.

    These are the files of the setting ``env-files`` if it names any, else ``.env``, ``.env.example`` and the
    like and the compose files, in ``folder`` and above it up to the project's root. A variable that they
    give different drivers has none: it belongs to more than one program. ``asker`` is the file whose code asks.
    """
    if asker is not None:
        ledger().note(asker, Question(Kind.VARIABLES, str(folder), env_files))
        note_files(asker, files_for(folder, env_files))
    return _settings(folder, env_files)


@lru_cache(maxsize=256)
def _settings(folder: Path, env_files: tuple[str, ...]) -> Mapping[str, tuple[Setting, ...]]:
    found: dict[str, list[Setting]] = {}
    for path in files_for(folder, env_files):
        for setting in _read(path, bool(env_files)):
            found.setdefault(setting.name, []).append(setting)
    return {
        name: tuple(settings)
        for name, settings in found.items()
        if len({setting.text.partition("://")[0] for setting in settings}) == 1
    }


@lru_cache(maxsize=256)
def files_for(folder: Path, env_files: tuple[str, ...]) -> tuple[Path, ...]:
    """The files that may set variables for the code of a folder."""
    return tuple(Path(name) for name in env_files) or tuple(_well_known(folder))


def _well_known(folder: Path) -> Iterator[Path]:
    from dbdriver_lint.project.roots import find_root

    root = find_root(folder)
    for here in (folder, *folder.parents):
        try:
            names = sorted(entry.name for entry in here.iterdir())
        except OSError:
            names = []
        yield from (here / name for name in names if _sets_variables(name))
        if here == root or root not in here.parents:
            return


@lru_cache(maxsize=256)
def _read(path: Path, named: bool) -> tuple[Setting, ...]:
    """What a file sets; ``named`` says that a setting wants this one."""
    unread: tuple[Unread, ...] = ()
    settings: tuple[Setting, ...] = ()
    try:
        text = read_text(path, most=MAX_BYTES, errors="replace")
    except OSError as error:
        if named or isinstance(error, PermissionError):  # a virtual environment may be named so
            why = f"{'named in `env-files`, ' if named else ''}{(error.strerror or str(error)).lower()}"
            unread = (Unread(shown_path(str(path)), 0, why, LOST),)
    else:
        contents = contents_of(str(path), text)
        settings = contents.settings
        unread = () if contents.templated else contents.unread
    ledger().tell(path, unread)
    return settings


@dataclass(frozen=True, slots=True)
class Contents:
    """What an env or compose file says."""

    settings: tuple[Setting, ...] = ()
    unread: tuple[Unread, ...] = ()
    """What may hide a database URL and cannot be understood."""
    templated: bool = False
    """Something else makes the real file of it, so that it need not be understood."""


def contents_of(path: str, text: str) -> Contents:
    """The variables that the text of an env or compose file sets to database URLs."""
    if "://" not in text or path.endswith(".ini"):
        return Contents()
    from dbdriver_lint.knowledge.urls import HOLE

    unread: list[tuple[int, str]] = []
    variables = (_of_compose if path.endswith((".yml", ".yaml")) else _of_env_file)(text, unread)
    settings = tuple(
        Setting(name, value, path, text.count("\n", 0, start) + 1, None if at < 0 else at)
        for name, raw, start, end in variables
        if _is_database_url(value := _INTERPOLATION.sub(HOLE, raw))
        for at in (text.find(raw, start, end),)
    )
    shown = shown_path(path)
    return Contents(settings, tuple(Unread(shown, line, why, LOST) for line, why in unread), is_template(text))


def is_template(text: str) -> bool:
    """Whether the text is filled in by a program before anything else reads it."""
    return _TEMPLATE.search(text) is not None


def _is_database_url(text: str) -> bool:
    from dbdriver_lint.knowledge.dialects import DIALECTS, WRONG_DIALECTS
    from dbdriver_lint.knowledge.urls import UrlError, parse_url

    try:
        url = parse_url(text)
    except UrlError:
        return False

    return url.drivername.known and url.drivername.value.partition("+")[0] in {*DIALECTS, *WRONG_DIALECTS}


def _of_env_file(text: str, unread: list[tuple[int, str]]) -> Iterator[tuple[str, str, int, int]]:
    """Name, value, and between which offsets of the text both stand; lines that are none of it go to ``unread``."""
    from dotenv.parser import parse_stream

    start = 0
    for binding in parse_stream(io.StringIO(text, newline="")):
        original = binding.original.string
        if binding.key is not None and binding.value is not None:
            # the text of a binding begins with the empty lines and comments before it
            leading = re.match(r"(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r))*", original)
            yield binding.key, binding.value, start + (leading.end() if leading else 0), start + len(original)
        elif binding.error and "://" in original and not original.lstrip().startswith("#"):
            first = start + len(original) - len(original.lstrip())
            _, _, value = original.partition("=")
            open_quote = value.lstrip()[:1] in ("'", '"')
            why = "its quote is not closed" if open_quote else "the line is no `NAME=value`"
            unread.append((text.count("\n", 0, first) + 1, why))
        start += len(original)


def _of_compose(text: str, unread: list[tuple[int, str]]) -> Iterator[tuple[str, str, int, int]]:
    # LibCST brings another build for free-threaded interpreters.
    yaml: Any = import_module("yaml" if find_spec("yaml") else "yaml_ft")
    try:
        roots = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        unread.append((0 if mark is None else mark.line + 1, f"it is not valid YAML: {error.problem or error.context}"))
        return
    except (yaml.YAMLError, RecursionError) as error:
        nested = isinstance(error, RecursionError)
        unread.append((0, "it is nested too deeply" if nested else "it has characters that YAML does not allow"))
        return
    seen: set[int] = set()
    stack: list[Any] = roots[::-1]
    while stack:
        node = stack.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            stack.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == "environment":
                    yield from _of_environment(value, yaml)
                stack.append(value)


def _of_environment(node: Any, yaml: Any) -> Iterator[tuple[str, str, int, int]]:
    """The variables of a service: a mapping, or a list of ``NAME=value``."""
    if isinstance(node, yaml.MappingNode):
        pairs = [(key.value, value.value, value) for key, value in node.value if isinstance(value, yaml.ScalarNode)]
    else:
        items = [item for item in node.value if isinstance(item, yaml.ScalarNode)] if node.value else []
        pairs = [(*item.value.partition("=")[::2], item) for item in items]
    for name, value, scalar in pairs:
        if isinstance(name, str):
            yield name, value, scalar.start_mark.index, scalar.end_mark.index


_generation = 0


def generation() -> int:
    """How often everything was forgotten: what was made of these files is out of date when this changes."""
    return _generation


def forget() -> None:
    """Read the files anew."""
    global _generation
    _generation += 1
    _settings.cache_clear()
    files_for.cache_clear()
    _read.cache_clear()
