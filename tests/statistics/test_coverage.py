"""How often every interval holds the truth: added up over all outcomes where they can be, otherwise simulated."""

import math

import numpy as np
import pytest
from scipy.stats import binom, multinomial

from robustcheck.stats.intervals import (
    bootstrap,
    clopper_pearson,
    gaffke,
    mean_of,
    paired_difference,
    proportion,
    sample_mean,
    worst_of,
)

SHARES = np.linspace(0.005, 0.995, 199)
SIZES = (5, 20, 50, 200, 1000)


def chance(p: float, runs: int) -> float:
    """Return three standard errors of a simulated share."""
    return 3 * math.sqrt(p * (1 - p) / runs)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.999])
def test_each_exact_end_holds_at_every_share(n: int, confidence: float) -> None:
    ends = np.array([clopper_pearson(right, n, confidence) for right in range(n + 1)])
    weight = binom.pmf(np.arange(n + 1)[:, None], n, SHARES)
    assert (weight * (ends[:, :1] <= SHARES)).sum(axis=0).min() >= confidence - 1e-9
    assert (weight * (ends[:, 1:] >= SHARES)).sum(axis=0).min() >= confidence - 1e-9


@pytest.mark.parametrize("n", SIZES)
def test_wilsons_interval_holds_on_average_and_dips_no_further_than_is_known(n: int) -> None:
    shown = [proportion(right, n) for right in range(n + 1)]
    low, high = (np.array([getattr(e, end) for e in shown])[:, None] for end in ("low", "high"))
    weight = binom.pmf(np.arange(n + 1)[:, None], n, SHARES)
    covered = (weight * ((low <= SHARES) & (high >= SHARES))).sum(axis=0)
    assert covered.mean() >= 0.947
    # It is known to dip near 0 and 1, to about .83 (Brown, Cai & DasGupta, Statistical Science 16, 2001); that is why it does not gate.
    assert covered.min() >= 0.82
    middle = (SHARES > 0.2) & (SHARES < 0.8)
    assert covered[middle].min() >= (0.925 if n >= 20 else 0.88)


@pytest.mark.parametrize("n", [80, 200])
@pytest.mark.parametrize(
    ("lost", "gained"),
    [(0.02, 0.005), (0.02, 0.02), (0.08, 0.02), (0.02, 0.08), (0.2, 0.1), (0.3, 0.3), (0.001, 0.001)],
)
def test_tangos_interval_holds_added_up_over_all_outcomes(lost: float, gained: float, n: int) -> None:
    truth = lost - gained
    counts = [(a, b) for a in range(n + 1) for b in range(n + 1 - a)]
    weight = multinomial.pmf([(a, b, n - a - b) for a, b in counts], n, [lost, gained, 1 - lost - gained])
    both = below = above = rest = 0.0
    for (a, b), w in zip(counts, weight, strict=True):
        if w < 1e-9:
            rest += w
            continue
        shown = paired_difference(a, b, n)
        both += w * (shown.low <= truth <= shown.high)
        assert shown.limits is not None
        low, high = shown.limits(0.95)
        below, above = below + w * (low <= truth), above + w * (truth <= high)
    assert rest < 1e-4
    # A score interval holds on average, not at every point.
    assert both + rest >= 0.935
    # The end that passes a gate on a drop is safe where something is lost; the end that fails one is short by up to four points.
    passing, failing = (above, below) if lost >= gained else (below, above)
    assert passing + rest >= 0.945
    assert failing + rest >= 0.91


