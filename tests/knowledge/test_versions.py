"""Version sets: what may be said of all their members."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from dbdriver_lint.knowledge.versions import VersionError, VersionRange, parse_version


@pytest.mark.parametrize(
    ("text", "below", "at_least"),
    [
        ("", True, True),
        ("*", True, True),
        (">=2.0", True, True),
        (">=2.0,<2.1", True, False),
        (">=2.0 <2.1", True, False),
        (">=2.1", False, True),
        ("==2.0.58", True, False),
        ("2.0.58", True, False),
        ("==2.1.0b2", False, True),
        ("==2.1", False, True),
        ("<2.1", True, False),
        ("<=2.1", True, True),
        (">2.1", False, True),
        ("~=2.0", True, True),
        ("~=2.0.3", True, False),
        ("^2.0", True, True),
        ("^1.4", True, False),
        ("~2.0", True, False),
        ("~2", True, True),
        ("==2.*", True, True),
        ("==2.0.*", True, False),
        ("!=2.0.*,>=2.0", False, True),
        (">=1.4,<2 || >=2.1", True, True),
        ("^1.4 || ^2.0,<2.1", True, False),
        (">=3,<2", False, False),
    ],
)
def test_the_change_of_2_1(text: str, below: bool, at_least: bool) -> None:
    versions = VersionRange.parse(text)
    assert versions.may_be_below((2, 1)) is below
    assert versions.may_be_at_least((2, 1)) is at_least
    assert bool(versions) is (below or at_least)


numbers = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(lambda n: ".".join(map(str, n)))
clauses = st.one_of(
    st.builds("{}{}".format, st.sampled_from(("==", "!=", "<=", ">=", "<", ">")), numbers),
    st.builds("{}{}.*".format, st.sampled_from(("==", "!=")), numbers),
    numbers.filter(lambda n: "." in n).map("~={}".format),
)


@given(st.lists(clauses, max_size=4).map(",".join), numbers)
def test_membership_is_that_of_pep_440(specifier: str, version: str) -> None:
    expected = SpecifierSet(specifier).contains(version)
    assert VersionRange.parse(specifier).contains(parse_version(version)) is expected


@given(st.lists(clauses, max_size=3).map(",".join), st.lists(clauses, max_size=3).map(",".join), numbers)
def test_intersection(first: str, second: str, version: str) -> None:
    both = VersionRange.parse(first) & VersionRange.parse(second)
    assert both == VersionRange.parse(f"{first},{second}")
    release = parse_version(version)
    assert both.may_be_below(release) or both.may_be_at_least(release) or not both


@pytest.mark.parametrize("text", ["two", "==", ">=2.0 and more", "2..1", "git+https://host/x"])
def test_what_is_no_specifier(text: str) -> None:
    with pytest.raises(VersionError):
        VersionRange.parse(text)


def test_how_it_reads() -> None:
    assert str(VersionRange.parse(" >=2.0,<2.1 ")) == ">=2.0,<2.1"
    assert str(VersionRange.parse(">=2.0") & VersionRange.parse("<2.1")) == ">=2.0,<2.1"
    assert str(VersionRange.everything()) == "any version"
    assert VersionRange.parse("*").is_everything
