"""How far a suite is above its floor, the model's forward passes.

In one run and in turn, several times, for EfficientNet-Lite0 at 224 pixels and for the demo's CNN at 64:

* floor: the bare forward passes of the same number of pictures in the same batches, from memory;
* suite: a suite of the clean case and ten shifts, from decoding to the report, without the cache;
* by hand: what a user would write, albumentations in a ``DataLoader`` with two workers, then the model.

Every way looks at the same pictures, decoded once and kept (by hand: decoded by the workers, each time).
Prints the ratio of each to the floor, as the median over the rounds; times of single runs are not comparable.

Run with ``uv run --group dev python -m benchmarks.overhead [--rounds 5] [--pictures 120]``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]

CHECKS = """
  - {shift: camera.yaw, yaw: 5deg}
  - {shift: camera.roll, roll: 5deg}
  - {shift: camera.shift, dx: 5%}
  - {shift: camera.zoom, ratio: 0.9}
  - {shift: camera.motion_blur, length: 5px}
  - {shift: light.exposure, stops: -1ev}
  - {shift: light.gamma, gamma: 1.5}
  - {shift: light.temperature, kelvin: 4000K}
  - {shift: light.vignette, corner: -1ev}
  - {shift: crop.center, keep: 90%}
"""

SUITE = """
robustcheck: 1
title: Overhead
owner: tests
model: {model}
data: pictures
allow_synthetic_border: true
expect: {{accuracy: ">= 0.1%"}}
checks:{checks}
"""

DATA = """
pictures:
  kind: imagefolder
  path: {folder}
"""


def write_pictures(folder: Path, count: int, size: int, classes: int) -> None:
    """Write ``count`` JPEG pictures of smooth noise, spread over the first classes."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for number in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (size // 16, size // 16, 3), dtype=np.uint8))
        path = folder / str(number % classes) / f"{number:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        coarse.resize((size, size), Image.Resampling.BICUBIC).save(path, quality=90)


def floor(predictor: Any, pictures: NDArray[np.uint8], batch: int, cases: int) -> float:
    """Return the seconds that the forward passes alone take."""
    began = time.perf_counter()
    for _ in range(cases):
        for start in range(0, len(pictures), batch):
            predictor.logits(pictures[start : start + batch])
    return time.perf_counter() - began


def suite(root: Path, batch: int) -> tuple[float, int]:
    """Return the seconds of a suite without its model being loaded, and the pictures that went through the model."""
    from robustcheck.engine.options import Options
    from robustcheck.engine.suite_run import SuiteRun
    from robustcheck.language import load_project, load_suite

    project = load_project(root, root / "configs")
    plan = load_suite(root / "suites" / "overhead.yaml", project)
    run = SuiteRun(plan, project, Options(root=root, report=root / "report", batch_size=batch, cache=False))
    run.identity()
    began = time.perf_counter()
    results = [run.case(case) for case in plan.cases]
    seconds = time.perf_counter() - began
    run.close()
    problems = [problem for result in results for problem in result.problems]
    if problems:
        raise SystemExit(f"the suite did not run: {problems}")
    return seconds, sum(result.forwards for result in results)


class ByHand:
    """Pictures through albumentations, as a user's own ``Dataset``."""

    def __init__(self, paths: list[Path], transform: Any, size: int, resize: int) -> None:
        """Keep what each worker needs."""
        self.paths, self.transform, self.size, self.resize = paths, transform, size, resize

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.paths)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """Decode, shift, resize and crop one picture."""
        import cv2

        picture = cv2.cvtColor(cv2.imread(str(self.paths[index])), cv2.COLOR_BGR2RGB)
        if self.transform is not None:
            picture = self.transform(image=picture)["image"]
        picture = cv2.resize(picture, (self.resize, self.resize), interpolation=cv2.INTER_AREA)
        edge = (self.resize - self.size) // 2
        cropped: NDArray[np.uint8] = np.ascontiguousarray(picture[edge : edge + self.size, edge : edge + self.size])
        return cropped


