"""A declared accuracy that a sample neither shows nor contradicts: said, and not enough for ``decide: confident``."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from scipy.stats import binomtest

import robustcheck
from robustcheck.core.errors import Location
from robustcheck.core.units import Quantity, parse_quantity
from robustcheck.domain.config import DataEntry
from robustcheck.domain.suite import Declared
from robustcheck.domain.threshold import Rule
from robustcheck.engine.gates.clean_gate import _reproduced, sampled
from robustcheck.stats.intervals import pictures_within, proportion

POINT, CONFIDENT = Rule(), Rule("confident", 0.95)


def declared(accuracy: str, tolerance: str = "0.5pp") -> Declared:
    quantities = parse_quantity(accuracy), parse_quantity(tolerance)
    assert isinstance(quantities[0], Quantity)
    assert isinstance(quantities[1], Quantity)
    return Declared(quantities[0], quantities[1], Location("configs/models.yaml", 3))


@pytest.mark.parametrize(
    ("accuracy", "right", "n"),
    [("75.1%", 7, 8), ("87.5%", 7, 8), ("60%", 12, 16), ("99%", 30, 30), ("90%", 52, 60), ("95.1%", 950, 1000)],
)
def test_an_interval_that_holds_more_than_the_tolerance_cannot_tell(accuracy: str, right: int, n: int) -> None:
    found = _reproduced(declared(accuracy), proportion(right, n), POINT, limited=True)
    assert (found.holds, found.straddles, found.inconclusive) == (True, True, False)
    wilson = binomtest(right, n).proportion_ci(0.95, "wilson")
    assert f"anything from {wilson.low:.1%} to {wilson.high:.1%} is possible" in found.possible
    assert found.possible.startswith(f"{n:,} pictures cannot tell; {right / n:.1%} of them are right")
    strict = _reproduced(declared(accuracy), proportion(right, n), CONFIDENT, limited=True)
    assert (strict.holds, strict.inconclusive) == (False, True)
    assert strict.needs == pictures_within(declared(accuracy).accuracy.value, 0.005)


@pytest.mark.parametrize(
    ("accuracy", "tolerance", "right", "n"),
    [("90%", "5pp", 9000, 10000), ("99.9%", "0.5pp", 9990, 10000), ("75%", "5pp", 1500, 2000)],
)
@pytest.mark.parametrize("rule", [POINT, CONFIDENT], ids=["point", "confident"])
def test_an_interval_within_the_tolerance_can(accuracy: str, tolerance: str, right: int, n: int, rule: Rule) -> None:
    found = _reproduced(declared(accuracy, tolerance), proportion(right, n), rule, limited=True)
    assert (found.holds, found.straddles, found.inconclusive, found.possible) == (True, False, False, "")


@pytest.mark.parametrize(("accuracy", "right", "n"), [("75.1%", 1, 8), ("100%", 60, 100), ("50%", 30, 30)])
@pytest.mark.parametrize("rule", [POINT, CONFIDENT], ids=["point", "confident"])
def test_what_is_contradicted_is_refused_as_ever(accuracy: str, right: int, n: int, rule: Rule) -> None:
    found = _reproduced(declared(accuracy), proportion(right, n), rule, limited=True)
    assert (found.holds, found.inconclusive) == (False, False)


@pytest.mark.parametrize(("accuracy", "holds"), [("87.5%", True), ("87.1%", True), ("75.1%", False)])
def test_all_pictures_of_the_data_set_are_held_exactly(accuracy: str, holds: bool) -> None:
    for rule in (POINT, CONFIDENT):
        found = _reproduced(declared(accuracy), proportion(7, 8), rule, limited=False)
        assert (found.holds, found.inconclusive, found.possible) == (holds, False, "")


@pytest.mark.parametrize(
    ("pictures", "limit", "own", "part"),
    [
        (24, None, None, False),
        (8, 8, None, True),
        (24, 25, None, False),
        (24, 9999, 8, False),
        (8, None, 8, True),
        (24, None, 100, False),
    ],
)
def test_a_limit_that_leaves_room_is_no_sample(pictures: int, limit: int | None, own: int | None, part: bool) -> None:
    data = DataEntry("d", "signs", None, own, {}, {}, Location("configs/data.yaml", 3), Path())
    assert sampled(pictures, limit, data) is part


def test_a_limit_that_leaves_room_excuses_nothing(project: Callable[..., Path], tmp_path: Path) -> None:
    project(suite=textwrap.dedent(SUITE.format(decide="point", declared="98%", severity="error")))
    for limit, verdict in ((9, "pass"), (25, "error"), (1000, "error"), (None, "error")):
        found = robustcheck.run_suite("suites/greys.yaml", root=tmp_path, limit=limit)
        assert (limit, found["clean"].verdict) == (limit, verdict)


SUITE = """
robustcheck: 1
title: Greys
owner: tests
model: brightness
data: greys
decide: {decide}
severity: {severity}
clean: {{declared: {declared}, expect: {{accuracy: ">= 20%"}}}}
checks:
  - {{id: dusk, shift: light.exposure, stops: -0.2ev, expect: {{accuracy: ">= 20%"}}}}
"""


@pytest.mark.parametrize("severity", ["error", "warn"])
@pytest.mark.parametrize(("decide", "verdict"), [("point", "pass"), ("confident", "inconclusive")])
@pytest.mark.parametrize(("limit", "claim"), [(9, "98%"), (15, "99%"), (20, "99.4%")])
def test_a_run_says_that_it_cannot_tell(
    project: Callable[..., Path],
    tmp_path: Path,
    decide: str,
    verdict: str,
    limit: int,
    claim: str,
    severity: str,
) -> None:
    project(suite=textwrap.dedent(SUITE.format(decide=decide, declared=claim, severity=severity)))
    found = robustcheck.run_suite("suites/greys.yaml", root=tmp_path, limit=limit)
    assert found["clean"].verdict == verdict
    assert found["dusk"].verdict == "pass"
    told = (
        f"the declared {claim} within 0.5pp (suites/greys.yaml:8:9) is not contradicted: {limit} pictures cannot tell; "
    )
    assert [note for note in found["clean"].notes if note.startswith(told)]
    assert [note for note in found.document["suites"][0]["notes"] if note.startswith(told)]
