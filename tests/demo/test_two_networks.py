"""``robustcheck compare`` on the demo's two networks, which are as good as each other on clean pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from demo_project import SHIPPED, write_project

import robustcheck
from robustcheck.cli import main

SUITE = """
robustcheck: 1
title: Where the camera is
owner: tests
model: signs-robot
data: signs-test
seed: 7
expect: {accuracy: ">= 95%"}
checks:
  - {shift: camera.pitch, pitch: [-10deg, 10deg]}
  - {shift: camera.yaw, yaw: [-10deg, 10deg]}
  - {shift: camera.shift, dx: [-15%, 15%]}
"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the reports of both networks."""
    root = tmp_path_factory.mktemp("two")
    networks = ("signs-robot", "signs-web")
    suite = write_project(root, SUITE, {name: SHIPPED / f"{name}.safetensors" for name in networks})
    verdicts = [robustcheck.run_suite(suite, root=root, model=name, report=name).verdict for name in networks]
    assert verdicts == ["pass", "fail"]
    return root


def test_the_cases_of_the_camera_are_significant_and_the_clean_one_is_not(
    reports: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(reports)
    assert main(["compare", "signs-robot", "signs-web", "--json", "--fail-on-regression"]) == 1
    found = {case["id"]: case for case in json.loads(capsys.readouterr().out)["cases"]}
    assert [name for name, case in found.items() if case["alarm"]] == [name for name in found if name != "clean"]
    assert len(found) == 7
    for case in found.values():
        if case["id"] != "clean":
            assert case["p_adjusted"] < 1e-6
            assert case["difference"]["low"] > 0.25
            assert len(case["lost"]) > 150
    assert main(["compare", "signs-web", "signs-robot", "--fail-on-regression"]) == 0, (
        "the other way round it is better"
    )
    assert "B is worse in 0 and better in 6 of 7 paired cases" in capsys.readouterr().out


def test_a_network_compared_with_itself_shows_nothing(
    reports: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    again = robustcheck.run_suite(
        "suites/signs.yaml", root=reports, model="signs-web", report="again", cache=False, batch_size=5
    )
    assert all(not case.cached for case in again.cases)
    monkeypatch.chdir(reports)
    assert main(["compare", "signs-web", "again", "--fail-on-regression"]) == 0
    out = capsys.readouterr().out
    assert "no significant difference: both runs have the same pictures right in all of 7 paired cases" in out
    assert "WORSE" not in out
    assert "lost " not in out
