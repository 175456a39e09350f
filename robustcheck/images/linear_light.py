"""Linear light: sRGB decoded, worked on, and encoded again without losing a level.

Source of the transfer curve: IEC 61966-2-1.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Light = NDArray[np.float32]
"""Linear light, shape (h, w, 3), 0 for black and 1 for white."""

FINE = 1 << 16
"""Steps of the encoding table: some twenty a level where the curve is steepest, next to black."""


def decode_srgb(encoded: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return linear light in [0, 1] for encoded values in [0, 1]."""
    values = np.asarray(encoded, dtype=np.float64)
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def encode_srgb(linear: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return encoded values in [0, 1] for linear light, clipped to [0, 1] first."""
    values = np.clip(np.asarray(linear, dtype=np.float64), 0.0, 1.0)
    return np.where(values <= 0.0031308, values * 12.92, 1.055 * values ** (1 / 2.4) - 0.055)


@functools.cache
def _decoding() -> NDArray[np.float32]:
    return (decode_srgb(np.arange(256) / 255.0) * (FINE - 1)).astype(np.float32)


@functools.cache
def _encoding() -> NDArray[np.uint8]:
    return np.round(encode_srgb(np.arange(FINE) / (FINE - 1)) * 255.0).astype(np.uint8)


def in_linear_light(image: Picture, work: Callable[[Light], Light]) -> Picture:
    """Apply a function to the linear light of a picture.

    Args:
        image: Shape (h, w, 3), uint8 sRGB; not written to.
        work: Gets an array of its own, scaled so that white is ``FINE - 1``; its result is clipped.
    """
    light = work(cv2.LUT(image, _decoding()))
    np.clip(light, 0, FINE - 1, out=light)
    light += 0.5
    encoded: Picture = _encoding()[light.astype(np.uint16)]
    return encoded


def apply_curve(image: Picture, curve: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Picture:
    """Apply a curve of linear light to each value by itself.

    Args:
        image: Shape (h, w, 3), uint8 sRGB.
        curve: From linear light in [0, 1], shape (256,) or (256, 3) out; the result is clipped.
    """
    table = encode_srgb(curve(decode_srgb(np.arange(256) / 255.0))) * 255.0
    rounded = np.round(table).astype(np.uint8)
    looked_up: Picture = cv2.LUT(image, rounded[:, None, :] if rounded.ndim == 2 else rounded)
    return looked_up


def apply_gain(image: Picture, gain: NDArray[np.float32]) -> Picture:
    """Multiply linear light by a gain of each place.

    Args:
        image: Shape (h, w, 3), uint8 sRGB.
        gain: Shape (h, w).
    """

    def work(light: Light) -> Light:
        light *= gain[..., None]
        return light

    return in_linear_light(image, work)
