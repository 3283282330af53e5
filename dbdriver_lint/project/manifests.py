"""Reading the files that say which packages a project needs. Nothing of the project is executed.

A file that cannot be read, or a line that means nothing, becomes a warning; the rest still counts.
"""

from __future__ import annotations

import enum
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbdriver_lint.knowledge.secrets import mask_text
from dbdriver_lint.knowledge.versions import VersionError, VersionRange
from dbdriver_lint.project.inputs import Unread
from dbdriver_lint.records import dataclass, field
from dbdriver_lint.source.files import read_text

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterable, Iterator, Mapping

MAX_BYTES = 10_000_000
"""Larger files are not read, with a warning: the lock files of the largest projects have half of that."""


class Role(enum.Enum):
    """What a line says about a package."""

    DECLARED = enum.auto()
    """It is needed, in this range."""
    LOCKED = enum.auto()
    """It is installed, directly or not, in this version."""
    CONSTRAINED = enum.auto()
    """If it is installed, then in this range."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One package in one file. ``name`` and ``extras`` are normalised (PEP 503)."""

    name: str
    extras: frozenset[str]
    versions: VersionRange
    path: str
    line: int
    role: Role
    conditional: bool = False
    """An environment marker decides whether it applies."""


@dataclass(slots=True)
class Manifests:
    """What was found so far. Paths are given relative to ``top``."""

    top: Path
    requirements: list[Requirement] = field(default_factory=list)
    warnings: list[Unread] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    """Every file that was read: what the result depends on."""
    missing: list[Path] = field(default_factory=list)
    """Files that were named and are not there."""
    declares: bool = False
    """Some file declares dependencies, be it none."""
    locked: bool = False
    """A lock file was read: it names everything that is installed."""
    compiled: bool = False
    """A requirements file was read that a tool made of another, with all that comes along."""
    opaque: bool = False
    """Something may bring packages that are not named: a loose requirements file, a computed list, another source."""

    def read(self, folder: Path) -> None:
        """Read every dependency file that stands directly in ``folder``, or in its ``requirements``."""
        for path, reader in standing_in(folder):
            self._read_file(path, reader)

    def include(self, path: Path, role: Role = Role.DECLARED) -> None:
        """Read a requirements file that another one names; once."""
        if os.path.isfile(path):
            self._read_file(path, lambda manifests, p, text: _requirements(manifests, p, text, role))
        else:
            self.missing.append(path)
            self.opaque = True

    def _read_file(self, path: Path, reader: Callable[[Manifests, Path, str], None]) -> None:
        path = Path(os.path.normpath(path))
        if path in self.files:
            return
        self.files.append(path)
        try:
            reader(self, path, read_text(path, most=MAX_BYTES, encoding=None))
        except (OSError, ValueError, SyntaxError, RecursionError, MemoryError) as error:
            self.opaque = True
            self.warn(path, *_where_and_why(error))

    def warn(self, path: Path, line: int, reason: str) -> None:
        """Remember what could not be understood; the reason is masked."""
        self.warnings.append(Unread(self._shown(path), line, mask_text(reason), "what it declares is not known"))

    def add(
        self,
        path: Path,
        line: int,
        name: str,
        specifier: str,
        *,
        extras: Iterable[str] = (),
        role: Role = Role.DECLARED,
        conditional: bool = False,
    ) -> None:
        """Remember one package; a range that means nothing is any version."""
        try:
            versions = VersionRange.parse(specifier)
        except VersionError:
            self.warn(path, line, f"not a version specifier for {name}")
            versions = VersionRange.everything()
        self.requirements.append(
            Requirement(
                normalise(name),
                frozenset(normalise(extra) for extra in extras),
                versions,
                self._shown(path),
                line,
                role,
                conditional,
            )
        )

    def add_line(self, path: Path, line: int, text: str, role: Role = Role.DECLARED) -> None:
        """Remember one PEP 508 requirement."""
        match = _REQUIREMENT.fullmatch(text.strip())
        if match is None:
            self.opaque = True
            egg = _EGG.search(text)
            if egg:
                self.add(path, line, egg["name"], "", role=role)
            elif not _SOURCE.match(text.strip()):
                self.warn(path, line, "not a requirement")
            return
        extras = [extra.strip() for extra in (match["extras"] or "").split(",") if extra.strip()]
        specifier = match["specifier"] or match["parenthesised"] or ""
        self.add(path, line, match["name"], specifier, extras=extras, role=role, conditional=bool(match["marker"]))

    def _shown(self, path: Path) -> str:
        try:
            return path.relative_to(self.top).as_posix()
        except ValueError:
            return path.as_posix()


