"""Intervals against closed forms, independent solutions and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from robustcheck.domain.estimate import Estimate
from robustcheck.stats.intervals import mean_of, paired_difference, proportion, sample_mean


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (17, 20), (50, 50), (3, 1000)])
def test_proportion_is_wilsons_interval_in_closed_form(successes: int, n: int) -> None:
    z = float(norm.isf(0.025))
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    found = proportion(successes, n)
    assert (found.value, found.n) == (p, n)
    assert found.low == pytest.approx(max(0, centre - reach), abs=1e-12)
    assert found.high == pytest.approx(min(1, centre + reach), abs=1e-12)


def score_statistic(delta: float, lost: int, gained: int, n: int) -> float:
    """Tango's statistic with its nuisance parameter found by maximising the likelihood numerically."""

    def minus_log_likelihood(q: float) -> float:
        cells = (lost, q + delta), (gained, q), (n - lost - gained, 1 - 2 * q - delta)
        return -sum(count * math.log(max(chance, 1e-300)) for count, chance in cells if count)

    low, high = max(0.0, -delta), (1 - delta) / 2
    q = minimize_scalar(minus_log_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    return (lost - gained - n * delta) / math.sqrt(n * (2 * q + delta * (1 - delta)))


@pytest.mark.parametrize(("lost", "gained", "n"), [(1, 1, 14), (43, 2, 100), (6, 0, 100), (3, 12, 200), (30, 25, 500)])
def test_paired_difference_solves_tangos_equation(lost: int, gained: int, n: int) -> None:
    found = paired_difference(lost, gained, n)
    z = float(norm.isf(0.025))
    assert found.value == pytest.approx((lost - gained) / n)
    assert score_statistic(found.low, lost, gained, n) == pytest.approx(z, abs=1e-3)
    assert score_statistic(found.high, lost, gained, n) == pytest.approx(-z, abs=1e-3)


@given(st.integers(1, 400), st.data())
def test_paired_difference_is_ordered_bounded_and_antisymmetric(n: int, data: st.DataObject) -> None:
    lost = data.draw(st.integers(0, n))
    gained = data.draw(st.integers(0, n - lost))
    found, mirrored = paired_difference(lost, gained, n), paired_difference(gained, lost, n)
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high
    assert (found.low, found.high) == pytest.approx((-mirrored.high, -mirrored.low), abs=1e-6)


@pytest.mark.parametrize(("lost", "gained"), [(0.08, 0.02), (0.02, 0.005), (0.3, 0.3)])
def test_paired_difference_covers_the_truth_at_its_nominal_rate(lost: float, gained: float) -> None:
    rng = np.random.default_rng(5)
    draws = rng.multinomial(120, [lost, gained, 1 - lost - gained], size=600)
    unique, counts = np.unique(draws, axis=0, return_counts=True)
    intervals = [paired_difference(int(row[0]), int(row[1]), 120) for row in unique]
    covered = sum(int(c) for e, c in zip(intervals, counts, strict=True) if e.low <= lost - gained <= e.high)
    assert 0.93 <= covered / 600 <= 0.99


def test_mean_of_equal_parts_narrows_with_their_number() -> None:
    part = proportion(80, 100)
    one, four = mean_of([part]), mean_of([part] * 4)
    assert (one.low, one.high) == pytest.approx((part.low, part.high))
    assert four.value == pytest.approx(part.value)
    assert four.high - four.low == pytest.approx((part.high - part.low) / 2)
    assert four.n == 400


def test_sample_mean_is_students_interval() -> None:
    found = sample_mean([0.2, 0.4, 0.6])
    reach = 4.302653 * 0.2 / math.sqrt(3)
    assert found == Estimate(pytest.approx(0.4), 0.0, pytest.approx(0.4 + reach, abs=1e-6), 3)
    assert sample_mean([0.3]) == Estimate(0.3, 0.0, 1.0, 1)
