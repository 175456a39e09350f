"""What a suite gates in truth: what the clean case inherits, gates that are all relative, and what excuses most of it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from robustcheck.core.errors import SuiteError
from robustcheck.domain.config import Project
from robustcheck.domain.suite import Suite
from robustcheck.language import load_project, load_suite
from robustcheck.language.gating import ungated_clean

from writing import DATA, MODELS, check, limit, text_of  # isort: skip

Load = Callable[..., Suite]


@pytest.mark.parametrize(
    ("suite", "own", "expected"),
    [
        ('{accuracy: ">= 60%"}', None, ["accuracy >= 60%"]),
        ('{accuracy: ">= 60%"}', '{accuracy: ">= 97%"}', ["accuracy >= 97%"]),
        (
            '{accuracy: ">= 60%", class_accuracy: {stop: ">= 50%"}}',
            '{class_accuracy: {stop: null}, brier: "<= 0.5"}',
            ["accuracy >= 60%", "brier <= 0.5"],
        ),
        ('{accuracy: ">= 60%", drop: "<= 5pp", flip_rate: "<= 9%", broken_rate: "<= 9%"}', None, ["accuracy >= 60%"]),
        ('{accuracy: ">= 60%", robust_accuracy: ">= 9%", attack_success: "<= 9%"}', None, ["accuracy >= 60%"]),
        ('{accuracy: ">= 60%", mean_view_accuracy: ">= 9%"}', None, ["accuracy >= 60%"]),
        ('{regression: "<= 1pp"}', None, ["regression <= 1pp"]),
    ],
)
def test_the_clean_case_inherits_what_makes_sense_for_it(
    load: Load, suite: str, own: str | None, expected: list[str]
) -> None:
    found = load(expect=suite, clean=own and f"{{expect: {own}}}")
    assert list(map(str, found.clean.expectations)) == expected
    assert not found.notes


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ('{drop: "<= 5pp"}', "drop compares with the clean case, so it says nothing about the clean case itself"),
        ('{robust_accuracy: ">= 5%"}', "robust_accuracy is measured by attack, not by the clean case"),
        ('{mean_view_accuracy: ">= 5%"}', "mean_view_accuracy is measured by worst_of, not by the clean case"),
        ("{brier: null}", "null removes nothing: no brier is expected here"),
    ],
)
def test_the_clean_case_refuses_what_it_cannot_measure(load: Load, own: str, told: str) -> None:
    with pytest.raises(SuiteError) as refused:
        load(clean=f"{{expect: {own}}}")
    assert told in str(refused.value)


RELATIVE = [
    check('shift: camera.pitch, pitch: 15deg, expect: {drop: "<= 5pp"}'),
    check('shift: camera.pitch, pitch: 15deg, expect: {flip_rate: "<= 5%"}'),
    check('shift: camera.pitch, pitch: 15deg, expect: {broken_rate: "<= 5%", drop: "< 1pp"}'),
    {
        "expect": '{drop: "<= 5pp", attack_success: "<= 5%", robust_accuracy: ">= 5%"}',
        **check("shift: camera.pitch, pitch: 15deg"),
    },
    {
        "expect": '{flip_rate: "<= 5%", attack_success: "<= 5%"}',
        "checks": "[{shift: camera.pitch, pitch: 15deg}, {attack: pgd, norm: linf, eps: 1/255}]",
    },
    limit('until: {drop: "> 5pp"}'),
    {**check("shift: camera.pitch, pitch: 15deg"), "overall": '[{metric: worst_drop, over: "*", expect: "<= 5pp"}]'},
]


@pytest.mark.parametrize("parts", RELATIVE)
def test_a_suite_of_comparisons_alone_is_refused(load: Load, parts: dict[str, str]) -> None:
    with pytest.raises(SuiteError) as refused:
        load(**{"expect": None, **parts})
    (problem,) = refused.value.problems
    assert problem.what.startswith("every gate of the suite is relative to the clean pictures (")
    assert "a model that is always wrong would pass" in problem.what
    assert "declared:" in problem.hint


@pytest.mark.parametrize("parts", RELATIVE)
@pytest.mark.parametrize(
    "absolute",
    [
        {"clean": '{expect: {accuracy: ">= 90%"}}'},
        {"clean": "{declared: 90%}"},
        {"expect": '{top_k_accuracy: {2: ">= 90%"}, drop: "<= 9pp"}'},
    ],
    ids=["clean expects", "declared", "inherited"],
)
def test_with_anything_absolute_it_is_a_suite(load: Load, parts: dict[str, str], absolute: dict[str, str]) -> None:
    assert load(**{"expect": None, **parts, **absolute}).cases


@pytest.mark.parametrize(
    "rest",
    [
        'attack: pgd, norm: linf, eps: 1/255, expect: {robust_accuracy: ">= 5%"}',
        'attack: pgd, norm: linf, eps: 1/255, expect: {attack_success: "<= 5%"}',
        'attack: fmn, expect: {median_norm: ">= 1/255"}',
        'shift: camera.pitch, pitch: 15deg, expect: {drop: "<= 5pp", accuracy: ">= 5%"}',
        'shift: camera.pitch, pitch: 15deg, expect: {regression: "<= 5pp"}',
    ],
)
def test_an_absolute_gate_of_a_check_is_enough_and_the_clean_case_is_told_not_to_be_gated(
    load: Load, signs: Project, rest: str
) -> None:
    suite = load(expect=None, **check(rest))
    (note,) = ungated_clean(suite, signs.models["net"])
    assert note.startswith("suites/a.yaml:1:1: the clean case is not gated")
    assert not list(ungated_clean(load(**check(rest)), signs.models["net"]))


def test_what_the_models_entry_declares_is_enough_for_its_own_data_set_alone(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/data.yaml").write_text(DATA)
    (tmp_path / "configs/models.yaml").write_text(
        MODELS.replace("size: 32, resize: 32}}\nother", "size: 32, resize: 32}, declared: {pictures: 90%}}\nother")
    )
    project = load_project(tmp_path, tmp_path / "configs")
    path = tmp_path / "a.yaml"
    path.write_text(text_of(expect=None, **RELATIVE[0]))
    assert load_suite(path, project, environment={}).cases
    for other in ({"data": "more"}, {"model": "other"}):
        with pytest.raises(SuiteError, match="relative to the clean pictures"):
            load_suite(path, project, environment={}, **other)


CHECKS = {"checks": "[{id: a, shift: camera.pitch, pitch: [1deg, 2deg]}, {id: b, shift: camera.yaw, yaw: 1deg}]"}
"""Four cases with the clean one."""


def waivers(*patterns: str, expires: str = "2099-01-01") -> str:
    return f"[{', '.join(f'{{case: {one!r}, reason: r, owner: o, expires: {expires}}}' for one in patterns)}]"


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"waivers": waivers("*")}, ["the waiver of o for * excuses 4 of 4 cases"]),
        ({"waivers": waivers("camera.*")}, ["the waiver of o for camera.* excuses 3 of 4 cases"]),
        ({"waivers": waivers("a*", "b")}, ["2 waivers together excuse 3 of 4 cases"]),
        ({"waivers": waivers("a*")}, []),
        ({"severity": "warn"}, ["severity: warn at the top of the suite: 4 of 4 cases cannot fail the build"]),
        ({"severity": "error"}, []),
        (
            {"checks": CHECKS["checks"].replace("2deg]}", "2deg], severity: warn}").replace("yaw: 1deg}", "yaw: 1deg, severity: warn}")},
            ["3 of 4 cases have severity: warn and cannot fail the build"],
        ),
        (
            {"waivers": waivers("a*"), "checks": CHECKS["checks"].replace("yaw: 1deg}", "yaw: 1deg, severity: warn}")},
            ["3 of 4 cases are waived or have severity: warn, and cannot fail the build"],
        ),
    ],
)  # fmt: skip
def test_what_excuses_most_of_a_suite_is_noted(load: Load, parts: dict[str, Any], told: list[str]) -> None:
    notes = load(**{**CHECKS, **parts}).notes
    assert [note.partition(": ")[2] for note in notes] == told
    assert all(note.startswith("suites/a.yaml:") for note in notes)


def test_an_expired_waiver_excuses_nothing(load: Load) -> None:
    day = datetime.date(2026, 11, 26)
    notes = load(**CHECKS, waivers=waivers("*", expires="2026-11-25"), options={"today": day}).notes
    assert [("expired" in note, "excuses 4" in note) for note in notes] == [(True, False)]