_REQUIREMENT = re.compile(
    r"""(?P<name>[A-Za-z0-9](?:[\w.\-]*[A-Za-z0-9])?)\s*
        (?:\[(?P<extras>[^\]]*)\])?\s*
        (?:\((?P<parenthesised>[^)]*)\)|(?P<specifier>[<>=!~][^;@]*)|@\s*\S+)?\s*
        (?P<marker>;.*)?""",
    re.VERBOSE,
)
_EGG = re.compile(r"#(?:.*&)?egg=(?P<name>[A-Za-z0-9][\w.\-]*)")
_SOURCE = re.compile(r"\.|/|[\w+.\-]+:|[\w.\-]+/|.*\.(?:whl|zip|tar\.gz)")


_COMPILED = re.compile(r"^#.*autogenerated by (?:pip-compile|uv)|^\s*# via\b", re.MULTILINE)


def normalise(name: str) -> str:
    """The one spelling of a package name: ``Flask_SQLAlchemy`` is ``flask-sqlalchemy``."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _where_and_why(error: BaseException) -> tuple[int, str]:
    """The line that an error names, and its text without paths of this machine."""
    if isinstance(error, UnicodeDecodeError):
        mark = "" if error.encoding == "utf-8" else ", which its first bytes say it is"
        return error.object.count(b"\n", 0, error.start) + 1, f"not {error.encoding.upper()}{mark}"
    if isinstance(error, OSError):
        return 1, error.strerror or str(error)
    line = re.search(r"\bline\D{0,2}(\d+)", str(error))
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return int(line[1]) if line else getattr(error, "lineno", None) or 1, reason


def _line(text: str, pattern: str) -> int:
    """The line of the first match, 1 if there is none: TOML and JSON parsers do not tell."""
    match = re.search(pattern, text, re.MULTILINE)
    return text.count("\n", 0, match.start()) + 1 if match else 1


def _requirements(manifests: Manifests, path: Path, text: str, role: Role = Role.DECLARED) -> None:
    """A pip requirements or constraints file; one that pip-compile or uv made is as good as a lock file."""
    if role is Role.DECLARED and _COMPILED.search(text):
        manifests.compiled = True
        role = Role.LOCKED
    manifests.opaque = manifests.opaque or (role is Role.DECLARED and path.suffix == ".txt")
    manifests.declares = manifests.declares or role is not Role.CONSTRAINED
    for line, logical in _logical_lines(text):
        option = re.match(r"(-r|--requirement|-c|--constraint|-e|--editable)[ =]*(.*)", logical)
        if option is None:
            if not logical.startswith("-"):
                requirement = re.split(r"\s--?(?=[a-z])", logical)[0]  # --hash=…, --config-settings …
                manifests.add_line(path, line, requirement, role)
        elif option[1] in ("-e", "--editable"):
            manifests.add_line(path, line, option[2] if _EGG.search(option[2]) else "./", role)
        else:
            included = Role.CONSTRAINED if "c" in option[1][:3] or role is Role.CONSTRAINED else Role.DECLARED
            manifests.include(path.parent / option[2].strip(), included)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their continuations joined and their comments gone, each with its first line's number."""
    start, joined = 1, ""
    for number, line in enumerate(text.splitlines(), 1):
        start = start if joined else number
        joined += line
        if joined.endswith("\\"):
            joined = joined[:-1]
            continue
        stripped = re.sub(r"(^|\s)#.*$", "", joined).strip()
        joined = ""
        if stripped:
            yield start, stripped
    if joined.strip():
        yield start, joined.strip()


