"""The demo's networks know where they come from, and a gate that demands it is not passed without."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from demo_project import SHIPPED, write_project
from PIL import Image

from robustcheck.demo.scenes import load
from robustcheck.demo.train import RECIPES
from robustcheck.language import load_project, load_suite
from robustcheck.language.provenance import FACTS
from robustcheck.provenance.demands import Demands

SUITE = """
robustcheck: 1
title: Signs
owner: tests
model: {model}
data: signs-test
clean: {{expect: {{accuracy: ">= 90%"}}}}
checks:
  - {{shift: light.exposure, stops: 0.1ev, expect: {{accuracy: ">= 50%"}}}}
provenance:
  training: {{record: "weights/{{model}}.slsa.json", require: [{require}]}}
  leak: {{train: {train}, near: {{distance: 4}}}}
"""
ALL = ", ".join(fact for fact in FACTS if fact != "signature")


def prepare(root: Path, model: str, train: dict[str, Any], *, record: bool = True) -> None:
    """Write a project that demands all that a record can say of a shipped network."""
    suite = SUITE.format(model=model, require=ALL, train="learned")
    weights = root / "weights"
    weights.mkdir()
    shutil.copy(SHIPPED / f"{model}.safetensors", weights)
    if record:
        shutil.copy(SHIPPED / f"{model}.slsa.json", weights)
    write_project(root, suite, {model: weights / f"{model}.safetensors"})
    path = root / "configs/data.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "learned": train}))


def verdicts(root: Path) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return verdict and problems of what is demanded."""
    project = load_project(root, root / "configs")
    suite = load_suite(root / "suites/signs.yaml", project)
    assert suite.provenance
    demands = Demands(suite, project)
    found = [demands.result(item) for item in suite.provenance.requirements]
    return {result.id: (result.verdict, result.problems) for result in found}


@pytest.mark.parametrize("model", RECIPES)
def test_shipped_networks_meet_every_demand(model: str, tmp_path: Path) -> None:
    prepare(tmp_path, model, {"kind": "signs", "split": "train", "size": RECIPES[model].size, "seed": 0})
    found = verdicts(tmp_path)
    assert len(found) == 9
    assert set(found.values()) == {("pass", ())}


def test_a_network_without_a_record_fails_the_gate(gate: Any) -> None:
    prepare(gate.root, "signs-web", {"kind": "signs", "split": "train", "size": 28, "seed": 0}, record=False)
    assert gate.spawn().ret == 1
    suite = gate.report()["suites"][0]
    training = [found for found in suite["provenance"] if found["id"].startswith("provenance[training.")]
    assert len(training) == 7
    assert {found["verdict"] for found in training} == {"error"}
    assert all("there is no training record here" in found["problems"][0] for found in training)
    assert {found["verdict"] for found in suite["cases"]} == {"pass"}


def test_leaks_into_the_demo_are_found(tmp_path: Path) -> None:
    """Of the scenes that the gate looks at, one was learned from as it is, one as JPEG 75 and one at half its size."""
    scenes, folder = load("test", 560, 0), tmp_path / "learned/stop"
    folder.mkdir(parents=True)
    for number, scene in enumerate(load("train", 60, 0).images):
        Image.fromarray(scene).save(folder / f"{number}.png")
    exact, jpeg, small = (Image.fromarray(np.array(scenes.images[row])) for row in (3, 30, 300))
    exact.save(folder / "exact.png")
    content = io.BytesIO()
    jpeg.save(content, "JPEG", quality=75)
    (folder / "jpeg.jpg").write_bytes(content.getvalue())
    small.resize((80, 80)).save(folder / "small.png")
    prepare(tmp_path, "signs-web", {"kind": "imagefolder", "path": "../learned"}, record=False)
    found = verdicts(tmp_path)
    assert found["provenance[leak.exact]"][0] == "fail"
    assert f"{scenes.ids[3]} = stop/exact.png" in found["provenance[leak.exact]"][1][0]
    project = load_project(tmp_path, tmp_path / "configs")
    suite = load_suite(tmp_path / "suites/signs.yaml", project)
    assert suite.provenance
    near = Demands(suite, project).result(suite.provenance.requirements[-1])
    assert (near.id, near.verdict) == ("provenance[leak.near]", "warn")
    assert near.notes[0].startswith("2 pictures look like pictures of learned; look at them: ")
    assert f"{scenes.ids[30]} = stop/jpeg.jpg" in near.notes[0]
    assert f"{scenes.ids[300]} = stop/small.png" in near.notes[0]