@pytest.mark.parametrize(
    ("shares", "sizes", "shown"),
    # What is shown is short where most classes are perfect, as Wilson's is; what gates is not.
    [
        ((0.9, 0.7, 0.95, 0.8), (30,) * 4, 0.95),
        ((0.5, 0.6), (10, 40), 0.95),
        ((0.97, 0.5), (20, 20), 0.95),
        ((0.99, 0.97, 0.98), (50,) * 3, 0.91),
        ((0.99,) * 10, (20,) * 10, 0.86),
        ((0.01,) * 10, (20,) * 10, 0.86),
        ((0.95,) * 8, (10, 20, 40, 80, 10, 20, 40, 80), 0.86),
        ((0.9, 0.99, 0.99, 0.99), (10, 200, 200, 200), 0.90),
    ],
)
def test_the_mean_of_classes_holds(shares: tuple[float, ...], sizes: tuple[int, ...], shown: float) -> None:
    truth = sum(shares) / len(shares)
    covered = low_held = high_held = 0
    for row in np.random.default_rng(0).binomial(sizes, shares, (2000, len(shares))).tolist():
        found = mean_of([proportion(right, n) for right, n in zip(row, sizes, strict=True)])
        covered += found.low <= truth <= found.high
        assert found.limits is not None
        low, high = found.limits(0.95)
        low_held, high_held = low_held + (low <= truth), high_held + (truth <= high)
    assert covered / 2000 >= shown - chance(shown, 2000)
    assert min(low_held, high_held) / 2000 >= 0.95 - chance(0.95, 2000)


@pytest.mark.parametrize("better", ["higher", "lower"])
@pytest.mark.parametrize("shares", [(0.8, 0.8, 0.8), (0.6, 0.8, 0.95), (0.9, 0.9, 0.85, 0.95, 0.99)])
def test_each_end_of_the_worst_of_all_holds(shares: tuple[float, ...], better: str) -> None:
    truth = min(shares) if better == "higher" else max(shares)
    low_held = high_held = 0
    for row in np.random.default_rng(1).binomial(60, shares, (2000, len(shares))):
        found = worst_of([proportion(int(right), 60) for right in row], better=better)
        assert found.limits is not None
        low, high = found.limits(0.95)
        low_held, high_held = low_held + (low <= truth), high_held + (truth <= high)
    assert min(low_held, high_held) / 2000 >= 0.95 - chance(0.95, 2000)


@pytest.mark.parametrize(
    ("a", "b", "n", "shown"),
    # Student's interval is about means that are nearly normal; far to one side it holds less often (Johnson, JASA 73, 1978).
    [(2, 2, 10, 0.95), (5, 2, 30, 0.95), (0.5, 0.5, 20, 0.94), (1, 4, 50, 0.94), (20, 1, 50, 0.93), (0.1, 2, 50, 0.88)],
)
def test_the_mean_of_numbers_between_0_and_1_holds(a: float, b: float, n: int, shown: float) -> None:
    runs, truth = 2000, a / (a + b)
    covered = low_held = high_held = 0
    for row in np.random.default_rng(2).beta(a, b, (runs, n)):
        found = sample_mean(row.tolist())
        covered += found.low <= truth <= found.high
        low, high = gaffke(row, 0.95, draws=500)
        low_held, high_held = low_held + (low <= truth), high_held + (truth <= high)
    assert covered / runs >= shown - chance(shown, runs)
    # What gates holds whatever the distribution.
    assert min(low_held, high_held) / runs >= 0.95 - chance(0.95, runs)


@pytest.mark.parametrize(("a", "b", "n"), [(2, 2, 60), (5, 2, 100)])
def test_the_bootstrap_of_a_mean_holds_each_end(a: float, b: float, n: int) -> None:
    runs, truth = 400, a / (a + b)
    low_held = high_held = 0
    for run, row in enumerate(np.random.default_rng(4).beta(a, b, (runs, n))):
        low, high = bootstrap(lambda rows, row=row: row[rows].mean(), n, seed=run, confidence=0.95, draws=400)
        low_held, high_held = low_held + (low <= truth), high_held + (truth <= high)
    # Percentiles are short by about the square root of n / (n - 1) and by what 400 draws miss: a point.
    assert min(low_held, high_held) / runs >= 0.94 - chance(0.94, runs)
