"""Intervals: what a number is shown with, at 95% unless said otherwise, and what gates.

What is shown has two ends that hold together; what gates is one end, which holds by itself. For a share the one is Wilson's, the
other that of Clopper and Pearson, which never covers too little.

scipy is imported when an interval is asked for, since suites are validated without it; and of it only the
special functions, since all of scipy.stats takes over a second to import.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from robustcheck.domain.estimate import Estimate


def proportion(successes: int, n: int, *, confidence: float = 0.95, detail: str = "") -> Estimate:
    """Estimate a proportion with Wilson's score interval; what gates is that of Clopper and Pearson.

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
    return Estimate(share, low, high, n, detail, (successes,), partial(clopper_pearson, successes, n))


def clopper_pearson(successes: float, n: float, confidence: float) -> tuple[float, float]:
    """Return the exact lower and upper end of a proportion, each at a confidence.

    Args:
        successes: How often it happened; a fraction where n is an effective size.
        n: Out of how many.
        confidence: Of each end.

    Source: C. J. Clopper and E. S. Pearson, The use of confidence or fiducial limits illustrated in the case of the binomial,
    Biometrika 26 (1934).
    """
    from scipy.special import betaincinv

    low = float(betaincinv(successes, n - successes + 1, 1 - confidence)) if successes > 0 else 0.0
    high = float(betaincinv(successes + 1, n - successes, confidence)) if successes < n else 1.0
    return low, high


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
    low, high = tango(lost, gained, n, (1 + confidence) / 2)
    return Estimate((lost - gained) / n, low, high, n, "", (lost, gained), partial(tango, lost, gained, n))


def tango(lost: int, gained: int, n: int, confidence: float) -> tuple[float, float]:
    """Return the lower and upper end of (lost - gained) / n, each at a confidence: see ``paired_difference``."""
    from scipy.optimize import brentq
    from scipy.special import ndtri

    quantile = float(ndtri(confidence))
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
    return float(low), float(high)


def mean_of(parts: Sequence[Estimate], *, detail: str = "") -> Estimate:
    """Estimate the plain mean of independent proportions, such as the accuracies of classes.

    The interval combines theirs by the method of variance estimates recovery (Zou & Donner, Statistics in
    Medicine 27, 2008): distances from the point estimates to the limits add in squares. Where most parts are perfect that is too
    short above, so what gates is the wider of it and the exact interval of as many pictures as a mean of this spread is worth
    (Korn & Graubard, Survey Methodology 24, 1998).

    Args:
        parts: At least one estimate.
        detail: Kept in the estimate.
    """
    count = len(parts)
    value = math.fsum(part.value for part in parts) / count
    worth = count**2 / math.fsum(1 / part.n for part in parts)

    def combined(ends: Sequence[tuple[float, float]]) -> tuple[float, float]:
        pairs = list(zip(parts, ends, strict=True))
        below = math.sqrt(math.fsum((part.value - low) ** 2 for part, (low, _) in pairs)) / count
        above = math.sqrt(math.fsum((high - part.value) ** 2 for part, (_, high) in pairs)) / count
        return max(value - below, 0.0), min(value + above, 1.0)

    def limits(confidence: float) -> tuple[float, float]:
        low, high = combined([part.limits(confidence) if part.limits else (part.low, part.high) for part in parts])
        exact = clopper_pearson(min(value * worth, worth), worth, confidence)
        return min(low, exact[0]), max(high, exact[1])

    low, high = combined([(part.low, part.high) for part in parts])
    known = all(part.limits for part in parts)
    return Estimate(value, low, high, sum(part.n for part in parts), detail, limits=limits if known else None)


def worst_of(parts: Sequence[Estimate], *, better: str = "higher") -> Estimate:
    """Return the worst of several estimates, such as the accuracies of classes, with what gates the worst of all.

    That each of them is good enough needs no correction; which of them is proven bad is found by looking at all, and is
    corrected for their number (Bonferroni).

    Args:
        parts: At least one; of equal ones that with the widest interval on the bad side counts, then the first by detail.
        better: ``higher`` or ``lower``.
    """
    sign, good = (1, 0) if better == "higher" else (-1, 1)
    worst = min(parts, key=lambda part: (sign * part.value, sign * (part.low, part.high)[good], part.detail))

    def limits(confidence: float) -> tuple[float, float]:
        each = [part.limits(confidence) for part in parts if part.limits]
        strict = [part.limits(1 - (1 - confidence) / len(parts)) for part in parts if part.limits]
        ends = (sign * min(sign * ends[good] for ends in each), sign * min(sign * ends[1 - good] for ends in strict))
        return ends if good == 0 else (ends[1], ends[0])

    return replace(worst, limits=limits if all(part.limits for part in parts) else None)


MOST = 10**9
"""Nobody is told to collect more pictures than this."""


def pictures_needed(estimate: Estimate, bound: float, *, at_least: bool, confidence: float) -> int | None:
    """Return with how many pictures the estimate would clear a bound, were the rates what they are here.

    Args:
        estimate: Of a share or a paired difference the answer is exact, of anything else by the width of its interval.
        bound: Of the gate.
        at_least: Whether the number must be at least so much.
        confidence: Of the end that must clear it.

    Returns:
        The number, or ``None`` where the estimate is on the wrong side, so that no number would do, or so near to the bound
        that more than ``MOST`` would be needed.
    """
    apart = (estimate.value - bound) * (1 if at_least else -1)
    if apart <= 0:
        return None
    n, counts = estimate.n, estimate.counts

    def clears(pictures: int) -> bool:
        scaled = [round(count * pictures / n) for count in counts]
        alone = len(counts) == 1
        low, high = (
            clopper_pearson(scaled[0], pictures, confidence)
            if alone
            else tango(scaled[0], scaled[1], pictures, confidence)
        )
        return low >= bound if at_least else high <= bound

    if not counts:
        low, high = estimate.limits(confidence) if estimate.limits else (estimate.low, estimate.high)
        reach = estimate.value - low if at_least else high - estimate.value
        needed = max(n, math.ceil(min(n * (reach / apart) ** 2, MOST + 1)))
        return needed if needed <= MOST else None
    return _first(clears, n)


