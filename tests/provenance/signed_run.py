"""A run of every kind of case, with labels that people corrected, groups, a baseline, waivers and things demanded."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from small_project import MODELS, make_project

import robustcheck
from robustcheck.cli import main
from robustcheck.data.labels.overlay import Decision, append
from robustcheck.provenance.recording import record_training

SUITE = """
robustcheck: 1
title: Everything
owner: tests
model: brightness
data: greys
labels: {overlay: reviews.jsonl, max_changed: 20%}
review: {max_risk: 20%, confidence: 80%}
provenance:
  training: {record: models/tiny.slsa.json, require: [seed, parameters]}
expect: {accuracy: ">= 60%"}
clean: {declared: 98%, tolerance: 5pp, expect: {accuracy: ">= 80%"}}
checks:
  - id: dusk
    shift: light.exposure
    stops: [-0.2ev, 0.2ev]
    expect: {drop: "<= 20pp", group_accuracy: {weather: {rain: ">= 50%"}}, automatic_share: ">= 1%"}
  - {id: strict, shift: light.shadow, depth: -1ev, coverage: 20%, severity: warn, expect: {accuracy: ">= 99.9%"}}
  - {id: night, shift: light.exposure, stops: -3ev, expect: {accuracy: ">= 90%"}}
  - {id: dark, shift: light.exposure, stops: -3.1ev, expect: {accuracy: ">= 90%"}}
  - {id: sure, shift: light.exposure, stops: 0.1ev, decide: confident, expect: {accuracy: ">= 60%", ece: "<= 90%"}}
  - {id: soon, shift: light.exposure, stops: -0.1ev, decide: anytime, confidence: 90%, expect: {accuracy: ">= 60%"}}
  - {id: same, shift: light.exposure, stops: 0.15ev, expect: {regression: "<= 5pp", negative_flips: "<= 20%"}}
  - id: pair
    combine:
      of: [{shift: light.exposure, stops: [-0.1ev, 0.1ev]}, {shift: camera.roll, roll: [1deg, 2deg]}]
  - {id: worst, worst_of: light.exposure, stops: -0.3ev..0.3ev, budget: 6, expect: {accuracy: ">= 1%"}}
  - id: far
    find_limit: {shift: light.exposure, param: stops, from: 0ev, to: -3ev, resolution: 0.5ev, until: {accuracy: "< 60%"}}
    expect: {limit: "<= 0ev"}
  - {id: near, attack: pgd, steps: 3, eps: [0.01, 0.02], expect: {robust_accuracy: ">= 1%"}}
  - {id: least, attack: fmn, steps: 10, expect: {median_norm: ">= 0.01", robust_accuracy_at: {0.01: ">= 1%"}}}
overall:
  - {metric: mean_accuracy, over: "dusk*", expect: ">= 50%"}
  - {metric: worst_accuracy, over: "dusk*", expect: ">= 50%"}
waivers:
  - {case: night, owner: ada, expires: 2999-01-01, reason: nobody drives at night}
  - {case: "provenance[training.parameters]", owner: ada, expires: 2999-01-01, reason: an old model}
"""
DATA = """
greys: {kind: manifest, path: ../pictures/list.csv, path_column: file, label_column: sign}
"""
WEIGHTS = MODELS.replace("  classes:", "  weights: ../models/tiny.safetensors\n  classes:")


def make_run(root: Path) -> dict[str, Any]:
    """Write the project, run its suite twice, the second time from the cache and beside the accepted first, and return the result file."""
    make_project(root, suite=SUITE, models=WEIGHTS, data=DATA, each=9)
    names = [f"{folder}/{number:02}.png" for folder in ("dark", "middle", "bright") for number in range(9)]
    lines = [f"{name},{name.split('/')[0]},{('rain', 'sun')[place % 2]}" for place, name in enumerate(names)]
    (root / "pictures/list.csv").write_text("\n".join(["file,sign,weather", *lines]) + "\n")
    (root / "models").mkdir()
    with record_training(root / "models/tiny.slsa.json", seed=3, root=root, packages={"x": "1"}) as recording:
        save_file({"centres": torch.tensor([0.2, 0.5, 0.8])}, root / "models/tiny.safetensors")
        recording.output(root / "models/tiny.safetensors")
    for name, label in (("dark/00.png", "ambiguous"), ("bright/01.png", "middle")):
        content = hashlib.sha256((root / "pictures" / name).read_bytes()).hexdigest()
        told = "2026-11-23T09:00:00+00:00", "", "audit", "", False
        append(root / "reviews.jsonl", [Decision(content, name, name.split("/")[0], label, "Ann", *told)])
    robustcheck.run_suite("suites/greys.yaml", root=root)
    with contextlib.chdir(root):
        assert main(["baseline", "accept", "robustcheck-report", "--reason", "first"]) == 0
    found = robustcheck.run_suite("suites/greys.yaml", root=root)
    return dict(found.document)
