"""The camera is unsharp: it moved while it exposed, or focused elsewhere. Both mix linear light."""

from __future__ import annotations

import functools
import math
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.registry import shift
from robustcheck.core.units import Degrees, Extent, Percent, Quantity, Range
from robustcheck.images.geometry import Frame

Picture = NDArray[np.uint8]
Kernel = NDArray[np.float32]
FINE = 8
"""Samples a source pixel, each way, from which a kernel is averaged."""


@functools.lru_cache(maxsize=64)
def line_kernel(length: float, angle: float) -> Kernel:
    """Return the weights of a line through the middle, summing to 1.

    Args:
        length: In source pixels, at least 1.
        angle: In degrees, counter-clockwise from the horizontal.
    """
    half = math.ceil((length - 1) / 2)
    kernel = np.zeros((2 * half + 3, 2 * half + 3))
    count = max(2, math.ceil(length * FINE))
    along = (np.arange(count) + 0.5) / count * (length - 1) - (length - 1) / 2
    columns = half + 1 + along * math.cos(math.radians(angle))
    rows = half + 1 - along * math.sin(math.radians(angle))
    column, row = np.floor(columns + 1e-9).astype(int), np.floor(rows + 1e-9).astype(int)
    right, below = np.clip(columns - column, 0, 1), np.clip(rows - row, 0, 1)
    for add_row, weight_row in ((0, 1 - below), (1, below)):
        for add_column, weight_column in ((0, 1 - right), (1, right)):
            np.add.at(kernel, (row + add_row, column + add_column), weight_row * weight_column)
    # Weights at the far end of a rounding error would keep whole rows of zeros beside an upright line.
    kernel[kernel < 1e-6 * kernel.max()] = 0
    return _trimmed(kernel)


@functools.lru_cache(maxsize=64)
def disk_kernel(diameter: float) -> Kernel:
    """Return the weights of a disk, summing to 1; its edge is antialiased.

    Args:
        diameter: In source pixels.
    """
    radius = diameter / 2
    half = max(0, math.ceil(radius - 0.5))
    fine = (np.arange((2 * half + 1) * FINE) + 0.5) / FINE - half - 0.5
    inside = (fine[:, None] ** 2 + fine[None, :] ** 2 <= radius**2).astype(np.float64)
    kernel = inside.reshape(2 * half + 1, FINE, 2 * half + 1, FINE).mean(axis=(1, 3))
    if kernel.sum() == 0:
        kernel[half, half] = 1.0
    return _trimmed(kernel)


def _trimmed(kernel: NDArray[np.float64]) -> Kernel:
    """Return a kernel without the zeros around it, its middle kept, summing to 1."""
    rows, columns = np.flatnonzero(kernel.any(axis=1)), np.flatnonzero(kernel.any(axis=0))
    margin_rows = min(rows[0], len(kernel) - 1 - rows[-1])
    margin_columns = min(columns[0], len(kernel) - 1 - columns[-1])
    inner = kernel[margin_rows : len(kernel) - margin_rows, margin_columns : len(kernel) - margin_columns]
    weights: Kernel = (inner / inner.sum()).astype(np.float32)
    return weights


def blur(image: Picture, kernel: Kernel) -> Picture:
    """Mix the linear light of neighbours; beyond the picture its edge is mirrored."""
    import cv2

    from robustcheck.images.linear_light import in_linear_light

    return in_linear_light(image, lambda light: cv2.filter2D(light, -1, kernel, borderType=cv2.BORDER_REFLECT))


@shift(
    "camera.motion_blur",
    sweep={"length": ("3px", "7px", "15px", "31px")},
    source="box along the path of motion, in linear light",
    synonyms=("blur", "motion", "moving camera", "shake", "camera shake", "vibration", "jitter", "streaks", "speed"),
)
def motion_blur(
    image: Picture,
    *,
    length: Annotated[Extent, Range(0, 200)],
    angle: Annotated[Degrees, Range(-180, 180)] = 0.0,
    frame: Frame,
) -> Picture:
    """The camera moves evenly while it exposes.

    Args:
        length: Path of a point, in pixels of the model's input or as a share of the view's width.
        angle: Direction, counter-clockwise from the horizontal.
    """
    return blur(image, kernel) if (kernel := line_kernel(source_pixels(length, frame), angle)).size > 1 else image


def source_pixels(length: Quantity, frame: Frame) -> float:
    """Return a length in source pixels, at least 1 so that it says "no blur" below that."""
    if length.unit == "%":
        return max(1.0, length.value * frame.width)
    return max(1.0, length.value * math.sqrt(frame.pixel[0] * frame.pixel[1]))


@shift(
    "camera.defocus",
    sweep={"disk": ("0.5%", "1%", "2%", "4%")},
    source="disk of confusion of a circular aperture, in linear light",
    synonyms=("blur", "out of focus", "unfocused", "focus", "soft", "fuzzy"),
)
def defocus(image: Picture, *, disk: Annotated[Percent, Range(0, 50)], frame: Frame) -> Picture:
    """The lens focuses elsewhere: each point becomes a disk.

    Args:
        disk: Diameter of the disk, as a share of the view's width.
    """
    return blur(image, kernel) if (kernel := disk_kernel(disk * frame.width)).size > 1 else image
