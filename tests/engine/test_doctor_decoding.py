"""The doctor finds how stored bytes were meant to become pixels: orientation, transparency, one channel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from robustcheck.data import open_source
from robustcheck.engine.tools.doctor import diagnose
from robustcheck.language import load_project

MODEL = '''
import torch


class Halves(torch.nn.Module):
    """Says whether the upper or the left half is brighter."""

    def forward(self, x):
        grey = x.mean(dim=1)
        down = grey[:, :8].mean(dim=(1, 2)) - grey[:, 8:].mean(dim=(1, 2))
        across = grey[:, :, :8].mean(dim=(1, 2)) - grey[:, :, 8:].mean(dim=(1, 2))
        return torch.stack([down, across], dim=1) * 10


class Bright(torch.nn.Module):
    def forward(self, x):
        grey = x.mean(dim=(1, 2, 3))
        return torch.stack([grey - 0.5, 0.5 - grey], dim=1) * 10


class Gray(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Conv2d(1, 1, 1, bias=False)
        torch.nn.init.constant_(self.layer.weight, 1.0)

    def forward(self, x):
        grey = self.layer(x).mean(dim=(1, 2, 3))
        return torch.stack([grey, -grey], dim=1) * 10


def build(kind: str):
    return {"halves": Halves, "bright": Bright, "gray": Gray}[kind]().eval()
'''
CLASSES = ("one", "two")
ENTRY = """
seen:
  kind: python
  factory: seeing_{kind}:build
  arguments: {{kind: {kind}}}
  classes: [one, two]
  input: {{size: 16, resize: 16, {rest}}}
"""
USUAL = "mean: [0, 0, 0], std: [1, 1, 1]"


def project(root: Path, kind: str, rest: str) -> Any:
    (root / "configs").mkdir()
    (root / f"seeing_{kind}.py").write_text(MODEL)
    (root / "configs/models.yaml").write_text(ENTRY.format(kind=kind, rest=rest))
    (root / "configs/data.yaml").write_text("shown: {kind: imagefolder, path: ../pictures}\n")
    return load_project(root, root / "configs")


def save(root: Path, n: int, kind: str) -> None:
    """Write n pictures: turned by EXIF, transparent, or gray."""
    random = np.random.default_rng(3)
    for number in range(n):
        label = number % 2
        path = root / "pictures" / CLASSES[label] / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = random.integers(0, 40, (24, 24))
        if kind == "turned":
            # As stored the picture is of one class, as it is to be seen of the other.
            grey = (
                noise + np.where(np.arange(24) < 12, 150, 0)[:, None]
                if label == 0
                else noise + np.where(np.arange(24) < 12, 150, 0)
            )
            exif = Image.Exif()
            exif[274] = 5
            Image.fromarray(grey.astype(np.uint8)).convert("RGB").save(path, exif=exif)
        elif kind == "sheer":
            colour = np.dstack([noise + (180 if label == 0 else 20)] * 3 + [np.full_like(noise, 20)]).astype(np.uint8)
            Image.fromarray(colour).save(path)
        else:
            Image.fromarray((noise + (180 if label == 0 else 20)).astype(np.uint8)).save(path)


def advice(root: Path, kind: str, rest: str) -> tuple[str, str]:
    known = project(root, kind, rest)
    entry = known.models["seen"]
    found = diagnose(
        entry, open_source(known.data["shown"], seed=0, decoding=entry.preprocessing.decoding), pictures=200
    )
    best = found.best
    return (best.variant.advice if best else ""), "\n".join(found.lines())


@pytest.mark.parametrize("n", [60, 200])
def test_an_orientation_that_was_not_applied_in_training_is_found(tmp_path: Path, n: int) -> None:
    save(tmp_path, n, "turned")
    found, lines = advice(tmp_path, "halves", USUAL)
    assert found == "input.exif: ignore", lines


def test_an_orientation_that_was_applied_is_found(tmp_path: Path) -> None:
    save(tmp_path, 60, "turned")
    for place in ("one", "two"):
        (tmp_path / "pictures" / place).rename(tmp_path / "pictures" / f"was-{place}")
    (tmp_path / "pictures/was-one").rename(tmp_path / "pictures/two")
    (tmp_path / "pictures/was-two").rename(tmp_path / "pictures/one")
    found, lines = advice(tmp_path, "halves", f"{USUAL}, exif: ignore")
    assert found == "input.exif: apply", lines


@pytest.mark.parametrize("ground", ["white", "black"])
def test_a_ground_behind_transparency_that_was_not_there_is_found(tmp_path: Path, ground: str) -> None:
    save(tmp_path, 60, "sheer")
    found, lines = advice(tmp_path, "bright", f"{USUAL}, alpha: {ground}")
    assert found == "input.alpha: drop", lines


def test_a_network_of_one_channel_is_found(tmp_path: Path) -> None:
    save(tmp_path, 60, "gray")
    found, lines = advice(tmp_path, "gray", "mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]")
    assert "input.channels: gray" in found, lines


@pytest.mark.parametrize(
    ("kind", "model", "rest"),
    [("turned", "halves", f"{USUAL}, exif: ignore"), ("sheer", "bright", f"{USUAL}, alpha: drop")],
)
def test_a_right_entry_needs_no_cure(tmp_path: Path, kind: str, model: str, rest: str) -> None:
    save(tmp_path, 60, kind)
    found, lines = advice(tmp_path, model, rest)
    assert not found, lines
