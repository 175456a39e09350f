"""A gate on an attack that sees answers alone says how little that is, and is not believed where gradients were to be had."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_project import MODELS

import robustcheck

SUITE = """
robustcheck: 1
title: Greys
owner: tests
model: brightness
data: greys
checks:
"""
WITHOUT_GRADIENTS = MODELS.rstrip() + "\n  gradients: false\n"
SQUARE = '{attack: square, id: asked, eps: 0.05, queries: 30, expect: {accuracy: ">= 10%"}}'
WEAK = "asked is a black-box attack"


@pytest.fixture
def run(project: Callable[..., Path], tmp_path: Path) -> Callable[..., Any]:
    def call(*checks: str, models: str = MODELS) -> Any:
        text = SUITE + textwrap.indent("\n".join(f"- {check}" for check in checks), "  ") + "\n"
        project(suite=text, models=models)
        return robustcheck.run_suite("suites/greys.yaml", root=tmp_path)["asked"]

    return call


ALONE = {
    "square": SQUARE,
    "noise": '{attack: noise, id: asked, eps: 0.05, repeats: 3, expect: {accuracy: ">= 10%"}}',
    "boundary": '{attack: boundary, id: asked, steps: 5, expect: {median_norm: ">= 0.001"}}',
    "hopskipjump": '{attack: hopskipjump, id: asked, steps: 1, expect: {median_norm: ">= 0.001"}}',
    "salt_and_pepper": '{attack: salt_and_pepper, id: asked, steps: 5, expect: {median_norm: ">= 1"}}',
}


@pytest.mark.parametrize("attack", ALONE)
def test_a_black_box_attack_alone_is_unreliable(attack: str, run: Callable[..., Any]) -> None:
    asked = run(ALONE[attack])
    assert asked.verdict == "unreliable", asked.problems
    (problem,) = [problem for problem in asked.problems if "black box" in problem]
    assert "though the model has gradients" in problem
    assert "fmn" in problem if attack == "salt_and_pepper" else "cascade" in problem


COVERED = {
    "the same ball": '{attack: pgd, eps: 0.05, steps: 4, expect: {accuracy: ">= 10%"}}',
    "a larger ball": '{attack: pgd, eps: 0.06, steps: 4, expect: {accuracy: ">= 0.1%"}}',
    "every ball": '{attack: fmn, steps: 10, expect: {median_norm: ">= 0.001"}}',
}


@pytest.mark.parametrize("check", COVERED)
def test_beside_one_that_follows_gradients_it_counts(check: str, run: Callable[..., Any]) -> None:
    asked = run(SQUARE, COVERED[check])
    assert asked.verdict == "pass", asked.problems
    (note,) = [note for note in asked.notes if "black-box attack" in note]
    assert note.startswith("square is a black-box attack: ")
    assert "model calls a picture on average" in note


NOT_COVERED = {
    "a smaller ball": '{attack: pgd, eps: 0.04, steps: 4, expect: {accuracy: ">= 10%"}}',
    "another norm": '{attack: pgd, norm: l2, eps: 5, steps: 4, expect: {accuracy: ">= 0.1%"}}',
    "a pair of classes": '{attack: pgd, eps: 0.05, steps: 4, targeted: {dark: middle}, expect: {attack_success: "<= 99%"}}',
    "another black box": '{attack: noise, eps: 0.05, repeats: 3, expect: {accuracy: ">= 10%"}}',
    "other pictures": (
        "{compose: [{shift: light.exposure, stops: -0.2ev}, {attack: pgd, eps: 0.05, steps: 4}], "
        'expect: {accuracy: ">= 0.1%"}}'
    ),
}


@pytest.mark.parametrize("check", NOT_COVERED)
def test_beside_one_that_searches_less_it_does_not(check: str, run: Callable[..., Any]) -> None:
    asked = run(SQUARE, NOT_COVERED[check])
    assert asked.verdict == "unreliable"
    assert any("norm linf and eps of at least 0.05" in problem for problem in asked.problems), asked.problems


def test_a_model_without_gradients_is_only_told(run: Callable[..., Any]) -> None:
    asked = run(SQUARE, models=WITHOUT_GRADIENTS)
    assert asked.verdict == "pass", asked.problems
    assert any("nothing stronger can be run" in note for note in asked.notes)


@pytest.mark.parametrize(
    "check",
    [
        '{attack: spatial, id: asked, views: 9, expect: {robust_accuracy: ">= 1%"}}',
        '{attack: pgd, id: asked, eps: 0.05, steps: 4, expect: {accuracy: ">= 10%"}}',
        '{shift: light.exposure, id: asked, stops: -0.2ev, expect: {accuracy: ">= 10%"}}',
    ],
)
def test_what_is_no_black_box_attack_of_a_norm_is_left_alone(check: str, run: Callable[..., Any]) -> None:
    asked = run(check)
    assert asked.verdict == "pass", asked.problems
    assert not any("black" in note for note in asked.notes)
