"""The worst view of each picture: what strategies ask for, and what they find beside an exhaustive grid."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from robustcheck.domain.how import METHODS, WorstView
from robustcheck.engine.evaluate import Evaluator
from robustcheck.engine.kinds.strategies import spread, strategy
from robustcheck.engine.kinds.worst_view import own_margin
from robustcheck.engine.options import Options
from robustcheck.language import load_project, load_suite

ROOT = Path(__file__).resolve().parents[2]


def walk(search: WorstView, dimensions: int, margin) -> list[tuple[float, ...]]:
    going = strategy(search, dimensions, np.random.default_rng(1))
    looked: list[tuple[float, ...]] = []
    while points := going.ask():
        looked += points
        going.tell(points, [margin(point) for point in points])
        assert len(looked) <= search.budget
    return looked


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("dimensions", "budget"), [(1, 2), (1, 9), (2, 32), (3, 40), (6, 64)])
def test_every_strategy_stays_in_the_box_and_its_budget(method, dimensions: int, budget: int) -> None:
    search = WorstView((), method, budget)
    looked = walk(search, dimensions, lambda point: 1.0 + sum(point))
    assert len(looked) >= spread(search)
    assert all(len(point) == dimensions and all(0 <= share <= 1 for share in point) for point in looked)
    assert looked == walk(search, dimensions, lambda point: 1.0 + sum(point))
    if method != "grid":
        assert len(looked) == budget


def test_a_grid_has_the_ends_and_no_point_twice() -> None:
    looked = walk(WorstView((), "grid", 30), 2, lambda point: 1.0)
    assert len(looked) == len(set(looked)) == 25
    assert {(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.5)} <= set(looked)


@pytest.mark.parametrize("hole", [(0.13, 0.71), (0.5, 0.5), (0.98, 0.02), (0.6, 0.31)])
def test_coarse_to_fine_finds_a_small_hole_in_a_slope(hole: tuple[float, float]) -> None:
    """Where the margin falls towards a hole of a radius of 4% of the box, a tenth of a fine grid is enough."""

    def margin(point: tuple[float, ...]) -> float:
        return math.dist(point, hole) - 0.04

    looked = walk(WorstView((), "coarse-to-fine", 62), 2, margin)
    assert min(map(margin, looked)) < 0


def test_own_margin() -> None:
    logits = np.array([[3.0, 1.0, 2.0], [3.0, 1.0, 2.0], [0.0, 5.0, 5.0]], np.float32)
    np.testing.assert_array_equal(own_margin(logits, np.array([0, 1, 2], np.int32)), [1.0, -2.0, 0.0])


BOXES = {2: "yaw: -15deg..15deg, zoom: 0.8..1.25", 3: "yaw: -15deg..15deg, pitch: -15deg..15deg, zoom: 0.8..1.25"}
GRIDS = {2: 17**2, 3: 9**3}
SUITE = """
robustcheck: 1
title: The same box twice
owner: tests
model: {model}
data: signs-test
expect: {{accuracy: ">= 1%"}}
checks:
  - {{id: grid, worst_of: camera.view, {box}, search: grid, budget: {grid}}}
  - {{id: fine, worst_of: camera.view, {box}, budget: {budget}}}
"""


def both(folder: Path, model: str, ranges: int, pictures: int) -> tuple[int, int, int]:
    """Return how many pictures the grid breaks, how many of these a tenth of its views breaks, and of how many."""
    suite = folder / f"{model}-{ranges}.yaml"
    grid = GRIDS[ranges]
    suite.write_text(SUITE.format(model=model, box=BOXES[ranges], grid=grid, budget=grid // 10))
    project = load_project(folder, ROOT / "configs")
    options = Options(root=folder, report=folder / "report", limit=pictures)
    evaluator = Evaluator(load_suite(suite, project), project, options)
    try:
        found = [evaluator.evaluate(case).stored.records for case in evaluator._suite.cases[1:]]
    finally:
        evaluator.close()
    broken = [~records.right for records in found]
    assert found[1].extra["views"].max() <= grid // 10
    return int(broken[0].sum()), int((broken[0] & broken[1]).sum()), len(found[0])


@pytest.mark.timeout(300)
def test_a_tenth_of_the_views_finds_what_a_fine_grid_breaks(tmp_path: Path) -> None:
    """On both of the demo's networks, whose boxes break nearly all pictures and few."""
    broken = found = 0
    for model in ("signs-web", "signs-robot"):
        grid, fine, _ = both(tmp_path, model, ranges=2, pictures=21)
        broken, found = broken + grid, found + fine
    assert broken > 15
    assert found >= 0.95 * broken


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("ranges", "share"), [(2, 0.95), (3, 0.9)])
def test_more_pictures_and_more_ranges(tmp_path: Path, ranges: int, share: float) -> None:
    """What docs/suites.md says; with -s the figures are printed."""
    parts = {model: both(tmp_path, model, ranges=ranges, pictures=56) for model in ("signs-web", "signs-robot")}
    print(f"{ranges} ranges (broken by the grid, of these found, pictures): {parts}")
    broken, found = (sum(part[place] for part in parts.values()) for place in (0, 1))
    assert found >= share * broken
