"""Two thresholds on one line: which fails, which warns, what a check inherits of them, and what cannot be meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from writing import check, make_project, text_of

from robustcheck.core.errors import SuiteError
from robustcheck.domain.case import Case
from robustcheck.domain.suite import Suite
from robustcheck.language import load_suite

Load = Callable[..., Suite]
BOTH = '{accuracy: {fail: ">= 90%", warn: ">= 95%"}}'


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def read(**parts: Any) -> Suite:
        project = make_project(tmp_path)
        path = tmp_path / "suites" / "a.yaml"
        path.write_text(text_of(**parts), encoding="utf-8")
        return load_suite(path, project, environment={})

    return read


def lines(case: Case) -> list[tuple[str, bool]]:
    return [(str(line), line.warns) for line in case.expectations]


def test_both_are_expectations_of_every_case(load: Load) -> None:
    for case in load(expect=BOTH).cases:
        assert lines(case) == [("accuracy >= 90%", False), ("accuracy >= 95%", True)]
        assert case.severity == "error"


@pytest.mark.parametrize(
    ("own", "expected", "severity"),
    [
        ('accuracy: ">= 80%"', [("accuracy >= 80%", False)], "error"),
        ('accuracy: {fail: ">= 80%"}', [("accuracy >= 80%", False)], "error"),
        ('accuracy: {warn: ">= 80%"}', [("accuracy >= 80%", True)], "warn"),
        ('accuracy: null, drop: "<= 5pp"', [("drop <= 5pp", False)], "error"),
        ('drop: {warn: "<= 2pp", fail: "<= 5pp"}', [("accuracy >= 90%", False), ("accuracy >= 95%", True), ("drop <= 5pp", False), ("drop <= 2pp", True)], "error"),
        ('class_accuracy: {stop: {fail: ">= 80%", warn: "> 80%"}}, accuracy: null', [("class_accuracy[stop] >= 80%", False), ("class_accuracy[stop] > 80%", True)], "error"),
        ('group_accuracy: {weather: {fail: ">= 70%", warn: ">= 80%"}}, accuracy: null', [("group_accuracy[weather] >= 70%", False), ("group_accuracy[weather] >= 80%", True)], "error"),
        ('group_accuracy: {weather: {rain: {fail: ">= 70%", warn: ">= 80%"}}}, accuracy: null', [("group_accuracy[weather, rain] >= 70%", False), ("group_accuracy[weather, rain] >= 80%", True)], "error"),
        ('selective_accuracy: {coverage: 80%, accuracy: {fail: ">= 90%", warn: ">= 99%"}}, accuracy: null', [("selective_accuracy[80%] >= 90%", False), ("selective_accuracy[80%] >= 99%", True)], "error"),
    ],
)  # fmt: skip
def test_what_a_check_says_replaces_both(load: Load, own: str, expected: list[Any], severity: str) -> None:
    case = load(expect=BOTH, **check(f"shift: camera.yaw, yaw: 5deg, expect: {{{own}}}")).cases[1]
    assert sorted(lines(case)) == sorted(expected)
    assert case.severity == severity


@pytest.mark.parametrize(
    ("own", "notes"),
    [
        ('accuracy: {warn: ">= 80%"}', ['accuracy only warns here: the line replaces the suite\'s ">= 90%", which fails the build; write {fail: ">= 90%", warn: ...} to keep both']),
        ('accuracy: {fail: ">= 90%", warn: ">= 92%"}', []),
        ('accuracy: {fail: ">= 80%"}', []),
        ('drop: {warn: "<= 2pp"}', []),
    ],
)  # fmt: skip
def test_a_gate_that_a_warning_takes_away_is_noted(load: Load, own: str, notes: list[str]) -> None:
    suite = load(expect=BOTH, **check(f"shift: camera.yaw, yaw: 5deg, expect: {{{own}}}"))
    assert [note.split(": ", 1)[1] for note in suite.notes if "only warns here" in note] == notes


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('{fail: ">= 95%", warn: ">= 90%"}', 'warn ">= 90%" of accuracy is no stricter than fail ">= 95%", so it never warns; let warn ask for more'),
        ('{fail: ">= 95%", warn: ">= 95%"}', "is no stricter than fail"),
        ('{fail: ">= 95%", warn: "<= 97%"}', "bounds of opposite sides"),
        ('{fial: ">= 95%", warn: ">= 97%"}', "fial is no level of accuracy; did you mean fail?"),
        ('{error: ">= 95%"}', "error is no level of accuracy; did you mean fail?"),
        ('{warn_if: ">= 95%"}', "did you mean warn?"),
        ('{fail: null, warn: ">= 95%"}', "fail of accuracy has no threshold; write one, or leave the line out"),
        ('{fail: 95%}', 'fail of accuracy needs a comparison and a number, not the text 95%; write ">= 95%"'),
        ('{warn: [">= 95%"]}', "warn of accuracy must be a threshold, not a list"),
        ("{}", "accuracy must be a threshold, not a mapping"),
        ('{stop: ">= 95%"}', "accuracy must be a threshold, not a mapping"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_at_its_place(load: Load, written: str, says: str) -> None:
    with pytest.raises(SuiteError) as caught:
        load(expect=f"{{accuracy: {written}}}")
    assert any(says in str(problem) for problem in caught.value.problems), str(caught.value)
    assert all(str(problem).startswith("suites/a.yaml:6:") for problem in caught.value.problems)


def test_a_break_point_has_one_threshold(load: Load) -> None:
    limit = "shift: camera.yaw, param: yaw, from: 0deg, to: 45deg, until: {accuracy: {fail: '< 90%'}}"
    with pytest.raises(SuiteError, match="must be a threshold, not a mapping"):
        load(**check(f"find_limit: {{{limit}}}, expect: {{limit: '>= 12deg'}}"))


def test_a_suite_whose_every_line_warns_is_said_to_gate_little(load: Load) -> None:
    (note,) = [note for note in load(expect='{accuracy: {warn: ">= 95%"}}').notes if "cannot fail the build" in note]
    assert "have severity: warn and cannot fail the build" in note


def test_what_only_warns_of_the_clean_pictures_demands_nothing_of_them(load: Load) -> None:
    parts = {"expect": '{drop: "<= 5pp"}', **check("shift: camera.yaw, yaw: 5deg")}
    with pytest.raises(SuiteError, match="relative to the clean pictures"):
        load(**parts, clean='{expect: {accuracy: {warn: ">= 95%"}}}')
    assert load(**parts, clean='{expect: {accuracy: {fail: ">= 95%"}}}').cases
