"""Accepted findings: how many of each kind a file may have. Never a line number, and never more than before.

The file holds a count for each path, rule and fingerprint, so that code may move, and a second mistake
of the same kind on the same line in the same function is still a new one.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

from dbdriver_lint.findings.fingerprint import fingerprint
from dbdriver_lint.records import dataclass, field
from dbdriver_lint.source.files import file_of, read_regular

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.source.text import SourceFile

VERSION = 1
DEFAULT_NAME = "dbdriver-baseline.json"
MAX_BYTES = 50_000_000
"""Larger files are no baseline."""

Key = tuple[str, str, str]
"""Path relative to the baseline's directory, code, fingerprint."""


class BaselineError(Exception):
    """The baseline cannot be read; the message names the file and what was expected."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a baseline leaves of some findings."""

    new: list[Finding]
    accepted: int
    gone: Counter[Key]
    """What it accepts in the files that were looked at, and nobody finds any more."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The accepted findings of one baseline file."""

    path: Path
    counts: Counter[Key] = field(default_factory=Counter)

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """Read a baseline file.

        Raises:
            BaselineError: it is missing or not a baseline.
        """
        try:
            document = json.loads(read_regular(path, most=MAX_BYTES).decode())
        except OSError as error:
            hint = "; `dbdriver-lint baseline create` writes it" if isinstance(error, FileNotFoundError) else ""
            raise BaselineError(f"{path}: the baseline cannot be read: {error.strerror or error}{hint}") from error
        except ValueError as error:
            raise BaselineError(f"{path}: the baseline is not valid JSON: {error}") from error
        except RecursionError as error:
            raise BaselineError(f"{path}: the baseline is nested too deeply to be read") from error
        return cls(path, _counts(document, path))

    def of(self, findings: Iterable[Finding], sources: Mapping[str, SourceFile]) -> Baseline:
        """The baseline that accepts exactly these findings, for the same file."""
        return Baseline(self.path, Counter(self._key(finding, sources) for finding in findings))

    def apply(self, findings: Iterable[Finding], sources: Mapping[str, SourceFile], checked: Iterable[str]) -> Applied:
        """Take out the accepted findings; ``checked`` are the files that were looked at."""
        left = Counter(self.counts)
        new: list[Finding] = []
        accepted = 0
        for finding in findings:
            key = self._key(finding, sources)
            if left[key] > 0:
                left[key] -= 1
                accepted += 1
            else:
                new.append(finding)
        seen = {self._relative(path) for path in checked}
        gone = Counter({k: n for k, n in left.items() if n > 0 and (k[0] in seen or not self._exists(k[0]))})
        return Applied(new, accepted, gone)

    def without(self, gone: Counter[Key]) -> Baseline:
        """The baseline after what is gone was taken out."""
        return Baseline(self.path, +(self.counts - gone))

    def dump(self) -> str:
        """The text of the file: sorted, so that merges and reviews are easy."""
        tree: dict[str, dict[str, dict[str, int]]] = {}
        for (path, code, digest), count in sorted(self.counts.items()):
            tree.setdefault(path, {}).setdefault(code, {})[digest] = count
        return json.dumps({"version": VERSION, "findings": tree}, indent=2, ensure_ascii=False) + "\n"

    def _key(self, finding: Finding, sources: Mapping[str, SourceFile]) -> Key:
        return self._relative(finding.path), finding.code, fingerprint(finding, sources.get(finding.path))

    def _relative(self, path: str) -> str:
        return os.path.relpath(os.path.abspath(file_of(path)), os.path.abspath(self.path.parent)).replace(os.sep, "/")

    def _exists(self, relative: str) -> bool:
        return os.path.exists(self.path.parent / relative)


def _counts(document: Any, path: Path) -> Counter[Key]:
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise BaselineError(f'{path}: not a baseline: expected an object with "version": {VERSION}')
    counts: Counter[Key] = Counter()
    try:
        for file, codes in document["findings"].items():
            for code, digests in codes.items():
                for digest, count in digests.items():
                    counts[file, code, digest] = int(count)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        expected = '{"findings": {path: {code: {fingerprint: count}}}}'
        raise BaselineError(f"{path}: not a baseline: expected {expected}") from error
    return counts
