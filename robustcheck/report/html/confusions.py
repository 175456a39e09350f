"""The confusions that a shift brought: pairs of classes that the clean pictures do not mix up so often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from robustcheck.report.html.answers import Answers

TOP: Final = 5
"""Confusions of a case that are shown."""
TOP_OF_SUITE: Final = 15


@dataclass(frozen=True, slots=True)
class Confusion:
    """A class that is taken for another in a case.

    Attributes:
        label: Name of the true class.
        predicted: Name of the class it is taken for.
        pictures: How many in the case.
        clean: How many in the clean case.
        n: Pictures of the true class in the case.
        case: Id of the case.
        cases: Cases in which the confusion appeared.
    """

    label: str
    predicted: str
    pictures: int
    clean: int
    n: int
    case: str
    cases: int = 1


def appeared(answers: Answers, clean: Answers, names: Sequence[str]) -> list[Confusion]:
    """Return the confusions of a case that are more frequent than on the clean pictures, the greatest rise first.

    Args:
        answers: Of the case.
        clean: Of the clean case.
        names: Of the classes.
    """
    n_of, found = answers.of_class(), []
    for (label, predicted), count in answers.counts.items():
        before = clean.counts.get((label, predicted), 0)
        if label != predicted and count > before:
            told = Confusion(names[label], names[predicted], count, before, n_of[label], answers.case)
            found.append(((before - count, label, predicted), told))
    return [told for _, told in sorted(found, key=lambda one: one[0])]


def confusions(answers: Sequence[Answers], names: Sequence[str]) -> dict[str, list[Confusion]]:
    """Return what appeared in each case by its id; nothing without a clean case."""
    clean = next((one for one in answers if one.case == "clean"), None)
    return {one.case: appeared(one, clean, names) for one in answers if clean and one is not clean}


def of_suite(found: Mapping[str, Sequence[Confusion]], top: int = TOP_OF_SUITE) -> list[Confusion]:
    """Return each pair once, in the case where it rises most, with the number of cases in which it appeared."""
    pairs: dict[tuple[str, str], list[Confusion]] = {}
    for one in (one for listed in found.values() for one in listed):
        pairs.setdefault((one.label, one.predicted), []).append(one)
    worst = [
        replace(max(every, key=lambda one: one.pictures - one.clean), cases=len(every)) for every in pairs.values()
    ]
    return sorted(worst, key=lambda one: (one.clean - one.pictures, -one.cases, one.label, one.predicted))[:top]
