"""One scene: a street, a sign in its middle, the light, and the camera's own noise."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from robustcheck.demo import street
from robustcheck.demo.canvas import SIZE, Canvas, blend, shade
from robustcheck.demo.faces import face
from robustcheck.demo.shapes import Points, disc, projected, stroke

_DISTANCES = {"near": (27.0, 31.0), "middle": (19.5, 24.0), "far": (12.5, 17.0)}
"""Radius of the sign in pixels of the scene."""

_CURVE = np.arange(256) / 255.0
_TO_LINEAR = np.where(_CURVE <= 0.04045, _CURVE / 12.92, ((_CURVE + 0.055) / 1.055) ** 2.4).astype(np.float32)
_STEPS = np.arange(4096) / 4095.0
_TO_SRGB = np.where(_STEPS <= 0.0031308, _STEPS * 12.92, 1.055 * _STEPS ** (1 / 2.4) - 0.055).astype(np.float32) * 255


@dataclass(frozen=True, slots=True)
class Scene:
    """One rendered picture.

    Attributes:
        pixels: Shape (160, 160, 3), RGB, uint8.
        metadata: ``distance``, ``time`` and ``background``, for accuracies of groups.
    """

    pixels: NDArray[np.uint8]
    metadata: Mapping[str, str]


def generator(seed: int, split: str, label: str, number: int) -> Generator:
    """Return the randomness of one picture: a function of its name, never of the order of drawing."""
    name = f"robustcheck signs/{seed}/{split}/{label}/{number}"
    return Generator(PCG64(int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "big")))


def render(label: str, rng: Generator) -> Scene:
    """Draw a scene with one sign, centred to within two pixels and well lit.

    Args:
        label: One of ``robustcheck.demo.faces.CLASSES``.
        rng: Decides everything else.
    """
    distance = ("near", "middle", "far")[rng.integers(3)]
    background: street.Background = ("street", "field", "town")[rng.integers(3)]
    time: street.Time = "dusk" if rng.random() < 0.25 else "day"
    canvas = street.draw(rng, background, time)
    centre = 80.0 + rng.uniform(-2.0, 2.0, 2)
    _sign(rng, canvas, label, float(rng.uniform(*_DISTANCES[distance])), centre)
    pixels = _expose(rng, canvas.pixels(), time)
    return Scene(pixels, {"distance": distance, "time": time, "background": background})


def _sign(rng: Generator, canvas: Canvas, label: str, radius: float, centre: NDArray[np.float64]) -> None:
    """Put a sign on its pole, a little turned, faded and dirty."""
    metal = shade((138, 142, 146), rng.uniform(0.75, 1.1))
    half = radius * 0.055 + 0.3
    lean = rng.uniform(-1.5, 1.5)
    foot = centre + np.array([lean, SIZE])
    canvas.polygon(stroke(np.stack([centre + np.array([0.0, radius * 0.5]), foot]), 2 * half), metal)
    if rng.random() < 0.3:
        plate = rng.uniform(0.2, 0.34) * radius
        below = centre[1] + radius * 1.2 + plate
        canvas.box(centre[0] - radius * 0.7, below - plate, centre[0] + radius * 0.7, below + plate, (222, 222, 216))
    matrix = _pose(rng, radius, centre)
    bleach, grime = rng.uniform(0.0, 0.16), rng.uniform(0.86, 1.04)
    for shape in face(label):
        canvas.polygon(projected(shape.points, matrix), shade(blend(shape.colour, (206, 204, 198), bleach), grime))
    _dirt(rng, canvas, matrix)


def _pose(rng: Generator, radius: float, centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the homography from a sign's own coordinates to the scene: small roll, yaw and pitch."""
    roll, yaw, pitch = np.radians(rng.uniform(-1.0, 1.0, 3) * np.array([2.5, 14.0, 8.0]))
    turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    squeeze = np.diag([np.cos(yaw), np.cos(pitch)])
    matrix = np.eye(3)
    matrix[:2, :2] = radius * (turn @ squeeze)
    matrix[:2, 2] = centre
    # A camera eight radii away: the side that is turned away looks smaller.
    tilt = np.eye(3)
    tilt[2, :2] = np.sin(yaw) / 8.0, np.sin(pitch) / 8.0
    result: NDArray[np.float64] = matrix @ tilt
    return result


