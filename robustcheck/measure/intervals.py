"""Intervals that a number is shown with, at 95% unless said otherwise.

scipy is imported when an interval is asked for, since suites are validated without it; and of it only the
special functions, since all of scipy.stats takes over a second to import.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured number with its interval.

    Attributes:
        value: The point estimate; a fraction where the unit is ``%`` or ``pp``.
        low: Lower end of the 95% interval.
        high: Upper end.
        n: Number of pictures (pairs, for paired metrics) that it rests on.
        detail: What the number is about when the metric chose it, such as the worst class.
    """

    value: float
    low: float
    high: float
    n: int
    detail: str = ""


def proportion(successes: int, n: int, *, confidence: float = 0.95, detail: str = "") -> Estimate:
    """Estimate a proportion with Wilson's score interval.

    Args:
        successes: How often it happened.
        n: Out of how many, at least 1.
        confidence: Nominal coverage.
        detail: Kept in the estimate.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the
    American Statistical Association 22 (1927).
    """
    from scipy.special import ndtri

    z, share = float(ndtri((1 + confidence) / 2)), successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if successes == 0 else middle - reach
    high = 1.0 if successes == n else middle + reach
    return Estimate(share, low, high, n, detail)


def paired_difference(lost: int, gained: int, n: int, *, confidence: float = 0.95) -> Estimate:
    """Estimate (lost - gained) / n with Tango's score interval for paired proportions.

    Args:
        lost: Pairs right before and wrong after.
        gained: Pairs wrong before and right after.
        n: All pairs, at least 1.
        confidence: Nominal coverage.

    Source: T. Tango, Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design, Statistics in Medicine 17 (1998), equations 12 and 13.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtri

    quantile = float(ndtri((1 + confidence) / 2))
    value = (lost - gained) / n

    def excess(delta: float) -> float:
        linear = -lost - gained + (2 * n - lost + gained) * delta
        constant = -gained * delta * (1 - delta)
        nuisance = (math.sqrt(max(linear**2 - 8 * n * constant, 0.0)) - linear) / (4 * n)
        variance = n * (2 * nuisance + delta * (1 - delta))
        difference = lost - gained - n * delta
        if abs(difference) < 1e-12:
            return 0.0
        return difference / math.sqrt(variance) if variance > 0 else math.copysign(1e9, difference)

    edge = 1 - 1e-9
    low = -1.0 if value <= -edge else brentq(lambda delta: excess(delta) - quantile, -edge, value)
    high = 1.0 if value >= edge else brentq(lambda delta: excess(delta) + quantile, value, edge)
    return Estimate(value, float(low), float(high), n)


def mean_of(parts: Sequence[Estimate], *, detail: str = "") -> Estimate:
    """Estimate the plain mean of independent proportions, such as the accuracies of classes.

    The interval combines theirs by the method of variance estimates recovery (Zou & Donner, Statistics in
    Medicine 27, 2008): distances from the point estimates to the limits add in squares.

    Args:
        parts: At least one estimate.
        detail: Kept in the estimate.
    """
    count = len(parts)
    value = math.fsum(part.value for part in parts) / count
    below = math.sqrt(math.fsum((part.value - part.low) ** 2 for part in parts)) / count
    above = math.sqrt(math.fsum((part.high - part.value) ** 2 for part in parts)) / count
    return Estimate(value, max(value - below, 0.0), min(value + above, 1.0), sum(part.n for part in parts), detail)


def sample_mean(values: Sequence[float], *, confidence: float = 0.95) -> Estimate:
    """Estimate a mean of numbers in [0, 1] with Student's interval, clipped to [0, 1]."""
    from scipy.special import stdtrit

    n = len(values)
    value = math.fsum(values) / n
    if n == 1:
        return Estimate(value, 0.0, 1.0, 1)
    deviation = math.sqrt(math.fsum((x - value) ** 2 for x in values) / (n - 1))
    reach = float(stdtrit(n - 1, (1 + confidence) / 2)) * deviation / math.sqrt(n)
    return Estimate(value, max(value - reach, 0.0), min(value + reach, 1.0), n)
