"""How thick dirt lies over the view: smears with ragged edges and streaks, out of focus, drawn at one fixed scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from robustcheck.images.geometry import Frame
from robustcheck.shifts.precipitation import STRETCHED, Layer

ACROSS = 128
"""Cells along the shorter side of the view: what is out of focus has no detail finer than that."""
LONGER = 2.5
"""A smear's length in units of its width."""
RAGGED = 0.35
"""Detail of the edges, relative to the smears themselves."""
THINNEST = 0.4
"""Thickness of dirt where it is thinnest, relative to the thickest."""
FAINTEST = 1 / 512
"""Thickness below which there is none: less than half a grey level of anything."""


def smears(coverage: float, size: float, blur: float, frame: Frame, rng: np.random.Generator) -> Layer:
    """Return the thickness of dirt over the view, 0 to 1; opposite edges join.

    The same random stream gives the same smears at any coverage, only wider, and for any size of picture.

    Args:
        coverage: Share of the view that lies behind dirt before it is blurred, which keeps its mean thickness.
        size: Length of a smear, as a share of the view's shorter side.
        blur: Diameter of the disk that a point of dirt becomes, as a share of the view's width.
        frame: The model's view; its proportions count here, not its size.
        rng: Decides where dirt lies.
    """
    import cv2

    from robustcheck.shifts.blur import disk_kernel

    short = min(frame.width, frame.height)
    shape = _cells(frame.height / short), _cells(frame.width / short)
    angle = float(rng.uniform(0, math.pi))
    length = size * ACROSS / 2
    place = _waves(shape, ((length, length / LONGER, 1.0), (length / 4, length / 8, RAGGED)), angle, rng)
    streaks = _waves(shape, ((length, length / 12, 1.0),), angle, rng)
    edge = float(np.quantile(place, 1 - coverage))
    texture = np.clip(0.5 + streaks / 4, 0, 1) * np.clip((place - edge) / 0.5, 0, 1)
    thickness = np.where(place > edge, THINNEST + (1 - THINNEST) * texture, 0).astype(np.float32)
    kernel = disk_kernel(blur * ACROSS * min(frame.width / short, STRETCHED))
    if kernel.size > 1:
        reach = len(kernel) // 2
        joined = np.pad(thickness, reach, mode="wrap")
        thickness = cv2.filter2D(joined, -1, kernel)[reach : reach + shape[0], reach : reach + shape[1]]
        # Large kernels go through a Fourier transform, which leaves traces everywhere.
        thickness[thickness < FAINTEST] = 0
    return thickness


def _cells(side: float) -> int:
    return round(ACROSS * min(side, STRETCHED))


def _waves(
    shape: tuple[int, int], parts: Sequence[tuple[float, float, float]], angle: float, rng: np.random.Generator
) -> Layer:
    """Return the sum of white noises, each smoothed by a Gaussian whose axes are turned; opposite edges join.

    Args:
        shape: Of the layer.
        parts: Standard deviations of the longer and the shorter axis in cells, and that of the result.
        angle: Of the longer axis against the rows, in radians.
        rng: What to draw from.
    """
    rows = (np.fft.fftfreq(shape[0]) * (2 * math.pi)).astype(np.float32)[:, None]
    columns = (np.fft.rfftfreq(shape[1]) * (2 * math.pi)).astype(np.float32)[None, :]
    first = columns * np.float32(math.cos(angle)) + rows * np.float32(math.sin(angle))
    second = rows * np.float32(math.cos(angle)) - columns * np.float32(math.sin(angle))
    total = np.zeros(first.shape, np.complex64)
    for along, across, strength in parts:
        passing = np.exp(-((first * np.float32(along)) ** 2 + (second * np.float32(across)) ** 2) / 2)
        passing[0, 0] = 0
        # Each frequency but those of the first column stands for two.
        power = 2 * float((passing**2).sum())
        drawn = rng.standard_normal((2, *first.shape), dtype=np.float32)
        total += (drawn[0] + 1j * drawn[1]) * passing * np.float32(strength / math.sqrt(max(power, 1e-12)))
    return np.fft.irfft2(total * np.float32(shape[0] * shape[1]), s=shape).astype(np.float32)
