"""The same pixels, predictions and verdicts at any batch size, worker count and order."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from small_project import make_project

from robustcheck.engine.options import Options
from robustcheck.engine.suite_run import SuiteRun
from robustcheck.language import load_project, load_suite

Base = tuple[Path, Path, dict[str, Any]]

SUITE = """
robustcheck: 1
title: Everything that is random or moves
owner: tests
model: brightness
data: greys
expect: {accuracy: ">= 1%"}
checks:
  - {shift: light.shadow, depth: -2ev, coverage: 30%}
  - {shift: light.low_light, lux: [30lux, 3lux]}
  - {shift: camera.yaw, yaw: 8deg, allow_synthetic_border: true}
  - {shift: camera.motion_blur, length: 5px, angle: 30deg}
  - compose:
      - {shift: light.shadow, depth: -1ev, coverage: 20%}
      - {shift: camera.roll, roll: 5deg}
      - {shift: light.shadow, depth: -1ev, coverage: 20%}
    allow_synthetic_border: true
  - {worst_of: light.exposure, stops: -0.6ev..0.4ev, budget: 12}
  - {worst_of: camera.view, yaw: -5deg..5deg, roll: -9deg..9deg, search: random, budget: 6, allow_synthetic_border: true}
  - {worst_of: light.shadow, depth: -2ev..-1ev, coverage: 20%..40%, search: grid, budget: 4}
  - find_limit: {shift: light.low_light, param: lux, from: 100lux, to: 1lux, resolution: 5lux, until: {accuracy: "< 90%"}}
    expect: {limit: "<= 100lux"}
  - id: rig
    combine:
      of:
        - {shift: light.shadow, depth: [-1ev, -2ev], coverage: [20%, 30%]}
        - {shift: imagenet_c.gaussian_noise, severity: [1, 2, 3]}
"""


def run(root: Path, suite: Path, order: Callable[[list[Any]], list[Any]] = list, **options: Any) -> dict[str, Any]:
    """Run all cases without the cache and return what must not depend on how."""
    project = load_project(root, root / "configs")
    plan = load_suite(suite, project)
    report = root / f"report-{random.randrange(1 << 40)}"
    going = SuiteRun(plan, project, Options(root=root, report=report, cache=False, **options))
    try:
        results = [going.case(case) for case in order(list(plan.cases))]
    finally:
        going.close()
    assert not [result.problems for result in results if result.verdict == "error"]
    found = {}
    for result in results:
        table = pyarrow.parquet.read_table(report / result.records).to_pydict()
        found[result.id] = {"verdict": result.verdict, "proof": result.proof, "rows": table}
    return found


def compare(one: dict[str, Any], two: dict[str, Any]) -> None:
    assert one.keys() == two.keys()
    for name, case in one.items():
        other = two[name]
        assert (case["verdict"], case["proof"]) == (other["verdict"], other["proof"]), name
        assert case["rows"]["id"] == other["rows"]["id"]
        assert case["rows"]["pixels"] == other["rows"]["pixels"]
        sure = ~(np.array(case["rows"]["borderline"]) | np.array(other["rows"]["borderline"]))
        predicted = [np.array(rows["rows"]["predicted"])[sure] for rows in (case, other)]
        np.testing.assert_array_equal(*predicted)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """Return a project, its suite, and what the run says that all others are held against."""
    root = tmp_path_factory.mktemp("base")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root)
        suite = make_project(root, suite=SUITE)
        return root, suite, run(root, suite, batch_size=16)


@pytest.fixture
def base(first: Base, monkeypatch: pytest.MonkeyPatch) -> Base:
    monkeypatch.syspath_prepend(first[0])
    return first


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_batch_size(base: Base, batch_size: int) -> None:
    root, suite, expected = base
    compare(expected, run(root, suite, batch_size=batch_size))


@pytest.mark.parametrize("workers", [1, 5])
def test_number_of_threads(base: Base, workers: int) -> None:
    root, suite, expected = base
    compare(expected, run(root, suite, workers=workers))


@pytest.mark.parametrize("order", [lambda cases: cases[::-1], lambda cases: random.Random(4).sample(cases, len(cases))])
def test_order_of_cases(base: Base, order: Any) -> None:
    root, suite, expected = base
    compare(expected, run(root, suite, order))


def test_memory_that_holds_nothing(base: Base) -> None:
    root, suite, expected = base
    compare(expected, run(root, suite, memory=0))


def test_the_same_picture_gets_the_same_noise_whatever_pictures_are_beside_it(base: Base) -> None:
    root, suite, expected = base
    some = run(root, suite, limit=6)
    for name, case in some.items():
        if name.startswith("find_limit"):
            continue  # Where a model breaks is a matter of all pictures.
        pixels = dict(zip(expected[name]["rows"]["id"], expected[name]["rows"]["pixels"], strict=True))
        assert len(case["rows"]["id"]) == 6
        assert all(pixels[key] == value for key, value in zip(case["rows"]["id"], case["rows"]["pixels"], strict=True))


def test_two_steps_of_the_same_kind_get_different_noise(base: Base) -> None:
    cases = base[2]
    twice = next(case for name, case in cases.items() if "+" in name)
    once = next(case for name, case in cases.items() if name.startswith("light.shadow["))
    assert set(twice["rows"]["pixels"]).isdisjoint(once["rows"]["pixels"])


def test_a_convolutional_network_agrees_with_itself_at_any_batch_size(tmp_path: Path) -> None:
    """Convolutions round differently at other batch sizes; predictions may differ only where marked borderline."""
    root = Path(__file__).resolve().parents[2]
    found = []
    for batch_size in (1, 7, 64):
        project = load_project(root, root / "configs")
        plan = load_suite(root / "suites" / "signs" / "signs.yaml", project, model="signs-web")
        report = tmp_path / str(batch_size)
        going = SuiteRun(plan, project, Options(root=root, report=report, limit=28, batch_size=batch_size, cache=False))
        results = [going.case(case) for case in plan.cases if case.tier == "smoke"]
        going.close()
        found.append(
            {
                result.id: {
                    "verdict": result.verdict,
                    "proof": result.proof,
                    "rows": pyarrow.parquet.read_table(report / result.records).to_pydict(),
                }
                for result in results
            }
        )
    assert len(found[0]) >= 5
    assert "fail" in {case["verdict"] for case in found[0].values()}
    compare(found[0], found[1])
    compare(found[0], found[2])