def pictures_within(share: float, reach: float) -> int | None:
    """Return about how many pictures tell a share to within a distance at 95%, or ``None`` where more than ``MOST`` would.

    Args:
        share: What is observed.
        reach: How far both ends of the interval that is shown may be off, above 0.
    """

    def tells(pictures: int) -> bool:
        estimate = proportion(round(share * pictures), pictures)
        return share - reach <= estimate.low and estimate.high <= share + reach

    return _first(tells, 1)


def least_pictures(bound: float, *, at_least: bool, confidence: float, strict: bool = False) -> int | None:
    """Return below how many pictures not even a perfect result could prove a share, or ``None`` where none can.

    Args:
        bound: Of the gate, a share.
        at_least: Whether the share must be at least so much; perfect is then no failure, else no occurrence.
        confidence: Of the exact end.
        strict: Whether the bound itself breaks the gate.
    """
    missed = 1 - bound if at_least else bound
    if missed <= 0:
        return None
    if missed >= 1:
        return 1
    exact = math.log(1 - confidence) / math.log1p(-missed)
    return max(1, math.floor(exact + 1e-9) + 1 if strict else math.ceil(exact - 1e-9))


def _first(holds: Callable[[int], bool], start: int) -> int | None:
    """Return about the first number from a start to ``MOST`` for which something holds that holds of all large ones."""
    low, high = start, max(2, start)
    while not holds(high):
        low, high = high, 2 * high
        if high > MOST:
            return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return high


def mcnemar_exact(lost: int, gained: int) -> float:
    """Return how likely so many lost of the pairs that changed are, or more, were both ways as likely: one-sided.

    Source: Q. McNemar, Psychometrika 12 (1947), in its exact form.
    """
    from scipy.special import bdtrc

    return float(bdtrc(lost - 1, lost + gained, 0.5)) if lost else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values adjusted for their number, in the given order: below alpha where Holm's method rejects.

    Source: S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979).
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, least = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = least
    return adjusted


def bootstrap(
    statistic: Callable[[NDArray[np.int64]], float], n: int, *, seed: int, confidence: float, draws: int = 2000
) -> tuple[float, float]:
    """Return the lower and upper percentile of a statistic over samples drawn again, each end at a confidence.

    Args:
        statistic: From positions of pictures (n,), drawn with replacement, to a number.
        n: Pictures.
        seed: The same seed gives the same ends.
        confidence: Of each end.
        draws: Samples.

    Source: B. Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7 (1979).
    """
    rng = np.random.Generator(np.random.Philox(seed))
    values = np.sort([statistic(rng.integers(0, n, n)) for _ in range(draws)])
    low, high = np.quantile(values, [1 - confidence, confidence])
    return float(low), float(high)


def sample_mean(values: Sequence[float], *, confidence: float = 0.95) -> Estimate:
    """Estimate a mean of numbers in [0, 1]: Student's interval clipped to [0, 1] to show, Gaffke's to gate.

    Student's is too short where most numbers are alike, and of no width where all are.
    """
    from scipy.special import stdtrit

    n = len(values)
    value = math.fsum(values) / n
    limits = partial(gaffke, np.sort(np.asarray(values, dtype=float)))
    if n == 1:
        return Estimate(value, 0.0, 1.0, 1, limits=limits)
    deviation = math.sqrt(math.fsum((x - value) ** 2 for x in values) / (n - 1))
    reach = float(stdtrit(n - 1, (1 + confidence) / 2)) * deviation / math.sqrt(n)
    return Estimate(value, max(value - reach, 0.0), min(value + reach, 1.0), n, limits=limits)


def gaffke(values: NDArray[np.float64], confidence: float, *, draws: int = 4000) -> tuple[float, float]:
    """Return the lower and upper end of a mean of numbers in [0, 1], each at a confidence, whatever their distribution.

    The numbers and one more, as bad as can be, are weighted at random (Dirichlet, all ones) again and again. Of zeros and ones the
    ends are those of Clopper and Pearson, but for the draws, which are seeded.

    Args:
        values: In [0, 1], shape (n,), at least one.
        confidence: Of each end.
        draws: Weightings.

    Source: N. Gaffke, Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative variable,
    Mathematical Methods of Statistics 14 (2005).
    """
    rng = np.random.Generator(np.random.Philox(0))
    low, high = np.empty(draws), np.empty(draws)
    rows = max(1, 2_000_000 // (len(values) + 1))
    for begin in range(0, draws, rows):
        weights = rng.standard_exponential((min(rows, draws - begin), len(values) + 1))
        part = slice(begin, begin + len(weights))
        total = weights.sum(axis=1)
        low[part] = weights[:, :-1] @ values / total
        high[part] = low[part] + weights[:, -1] / total
    ends = np.quantile(low, 1 - confidence), np.quantile(high, confidence)
    middle = float(values.mean())
    return max(0.0, min(float(ends[0]), middle)), min(1.0, max(float(ends[1]), middle))
