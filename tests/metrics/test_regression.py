"""What a run lost and gained against the accepted one, picture by picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from robustcheck.core.errors import CaseError
from robustcheck.metrics.records import Observation, Records
from robustcheck.metrics.regression import negative_flips, regression
from robustcheck.stats.intervals import paired_difference

ADVICE = "run suites/s.yaml and accept its report: robustcheck baseline accept REPORT --reason '...'"


def bits(text: str) -> NDArray[np.bool_]:
    return np.array([mark == "1" for mark in text])


def records(right: str) -> Records:
    n = len(right)
    zero = np.zeros(n, np.float32)
    return Records(
        id=np.array([f"p{row}" for row in range(n)]),
        label=np.zeros(n, np.int32),
        predicted=np.zeros(n, np.int32),
        rank=(~bits(right)).astype(np.int32),
        confidence=zero,
        loss=zero,
        brier=zero,
        margin=zero,
        borderline=np.zeros(n, bool),
        mean_change=zero,
        max_change=np.zeros(n, np.uint8),
        unseen=zero,
        pixels=np.array([""] * n),
    )


def observed(now: str, before: str | None, why: str = "") -> Observation:
    return Observation(
        records(now), records(now), ("a", "b"), baseline=None if before is None else bits(before), no_baseline=why
    )


def test_regression_counts_pairs() -> None:
    seen = observed("0001111111", "1110111111")
    estimate = regression(seen).estimate()
    expected = paired_difference(3, 1, 10)
    assert (estimate.value, estimate.low, estimate.high, estimate.n) == (0.2, expected.low, expected.high, 10)
    assert estimate.detail == "3 lost, 1 gained"
    assert estimate.low < 0 < estimate.high


def test_negative_flips_are_named_however_many_got_right_instead() -> None:
    estimate = negative_flips(observed("0001111111", "1110111111")).estimate()
    assert (estimate.value, estimate.n, estimate.detail) == (0.3, 10, "p0, p1, p2")
    assert negative_flips(observed("0000000", "1111111")).detail == "p0, p1, p2, p3, p4 and 2 more"
    assert negative_flips(observed("111", "000")).detail == ""


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_regression_is_what_was_lost_less_what_was_gained(pairs: list[tuple[bool, bool]]) -> None:
    before, now = ("".join("01"[pair[place]] for pair in pairs) for place in (0, 1))
    seen = observed(now, before)
    gained = sum(b and not a for a, b in pairs) / len(pairs)
    assert regression(seen).estimate().value == pytest.approx(negative_flips(seen).estimate().value - gained)
    assert regression(seen).estimate().value == pytest.approx(bits(before).mean() - bits(now).mean())
    assert regression(observed(now, now)).estimate().value == 0


@pytest.mark.parametrize("metric", [regression, negative_flips])
@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("", "there is no baseline to compare with; accept a run: robustcheck baseline accept REPORT --reason '...'"),
        ("b.json: it is torn", "b.json: it is torn; accept a run: robustcheck baseline accept REPORT --reason '...'"),
        (f"b.json has no case fog; {ADVICE}", f"b.json has no case fog; {ADVICE}"),
    ],
)
def test_without_a_baseline_there_is_no_number(metric: Any, why: str, told: str) -> None:
    with pytest.raises(CaseError) as error:
        metric(observed("11", None, why))
    assert str(error.value) == told
