"""What gates: exact ends, tests and the number of pictures they need, against scipy, statsmodels and brute force."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from robustcheck.domain.estimate import Estimate
from robustcheck.stats.intervals import (
    bootstrap,
    clopper_pearson,
    holm,
    least_pictures,
    mcnemar_exact,
    mean_of,
    paired_difference,
    pictures_needed,
    proportion,
    sample_mean,
    tango,
    worst_of,
)


@given(st.integers(1, 3000), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.999]))
def test_clopper_pearson_is_scipys_and_statsmodels(n: int, share: float, confidence: float) -> None:
    successes = round(share * n)
    low, high = clopper_pearson(successes, n, confidence)
    two_sided = 2 * confidence - 1
    found = binomtest(successes, n).proportion_ci(two_sided, "exact")
    assert (low, high) == pytest.approx((found.low, found.high), abs=1e-9)
    assert (low, high) == pytest.approx(proportion_confint(successes, n, 1 - two_sided, "beta"), abs=1e-9)


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 1), (17, 20), (299, 300), (0, 5000)])
def test_a_share_is_shown_with_wilsons_interval_and_gated_with_the_exact_one(successes: int, n: int) -> None:
    found = proportion(successes, n)
    assert (found.low, found.high) == pytest.approx(proportion_confint(successes, n, method="wilson"), abs=1e-12)
    assert found.limits is not None
    assert found.limits(0.975) == clopper_pearson(successes, n, 0.975)
    assert found.counts == (successes,)


def test_limits_are_neither_compared_nor_printed() -> None:
    found = proportion(3, 4)
    assert found == dataclasses.replace(found, limits=None)
    assert "limits" not in repr(found)
    assert Estimate(0.5, 0.4, 0.6, 10) == Estimate(0.5, 0.4, 0.6, 10, "", (), None)


def test_tango_gives_the_published_interval() -> None:
    # Fagerland, Lydersen & Laake, Statistics in Medicine 33 (2014): airway hyper-responsiveness, 1 and 7 of 21 pairs.
    found = paired_difference(1, 7, 21)
    assert (round(found.low, 3), round(found.high, 3)) == (-0.517, -0.026)
    assert found.counts == (1, 7)


@given(st.integers(1, 300), st.data())
def test_one_sided_limits_of_pairs_widen_with_confidence_and_meet_the_interval_that_is_shown(
    n: int, data: st.DataObject
) -> None:
    lost = data.draw(st.integers(0, n))
    gained = data.draw(st.integers(0, n - lost))
    found = paired_difference(lost, gained, n)
    assert found.limits is not None
    assert found.limits(0.975) == (found.low, found.high)
    ends = [found.limits(confidence) for confidence in (0.8, 0.95, 0.999)]
    assert all(a[0] >= b[0] - 1e-9 and a[1] <= b[1] + 1e-9 for a, b in itertools.pairwise(ends))


def test_the_worst_part_carries_limits_for_the_worst_of_all() -> None:
    parts = [proportion(90, 100, detail="a"), proportion(8, 10, detail="b"), proportion(700, 1000, detail="c")]
    found = worst_of(parts)
    assert (found.detail, found.value, found.n) == ("c", 0.7, 1000)
    assert found.limits is not None
    # Eight of ten might be worse than 700 of 1 000; that it is proven bad takes the correction for three.
    assert found.limits(0.95)[0] == clopper_pearson(8, 10, 0.95)[0]
    assert found.limits(0.95)[1] == clopper_pearson(700, 1000, 1 - 0.05 / 3)[1]


def test_worst_of_is_mirrored_where_lower_is_better() -> None:
    shares = [(90, 100), (8, 10), (700, 1000)]
    high = worst_of([proportion(s, n) for s, n in shares])
    low = worst_of([proportion(n - s, n) for s, n in shares], better="lower")
    assert high.limits is not None
    assert low.limits is not None
    assert low.value == pytest.approx(1 - high.value)
    assert low.limits(0.9) == pytest.approx(tuple(1 - end for end in reversed(high.limits(0.9))))


def test_the_worst_of_equal_parts_is_the_first_by_detail() -> None:
    parts = [proportion(5, 10, detail=name) for name in "cab"]
    assert worst_of(parts).detail == worst_of(parts, better="lower").detail == "a"


def test_one_part_is_the_worst_of_itself_and_its_own_mean() -> None:
    part = proportion(17, 20)
    assert part.limits is not None
    for found in (worst_of([part]), mean_of([part])):
        assert found.limits is not None
        assert found.limits(0.95) == pytest.approx(part.limits(0.95))


def test_the_worst_of_parts_of_which_one_has_no_limits_has_none() -> None:
    assert worst_of([proportion(1, 2), Estimate(0.1, 0, 1, 3)]).limits is None


@pytest.mark.parametrize(("bound", "needed"), [(0.01, 299), (0.001, 2995), (0.0001, 29956)])
def test_zero_confusions_prove_only_so_much(bound: float, needed: int) -> None:
    assert least_pictures(bound, at_least=False, confidence=0.95) == needed
    assert least_pictures(1 - bound, at_least=True, confidence=0.95) == needed
    assert clopper_pearson(0, needed, 0.95)[1] <= bound < clopper_pearson(0, needed - 1, 0.95)[1]


@given(st.floats(0.002, 0.998), st.sampled_from([0.6, 0.95, 0.999]), st.booleans(), st.booleans())
def test_least_pictures_is_where_a_perfect_result_first_clears(
    bound: float, confidence: float, at_least: bool, strict: bool
) -> None:
    needed = least_pictures(bound, at_least=at_least, confidence=confidence, strict=strict)
    assert needed is not None
    for n, expected in ((needed - 1, False), (needed, True)):
        if n:
            low, high = clopper_pearson(n if at_least else 0, n, confidence)
            apart = low - bound if at_least else bound - high
            # Exactly at the bound rounding decides.
            assert (apart > 0) is expected or abs(apart) < 1e-9


def test_least_pictures_at_a_bound_that_is_met_exactly() -> None:
    # One success in one has the lower end 1 - confidence.
    assert least_pictures(0.25, at_least=True, confidence=0.75) == 1
    assert least_pictures(0.25, at_least=True, confidence=0.75, strict=True) == 2


@pytest.mark.parametrize(
    ("bound", "at_least", "needed"), [(1, True, None), (0, False, None), (0, True, 1), (1, False, 1)]
)
def test_least_pictures_where_no_number_or_any_would_do(bound: float, at_least: bool, needed: int | None) -> None:
    assert least_pictures(bound, at_least=at_least, confidence=0.95) == needed


def clears(counts: tuple[int, ...], n: int, bound: float, at_least: bool) -> bool:
    low, high = clopper_pearson(counts[0], n, 0.95) if len(counts) == 1 else tango(counts[0], counts[1], n, 0.95)
    return low >= bound if at_least else high <= bound


@pytest.mark.parametrize(
    ("estimate", "bound", "at_least"),
    [
        (proportion(92, 100), 0.9, True),
        (proportion(3, 100), 0.05, False),
        (proportion(1, 1), 0.95, True),
        (paired_difference(5, 2, 100), 0.05, False),
        (paired_difference(0, 0, 20), 0.02, False),
        (paired_difference(6, 1, 50), 0.02, True),
    ],
)
def test_pictures_needed_are_where_the_same_rate_begins_to_clear(
    estimate: Estimate, bound: float, at_least: bool
) -> None:
    needed = pictures_needed(estimate, bound, at_least=at_least, confidence=0.95)
    assert needed is not None
    assert needed > estimate.n
    rate = [count / estimate.n for count in estimate.counts]
    assert clears(tuple(round(share * needed) for share in rate), needed, bound, at_least)
    shorter = [
        n
        for n in range(estimate.n, int(needed * 0.95))
        if clears(tuple(round(r * n) for r in rate), n, bound, at_least)
    ]
    # Counts are whole, so here and there a few pictures less would do; never many less.
    assert not shorter or min(shorter) > needed * 0.8


def test_no_number_of_pictures_helps_on_the_wrong_side_or_at_the_bound() -> None:
    for value in (89, 90):
        assert pictures_needed(proportion(value, 100), 0.9, at_least=True, confidence=0.95) is None
    assert pictures_needed(proportion(7, 10), math.nextafter(0.7, 0), at_least=True, confidence=0.95) is None
    assert pictures_needed(Estimate(0.5, 0.4, 0.6, 9), math.nextafter(0.5, 0), at_least=True, confidence=0.95) is None


def test_pictures_needed_scale_with_the_square_of_the_reach_where_nothing_is_counted() -> None:
    estimate = Estimate(0.5, 0.3, 0.6, 100)
    assert pictures_needed(estimate, 0.4, at_least=True, confidence=0.95) == pytest.approx(400, abs=1)
    assert pictures_needed(estimate, 0.55, at_least=False, confidence=0.95) == pytest.approx(400, abs=1)


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_is_the_exact_binomial_test(lost: int, gained: int) -> None:
    found = mcnemar_exact(lost, gained)
    if lost + gained:
        assert found == pytest.approx(binomtest(lost, lost + gained, 0.5, alternative="greater").pvalue)
    else:
        assert found == 1
    # statsmodels doubles the smaller tail.
    double = mcnemar([[9, lost], [gained, 9]], exact=True).pvalue if lost + gained else 1.0
    assert min(1.0, 2 * min(found, mcnemar_exact(gained, lost))) == pytest.approx(double)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_holm_is_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1].tolist())


def test_holm_of_nothing_is_nothing() -> None:
    assert holm([]) == []


def test_bootstrap_is_seeded_and_close_to_the_normal_end_of_a_mean() -> None:
    values = np.random.default_rng(0).normal(5, 2, 400)

    def ends(seed: int) -> tuple[float, float]:
        return bootstrap(lambda rows: float(values[rows].mean()), 400, seed=seed, confidence=0.95)

    assert ends(1) == ends(1) != ends(2)
    reach = 1.645 * values.std() / 20
    assert ends(1) == pytest.approx((values.mean() - reach, values.mean() + reach), abs=0.015)


@pytest.mark.parametrize(("right", "n"), [(0, 20), (1, 1), (17, 20), (90, 100), (100, 100)])
def test_limits_of_a_mean_of_zeros_and_ones_are_those_of_the_share(right: int, n: int) -> None:
    found = sample_mean([1.0] * right + [0.0] * (n - right))
    assert found.limits is not None
    assert found.limits(0.95) == pytest.approx(clopper_pearson(right, n, 0.95), abs=0.012)
    assert found.limits(0.95) == found.limits(0.95)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_limits_of_a_mean_lie_within_the_range_and_widen_with_confidence(values: list[float]) -> None:
    found = sample_mean(values)
    assert found.limits is not None
    (low, high), (lower, higher) = found.limits(0.6), found.limits(0.99)
    assert 0 <= lower <= low <= found.value + 1e-12
    assert found.value - 1e-12 <= high <= higher <= 1


def test_numbers_that_are_all_alike_still_prove_only_what_their_number_allows() -> None:
    found = sample_mean([0.9, 0.9])
    assert found.low == found.high == pytest.approx(0.9)
    assert found.limits is not None
    assert found.limits(0.95)[0] < 0.25


def test_the_mean_of_perfect_classes_proves_what_their_pictures_prove() -> None:
    found = mean_of([proportion(20, 20)] * 10)
    assert found.limits is not None
    assert found.limits(0.95)[0] <= clopper_pearson(200, 200, 0.95)[0]
    below = mean_of([proportion(19, 20)] + [proportion(20, 20)] * 9).limits
    assert below is not None
    assert below(0.95)[1] == pytest.approx(clopper_pearson(199, 200, 0.95)[1])
