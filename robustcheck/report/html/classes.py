"""The accuracy of every class in every case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from robustcheck.report.html.answers import Answers

MOST: Final = 30
"""Classes that the map shows; of more, those that some case breaks most."""
STEPS: Final = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """The accuracy of a class in a case.

    Attributes:
        text: A whole percentage; a dash where the case has no picture of the class.
        step: 0 for none right to 10 for all right; -1 for no picture.
        right: Pictures that are right.
        n: Pictures of the class.
    """

    text: str
    step: int
    right: int
    n: int


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A row a case, a column a class.

    Attributes:
        classes: Names of the columns.
        rows: Id and cells of each case.
        left_out: Classes that are not shown.
    """

    classes: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    left_out: int


def cell(right: int, n: int) -> Cell:
    """Return how a share is shown: rounded down, so that only all is 100."""
    if not n:
        return Cell("–", -1, 0, 0)
    return Cell(str(100 * right // n), STEPS * right // n, right, n)


def heat_map(answers: Sequence[Answers], names: Sequence[str], most: int = MOST) -> HeatMap | None:
    """Return the map; ``None`` without records.

    Args:
        answers: Of the cases, in the order of the rows.
        names: Of the classes.
        most: Columns; of more classes the worst are shown, in their own order.
    """
    worst: dict[int, float] = {}
    for one in answers:
        for label, n in one.of_class().items():
            worst[label] = min(worst.get(label, 1.0), one.right(label) / n)
    columns = sorted(sorted(worst, key=lambda label: (worst[label], label))[:most])
    if not columns:
        return None
    rows = []
    for one in answers:
        n_of = one.of_class()
        rows.append((one.case, tuple(cell(one.right(label), n_of[label]) for label in columns)))
    return HeatMap(tuple(names[label] for label in columns), tuple(rows), len(worst) - len(columns))
