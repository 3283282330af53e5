"""Which files a run looks at: what git would show, without virtual environments and caches."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

from dbdriver_lint.project.roots import repository_of
from dbdriver_lint.records import dataclass, field
from dbdriver_lint.settings.patterns import gitignore_spec, matches
from dbdriver_lint.source.files import read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dbdriver_lint.settings.model import Settings

SUFFIXES = (".py", ".pyi", ".ipynb")
MAX_BYTES = 1_000_000
"""A larger .gitignore ignores nothing where git is not asked."""

SKIPPED_DIRECTORIES = frozenset({
    ".bzr", ".direnv", ".eggs", ".git", ".git-rewrite", ".hg", ".history", ".hypothesis", ".idea",
    ".ipynb_checkpoints", ".jj", ".mypy_cache", ".nox", ".pants.d", ".pyenv", ".pytest_cache", ".pytype",
    ".ruff_cache", ".svn", ".tox", ".venv", ".vscode", "__pycache__", "__pypackages__", "buck-out", "node_modules",
    "site-packages",
})  # fmt: skip
"""Directories that hold no source of the project; never entered, unless named on the command line."""

OUTPUT_DIRECTORIES = frozenset({"_build", "build", "dist"})
"""Where builds put copies; entered only where they are Python packages themselves."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be looked at, or went wrong; ``message`` is for people.

    A fatal one makes the exit code 2; another is only told.
    """

    path: str
    message: str
    fatal: bool = True


@dataclass(slots=True)
class Discovery:
    """The files of a run, sorted, each once, named as the user named their directory."""

    files: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def discover(paths: Sequence[str], settings_for: Callable[[str], Settings]) -> Discovery:
    """The files to lint for the given files and directories.

    A directory gives what `git ls-files` shows in it (outside of git: what the .gitignore files leave),
    minus virtual environments, caches and `exclude`. A file that is named itself is always taken,
    unless its settings say `force-exclude`. What is missing or closed is a problem, as are directories with nothing to
    lint; the others are still found.

    Raises:
        SettingsError: a settings file on the way cannot be read.
    """
    found = Discovery()
    seen: set[str] = set()
    for path in paths:
        for file in sorted(_files_of(path, settings_for, found.problems)):
            absolute = os.path.abspath(file)
            if absolute not in seen:
                seen.add(absolute)
                found.files.append(file)
    found.files.sort()
    if not found.files and not found.problems and paths and all(map(os.path.isdir, paths)):
        # A run that looks at nothing must not look like one that found nothing.
        found.problems.append(Problem("", f"no Python files or notebooks in {', '.join(paths)}", fatal=False))
    return found


def is_excluded(path: str, settings: Settings) -> bool:
    """Whether `exclude` or a directory that is never entered covers the file ``path``."""
    if matches(settings.exclude, path, settings.root):
        return True
    base = os.path.abspath(settings.root or ".")
    directory = os.path.dirname(os.path.abspath(path))
    return directory.startswith(base + os.sep) and _Pruning(base).prunes(directory)


def _files_of(path: str, settings_for: Callable[[str], Settings], problems: list[Problem]) -> Iterator[str]:
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        if os.path.islink(path):  # a dangling link or a circle: reading it says which
            yield path
        else:
            problems.append(Problem(path or "``", (error.strerror or str(error)).lower()))
        return
    if not stat.S_ISDIR(mode):
        if not stat.S_ISREG(mode):
            problems.append(Problem(path, "neither a file nor a directory"))
            return
        settings = settings_for(path)
        if not (settings.force_exclude and is_excluded(path, settings)):
            yield path
        return
    directory = os.path.normpath(path)
    respect = settings_for(os.path.join(directory, "_")).respect_gitignore
    listed = _listed_by_git(directory, problems) if respect else None
    for file in _walk(directory, problems, respect) if listed is None else _visible(directory, listed, problems):
        if not matches((settings := settings_for(file)).exclude, file, settings.root):
            yield file


@dataclass(slots=True)
class _Pruning:
    """Which directories below ``top`` are not entered; the answers are kept, since files share directories."""

    top: str
    _known: dict[str, bool] = field(default_factory=dict)

    def prunes(self, directory: str) -> bool:
        """Whether ``directory`` or one between it and the top is skipped; the top itself never is."""
        if directory == self.top or len(directory) <= len(self.top):
            return False
        known = self._known.get(directory)
        if known is None:
            parent, name = os.path.split(directory)
            known = self.prunes(parent) or _is_skipped(directory, name)
            self._known[directory] = known
        return known


def _is_skipped(directory: str, name: str) -> bool:
    if name in SKIPPED_DIRECTORIES:
        return True
    if name in OUTPUT_DIRECTORIES:
        return not os.path.exists(os.path.join(directory, "__init__.py"))
    return os.path.exists(os.path.join(directory, "pyvenv.cfg")) or os.path.isdir(os.path.join(directory, "conda-meta"))


def _listed_by_git(directory: str, problems: list[Problem]) -> list[str] | None:
    """What git shows in ``directory``, or None where it is in no repository, is ignored, or git cannot say."""
    if repository_of(directory) is None:
        return None
    # `fsmonitor` is a program that a repository may name: looking at somebody's files must not run it.
    git = ["git", "-C", directory, "-c", "core.fsmonitor=false"]
    # In a hook git sets GIT_DIR and GIT_INDEX_FILE for the repository of the commit, which may be another one.
    keep = ("GIT_CONFIG", "GIT_EXEC_PATH", "GIT_CEILING_DIRECTORIES")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k.startswith(keep)}
    import subprocess

    environment["LC_ALL"] = "C"  # its warnings are read below
    try:
        ignored = subprocess.run([*git, "check-ignore", "-q", "."], env=environment, capture_output=True, check=False)  # noqa: S603
        if ignored.returncode != 1:  # 0: the user names an ignored directory and means it; 128: git cannot say
            return None
        listed = subprocess.run(  # noqa: S603
            [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            env=environment,
            capture_output=True,
            check=False,
        )
    except OSError:
        return None
    if listed.returncode != 0:
        return None
    for name, reason in _CLOSED.findall(os.fsdecode(listed.stderr)):
        problems.append(_closed(os.path.normpath(os.path.join(directory, name)), reason))
    return [os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]


_CLOSED = re.compile(r"^warning: could not open directory '(.*?)/?': (.*)$", re.MULTILINE)


def _closed(directory: str, reason: str) -> Problem:
    return Problem(directory, f"directory not searched: {reason.lower()}")


def _visible(directory: str, names: list[str], problems: list[Problem]) -> Iterator[str]:
    """The files to lint among those that git lists; submodules and nested repositories are entered."""
    pruning = _Pruning(directory)
    prefix = "" if directory == os.curdir else directory
    for name in names:
        path = os.path.join(prefix, name)
        if name.endswith(SUFFIXES):
            if not pruning.prunes(os.path.dirname(os.path.join(directory, name))) and os.path.lexists(path):
                yield path
        elif name.endswith("/") or (not os.path.islink(path) and os.path.isdir(path)):
            inner = path.rstrip("/")
            if not pruning.prunes(os.path.join(directory, name).rstrip("/")):
                listed = _listed_by_git(inner, problems)
                yield from _walk(inner, problems, True) if listed is None else _visible(inner, listed, problems)


def _walk(directory: str, problems: list[Problem], respect_gitignore: bool) -> Iterator[str]:
    """The files to lint below ``directory``, by the .gitignore files in and above it, up to the repository."""

    def closed(error: OSError) -> None:
        problems.append(_closed(os.path.normpath(error.filename), error.strerror or str(error)))

    ignores = _Ignores()
    if respect_gitignore:
        ignores.read_above(directory)
    for here, directories, files in os.walk(directory, onerror=closed):
        if respect_gitignore and ".gitignore" in files:
            ignores.read(here)
        reached = ignores.reach(here)
        directories[:] = sorted(
            name
            for name in directories
            if not _is_skipped(path := os.path.join(here, name), name) and not (reached and ignores.covers(path + "/"))
        )
        folder = os.path.normpath(here)
        prefix = "" if folder == os.curdir else folder
        for name in files:
            if name.endswith(SUFFIXES):
                path = os.path.join(prefix, name)
                if not (reached and ignores.covers(path)):
                    yield path


@dataclass(slots=True)
class _Ignores:
    """The .gitignore files that were met, outermost first."""

    _specs: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def read(self, directory: str) -> None:
        """Take the .gitignore of ``directory``; one that cannot be read ignores nothing."""
        try:
            text = read_text(os.path.join(directory, ".gitignore"), most=MAX_BYTES, errors="replace")
        except OSError:
            return
        lines = tuple(text.split("\n"))
        self._specs.append((os.path.abspath(directory) + os.sep, lines))

    def read_above(self, directory: str) -> None:
        """Take those between the repository's top (if any) and ``directory``, which is not ignored itself."""
        top = repository_of(directory)
        parent = os.path.dirname(os.path.abspath(directory))
        above = []
        while top is not None and (parent + os.sep).startswith(top.rstrip(os.sep) + os.sep):
            above.append(parent)
            parent = os.path.dirname(parent)
        for place in reversed(above):
            self.read(place)
        if self.covers(directory + "/"):
            self._specs.clear()

    def reach(self, directory: str) -> bool:
        """Whether any of them may have an opinion about what stands in ``directory``."""
        place = os.path.join(os.path.abspath(directory), "")
        return any(place.startswith(base) for base, _ in self._specs)

    def covers(self, path: str) -> bool:
        """Whether the innermost .gitignore with an opinion ignores ``path`` (a directory ends with a slash)."""
        absolute = os.path.abspath(path) + ("/" if path.endswith("/") else "")
        for base, lines in reversed(self._specs):
            if absolute.startswith(base):
                verdict = gitignore_spec(lines).check_file(absolute[len(base) :].replace(os.sep, "/")).include
                if verdict is not None:
                    return verdict
        return False
