"""When a shift is called barely visible, and when nothing is said."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from small_project import SUITE

from robustcheck.domain.case import Case
from robustcheck.domain.how import Fixed
from robustcheck.engine.gates.visibility import BARELY, LEAST_CHANGE, barely_visible
from robustcheck.language import load_project, load_suite

ATTACKED = "  - compose:\n      - {shift: light.exposure, stops: 0.01ev}\n      - {attack: pgd, eps: 1/255}\n"


@pytest.fixture
def cases(project: Callable[..., Path]) -> dict[str, Case]:
    suite = project(suite=SUITE.replace("overall:", ATTACKED + "overall:"))
    root = suite.parents[1]
    return {case.kind: case for case in load_suite(suite, load_project(root, root / "configs")).cases}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (0.0, ""),
        (1e-4, "0.0001"),
        (0.04, "0.04"),
        (0.0999, "0.1"),
        (0.8, "0.8"),
        (1.96, "1.9"),
        (1.9999, "1.9"),
        (LEAST_CHANGE, ""),
        (40.0, ""),
    ],
)
def test_less_than_two_levels_are_noted_and_nothing_at_all_is_said_elsewhere(
    cases: dict[str, Case], change: float, told: str
) -> None:
    assert LEAST_CHANGE == 2
    notes = barely_visible(cases["shift"], change, 14)
    if not told:
        assert notes == []
        return
    [note] = notes
    assert note.startswith(f"{BARELY}: changes {told} grey levels on average (14 at most); ")


def test_neither_an_attack_nor_the_clean_case_is_noted(cases: dict[str, Case]) -> None:
    assert barely_visible(cases["clean"], 0.5, 1) == []
    assert cases["attack"].steps
    assert barely_visible(cases["attack"], 0.5, 1) == []
    assert barely_visible(dataclasses.replace(cases["attack"], how=Fixed(cases["attack"].steps)), 0.5, 1)