def _dirt(rng: Generator, canvas: Canvas, matrix: NDArray[np.float64]) -> None:
    """Add spots, a streak, sometimes a sticker or a twig that hangs into the picture."""
    for _ in range(rng.integers(0, 7)):
        place, size = rng.uniform(-0.8, 0.8, 2), rng.uniform(0.03, 0.12)
        canvas.polygon(projected(_blot(rng, size) + place, matrix), (96, 84, 68), rng.uniform(0.2, 0.6))
    if rng.random() < 0.2:
        x, top = rng.uniform(-0.6, 0.6), rng.uniform(-0.6, 0.0)
        canvas.polygon(
            projected(stroke(np.array([[x, top], [x + 0.03, top + 0.7]]), 0.08), matrix), (120, 92, 66), 0.35
        )
    if rng.random() < 0.12:
        place = rng.uniform(-0.55, 0.55, 2)
        paper = ((230, 220, 90), (90, 190, 200), (220, 120, 170))[rng.integers(3)]
        canvas.polygon(projected(_blot(rng, 0.14) + place, matrix), paper)
    if rng.random() < 0.25:
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.75)
        root = np.array([np.cos(angle), np.sin(angle)])
        for _ in range(round(10 - 7 * reach)):
            leaf = disc((0.17, 0.09), tuple(root * rng.uniform(reach, 1.25) + rng.uniform(-0.15, 0.15, 2)), 12)
            canvas.polygon(projected(leaf, matrix), shade((66, 98, 46), rng.uniform(0.8, 1.2)))


def _blot(rng: Generator, size: float) -> Points:
    blot: Points = disc(1.0, corners=9) * (size * rng.uniform(0.6, 1.3, 9))[:, None]
    return blot


def _expose(rng: Generator, pixels: NDArray[np.uint8], time: street.Time) -> NDArray[np.uint8]:
    """Light a scene mildly, in linear light, and add the camera's noise."""
    stops = rng.uniform(-0.9, -0.3) if time == "dusk" else rng.uniform(-0.3, 0.35)
    warm = rng.uniform(0.02, 0.14) if time == "dusk" else rng.uniform(-0.05, 0.05)
    gain = np.array([2.0**stops * (1 + warm), 2.0**stops, 2.0**stops * (1 - warm)])
    slope = (
        1.0
        + rng.uniform(-0.1, 0.1) * np.linspace(-1, 1, SIZE)[None, :]
        + rng.uniform(-0.08, 0.08) * np.linspace(-1, 1, SIZE)[:, None]
    )
    if rng.random() < 0.25:
        pixels = _soften(pixels)
    light = _TO_LINEAR[pixels] * (slope[:, :, None] * gain).astype(np.float32)
    coded = _TO_SRGB[np.minimum(light * 4095 + 0.5, 4095).astype(np.int64)]
    grain = rng.integers(-3, 4, pixels.shape, dtype=np.int8) + rng.integers(-2, 3, pixels.shape, dtype=np.int8)
    return np.asarray(np.clip(np.rint(coded + grain), 0, 255), dtype=np.uint8)


def _soften(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Blur by a binomial filter of 3 x 3 pixels: a lens that is not quite in focus."""
    wide = np.pad(pixels, ((1, 1), (1, 1), (0, 0)), mode="edge").astype(np.uint16)
    rows = wide[:-2] + 2 * wide[1:-1] + wide[2:]
    return np.asarray((rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:] + 8) // 16, dtype=np.uint8)
