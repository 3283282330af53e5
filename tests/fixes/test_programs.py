"""Programs made of all rules' examples, repaired by the real linter.

Whatever is thrown together: the result parses, has none of the findings that were repaired, keeps
its comments and its form, and a second repair changes nothing.
"""

from __future__ import annotations

import difflib
import io
import re
import tokenize
from collections import Counter, defaultdict
from functools import cache
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from dbdriver_lint.fixes import apply
from dbdriver_lint.fixes.apply import fix_source
from dbdriver_lint.fixes.edit import Applicability, Edit
from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project
from dbdriver_lint.rules.registry import all_rules
from dbdriver_lint.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

BOM = b"\xef\xbb\xbf"
original = apply.spliced

Chunk = str


@cache
def chunks() -> dict[str, list[Chunk]]:
    """The examples that need nothing but their own file, by its path."""
    found: dict[str, list[Chunk]] = defaultdict(list)
    for rule in all_rules():
        for example in (*rule.bad, *rule.good):
            if not example.files and not example.settings and _compiles(example.code):
                found[example.path].append(example.code)
    return found


def _compiles(text: str) -> bool:
    try:
        compile(text, "<example>", "exec")
    except SyntaxError:
        return False
    return "__future__" not in text


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, bytes]:
    """A path and a file's bytes."""
    path = draw(st.sampled_from(sorted(chunks())))
    parts = draw(st.lists(st.sampled_from(chunks()[path]), min_size=1, max_size=4))
    text = draw(
        st.sampled_from(["", '"""Doc."""\n', "#!/usr/bin/env python\n", "from __future__ import annotations\n"])
    )
    for part in parts:
        form = draw(st.sampled_from(["plain", "comments", "function", "tabs", "conditional"]))
        if form == "comments":
            part = "".join(_commented(line, number) for number, line in enumerate(part.splitlines()))
        elif form in ("function", "conditional"):
            head = "def scope():\n" if form == "function" else "if condition:\n"
            part = head + "".join(f"    {line}\n" if line else "\n" for line in part.splitlines())
        elif form == "tabs":
            part = re.sub(r"^( {4})+", lambda m: "\t" * (len(m.group()) // 4), part, flags=re.MULTILINE)
        if _compiles(text + part):
            text += part
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    text = text.replace("\n", newline)
    if draw(st.booleans()):
        text = text.removesuffix(newline)
    return path, draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode()


def _commented(line: str, number: int) -> str:
    """The line with a comment behind it, where that is one."""
    code = f"{line}  # comment {number}\n"
    return code if line and "#" not in line and not line.endswith(("\\", '"""', "'''")) else f"{line}\n"


def comments(data: bytes) -> Counter[str]:
    """All comments but those that accept findings, which have a fix of their own."""
    tokens = tokenize.tokenize(io.BytesIO(data).readline)
    found = Counter(token.string for token in tokens if token.type == tokenize.COMMENT)
    return Counter({text: n for text, n in found.items() if "noqa" not in text and "dbdriver:" not in text})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("project")
    (path / "pyproject.toml").touch()
    return path


@given(program=programs(), unsafe=st.booleans())
def test_any_program_is_repaired_for_good(folder: Path, program: tuple[str, bytes], unsafe: bool) -> None:
    name, data = program
    path = str(folder / name)
    project = Project.for_path(path)
    first = check_source(path, data, Settings(select=("all",)), project)
    everything = Settings(select=("all",))
    splices: list[tuple[str, tuple[Edit, ...], str]] = []

    def splice(text: str, edits: Iterable[Edit]) -> str:
        edits = tuple(edits)
        splices.append((text, edits, original(text, edits)))
        return splices[-1][2]

    with mock.patch.object(apply, "spliced", splice):
        result = fix_source(path, data, everything, project, unsafe=unsafe, check=check_source)

    event(f"repaired: {min(len(result.repaired), 5)}")
    assert result.error is None
    assert not result.withdrawn
    compile(result.data, path, "exec")
    lowest = Applicability.UNSAFE if unsafe else Applicability.SAFE
    assert not [f for f in result.remaining if f.fix and f.fix.applicability >= lowest]
    found, left = (Counter(f.code for f in findings) for findings in (first.findings, result.remaining))
    assert all(left[code] <= found[code] - count for code, count in result.applied.items() if count <= found[code])
    assert result.remaining == check_source(path, result.data, everything, project).findings

    assert result.data.startswith(b"\xef\xbb\xbf") == data.startswith(b"\xef\xbb\xbf")
    if b"\r\n" in data:
        assert result.data.count(b"\n") == result.data.count(b"\r\n")
    else:
        assert b"\r" not in result.data
    assert result.data.endswith(b"\n") == data.endswith(b"\n")
    assert comments(result.data) >= comments(data)

    again = fix_source(path, result.data, everything, project, unsafe=unsafe, check=check_source)
    assert again.data == result.data
    if not result.repaired:
        assert result.data == data
    # No byte is touched outside of the edits that the repaired findings came with.
    before, after = data.splitlines(), result.data.splitlines()
    changed = sum(tag != "equal" for tag, *_ in difflib.SequenceMatcher(None, before, after, False).get_opcodes())
    assert changed <= sum(len(finding.fix.edits) for finding in result.repaired if finding.fix)
    for text, edits, spliced in splices:
        at = was = 0
        for edit in edits:
            untouched = text[was : edit.span.start]
            assert spliced[at:].startswith(untouched + edit.replacement)
            at += len(untouched) + len(edit.replacement)
            was = edit.span.end
        assert spliced[at:] == text[was:]
    assert not result.repaired or result.data in {
        result.data[:3] * data.startswith(BOM) + s[2].encode() for s in splices
    }
