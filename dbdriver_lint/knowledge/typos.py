"""The name that was meant by a misspelt one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The only candidate within the reach of a typo: one slip, two in a long name."""
    reach = 2 if len(name) > 7 else 1 if len(name) > 2 else 0
    distances = sorted((_distance(name, candidate), candidate) for candidate in candidates)
    if not distances or distances[0][0] > reach:
        return None
    if len(distances) > 1 and distances[1][0] == distances[0][0]:
        return None
    return distances[0][1]


def _distance(first: str, second: str) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours that lead from one to the other."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(second, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and first[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
