"""The parameter table says what was measured: a sample of the facts here, all of them by the script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from agreement import compare
from reading import Fact

FACTS = [Fact(json.loads(line)) for line in (Path(__file__).parent / "sample.jsonl").read_text("utf-8").splitlines()]
COMPARED = [fact for fact in FACTS if compare(fact).aside is None]


@pytest.mark.parametrize("fact", COMPARED, ids=[f"{i}-{f.driver}-{f.key}" for i, f in enumerate(COMPARED)])
def test_fact(fact: Fact) -> None:
    result = compare(fact)
    assert result.right, result.told


def test_most_facts_are_compared() -> None:
    assert len(COMPARED) > 0.8 * len(FACTS)
