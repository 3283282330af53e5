from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.findings.baseline import Baseline, BaselineError
from dbdriver_lint.findings.fingerprint import enclosing_names, fingerprint, fingerprints
from dbdriver_lint.findings.model import Confidence, Finding, Severity
from dbdriver_lint.records import replace
from dbdriver_lint.source.text import SourceFile, Span

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "class A:\n    def f(self):\n        x = MARK\n\n    def g(self):\n        x = MARK\n"


def findings(text: str, path: str = "app/db.py") -> tuple[list[Finding], dict[str, SourceFile]]:
    """A finding on every MARK."""
    source = SourceFile.from_text(path, text)
    found = []
    start = text.find("MARK")
    while start >= 0:
        place = source.position(start), source.position(start + 4)
        span = Span(start, start + 4)
        found.append(Finding("XDB102", "n", "m", Severity.ERROR, Confidence.HIGH, path, *place, span=span))
        start = text.find("MARK", start + 1)
    return found, {path: source}


def prints(text: str) -> list[str]:
    found, sources = findings(text)
    return [fingerprint(finding, sources[finding.path]) for finding in found]


def test_a_fingerprint_survives_what_does_not_matter() -> None:
    original = prints(TEXT)
    assert prints("import os\n\n" + TEXT) == original
    assert prints(TEXT.replace("x = ", "x   =  ")) == original
    assert prints(TEXT.replace("MARK\n", "MARK  # noqa: E501\n")) == original
    assert prints(TEXT.replace("    ", "\t")) == original


def test_a_fingerprint_changes_with_what_matters() -> None:
    first, second = prints(TEXT)
    assert first != second  # another function
    assert prints(TEXT.replace("x = ", "y = "))[0] != first
    found, sources = findings(TEXT)
    assert fingerprint(replace(found[0], code="XDB103"), sources["app/db.py"]) != first


def test_a_fingerprint_tells_nothing_about_a_password() -> None:
    assert prints('u = "mysql://a:one@h", MARK\n') == prints('u = "mysql://a:two@h", MARK\n')


def test_names_around_a_line() -> None:
    source = SourceFile.from_text(
        "a.py", "class A:\n    @d\n    async def f(\n        self,\n    ):\n        if x:\n            y\n"
    )
    assert enclosing_names(source, 7) == ["A", "f"]
    assert enclosing_names(source, 1) == []


def test_report_fingerprints_are_all_different() -> None:
    found, sources = findings("x = MARK, MARK\nx = MARK, MARK\n")
    assert len(set(fingerprints(found, sources).values())) == 4
    elsewhere, other = findings("x = MARK, MARK\n", "b.py")
    assert not set(fingerprints(elsewhere, other).values()) & set(fingerprints(found, sources).values())


def test_accepts_as_many_as_there_were(tmp_path: Path) -> None:
    path = str(tmp_path / "app/db.py")
    found, sources = findings(TEXT, path)
    baseline = Baseline(tmp_path / "b.json").of(found[:1], sources)
    applied = baseline.apply(found, sources, [path])
    assert (applied.new, applied.accepted, sum(applied.gone.values())) == (found[1:], 1, 0)
    doubled, sources = findings(TEXT.replace("x = MARK", "x = MARK\n        x = MARK", 1), path)
    assert baseline.apply(doubled, sources, [path]).accepted == 1


def test_moving_code_changes_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "db.py")
    found, sources = findings(TEXT, path)
    baseline = Baseline(tmp_path / "b.json").of(found, sources)
    moved, sources = findings("import os\n\n\n" + TEXT, path)
    applied = baseline.apply(moved, sources, [path])
    assert (applied.new, applied.accepted) == ([], 2)


def test_what_is_gone_is_taken_out_only_where_it_was_looked_for(tmp_path: Path) -> None:
    here, there, deleted = (str(tmp_path / name) for name in ("a.py", "b.py", "c.py"))
    for path in (here, there):
        (tmp_path / path).write_text("")
    baseline = Baseline(tmp_path / "b.json")
    for path in (here, there, deleted):
        found, sources = findings("x = MARK\n", path)
        baseline.counts.update(baseline.of(found, sources).counts)
    applied = baseline.apply([], {}, [here])
    assert {key[0] for key in applied.gone} == {"a.py", "c.py"}
    assert {key[0] for key in baseline.without(applied.gone).counts} == {"b.py"}


def test_the_file_reads_back_and_is_sorted(tmp_path: Path) -> None:
    path = tmp_path / "sub/b.json"
    path.parent.mkdir()
    found, sources = findings(TEXT, str(tmp_path / "app/db.py"))
    baseline = Baseline(path).of(found, sources)
    path.write_text(baseline.dump(), encoding="utf-8")
    assert Baseline.read(path).counts == baseline.counts
    assert '"../app/db.py"' in baseline.dump()
    assert "3" not in {line.strip() for line in baseline.dump().splitlines()}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 2}', '{"version": 1}', '{"version": 1, "findings": {"a": {"b": 1}}}']
)
def test_what_is_no_baseline(tmp_path: Path, text: str) -> None:
    path = tmp_path / "b.json"
    path.write_text(text)
    with pytest.raises(BaselineError, match=r"b\.json: "):
        Baseline.read(path)
    with pytest.raises(BaselineError, match="baseline create"):
        Baseline.read(tmp_path / "absent.json")
