"""What a suite demands to know becomes one requirement each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_project import SUITE

from robustcheck.domain.suite import Suite
from robustcheck.language import load_project, load_suite

DEMANDS = """
provenance:
  training:
    record: models/net.slsa.json
    require: [git_commit, seed, seed, signature]
    trusted_keys: [keys/train.pub]
    max_age: 365d
  dataset: {card: data/croissant.json, licenses: [CC-BY-4.0, CC0-1.0], class_counts: {min: 50}, max_age: 30d}
  leak: {train: greys, exact_max: 2, group_by: track, near: {distance: 3, action: fail}}
waivers:
  - {case: "provenance[training.*", reason: lost, owner: me, expires: 2999-01-01}
"""
IDS = [
    *("training.record", "training.git_commit", "training.seed", "training.signature", "training.age"),
    *("dataset.card", "dataset.license", "dataset.class_counts", "dataset.age"),
    *("leak.exact", "leak.groups", "leak.near"),
]


@pytest.fixture
def load(project: Callable[..., Path], tmp_path: Path) -> Callable[[str], Suite]:
    path = project(suite=SUITE)

    def call(demands: str) -> Suite:
        path.write_text((SUITE + demands).lstrip(), encoding="utf-8")
        return load_suite(path, load_project(tmp_path, tmp_path / "configs"))

    return call


def test_each_demand_is_a_requirement_with_a_place_and_words(load: Callable[[str], Suite]) -> None:
    suite = load(DEMANDS)
    assert suite.provenance is not None
    found = suite.provenance.requirements
    assert [item.id for item in found] == [f"provenance[{name}]" for name in IDS]
    assert len({item.id for item in found}) == len(found)
    text = (SUITE + DEMANDS).lstrip().splitlines()
    keys = {"record": "record", "seed": "require", "age": "max_age", "exact": "exact_max", "groups": "group_by"}
    for item in found:
        if item.rule in keys:
            assert keys[item.rule] in text[item.where.line - 1]
    assert {item.id for item in found if item.waiver} == {item.id for item in found if item.part == "training"}
    words = {item.rule: item.why for item in found}
    assert words["license"] == "one of the licences CC-BY-4.0, CC0-1.0"
    assert words["exact"] == "at most 2 pictures of greys"


def test_what_is_not_demanded_is_no_requirement(load: Callable[[str], Suite]) -> None:
    assert load("").provenance is None
    found: Any = load("provenance: {leak: {train: greys}}\n").provenance
    assert [item.rule for item in found.requirements] == ["exact"]
    assert (found.leak.exact_max, found.leak.distance, found.leak.group_by) == (0, None, "")
    found = load("provenance: {leak: {train: greys, near: {}}}\n").provenance
    assert (found.leak.distance, found.leak.action) == (4, "review")


def test_what_is_demanded_is_part_of_the_suite(load: Callable[[str], Suite]) -> None:
    assert load("").digest != load("provenance: {leak: {train: greys}}\n").digest
