"""The mean of any numbers that lie between known ends, with an interval that allows for their skew."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from robustcheck.core.errors import CaseError
from robustcheck.domain.estimate import Estimate


def mean_between(values: ArrayLike, *, low: float, high: float, detail: str = "") -> Estimate:
    """Estimate a mean with Student's interval, corrected for skew and clipped to the range of the numbers.

    Losses are mostly small and rarely large, and Student's interval then ends too early on the large side. The
    correction needs no draws, and the order of the numbers makes no difference.

    Args:
        values: Shape (n,), at least one.
        low: Least possible number.
        high: Greatest possible number; may be infinite.
        detail: Kept in the estimate.

    Raises:
        CaseError: Of a single number without a greatest possible one there is no interval.

    Source: P. Hall, On the removal of skewness by transformation, Journal of the Royal Statistical Society B 54 (1992).
    """
    ordered = np.sort(np.asarray(values, np.float64))
    n = len(ordered)
    value = math.fsum(ordered) / n
    if n == 1:
        if math.isinf(low) or math.isinf(high):
            raise CaseError("one picture alone gives no interval of a number that has no greatest value; look at more")
        return Estimate(value, low, high, 1, detail, limits=lambda confidence: (low, high))
    apart = ordered - value
    deviation = math.sqrt(float(np.mean(apart**2)))
    skew = float(np.mean(apart**3)) / deviation**3 if deviation > 1e-12 * max(1.0, abs(value)) else 0.0
    step = deviation / math.sqrt(n - 1)

    def limits(confidence: float) -> tuple[float, float]:
        from scipy.special import stdtrit

        quantile = float(stdtrit(n - 1, confidence))
        below = max(_with_skew(quantile, skew, n), 0.0)
        above = max(-_with_skew(-quantile, skew, n), 0.0)
        return max(value - step * below, low), min(value + step * above, high)

    return Estimate(value, *limits(0.975), n, detail, limits=limits)


def _with_skew(quantile: float, skew: float, n: int) -> float:
    """Return a quantile of the mean's own distance, from that of the transformed one: Hall's equation for g inverse."""
    lean = skew / math.sqrt(n)
    if abs(lean) < 1e-6:
        return quantile
    return 3 / lean * (math.cbrt(1 + lean * (quantile - lean / 6)) - 1)