def _pyproject(manifests: Manifests, path: Path, text: str) -> None:
    """PEP 621 and PEP 735, and the tables of Poetry, PDM, Hatch, uv and Rye."""
    import tomllib

    data = tomllib.loads(text)
    project, tool = _table(data, "project"), _table(data, "tool")
    lists: list[object] = [project.get("dependencies"), *_table(project, "optional-dependencies").values()]
    lists += _table(data, "dependency-groups").values()
    lists += _table(_table(tool, "pdm"), "dev-dependencies").values()
    lists += [_table(tool, name).get("dev-dependencies") for name in ("uv", "rye")]
    for environment in _table(_table(tool, "hatch"), "envs").values():
        if isinstance(environment, dict):
            lists += [environment.get("dependencies"), environment.get("extra-dependencies")]
    for items in lists:
        if isinstance(items, list):
            _toml_list(manifests, path, text, items)
    _toml_list(manifests, path, text, _table(tool, "uv").get("constraint-dependencies"), Role.CONSTRAINED)

    poetry = _table(tool, "poetry")
    for table in (poetry, *(group for group in _table(poetry, "group").values() if isinstance(group, dict))):
        for key in ("dependencies", "dev-dependencies"):
            if key in table:
                _toml_table(manifests, path, text, _table(table, key))

    if "dependencies" in (project.get("dynamic") or ()):
        dynamic = _table(_table(_table(tool, "setuptools"), "dynamic"), "dependencies").get("file")
        for name in [dynamic] if isinstance(dynamic, str) else dynamic or ():
            manifests.include(path.parent / name)
        if not dynamic and not any(os.path.isfile(path.parent / name) for name in ("setup.py", "setup.cfg")):
            manifests.opaque = manifests.declares = True


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _toml_list(manifests: Manifests, path: Path, text: str, items: object, role: Role = Role.DECLARED) -> None:
    """A list of PEP 508 strings; what is no string (``{include-group = …}``) stands elsewhere too."""
    if not isinstance(items, list):
        return
    manifests.declares = True
    for item in items:
        if isinstance(item, str):
            manifests.add_line(path, _line(text, re.escape(item)), re.sub(r"^-e\s+", "", item), role)


def _toml_table(manifests: Manifests, path: Path, text: str, table: Mapping[str, Any]) -> None:
    """A Poetry or Pipfile table: name to a range, or to a table with ``version`` and ``extras``."""
    manifests.declares = True
    for name, value in table.items():
        if name == "python":
            continue
        line = _line(text, rf"^\s*[\"']?{re.escape(name)}[\"']?\s*=|\.{re.escape(name)}\]")
        choices = value if isinstance(value, list) else [value]
        for choice in choices:
            if isinstance(choice, str):
                manifests.add(path, line, name, choice, conditional=len(choices) > 1)
            elif isinstance(choice, dict):
                version, extras = choice.get("version", ""), choice.get("extras", ())
                manifests.opaque = manifests.opaque or "path" in choice or "git" in choice or "url" in choice
                manifests.add(
                    path,
                    line,
                    name,
                    version if isinstance(version, str) else "",
                    extras=[extra for extra in extras if isinstance(extra, str)],
                    conditional=len(choices) > 1 or "markers" in choice or "python" in choice,
                )


def _pipfile(manifests: Manifests, path: Path, text: str) -> None:
    import tomllib

    data = tomllib.loads(text)
    for key in ("packages", "dev-packages"):
        if key in data:
            _toml_table(manifests, path, text, _table(data, key))


def _pipfile_lock(manifests: Manifests, path: Path, text: str) -> None:
    import json

    data = json.loads(text)
    for section in ("default", "develop"):
        for name, entry in _table(data if isinstance(data, dict) else {}, section).items():
            version = entry.get("version") if isinstance(entry, dict) else None
            if isinstance(version, str):
                line = _line(text, rf'"{re.escape(name)}"\s*:')
                manifests.add(path, line, name, version, role=Role.LOCKED)
    manifests.declares = manifests.locked = True


_LOCK_LINE = re.compile(r'(?P<table>\[.*)|(?P<key>name|version) = "(?P<value>[^"]+)"')


def _lock(manifests: Manifests, path: Path, text: str) -> None:
    """uv.lock, poetry.lock, pdm.lock, pylock.toml: read by line, because they are long and TOML is slow."""
    manifests.declares = manifests.locked = True
    entry: dict[str, str] | None = None
    count = 0
    for number, line in enumerate(text.splitlines(), 1):
        match = _LOCK_LINE.match(line)
        if match is None:
            continue
        if match["table"]:
            entry = {} if match["table"].rstrip() in ("[[package]]", "[[packages]]") else None
        elif entry is not None and match["key"] not in entry:
            entry[match["key"]] = match["value"]
            if len(entry) == 2:
                count += 1
                manifests.add(path, number, entry["name"], f"=={entry['version']}", role=Role.LOCKED)
    if not count and text.strip():
        manifests.warn(path, 1, "no locked packages found")


