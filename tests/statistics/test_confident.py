"""How often a confident gate passes what it should not and fails what it should not, over 2,000 simulated gates."""

import math
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from robustcheck.core.errors import Location
from robustcheck.core.units import Quantity
from robustcheck.domain.estimate import Estimate
from robustcheck.domain.threshold import Rule, Threshold
from robustcheck.engine.gates.verdicts import judge
from robustcheck.stats.intervals import paired_difference, proportion, worst_of

RUNS = 2000
HERE = Location(Path("suite.yaml"))


def rates(
    estimates: list[Estimate], bound: float, comparison: Literal[">=", "<="], confidence: float
) -> tuple[float, float]:
    """Return how often the gate passes and how often it fails; the rest is inconclusive."""
    threshold = Threshold("accuracy", (), comparison, Quantity(bound), HERE)
    rule, known = Rule("confident", confidence), dict[tuple[int, ...], tuple[bool, bool]]()
    for estimate in estimates:
        if estimate.counts not in known or not estimate.counts:
            found = judge(threshold, estimate, rule)
            known[estimate.counts] = found.holds, not found.holds and not found.inconclusive
    both = np.array([known[estimate.counts] for estimate in estimates])
    return float(both[:, 0].mean()), float(both[:, 1].mean())


def by_chance(alpha: float) -> float:
    return 3 * math.sqrt(alpha * (1 - alpha) / RUNS)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
@pytest.mark.parametrize(("n", "bound"), [(50, 0.5), (200, 0.9), (1000, 0.97)])
@pytest.mark.parametrize("apart", [-0.02, 0.0, 0.02])
def test_a_share_errs_no_more_often_than_it_says(n: int, bound: float, confidence: float, apart: float) -> None:
    alpha, truth = 1 - confidence, bound + apart
    drawn = np.random.default_rng(n).binomial(n, truth, RUNS).tolist()
    passes, fails = rates([proportion(right, n) for right in drawn], bound, ">=", confidence)
    mirrored = rates([proportion(n - right, n) for right in drawn], 1 - bound, "<=", confidence)
    assert mirrored == pytest.approx((passes, fails), abs=1e-12)
    # Exactly at the bound the gate holds; that it also passes no more often than alpha there covers all that lie below.
    if apart <= 0:
        assert passes <= alpha + by_chance(alpha)
    if apart >= 0:
        assert fails <= alpha + by_chance(alpha)


@pytest.mark.parametrize(("n", "lost", "gained"), [(200, 0.05, 0.02), (500, 0.08, 0.03), (300, 0.10, 0.10)])
def test_a_drop_errs_no_more_often_than_it_says(n: int, lost: float, gained: float) -> None:
    drawn = np.random.default_rng(n).multinomial(n, [lost, gained, 1 - lost - gained], RUNS)
    estimates = [paired_difference(int(row[0]), int(row[1]), n) for row in drawn]
    truth = lost - gained
    for bound in (truth - 0.01, truth, truth + 0.01):
        passes, fails = rates(estimates, bound, "<=", 0.95)
        # A score interval holds on average, not at every point: at worst half a point more.
        if bound <= truth:
            assert passes <= 0.055 + by_chance(0.05)
        if bound >= truth:
            assert fails <= 0.055 + by_chance(0.05)


@pytest.mark.parametrize(
    "shares", [(0.8, 0.8, 0.8, 0.8), (0.8, 0.95, 0.95, 0.99), (0.8, 0.8, 0.9, 0.95)], ids=["all", "one", "two"]
)
def test_the_worst_of_several_errs_no_more_often_than_it_says(shares: tuple[float, ...]) -> None:
    drawn = np.random.default_rng(3).binomial(100, shares, (RUNS, len(shares)))
    estimates = [worst_of([proportion(int(right), 100) for right in row]) for row in drawn]
    passes = fails = 0
    for estimate in estimates:
        assert estimate.limits is not None
        low, high = estimate.limits(0.95)
        passes, fails = passes + (low >= 0.8), fails + (high < 0.8)
    assert passes / RUNS <= 0.05 + by_chance(0.05)
    assert fails / RUNS <= 0.05 + by_chance(0.05)


def test_many_checks_that_must_each_prove_themselves_need_no_correction() -> None:
    # Ten checks; one is at its bound, the others far above: the suite passes no more often than that one does.
    rng = np.random.default_rng(9)
    lows = {right: proportion(right, 200).limits for right in range(201)}
    bound, passed = 0.8, 0
    for row in rng.binomial(200, [0.8] + [0.97] * 9, (RUNS, 10)):
        passed += all((limits := lows[int(right)]) is not None and limits(0.95)[0] >= bound for right in row)
    assert passed / RUNS <= 0.05 + by_chance(0.05)
