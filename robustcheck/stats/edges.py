"""What a number at the end of its scale can show: not one case among 40 pictures is no proof that there is none."""

from __future__ import annotations

import math
from typing import Final

from robustcheck.domain.estimate import Estimate
from robustcheck.domain.threshold import Threshold
from robustcheck.stats.intervals import least_pictures

SURE: Final = 0.95
"""Confidence of the one end that is told."""
AIM: Final = 0.01
"""What more pictures would show where the bound itself is one that no number of them could."""
_DECIMALS: Final = 12


def straddles(estimate: Estimate, bound: float) -> bool:
    """Whether a bound lies within an interval, its ends among it: other such pictures could decide otherwise.

    Compared to 12 decimals, as thresholds are. Where not one picture of 40 is confused, the interval begins at 0; a bound of 0 is held,
    and not shown.
    """
    low, high = (round(end, _DECIMALS) for end in (estimate.low, estimate.high))
    return low <= round(bound, _DECIMALS) <= high


def possible(threshold: Threshold, estimate: Estimate) -> str:
    """Say what is possible although a number is as good as can be, or just at its bound; an empty text for any other.

    Args:
        threshold: It holds, by the number itself.
        estimate: The number.

    Returns:
        Such as ``0 of 40: up to 7.2% possible (one-sided 95%); 299 pictures without one would show 1%``.
    """
    at_least = threshold.comparison in (">=", ">")
    if estimate.limits is None or threshold.bound.unit not in ("%", "pp") or not _at_an_end(threshold, estimate):
        return ""
    end = estimate.limits(SURE)[not at_least]
    way = "down to" if at_least else "up to"
    told = f"{_counted(estimate)}: {way} {_share(end, threshold.bound.unit)} possible (one-sided {SURE:.0%})"
    return told + _more(threshold, estimate, at_least=at_least)


def _at_an_end(threshold: Threshold, estimate: Estimate) -> bool:
    if len(estimate.counts) == 1:
        (count,) = estimate.counts
        return count == (estimate.n if threshold.comparison in (">=", ">") else 0)
    return math.isclose(estimate.value, threshold.bound.value, abs_tol=10**-_DECIMALS)


def _counted(estimate: Estimate) -> str:
    if len(estimate.counts) == 1:
        return f"{estimate.counts[0]} of {estimate.n}"
    if estimate.counts:
        lost, gained = estimate.counts
        return f"{lost} lost and {gained} gained of {estimate.n}"
    return f"of {estimate.n} pictures"


def _more(threshold: Threshold, estimate: Estimate, *, at_least: bool) -> str:
    """Say how many pictures without one miss would show the bound, or near it where the bound is the end of the scale."""
    if len(estimate.counts) != 1:
        return ""
    bound = threshold.bound.value
    aim = 1 - bound if at_least else bound
    if aim <= 10**-_DECIMALS:
        aim = AIM
        while (least_pictures(aim, at_least=False, confidence=SURE) or 0) <= estimate.n:
            aim /= 10
    needed = least_pictures(aim, at_least=False, confidence=SURE) or 0
    if needed <= estimate.n:
        return ""
    shown = 1 - aim if at_least else aim
    without = "without a miss" if at_least else "without one"
    return f"; {needed} pictures {without} would show {_share(shown, '%', digits=6)}"


def _share(number: float, unit: str, *, digits: int = 2) -> str:
    """Return a share with as many digits as tell it from the end of the scale: 7.2%, 0.99%, 99.97%."""
    percent = number * 100
    room = min(abs(percent), abs(100 - percent)) if unit == "%" else abs(percent)
    if digits > 2:
        return f"{round(percent, 10):.10g}{unit}"
    return f"{percent:.{1 if room >= 1 or not room else 1 - math.floor(math.log10(room))}f}{unit}"
