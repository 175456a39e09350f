"""The process that stops early: exact small cases, its formula in another form, and what it may never do."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.integrate import quad

from robustcheck.stats.confidence_sequence import Anytime

BOUNDS = st.one_of(
    st.sampled_from([0.0, 1.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 1 / 3]), st.integers(0, 1000).map(lambda k: k / 1000)
)


def holds(successes: int, total: int, bound: float, at_least: bool, strict: bool) -> bool:
    share, limit = Fraction(successes, total), Fraction(bound).limit_denominator(1000)
    if at_least:
        return share > limit if strict else share >= limit
    return share < limit if strict else share <= limit


@given(st.integers(1, 300), st.data(), BOUNDS, st.booleans(), st.booleans(), st.sampled_from([0.2, 0.05, 0.001]))
def test_at_the_end_the_verdict_is_the_plain_comparison(
    total: int, data: st.DataObject, bound: float, at_least: bool, strict: bool, alpha: float
) -> None:
    successes = data.draw(st.integers(0, total))
    found = Anytime(total, bound, at_least=at_least, alpha=alpha, strict=strict).decide(successes, total - successes)
    assert found == ("pass" if holds(successes, total, bound, at_least, strict) else "fail")


@given(st.integers(1, 200), st.data(), BOUNDS, st.booleans(), st.booleans())
@example(3, None, 1.0, True, False)
def test_a_certain_outcome_is_never_open_and_never_the_other(
    total: int, data: st.DataObject | None, bound: float, at_least: bool, strict: bool
) -> None:
    successes = data.draw(st.integers(0, total)) if data else 0
    failures = data.draw(st.integers(0, total - successes)) if data else 0
    found = Anytime(total, bound, at_least=at_least, alpha=1e-6, strict=strict).decide(successes, failures)
    possible = {
        holds(end, total, bound, at_least, strict) for end in range(successes, total - failures + 1)
    }  # what the rest can still make of it
    if len(possible) == 1:
        assert found == ("pass" if possible == {True} else "fail")


@given(st.integers(1, 120), st.data(), BOUNDS, st.booleans())
def test_at_most_is_at_least_of_the_contrary(total: int, data: st.DataObject, bound: float, strict: bool) -> None:
    bound = round(bound, 3)
    successes = data.draw(st.integers(0, total))
    failures = data.draw(st.integers(0, total - successes))
    one = Anytime(total, bound, at_least=True, alpha=0.05, strict=strict).decide(successes, failures)
    other = Anytime(total, 1 - bound, at_least=False, alpha=0.05, strict=strict).decide(failures, successes)
    assert one == other


@given(st.integers(2, 150), st.data(), BOUNDS)
def test_of_as_many_pictures_more_right_is_never_worse(total: int, data: st.DataObject, bound: float) -> None:
    seen = data.draw(st.integers(1, total))
    gate = Anytime(total, bound, at_least=True, alpha=0.05)
    order = {"fail": 0, None: 1, "pass": 2}
    found = [order[gate.decide(successes, seen - successes)] for successes in range(seen + 1)]
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("total", "bound", "at_least", "strict", "expected"),
    [
        (10, 0.0, True, False, "pass"),
        (10, 1.0, False, False, "pass"),
        (10, 1.0, True, True, "fail"),
        (10, 0.0, False, True, "fail"),
        (0, 0.0, True, False, "pass"),
        (10, 0.0, True, True, None),
        (10, 1.0, True, False, None),
        (10, 0.0, False, False, None),
        (1, 0.5, True, False, None),
        (10_000_000, 0.5, True, False, None),
    ],
)
def test_before_the_first_picture(total: int, bound: float, at_least: bool, strict: bool, expected: str | None) -> None:
    assert Anytime(total, bound, at_least=at_least, alpha=0.05, strict=strict).decide(0, 0) == expected


@pytest.mark.parametrize(
    ("bound", "total", "needed"), [(0.9, 10, 9), (0.7, 10, 7), (0.07, 100, 7), (0.29, 100, 29), (0.901, 10, 10)]
)
def test_a_bound_is_the_count_that_it_says_whatever_floating_point_makes_of_it(
    bound: float, total: int, needed: int
) -> None:
    for at_least, limit in ((True, bound), (False, 1 - bound)):
        gate = Anytime(total, limit, at_least=at_least, alpha=0.05)
        enough, short = (needed, total - needed), (needed - 1, total - needed + 1)
        assert gate.decide(*(enough if at_least else enough[::-1])) == "pass"
        assert gate.decide(*(short if at_least else short[::-1])) == "fail"


def test_the_evidence_is_the_mixture_integrated_numerically() -> None:
    total, bound, alpha = 500, 0.9, 0.05
    gate = Anytime(total, bound, at_least=True, alpha=alpha)
    cut = (450 - 0.5) / total

    def log_evidence(right: int, wrong: int, *, above: bool) -> float:
        span = (cut, 1) if above else (0, cut)
        mixture = quad(lambda p: p**right * (1 - p) ** wrong, *span, epsabs=0)[0] / (span[1] - span[0])
        rival = 449 if above else 450
        draws = [rival - k for k in range(right)] + [total - rival - k for k in range(wrong)]
        return math.log(mixture) - sum(map(math.log, draws)) + sum(math.log(total - k) for k in range(right + wrong))

    for seen in (5, 20, 60, 150):
        for right in range(seen + 1):
            wrong = seen - right
            if wrong > 50 or right >= 450:
                continue
            above = right / seen > cut
            evident = log_evidence(right, wrong, above=above) >= math.log(1 / alpha)
            assert gate.decide(right, wrong) == (("pass" if above else "fail") if evident else None), (right, wrong)


def test_large_sets_do_not_lose_their_evidence_to_rounding() -> None:
    gate = Anytime(5_000_000, 0.999, at_least=True, alpha=1e-6)
    assert gate.decide(1_000_000, 100) == "pass"
    assert gate.decide(1_000_000, 5_000) == "fail"
    assert gate.decide(999_000, 1_000) is None
    assert gate.decide(0, 4_000) == "fail"


@pytest.mark.parametrize(
    ("total", "bound", "alpha"),
    [
        (1, 0.5, 0.05),
        (2, 0.9, 0.2),
        (3, 0.5, 0.2),
        (200, 0.9, 0.05),
        (200, 0.5, 0.05),
        (150, 0.99, 0.01),
        (150, 0.02, 0.1),
    ],
)
@pytest.mark.parametrize("at_least", [True, False])
def test_no_set_is_misjudged_more_often_than_alpha_added_up_over_all_orders(
    total: int, bound: float, alpha: float, at_least: bool
) -> None:
    gate = Anytime(total, bound, at_least=at_least, alpha=alpha)
    table = {
        (right, seen - right): gate.decide(right, seen - right)
        for seen in range(total + 1)
        for right in range(seen + 1)
    }
    edge = round(bound * total)
    for successes in sorted({0, max(edge - 5, 0), *range(max(edge - 1, 0), min(edge + 2, total) + 1), total}):
        truth = "pass" if gate.decide(successes, total - successes) == "pass" else "fail"
        assert misjudged(table, successes, total, truth) <= alpha + 1e-12


def misjudged(table: dict[tuple[int, int], str | None], successes: int, total: int, truth: str) -> float:
    """Return how often an order of such a set stops at the other verdict: exact, by where every order is."""
    wrong, chance = 0.0, np.zeros(total + 1)
    chance[0] = 1.0
    for seen in range(total + 1):
        for right in np.flatnonzero(chance):
            found = table[int(right), seen - int(right)]
            if found is not None:
                wrong += chance[right] * (found != truth)
                chance[right] = 0.0
        if seen == total:
            break
        right = np.arange(total + 1)
        step = np.clip((successes - right) / (total - seen), 0, 1)
        chance = chance * (1 - step) + np.concatenate([[0.0], (chance * step)[:-1]])
    return wrong
