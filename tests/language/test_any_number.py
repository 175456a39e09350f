"""Whatever stands where a number is expected: a suite comes out, or problems with a place; never anything else."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from writing import make_project

from robustcheck.core.errors import Problem, SuiteError
from robustcheck.core.units import UNITS, parse_quantity
from robustcheck.domain.suite import Suite
from robustcheck.language import load_suite

Load = Callable[..., Suite]
SUITE = """\
robustcheck: 1
title: Signs
owner: tests
model: net
data: pictures
seed: «1»
max_unreadable: «1%»
decide: confident
confidence: «95%»
expect: {accuracy: "«>= 60%»"}
clean:
  declared: «90%»
  tolerance: «1pp»
  expect: {accuracy: ">= «95%»"}
checks:
  - shift: light.exposure
    stops: [«-0.2ev», 0.2ev]
    expect: {nll: "<= «3»", ece: "<= «20%»", class_accuracy: {stop: ">= «50%»"}, top_k_accuracy: {«1»: ">= 50%"}, selective_accuracy: {coverage: «80%», accuracy: ">= 3%"}}
  - shift: camera.shift
    dx: «[2%,5%]»
    expect: {drop: "<= «20pp»"}
  - worst_of: camera.view
    yaw: «-5deg..5deg»
    zoom: 0.8..«1.2»
    budget: «8»
  - find_limit: {shift: camera.pitch, param: pitch, from: «0deg», to: 45deg, until: {accuracy: "< «50%»"}, resolution: «1deg»}
    expect: {limit: ">= «3deg»"}
  - attack: pgd
    norm: linf
    eps: «4/255»
    steps: «10»
    expect: {robust_accuracy: ">= 1%"}
  - attack: fmn
    norm: linf
    expect: {robust_accuracy_at: {«4/255»: ">= 1%"}, median_norm: ">= «1/255»"}
  - shift: camera.aspect
    ratio: «4:3»
  - shift: crop.box
    width: «50%»
  - {shift: imagenet_c.fog, severity: [«1», «2», 3, 4, 5]}
overall:
  - {metric: mean_accuracy, over: "light.*", expect: ">= «50%»"}
  - {metric: mce, over: "imagenet_c.*", expect: "<= «80%»"}
waivers:
  - {case: "«camera.aspect[ratio=4:3]»", reason: "x", owner: "y", expires: «2030-01-01»}
"""
"""Every place between guillemets holds a number that is read in a way of its own."""
PLACES = re.findall(r"«([^»]+)»", SUITE)
PIECES = st.sampled_from(
    [*"0123456789.:%eE+-<>=/ ,*{}[]'\"#&!|", "/255", "deg", "pp", "px", "K", "ev", "inf", "nan", "..", "1e999", "-0", ".inf",
     ".nan", "null", "true", "0x1F", "0:0", "1:0", "4/255", "\u00b2", "\u0663", "\u221e", "\\0", "9" * 400, "1_0", "::"]
)  # fmt: skip
WRITTEN = st.lists(PIECES, max_size=5).map("".join) | st.text(max_size=8)


def with_one(place: int, text: str) -> str:
    """Return the suite with one of its numbers replaced."""
    numbers = iter(range(len(PLACES)))
    return re.sub(r"«([^»]+)»", lambda match: text if next(numbers) == place else match[1], SUITE)


def test_the_suite_is_good_as_it_is(load: Load) -> None:
    assert len(load(with_one(-1, "")).cases) > 10


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return make_project(tmp_path_factory.mktemp("numbers"))


@given(place=st.integers(0, len(PLACES) - 1), text=WRITTEN, keep=st.sampled_from(["instead", "before", "behind"]))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_for_a_number_is_a_suite_or_located_problems(project: Any, place: int, text: str, keep: str) -> None:
    good = PLACES[place]
    path = project.root / "suites" / "fuzzed.yaml"
    written = {"instead": text, "before": text + good, "behind": good + text}[keep]
    path.write_text(with_one(place, written), encoding="utf-8", errors="replace", newline="")
    problems: tuple[Problem, ...] = ()
    try:
        load_suite(path, project, environment={})
    except SuiteError as error:
        problems = error.problems
    assert all(problem.where.file == "suites/fuzzed.yaml" for problem in problems)
    assert "\n" not in "".join(map(str, problems))


@given(text=WRITTEN | st.text())
@settings(max_examples=500, deadline=None)
def test_a_quantity_reads_back_as_itself_or_is_none(text: str) -> None:
    quantity = parse_quantity(text)
    if quantity is None:
        return
    assert isinstance(quantity.number, float)
    if quantity.unit in ("", *UNITS) and math.isfinite(quantity.number):
        again = parse_quantity(str(quantity))
        assert again is not None
        assert again.unit == quantity.unit
        assert again.number == pytest.approx(quantity.number, rel=1e-11)


@pytest.mark.parametrize(
    "text",
    [
        "4/255/255",
        "4/255/0",
        "4/",
        "4//255",
        "4/255%",
        "4%%",
        "4/256",
        "8/255deg",
        "4/255/255/255",
        "1e3/255/255",
        "4/nats",
    ],
)
@pytest.mark.parametrize("metric", ["nll", "accuracy", "drop", "model_calls", "ece", "brier"])
def test_a_threshold_with_a_strange_unit_is_refused_without_another_value(load: Load, metric: str, text: str) -> None:
    kind = "attack: pgd, norm: linf, eps: 1/255" if metric == "model_calls" else "shift: camera.pitch, pitch: 15deg"
    with pytest.raises(SuiteError) as error:
        load(checks=f'[{{{kind}, expect: {{{metric}: "<= {text}"}}}}]')
    (problem,) = error.value.problems
    assert (problem.where.file, problem.where.line) == ("suites/a.yaml", 7)
    assert f"not in {text[1:]}" in problem.what or f"not in {text[3:]}" in problem.what
    assert not re.search(r'"<= (4|8|1000|4%|8%|4pp|8pp)"', problem.hint)


def test_digits_of_other_scripts_are_no_numbers() -> None:
    for text in ("\u0663%", "\uff13deg", "1\u0660:3", "\u0664/255"):
        assert parse_quantity(text) is None
    quantity = parse_quantity("15\u00a0deg")
    assert quantity is not None
    assert (quantity.number, quantity.unit) == (15.0, "deg")


def test_a_corruption_that_is_written_twice_is_a_problem_beside_its_errors(load: Load) -> None:
    five = "{shift: imagenet_c.fog, severity: [1, 2, 3, 4, 5]}"
    for metric in ("mce", "relative_mce"):
        overall = f'[{{metric: {metric}, over: "imagenet_c.*", expect: "<= 80%"}}]'
        for checks in (
            f"[{five}, {five}]",
            f"[{five}, {five}, {five}]",
            f"[{five}, {{shift: imagenet_c.fog, severity: 1}}]",
        ):
            with pytest.raises(SuiteError, match="one too many") as error:
                load(checks=checks, overall=overall)
            assert "StopIteration" not in str(error.value)


@pytest.mark.parametrize("text", ["0x10ev", "-0x1Fev", "0b1ev", "0o7", "0xFF", "5ev2", "1e5e5ev"])
def test_a_number_that_is_read_in_part_is_none(text: str) -> None:
    assert parse_quantity(text) is None


@pytest.mark.parametrize("text", ["0ev", "1e5ev", "1E-3", "0.1e2deg", "8/255", "5evs", "4:3"])
def test_a_number_with_a_word_is_a_quantity(text: str) -> None:
    assert parse_quantity(text) is not None
