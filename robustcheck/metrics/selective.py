"""Metrics of a model that may abstain: what is wrong among the pictures that it is most confident about."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from robustcheck.core.errors import CaseError, count_of
from robustcheck.core.registry import metric
from robustcheck.core.units import Quantity, parse_quantity
from robustcheck.domain.estimate import Estimate
from robustcheck.metrics.records import Observation
from robustcheck.stats.intervals import clopper_pearson, proportion
from robustcheck.stats.mean import mean_between


@metric("augrc", better="lower", high=50.0, synonyms=("risk coverage", "selective prediction", "failure detection"))
def augrc(seen: Observation) -> Estimate:
    """Area under the generalised risk-coverage curve: how often it is sure enough and wrong.

    The mean, over all coverages from 0 to 1, of the share of all pictures that are both selected by their confidence
    and wrong: 0 for a model that is always right, 50% for one that never is, and between the two the less the better
    mistakes are told from the rest. Pictures with equal confidence count as the average over all their orders. With w
    of n wrong, it is (wrong pictures ranked above right ones, in pairs, ties half) / n^2 + (w / n)^2 / 2. The interval
    is that of a mean over the jackknife's pseudo-values.

    Source: J. Traub et al., Overcoming common flaws in the evaluation of selective classification systems, NeurIPS
    2024.
    """
    right, n = seen.records.right, len(seen.records)
    wrong = int((~right).sum())
    if wrong in (0, n):
        return _one_sort(n, all_right=not wrong)
    _, place = np.unique(seen.records.confidence, return_inverse=True)
    rights, wrongs = np.bincount(place, right), np.bincount(place, ~right)
    right_below = np.cumsum(rights) - rights / 2
    wrong_above = wrong - (np.cumsum(wrongs) - wrongs / 2)
    value = float(wrongs @ right_below) / n**2 + (wrong / n) ** 2 / 2
    # Twice a picture's share in the pairs, less the whole, is what leaving it out would take away.
    pseudo = np.where(right, wrong_above[place], right_below[place] + wrong) / n - value
    return replace(mean_between(pseudo, low=0.0, high=0.5), value=value)


def _one_sort(n: int, *, all_right: bool) -> Estimate:
    """Return the area where all pictures are right, or all wrong; its interval is made of that of the accuracy."""

    def limits(confidence: float) -> tuple[float, float]:
        rate = clopper_pearson(0, n, confidence)[1]
        # The ends for a model that is most confident in all its mistakes, or in all that it has right.
        return (0.0, rate - rate**2 / 2) if all_right else ((1 - rate) ** 2 / 2, 0.5)

    return Estimate(0.0 if all_right else 0.5, *limits(0.975), n, limits=limits)


def selected(coverage: Quantity, n: int) -> int:
    """Return how many of n pictures a coverage in percent is, rounded up, at least one."""
    return max(1, math.ceil(coverage.number * n / 100 - 1e-9))


def check_share(coverage: Quantity, n: int) -> None:
    """Demand that a coverage in percent of n pictures is one picture at least.

    Raises:
        CaseError: It is less.
    """
    if coverage.number * n < 100 - 1e-9:
        raise CaseError(
            f"a coverage of {coverage} of {count_of(n, 'picture')} is less than one picture, of which nothing can be said; "
            "ask for more, or add pictures"
        )


def _most_confident(coverage: str, n: int) -> tuple[str, int]:
    share = parse_quantity(coverage)
    if share is None:
        raise CaseError(f"{coverage} is no coverage; write 80%")
    check_share(share, n)
    return f", the {share} of them it is surest of", selected(share, n)


@metric(
    "selective_accuracy",
    better="higher",
    argument="coverage",
    pictures=_most_confident,
    synonyms=("abstention", "rejection", "coverage"),
)
def selective_accuracy(seen: Observation, coverage: str) -> Estimate:
    """Accuracy on the share of pictures that the model is most confident about.

    Of n pictures those with the ceil(coverage * n) highest confidences count. Where several at the cut have the same
    confidence, as many of them as are wanted count as right at their average rate; the sum is rounded down to whole
    pictures.
    """
    share = parse_quantity(coverage)
    if share is None or share.unit != "%" or not 0 < share.number <= 100:
        raise CaseError(f"{coverage} is no coverage; write 80%")
    confidence, right = seen.records.confidence, seen.records.right
    check_share(share, len(right))
    count = selected(share, len(right))
    cut = np.partition(confidence, len(right) - count)[len(right) - count]
    above, tied = confidence > cut, confidence == cut
    left = count - int(above.sum())
    average = left * int(right[tied].sum()) // int(tied.sum())
    return proportion(int(right[above].sum()) + average, count, detail=f"confidence from {cut:.1%}")
