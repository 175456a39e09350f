"""Calibration against sklearn, torchmetrics, hand-computed cases and simulated models."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, log_loss
from torchmetrics.classification import MulticlassCalibrationError

from robustcheck.core.errors import CaseError
from robustcheck.domain.estimate import Estimate
from robustcheck.engine.gates.verdicts import measure
from robustcheck.metrics import calibration
from robustcheck.metrics.records import Observation, Records, score
from robustcheck.stats.mean import mean_between


def observed(logits: NDArray[np.floating], labels: NDArray[np.int32]) -> Observation:
    n = len(labels)
    records = Records.of(
        {
            "id": np.array([f"p{row}" for row in range(n)]),
            "label": labels,
            "mean_change": np.ones(n, np.float32),
            "max_change": np.ones(n, np.uint8),
            "unseen": np.zeros(n, np.float32),
            "pixels": np.array(["00"] * n),
            **score(logits, labels),
        }
    )
    return Observation(records, records, tuple(f"c{index}" for index in range(logits.shape[1])))


def believed(confidence: NDArray[np.floating], right: NDArray[np.bool_]) -> Observation:
    """Return what two classes give when the predicted one has a confidence of at least one half."""
    odds = np.log(confidence) - np.log1p(-confidence)
    return observed(np.stack([odds, np.zeros(len(odds))], axis=1), (~right).astype(np.int32))


def random_model(n: int, classes: int, seed: int, *, sure: float = 1.0) -> Observation:
    rng = np.random.default_rng(seed)
    logits = sure * rng.normal(0, 2, (n, classes))
    return observed(logits, rng.integers(0, classes, n).astype(np.int32))


def softmax(logits: NDArray[np.floating]) -> NDArray[np.floating]:
    return torch.from_numpy(logits).softmax(1).numpy()


@given(st.integers(2, 60), st.integers(2, 7), st.integers(0, 2**32 - 1), st.floats(0.1, 1.5))
@settings(max_examples=40, deadline=None)
def test_proper_scores_agree_with_sklearn(n: int, classes: int, seed: int, sure: float) -> None:
    rng = np.random.default_rng(seed)
    logits = sure * rng.normal(0, 2, (n, classes))
    labels = rng.integers(0, classes, n).astype(np.int32)
    seen = observed(logits, labels)
    probabilities = softmax(logits)
    names = list(range(classes))
    expected = brier_score_loss(labels, probabilities, scale_by_half=False, labels=names)
    assert measure(seen, "brier").value == pytest.approx(expected, abs=1e-6)
    expected = log_loss(labels, np.clip(probabilities, 1e-30, 1), labels=names)
    assert measure(seen, "nll").value == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(
    ("logits", "label", "expected"),
    [
        ([0.0, 0.0], 0, 0.5),
        ([0.0, 0.0, 0.0], 1, 2 / 3),
        ([math.log(3), 0.0], 0, 2 * 0.25**2),
        ([1e4, 0.0], 0, 0.0),
        ([1e4, 0.0], 1, 2.0),
    ],
)
def test_brier_of_one_picture(logits: list[float], label: int, expected: float) -> None:
    found = measure(observed(np.array([logits]), np.array([label], np.int32)), "brier")
    assert found.value == pytest.approx(expected)
    assert (found.low, found.high, found.n) == (0.0, 2.0, 1)


def test_one_picture_gives_no_interval_of_a_loss_without_end() -> None:
    with pytest.raises(CaseError, match="one picture alone gives no interval"):
        measure(observed(np.zeros((1, 2)), np.zeros(1, np.int32)), "nll")


@given(st.integers(1, 300), st.integers(2, 6), st.integers(0, 2**32 - 1), st.floats(0.1, 3))
@settings(max_examples=30, deadline=None)
def test_plain_error_agrees_with_torchmetrics(n: int, classes: int, seed: int, sure: float) -> None:
    rng = np.random.default_rng(seed)
    logits = sure * rng.normal(0, 2, (n, classes))
    labels = rng.integers(0, classes, n).astype(np.int32)
    oracle = MulticlassCalibrationError(num_classes=classes, n_bins=15, norm="l1")
    expected = float(oracle(torch.from_numpy(softmax(logits)), torch.from_numpy(labels).long()))
    assert plain(observed(logits, labels)) == pytest.approx(expected, abs=1e-5)


def plain(seen: Observation) -> float:
    confidence = seen.records.confidence.astype(np.float64)
    return calibration._error(calibration._bins(confidence), seen.records.right - confidence)


def test_plain_error_by_hand() -> None:
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.62, 0.62])
    right = np.array([True, True, True, False, False, True])
    assert plain(believed(confidence, right)) == pytest.approx((4 * (0.95 - 0.75) + 2 * (0.62 - 0.5)) / 6)


def test_a_confidence_of_one_is_in_the_last_bin() -> None:
    assert calibration._bins(np.array([1.0, 14 / 15 + 1e-9, 0.0])).tolist() == [14, 14, 0]


def calibrated(n: int, rng: np.random.Generator, *, too_sure: float = 0.0) -> Observation:
    confidence = 0.5 + 0.499 * rng.beta(3, 1, n)
    return believed(confidence, rng.random(n) < confidence - too_sure)


@pytest.mark.parametrize(("n", "least_plain"), [(300, 0.03), (1000, 0.015)])
def test_a_perfect_model_reads_nearly_nothing_once_chance_is_taken_off(n: int, least_plain: float) -> None:
    rng = np.random.default_rng(7)
    models = [calibrated(n, rng) for _ in range(40)]
    assert np.mean([plain(seen) for seen in models]) > least_plain
    nulls = [calibration._null(np.sort(seen.records.confidence.astype(float))) for seen in models]
    assert np.mean(nulls) == pytest.approx(np.mean([plain(seen) for seen in models]), rel=0.08)
    found = [measure(seen, "ece").value for seen in models]
    assert found == [max(0.0, plain(seen) - null) for seen, null in zip(models, nulls, strict=True)]
    assert np.mean(found) < 0.25 * least_plain


@pytest.mark.parametrize("too_sure", [0.0, 0.03, 0.1, 0.3])
def test_the_ends_of_ece_hold_as_often_as_they_say(too_sure: float) -> None:
    rng = np.random.default_rng(11)
    truth = plain(calibrated(400_000, rng, too_sure=too_sure))
    ends = [measure(calibrated(300, rng, too_sure=too_sure), "ece").limits(0.9) for _ in range(60)]  # type: ignore[misc]
    assert sum(low > truth for low, _ in ends) <= 60 * 0.1 + 3 * math.sqrt(60 * 0.09)
    assert sum(high < truth for _, high in ends) <= 60 * 0.1 + 3 * math.sqrt(60 * 0.09)


def test_a_model_far_off_keeps_its_error() -> None:
    seen = believed(np.full(2000, 0.95), np.arange(2000) % 2 == 0)
    found = measure(seen, "ece")
    assert found.value == pytest.approx(0.45, abs=0.01)
    assert found.low < 0.45 < found.high
    assert found.detail == "45.0% as counted, 0.4% by chance alone"


@pytest.mark.parametrize("right", [True, False])
def test_pictures_that_are_all_right_or_all_wrong_prove_no_perfect_calibration(right: bool) -> None:
    found = measure(believed(np.full(10, 1 - 1e-12), np.full(10, right)), "ece")
    assert found.value == pytest.approx(0.0 if right else 1.0)
    assert found.limits is not None
    assert found.limits(0.95)[1] >= min(1.0, found.value + 1 - 0.05 ** (1 / 10)) - 1e-9


def test_confidence_when_wrong() -> None:
    seen = believed(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, False]))
    found = measure(seen, "confidence_when_wrong")
    assert found.value == pytest.approx(0.7)
    assert found.n == 2
    none = measure(believed(np.array([0.9, 0.8]), np.array([True, True])), "confidence_when_wrong")
    assert (none.value, none.low, none.high, none.n, none.detail) == (0.0, 0.0, 1.0, 2, "no picture is wrong")
    assert none.limits is not None
    assert none.limits(0.99) == (0.0, 1.0)


@pytest.mark.parametrize("metric", ["brier", "nll", "ece", "confidence_when_wrong"])
def test_the_order_of_pictures_changes_nothing(metric: str) -> None:
    seen = random_model(120, 4, 3)
    mixed = seen.of(seen.records.at(np.random.default_rng(0).permutation(120)))
    assert _ends(measure(seen, metric)) == _ends(measure(mixed, metric))


def _ends(found: Estimate) -> tuple[object, ...]:
    assert found.limits is not None
    return (found, found.limits(0.9), found.limits(0.95))


@given(st.lists(st.floats(0, 50), min_size=2, max_size=30), st.sampled_from([0.6, 0.9, 0.95, 0.999]))
def test_ends_of_a_mean_are_in_order(values: list[float], confidence: float) -> None:
    found = mean_between(values, low=0.0, high=50.0)
    assert found.limits is not None
    low, high = found.limits(confidence)
    assert 0 <= low <= found.value * (1 + 1e-12) + 1e-12
    assert found.value * (1 - 1e-12) - 1e-12 <= high <= 50
    assert found.low <= found.value * (1 + 1e-12) + 1e-12


def test_a_mean_of_even_numbers_has_students_interval() -> None:
    from scipy.stats import t

    values = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    found = mean_between(values, low=0, high=1)
    expected = t.interval(0.95, 4, values.mean(), values.std(ddof=1) / math.sqrt(5))
    assert (found.low, found.high) == pytest.approx(expected)


def test_ends_of_a_skewed_mean_miss_evenly() -> None:
    rng = np.random.default_rng(5)
    ends = [mean_between(rng.exponential(1.0, 60) ** 1.5, low=0, high=math.inf).limits(0.95) for _ in range(2000)]  # type: ignore[misc]
    truth = math.gamma(2.5)
    assert np.mean([low > truth for low, _ in ends]) == pytest.approx(0.05, abs=0.02)
    assert np.mean([high < truth for _, high in ends]) == pytest.approx(0.06, abs=0.025)


@pytest.mark.long
def test_ten_thousand_pictures_take_no_time() -> None:
    seen = calibrated(10_000, np.random.default_rng(0))
    measure(seen, "ece")
    times = []
    for _ in itertools.repeat(None, 3):
        start = time.perf_counter()
        measure(seen, "ece")
        times.append(time.perf_counter() - start)
    assert min(times) < 0.6
