"""What was found in files that have not changed since, kept between runs.

There is one index for a project: a JSON file that is replaced as a whole, so that runs at the same time and a sudden
end leave the old or the new one, never a part. An index that is not what this module writes is as good as none.

A result is kept with every question that it depends on (:mod:`dbdriver_lint.project.inputs`), and recalled while
the answers are the same. Findings speak of the code, so they are sealed with the bytes of their file: who does
not have the file can read nothing of it in the index, least of all a password.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbdriver_lint import __version__
from dbdriver_lint.findings.plain import as_text
from dbdriver_lint.project import forget
from dbdriver_lint.project.answers import Answers, digest_of_bytes, questions_of, stamp_of
from dbdriver_lint.project.discovery import Problem
from dbdriver_lint.project.inputs import Kind, Question, ledger
from dbdriver_lint.records import dataclass, field
from dbdriver_lint.settings.model import setting_fields
from dbdriver_lint.source.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.settings.model import Settings
    from dbdriver_lint.source.text import SourceFile

ENVIRONMENT_VARIABLE = "DBDRIVER_LINT_CACHE_DIR"
FORMAT = 2
MAX_BYTES = 200_000_000
"""A larger index is not read."""
_OTHER_SETTINGS = 8
"""Results for how many settings are kept that the present run did not use."""
_COARSE = 2_000_000_000
"""Nanoseconds. A file that was written this shortly before may be written again without a new time: its stamp says nothing."""
_CHOOSING = frozenset({"exclude", "respect_gitignore", "force_exclude", "baseline", "cache_dir"})
"""Settings that say which files and findings are reported, not what is found in a file."""

_ERRORS = (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError)
"""What reading an index raises that this module did not write."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What one file's findings were made from."""

    stamp: str
    digest: str
    """Of the file's own bytes."""
    answers: tuple[tuple[Question, str, str], ...]
    """What was asked and answered, and the stamp of the file that it is about."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was found in a file, and the text that it is shown in, where there is one."""

    findings: tuple[Finding, ...] = ()
    suppressed: int = 0
    source: SourceFile | None = None
    problems: tuple[Problem, ...] = ()
    """What could not be read, and is told; none of them is fatal."""


NOTHING = Result()


@dataclass(slots=True)
class _Group:
    """The results for one choice of settings."""

    clean: dict[str, str] = field(default_factory=dict)
    """Files that cannot hold a finding, and depend on nothing else: path to stamp."""
    files: dict[str, list[Any]] = field(default_factory=dict)
    """Path to stamp, digest, numbers of questions, suppressed findings, sealed findings or None, what is told."""


