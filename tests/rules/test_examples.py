"""Every rule's examples are its tests: found, silent, fixed, in every guise that real files come in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.fixes.apply import fix_source
from dbdriver_lint.knowledge.drivers import DRIVERS as KNOWN_DRIVERS
from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project
from dbdriver_lint.records import replace
from dbdriver_lint.rules.index import entry_of, gate_of
from dbdriver_lint.rules.registry import all_rules
from dbdriver_lint.settings.load import decode

if TYPE_CHECKING:
    from dbdriver_lint.linter import FileResult
    from dbdriver_lint.rules.base import Bad, Good, Rule
    from dbdriver_lint.settings.model import Settings

#: What a message may begin with: a sentence, a piece of code, or a driver's name, which is spelled in lower case.
CAPITALS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ`")
DRIVERS = frozenset(row.name for row in KNOWN_DRIVERS)

BAD = [pytest.param(r, b, id=f"{r.code}-bad{i}") for r in all_rules() for i, b in enumerate(r.bad)]
GOOD = [pytest.param(r, g, id=f"{r.code}-good{i}") for r in all_rules() for i, g in enumerate(r.good)]


class Case:
    """An example laid out as a project of its own."""

    def __init__(self, rule: type[Rule], example: Bad | Good, folder: Path, *, alone: bool = False) -> None:
        self.code = rule.code
        for name, text in example.files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.path = str(folder / example.path)
        Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "pyproject.toml").touch()
        table = dict(example.settings)
        # XDB901 speaks only of rules that ran
        table.setdefault("select", [rule.code] if alone and rule.code != "XDB901" else ["all"])
        self.settings: Settings = decode(table, "the example", str(folder))
        self.project = Project.for_path(self.path)

    def check(self, data: bytes) -> FileResult:
        Path(self.path).write_bytes(data)
        result = check_source(self.path, data, self.settings, self.project)
        return replace(result, findings=tuple(f for f in result.findings if f.code == self.code))

    def codes(self, data: bytes) -> list[str]:
        return [finding.code for finding in self.check(data).findings]


@pytest.mark.parametrize(("rule", "bad"), BAD)
def test_bad_example_is_found(rule: type[Rule], bad: Bad, tmp_path: Path) -> None:
    result = Case(rule, bad, tmp_path).check(bad.code.encode())
    assert [f.code for f in result.findings] == [rule.code] * bad.count
    for finding in result.findings:
        assert finding.message[0] in CAPITALS or finding.message.split()[0] in DRIVERS, finding.message
        assert "secret" not in finding.message
        assert finding.start <= finding.end


@pytest.mark.parametrize(("rule", "good"), GOOD)
def test_good_example_is_silent(rule: type[Rule], good: Good, tmp_path: Path) -> None:
    assert Case(rule, good, tmp_path).check(good.code.encode()).findings == ()


@pytest.mark.parametrize(("rule", "bad"), BAD)
def test_bad_example_is_fixed_and_stays_fixed(rule: type[Rule], bad: Bad, tmp_path: Path) -> None:
    case = Case(rule, bad, tmp_path, alone=True)
    data = bad.code.encode()
    first = fix_source(case.path, data, case.settings, case.project, unsafe=True, check=check_source)
    assert first.error is None
    assert not first.withdrawn
    assert first.data.decode() == (bad.code if bad.fixed is None else bad.fixed)
    if bad.fixed is not None:
        compile(first.data, bad.path, "exec")
        assert first.applied[rule.code] >= 1
    second = fix_source(case.path, first.data, case.settings, case.project, unsafe=True, check=check_source)
    assert second.data == first.data
    assert not second.applied


def _module_scope(rule: type[Rule], bad: Bad) -> bool:
    """Whether the example is about a whole file, so that its lines cannot stand elsewhere."""
    return rule.code == "XDB902" or "revision" in bad.code or bool(bad.files) or "env.py" in bad.path


GUISES = {
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "bom": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "latin-1": lambda text: b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + text.encode("latin-1"),
    "no last newline": lambda text: text.rstrip("\n").encode(),
    "form feed": lambda text: b"import this\n\x0c\n" + text.encode(),
}


@pytest.mark.parametrize("guise", GUISES)
@pytest.mark.parametrize(("rule", "bad"), BAD)
def test_bad_example_is_found_in_every_guise(rule: type[Rule], bad: Bad, guise: str, tmp_path: Path) -> None:
    if rule.code == "XDB902" and guise == "form feed":
        pytest.skip("the file does not parse, with or without one")
    case = Case(rule, bad, tmp_path)
    plain = case.check(bad.code.encode()).findings
    found = case.check(GUISES[guise](bad.code)).findings
    shift = {"latin-1": 2, "form feed": 2}.get(guise, 0)
    if rule.code == "XDB902":
        assert [f.code for f in found] == [rule.code]
    else:
        assert [(f.start.line - shift, f.start.column) for f in found] == [
            (f.start.line, f.start.column) for f in plain
        ]


@pytest.mark.parametrize(("rule", "bad"), [p for p in BAD if not _module_scope(*p.values)])
def test_bad_example_is_found_inside_a_function(rule: type[Rule], bad: Bad, tmp_path: Path) -> None:
    inside = "def scope():\n" + "".join(f"    {line}\n" if line else "\n" for line in bad.code.splitlines())
    assert Case(rule, bad, tmp_path).codes(inside.encode()) == [rule.code] * bad.count


@pytest.mark.parametrize(("rule", "bad"), [p for p in BAD if "create_" in p.values[1].code])
def test_bad_example_is_found_under_an_alias(rule: type[Rule], bad: Bad, tmp_path: Path) -> None:
    if "import sqlalchemy as sa" in bad.code:
        code = bad.code.replace("import sqlalchemy as sa", "import sqlalchemy").replace("sa.", "sqlalchemy.")
    else:
        code = bad.code
        for name in ("create_engine", "create_async_engine"):
            code = code.replace(f"import {name}\n", f"import {name} as make_{name[7:]}\n")
            code = code.replace(f"{name}(", f"make_{name[7:]}(")
    if code == bad.code:
        pytest.skip("the example imports several names at once")
    assert Case(rule, bad, tmp_path).codes(code.encode()) == [rule.code] * bad.count


@pytest.mark.parametrize(
    "comment", ["# dbdriver: ignore[{code}] accepted", "# dbdriver: ignore[{name}]", "# noqa: {code}"]
)
@pytest.mark.parametrize(("rule", "bad"), [p for p in BAD if p.values[0].code not in ("XDB901", "XDB902")])
def test_bad_example_can_be_suppressed(rule: type[Rule], bad: Bad, comment: str, tmp_path: Path) -> None:
    case = Case(rule, bad, tmp_path, alone=True)
    lines = bad.code.splitlines()
    text = comment.format(code=rule.code, name=rule.name)
    for finding in case.check(bad.code.encode()).findings:
        own_line = "noqa" in comment  # as in flake8, which knows no statements
        last = finding.start.line if own_line or not finding.statement else finding.statement[1]
        if text not in lines[last - 1]:
            lines[last - 1] += f"  {text}"
    result = case.check(("\n".join(lines) + "\n").encode())
    assert result.findings == ()
    assert result.suppressed == bad.count


@pytest.mark.parametrize(("rule", "bad"), BAD)
def test_the_gate_lets_every_example_through(rule: type[Rule], bad: Bad) -> None:
    assert gate_of([entry_of(rule)]).lets_through(bad.code.encode())


def test_codes_and_names_are_unique() -> None:
    rules = all_rules()
    assert len({rule.code for rule in rules}) == len({rule.name for rule in rules}) == len(rules)
