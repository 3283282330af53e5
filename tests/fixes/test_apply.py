"""The applier, with checks made for the purpose: regular expressions that find and repair."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbdriver_lint.findings.model import Confidence, Finding, Severity
from dbdriver_lint.fixes.apply import FixResult, fix_source, spliced
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix, ImportRequest
from dbdriver_lint.settings.model import Settings
from dbdriver_lint.source.text import SourceFile, Span

SAFE, UNSAFE, DISPLAY = Applicability.SAFE, Applicability.UNSAFE, Applicability.DISPLAY
Repair = Callable[[re.Match[str]], tuple[list[tuple[int, int, str]], tuple[ImportRequest, ...]]]


@dataclass
class Result:
    findings: list[Finding]
    source: SourceFile | None
    suppressed: int = 0


@dataclass
class Rule:
    code: str
    pattern: str
    repair: Repair
    applicability: Applicability = SAFE
    last: bool = False


def substitute(text: str, *imports: ImportRequest) -> Repair:
    return lambda match: ([(match.start(), match.end(), match.expand(text))], imports)


def wrap(function: str, *imports: ImportRequest) -> Repair:
    return lambda m: ([(m.start(), m.start(), f"{function}("), (m.end(), m.end(), ")")], imports)


class Check:
    """Finds what its rules' patterns match; counts how often it was asked."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = rules
        self.calls = 0

    def __call__(self, path: str, data: bytes, settings: Settings, project: Any) -> Result:
        self.calls += 1
        source = SourceFile.from_bytes(path, data)
        findings = []
        for rule in self.rules:
            for match in re.finditer(rule.pattern, source.text):
                edits, imports = rule.repair(match)
                fix = Fix(
                    "Repair it",
                    tuple(Edit(Span(start, end), text) for start, end, text in edits),
                    rule.applicability,
                    imports,
                    rule.last,
                )
                findings.append(
                    Finding(
                        rule.code,
                        "a-name",
                        f"found {match.group()}",
                        Severity.ERROR,
                        Confidence.HIGH,
                        path,
                        source.position(match.start()),
                        source.position(match.end()),
                        Span(*match.span()),
                        fix=fix,
                    )
                )
        return Result(sorted(findings, key=lambda finding: finding.sort_key), source)


def fixed(text: str | bytes, *rules: Rule, unsafe: bool = False) -> FixResult[Result]:
    data = text if isinstance(text, bytes) else text.encode()
    project: Any = None
    check = Check(*rules)
    result = fix_source("app/db.py", data, Settings(), project, unsafe=unsafe, check=check)
    again = fix_source("app/db.py", result.data, Settings(), project, unsafe=unsafe, check=check)
    assert again.data == result.data, "a second run changes nothing"
    assert not again.repaired
    return result


SSL = Rule("XDB201", r"sslmode", substitute("ssl"))
TRANSFORM = ImportRequest("dbdriver_lint.runtime", "transform")
WRAP = Rule("XDB103", r'(?<!transform\()"pg:[^"]*"', wrap("transform", TRANSFORM), UNSAFE)


class TestOneRound:
    def test_nothing_to_do(self) -> None:
        result = fixed("x = 1\n", SSL)
        assert (result.data, result.applied, result.rounds, result.error) == (b"x = 1\n", {}, 0, None)

    def test_every_place(self) -> None:
        result = fixed('a = "sslmode"\nb = "sslmode"\n', SSL)
        assert result.data == b'a = "ssl"\nb = "ssl"\n'
        assert result.applied == {"XDB201": 2}
        assert not result.remaining
        assert [finding.start.line for finding in result.repaired] == [1, 2]

    def test_unsafe_only_when_asked(self) -> None:
        text = 'x = "pg:1"\n'
        result = fixed(text, WRAP)
        assert result.data == text.encode()
        assert [finding.code for finding in result.remaining] == ["XDB103"]
        result = fixed(text, WRAP, unsafe=True)
        assert result.data == b'from dbdriver_lint.runtime import transform\n\nx = transform("pg:1")\n'

    def test_display_never(self) -> None:
        rule = Rule("XDB403", "await ", substitute(""), DISPLAY)
        assert fixed("async def f():\n    await g()\n", rule, unsafe=True).applied == {}

    def test_what_describes_the_code_waits_for_the_other_repairs(self) -> None:
        describe = Rule("XDB308", r"\Ax = (\w+)", lambda m: ([(0, 0, f"# {m[1]}\n")], ()), last=True)
        result = fixed("x = quick\n", describe, Rule("XDB409", "quick", substitute("slow")))
        assert result.data == b"# slow\nx = slow\n"
        cannot = Rule("XDB409", "quick", substitute("quick "))
        assert fixed("x = quick\n", describe, cannot).data == b"# quick\nx = quick\n"

    def test_an_import_is_shared(self) -> None:
        result = fixed('x = "pg:1"\ny = "pg:2"\n', WRAP, unsafe=True)
        expected = b'from dbdriver_lint.runtime import transform\n\nx = transform("pg:1")\ny = transform("pg:2")\n'
        assert result.data == expected
        assert result.applied == {"XDB103": 2}
        assert result.rounds == 1

    def test_an_import_that_is_too_late_for_one_is_not_added_twice_at_once(self) -> None:
        text = 'x = "pg:1"\nimport os\ny = "pg:2"\n'
        result = fixed(text, WRAP, unsafe=True)
        assert result.data.count(b"import transform") == 1
        assert result.applied == {"XDB103": 2}

    def test_the_same_edit_from_two_rules_is_made_once(self) -> None:
        other = Rule("XDB202", r"sslmode", substitute("ssl"))
        result = fixed('x = "sslmode"\n', SSL, other)
        assert result.data == b'x = "ssl"\n'
        assert result.applied == {"XDB201": 1, "XDB202": 1}