def _setup_cfg(manifests: Manifests, path: Path, text: str) -> None:
    from configparser import Error, RawConfigParser

    parser = RawConfigParser()
    try:
        parser.read_string(text)
    except Error as error:
        raise ValueError(str(error)) from error
    blocks = [parser.get("options", key, fallback=None) for key in ("install_requires", "tests_require")]
    if parser.has_section("options.extras_require"):
        blocks += [value for _, value in parser.items("options.extras_require")]
    for block in blocks:
        if block is None:
            continue
        manifests.declares = True
        if block.startswith("file:"):
            for name in block.removeprefix("file:").split(","):
                manifests.include(path.parent / name.strip())
            continue
        for item in block.splitlines():
            if item.strip() and not item.lstrip().startswith("#"):
                manifests.add_line(path, _line(text, re.escape(item.strip())), item)


def _setup_py(manifests: Manifests, path: Path, text: str) -> None:
    """The literal lists that ``setup()`` is called with; a computed one makes the whole opaque."""
    import ast
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    names: dict[str, ast.expr] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            names |= {target.id: statement.value for target in statement.targets if isinstance(target, ast.Name)}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "id", getattr(call.func, "attr", None)) == "setup":
            for keyword in call.keywords:
                if keyword.arg in ("install_requires", "extras_require", "tests_require"):
                    manifests.declares = True
                    for item in _literal_strings(keyword.value, names):
                        if item is None:
                            manifests.opaque = True
                        else:
                            manifests.add_line(path, item.lineno, str(item.value))
                elif keyword.arg is None:
                    manifests.opaque = manifests.declares = True


def _literal_strings(node: ast.expr, names: Mapping[str, ast.expr], depth: int = 0) -> Iterator[ast.Constant | None]:
    """The strings of a list, a sum of lists, or a dictionary of lists; None for what is computed."""
    import ast

    if isinstance(node, ast.Name) and node.id in names and depth < 5:
        yield from _literal_strings(names[node.id], names, depth + 1)
    elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        for element in node.elts:
            inner = element.value if isinstance(element, ast.Starred) else element
            yield from _literal_strings(inner, names, depth)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _literal_strings(value, names, depth)
    elif isinstance(node, ast.BinOp) and not isinstance(node.left, (ast.Constant, ast.JoinedStr)):
        yield from _literal_strings(node.left, names, depth)
        yield from _literal_strings(node.right, names, depth)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node
    else:
        yield None


def _conda(manifests: Manifests, path: Path, text: str) -> None:
    """The plain lists of an environment.yml; ``name=2.0`` means ``==2.0.*`` there."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\S.*:", line):
            inside = line.startswith("dependencies:")
            manifests.declares = manifests.declares or inside
        item = re.match(r"\s*-\s+[\"']?([^\"'#]+)", line) if inside else None
        if item is None or item[1].strip().endswith(":"):
            continue
        requirement = item[1].strip().rpartition("::")[2]
        exact = re.fullmatch(r"([\w.\-]+)\s*=\s*([\d.]+)(?:=.*|\.\*)?", requirement)
        if exact:
            manifests.add(path, number, exact[1], f"=={exact[2]}.*")
        else:
            manifests.add_line(path, number, requirement)


READERS: Mapping[str, Callable[[Manifests, Path, str], None]] = {
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
    "setup.py": _setup_py,
    "Pipfile": _pipfile,
    "environment.yml": _conda,
    "environment.yaml": _conda,
    "uv.lock": _lock,
    "poetry.lock": _lock,
    "pdm.lock": _lock,
    "pylock.toml": _lock,
    "Pipfile.lock": _pipfile_lock,
}
"""File name to what reads it."""


def standing_in(folder: Path) -> Iterator[tuple[Path, Callable[[Manifests, Path, str], None]]]:
    """Every dependency file that stands directly in ``folder``, or in its ``requirements``, with what reads it."""
    for name, reader in READERS.items():
        path = folder / name
        if os.path.isfile(path):
            yield path, reader
    for pattern in ("*requirements*.txt", "*requirements*.in", "requirements/*.txt", "requirements/*.in"):
        for path in sorted(folder.glob(pattern)):
            if os.path.isfile(path):
                yield path, _requirements
