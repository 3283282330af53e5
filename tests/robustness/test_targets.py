"""The targets of the fuzzer on a few generated inputs; `DBDRIVER_LINT_CASES` makes more of them."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mutations import EXAMPLES, URLS, WORDS, mutate
from targets import NAMES, TARGETS

CASES = int(os.environ.get("DBDRIVER_LINT_CASES", "40"))
FEW = settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.too_slow])

fragments = st.lists(st.sampled_from([*WORDS, *URLS]), max_size=12).map(b"".join)
changed = st.tuples(st.sampled_from(EXAMPLES), st.integers(0, 2**32)).map(
    lambda pair: mutate(pair[0], EXAMPLES, random.Random(pair[1]), small=True)
)
anything = st.one_of(st.binary(max_size=200), fragments, changed)


@pytest.mark.parametrize("name", [name for name in TARGETS if name != "linter"])
def test_any_bytes(name: str) -> None:
    @FEW
    @given(anything)
    @example(b"")
    @example(b"\x00")
    @example(b"\xff\xfe")
    def check(data: bytes) -> None:
        TARGETS[name](data)

    check()


@FEW
@given(changed)
def test_any_program(data: bytes) -> None:
    TARGETS["linter"](data)


@FEW
@given(st.sampled_from(range(len(NAMES))), anything)
def test_any_file_of_a_project(number: int, data: bytes) -> None:
    TARGETS["files"](bytes([number]) + data)


@FEW
@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_any_url(host: str, password: str, query: str) -> None:
    TARGETS["url"](f"postgresql+asyncpg://app:{password}@{host}/d?{query}".encode("utf-8", "surrogatepass"))
