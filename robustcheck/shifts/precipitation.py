"""Drops and flakes as a layer over the view, drawn at one fixed scale and then fitted to a picture of any size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robustcheck.images.geometry import Frame

Layer = NDArray[np.float32]
"""Opacity, 0 to 1, shape (h, w)."""
ACROSS = 384
"""Pixels along the shorter side of a layer: a streak is a few thousandths of the view wide."""
STRETCHED = 3.0
"""Longest side of a layer, in units of its shorter one; where the view is longer still, the layer repeats."""
WEAKEST = 0.4
"""Opacity of the faintest particle of a kind, relative to the strongest."""


@dataclass(frozen=True, slots=True)
class Particles:
    """Drops or flakes at one distance. Lengths are shares of the view's shorter side.

    Attributes:
        count: Of them in a square view.
        width: Diameter.
        length: Of the path of one while the camera exposes.
        opacity: Of the middle of the strongest.
    """

    count: int
    width: float
    length: float
    opacity: float


def layer(particles: Sequence[Particles], angle: float, frame: Frame, rng: np.random.Generator) -> Layer:
    """Return particles over the view: the same for any size of picture, given the same random stream.

    Args:
        particles: One entry a distance.
        angle: Of their path, in degrees from the vertical.
        frame: The model's view; its proportions count here, not its size.
        rng: Decides where each is and how strong.
    """
    import cv2

    short = min(frame.width, frame.height)
    height, width = (round(ACROSS * min(side / short, STRETCHED)) for side in (frame.height, frame.width))
    clear = np.ones((height, width), np.float32)
    for kind in particles:
        count = max(1, round(kind.count * height * width / ACROSS**2))
        places = rng.integers(0, height, count), rng.integers(0, width, count)
        dots = np.zeros((height, width), np.float32)
        dots[places] = rng.uniform(WEAKEST, 1, count) * kind.opacity
        brush = stroke(kind.width * ACROSS, kind.length * ACROSS, angle)
        reach = len(brush) // 2
        # Opposite edges join, so that the layer can go on beyond the view.
        joined = np.pad(dots, reach, mode="wrap")
        covered = cv2.filter2D(joined, -1, brush)[reach : reach + height, reach : reach + width]
        clear *= 1 - np.minimum(covered, kind.opacity)
    return 1 - clear


def stroke(width: float, length: float, angle: float) -> Layer:
    """Return the picture of one particle, square and of odd size, 1 where it is opaque.

    Args:
        width: In pixels; below 1 the middle is fainter.
        length: Of its path, in pixels.
        angle: Of its path, in degrees from the vertical.
    """
    soft = max(0.5, width / 4)
    reach = math.ceil(length / 2 + width / 2 + soft)
    across = np.arange(-reach, reach + 1, dtype=np.float64)
    along = across[:, None] * math.cos(math.radians(angle)) + across[None, :] * math.sin(math.radians(angle))
    aside = across[None, :] * math.cos(math.radians(angle)) - across[:, None] * math.sin(math.radians(angle))
    distance = np.hypot(aside, np.maximum(np.abs(along) - length / 2, 0))
    picture: Layer = np.clip((width / 2 + soft - distance) / (2 * soft), 0, 1).astype(np.float32)
    return picture


def fitted(drawn: Layer, height: int, width: int, frame: Frame) -> Layer:
    """Return a layer over a whole picture: fitted to the view, repeated beyond it.

    Args:
        drawn: The layer.
        height: Of the picture, in source pixels.
        width: Of the picture.
        frame: The model's view.
    """
    import cv2

    scale = min(frame.width, frame.height) / min(drawn.shape)
    tile = max(1, round(drawn.shape[1] * scale)), max(1, round(drawn.shape[0] * scale))
    placed = cv2.resize(drawn, tile, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    rows = (np.arange(height) - round(frame.y)) % tile[1]
    columns = (np.arange(width) - round(frame.x)) % tile[0]
    covered: Layer = placed.reshape(tile[1], tile[0])[rows[:, None], columns[None, :]]
    return covered
