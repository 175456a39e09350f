"""Break points: bisection against what is known in closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from robustcheck.core.errors import Location
from robustcheck.core.units import Quantity
from robustcheck.domain.case import Case
from robustcheck.domain.how import BreakPoint
from robustcheck.domain.steps import Span, Step
from robustcheck.domain.threshold import Threshold
from robustcheck.engine.kinds.break_point import Bisection, Found, case_at, most_probes
from robustcheck.metrics.records import Observation, Records

HERE = Location("suite.yaml", 1, 1)


def observation(right: int, n: int = 100) -> Observation:
    rank = np.where(np.arange(n) < right, 0, 1).astype(np.int32)
    zeros = np.zeros(n, np.float32)
    ids = np.arange(n).astype(np.str_)
    records = Records(
        id=ids, label=np.zeros(n, np.int32), predicted=rank, rank=rank, confidence=zeros + 1, loss=zeros, brier=zeros, margin=zeros,
        borderline=zeros > 1, mean_change=zeros, max_change=zeros.astype(np.uint8), unseen=zeros, pixels=ids,
    )  # fmt: skip
    return Observation(records, records, ("a", "b"))


def case(start: float, stop: float, step: float, unit: str = "deg", *, whole: bool = False) -> Case:
    until = Threshold("accuracy", (), "<", Quantity(90, "%"), HERE)
    span = Span(Quantity(start, unit), Quantity(stop, unit), whole=whole)
    how = BreakPoint((Step("camera.yaw", {"yaw": span}),), "yaw", Quantity(step, unit), (until,))
    return Case(
        id="far", check="far", how=how, swept={}, expectations=(),
        severity="error", tier="standard", tags=(), why="", border="source", fill="reflect", allow_synthetic_border=False,
        where=HERE,
    )  # fmt: skip


def how_of(given: Case) -> BreakPoint:
    assert isinstance(given.how, BreakPoint)
    return given.how


def find(given: Case, accuracy: Callable[[float], float]) -> tuple[Found, list[float]]:
    tried: list[float] = []

    def observe(probe: Case) -> Observation:
        assert (probe.kind, probe.how.spans) == ("shift", {})
        value = probe.steps[0].params["yaw"]
        tried.append(value.number if isinstance(value, Quantity) else value)
        return observation(round(100 * accuracy(tried[-1])))

    return Bisection(given, how_of(given), observe).find(), tried


@pytest.mark.parametrize("threshold", [0.0, 0.4, 0.5, 7.25, 12, 29.9, 44.5, 44.99])
def test_the_limit_is_the_last_value_of_the_grid_that_holds(threshold: float) -> None:
    found, tried = find(case(0, 45, 0.5), lambda value: 1.0 if value <= threshold else 0.5)
    expected = np.floor(threshold / 0.5 + 1e-9) * 0.5
    assert found.estimate.value == expected
    assert (found.estimate.low, found.estimate.high) == (expected, expected + 0.5)
    assert found.estimate.detail == f"holds at {Quantity(expected, 'deg')}, breaks at {Quantity(expected + 0.5, 'deg')}"
    assert len(tried) == len(set(tried)) <= 2 + 7 + 7
    assert [probe.value.number for probe in found.probes] == sorted(tried)
    assert found.note == ""


def test_downwards_percent_and_whole_numbers() -> None:
    assert find(case(0, -45, 1), lambda value: float(value >= -12))[0].estimate.value == -12
    assert find(case(0, 20, 1, "%"), lambda value: float(value <= 7))[0].estimate.value == pytest.approx(0.07)
    found, tried = find(case(1, 5, 1, "", whole=True), lambda value: float(value <= 3))
    assert (found.estimate.value, all(isinstance(value, int) for value in tried)) == (3, True)


def test_an_end_that_is_no_multiple_of_the_step_is_tried_too() -> None:
    found, tried = find(case(0, 1, 0.3), lambda value: 1.0)
    assert (found.estimate.value, max(tried), found.beyond) == (1.0, 1.0, None)
    assert found.estimate.detail == "holds up to 1deg, where the search ends"


def test_broken_at_the_start_is_below_every_value() -> None:
    found, tried = find(case(0, 45, 0.5), lambda value: 0.5)
    assert (found.estimate.value, found.estimate.high, tried) == (-0.5, 0.0, [0.0])
    assert found.estimate.detail == "broken already at 0deg, where the search begins"


def test_a_break_before_the_limit_is_found_and_said() -> None:
    """The model breaks from 10 to 20 degrees and holds again up to 40."""
    found, _ = find(case(0, 64, 0.5), lambda value: 0.5 if 10 <= value < 20 or value > 40 else 1.0)
    assert found.estimate.value == 9.5
    assert "not monotone" in found.note
    assert "holds again at 40deg" in found.note


def test_all_values_share_their_random_stream_but_not_their_records() -> None:
    given = case(0, 45, 0.5)
    one, two = (case_at(given, how_of(given), Quantity(value, "deg")) for value in (5, 6))
    assert one.how.stream == two.how.stream != ""
    assert one.canonical() != two.canonical()
    other = case(0, 30, 1)
    assert case_at(other, how_of(other), Quantity(5, "deg")).how.stream == one.how.stream


def test_no_search_tries_more_values_than_was_said() -> None:
    rng = np.random.default_rng(4)
    for count in (1, 2, 3, 4, 5, 8, 17, 64, 90):
        given = case(0, count, 1)
        (span,) = given.how.spans.values()
        said = most_probes(span, Quantity(1, "deg"))
        for _ in range(40):
            holds = rng.random(count + 1) < rng.choice([0.5, 0.9, 0.98])
            holds[0] |= rng.random() < 0.9
            _, tried = find(given, lambda value, holds=holds: float(holds[round(value)]))  # type: ignore[misc]
            assert len(tried) <= said <= count + 1 if count > 1 else len(tried) <= said == 2
