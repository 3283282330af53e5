"""Compare the parameter table with every measured ``url`` and ``connect_args`` fact.

    python tests/facts/agreement.py FACTS.jsonl [--show 40]

An ``error`` or ``broken`` fact must be reported, an ``ok`` one silent, an ``ignored`` one may warn. What depends
on a server's state or on the machine alone is set aside by the exception's kind (see ``reading.SET_ASIDE``).
Exit status 1 if less than 99.5 % of the rest agrees.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from reading import Aside, Case, Fact, read_case

from dbdriver_lint.knowledge.drivers import is_loadable
from dbdriver_lint.knowledge.parameters import Moment, Outcome, Place, Verdict, judge, judge_keyword, table_of
from dbdriver_lint.knowledge.urls import UrlError, parse_url
from dbdriver_lint.knowledge.versions import VersionRange

GOAL = 0.995


def verdicts(fact: Fact, case: Case) -> list[Verdict]:
    """What the table says about each parameter of the program."""
    sqlalchemy = VersionRange.parse("" if fact.sqlalchemy == "any" else f"=={fact.sqlalchemy}")
    version = fact.driver_version if fact.driver_version and fact.driver_version[0].isdecimal() else None
    driver_version = None if version is None else VersionRange.parse(f"=={version}")
    if case.place is Place.KEYWORD:
        keywords = case.parameters
        told = (judge_keyword(case.function or "", key, keywords[key], siblings=keywords) for key in keywords)
        return [verdict for verdict in told if not verdict.ok]
    found = [
        judge(
            case.driver,
            case.place,
            key,
            value,
            siblings=case.parameters,
            sqlalchemy=sqlalchemy,
            driver_version=driver_version,
        )
        for key, value in case.parameters.items()
    ]
    if case.creation_only:
        found = [verdict for verdict in found if verdict.moment is Moment.CREATION]
    return [verdict for verdict in found if not verdict.ok]


def url_is_refused(fact: Fact, case: Case) -> bool | None:
    """Whether SQLAlchemy cannot load the URL; None where that depends on what else is installed."""
    if case.url is None:
        return False
    if case.place is Place.DSN:
        return "+" in case.url.partition("://")[0]  # XDB108
    try:
        url = parse_url(case.url)
    except UrlError:
        return True
    if fact.section == "url":
        return False  # only parsed
    if fact.section == "sqlite" and (url.host is not None or url.username is not None):
        return True  # XDB111
    loadable = is_loadable(url.drivername.value, VersionRange.parse(f"=={fact.sqlalchemy}"))
    return None if loadable is None else not loadable


def depends_on(case: Case) -> str:
    """What else than the driver's version decides whether a parameter is known: a newer libpq, a newer Python."""
    table = table_of(case.driver)
    rows = () if table is None else (row for key in case.parameters for row in table.index.get(key, ()))
    return next((row.depends for row in rows if row.depends), "")


@dataclass(frozen=True)
class Result:
    """How one fact compares; ``aside`` is why it does not, and then the rest says nothing."""

    right: bool = True
    found: tuple[Verdict, ...] = ()
    aside: str | None = None
    messages: tuple[str, ...] = ()
    """What the linter says of the program, where it was asked."""

    @property
    def told(self) -> str:
        """What the table or the linter says."""
        if self.messages:
            return "; ".join(self.messages)
        return "; ".join(f"{v.outcome.value} {v.exception} {v.consequence}" for v in self.found) or "silence"


def compare(fact: Fact) -> Result:
    """Whether the table says of this program what was measured."""
    case = read_case(fact)
    if isinstance(case, Aside):
        return Result(aside=case.reason)
    refused = url_is_refused(fact, case)
    if refused is None:
        return Result(aside="plugins and dialects that are installed")
    dependence = depends_on(case)
    if dependence and fact.outcome == "error":
        return Result(aside=f"what is installed decides: {dependence}")
    found = tuple(verdicts(fact, case))
    if fact.outcome in ("error", "broken"):
        return Result(refused or bool(found), found)
    if fact.outcome == "ignored":
        return Result(not refused and not any(verdict.fails for verdict in found), found)
    unverified = fact.verified in (None, "none")
    loud = [v for v in found if not (v.outcome is Outcome.WEAKENED and unverified)]
    return Result(not refused and not loud, found)


def compare_linter(fact: Fact) -> Result:
    """Whether the whole linter says of this program what was measured."""
    from programs import findings

    case = read_case(fact)
    expected = compare(fact)
    if isinstance(case, Aside) or expected.aside is not None:
        return expected
    if fact.section == "url" or (not case.driver and case.url is None):
        return Result(aside="no engine is made: only make_url() was called")
    if case.creation_only and fact.outcome != "error":
        return Result(aside="never connected: only create_connect_args() was called")
    found = findings(fact, case)
    messages = tuple(f"{finding.code} {finding.message}" for finding in found)
    if fact.outcome in ("error", "broken"):
        return Result(bool(found), messages=messages)
    silent_misbehaviour = fact.outcome == "ignored" or fact.verified in (None, "none")
    loud = [finding for finding in found if not (finding.code == "XDB204" and silent_misbehaviour)]
    return Result(fact.outcome == "ignored" or not loud, messages=messages)


def main() -> int:
    """Compare all facts of the file that the command line names, and say where they differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("facts", type=Path)
    parser.add_argument("--kinds", default="url,connect_args", help="kinds of facts; `direct` are calls of raw drivers")
    parser.add_argument(
        "--linter", action="store_true", help="lint a program for each fact instead of asking the table"
    )
    parser.add_argument("--every", type=int, default=1, help="take only every n-th fact")
    parser.add_argument(
        "--show", type=int, default=40, help="how many disagreements to list; -1: texts that differ too"
    )
    args = parser.parse_args()
    aside: Counter[str] = Counter()
    compared: Counter[tuple[str, str]] = Counter()
    exact = claimed = 0
    disagreements: list[str] = []
    for number, line in enumerate(args.facts.open(encoding="utf-8")):
        if number % args.every:
            continue
        fact = Fact(json.loads(line))
        if fact.kind not in args.kinds.split(","):
            continue
        result = compare_linter(fact) if args.linter else compare(fact)
        if result.aside is not None:
            aside[result.aside] += 1
            continue
        compared[fact.kind, fact.outcome] += 1
        texts = [verdict.exception.partition(": ")[2] for verdict in result.found if verdict.exception]
        measured = fact.message or ""
        if result.right and texts and fact.outcome in ("error", "broken"):
            claimed += 1
            same = any(text in measured for text in texts)
            exact += same
            if not same and args.show < 0:
                print(f"text of {fact.title}\n    said {texts[0]}\n    was  {measured[:150]}")
        if not result.right:
            disagreements.append(f"{fact.title}\n    measured {fact.outcome}: {measured[:110]}\n    said {result.told}")
    total = compared.total()
    share = (total - len(disagreements)) / total
    print(f"{total + aside.total()} facts, {aside.total()} set aside, {total} compared: {share:.2%} agree")
    for reason, number in aside.most_common():
        print(f"  set aside {number:5}  {reason}")
    for (kind, outcome), number in sorted(compared.items()):
        print(f"  compared  {number:5}  {kind} {outcome}")
    print(f"  the exception's text is the measured one in {exact} of {claimed} reports")
    print(f"{len(disagreements)} disagreements")
    for text in disagreements[: args.show if args.show >= 0 else None]:
        print("  " + text)
    return 0 if share >= GOAL else 1


if __name__ == "__main__":
    raise SystemExit(main())
