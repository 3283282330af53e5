"""Find the settings of a file, read them, and refuse what they cannot mean."""

from __future__ import annotations

import os
import re
import types
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from dbdriver_lint.records import Field, dataclass, field, replace
from dbdriver_lint.settings.model import Settings, key_of, setting_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TABLE = "tool.dbdriver-lint"
OWN_FILE = "dbdriver-lint.toml"
MAX_BYTES = 5_000_000
"""Larger files are data: to read one as TOML takes minutes and gigabytes."""
COMMAND_LINE = "command line"

_FIELDS: dict[str, Field[Any]] = {key_of(f.name): f for f in setting_fields()}


@cache
def _types() -> dict[str, Any]:
    """What each setting has to be; only asked where something is set."""
    return get_type_hints(Settings)


class SettingsError(Exception):
    """A setting that cannot be read: names the file, the key and what was expected."""

    def __init__(self, place: str, key: str | None, reason: str) -> None:
        super().__init__(f"{place}: {key}: {reason}" if key else f"{place}: {reason}")
        self.place = place
        self.key = key
        self.reason = reason


@dataclass(slots=True)
class SettingsFinder:
    """The settings of every file of a run: the nearest settings file wins, the command line overrides it.

    ``config`` is the one file to use for all (``--config``); ``isolated`` reads none.
    ``overrides`` are field names to values given on the command line. ``check`` refuses settings by raising the same error.
    """

    config: Path | None = None
    isolated: bool = False
    overrides: Mapping[str, Any] = field(default_factory=dict)
    check: Callable[[Settings], None] = lambda _: None
    _by_directory: dict[str, Settings] = field(default_factory=dict)

    def for_file(self, path: str) -> Settings:
        """The settings for the file ``path``, which need not exist.

        Raises:
            SettingsError: the settings file is not readable as one, or the settings are refused.
        """
        return self.for_directory(os.path.dirname(os.path.abspath(path)))

    def for_directory(self, directory: str) -> Settings:
        """The settings for the files directly in ``directory``, an absolute path.

        Raises:
            SettingsError: the settings file is not readable as one, or the settings are refused.
        """
        if self.config is not None or self.isolated:
            directory = ""
        found = self._by_directory.get(directory)
        if found is None:
            found = self._find(directory)
            self.check(found)
            self._by_directory[directory] = found
        return found

    def _find(self, directory: str) -> Settings:
        if self.isolated:
            return override(Settings(), self.overrides)
        if self.config is not None:
            return override(read_settings(self.config), self.overrides)
        source = settings_file_in(Path(directory))
        if source is not None:
            return override(read_settings(source), self.overrides)
        parent = os.path.dirname(directory)
        return self.for_directory(parent) if parent != directory else override(Settings(), self.overrides)

    def sources(self, path: str) -> list[Path]:
        """The files that the settings of the file ``path`` are read from: the nearest one and those that it extends.

        Raises:
            SettingsError: one of them is not readable as one.
        """
        if self.isolated:
            return []
        nearest: Path | None = self.config
        for folder in () if nearest else Path(os.path.abspath(path)).parents:
            nearest = settings_file_in(folder)
            if nearest is not None:
                break
        found: list[Path] = []
        while nearest is not None and nearest not in found:
            found.append(nearest)
            parent = (_table(nearest) or {}).get("extend")
            nearest = nearest.parent / Path(parent).expanduser() if isinstance(parent, str) else None
        return found


def settings_file_in(directory: Path) -> Path | None:
    """The settings file in ``directory``: `dbdriver-lint.toml`, else a `pyproject.toml` with our table.

    Raises:
        SettingsError: the file is not TOML.
    """
    own = directory / OWN_FILE
    if os.path.isfile(own):
        return own
    pyproject = directory / "pyproject.toml"
    if os.path.isfile(pyproject) and _table(pyproject) is not None:
        return pyproject
    return None


def read_settings(path: Path) -> Settings:
    """The settings in one file, on top of those that it extends.

    Raises:
        SettingsError: unreadable, not TOML, an unknown key, a value of another type, a circle of `extend`.
    """
    return _read(path, ())


def decode(table: Mapping[str, Any], place: str, root: str | None, base: Settings | None = None) -> Settings:
    """Settings from a table of TOML values, on top of ``base``; ``place`` names them in errors.

    Raises:
        SettingsError: an unknown key or a value of another type.
    """
    values: dict[str, Any] = {}
    for key, value in table.items():
        known = _FIELDS.get(key)
        if known is None:
            raise SettingsError(place, key, f"unknown setting{_nearest_key(key)}")
        values[known.name] = _decode(value, known, place, key)
    base = base or Settings()
    origins = dict(base.origins) | dict.fromkeys(values, place)
    return replace(base, **values, root=root, origins=tuple(origins.items()))


