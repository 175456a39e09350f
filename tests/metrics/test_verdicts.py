"""Verdicts from judgements, and the aggregates of a sweep."""

import pytest

from robustcheck.core.errors import Location
from robustcheck.core.text import written
from robustcheck.core.units import Quantity
from robustcheck.domain.estimate import Estimate
from robustcheck.domain.threshold import Threshold
from robustcheck.domain.verdict import worst
from robustcheck.engine.gates.verdicts import Judgement, aggregate, judge, verdict_of

HERE = Location("suite.yaml", 3, 5)


def held(*holds: bool) -> list[Judgement]:
    return [Judgement("accuracy", ">= 85%", Estimate(0.9, 0.8, 0.95, 100), hold, False, "%") for hold in holds]


@pytest.mark.parametrize(
    ("holds", "severity", "waived", "verdict"),
    [
        ((), "error", False, "pass"),
        ((True, True), "error", False, "pass"),
        ((True, False), "error", False, "fail"),
        ((True, False), "warn", False, "warn"),
        ((False,), "error", True, "waived"),
        ((False,), "warn", True, "waived"),
        ((True,), "error", True, "fail"),
    ],
)
def test_verdict(holds: tuple[bool, ...], severity: str, waived: bool, verdict: str) -> None:
    assert verdict_of(held(*holds), severity=severity, waived=waived) == verdict


def test_worst_verdict_of_nothing_is_an_error() -> None:
    assert worst([]) == "error"
    assert worst(["pass", "warn", "fail", "unreliable"]) == "unreliable"
    assert worst(["pass", "waived", "warn"]) == "waived"


@pytest.mark.parametrize(
    ("comparison", "bound", "unit", "value", "holds"),
    [
        (">=", 85, "%", 17 / 20, True),
        (">=", 85, "%", 0.8499, False),
        (">", 85, "%", 17 / 20, False),
        ("<=", 5, "pp", 0.05, True),
        ("<=", 5, "pp", 0.3 - 0.25, True),
        ("<", 0.1, "", 0.1, False),
    ],
)
def test_threshold_at_its_edge(comparison: str, bound: float, unit: str, value: float, holds: bool) -> None:
    threshold = Threshold("accuracy", (), comparison, Quantity(bound, unit), HERE)  # type: ignore[arg-type]
    assert threshold.holds(value) is holds


def test_judge_says_when_the_bound_lies_within_the_interval() -> None:
    threshold = Threshold("accuracy", (), ">=", Quantity(85, "%"), HERE)
    assert judge(threshold, Estimate(0.86, 0.80, 0.91, 100)).straddles
    assert not judge(threshold, Estimate(0.95, 0.91, 0.98, 100)).straddles


def test_aggregate_takes_the_mean_and_the_worst_in_the_metrics_own_direction() -> None:
    parts = [("a", Estimate(0.9, 0.8, 0.95, 50)), ("b", Estimate(0.7, 0.6, 0.8, 40))]
    assert aggregate("mean", "accuracy", parts) == Estimate(
        pytest.approx(0.8), pytest.approx(0.7), pytest.approx(0.875), 40, "2 cases"
    )
    assert aggregate("worst", "accuracy", parts).detail == "b"
    assert aggregate("worst", "drop", parts).detail == "a"


def test_written_numbers() -> None:
    assert [written(0.71249, "%"), written(-0.034, "pp"), written(0.51234, "")] == ["71.2%", "-3.4pp", "0.5123"]
