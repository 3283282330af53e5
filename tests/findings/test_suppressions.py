from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.findings.model import Confidence, Finding, Severity
from dbdriver_lint.findings.suppressions import Reach, Suppressions
from dbdriver_lint.source.text import Position, SourceFile, Span

if TYPE_CHECKING:
    from dbdriver_lint.fixes.edit import Edit


def spliced(text: str, edits: list[Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    return text


def finding(source: SourceFile, marked: str, code: str = "XDB102", statement: tuple[int, int] | None = None) -> Finding:
    """A finding on the first occurrence of ``marked``."""
    start = source.text.index(marked)
    end = start + len(marked)
    return Finding(
        code=code,
        name={"XDB102": "unknown-url-dialect", "XDB201": "sslmode-in-async-engine"}[code],
        message="m",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        path=source.path,
        start=source.position(start),
        end=source.position(end),
        span=Span(start, end),
        statement=statement,
    )


def kept(text: str, *, statement: tuple[int, int] | None = None, code: str = "XDB102") -> bool:
    """Whether a finding on the word MARK survives the comments of ``text``."""
    source = SourceFile.from_text("a.py", text)
    applied = Suppressions.parse(source).apply([finding(source, "MARK", code, statement)])
    assert len(applied.kept) + applied.suppressed == 1
    return bool(applied.kept)


@pytest.mark.parametrize(
    "comment",
    [
        "# dbdriver: ignore",
        "#dbdriver:ignore",
        "# dbdriver: ignore a reason without brackets",
        "# dbdriver: ignore[XDB102]",
        "# dbdriver: ignore[xdb102]",
        "# dbdriver: ignore[XDB1]",
        "# dbdriver: ignore[XDB201, XDB102]",
        "# dbdriver: ignore[unknown-url-dialect] Heroku, see #123",
        "# type: ignore  # dbdriver: ignore[unknown-url-dialect]",
        "# dbdriver: ignore[unknown-url-dialect]  # type: ignore",
        "# noqa",
        "# NOQA:XDB102",
        "# noqa: F401, XDB102",
        "# noqa: XDB1",
        "# noqa : XDB201",  # a blanket `noqa` in flake8
        "# noqa: my-rule",  # likewise
    ],
)
def test_accepts_on_the_line(comment: str) -> None:
    assert not kept(f"x = MARK  {comment}\n")


@pytest.mark.parametrize(
    "comment",
    [
        "# dbdriver: ignore[XDB201]",
        "# dbdriver: ignore[sslmode-in-async-engine]",
        "# dbdriver: ignore[unknown-url]",  # names have no prefixes
        "# dbdriver: ignore[]",
        "# dbdriver: ignore[XDB102",
        "# dbdriver: ignore [XDB102",
        "# dbdriver: ignore  []",
        "# dbdriver: ignored",
        "# dbdriver: ignore-fil",
        "# noqa: F401",
        "# noqa: XDB201",
        "# see noqa",
    ],
)
def test_does_not_accept(comment: str) -> None:
    assert kept(f"x = MARK  {comment}\n")


def test_text_in_a_string_is_no_comment() -> None:
    assert kept('x = MARK, "# dbdriver: ignore"\n')
    assert kept('x = MARK, "# noqa"\n')


def test_the_line_above() -> None:
    assert not kept("# dbdriver: ignore[XDB102]\nx = MARK\n")
    assert not kept("# dbdriver: ignore[XDB102]\n# more about it\n\nx = MARK\n")
    assert kept("y = 1  # dbdriver: ignore[XDB102]\nx = MARK\n")
    assert kept("# dbdriver: ignore[XDB102]\ny = 1\nx = MARK\n")
    assert kept("# noqa: XDB102\nx = MARK\n")


def test_first_and_last_line_of_the_statement() -> None:
    first = "x = f(  # dbdriver: ignore[XDB102]\n    1,\n    MARK,\n    2,\n)\n"
    last = "x = f(\n    1,\n    MARK,\n    2,\n)  # dbdriver: ignore[XDB102]\n"
    above = "# dbdriver: ignore[XDB102]\nx = f(\n    1,\n    MARK,\n)\n"
    inside = "x = f(\n    1,\n    # dbdriver: ignore[XDB102]\n    MARK,\n)\n"
    other = "x = f(\n    1,  # dbdriver: ignore[XDB102]\n    MARK,\n    2,\n)\n"
    assert not kept(first, statement=(1, 5))
    assert not kept(last, statement=(1, 5))
    assert not kept(above, statement=(2, 5))
    assert not kept(inside, statement=(1, 5))
    assert kept(other, statement=(1, 5))


def test_noqa_counts_on_the_lines_that_a_string_joins_as_in_flake8() -> None:
    assert not kept('x = """\nMARK\n"""  # noqa: XDB102\n', statement=(1, 3))
    assert not kept("x = 1 + \\\n  MARK  # noqa: XDB102\n", statement=(1, 2))
    assert kept("x = f(\n  MARK,\n)  # noqa: XDB102\n", statement=(1, 3))


def test_file() -> None:
    assert not kept("x = MARK\n# dbdriver: ignore-file[XDB102] generated\n")
    assert not kept("# dbdriver: ignore-file\nx = MARK\n")
    assert kept("# dbdriver: ignore-file[XDB201]\nx = MARK\n")
    assert not kept("# flake8: noqa\nx = MARK\n")
    assert kept("y = 1  # flake8: noqa: F401\nx = MARK\n")


def test_block() -> None:
    method = (
        "class A:\n    {above}def f(\n        self,\n    ) -> None:{beside}\n        x = MARK\n\n    def g(self): ...\n"
    )
    comment = "# dbdriver: ignore-block[XDB102]"
    assert not kept(method.format(above=f"{comment}\n    ", beside=""))
    assert not kept(f"@decorated  {comment}\n@twice\ndef f():\n    x = MARK\n")
    assert not kept(f"{comment}\nif a:\n    s = '''\nno indent\n'''\n\n    x = MARK\n")
    assert kept(f"{comment}\nif a:\n    pass\nx = MARK\n")
    assert kept(f"{comment}\n@decorated\ndef f():\n    pass\n\ndef g():\n    x = MARK\n")
    assert kept("# dbdriver: ignore-block[XDB201]\ndef f():\n    x = MARK\n")


def test_reasons_are_kept() -> None:
    source = SourceFile.from_text("a.py", "x = 1  # dbdriver: ignore[XDB102] - old data, see #12  # type: ignore\n")
    (directive,) = Suppressions.parse(source).directives
    assert directive.reason == "old data, see #12"
    assert directive.reach is Reach.LINE


def without_unused(text: str) -> str:
    """The text after all that is unused is removed; the file has no finding."""
    source = SourceFile.from_text("a.py", text)
    suppressions = Suppressions.parse(source)
    applied = suppressions.apply([])
    return spliced(text, sorted(suppressions.repair(unused, {}) for unused in applied.unused))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1  # dbdriver: ignore[XDB102] reason\n", "x = 1\n"),
        ("x = 1\t# dbdriver: ignore\r\ny = 2\r\n", "x = 1\r\ny = 2\r\n"),
        ("x = 1\n    # dbdriver: ignore\ny = 2\n", "x = 1\ny = 2\n"),
        ("x = 1  # dbdriver: ignore  # type: ignore\n", "x = 1  # type: ignore\n"),
        ("x = 1  # type: ignore  # dbdriver: ignore[XDB102]\n", "x = 1  # type: ignore\n"),
        ("x = 1  # dbdriver: ignore  # noqa: F401\n", "x = 1  # noqa: F401\n"),
        ("x = 1  # noqa: XDB102\n", "x = 1\n"),
        ("x = 1  # noqa: F401, XDB102\n", "x = 1  # noqa: F401\n"),
        ("x = 1  # noqa: XDB102,F401,XDB201\n", "x = 1  # noqa: F401\n"),
        ("# dbdriver: ignore", ""),
        ("x = 1  # noqa\n", "x = 1  # noqa\n"),
        ("x = 1  # noqa: F401\n", "x = 1  # noqa: F401\n"),
        ("# flake8: noqa\nx = 1\n", "# flake8: noqa\nx = 1\n"),
    ],
)
def test_removal_of_what_is_unused(before: str, after: str) -> None:
    assert without_unused(before) == after
    assert without_unused(after) == after


