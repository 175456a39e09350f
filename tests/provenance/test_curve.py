"""From runs to points, and what is said about where they go."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from robustcheck.core.errors import RobustcheckError
from robustcheck.runs.history.curve import (
    LAST,
    LEAST,
    SMALL,
    Acceptance,
    Better,
    Curve,
    Measured,
    Point,
    hidden,
    points_of,
    trend,
)
from robustcheck.runs.history.history_words import facts_of, statement

GROUND = ("data", "7", "case")


def measured(value: float, *, day: int = 1, model: str = "", n: int = 2000, **facts: object) -> Measured:
    usual = Measured(
        f"2026-11-{day:02}T10:00:00+00:00", "m", model or f"{day:08}", GROUND, value, value - 0.02, value + 0.02, n
    )
    return dataclasses.replace(usual, **facts)  # type: ignore[arg-type]


def curve(values: Sequence[float], *, unit: str = "%", better: Better = "higher", n: int = 2000) -> Curve:
    points = points_of([measured(value, day=day, n=n) for day, value in enumerate(values, start=1)])
    return Curve("suites/s.yaml", "clean", "accuracy", "m", unit, better, points)


def test_runs_of_one_model_are_one_point() -> None:
    runs = [measured(0.8, day=1, model="a"), measured(0.9, day=2, model="b"), measured(0.81, day=3, model="a")]
    first, second = points_of(runs)
    assert (first.when[:10], first.number.value, first.runs) == ("2026-11-01", 0.81, 2)
    assert (second.number.value, second.runs) == (0.9, 1)


def test_a_run_that_looked_at_fewer_pictures_does_not_replace_one_that_looked_at_all() -> None:
    (point,) = points_of([measured(0.8, n=200), measured(0.9, n=60, stopped=True)])
    assert (point.number.value, point.runs) == (0.8, 2)


def test_another_ground_is_another_point() -> None:
    others = [("other", "7", "case"), ("data", "8", "case"), ("data", "7", "other")]
    assert len(points_of([measured(0.8), *(measured(0.8, ground=ground) for ground in others)])) == 4


def test_numbers_that_say_nothing_are_left_out() -> None:
    unknown = dataclasses.replace(measured(0.9), model_digest="")
    assert points_of([measured(0.8, trusted=False), unknown]) == ()


def test_every_baseline_of_a_point_is_kept_once() -> None:
    first, second = Acceptance("2026-11-02", "good"), Acceptance("2026-11-04", "still good")
    runs = [measured(0.8, accepted=accepted) for accepted in (None, first, first, second)]
    assert points_of(runs) == (Point(runs[0].when, runs[-1], 4, (first, second)),)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0, 1, allow_subnormal=False), min_size=3, max_size=30).filter(
        lambda values: np.ptp(values) > 1e-6
    ),
    st.sampled_from(["higher", "lower"]),
)
def test_the_trend_is_that_of_statsmodels(values: list[float], better: Better) -> None:
    fit = sm.OLS(np.array(values), sm.add_constant(np.arange(len(values)))).fit()
    sign = 1 if better == "higher" else -1
    low, high = sorted(sign * end for end in fit.conf_int(alpha=0.05)[1])
    found = trend(values, better=better)
    assert (found.gain, found.low, found.high) == pytest.approx((sign * fit.params[1], low, high), rel=1e-6, abs=1e-9)
    assert found.runs == len(values)


def test_a_trend_of_two_runs_is_refused() -> None:
    with pytest.raises(RobustcheckError, match="needs three runs or more, and there are 2"):
        trend([0.8, 0.9], better="higher")


def test_a_trend_that_flattened_holds_its_level() -> None:
    """Of curves that gain nothing, the interval excludes nothing in 95 of 100."""
    rng = np.random.default_rng(11)
    inside = [
        found.low <= 0 <= found.high
        for found in (trend(list(rng.normal(0.9, 0.01, LAST)), better="higher") for _ in range(2000))
    ]
    assert 0.935 <= np.mean(inside) <= 0.965


@pytest.mark.parametrize("shares", [1, 24, 200])
@pytest.mark.parametrize("runs", range(LEAST, LAST + 1))
def test_rounding_hides_no_more_than_is_allowed_for(runs: int, shares: int) -> None:
    rng = np.random.default_rng(runs)
    worst = 0.0
    for _ in range(300):
        true = rng.uniform(0, 1, runs)
        rounded = np.round(true * shares) / shares
        worst = max(worst, abs(trend(list(true), better="higher").gain - trend(list(rounded), better="higher").gain))
    assert worst <= hidden(runs, shares) + 1e-12


RISING = (0.60, 0.66, 0.71, 0.78, 0.83, 0.90)
FLAT = (0.901, 0.900, 0.902, 0.901, 0.900, 0.901)
NOISY = (0.90, 0.85, 0.91, 0.86, 0.92, 0.84)

STATEMENTS = {
    "few": (FLAT[:4], {}, "4 models to compare: 5 are needed to say whether the curve has flattened"),
    "one": (FLAT[:1], {}, "1 model to compare: 5 are needed to say whether the curve has flattened"),
    "flat": (
        FLAT,
        {},
        "the last 6 models gained +0.00pp a run [-0.06, +0.05], 95% interval: flattened, since a gain above 0.5pp a run is excluded",
    ),
    "rising": (RISING, {}, "the last 6 models gained +5.94pp a run [+5.57, +6.32], 95% interval: still rising"),
    "falling": (RISING[::-1], {}, "the last 6 models gained -5.94pp a run [-6.32, -5.57], 95% interval: it gets worse"),
    "a drop that falls": (
        RISING[::-1],
        {"unit": "pp", "better": "lower"},
        "the last 6 models gained +5.94pp a run [+5.57, +6.32], 95% interval: still rising",
    ),
    "noise": (
        NOISY,
        {},
        "the last 6 models gained -0.40pp a run [-2.87, +2.07], 95% interval: it cannot be told yet, since a gain of 0.5pp a run is not excluded",
    ),
    "coarse": (
        (0.875,) * 6,
        {"n": 24},
        "the last 6 models gained +0.00pp a run [+0.00, +0.00], 95% interval: too coarse to be called flattened, since one picture of 24 is 4.2pp",
    ),
    "no percentage": (
        RISING,
        {"unit": "ev"},
        "the last 6 models gained +0.05943ev a run [+0.05568, +0.06318], 95% interval: what would be a small gain is not known of this unit, "
        "so nothing is said about flattening",
    ),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_what_is_said(name: str) -> None:
    values, facts, text = STATEMENTS[name]
    assert statement(curve(values, **facts)) == text  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 4000), min_size=1, max_size=12), st.sampled_from([40, 400, 4000]))
def test_flattened_is_said_only_where_statsmodels_excludes_the_gain(counts: list[int], n: int) -> None:
    found = curve([round(count * n / 4000) / n for count in counts], n=n)
    if found.standing() != "flattened":
        return
    recent = np.array([point.number.value for point in found.recent()])
    assert len(recent) >= LEAST
    fit = sm.OLS(recent, sm.add_constant(np.arange(len(recent)))).fit()
    assert fit.params[1] < SMALL
    if np.ptp(recent) > 0:
        assert fit.conf_int(alpha=0.05)[1][1] < SMALL


def test_only_the_last_models_on_the_ground_of_the_latest_count() -> None:
    other = [measured(0.1 * day, day=day, ground=("other data", "7", "case")) for day in range(1, 5)]
    same = [measured(0.9, day=day) for day in range(5, 17)]
    found = Curve("s", "clean", "accuracy", "m", "%", "higher", points_of(other + same))
    assert found.recent() == found.points[-LAST:]
    assert statement(found).startswith(
        "the last 8 models (4 earlier on other data, another seed or another suite) gained +0.00pp"
    )
    assert Curve("s", "clean", "accuracy", "m", "%", "higher", points_of(same + other)).standing() == "few"


@pytest.mark.parametrize(
    ("metric", "noted", "facts"),
    [
        ("accuracy", "", ("%", "higher")),
        ("drop", "", ("pp", "lower")),
        ("class_accuracy[stop]", "%", ("%", "higher")),
        ("mean_accuracy", "%", ("%", "higher")),
        ("worst_drop", "pp", ("pp", "lower")),
        ("mean_confidence", "", ("%", "higher")),
        ("declared accuracy", "%", ("%", "higher")),
        ("declared accuracy[suite]", "", ("%", "higher")),
        ("mce", "%", ("%", "lower")),
        ("limit", "ev", ("ev", "higher")),
        ("what a plug-in measured", "", ("", "higher")),
    ],
)
def test_units_and_directions_are_those_of_the_registry(metric: str, noted: str, facts: tuple[str, str]) -> None:
    assert facts_of(metric, noted) == facts
