"""How long a gate that stops early looks, and how often it errs, over 2,000 random orders of a set."""

import functools
import math

import numpy as np
import pytest
from gates import boundaries, simulate, simulate_each
from numpy.typing import NDArray

from robustcheck.stats.confidence_sequence import Anytime

RUNS = 2000
ALPHA = 0.05
BY_CHANCE = 3 * math.sqrt(ALPHA * (1 - ALPHA) / RUNS)


@functools.cache
def ten_thousand() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return boundaries(Anytime(10_000, 0.9, at_least=True, alpha=0.001), 10_000)


@pytest.mark.parametrize(
    ("share", "each", "every_64"),
    [(0.99, 111, 146), (0.95, 439, 470), (0.92, 2548, 2578), (0.90, 9987, 9987), (0.85, 733, 765), (0.50, 16, 64)],
)
def test_pictures_looked_at_are_those_of_the_table(share: float, each: int, every_64: int) -> None:
    found = simulate_each(ten_thousand(), round(share * 10_000), RUNS, every=(1, 64))
    for (seen, passed), expected in zip(found, (each, every_64), strict=True):
        assert seen.mean() == pytest.approx(expected, rel=0.15)
        wrong = int((passed != (share >= 0.9)).sum())
        assert wrong <= (RUNS * 0.001 + 3 * math.sqrt(RUNS * 0.001))


@pytest.mark.parametrize("at_least", [True, False])
@pytest.mark.parametrize(("total", "bound"), [(1000, 0.9), (1000, 0.5), (300, 0.97)])
def test_wrong_verdicts_are_no_more_often_than_alpha(total: int, bound: float, at_least: bool) -> None:
    edge = round(bound * total)
    gate = Anytime(total, bound if at_least else 1 - bound, at_least=at_least, alpha=ALPHA)
    if at_least:
        limits = boundaries(gate, total)
    else:
        # Right and wrong are exchanged: what occurs must be rare.
        limits = boundaries(_Mirrored(gate), total)  # type: ignore[arg-type]
    for successes in (edge - total // 50, edge - 1, edge, edge + total // 50):
        passed = simulate(limits, successes, RUNS, seed=successes)[1]
        assert (passed != (successes >= edge)).mean() <= ALPHA + BY_CHANCE


class _Mirrored:
    def __init__(self, gate: Anytime) -> None:
        self._gate = gate

    def decide(self, right: int, wrong: int) -> str | None:
        return self._gate.decide(wrong, right)


def test_peeking_at_a_fixed_interval_errs_far_more_often_than_this() -> None:
    # The reason for all of it: a nominal 5% looked at after each picture.
    rng = np.random.default_rng(1)
    total, bound = 1000, 0.9
    seen = np.arange(1, total + 1)
    right = rng.permuted(np.broadcast_to(np.arange(total) < 899, (RUNS, total)), axis=1).cumsum(axis=1)
    share = right / seen
    z = (share - bound) / np.sqrt(bound * (1 - bound) / seen)
    assert (z[:, 30:] > 1.645).any(axis=1).mean() > 3 * ALPHA
    passed = simulate(boundaries(Anytime(total, bound, at_least=True, alpha=ALPHA), total), 899, RUNS, seed=1)[1]
    assert passed.mean() <= ALPHA + BY_CHANCE
