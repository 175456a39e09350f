"""A small project to run suites in: three classes told apart by their brightness."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
from PIL import Image

MODEL = '''
"""A model that sees brightness only, so that what a shift does to it can be worked out by hand."""

import torch


class Brightness(torch.nn.Module):
    """Logits fall with the squared distance of the mean from each class's own brightness."""

    def __init__(self, sharpness: float = 40.0, lean: float = 0.0) -> None:
        super().__init__()
        self.lean = lean
        self.centres = torch.nn.Parameter(torch.tensor([0.2, 0.5, 0.8]))
        self.sharpness = sharpness

    def forward(self, x):
        mean = x.mean(dim=(1, 2, 3)) + self.lean
        return -self.sharpness * (mean[:, None] - self.centres[None, :]) ** 2


def build(sharpness: float = 40.0, lean: float = 0.0):
    return Brightness(sharpness, lean).eval()
'''

MODELS = """
brightness:
  kind: python
  factory: tiny:build
  classes: [dark, middle, bright]
  input: {size: 16, resize: 20, interpolation: bilinear, mean: [0, 0, 0], std: [1, 1, 1]}
"""

DATA = """
greys:
  kind: imagefolder
  path: ../pictures
"""

SUITE = """
robustcheck: 1
title: Greys
owner: tests
model: brightness
data: greys
expect:
  accuracy: ">= 60%"
clean:
  expect: {accuracy: ">= 95%"}
checks:
  - shift: light.exposure
    stops: [-0.2ev, 0.2ev]
  - id: noisy
    shift: light.shadow
    depth: -1ev
    coverage: 20%
    tags: [night]
  - id: moved
    shift: camera.shift
    dx: [2%, 5%]
    expect: {drop: "<= 20pp"}
overall:
  - {metric: mean_accuracy, over: "light.*", expect: ">= 50%"}
"""


def write_pictures(folder: Path, *, each: int = 8, size: tuple[int, int] = (24, 20)) -> None:
    """Write ``each`` PNG pictures a class, of noise around the class's brightness."""
    rng = np.random.default_rng(3)
    for name, centre in (("dark", 51), ("middle", 128), ("bright", 204)):
        (folder / name).mkdir(parents=True)
        for number in range(each):
            pixels = np.clip(rng.normal(centre, 20, (*size, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number:02}.png")


def make_project(root: Path, *, suite: str = SUITE, models: str = MODELS, data: str = DATA, each: int = 8) -> Path:
    """Write a whole project and return the suite's path."""
    for name, text in {
        "tiny.py": MODEL,
        "configs/models.yaml": models,
        "configs/data.yaml": data,
        "suites/greys.yaml": suite,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    write_pictures(root / "pictures", each=each)
    return root / "suites" / "greys.yaml"