class ResultCache:
    """The index of one project, for a run that started at ``started`` (nanoseconds since the epoch).

    ``wanted`` says that somebody chose the folder, and wants to hear where it cannot be written: ``unwritten`` is the reason.
    """

    def __init__(self, folder: str | os.PathLike[str], root: str, started: int, *, wanted: bool = False) -> None:
        forget()
        self.folder = Path(folder)
        self.path = self.folder / f"{_situation(root)}.json"
        self.started = started
        self._groups: dict[str, _Group] = {}
        self._asked: list[tuple[Question, str, str]] = []
        self._changed = False
        self.wanted = wanted
        self.unwritten: str | None = None
        self._settings: dict[int, str] = {}
        self._used: dict[str, None] = {}
        with contextlib.suppress(OSError, *_ERRORS):
            self._load()
        self._answers = Answers(
            {q.place: (stamp, answer) for q, answer, stamp in self._asked if q.kind is Kind.FILE and stamp}
        )
        self._holding: dict[int, bool] = {}
        self._numbers: dict[tuple[Question, str], int] = {
            (question, answer): number for number, (question, answer, _) in enumerate(self._asked)
        }

    # Asking

    def knows(self, settings: Settings) -> bool:
        """Whether a run with these settings was completed before."""
        return self._digest_of(settings) in self._groups

    def recall(self, path: str, settings: Settings) -> Result | None:
        """What was found in the file ``path``, if that would be found today; else None."""
        group = self._groups.get(self._digest_of(settings))
        if group is None:
            return None
        known = group.clean.get(path)
        if known is not None:
            return NOTHING if known == stamp_of(path) else None
        entry = group.files.get(path)
        if entry is None:
            return None
        try:
            return self._recall(path, entry)
        except (OSError, *_ERRORS):
            return None

    def _recall(self, path: str, entry: list[Any]) -> Result | None:
        stamp, digest, numbers, suppressed, sealed, told = entry
        data = None
        now = stamp_of(path)
        if sealed is not None or now != stamp:
            data = read_regular(path) if now else b""
            if digest_of_bytes(data) != digest:
                return None
            if now != stamp:
                self._changed = True
                entry[0] = now if _is_settled(now, self.started) else ""
        if not all(map(self._holds, numbers)):
            return None
        problems = tuple(Problem(place, message, fatal=False) for place, message in told)
        if sealed is None or data is None:
            return Result(suppressed=suppressed, problems=problems)
        from dbdriver_lint.findings.stored import decoded
        from dbdriver_lint.source.text import SourceFile

        stored = json.loads(_unsealed(sealed, data))
        source = SourceFile.from_bytes(path, data) if stored["source"] else None
        return Result(decoded(stored["findings"], path, source), suppressed, source, problems)

    def _holds(self, number: int) -> bool:
        known = self._holding.get(number)
        if known is None:
            question, answer, _ = self._asked[number]
            known = self._holding[number] = self._answers[question] == answer
        return known

    # Keeping

    def keep(self, path: str, settings: Settings, inputs: Inputs, result: Result, data: bytes) -> None:
        """Keep what was found in the file ``path``; ``data`` are its bytes, wanted where there are findings."""
        group = self._groups.setdefault(self._digest_of(settings), _Group())
        group.clean.pop(path, None)
        group.files.pop(path, None)
        self._changed = True
        if not inputs.answers and not result.findings and not result.suppressed:
            if inputs.stamp:
                group.clean[path] = inputs.stamp
            return
        sealed = None
        if result.findings:
            from dbdriver_lint.findings.stored import encoded

            stored = {"source": result.source is not None, "findings": encoded(result.findings, path)}
            sealed = _sealed(json.dumps(stored).encode(), data)
        numbers = [self._number(*answer) for answer in inputs.answers]
        told = [[problem.path, problem.message] for problem in result.problems]
        group.files[path] = [inputs.stamp, inputs.digest, numbers, result.suppressed, sealed, told]

    def forget(self, path: str, settings: Settings) -> None:
        """There is no result of this file that could be kept."""
        group = self._groups.get(self._digest_of(settings))
        if group is not None and (path in group.clean or path in group.files):
            group.clean.pop(path, None)
            group.files.pop(path, None)
            self._changed = True

    def _number(self, question: Question, answer: str, stamp: str) -> int:
        number = self._numbers.get((question, answer))
        if number is None:
            number = self._numbers[question, answer] = len(self._asked)
            self._asked.append((question, answer, stamp))
        elif stamp and self._asked[number][2] != stamp:
            self._asked[number] = (question, answer, stamp)
        return number

    def _digest_of(self, settings: Settings) -> str:
        known = self._settings.get(id(settings))
        if known is None:
            values = [(f.name, getattr(settings, f.name)) for f in setting_fields() if f.name not in _CHOOSING]
            known = digest_of_bytes(repr((values, settings.root)).encode("utf-8", "surrogatepass"))
            self._settings[id(settings)] = known
            self._used[known] = None
        return known

    # The file

    def _load(self) -> None:
        document = json.loads(read_regular(self.path, most=MAX_BYTES, through_links=False))
        if document["format"] != FORMAT:
            return
        asked = [
            (Question(Kind(kind), as_text(place), tuple(map(as_text, details))), as_text(answer), as_text(stamp))
            for kind, place, details, answer, stamp in document["asked"]
        ]
        groups = {
            name: _Group(
                {path: as_text(stamp) for path, stamp in group["clean"].items()},
                {path: _entry(entry, len(asked)) for path, entry in group["files"].items()},
            )
            for name, group in document["groups"].items()
        }
        self._asked, self._groups = asked, groups

    def save(self) -> None:
        """Write the index, if anything in it is new. Where that cannot be done, nothing is kept."""
        if not self._changed:
            return
        import tempfile

        try:
            self._make_folder()
            descriptor, name = tempfile.mkstemp(prefix=f"{self.path.name}.", suffix=".tmp", dir=self.folder)
            try:
                with os.fdopen(descriptor, "w", encoding="ascii") as file:
                    file.write(json.dumps(self._document(), separators=(",", ":")))
                Path(name).replace(self.path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            self.unwritten = (error.strerror or str(error)).lower()

    def _document(self) -> dict[str, Any]:
        others = [name for name in self._groups if name not in self._used][-_OTHER_SETTINGS:]
        numbers: dict[int, int] = {}
        groups = {}
        for name in [*others, *self._used]:
            group = self._groups.get(name, _Group())
            files = {}
            for path, (stamp, digest, asked, *rest) in group.files.items():
                if os.path.lexists(path):
                    renumbered = [numbers.setdefault(number, len(numbers)) for number in asked]
                    files[path] = [stamp, digest, renumbered, *rest]
            groups[name] = {"clean": {p: s for p, s in group.clean.items() if os.path.lexists(p)}, "files": files}
        asked = [
            (q.kind, q.place, q.details, answer, stamp) for q, answer, stamp in map(self._asked.__getitem__, numbers)
        ]
        return {"format": FORMAT, "asked": asked, "groups": groups}

    def _make_folder(self) -> None:
        if os.path.isdir(self.folder):
            return
        self.folder.mkdir(parents=True)
        (self.folder / ".gitignore").write_text("# Made by dbdriver-lint.\n*\n", encoding="ascii")
        (self.folder / "CACHEDIR.TAG").write_text(
            "Signature: 8a477f597d28d172789f06886806bc55\n# This folder can be deleted at any time.\n", encoding="ascii"
        )


@dataclass(frozen=True, slots=True)
class Recording:
    """A file that is being linted, and what is asked for it."""

    path: str
    stamp: str
    generation: int
    started: int

    @classmethod
    def start(cls, path: str, started: int) -> Recording:
        """Begin before the file is read; ``started`` is when the run started, in nanoseconds."""
        return cls(path, stamp_of(path), ledger().generation, started)

    def inputs(self, data: bytes, *, found: bool) -> Inputs | None:
        """The inputs of the file with these bytes, from the ledger; None where one of them changed meanwhile.

        ``found`` says that there are findings: without them and without questions the stamp is all that counts.
        """
        if ledger().generation != self.generation:
            return None
        questions = questions_of(self.path)
        stamp = self.stamp if _is_settled(self.stamp, self.started) else ""
        if not questions and not found:
            return Inputs(stamp, "", ())
        from dbdriver_lint.project.environment import generation

        answers = _answers_of_process((self.generation, generation()))
        answered = []
        for question in sorted(questions):
            answer = answers[question]
            now = answers.digest(question.place)[0] if question.kind is Kind.FILE else ""
            if now and max(_times(now)) >= self.started:
                return None
            answered.append((question, answer, now if _is_settled(now, self.started) else ""))
        return Inputs(stamp, digest_of_bytes(data), tuple(answered))


@lru_cache(maxsize=1)
def _answers_of_process(_generation: tuple[int, int]) -> Answers:
    """The answers that are shared by the files that this process lints, while none of them changes."""
    return Answers()


def _times(stamp: str) -> tuple[int, int]:
    modified, changed = stamp.split("-")[:2]
    return int(modified), int(changed)


def _is_settled(stamp: str, started: int) -> bool:
    """Whether a file with another content will have another stamp."""
    return bool(stamp) and max(_times(stamp)) < started - _COARSE


def _sealed(text: bytes, key: bytes) -> str:
    """``text`` made unreadable without ``key``, the bytes of the file that it speaks of."""
    salt = os.urandom(16)
    return base64.b64encode(salt + _mixed(text, key, salt)).decode()


def _unsealed(sealed: str, key: bytes) -> bytes:
    """The text again.

    Raises:
        ValueError: it was not sealed.
    """
    raw = base64.b64decode(sealed, validate=True)
    return _mixed(raw[16:], key, raw[:16])


def _mixed(text: bytes, key: bytes, salt: bytes) -> bytes:
    """``text`` and the stream of bytes that the others give; done twice it is the text again."""
    stream = hashlib.shake_256(b"dbdriver-lint" + salt + key).digest(len(text))
    return (int.from_bytes(text) ^ int.from_bytes(stream)).to_bytes(len(text))


def _situation(root: str) -> str:
    """What all results of a run depend on: this tool, the parser, the interpreter, and how paths are shown."""
    parts = [
        __version__,
        *_development(),
        _parser(),
        sys.implementation.cache_tag or sys.version,
        root,
        str(Path.cwd()),
    ]
    return digest_of_bytes("\0".join(parts).encode("utf-8", "surrogatepass"))


def _development() -> Iterator[str]:
    """The stamps of our own modules, where they are a checkout that changes without a new version."""
    package = Path(__file__).parent
    if os.path.exists(package.parent / "pyproject.toml"):
        for folder, _, names in os.walk(package):
            yield from (
                stamp_of(os.path.join(folder, name)) for name in sorted(names) if name.endswith((".py", ".json"))
            )


def _parser() -> str:
    """LibCST's version, from the name of the folder that its installer wrote: it is not imported here."""
    spec = find_spec("libcst")
    if spec is None or spec.origin is None:
        return ""
    installed = Path(spec.origin).parent.parent
    return ",".join(sorted(name for name in os.listdir(installed) if name.lower().startswith("libcst-")))  # noqa: PTH208


def _entry(item: Any, asked: int) -> list[Any]:
    stamp, digest, numbers, suppressed, sealed, told = item
    if not all(type(number) is int and 0 <= number < asked for number in numbers) or type(suppressed) is not int:
        raise TypeError("not a result")
    problems = [[as_text(place), as_text(message)] for place, message in told]
    return [as_text(stamp), as_text(digest), numbers, suppressed, None if sealed is None else as_text(sealed), problems]