def override(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """``settings`` with the values of the command line.

    `--select` replaces `select` and `extend-select`; what it names is taken out of `ignore`.
    `--ignore`, `--extend-select` and `--exclude` add to what the file says.
    """
    merged = dict(values)
    if "select" in merged:
        named = {selector.lower() for selector in merged["select"]}
        merged["ignore"] = (*(s for s in settings.ignore if s.lower() not in named), *merged.get("ignore", ()))
        merged.setdefault("extend_select", ())
    else:
        for name in ("extend_select", "ignore"):
            if name in merged:
                merged[name] = (*getattr(settings, name), *merged[name])
    if "exclude" in merged:
        given = _check_patterns(tuple(merged["exclude"]), COMMAND_LINE, "exclude")
        merged["exclude"] = (*settings.exclude, *given)
    origins = dict(settings.origins) | dict.fromkeys(values, COMMAND_LINE)
    return replace(settings, **merged, origins=tuple(origins.items()))


def _read(path: Path, extended_by: tuple[Path, ...]) -> Settings:
    place = _shown(path)
    if path.resolve() in extended_by:
        raise SettingsError(place, "extend", "the file extends itself, directly or through others")
    table = dict(_table(path) or {})
    base = Settings()
    if "extend" in table:
        parent = table.pop("extend")
        if not isinstance(parent, str):
            raise SettingsError(place, "extend", f"expected a string, not {_kind(parent)}")
        parent_path = path.parent / Path(parent).expanduser()
        if not os.path.isfile(parent_path):
            raise SettingsError(place, "extend", f"no such file: {parent}")
        base = _read(parent_path, (*extended_by, path.resolve()))
        if base.baseline:
            base = replace(base, baseline=os.path.join(base.root or ".", base.baseline))
    return decode(table, place, str(path.parent.resolve()), base)


def _table(path: Path) -> Mapping[str, Any] | None:
    """Our table in a TOML file: the whole of `dbdriver-lint.toml`; None where a pyproject.toml has none."""
    import tomllib

    place = _shown(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SettingsError(place, None, f"is larger than {MAX_BYTES:,} bytes, so it is not read")
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise SettingsError(place, None, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(place, None, "is not UTF-8, as TOML must be") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(place, None, f"is not valid TOML: {error}") from error
    except RecursionError as error:
        raise SettingsError(place, None, "is nested too deeply to be read") from error
    if path.name != "pyproject.toml":
        return document
    tools = document.get("tool")
    if not isinstance(tools, dict):
        return None
    table = tools.get("dbdriver-lint")
    if table is None:
        misspelt = next((name for name in tools if re.sub(r"[-_]", "", name).lower() == "dbdriverlint"), None)
        if misspelt is not None:
            raise SettingsError(place, f"tool.{misspelt}", f"unknown table; did you mean `[{TABLE}]`?")
    if table is not None and not isinstance(table, dict):
        raise SettingsError(place, TABLE, f"expected a table, not {_kind(table)}")
    return table


def _shown(path: Path) -> str:
    """The path as short as it can be said."""
    absolute, here = os.path.abspath(path), str(Path.cwd())
    return os.path.relpath(absolute) if absolute.startswith(here.rstrip(os.sep) + os.sep) else absolute


def _decode(value: Any, known: Field[Any], place: str, key: str) -> Any:
    """``value`` as the type of the field, or an error that names what was expected."""
    expected = _types()[known.name]
    if expected is bool:
        if not isinstance(value, bool):
            raise SettingsError(place, key, f"expected true or false, not {_kind(value)}")
        return value
    if _is_text(expected):
        if not isinstance(value, str):
            raise SettingsError(place, key, f"expected a string, not {_kind(value)}")
        return _check_text(value, known, place, key)
    if get_args(expected)[0] is str:
        items = _decode_list(value, place, key)
        return _check_patterns(items, place, key) if known.metadata.get("patterns") else items
    if not isinstance(value, dict):
        raise SettingsError(place, key, f"expected a table of lists of strings, not {_kind(value)}")
    _check_patterns(tuple(value), place, key)
    return tuple((pattern, _decode_list(items, place, f'{key}."{pattern}"')) for pattern, items in value.items())


def _check_patterns(patterns: tuple[str, ...], place: str, key: str) -> tuple[str, ...]:
    from dbdriver_lint.settings.patterns import means_something

    for pattern in patterns:
        if not means_something(pattern):
            raise SettingsError(place, key, f"`{pattern}` is no pattern that git could read")
    return patterns


def _check_text(value: str, known: Field[Any], place: str, key: str) -> str:
    choices: tuple[str, ...] | None = known.metadata.get("choices")
    if choices and value not in choices:
        allowed = ", ".join(f"`{choice}`" for choice in choices)
        raise SettingsError(place, key, f"expected one of {allowed}, not `{value}`")
    pattern: str | None = known.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        raise SettingsError(place, key, f"expected something like `{known.default}`, not `{value}`")
    return value


def _decode_list(value: Any, place: str, key: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        hint = f'; write ["{value}"]' if isinstance(value, str) else ""
        raise SettingsError(place, key, f"expected a list of strings, not {_kind(value)}{hint}")
    for item in value:
        if not isinstance(item, str):
            raise SettingsError(place, key, f"expected a list of strings; one item is {_kind(item)}")
    return tuple(value)


def _is_text(expected: Any) -> bool:
    if get_origin(expected) in (Union, types.UnionType):
        return str in get_args(expected)
    return expected is str


def _nearest_key(key: str) -> str:
    if key == "tool":
        return f"; in this file they stand at the top, without `[{TABLE}]`"
    if key.replace("_", "-") in _FIELDS:
        return f"; did you mean `{key.replace('_', '-')}`?"
    import difflib

    close = difflib.get_close_matches(key.replace("_", "-").lower(), [*_FIELDS, "extend"], n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; known are {', '.join(['extend', *_FIELDS])}"


def _kind(value: Any) -> str:
    """What a TOML value is, for people."""
    kinds = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or time")
