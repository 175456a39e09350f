"""``robustcheck plan``: what a run will cost, held against what it did cost, and what its gates can see."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import robustcheck
from robustcheck.core import registry
from robustcheck.stats.power import passing_share, smallest_drop

Call = Callable[..., Any]

SUITE = """
robustcheck: 1
title: Greys
owner: tests
model: brightness
data: greys
checks:
  - id: dusk
    shift: light.exposure
    stops: -0.2ev
    expect: {accuracy: ">= 60%", drop: "<= 20pp"}
  - id: sure
    shift: light.exposure
    stops: -0.1ev
    decide: confident
    expect: {accuracy: ">= 80%"}
  - id: harm
    attack: pgd
    steps: 4
    eps: 0.01
    expect: {robust_accuracy: ">= 60%"}
  - id: view
    worst_of: light.exposure
    stops: -0.3ev..0.3ev
    budget: 4
    expect: {accuracy: ">= 50%"}
  - id: far
    find_limit: {shift: light.exposure, param: stops, from: 0ev, to: -4ev, resolution: 0.5ev, until: {accuracy: "< 50%"}}
    expect: {limit: "<= 0ev"}
    tier: thorough
"""


def costs_of(robustcheck_command: Call, *options: str) -> dict[str, dict[str, Any]]:
    done = robustcheck_command("plan", "suites/greys.yaml", "--json", "--device", "cpu", *options)
    assert done.code == 0, done.err
    return {cost["id"]: cost for cost in json.loads(done.out)}


def test_the_cost_is_what_a_run_costs(robustcheck_command: Call, project: Call, tmp_path: Path) -> None:
    project(suite=SUITE)
    counted, costs = costs_of(robustcheck_command), costs_of(robustcheck_command, "--exact")
    assert set(costs) == set(counted) == {"clean", "dusk", "sure", "harm", "view"}
    found = robustcheck.run_suite("suites/greys.yaml", root=tmp_path, device="cpu", cache=False)
    for name, cost in counted.items():
        passes = cost["forwards"], cost["backwards"]
        assert cost["pictures"] == 24
        assert cost["seconds"] > 0
        if name in ("harm", "view"):
            assert cost["at_most"]
            assert found[name].forwards <= passes[0] <= 3 * found[name].forwards
            assert found[name].backwards <= passes[1] <= 3 * found[name].backwards
        else:
            assert not cost["at_most"]
            assert passes == (found[name].forwards, found[name].backwards) == (24, 0)
    for name, cost in costs.items():
        assert cost["pictures"] == found[name].n == 24
        # The checks of an attack's sanity look at so many pictures only, which a few cannot tell from all.
        close = 0.5 if name == "harm" else 0.1
        assert cost["forwards"] == pytest.approx(found[name].forwards, rel=close), name
        assert cost["backwards"] == pytest.approx(found[name].backwards, rel=close), name
        assert cost["seconds"] > 0
    assert costs["harm"]["backwards"] > 0
    assert costs["dusk"]["backwards"] == 0


def test_what_gates_see_is_said(robustcheck_command: Call, project: Call) -> None:
    project(suite=SUITE)
    done = robustcheck_command("plan", "suites/greys.yaml", "--device", "cpu")
    assert done.code == 0
    point = passing_share(24, 0.6, at_least=True, confidence=None)
    assert point is not None
    assert re.search(rf"dusk +accuracy >= 60% +point +24  passes from {point * 100:.1f}%", done.out)
    assert re.search(rf"dusk +drop <= 20pp +point +24  a drop of {smallest_drop(24) * 100:.1f}pp", done.out)
    assert re.search(r"sure +accuracy >= 80% +confident at 95% +24  passes from 9\d\.\d%", done.out)
    assert "5 cases, at most " in done.out
    assert re.search(r"^harm +24 +<= [\d,]+ +<= [\d,]+ +<= ", done.out, re.MULTILINE)
    assert re.search(r"^dusk +24 +24 +0 +\d", done.out, re.MULTILINE)
    told = " ".join(done.out.split())
    assert "an estimate: one batch of 16 pictures was timed on cpu (a picture: " in told
    assert "as if no cache helped" in told
    assert "`--exact` runs every case on a few pictures instead" in told


def test_what_cannot_be_told_is_a_problem(
    robustcheck_command: Call, project: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attack of one's own that does not say its passes, and a shift that fails on the pictures."""
    from robustcheck.attacks.pgd import PGD

    @robustcheck.shift("own.torn")
    def torn(image: Any, *, rng: Any) -> Any:
        """Fails."""
        raise ZeroDivisionError("torn")

    try:
        monkeypatch.delattr(PGD, "passes")
        project(suite=SUITE.replace("shift: light.exposure\n    stops: -0.2ev", "shift: own.torn"))
        done = robustcheck_command("plan", "suites/greys.yaml", "--device", "cpu")
    finally:
        registry.shifts._entries.pop("own.torn", None)
    assert done.code == 1
    assert "harm: its attack does not say how many passes it makes; --exact runs it on a few pictures" in done.err
    assert re.search(r"dusk: dusk failed on the picture \S+: ZeroDivisionError: torn", done.err)


def test_a_gate_that_cannot_pass_is_a_problem(robustcheck_command: Call, project: Call) -> None:
    project(suite=SUITE.replace(">= 80%", ">= 95%"))
    done = robustcheck_command("plan", "suites/greys.yaml", "--device", "cpu")
    assert done.code == 1
    assert "sure: accuracy >= 95% cannot be proven at 95% with 24 pictures" in done.err
    assert "cannot pass" in done.out


def test_a_plan_leaves_nothing_behind(robustcheck_command: Call, project: Call, tmp_path: Path) -> None:
    project(suite=SUITE)

    def files() -> set[Path]:
        own = {"__pycache__", ".robustcheck"}  # digests of files are worth keeping
        return {path for path in tmp_path.rglob("*") if not own & set(path.parts)}

    before = files()
    robustcheck_command("plan", "suites/greys.yaml", "--tier", "thorough", "--device", "cpu")
    assert files() == before
    assert not list(tmp_path.rglob("*.parquet"))


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("suites/gray.yaml",), 4, "there is no such file"),
        (("suites/greys.yaml", "--tier", "smok"), 2, "did you mean smoke?"),
        (("suites/greys.yaml", "--limit", "none"), 2, "write 1 or more"),
        (("suites/greys.yaml", "--model", "brigthness"), 2, "did you mean brightness?"),
    ],
)
def test_a_wrong_call_is_told(
    robustcheck_command: Call, project: Call, arguments: tuple[str, ...], code: int, told: str
) -> None:
    project(suite=SUITE)
    done = robustcheck_command("plan", *arguments)
    assert done.code == code
    assert told in done.err
