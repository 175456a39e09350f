"""Which answers may stand without a person: the promise is kept, whatever the model's confidence is worth."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from robustcheck.core.errors import CaseError
from robustcheck.domain.labels import Review
from robustcheck.metrics.automation import automatic_share, calibrate, least_sample
from robustcheck.metrics.records import Observation, Records, score

RULE = Review(max_risk=0.01, confidence=0.95, audit_fraction=0.1)
Risk = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def surely(confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """A model whose confidence is true: it is wrong as often as it says."""
    return 1 - confidence


def boldly(confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """A model that is five times as often wrong as it says."""
    return np.minimum(1, 5 * (1 - confidence))


def flatly(confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """A model whose confidence says nothing: the risk is a little too high everywhere, which is the hardest case."""
    return np.full_like(confidence, 0.0105)


def wildly(confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """A model that is worst where it is surest."""
    return np.where(confidence > 0.99, 0.03, 0.002)


def stepping(confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """A model that is never wrong above .95, and every fifth time below."""
    return np.where(confidence > 0.95, 0.0, 0.2)


def drawn(rng: np.random.Generator, n: int, risk: Risk, digits: int) -> tuple[Any, Any]:
    confidence = np.round(rng.beta(8, 0.8, n), digits)
    return confidence, rng.random(n) >= risk(confidence)


@pytest.mark.parametrize("digits", [9, 2], ids=["distinct", "tied"])
@pytest.mark.parametrize("risk", [surely, boldly, flatly, wildly, stepping])
def test_of_300_calibrations_no_more_than_one_in_twenty_breaks_the_promise(risk: Risk, digits: int) -> None:
    rng = np.random.default_rng(11)
    many, _ = drawn(rng, 2_000_000, risk, digits)
    order = np.sort(many)
    true = risk(order)[::-1].cumsum()[::-1] / np.arange(len(order), 0, -1)
    broken = 0
    for _ in range(300):
        found = calibrate(*drawn(rng, 2000, risk, digits), RULE)
        if found.threshold is not None:
            broken += bool(true[np.searchsorted(order, found.threshold)] > RULE.max_risk)
    assert broken <= 0.05 * 300


@pytest.mark.parametrize("risk", [surely, boldly])
def test_a_threshold_picked_by_eye_breaks_the_promise_more_often_than_not(risk: Risk) -> None:
    """What calibration is for: the least confidence above which the sample itself has few enough mistakes."""
    rng = np.random.default_rng(11)
    many, _ = drawn(rng, 2_000_000, risk, 9)
    order = np.sort(many)
    true = risk(order)[::-1].cumsum()[::-1] / np.arange(len(order), 0, -1)
    broken = 0
    for _ in range(300):
        confidence, right = drawn(rng, 2000, risk, 9)
        places = np.argsort(-confidence)
        shares = np.cumsum(~right[places]) / np.arange(1, 2001)
        fits = np.flatnonzero(shares <= RULE.max_risk)
        if len(fits):
            broken += bool(true[np.searchsorted(order, confidence[places[fits[-1]]])] > RULE.max_risk)
    assert broken > 300 / 2


@pytest.mark.parametrize(("risk", "n", "possible"), [(surely, 20_000, 0.259), (stepping, 2000, 0.462)])
def test_most_of_what_could_be_left_to_the_model_is(risk: Risk, n: int, possible: float) -> None:
    """Whoever knew the true risks could leave it ``possible``."""
    rng = np.random.default_rng(5)
    shares = []
    for _ in range(20):
        found = calibrate(*drawn(rng, n, risk, 9), RULE)
        shares.append(found.automatic / found.n)
    assert 0.6 * possible < np.median(shares) <= possible


@pytest.mark.parametrize(("max_risk", "confidence", "needed"), [(0.01, 0.95, 299), (0.05, 0.95, 59), (0.01, 0.99, 459)])
def test_so_many_pictures_without_a_mistake_are_needed(max_risk: float, confidence: float, needed: int) -> None:
    rule = Review(max_risk, confidence, 0.1)
    assert least_sample(rule) == needed == math.ceil(math.log(1 - confidence) / math.log(1 - max_risk))
    sure = np.linspace(0.5, 0.99, needed).astype(np.float32)
    found = calibrate(sure, np.ones(needed, bool), rule)
    assert (found.threshold, found.automatic, found.wrong) == (sure[0], needed, 0)
    assert found.risk <= max_risk
    assert calibrate(sure[1:], np.ones(needed - 1, bool), rule).threshold is None


def test_the_sequence_ends_where_it_first_fails() -> None:
    confidence = np.linspace(1, 0.5, 1000).astype(np.float32)
    right = np.ones(1000, bool)
    right[:5] = False  # among the surest: later successes may not make up for it
    assert calibrate(confidence, right, RULE).threshold is None
    right[:5], right[600:640] = True, False
    found = calibrate(confidence, right, RULE)
    assert 550 <= found.automatic <= 604
    assert found.threshold == confidence[found.automatic - 1]


def test_all_of_one_confidence_stand_or_fall_together() -> None:
    same = np.full(1000, 0.9, np.float32)
    assert calibrate(same, np.ones(1000, bool), RULE).automatic == 1000
    assert calibrate(same, np.arange(1000) >= 20, RULE).threshold is None


def seen(review: Review | None, wrong: int, n: int = 400) -> Observation:
    logits = np.tile(np.array([[3.0, 0.0]]), (n, 1))
    logits[:, 0] += np.linspace(0, 2, n)
    labels = np.zeros(n, np.int32)
    labels[:wrong] = 1
    columns = {**score(logits, labels), "id": np.array([str(row) for row in range(n)]), "label": labels}
    for name, kind in (("mean_change", "f4"), ("max_change", "u1"), ("unseen", "f4"), ("pixels", "U1")):
        columns[name] = np.zeros(n, kind)
    records = Records.of(columns)
    return Observation(records, records, ("a", "b"), review=review)


def test_the_metric_says_what_is_promised() -> None:
    every = automatic_share(seen(RULE, 0))
    assert (every.value, every.n) == (1.0, 400)
    assert every.detail == "confidence from 0.9526: 0 wrong of 400, at most 0.75% at 95%"
    none = automatic_share(seen(RULE, 0, 100))
    assert (none.value, none.detail) == (0.0, "100 pictures show nothing, 299 are needed")
    assert automatic_share(seen(Review(0.0001, 0.95, 0.1), 0)).value == 0
    with pytest.raises(CaseError, match="needs a promise; write review:"):
        automatic_share(seen(None, 0))
