"""What a gate can see with so many pictures: the power of exact tests, by adding up what can happen."""

from __future__ import annotations

import math

import numpy as np

from robustcheck.stats.intervals import clopper_pearson

POWER = 0.8
"""A gate sees what it finds so often."""

GAINED = 0.02
"""Share of pictures that a change makes right, where nothing is known of it."""

NEGLIGIBLE = 1e-12


def paired_power(n: int, drop: float, *, gained: float = GAINED, alpha: float = 0.05) -> float:
    """Return how often the exact one-sided McNemar test finds a drop: a share.

    Args:
        n: Pictures, each seen before and after.
        drop: Share lost minus share gained, above 0.
        gained: Share of pictures that become right.
        alpha: How often it may find a drop where there is none.
    """
    from scipy.special import bdtrc, xlog1py, xlogy

    discordant = drop + 2 * gained
    if discordant > 1:
        return 0.0
    pairs = np.arange(n + 1)
    log = _log_choose(n, pairs) + xlogy(pairs, discordant) + xlog1py(n - pairs, -discordant)
    weight = np.exp(log)
    likely = pairs[weight > NEGLIGIBLE]
    # The least number lost among so many discordant pairs that is significant.
    lost = np.array([_critical(int(count), alpha) for count in likely])
    within = lost <= likely
    share = (drop + gained) / discordant
    found = np.where(lost == 0, 1.0, bdtrc(np.maximum(lost - 1, 0), likely, share))
    return float((weight[likely] * np.where(within, found, 0.0)).sum())


def _critical(pairs: int, alpha: float) -> int:
    from scipy.special import bdtrc

    low, high = 0, pairs + 1
    while low < high:
        middle = (low + high) // 2
        tail = 1.0 if middle == 0 else float(bdtrc(middle - 1, pairs, 0.5)) if middle <= pairs else 0.0
        low, high = (low, middle) if tail <= alpha else (middle + 1, high)
    return low


def smallest_drop(n: int, *, gained: float = GAINED, alpha: float = 0.05, power: float = POWER) -> float | None:
    """Return the smallest drop that so many pairs show so often, to a tenth of a point; ``None`` where they show none."""
    for tenths in range(1, 1000):
        if paired_power(n, tenths / 1000, gained=gained, alpha=alpha) >= power:
            return tenths / 1000
    return None


def passing_share(
    n: int, bound: float, *, at_least: bool, confidence: float | None, power: float = POWER
) -> float | None:
    """Return which true share a model needs to pass a gate so often; ``None`` where none would do.

    Args:
        n: Pictures.
        bound: Of the gate, a share.
        at_least: Whether the share must be at least so much, rather than at most.
        confidence: Of the end of the interval that must clear the bound; ``None`` where the number itself must.
        power: How often.
    """
    from scipy.special import bdtrc

    if not at_least:
        mirrored = passing_share(n, 1 - bound, at_least=True, confidence=confidence, power=power)
        return None if mirrored is None else 1 - mirrored
    needed = _needed(n, bound, confidence)
    if needed is None:
        return None
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        passes = 1.0 if needed == 0 else float(bdtrc(needed - 1, n, middle))
        low, high = (low, middle) if passes >= power else (middle, high)
    return high


def _needed(n: int, bound: float, confidence: float | None) -> int | None:
    if confidence is None:
        return math.ceil(bound * n - 1e-9)
    low, high = 0, n + 1
    while low < high:
        middle = (low + high) // 2
        clears = clopper_pearson(middle, n, confidence)[0] >= bound
        low, high = (low, middle) if clears else (middle + 1, high)
    return low if low <= n else None


def _log_choose(
    n: int, k: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    from scipy.special import gammaln

    found: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return found
