"""Labels that people corrected, from the suite to the numbers, the baseline and the evidence."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from small_project import MODELS, SUITE, make_project

import robustcheck
from robustcheck.cli import main
from robustcheck.data.labels.overlay import Decision, append
from robustcheck.engine.gates.baseline_file import load_baseline
from robustcheck.runs.load import load_run

SCHEMA = json.loads((resources.files("robustcheck.report") / "report.schema.json").read_text(encoding="utf-8"))
LABELS = "labels: {overlay: reviews.jsonl, max_changed: 20%}\n"
WRONG = ("bright/00.png", "bright/01.png", "dark/00.png")
"""Pictures that lie in another class's folder."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project in which three pictures lie in the wrong folder."""
    suite = SUITE.replace("clean:\n", f"{LABELS}clean:\n").replace('">= 95%"', '">= 80%"')
    make_project(tmp_path, suite=suite, models=MODELS.replace("classes:", "weights: ../w.safetensors\n  classes:"))
    import torch
    from safetensors.torch import save_file

    save_file({"centres": torch.tensor([0.2, 0.5, 0.8])}, tmp_path / "w.safetensors")
    pictures = tmp_path / "pictures"
    for name, true in zip(WRONG, ("dark/00.png", "middle/00.png", "bright/00.png"), strict=True):
        shutil.copy(pictures / true, pictures / f"{name}.new")
    for name in WRONG:
        (pictures / f"{name}.new").replace(pictures / name)
    (pictures / "middle/00.png").unlink()
    (tmp_path / "reviews.jsonl").touch()
    return tmp_path


def say(root: Path, name: str, label: str, *, reviewer: str = "Ann", task: str = "audit", **other: Any) -> None:
    digest = hashlib.sha256((root / "pictures" / name).read_bytes()).hexdigest()
    known = {"at": "2026-11-23T09:00:00+00:00", "reason": "", "model_digest": "", "blind": False}
    original = name.split("/")[0]
    told: dict[str, Any] = {"sha256": digest, "id": name, "original": original, **known, **other}
    append(root / "reviews.jsonl", [Decision(label=label, reviewer=reviewer, task=task, **told)])


def run(root: Path, **options: Any) -> Any:
    return robustcheck.run_suite("suites/greys.yaml", root=root, **options)


def accuracy(result: Any) -> tuple[float, float]:
    (suite,) = result.document["suites"]
    clean = suite["cases"][0]
    return round(clean["raw"]["accuracy"]["value"], 4), round(clean["metrics"]["accuracy"]["value"], 4)


def test_corrected_labels_give_corrected_numbers_beside_the_raw_ones(project: Path) -> None:
    before = run(project)
    assert accuracy(before) == (round(20 / 23, 4), round(20 / 23, 4))
    say(project, WRONG[0], "dark")
    say(project, WRONG[1], "ambiguous")
    say(project, WRONG[2], "bright")
    say(project, "dark/01.png", "dark")
    after = run(project)
    jsonschema.validate(json.loads(json.dumps(after.document)), SCHEMA)
    assert accuracy(after) == (round(20 / 23, 4), 1.0)
    assert after["clean"].n == 22
    (suite,) = after.document["suites"]
    labels = suite["labels"]
    assert (labels["changed"], labels["ambiguous"], labels["confirmed"], labels["waiting"]) == (2, 1, 1, 0)
    assert suite["data"]["overlay"] == labels["digest"] != ""
    assert suite["data"]["digest"] == before.document["suites"][0]["data"]["digest"]
    overlay = next(one for one in suite["inputs"] if one["role"] == "overlay")
    assert overlay["digest"] == hashlib.sha256((project / "reviews.jsonl").read_bytes()).hexdigest()
    # Every fixed case has both numbers, and what was ambiguous is in none of the lists.
    for case in suite["cases"]:
        assert case["raw"]["accuracy"]["n"] == case["metrics"]["accuracy"]["n"] + 1 == 23
        listed = suite["residuals"]["cases"][case["id"]]
        assert WRONG[1] not in [picture["id"] for picture in listed]
    assert "ambiguous" not in json.dumps(suite["residuals"])
    kept = load_run(project / "robustcheck-report").suites["suites/greys.yaml"]
    assert kept.cases["clean"].n == 22


