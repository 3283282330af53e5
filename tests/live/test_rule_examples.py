"""Every bad example fails as its page says, and works once it is fixed."""

from __future__ import annotations

import ast
import itertools
import re
from typing import TYPE_CHECKING

import pytest
import sqlalchemy

from dbdriver_lint.findings.model import Group
from dbdriver_lint.knowledge.versions import VersionRange, parse_version
from dbdriver_lint.rules.registry import all_rules
from examples import PUBLISHED, Example, Ran, Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from servers import Farm, PostgreSQL

    from dbdriver_lint.rules.base import Bad, Rule


TOO_LARGE = r"\b(?:import|from) pandas\b|\.to_sql\("
"""What pandas does; no test installs it, and an example that needs it is not run."""


def runs_here(example: Bad) -> bool:
    """Whether the example is a program, can be run, and speaks about the SQLAlchemy that is installed."""
    try:
        ast.parse(example.code)
    except SyntaxError:
        if example.raises is None:
            return False
    if re.search(TOO_LARGE, example.code):
        return False
    declared = VersionRange.parse(example.settings.get("sqlalchemy-version", "*"))
    installed = parse_version(sqlalchemy.__version__)
    return declared.contains(installed) or declared.contains(installed[:2])  # "2.0" means all of 2.0


EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.code}-{number}")
    for rule in all_rules()
    for number, example in enumerate(rule.bad)
    if runs_here(example)
]
FIXED = [parameter for parameter in EXAMPLES if parameter.values[1].fixed is not None]


@pytest.fixture
def run(farm: Farm, postgresql: PostgreSQL, tmp_path: Path) -> Callable[[Bad, str], list[Ran]]:
    """Runs a program in every situation that it may be in: forms of the URL that it reads, callers of env.py."""

    def start(bad: Bad, code: str) -> list[Ran]:
        example = Example(code, bad.path, bad.files)
        schemes = PUBLISHED if example.reads_url else PUBLISHED[1:2]
        # Behind a pooler the second process meets the prepared statements of the first.
        schemes *= 2 if example.meets_pooler else 1
        situations = itertools.product(schemes, (False, True) if example.is_env else (False,))
        return [
            Stage(farm, tmp_path / str(number)).run(example, scheme, in_loop=in_loop)
            for number, (scheme, in_loop) in enumerate(situations)
        ]

    return start


@pytest.mark.parametrize(("rule", "bad"), EXAMPLES)
def test_bad(rule: type[Rule], bad: Bad, run: Callable[[Bad, str], list[Ran]]) -> None:
    outcomes = run(bad, bad.code)
    seen = [[str(raised) for raised in ran.raised] for ran in outcomes]
    if bad.raises is not None:
        assert any(raised.matches(bad.raises) for ran in outcomes for raised in ran.raised), seen
        return
    # What is not said to raise must not raise, in some situation at least; a warning is no exception.
    assert any(not ran.aloud for ran in outcomes), f"raises, and the page does not say so: {seen}"
    if rule.group is Group.ERROR and Example(bad.code, bad.path, bad.files).migrates:
        assert not all(ran.worked for ran in outcomes), "fails neither aloud nor in silence"


@pytest.mark.parametrize(("rule", "bad"), FIXED)
def test_fixed(rule: type[Rule], bad: Bad, run: Callable[[Bad, str], list[Ran]]) -> None:
    assert bad.fixed is not None
    outcomes = run(bad, bad.fixed)
    assert any(ran.worked for ran in outcomes), [[str(raised) for raised in ran.raised] for ran in outcomes]
