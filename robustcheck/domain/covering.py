"""Covering arrays: few rows in which any so many factors still meet in every combination of their levels."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CoveringArray:
    """The covering array of one check with ``combine``.

    Attributes:
        check: The id of the check.
        strength: Any so many factors meet in every combination of their levels.
        factors: The levels of each swept parameter, as text.
        cases: Ids of its cases, which are the rows of the array.
    """

    check: str
    strength: int
    factors: Mapping[str, tuple[str, ...]]
    cases: tuple[str, ...]


MAX_TUPLES: Final = 200_000
"""Combinations of levels to be covered, beyond which building the array would take minutes."""

Row = tuple[int, ...]
Tuple = tuple[tuple[int, int], ...]
"""Some factors with a level each, ((factor, level), ...), by increasing factor."""


def covering_array(levels: Sequence[int], strength: int) -> list[Row]:
    """Return rows of level numbers, one a factor, the same for the same arguments.

    Args:
        levels: Number of levels of each factor.
        strength: How many factors at once; all of them, if there are fewer.
    """
    if strength >= len(levels):
        return list(itertools.product(*(range(count) for count in levels)))
    rows: list[Row] = []
    if strength == 2:
        from allpairspy import AllPairs

        rows = [tuple(row) for row in AllPairs([list(range(count)) for count in levels])]
    # For pairs the library covers all, which is checked here; for more than pairs it takes several times as many rows.
    lacking = dict.fromkeys(tuples(levels, strength))
    for row in rows:
        _strike(lacking, row, strength)
    while lacking:
        rows.append(_best_row(levels, lacking, strength))
        _strike(lacking, rows[-1], strength)
    return rows


def _best_row(levels: Sequence[int], lacking: dict[Tuple, None], strength: int) -> Row:
    """Return a row that begins with a lacking tuple and then takes, factor by factor, the level that covers most."""
    chosen = dict(next(iter(lacking)))
    for factor, count in enumerate(levels):
        if factor in chosen:
            continue
        others = [sorted(group) for group in itertools.combinations(chosen.items(), strength - 1)]
        gains = [sum(tuple(sorted([*group, (factor, level)])) in lacking for group in others) for level in range(count)]
        # Levels that gain alike take turns, so that no later tuple waits for a level that is never chosen.
        order = [(level + len(lacking)) % count for level in range(count)]
        chosen[factor] = max(order, key=lambda level: gains[level])
    return tuple(chosen[factor] for factor in range(len(levels)))


def _strike(lacking: dict[Tuple, None], row: Row, strength: int) -> None:
    for chosen in itertools.combinations(range(len(row)), strength):
        lacking.pop(tuple((factor, row[factor]) for factor in chosen), None)


def tuples(levels: Sequence[int], strength: int) -> Iterator[Tuple]:
    """Yield every combination of levels of any so many factors."""
    for chosen in itertools.combinations(range(len(levels)), min(strength, len(levels))):
        for values in itertools.product(*(range(levels[factor]) for factor in chosen)):
            yield tuple(zip(chosen, values, strict=True))


def count_of(levels: Sequence[int], strength: int) -> int:
    """Return how many combinations of levels any so many factors have, without listing them."""
    # The elementary symmetric polynomial of the numbers of levels, by its usual recurrence.
    sums = [1] + [0] * strength
    for count in levels:
        for degree in range(strength, 0, -1):
            sums[degree] += sums[degree - 1] * count
    return sums[strength]
