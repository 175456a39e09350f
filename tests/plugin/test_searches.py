"""Combinations, worst views, break points and approvals through pytest, as a reviewer meets them."""

from __future__ import annotations

import itertools
import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow.parquet
import pytest

SCHEMA = json.loads((resources.files("robustcheck.report") / "report.schema.json").read_text(encoding="utf-8"))
HEAD = """
robustcheck: 1
title: Searches
owner: tests
model: brightness
data: greys
expect: {accuracy: ">= 60%"}
checks:
"""
SIX = """
  - id: rig
    combine:
      of:
        - {shift: light.exposure, stops: [-3ev, 0ev, 0.1ev]}
        - {shift: light.glare, veil: [0%, 1%, 2%]}
        - {shift: camera.zoom, ratio: [1, 1.1, 1.2]}
        - {shift: camera.roll, roll: [0deg, 1deg, 2deg]}
        - {shift: sensor.jpeg, quality: [95, 90, 80]}
        - {shift: camera.shift, dx: [0%, 1%, 2%]}
"""


def test_six_factors_at_three_levels_cover_every_pair_and_name_the_level_that_fails(gate: Any) -> None:
    gate.write(suite=HEAD + SIX)
    result = gate.run()
    report = gate.report()
    jsonschema.validate(report, SCHEMA)
    (array,) = report["suites"][0]["combinations"]
    assert (array["covered"], array["total"], len(array["cases"]) <= 18) == (135, 135, True)
    wanted = {
        frozenset(pair)
        for one, two in itertools.combinations(array["factors"].items(), 2)
        for pair in itertools.product(*([(name, level) for level in levels] for name, levels in (one, two)))
    }
    assert {frozenset(entry["levels"].items()) for entry in array["tuples"]} == wanted
    assert all(entry["cases"] for entry in array["tuples"])
    assert array["suspects"] == [{"stops": "-3ev"}]
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["rig: * cases cover 135 of 135 pairs of 6 factors; * only in cases that failed: stops=-3ev"]
    )


def test_what_was_not_run_is_not_called_covered(gate: Any) -> None:
    gate.write(suite=HEAD + SIX)
    gate.run("-k", "0.1ev and not -3ev")
    (array,) = gate.report()["suites"][0]["combinations"]
    assert 0 < array["covered"] < array["total"] == 135


def test_the_worst_view_is_found_and_recorded(gate: Any) -> None:
    """The model sees brightness alone, so the worst exposure is an end of the range or just beyond a border."""
    gate.write(
        suite=HEAD + '  - {worst_of: light.exposure, stops: -2ev..0.1ev, budget: 16, expect: {accuracy: ">= 1%"}}\n'
    )
    result = gate.run()
    assert result.ret == 0
    report = gate.report()
    jsonschema.validate(report, SCHEMA)
    case = report["suites"][0]["cases"][1]
    metrics = {name: case["metrics"][name]["value"] for name in ("accuracy", "mean_view_accuracy", "broken_rate")}
    # A quarter of the light takes the middle and the bright class for darker ones; the dark one stays dark.
    assert metrics["accuracy"] == pytest.approx(1 / 3)
    assert metrics["broken_rate"] == pytest.approx(2 / 3)
    assert metrics["accuracy"] < metrics["mean_view_accuracy"] < 1
    rows = pyarrow.parquet.read_table(gate.root / "robustcheck-report" / case["records"]).to_pydict()
    for stops, views, rank in zip(rows["found.stops[ev]"], rows["views"], rows["rank"], strict=True):
        assert -2 <= stops <= 0.1
        assert views <= 16
        assert rank == 0 or stops < 0
    broken = [views for views, rank in zip(rows["views"], rows["rank"], strict=True) if rank]
    assert set(broken) == {4}, "a broken picture is dropped after the views that all pictures get"
    result.stdout.fnmatch_lines(["worst_of:* mean view *%, worst view 33.3%; some view breaks 66.7% of the pictures"])


def test_a_break_point_with_its_bracket(gate: Any) -> None:
    check = """
  - find_limit: {shift: light.exposure, param: stops, from: 0ev, to: -2ev, resolution: 0.01ev, until: {accuracy: "< 99%"}}
    expect: {limit: "<= -1.5ev"}
"""
    gate.write(suite=HEAD + check)
    result = gate.run()
    assert result.ret == 1
    report = gate.report()
    jsonschema.validate(report, SCHEMA)
    case = report["suites"][0]["cases"][1]
    holds = [probe["value"] for probe in case["trace"] if probe["holds"]]
    breaks = [probe["value"] for probe in case["trace"] if not probe["holds"]]
    limit = case["metrics"]["limit"]
    nearest = max(breaks, key=lambda text: float(text.removesuffix("ev")))
    assert (
        limit["detail"]
        == f"holds at {holds[0] if len(holds) == 1 else min(holds, key=lambda t: float(t.removesuffix('ev')))}, breaks at {nearest}"
    )
    assert limit["high"] - limit["low"] == pytest.approx(0.01)
    assert case["metrics"]["accuracy"]["value"] >= 0.99
    result.stdout.fnmatch_lines(["*limit (holds at *, expected <= -1.5ev*"])
    again = gate.run()
    again.stdout.fnmatch_lines(["*2 of 2 cases from the cache, each checked with one live batch; 49 forward passes*"])


def test_a_case_that_demands_approval_fails_until_a_person_looked(gate: Any) -> None:
    from robustcheck.cli.command import main

    check = "  - {shift: light.exposure, stops: -0.2ev, approved: required}\n"
    suite: Path = gate.write(suite=HEAD + check)
    result = gate.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*nobody has approved the pictures of light.exposure?stops=-0.2ev?*robustcheck preview*"]
    )
    assert main(["approve", str(suite), "--reviewer", "Ada"]) == 0
    assert gate.run().ret == 0
    suite.write_text(suite.read_text().replace("-0.2ev", "-0.1ev"))
    assert gate.run().ret == 1
