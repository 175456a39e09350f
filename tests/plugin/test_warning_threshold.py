"""A run with two thresholds on one line: a breach of the stricter one is a warning, and both are drawn."""

from __future__ import annotations

from typing import Any

import pytest
from small_project import SUITE

from robustcheck.report.html.curves import sweeps

RUN = SUITE.replace("stops: [-0.2ev, 0.2ev]", "stops: [-3ev, -0.2ev]")


@pytest.mark.parametrize(
    ("expect", "verdict", "levels"),
    [
        ('{accuracy: {fail: ">= 10%", warn: ">= 20%"}}', "pass", ["pass", "pass"]),
        ('{accuracy: {fail: ">= 10%", warn: ">= 99%"}}', "warn", ["pass", "warn"]),
        ('{accuracy: {fail: ">= 98%", warn: ">= 99%"}}', "fail", ["fail", "warn"]),
        ('{accuracy: {warn: ">= 99%"}}', "warn", ["warn"]),
    ],
)
@pytest.mark.parametrize("decide", ["point", "anytime"])
def test_a_breach_of_the_second_is_a_warning(
    gate: Any, expect: str, verdict: str, levels: list[str], decide: str
) -> None:
    suite = RUN.replace('expect:\n  accuracy: ">= 60%"', f"expect: {expect}\ndecide: {decide}")
    assert suite != RUN
    gate.write(suite=suite)
    gate.run("-q")
    (suite_result,) = gate.report()["suites"]
    (dark,) = [case for case in suite_result["cases"] if case["id"] == "light.exposure[stops=-3ev]"]
    assert (dark["verdict"], [line["verdict"] for line in dark["expectations"]]) == (verdict, levels)
    assert [line["level"] for line in dark["expectations"]] == (["fail", "warn"] if len(levels) == 2 else ["warn"])
    if len(levels) == 2 and decide == "point":
        cases = [case for case in suite_result["cases"] if case["check"] == "light.exposure"]
        (curve,) = [curve for curve in sweeps(cases, None) if curve.metric == "accuracy"]
        bounds = [float(line["expect"].strip(">= %")) / 100 for line in dark["expectations"]]
        assert [(point.bound, point.warning) for point in curve.points] == [tuple(bounds)] * 2