def test_only_the_unused_part_is_reported() -> None:
    source = SourceFile.from_text("a.py", "x = MARK  # dbdriver: ignore[XDB102, XDB201, nonsense]\n")
    suppressions = Suppressions.parse(source)
    applied = suppressions.apply([finding(source, "MARK")])
    (unused,) = applied.unused
    assert [s.text for s in unused.selectors] == ["XDB201", "nonsense"]
    assert [source.text[s.span.start : s.span.end] for s in unused.selectors] == ["XDB201", "nonsense"]
    assert spliced(source.text, [suppressions.repair(unused, {})]) == "x = MARK  # dbdriver: ignore[XDB102]\n"


def test_a_finding_uses_every_comment_that_accepts_it() -> None:
    source = SourceFile.from_text("a.py", "# dbdriver: ignore-file[XDB102]\nx = MARK  # dbdriver: ignore[XDB102]\n")
    applied = Suppressions.parse(source).apply([finding(source, "MARK")])
    assert applied.suppressed == 1
    assert not applied.unused


def test_positions_after_a_byte_order_mark() -> None:
    source = SourceFile.from_bytes("a.py", b"\xef\xbb\xbfx = 1  # dbdriver: ignore\n")
    (directive,) = Suppressions.parse(source).directives
    assert source.position(directive.span.start) == Position(1, 8)