@pytest.mark.parametrize(
    ("entry", "suite", "verdict"),
    [
        ("86.9%", None, "pass"),
        ("100%", None, "error"),
        ("86.9%", "100%", "pass"),
        ("86.9%", "86.9%", "error"),
        (None, "100%", "pass"),
        (None, "86.9%", "error"),
    ],
)
def test_an_overlay_does_not_change_what_the_entry_declares(
    entry: str | None, suite: str | None, verdict: str, project: Path
) -> None:
    """The entry is about the labels of the data set, the suite about those that it lays over them."""
    for name, label in zip(WRONG, ("dark", "ambiguous", "bright"), strict=True):
        say(project, name, label)
    if entry:
        path = project / "configs/models.yaml"
        path.write_text(path.read_text().rstrip() + f"\n  declared: {{greys: {entry}}}\n")
    if suite:
        path = project / "suites/greys.yaml"
        path.write_text(path.read_text().replace("clean:\n", f"clean:\n  declared: {suite}\n", 1))
    clean = run(project)["clean"]
    assert clean.verdict == verdict, clean.problems
    if verdict == "error":
        assert (
            "the clean accuracy is 87.0% with the labels of the data set, 100.0% with the corrected ones"
            in clean.problems[0]
        )


def test_a_change_of_the_overlay_is_seen_though_all_is_cached(project: Path) -> None:
    run(project)
    say(project, WRONG[0], "dark")
    first = run(project)
    assert accuracy(first)[1] == round(21 / 23, 4)
    assert run(project)["clean"].cached
    say(project, WRONG[0], "withdrawn")
    assert accuracy(run(project)) == (round(20 / 23, 4), round(20 / 23, 4))


@pytest.mark.parametrize(
    ("prepare", "says"),
    [
        (lambda root: (root / "reviews.jsonl").unlink(), "reviews.jsonl: there is no label overlay here"),
        (lambda root: say(root, WRONG[0], "dark", original="middle"), "changed since: bright/00.png (middle when"),
        (lambda root: say(root, WRONG[0], "dusky"), "no class of the model: dusky of bright/00.png"),
        (lambda root: say(root, WRONG[0], "dark", sha256="0" * 64), "not in the data set"),
        (lambda root: say(root, WRONG[0], "dark", at="2026-11-23T09:00:00"), "reviews.jsonl:1: at is"),
        (lambda root: [say(root, WRONG[0], label, reviewer=label) for label in ("dark", "middle")], "differently"),
        (lambda root: [say(root, f"dark/0{n}.png", "middle") for n in range(5)], "5 of 23 labels are changed or ambig"),
    ],
)
def test_an_overlay_that_does_not_hold_fails_the_gate(project: Path, prepare: Callable[[Path], Any], says: str) -> None:
    prepare(project)
    result = run(project)
    assert result.verdict == "error"
    assert {case.verdict for case in result.cases} == {"error"}
    assert says in result["clean"].problems[0]


def test_two_reviewers_are_needed_where_the_suite_says_so(project: Path) -> None:
    suite = project / "suites/greys.yaml"
    suite.write_text(suite.read_text().replace("max_changed: 20%", "max_changed: 20%, reviewers_min: 2"))
    say(project, WRONG[0], "dark")
    waiting = run(project)
    assert accuracy(waiting)[1] == round(20 / 23, 4)
    assert waiting.document["suites"][0]["labels"]["waiting"] == 1
    say(project, WRONG[0], "dark", reviewer="Bob")
    assert accuracy(run(project))[1] == round(21 / 23, 4)


def test_an_overlay_that_leads_out_of_the_project_is_refused(project: Path, tmp_path_factory: Any) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "r.jsonl"
    elsewhere.touch()
    (project / "reviews.jsonl").unlink()
    (project / "reviews.jsonl").symlink_to(elsewhere)
    assert "lies outside the project" in run(project)["clean"].problems[0]


def test_a_part_of_the_data_has_a_part_of_the_overlay(project: Path) -> None:
    for name in WRONG:
        say(project, name, "middle")
    result = run(project, limit=6)
    labels = result.document["suites"][0]["labels"]
    assert labels["elsewhere"] + labels["changed"] == 3
    assert labels["elsewhere"] > 0


def test_the_baseline_is_scored_with_the_same_overlay(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The accepted model had three pictures wrong only because their labels were; it must not be thought worse than it was."""
    run(project)
    monkeypatch.chdir(project)
    assert main(["baseline", "accept", "robustcheck-report", "--reason", "first"]) == 0
    baseline = load_baseline(project / "suites/greys.baseline.json")
    assert all(case.predicted is not None for case in baseline.cases.values())
    for name, label in zip(WRONG, ("dark", "middle", "bright"), strict=True):
        say(project, name, label)
    after = run(project)
    metrics = after["clean"].metrics
    # With the old labels the accepted run would have 20 of 23 right, and this one would seem to gain three.
    assert metrics["regression"].value == 0
    assert metrics["negative_flips"].value == 0
    (suite,) = after.document["suites"]
    assert any("scored with those of this run" in note for note in suite["notes"])
    assert metrics["accuracy"].value == 1.0


def test_another_data_set_has_another_overlay(project: Path) -> None:
    data = project / "configs/data.yaml"
    data.write_text(data.read_text() + data.read_text().replace("greys:", "others:"))
    result = run(project, data="others")
    (suite,) = result.document["suites"]
    assert suite["labels"] is None
    assert any("it is not applied" in note for note in suite["notes"])
