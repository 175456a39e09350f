"""Pictures are drawn again exactly as the model of the run saw them, without the model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import robustcheck
from robustcheck.core.errors import RobustcheckError
from robustcheck.language import load_project
from robustcheck.review.drawing import Drawing
from robustcheck.review.opening import Opened, open_review

Call = Callable[..., Any]
SUITE = """
robustcheck: 1
title: Greys
owner: tests
model: brightness
data: greys
clean: {expect: {accuracy: ">= 50%"}}
checks:
  - {shift: light.exposure, stops: -1ev, expect: {accuracy: ">= 1%"}}
  - {id: noisy, shift: sensor.noise, iso: 3200, expect: {accuracy: ">= 1%"}}
  - {id: worst, worst_of: camera.shift, dx: -9%..9%, budget: 6, expect: {accuracy: ">= 1%"}}
  - id: how-dark
    find_limit:
      {shift: light.exposure, param: stops, from: 0ev, to: -3ev, resolution: 0.5ev, until: {accuracy: "< 90%"}}
    expect: {limit: "<= 0ev"}
  - {id: attacked, attack: pgd, eps: 20/255, expect: {robust_accuracy: ">= 1%"}}
"""


@pytest.fixture
def opened(project: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    project(suite=SUITE, each=4)
    monkeypatch.chdir(tmp_path)
    robustcheck.run_suite("suites/greys.yaml", root=tmp_path)
    known = load_project(tmp_path, tmp_path / "configs")
    return open_review(tmp_path / "robustcheck-report", known, audit_fraction=1.0)


def drawing(opened: Opened) -> Drawing:
    return Drawing(opened.suite, opened.report, opened.folder, opened.ground, opened.entry, opened.seen)


def test_every_picture_of_every_case_has_the_digest_of_the_run(opened: Opened) -> None:
    drawn = drawing(opened)
    try:
        for case in opened.report["cases"]:
            if case["kind"] in ("clean", "attack"):
                continue
            for name in opened.seen[case["id"]].ids:
                picture = drawn.shown(name, case["id"])
                assert (picture.kind, picture.problem) == ("image/png", ""), (case["id"], name, picture.problem)
        for name in opened.seen["clean"].ids:
            assert drawn.clean(name).problem == ""
            assert _pixels(drawn.clean(name).content).shape == (16, 16, 3)
            whole = _pixels(drawn.whole(name).content)
            assert np.array_equal(whole, opened.ground.source.read(opened.ground.by_id[name]))
    finally:
        drawn.close()


def test_no_picture_that_is_asked_about_is_an_example(opened: Opened) -> None:
    asked = {"dark/00.png", "bright/01.png"}
    found = opened.examples(asked)
    assert {label: len(names) for label, names in found.items()} == {"dark": 3, "middle": 4, "bright": 3}
    assert not asked & {name for names in found.values() for name in names}


def test_of_an_attack_the_kept_pictures_are_shown_and_the_others_named(opened: Opened) -> None:
    drawn = drawing(opened)
    attacked = next(case["id"] for case in opened.report["cases"] if case["kind"] == "attack")
    found = [drawn.shown(name, attacked) for name in opened.seen[attacked].ids]
    drawn.close()
    assert all(one.kind == "image/webp" if one.content else "was not kept" in one.problem for one in found)


def test_a_case_that_was_changed_since_is_not_drawn_as_if_it_were_the_same(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "suites/greys.yaml"
    path.write_text(path.read_text().replace("iso: 3200", "iso: 6400"))
    again = open_review(tmp_path / "robustcheck-report", load_project(tmp_path, tmp_path / "configs"))
    drawn = drawing(again)
    noisy = next(case["id"] for case in again.report["cases"] if case["id"].startswith("noisy"))
    picture = drawn.shown("dark/00.png", noisy)
    drawn.close()
    assert (picture.content, "another case" in picture.problem) == (b"", True)


def test_another_data_set_than_the_reports_is_refused(opened: Opened, tmp_path: Path) -> None:
    known = load_project(tmp_path, tmp_path / "configs")
    (tmp_path / "pictures/dark/00.png").rename(tmp_path / "pictures/bright/zz.png")
    with pytest.raises(RobustcheckError, match="not the one of the report"):
        open_review(tmp_path / "robustcheck-report", known)


def test_a_report_that_names_what_is_not_there_is_refused(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "robustcheck-report/robustcheck-report.json"
    found = json.loads(path.read_text())
    found["suites"][0]["residuals"]["fragile"]["pictures"] = [
        {"id": "../../x", "label": "dark", "predicted": "dark", "confidence": 0.5, "broken": 1, "of": 1}
    ]
    path.write_text(json.dumps(found))
    with pytest.raises(RobustcheckError, match="does not have"):
        open_review(tmp_path / "robustcheck-report", load_project(tmp_path, tmp_path / "configs"))


def _pixels(content: bytes) -> Any:
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
