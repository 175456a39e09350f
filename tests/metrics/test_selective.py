"""Selective classification against brute force over orders, sklearn and hand-computed cases."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

import robustcheck.metrics.selective  # noqa: F401 - registers its metrics
from robustcheck.core.errors import CaseError
from robustcheck.core.registry import metrics
from robustcheck.engine.gates.verdicts import measure
from robustcheck.metrics.records import Observation, Records


def believed(confidence: object, right: object) -> Observation:
    right, sure = np.asarray(right, bool), np.asarray(confidence, np.float32)
    n = len(right)
    zero, wrong = np.zeros(n, np.float32), (~right).astype(np.int32)
    records = Records(
        id=np.array([f"p{row}" for row in range(n)]), label=np.zeros(n, np.int32), predicted=wrong, rank=wrong,
        confidence=sure, loss=zero, brier=zero, margin=zero, borderline=zero > 0, mean_change=zero,
        max_change=zero.astype(np.uint8), unseen=zero, pixels=np.array([""] * n),
    )  # fmt: skip
    return Observation(records, records, ("a", "b"))


def area(right: NDArray[np.bool_]) -> float:
    """Return the area under the curve of pictures in this order, most confident first, by the trapezium rule."""
    risks = np.concatenate([[0], np.cumsum(~right)]) / len(right)
    return float(((risks[1:] + risks[:-1]) / 2).sum()) / len(right)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_augrc_is_the_mean_over_all_orders_of_ties(pictures: list[tuple[int, bool]]) -> None:
    orders = [
        area(np.array([right for _, right in order]))
        for order in itertools.permutations(pictures)
        if all(one[0] >= two[0] for one, two in itertools.pairwise(order))
    ]
    found = measure(believed([0.4 + level / 10 for level, _ in pictures], [right for _, right in pictures]), "augrc")
    assert found.value == pytest.approx(math.fsum(orders) / len(orders))
    assert found.low - 1e-12 <= found.value <= found.high + 1e-12


@given(st.integers(2, 80), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_augrc_is_the_published_formula_of_auroc_and_accuracy(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    confidence, right = np.round(rng.random(n), 1), rng.random(n) < 0.7
    right[:2] = True, False
    accuracy = right.mean()
    auroc = roc_auc_score(right, np.asarray(confidence, np.float32))
    expected = (1 - auroc) * accuracy * (1 - accuracy) + (1 - accuracy) ** 2 / 2
    assert measure(believed(confidence, right), "augrc").value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("confidence", "right", "expected"),
    [
        ([0.9, 0.8, 0.7, 0.6], [1, 1, 1, 0], 0.5 / 16),
        ([0.9, 0.8, 0.7, 0.6], [0, 1, 1, 1], 3.5 / 16),
        ([0.9, 0.9, 0.9, 0.9], [0, 1, 1, 1], 2 / 16),
        ([0.9, 0.8], [1, 1], 0.0),
        ([0.9, 0.8], [0, 0], 0.5),
    ],
)
def test_augrc_by_hand(confidence: list[float], right: list[int], expected: float) -> None:
    assert measure(believed(confidence, right), "augrc").value == pytest.approx(expected)


def test_a_constant_confidence_has_half_the_error_rate_as_area_and_the_accuracy_at_any_coverage() -> None:
    seen = believed([0.7] * 100, np.arange(100) % 5 > 0)
    assert measure(seen, "augrc").value == pytest.approx(0.2 / 2)
    assert [measure(seen, "selective_accuracy", (share,)).value for share in ("100%", "50%", "5%")] == [0.8] * 3


def test_no_mistake_among_few_pictures_proves_no_area_of_nothing() -> None:
    found = measure(believed([0.9] * 20, [1] * 20), "augrc")
    assert found.limits is not None
    rate = 1 - 0.05 ** (1 / 20)
    assert found.limits(0.95) == pytest.approx((0.0, rate - rate**2 / 2))


@pytest.mark.parametrize("too_sure", [0.0, 0.2])
def test_the_ends_of_augrc_hold_as_often_as_they_say(too_sure: float) -> None:
    rng = np.random.default_rng(2)

    def drawn(n: int) -> Observation:
        confidence = rng.beta(4, 1, n)
        return believed(confidence, rng.random(n) < confidence - too_sure)

    truth = measure(drawn(500_000), "augrc").value
    ends = [measure(drawn(120), "augrc").limits(0.95) for _ in range(1000)]  # type: ignore[misc]
    assert np.mean([low > truth for low, _ in ends]) <= 0.07
    assert np.mean([high < truth for _, high in ends]) <= 0.07


SURE, RIGHT = [0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("coverage", "right", "n"),
    [("100%", 3, 5), ("80%", 3, 4), ("60%", 2, 3), ("41%", 2, 3), ("40%", 2, 2), ("20%", 1, 1)],
)
def test_selective_accuracy_takes_the_most_confident(coverage: str, right: int, n: int) -> None:
    found = measure(believed(SURE, RIGHT), "selective_accuracy", (coverage,))
    assert (found.value, found.n, found.counts) == (right / n, n, (right,))


def test_a_share_that_is_a_whole_number_of_pictures_takes_no_further_one() -> None:
    seen = believed(np.linspace(0.1, 0.9, 1000), [1] * 1000)
    for share in range(1, 101):
        assert measure(seen, "selective_accuracy", (f"{share}%",)).n == 10 * share
    assert measure(seen, "selective_accuracy", ("14.3%",)).n == 143


def test_ties_at_the_cut_count_at_their_average_rounded_down() -> None:
    seen = believed([0.9, 0.8, 0.8, 0.8, 0.1], [1, 1, 1, 0, 0])
    # One of them is wanted, right two times of three; then two, right 4/3 times.
    assert measure(seen, "selective_accuracy", ("40%",)).counts == (1,)
    assert measure(seen, "selective_accuracy", ("60%",)).counts == (2,)
    assert measure(seen, "selective_accuracy", ("80%",)).counts == (3,)


def test_the_detail_says_from_which_confidence_on() -> None:
    assert measure(believed(SURE, RIGHT), "selective_accuracy", ("80%",)).detail == "confidence from 60.0%"


@pytest.mark.parametrize("coverage", ["80", "0%", "101%", "most", "80pp"])
def test_what_is_no_coverage_is_refused(coverage: str) -> None:
    with pytest.raises(CaseError, match="is no coverage; write 80%"):
        measure(believed(SURE, RIGHT), "selective_accuracy", (coverage,))


@pytest.mark.parametrize(("coverage", "n"), [("1%", 99), ("19%", 5), ("0.1%", 40), ("99%", 1)])
def test_less_than_one_picture_is_no_coverage(coverage: str, n: int) -> None:
    with pytest.raises(CaseError, match="is less than one picture"):
        measure(believed([0.5] * n, [1] * n), "selective_accuracy", (coverage,))


@given(st.integers(2, 40), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_the_order_of_pictures_changes_nothing(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    seen = believed(np.round(rng.random(n), 1), rng.random(n) < 0.6)
    mixed = seen.of(seen.records.at(rng.permutation(n)))
    for metric, argument in (("augrc", ()), ("selective_accuracy", ("70%",))):
        one, two = measure(seen, metric, argument), measure(mixed, metric, argument)
        assert one == two
        assert one.limits is not None
        assert two.limits is not None
        assert one.limits(0.95) == two.limits(0.95)


def test_the_metrics_are_registered_with_their_syntax() -> None:
    assert metrics["selective_accuracy"].facts.argument == "coverage"
    assert metrics["augrc"].facts.high == 50
