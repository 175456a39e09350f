"""Metrics of how far the model's confidence can be believed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.registry import metric
from robustcheck.domain.estimate import Estimate
from robustcheck.metrics.records import Observation
from robustcheck.stats.intervals import bootstrap, clopper_pearson
from robustcheck.stats.mean import mean_between

BINS = 15
"""Bins of equal width that confidences are sorted into: (0, 1/15), [1/15, 2/15) ... [14/15, 1]."""
NULL_DRAWS = 200
SEED = 20150222


@metric("brier", better="lower", unit="", high=2.0, synonyms=("calibration", "probability score"))
def brier(seen: Observation) -> Estimate:
    """Brier score: squared distance of all probabilities from the truth, from 0 to 2.

    The mean over pictures of the sum over classes of (p - y)^2, with y of 1 for the label and 0 for the others. A
    proper score: no probabilities but the true ones make it better. With two classes it is twice the score that looks
    at one of them.

    Source: G. W. Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78 (1950).
    """
    return mean_between(seen.records.brier, low=0.0, high=2.0)


@metric(
    "nll",
    better="lower",
    unit="",
    high=math.inf,
    synonyms=("log loss", "cross entropy", "negative log likelihood", "calibration"),
)
def nll(seen: Observation) -> Estimate:
    """Negative log-likelihood: mean cross-entropy of the true class, in nats; 0 is perfect.

    A proper score like ``brier``; a single confident mistake can outweigh many pictures.
    """
    return mean_between(seen.records.loss, low=0.0, high=math.inf)


@metric("confidence_when_wrong", better="lower", synonyms=("overconfident", "confident mistakes"))
def confidence_when_wrong(seen: Observation) -> Estimate:
    """Mean softmax of the predicted class over the pictures that are wrong; 0 where none is.

    A model without a mistake passes every bound, and proves none: its interval is all of 0 to 100%.
    """
    wrong = seen.records.confidence[~seen.records.right]
    if not len(wrong):
        n = len(seen.records)
        return Estimate(0.0, 0.0, 1.0, n, "no picture is wrong", limits=lambda confidence: (0.0, 1.0))
    return mean_between(wrong, low=0.0, high=1.0)


@metric("ece", better="lower", synonyms=("calibration", "calibration error", "overconfident"))
def ece(seen: Observation) -> Estimate:
    """Expected calibration error of the predicted class, less what chance alone gives.

    In 15 bins of equal width the share of right pictures is held against their mean confidence. Even a perfectly
    calibrated model reads more than 0 on finitely many pictures: that much, the mean of 200 seeded draws of which
    pictures are right from the confidences themselves, is subtracted, down to 0; the detail says both figures.

    A model that is far off has less of its figure from chance than a perfect one, perhaps nothing. So the interval,
    whose width is the bootstrap's, has a lower end with all of chance taken off and an upper end with none of it.

    Source: M. Pakdaman Naeini, G. Cooper & M. Hauskrecht, AAAI 2015; C. Guo et al., ICML 2017, for 15 bins of equal
    width.
    """
    order = np.lexsort((seen.records.right, seen.records.confidence))
    confidence, right = seen.records.confidence[order].astype(np.float64), seen.records.right[order]
    bins, n = _bins(confidence), len(order)
    gaps = right - confidence
    plain, null = _error(bins, gaps), _null(confidence)
    value = max(0.0, plain - null)

    def drawn(rows: NDArray[np.int64]) -> float:
        return _error(bins[rows], gaps[rows])

    def limits(wanted: float) -> tuple[float, float]:
        if n == 1:
            return 0.0, 1.0
        draws = max(400, math.ceil(20 / (1 - wanted)))
        below, above = bootstrap(drawn, n, seed=SEED, confidence=wanted, draws=draws)
        reach = (above - below) / 2
        high = plain + reach
        if right.all() or not right.any():
            # Draws of pictures that are all right hold no wrong one, yet a few of a hundred others may be.
            high = max(high, plain + clopper_pearson(0, n, wanted)[1])
        return max(0.0, value - reach), min(high, 1.0)

    low, high = limits(0.975)
    return Estimate(value, low, high, n, f"{plain:.1%} as counted, {null:.1%} by chance alone", limits=limits)


def _bins(confidence: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.minimum((confidence * BINS).astype(np.int64), BINS - 1)


def _error(bins: NDArray[np.int64], gaps: NDArray[np.float64]) -> float:
    """Return the plain error: how far right minus confidence is from 0 in each bin, weighed by the bins' pictures."""
    return float(np.abs(np.bincount(bins, gaps)).sum()) / len(gaps)


def _null(confidence: NDArray[np.float64]) -> float:
    """Return the mean plain error of a perfectly calibrated model with these confidences, in a fixed order."""
    rng = np.random.Generator(np.random.Philox(SEED))
    bins = _bins(confidence)
    draws = [_error(bins, (rng.random(len(confidence)) < confidence) - confidence) for _ in range(NULL_DRAWS)]
    return math.fsum(draws) / NULL_DRAWS
