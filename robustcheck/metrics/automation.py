"""How sure a model must be for its answer to stand without a person, so that a promised risk is kept."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import CaseError
from robustcheck.core.registry import metric
from robustcheck.domain.estimate import Estimate
from robustcheck.domain.labels import Review
from robustcheck.metrics.records import Observation
from robustcheck.stats.intervals import clopper_pearson, proportion

STEP: Final = 1.1
"""By how much the number of pictures grows from one hypothesis to the next, at least by one."""


@dataclass(frozen=True, slots=True)
class Automatic:
    """What may be left to the model in one case.

    Attributes:
        threshold: The least confidence at which no person need look; ``None`` where there is none that keeps the promise.
        automatic: Pictures at or above it.
        wrong: How many of these are wrong.
        risk: Upper end of the share of wrong ones, at the confidence of the review.
        n: All pictures.
    """

    threshold: float | None
    automatic: int
    wrong: int
    risk: float
    n: int


def least_sample(rule: Review) -> int:
    """Return how many pictures without a mistake show that the risk is kept; with fewer nothing can be automatic."""
    return math.ceil(math.log(1 - rule.confidence) / math.log1p(-rule.max_risk))


def calibrate(confidence: NDArray[np.float32], right: NDArray[np.bool_], rule: Review) -> Automatic:
    """Find the least confidence at which the answers may stand, by a fixed sequence of exact tests.

    The hypotheses are that the risk is too high among the k most confident pictures, for growing k that depend on nothing but
    the rule. Each is tested with the upper end of Clopper and Pearson, and the first that is not rejected ends the sequence, so
    that the promise is broken in at most 1 - confidence of all calibrations. Pictures as confident as the last are taken with it.

    Source: A. N. Angelopoulos, S. Bates, E. J. Candes, M. I. Jordan and L. Lei, Learn then test, Annals of Applied Statistics 19
    (2025), with the fixed sequence; the top k of a sample are draws from all that is at least as confident as the next one.

    Args:
        confidence: Softmax of the predicted class, shape (n,), in (0, 1].
        right: Whether each prediction is the label, shape (n,).
        rule: What is promised.
    """
    order = np.argsort(-confidence, kind="stable")
    sorted_confidence, wrong = confidence[order], np.cumsum(~right[order])
    found = Automatic(None, 0, 0, 1.0, len(right))
    for k in _sequence(least_sample(rule), len(right)):
        count = int(np.searchsorted(-sorted_confidence, -sorted_confidence[k - 1], side="right"))
        mistakes = int(wrong[count - 1])
        risk = clopper_pearson(mistakes, count, rule.confidence)[1]
        if risk > rule.max_risk:
            break
        found = Automatic(float(sorted_confidence[k - 1]), count, mistakes, risk, len(right))
    return found


def _sequence(start: int, n: int) -> Iterator[int]:
    k = start
    while k < n:
        yield k
        k = max(k + 1, math.floor(k * STEP))
    if start <= n:
        yield n


@metric(
    "automatic_share",
    better="higher",
    kinds=("clean", "shift", "compose", "combine"),
    needs="review",
    synonyms=("automation", "human review", "manual work"),
)
def automatic_share(seen: Observation) -> Estimate:
    """Share of the pictures that need no person, at the risk that the suite promises under ``review``.

    Above a threshold of the confidence, found for each case by itself, at most ``max_risk`` of the answers are wrong, with the
    ``confidence`` of the review: a fixed sequence of exact tests. Where no threshold keeps the promise the share is 0.

    Source: A. N. Angelopoulos et al., Learn then test, Annals of Applied Statistics 19 (2025).
    """
    if seen.review is None:
        raise CaseError("automatic_share needs a promise; write review: {max_risk: 1%} in the suite")
    found = calibrate(seen.records.confidence, seen.records.right, seen.review)
    if found.threshold is None:
        least = least_sample(seen.review)
        why = f"{found.n} pictures show nothing, {least} are needed" if found.n < least else "no confidence is enough"
        return proportion(0, found.n, detail=why)
    promise = f"{found.wrong} wrong of {found.automatic}, at most {found.risk:.2%} at {seen.review.confidence:.0%}"
    return proportion(found.automatic, found.n, detail=f"confidence from {found.threshold:.4f}: {promise}")
