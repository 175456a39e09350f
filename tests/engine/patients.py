"""Small models that read one thing off a picture, and pictures that say it: patients of the doctor, sound as they stand here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.data.source import Sample
from robustcheck.domain.config import Preprocessing

MODELS = '''
import torch


class Colour(torch.nn.Module):
    """Red, green or blue: minds the order of the channels."""

    def forward(self, x):
        return 20 * x.mean(dim=(2, 3))


class Level(torch.nn.Module):
    """Dark, middle or bright by the absolute level, as the mean and std of ImageNet put it: minds both."""

    def forward(self, x):
        levels = torch.tensor([-1.4, 0.2, 1.8])
        return -40 * (x.mean(dim=(1, 2, 3))[:, None] - levels) ** 2


class Both(Level):
    """The level of the first channel alone: minds the order of the channels and the normalisation."""

    def forward(self, x):
        return super().forward(x[:, :1])


class Near(Level):
    """The level of the first channel again, in steps so small that a mean of another colour is another class."""

    def forward(self, x):
        return -400 * (x[:, 0].mean((1, 2))[:, None] - torch.tensor([-0.241, 0.067, 0.375])) ** 2


class Rough(torch.nn.Module):
    """The level, roughly: any normalisation around the middle will do."""

    def forward(self, x):
        return -40 * (x.mean(dim=(1, 2, 3))[:, None] - torch.tensor([-1.0, 0.0, 1.0])) ** 2


class Place(torch.nn.Module):
    """Where the bright spot stands: at the outer rim, half way or in the middle. Minds resize and crop."""

    def forward(self, x):
        size = x.shape[-1]
        at = torch.arange(size) - (size - 1) / 2
        weights = (x.mean(1) - x.mean((1, 2, 3))[:, None, None]).clamp(min=0) ** 2
        far = (at.abs() / (size / 2) * weights.sum(1)).sum(1) / weights.sum((1, 2)).clamp(min=1e-6)
        return -60 * (far[:, None] - torch.tensor([0.85, 0.5, 0.15])) ** 2


class Grain(torch.nn.Module):
    """How grainy the input is: minds whether the filter smooths when it shrinks (else it halves the grain)."""

    def forward(self, x):
        return -400 * (x.std((1, 2, 3))[:, None] - torch.tensor([0.02, 0.05, 0.085])) ** 2


class Caffe(torch.nn.Module):
    """The level of the first channel, which should be blue: minds scale, mean and the order of the channels."""

    def forward(self, x):
        return -0.01 * (x[:, 0].mean((1, 2))[:, None] - torch.tensor([-63.5, 24.5, 112.5])) ** 2


class Small(Colour):
    """Takes 16 x 16 only, and has one constant answer for anything that is not roughly in -1..1."""

    def __init__(self):
        super().__init__()
        self.pool = torch.nn.Linear(256, 1, bias=False)
        torch.nn.init.constant_(self.pool.weight, 1 / 256)

    def forward(self, x):
        return 20 * self.pool(x.flatten(2))[..., 0]


class Constant(torch.nn.Module):
    """Answers green to everything, by logits that differ from picture to picture."""

    def forward(self, x):
        return torch.stack([-1 - x.mean((1, 2, 3)).tanh(), x.amax((1, 2, 3)).sigmoid() + 1, -2 - x.amin((1, 2, 3)).tanh()], 1)


class Leaning(torch.nn.Module):
    """Has learned nothing: dark inputs are called red, others green."""

    def forward(self, x):
        dark = -x.mean((1, 2, 3))
        return torch.stack([dark, -dark, dark - 9], 1)


class Softmaxed(Colour):
    def forward(self, x):
        return super().forward(x).softmax(1)


class Background(torch.nn.Module):
    """Has a background class in front that nobody listed, and forgot the last."""

    def forward(self, x):
        logits = 20 * x.mean(dim=(2, 3))
        return torch.cat([logits.new_full((len(x), 1), -9), logits], 1)


class Root(Colour):
    """Gives NaN for inputs that its own preprocessing does not produce."""

    def forward(self, x):
        return super().forward(x).where((x.mean((1, 2, 3)) >= 0)[:, None], torch.nan)


class Coin(torch.nn.Module):
    """Calls pictures by digits far behind the point: every change of preprocessing casts the dice again."""

    def forward(self, x):
        return torch.sin(1e5 * x.mean(dim=(2, 3)))


def build(kind):
    return globals()[kind]().eval()
'''

COLOURS = ("red", "green", "blue")
RIGHT = Preprocessing((16, 16), 16, "bilinear", True, (0.5,) * 3, (0.5,) * 3)
IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
RIGHT_OF_IMAGENET = dataclasses.replace(RIGHT, mean=IMAGENET["mean"], std=IMAGENET["std"])
RIGHT_OF_BYTES = dataclasses.replace(RIGHT, mean=(0.0,) * 3, std=(1 / 255,) * 3)
Pixels = NDArray[np.uint8]


class Drawn:
    """Pictures made by a function of their number and class."""

    name, columns = "drawn", ()

    def __init__(self, draw: Callable[[int, int], Pixels], labels: tuple[str, ...], n: int = 36) -> None:
        self.draw, self.labels, self.n = draw, labels, n

    def samples(self) -> Iterator[Sample]:
        for number in range(self.n):
            yield Sample(f"{number:03}", self.labels[number % 3], {}, number)

    def read(self, sample: Sample) -> Pixels:
        return self.draw(sample.handle, sample.handle % 3)

    def content(self, sample: Sample) -> str:
        return sample.id


def colour(number: int, kind: int) -> Pixels:
    pixels = np.random.default_rng(number).integers(90, 110, (20, 20, 3), dtype=np.uint8)
    pixels[..., kind] += 60
    return pixels


def level(number: int, kind: int) -> Pixels:
    pixels = np.random.default_rng(number).integers(0, 20, (20, 20, 3), dtype=np.uint8)
    return pixels + np.uint8((30, 118, 206)[kind])


def near_level(number: int, kind: int) -> Pixels:
    """Draw one of three levels close to each other in red; the other channels say something else."""
    steps = kind, (kind + number // 3) % 3, (kind + number // 9) % 3
    return level(number, 0) + np.array([(70, 88, 106)[step] for step in steps], np.uint8)


def level_of(number: int, kind: int) -> Pixels:
    """Draw the level in red only; the other channels say something else."""
    pixels = level(number, kind)
    pixels[..., 1:] = level(number + 1, (kind + number // 3) % 3)[..., 1:]
    return pixels


def level_of_blue(number: int, kind: int) -> Pixels:
    """Draw the level in blue only; the other channels say something else."""
    return level_of(number, kind)[..., ::-1].copy()


def spot(number: int, kind: int) -> Pixels:
    """Draw a bright spot left of the middle of a wide picture, by the share of half the width."""
    pixels = np.zeros((32, 64, 3), np.uint8)
    x = round(32 - 32 * (0.85, 0.5, 0.15)[kind])
    pixels[8 + number % 16 : 11 + number % 16, x - 1 : x + 2] = 250
    return pixels


def grain(number: int, kind: int) -> Pixels:
    rng = np.random.default_rng(number)
    noise = rng.normal(0, (0.04, 0.1, 0.17)[kind] * 255, (64, 64, 1))
    return np.clip(128 + noise, 0, 255).round().astype(np.uint8).repeat(3, 2)


AS_BYTES = "std: [0.00392157, 0.00392157, 0.00392157]"
WIDE = {"input_size": (32, 32), "resize": (32, 32), "mean": (0.0,) * 3, "std": (1.0,) * 3}
SMOOTH = {"input_size": (16, 16), "resize": 16, "mean": (0.0,) * 3, "std": (1.0,) * 3}
BLUE_FIRST = (0.406, 0.456, 0.485)
CAFFE = {"mean": BLUE_FIRST, "std": (1 / 255,) * 3}
HEALTHY: dict[str, tuple[str, Callable[[int, int], Pixels], dict[str, Any]]] = {
    "colour": ("Colour", colour, {}),
    "level": ("Level", level, IMAGENET),
    "place": ("Place", spot, WIDE),
    "grain": ("Grain", grain, {**SMOOTH, "antialias": False}),
    "caffe": ("Caffe", level_of_blue, {**CAFFE, "channels": "bgr"}),
    "small": ("Small", colour, {}),
    "both": ("Both", level_of, IMAGENET),
    "near": ("Near", near_level, IMAGENET),
}
