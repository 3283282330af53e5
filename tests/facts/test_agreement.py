"""The parameter table says what was measured: a sample of the facts here, all of them by the script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from agreement import GOAL, compare, compare_linter
from reading import Fact

FACTS = [Fact(json.loads(line)) for line in (Path(__file__).parent / "sample.jsonl").read_text("utf-8").splitlines()]
COMPARED = [fact for fact in FACTS if compare(fact).aside is None]


@pytest.mark.parametrize("fact", COMPARED, ids=[f"{i}-{f.driver}-{f.key}" for i, f in enumerate(COMPARED)])
def test_fact(fact: Fact) -> None:
    result = compare(fact)
    assert result.right, result.told


def test_most_facts_are_compared() -> None:
    assert len(COMPARED) > 0.8 * len(FACTS)


def test_the_linter_says_what_was_measured() -> None:
    results = [(fact.title, compare_linter(fact)) for fact in FACTS]
    compared = [(title, result) for title, result in results if result.aside is None]
    wrong = [f"{title}: {result.told}" for title, result in compared if not result.right]
    assert len(compared) > 0.75 * len(FACTS)
    assert len(wrong) <= (1 - GOAL) * len(compared), wrong
