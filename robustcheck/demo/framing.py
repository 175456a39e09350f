"""What the `robot` world does to the camera while training: written apart from ``robustcheck.shifts``, which tests it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

RESIZE = 100
"""Length of the shorter side before the crop."""
VIEW = 64
"""Width and height of what the network sees."""


def view(scene: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what the network sees of a scene: shrunk to 100 pixels, then the middle 64 x 64.

    Args:
        scene: Shape (160, 160, 3), RGB.

    Returns:
        Shape (64, 64, 3).
    """
    small = Image.fromarray(scene).resize((RESIZE, RESIZE), Image.Resampling.BILINEAR)
    edge = (RESIZE - VIEW) // 2
    return np.asarray(small)[edge : edge + VIEW, edge : edge + VIEW]


def reframe(scene: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
    """Look at a scene with a camera that is displaced, turned, nearer or farther, and not always sharp.

    Args:
        scene: Shape (160, 160, 3), RGB.
        rng: Decides how far: shifts to 22% of the view, zoom .6 to 1.75, roll to 35 degrees, yaw and
            pitch to 18 degrees at a horizontal field of view of 60 degrees.
    """
    size = scene.shape[0]
    frame = size * VIEW / RESIZE
    roll, yaw, pitch = (_sometimes(rng, reach) for reach in (35.0, 18.0, 18.0))
    shift = [_sometimes(rng, 0.22) * frame for _ in range(2)]
    zoom = math.exp(_sometimes(rng, 0.54))
    focal = frame / (2 * math.tan(math.radians(30.0)))
    camera = np.array([[focal, 0, size / 2], [0, focal, size / 2], [0, 0, 1]])
    rotation = _rotation(math.radians(yaw), math.radians(pitch), math.radians(roll))
    place = np.array(
        [[zoom, 0, shift[0] + (1 - zoom) * size / 2], [0, zoom, shift[1] + (1 - zoom) * size / 2], [0, 0, 1]]
    )
    matrix = place @ camera @ rotation @ np.linalg.inv(camera)
    moved = cv2.warpPerspective(scene, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(_blur(moved, rng), dtype=np.uint8)


def _sometimes(rng: Generator, reach: float) -> float:
    """Return 0 more often than not, else anything up to a reach in both directions."""
    amount = rng.uniform(-reach, reach)
    return float(amount) if rng.random() < 0.45 else 0.0


def _rotation(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    turn = np.array([[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    lean = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    return np.asarray(lean @ nod @ turn)


def _blur(scene: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
    kind = rng.random()
    if kind < 0.2:
        length, angle = rng.uniform(2.0, 14.0), rng.uniform(0.0, math.pi)
        kernel = np.zeros((17, 17), np.float32)
        for step in np.linspace(-length / 2, length / 2, 33):
            kernel[round(8 + step * math.sin(angle)), round(8 + step * math.cos(angle))] += 1
    elif kind < 0.35:
        radius = rng.uniform(0.8, 3.6)
        y, x = np.mgrid[-4:5, -4:5]
        kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    else:
        return scene
    return np.asarray(cv2.filter2D(scene, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT_101), dtype=np.uint8)
