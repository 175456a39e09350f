"""``robustcheck validate --strict``, what is said not to be checked, and pages of errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from small_project import MODELS, SUITE

Call = Callable[..., Any]


def test_notes_fail_only_where_that_is_asked_for(robustcheck_command: Call, project: Call) -> None:
    project(suite=SUITE + "waivers: [{case: noisy, reason: known, owner: tests, expires: 2001-01-01}]\n")
    assert robustcheck_command("validate").code == 0
    done = robustcheck_command("validate", "--strict")
    assert done.code == 1
    assert done.lines[0].startswith("note: suites/greys.yaml:")
    assert done.lines[-1] == "1 suite, 7 cases: no problem, 1 note (--strict)"


def test_without_notes_strict_is_content(robustcheck_command: Call, project: Call) -> None:
    project()
    done = robustcheck_command("validate", "--strict")
    assert (done.code, done.lines) == (0, ["1 suite, 7 cases: no problem"])


CONFIDENT = SUITE.replace("title: Greys", "title: Greys\ndecide: confident")


def test_what_only_code_can_list_is_not_checked_and_said(robustcheck_command: Call, project: Call) -> None:
    project(suite=CONFIDENT, data='greys: {kind: python, factory: "pictures:source"}\n')
    done = robustcheck_command("validate")
    assert done.code == 0, done.out
    (note,) = [line for line in done.lines if "not checked" in line]
    assert note.startswith("note: suites/greys.yaml: not checked: whether ")
    assert "are listed by code; `robustcheck validate --data` runs it" in note
    assert robustcheck_command("validate", "--strict").code == 1


def test_what_cannot_be_listed_is_not_checked_and_said(robustcheck_command: Call, project: Call) -> None:
    project(suite=CONFIDENT, data="greys: {kind: imagefolder, path: ../nowhere}\n")
    done = robustcheck_command("validate")
    (note,) = [line for line in done.lines if "not checked" in line]
    assert "nowhere" in note


def test_what_only_another_library_can_judge_is_not_checked_and_said(robustcheck_command: Call, project: Call) -> None:
    project(suite=SUITE.replace("checks:\n", "checks:\n  - {shift: albumentations.RandomRain}\n", 1))
    done = robustcheck_command("validate")
    (note,) = [line for line in done.lines if "not checked" in line]
    assert "the arguments of albumentations.RandomRain, which only the library can judge" in note


def test_a_wrong_configuration_says_what_is_not_checked(robustcheck_command: Call, project: Call) -> None:
    project(models=MODELS.replace("kind: python", "kind: pyhton"))
    done = robustcheck_command("validate")
    assert done.code == 1
    assert (
        done.lines[0] == "note: not checked: names of models, data sets and classes, since the configuration is wrong"
    )


def test_an_error_is_explained_by_its_code(robustcheck_command: Call) -> None:
    done = robustcheck_command("explain", "rc203")
    assert done.code == 0
    assert done.lines[0] == "RC203: A unit is missing"
    assert "    - {shift: camera.pitch, pitch: 12deg}" in done.lines
    assert robustcheck_command("explain", "RC999").err == (
        "robustcheck: there is no error RC999; `robustcheck list errors` names all\n"
    )


@pytest.mark.parametrize(("words", "first"), [((), "RC101"), (("unit",), "RC203")])
def test_errors_are_listed(robustcheck_command: Call, words: tuple[str, ...], first: str) -> None:
    assert robustcheck_command("list", "errors", *words).lines[0].startswith(f"{first}  ")
