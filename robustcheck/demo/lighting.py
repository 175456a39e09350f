"""What the `robot` world does to the light while training: written apart from ``robustcheck.shifts``, which tests it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

_CODE = np.arange(256) / 255.0
_LINEAR = np.where(_CODE <= 0.04045, _CODE / 12.92, ((_CODE + 0.055) / 1.055) ** 2.4).astype(np.float32)


def relight(picture: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
    """Change the light of a picture: exposure, colour, fall-off, shadow, veil and tone.

    Args:
        picture: Shape (h, w, 3), RGB.
        rng: Decides how much: -4.2 to 2.4 stops, corners to -2.5 stops, shadows to -3.5 stops, a veil
            of up to half the light, gamma .45 to 2.3, from candle light to deep shade.
    """
    light = _LINEAR[picture]
    if rng.random() < 0.3:
        light *= _shadow(picture.shape[0], picture.shape[1], rng)[:, :, None]
    if rng.random() < 0.5:
        light *= np.float32(2.0 ** rng.uniform(-4.2, 2.4))
    if rng.random() < 0.35:
        warm = rng.uniform(-0.5, 1.0)
        light *= np.array([2.0 ** (0.75 * warm), 1.0, 2.0 ** (-1.7 * warm)], np.float32)
    if rng.random() < 0.3:
        light *= _fall_off(picture.shape[0], picture.shape[1], rng.uniform(-2.5, 0.0))[:, :, None]
    if rng.random() < 0.25:
        veil = np.float32(rng.uniform(0.0, 0.5))
        light = light * (1 - veil) + veil
    light = np.clip(light, 0.0, 1.0)
    coded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** np.float32(1 / 2.4) - 0.055)
    if rng.random() < 0.3:
        coded = np.clip(coded, 0.0, 1.0) ** np.float32(math.exp(rng.uniform(math.log(0.45), math.log(2.3))))
    return np.asarray(np.clip(np.rint(coded * 255), 0, 255), dtype=np.uint8)


def _fall_off(height: int, width: int, corner: float) -> NDArray[np.float32]:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.asarray(2.0 ** (corner * (x * x + y * y) / 2), dtype=np.float32)


def _shadow(height: int, width: int, rng: Generator) -> NDArray[np.float32]:
    """Return the light left behind a thing with straight edges that stands in the sun."""
    centre, size = rng.uniform(0, 1, 2), rng.uniform(0.2, 0.8)
    angles = np.sort(rng.uniform(0, 2 * math.pi, rng.integers(3, 7)))
    corners = (centre + size * np.stack([np.cos(angles), np.sin(angles)], axis=1)) * np.array([width, height])
    mask = np.zeros((height, width), np.float32)
    cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 1.0)
    if rng.random() < 0.5:
        mask = np.asarray(cv2.GaussianBlur(mask, (5, 5), 1.0), dtype=np.float32)
    return np.asarray(1 - mask * (1 - 2.0 ** rng.uniform(-3.5, 0.0)), dtype=np.float32)