class TestSeveralRounds:
    def test_nested_fixes_combine(self) -> None:
        result = fixed('x = "pg:1?sslmode=a"\n', SSL, WRAP, unsafe=True)
        assert result.data == b'from dbdriver_lint.runtime import transform\n\nx = transform("pg:1?ssl=a")\n'
        assert result.applied == {"XDB103": 1, "XDB201": 1}

    def test_two_wrappers_of_one_value_take_turns(self) -> None:
        outer = Rule("XDB106", r'(?<!check\()(?<!transform\()(transform\()?"pg:[^"]*"\)?', wrap("check"), UNSAFE)
        result = fixed('x = "pg:1"\n', WRAP, outer, unsafe=True)
        assert result.data == b'from dbdriver_lint.runtime import transform\n\nx = check(transform("pg:1"))\n'
        assert result.rounds == 2

    def test_a_fix_that_overlaps_waits_as_a_whole(self) -> None:
        first = Rule("XDB101", "a b", substitute("A"))
        second = Rule(
            "XDB102", "b(.*)c", lambda m: ([(m.start(), m.start() + 1, "B"), (m.end() - 1, m.end(), "C")], ())
        )
        result = fixed('"a b c"\n', first, second)
        assert result.data == b'"A c"\n'
        assert result.applied == {"XDB101": 1}

    def test_a_fix_may_make_room_for_another(self) -> None:
        rules = [Rule(f"XDB10{n}", f"x{n}$", substitute(f"x{n + 1}")) for n in range(5)]
        result = fixed("x0", *rules)
        assert result.data == b"x5"
        assert result.rounds == 5

    def test_going_in_circles_leaves_the_file_alone(self) -> None:
        there, back = Rule("XDB101", "left", substitute("right")), Rule("XDB102", "right", substitute("left"))
        result = fixed("left\n", there, back)
        assert result.data == b"left\n"
        assert result.error == "the fixes do not come to rest within 10 rounds, so nothing is changed"
        assert [finding.code for finding in result.remaining] == ["XDB101"]


class TestWithdrawal:
    def test_what_would_not_parse(self) -> None:
        bad = Rule("XDB101", "pass", substitute("pass ("))
        result = fixed('pass\nreturn "sslmode"\n', bad, SSL)
        assert result.data == b'pass\nreturn "ssl"\n'
        assert result.applied == {"XDB201": 1}
        [withdrawn] = result.withdrawn
        assert withdrawn.finding.code == "XDB101"
        assert withdrawn.reason.startswith("the fixed file would not parse: ")

    @pytest.mark.parametrize("replacement", ["return 1", "pass ("])
    def test_what_would_not_compile(self, replacement: str) -> None:
        bad = Rule("XDB101", "pass", substitute(replacement))
        result = fixed("pass\n", bad)
        assert result.data == b"pass\n"
        assert [w.reason for w in result.withdrawn] == ["the fixed file would not compile"]

    def test_a_file_that_never_compiled_may_still_be_fixed(self) -> None:
        assert fixed('return "sslmode"\n', SSL).data == b'return "ssl"\n'

    @pytest.mark.parametrize("replacement", ["bad + 1", "1 + bad", "bad"])
    def test_what_still_has_the_finding(self, replacement: str) -> None:
        bad = Rule("XDB101", "bad", substitute(replacement))
        result = fixed("x = bad\n", bad)
        assert result.data == b"x = bad\n"
        assert [w.reason for w in result.withdrawn] == ["the finding is still there after its fix"]

    def test_the_same_finding_further_on_is_another_one(self) -> None:
        only_first = Rule(
            "XDB101", "bad.", lambda m: ([(m.start(), m.end(), "good!!")] if m.group() == "bad1" else [], ())
        )
        result = fixed("bad1;bad2\n".replace(";", " = "), only_first)
        assert result.applied == {}, "good!! does not parse"
        only_first = Rule(
            "XDB101", "bad.", lambda m: ([(m.start(), m.end(), "good")] if m.group() == "bad1" else [], ())
        )
        result = fixed("bad1 = bad2\n", only_first)
        assert (result.data, result.applied) == (b"good = bad2\n", {"XDB101": 1})

    def test_two_fixes_that_only_break_together(self) -> None:
        first, second = Rule("XDB101", "aa", substitute("(1")), Rule("XDB102", "bb", substitute("1)"))
        result = fixed("aa\nbb\n", first, second)
        assert result.data == b"aa\nbb\n"
        assert len(result.withdrawn) == 2
        assert not result.repaired

    def test_a_fix_whose_edits_overlap(self) -> None:
        bad = Rule("XDB101", "abc", lambda m: ([(m.start(), m.start() + 2, "x"), (m.start() + 1, m.end(), "y")], ()))
        result = fixed("abc\n", bad)
        assert result.data == b"abc\n"
        assert [w.reason for w in result.withdrawn] == ["its edits overlap one another"]

    def test_what_the_encoding_cannot_hold(self) -> None:
        rule = Rule("XDB101", "bad", substitute("'→'"))
        data = b"# coding: latin-1\nx = bad  # caf\xe9\n"
        result = fixed(data, rule)
        assert result.data == data
        assert [w.reason for w in result.withdrawn] == ["the fixed text cannot be written as iso-8859-1"]

    def test_what_would_change_the_encoding(self) -> None:
        rule = Rule("XDB101", "# coding: latin-1", substitute("#"))
        data = b"# coding: latin-1\nx = 'caf\xc3\xa9'\n"
        result = fixed(data, rule)
        assert result.data == data
        assert [w.reason for w in result.withdrawn] == ["the fixed file would be read in another encoding"]

    def test_no_place_for_an_import(self) -> None:
        text = 'x = "pg:1"\nlambda (a): a\n'
        result = fixed(text, WRAP, unsafe=True)
        assert result.data == text.encode()
        assert result.withdrawn[0].reason.startswith("no import can be added to app/db.py: ")


