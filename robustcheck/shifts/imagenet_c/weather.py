"""Fog and snow; frost has a module of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robustcheck.shifts.imagenet_c.blur import clipped_zoom, places, streaked, trail
from robustcheck.shifts.imagenet_c.corruption import Picture, Values, corruption, truncated


@corruption(synonyms=("mist", "haze"))
def fog(image: Picture, rng: np.random.Generator, strength: float, decay: float) -> Picture:
    """Fog in swathes, the same at every depth: a random relief is added and the sum scaled back."""
    height, width, channels = image.shape
    side = 1 << (max(height, width, channels) - 1).bit_length()
    relief = plasma(rng, side, decay)[:height, :width]
    white = float(image.max()) / 255
    gain = white / (white + strength)
    relief *= np.float32(255 * strength * gain)
    foggy = image * np.float32(gain)
    foggy += relief[..., None]
    return truncated(foggy)


def plasma(rng: np.random.Generator, side: int, decay: float) -> Values:
    """Return a random relief from 0 to 1 by midpoint displacement (diamond-square), which repeats at its edges.

    Source: A. Fournier, D. Fussell & L. Carpenter, Computer rendering of stochastic models, CACM 25 (1982); the draws
    follow imagecorruptions and the original.

    Args:
        rng: What to draw from.
        side: A power of two, at least 2.
        decay: Ratio by which the displacements fall from one scale to the next.
    """
    relief = np.zeros((side, side), dtype=np.float32)
    step, rough = side, 100.0

    def displaced(sums: Values) -> Values:
        drawn = rng.uniform(-rough * rough, rough * rough, sums.shape)
        drawn += sums / 4
        return drawn.astype(np.float32)

    while step >= 2:
        half = step // 2
        corners = relief[::step, ::step]
        below, beside = _neighbour(corners, 0, -1), _neighbour(corners, 1, -1)
        middles = displaced(_neighbour(below, 1, -1))
        relief[half::step, half::step] = middles
        relief[::step, half::step] = displaced(_neighbour(middles, 0, 1) + beside)
        relief[half::step, ::step] = displaced(_neighbour(middles, 1, 1) + below)
        step, rough = half, rough / decay
    relief -= relief.min()
    relief /= relief.max()
    return relief


def _neighbour(values: Values, axis: int, way: int) -> Values:
    """Return values plus those one step further along an axis, around the edge."""
    return values + np.roll(values, way, axis)


@corruption(synonyms=("snowfall", "winter"))
def snow(
    image: Picture,
    rng: np.random.Generator,
    mean: float,
    sigma: float,
    size: float,
    threshold: float,
    radius: float,
    spread: float,
    kept: float,
) -> Picture:
    """Snow falls, its flakes drawn out by their motion, and the scene pales; the motion follows imagecorruptions."""
    import cv2

    height, width = image.shape[:2]
    drawn = rng.standard_normal((height, width), dtype=np.float32)
    flakes = _enlarged(drawn * sigma + mean, size)
    flakes[flakes < threshold] = 0
    np.clip(flakes, 0, 1, out=flakes)
    angle = float(rng.uniform(-135, -45))
    falling, _ = streaked(flakes, trail(radius, spread), angle)
    layer = np.round(falling[:height, :width] * 255)
    layer += layer[::-1, ::-1].copy()
    values = image.astype(np.float32)
    pale = cv2.cvtColor(values, cv2.COLOR_RGB2GRAY) * np.float32(1.5) + np.float32(127.5)
    snowy = np.maximum(values, pale[..., None])
    snowy *= np.float32(1 - kept)
    snowy += values * np.float32(kept)
    snowy += layer[..., None].astype(np.float32)
    return truncated(snowy)


def _enlarged(values: Values, ratio: float) -> NDArray[np.float64]:
    """Return the middle of values, enlarged by linear interpolation to at least the size they had."""
    top, rows, tall = clipped_zoom(values.shape[0], ratio)
    left, columns, wide = clipped_zoom(values.shape[1], ratio)
    middle = values[top : top + rows, left : left + columns].astype(np.float64)
    larger = _stretched(_stretched(middle, tall).T, wide).T
    return np.ascontiguousarray(larger)


def _stretched(values: NDArray[np.float64], many: int) -> NDArray[np.float64]:
    at = places(len(values), many)
    first = np.minimum(at.astype(np.intp), len(values) - 1)
    second = np.minimum(first + 1, len(values) - 1)
    share = (at - first)[:, None]
    larger: NDArray[np.float64] = values[first] * (1 - share) + values[second] * share
    larger[at > len(values) - 1] = 0
    return larger