def transforms() -> list[Any]:
    """Return the nearest relatives in albumentations of the ten shifts, and nothing for the clean case."""
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    import albumentations as A  # noqa: N812

    return [
        None,
        A.Perspective(scale=(0.05, 0.05), p=1),
        A.Affine(rotate=(5, 5), p=1),
        A.Affine(translate_percent=(0.05, 0.05), p=1),
        A.Affine(scale=(0.9, 0.9), p=1),
        A.MotionBlur(blur_limit=(5, 5), p=1),
        A.RandomBrightnessContrast(brightness_limit=(-0.5, -0.5), contrast_limit=(0, 0), p=1),
        A.RandomGamma(gamma_limit=(150, 150), p=1),
        A.PlanckianJitter(p=1),
        A.RandomBrightnessContrast(brightness_limit=(-0.2, -0.2), contrast_limit=(0, 0), p=1),
        A.RandomScale(scale_limit=(0.1, 0.1), p=1),
    ]


def by_hand(predictor: Any, paths: list[Path], batch: int, size: int, resize: int) -> float:
    """Return the seconds of the loop a user would write."""
    from torch.utils.data import DataLoader

    began = time.perf_counter()
    for transform in transforms():
        pictures = ByHand(paths, transform, size, resize)
        for part in DataLoader(pictures, batch_size=batch, num_workers=2):  # type: ignore[arg-type]
            predictor.logits(part.numpy())
    return time.perf_counter() - began


def compare(
    name: str, models: str, *, side: int, size: int, resize: int, pictures: int, batch: int, rounds: int
) -> None:
    """Time the three ways in turn and print their ratios."""
    from robustcheck.language import load_project
    from robustcheck.models import open_model

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "configs").mkdir()
        (root / "suites").mkdir()
        (root / "configs" / "models.yaml").write_text(models)
        (root / "configs" / "data.yaml").write_text(DATA.format(folder=root / "pictures"))
        (root / "suites" / "overhead.yaml").write_text(SUITE.format(model=name, checks=CHECKS))
        write_pictures(root / "pictures", pictures, side, 10)
        paths = sorted((root / "pictures").rglob("*.jpg"))
        predictor = open_model(load_project(root, root / "configs").models[name], device="cpu")
        clean = np.stack([ByHand(paths, None, size, resize)[index] for index in range(len(paths))])
        predictor.logits(clean[:batch])
        ways: dict[str, Callable[[], float]] = {
            "floor": lambda: floor(predictor, clean, batch, 11),
            "suite": lambda: suite(root, batch)[0],
            "by hand": lambda: by_hand(predictor, paths, batch, size, resize),
        }
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        suite(root, batch)
        for _ in range(rounds):
            for way, measure in ways.items():
                seconds[way].append(measure())
    write = sys.stdout.write
    each = statistics.median(seconds["floor"]) / (11 * pictures) * 1000
    write(f"{name}: {pictures} pictures x 11 cases, batches of {batch}, {side} px pictures, {size} px input\n")
    write(f"  floor    1.00  ({each:.2f} ms a picture)\n")
    for way in ("suite", "by hand"):
        ratios = [a / b for a, b in zip(seconds[way], seconds["floor"], strict=True)]
        write(
            f"  {way:8} {statistics.median(ratios):.2f}  (from {min(ratios):.2f} to {max(ratios):.2f} over {rounds} rounds)\n"
        )


EFFICIENTNET = """
efficientnet-lite0:
  kind: python
  factory: configs.efficientnet_lite0:build
  classes: 1000
  input: {size: 224, resize: [224, 224], interpolation: bicubic, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]}
"""

DEMO = """
signs-robot:
  kind: python
  factory: robustcheck.demo.network:build
  arguments: {classes: 14, pretrained: signs-robot}
  classes: 14
  input: {size: 64, resize: 100, interpolation: bilinear, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]}
"""


def main() -> None:
    """Compare for both models."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=120)
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    shared = {"rounds": arguments.rounds, "batch": 32}
    compare("efficientnet-lite0", EFFICIENTNET, side=512, size=224, resize=224, pictures=arguments.pictures, **shared)
    compare("signs-robot", DEMO, side=160, size=64, resize=100, pictures=arguments.pictures * 5, **shared)


if __name__ == "__main__":
    main()
