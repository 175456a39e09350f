"""``robustcheck doctor``: the diagnosis in lines, and an exit code that a script can read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from small_project import MODELS

Call = Callable[..., Any]
CALL = ("doctor", "brightness", "greys", "--device", "cpu")


def test_a_model_that_is_configured_rightly(robustcheck_command: Call, project: Call) -> None:
    project()
    done = robustcheck_command(*CALL)
    assert done.code == 0
    assert "as configured 100.0%" in done.out


def test_a_wrong_mean_is_named(robustcheck_command: Call, project: Call) -> None:
    project(models=MODELS.replace("mean: [0, 0, 0]", "mean: [0.5, 0.5, 0.5]"))
    done = robustcheck_command(*CALL)
    assert done.code == 1
    assert "input.mean: [0.0, 0.0, 0.0]" in done.out


def test_a_declared_accuracy_that_is_missed_is_told(robustcheck_command: Call, project: Call) -> None:
    project(models=MODELS.rstrip() + "\n  declared: {greys: 50%}\n")
    done = robustcheck_command(*CALL)
    assert done.code == 1
    assert "the declared 50% on greys is not reproduced" in done.out


def test_a_model_that_cannot_be_built_is_told(robustcheck_command: Call, project: Call) -> None:
    project(models=MODELS.replace("tiny:build", "tiny:biuld"))
    done = robustcheck_command(*CALL)
    assert done.code == 1
    assert "did you mean build?" in done.out


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (("doctor", "brigthness", "greys"), "there is no model brigthness; did you mean brightness?"),
        (("doctor", "brightness", "gray"), "there is no data set gray; did you mean greys?"),
    ],
)
def test_names_are_corrected(robustcheck_command: Call, project: Call, call: tuple[str, ...], told: str) -> None:
    project()
    done = robustcheck_command(*call)
    assert (done.code, done.err) == (2, f"robustcheck: {told}\n")