def test_a_file_that_does_not_round_trip_is_left_alone() -> None:
    # BOM-less UTF-7 has several spellings of one text.
    data = b"# coding: utf-7\nx = 'sslmode'  # +AGE-\n"
    result = fixed(data, SSL)
    assert result.data == data
    assert result.error == "the text does not encode to utf-7 as it was, so nothing is changed"
    assert len(result.remaining) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfx = 'sslmode'\n",
        b"x = 1\r\ny = 'sslmode'\r\n",
        b"x = 1\ry = 'sslmode'\r",
        b"x = 1\r\n\x0c\ny = 'sslmode'  \t\n\n\n",
        b"# -*- coding: latin-1 -*-\nx = 'sslmode'  # caf\xe9\n",
        "x = 'sslmode', '日本 𝒳'".encode(),
        b"if x:\n\ty = 'sslmode'\n",
    ],
)
def test_the_form_of_the_file_is_kept(data: bytes) -> None:
    result = fixed(data, SSL)
    assert result.data == data.replace(b"sslmode", b"ssl")
    assert result.applied == {"XDB201": 1}


CHUNKS = st.sampled_from(
    [
        "x = 'sslmode'",
        "y = 'pg:sslmode'",
        'z = "pg:1"',
        "# é sslmode",
        "\x0c",
        "",
        "import os",
        "if x: y = 'sslmode', 'é'",
    ]
)


@given(
    st.lists(CHUNKS, max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "latin-1"]),
    st.booleans(),
)
def test_bytes_outside_the_edits_are_kept(chunks: list[str], newline: str, encoding: str, last: bool) -> None:
    # Python looks for a coding cookie in lines that end with a line feed only.
    newline = "\n" if encoding == "latin-1" and newline == "\r" else newline
    head = ["# coding: latin-1"] if encoding == "latin-1" else []
    text = newline.join([*head, *chunks]) + (newline if last else "")
    newline = newline if newline in text else "\n"
    data = text.encode(encoding)
    assert fixed(data, SSL).data == data.replace(b"sslmode", b"ssl")
    result = fixed(data, SSL, WRAP, unsafe=True).data
    assert b"sslmode" not in result
    line = f"from dbdriver_lint.runtime import transform{newline}".encode()
    kept = result.replace(b'transform("pg:1")', b'"pg:1"')
    if b"import transform" not in result:
        assert kept == data.replace(b"sslmode", b"ssl")
    else:
        assert kept.count(line) == 1
        # An import only brings line endings with it, to stand apart from what is around it.
        removed = kept.replace(line, b"").replace(newline.encode(), b"")
        assert removed == data.replace(b"sslmode", b"ssl").replace(newline.encode(), b"")


@given(st.text("ab\n", max_size=20), st.data())
def test_splicing(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True)))
    spans = [Span(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    result = spliced(text, [Edit(span, "-") for span in spans])
    expected = list(text)
    for span in reversed(spans):
        expected[span.start : span.end] = ["-"]
    assert result == "".join(expected)


def test_the_check_is_not_asked_more_than_needed() -> None:
    check = Check(SSL)
    project: Any = None
    fix_source("a.py", b"x = 'sslmode'\n", Settings(), project, unsafe=False, check=check)
    assert check.calls == 2
