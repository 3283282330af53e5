"""What makes a finding the same finding tomorrow: its rule, its code and where it stands, never a line number."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from typing import TYPE_CHECKING

from dbdriver_lint.source.files import file_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.source.text import SourceFile

_HEADER = re.compile(r"[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)")
_PRAGMA = re.compile(r"#\s*(?:noqa|dbdriver:|type:|pragma|nosec|pylint:|ruff:|fmt:).*$", re.IGNORECASE)


def fingerprint(finding: Finding, source: SourceFile | None) -> str:
    """16 hexadecimal digits from the rule, the finding's line without white space and pragmas, and the names around.

    Passwords are masked first, so that a baseline in a repository tells nothing about them. The path is
    not in it: who compares fingerprints compares them within one file.
    """
    from dbdriver_lint.knowledge.secrets import mask_text

    if source is None or finding.span is None:
        parts = [finding.code, finding.message]
    else:
        line = _PRAGMA.sub("", source.line_text(finding.start.line))
        parts = [finding.code, *enclosing_names(source, finding.start.line), "".join(mask_text(line).split())]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def fingerprints(findings: Iterable[Finding], sources: Mapping[str, SourceFile]) -> dict[Finding, str]:
    """A fingerprint for each finding, with the path in it and no two the same."""
    seen: Counter[str] = Counter()
    result: dict[Finding, str] = {}
    for finding in findings:
        own = fingerprint(finding, sources.get(finding.path))
        path = os.path.normpath(file_of(finding.path)).replace(os.sep, "/")
        key = f"{path}\0{own}"
        seen[key] += 1
        text = f"{key}\0{seen[key]}".encode("utf-8", "surrogatepass")
        result[finding] = hashlib.sha256(text).hexdigest()[:32]
    return result


def enclosing_names(source: SourceFile, line: int) -> list[str]:
    """The functions and classes around a line, outermost first, by indentation alone, so that broken files have them too."""
    names: list[str] = []
    indent = _indent(source.line_text(line))
    for number in range(line - 1, 0, -1):
        if indent == 0:
            break
        text = source.line_text(number)
        if text.strip() and not text.lstrip().startswith("#") and _indent(text) < indent:
            match = _HEADER.match(text)
            if match:
                names.append(match[1])
                indent = _indent(text)
    return names[::-1]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
