"""Blurs of encoded values, as ImageNet-C has them; ``camera.defocus`` and ``camera.motion_blur`` mix linear light."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.shifts.imagenet_c.corruption import Picture, Values, corruption, truncated

HAIR = 2.5e-4
"""Grey levels that decide whether a sum that should be a whole number is one once its fraction is dropped."""


def tie_breaks(even: NDArray[np.float64]) -> Values:
    """Return what to take from the darkness of a blur by the value of the picture, for ``lightened``.

    Args:
        even: By value, what double precision, summing in imagecorruptions's order, makes of an area of it; in grey levels.
    """
    ties = np.where(even >= np.arange(256), HAIR, -HAIR).astype(np.float32)
    ties[255] = min(ties[255], 0)
    return ties


def lightened(image: Picture, darkness: Values, ties: Values) -> Picture:
    """Return a blurred picture, its fractions dropped, of how far it is from white.

    Beside white areas a blur falls short of white by less than single precision can tell, and truncation makes a grey
    level of it. How far it is from white is told precisely.

    Args:
        image: Shape (h, w, 3).
        darkness: The blur of ``255 - image``, written over.
        ties: From ``tie_breaks``.
    """
    import cv2

    darkness -= cv2.LUT(image, ties)
    return cv2.bitwise_not(truncated(np.ceil(darkness, out=darkness)))  # type: ignore[no-any-return]


@functools.lru_cache(maxsize=64)
def gaussian_taps(sigma: float, truncate: float = 4.0) -> NDArray[np.float64]:
    """Return the weights of a sampled Gaussian, summing to 1.

    Args:
        sigma: In pixels.
        truncate: Where it is cut off, in standard deviations.
    """
    radius = int(truncate * sigma + 0.5)
    taps = np.exp(-0.5 / max(sigma * sigma, 1e-18) * np.arange(-radius, radius + 1) ** 2)
    weights: NDArray[np.float64] = taps / taps.sum()
    return weights


def gaussian(image: Picture, sigma: float) -> Picture:
    """Return a picture blurred by a Gaussian; beyond the picture its edge is repeated."""
    import cv2

    taps = gaussian_taps(sigma)
    dark = cv2.bitwise_not(image)
    darkness: Values = cv2.sepFilter2D(dark, cv2.CV_32F, taps, taps, borderType=cv2.BORDER_REPLICATE)
    return lightened(image, darkness, _gaussian_ties(sigma))


@functools.lru_cache(maxsize=16)
def _gaussian_ties(sigma: float) -> Values:
    taps = gaussian_taps(sigma).tolist()
    middle = len(taps) // 2
    even = np.arange(256) / 255.0
    for _ in ("columns", "rows"):
        total = even * taps[middle]
        for tap in taps[:middle]:
            total += (even + even) * tap
        even = total
    return tie_breaks(np.clip(even, 0, 1) * 255)


@corruption(synonyms=("soft", "smooth"))
def gaussian_blur(image: Picture, sigma: float) -> Picture:
    """Every pixel is spread by a Gaussian."""
    return gaussian(image, sigma)


@functools.lru_cache(maxsize=16)
def disk(radius: int, edge: float) -> Values:
    """Return the weights of a disk with a softened edge, summing to 1; its edge is cut where the grid ends.

    Args:
        radius: In pixels.
        edge: Standard deviation of the Gaussian that softens it, in pixels.
    """
    import cv2

    half = max(8, radius)
    rows, columns = np.mgrid[-half : half + 1, -half : half + 1]
    inside = (rows**2 + columns**2 <= radius**2).astype(np.float32)
    taps = 3 if radius <= 8 else 5
    soft: Values = cv2.GaussianBlur(inside / inside.sum(), (taps, taps), sigmaX=edge)
    return soft


@corruption()
def defocus_blur(image: Picture, radius: float, edge: float) -> Picture:
    """The lens is out of focus: every pixel becomes a disk."""
    import cv2

    weights = disk(int(radius), edge)
    blurred: Values = cv2.filter2D(image.astype(np.float32), -1, weights)
    # Where the weights are all alike many sums should be whole: those of the rounded weights fall to one side.
    hair = HAIR if weights.sum(dtype=np.float64) >= 1 else -HAIR
    return truncated(blurred + np.float32(hair))


def trail(radius: float, sigma: float) -> NDArray[np.float64]:
    """Return the weights of half a Gaussian, from its middle on, summing to 1.

    Args:
        radius: Half the length, in pixels.
        sigma: Standard deviation, in pixels.
    """
    weights = np.exp(-(np.arange(2 * int(radius) + 1.0) ** 2) / (2 * sigma**2)) / (math.sqrt(2 * math.pi) * sigma)
    normalised: NDArray[np.float64] = weights / weights.sum()
    return normalised


def streaked(values: NDArray[Any], weights: NDArray[np.float64], angle: float) -> tuple[NDArray[Any], int]:
    """Return values drawn out to one side, in whole steps, and how many of the weights were used.

    Beyond the edge the edge is repeated. This is imagecorruptions's stand-in for the original's ImageMagick: where a
    step would leave the picture it stops, so that small pictures darken.

    Args:
        values: Shape (h, w) or (h, w, 3).
        weights: One for each step, from no step on.
        angle: In degrees.
    """
    import cv2

    length = len(weights)
    sine, cosine = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    height, width = values.shape[:2]
    padded = cv2.copyMakeBorder(values, length, length, length, length, cv2.BORDER_REPLICATE)
    total = np.zeros_like(values)
    for step, weight in enumerate(weights.tolist()):
        down, right = math.ceil(step * sine - 0.5), math.ceil(step * cosine - 0.5)
        if abs(down) >= height or abs(right) >= width:
            return total, step
        part = padded[length + down : length + down + height, length + right : length + right + width]
        cv2.scaleAdd(part, weight, total, dst=total)
    return total, length


@functools.lru_cache(maxsize=64)
def _trail_ties(radius: float, sigma: float) -> Values:
    even = np.zeros(256)
    for weight in trail(radius, sigma).tolist():
        even += weight * np.arange(256)
    return tie_breaks(even)


@corruption(synonyms=("shaking", "camera shaking"))
def motion_blur(image: Picture, rng: np.random.Generator, radius: float, sigma: float) -> Picture:
    """The camera moves while it exposes, at an angle of up to 45 degrees; follows imagecorruptions."""
    import cv2

    weights = trail(radius, sigma)
    dark = cv2.bitwise_not(image).astype(np.float32)
    darkness, used = streaked(dark, weights, float(rng.uniform(-45, 45)))
    darkness += np.float32(255 * weights[used:].sum())
    return lightened(image, darkness, _trail_ties(radius, sigma))


def clipped_zoom(length: int, ratio: float) -> tuple[int, int, int]:
    """Return where the middle of a side begins, its pixels, and how many they become when zoomed to fill the side."""
    inner = math.ceil(length / ratio)
    return (length - inner) // 2, inner, round(inner * ratio)


def pace(few: int, many: int) -> float:
    """Return the distance of samples so that the first and the last of many lie on the first and the last of few."""
    return (few - 1) / (many - 1) if many > 1 else 1.0


def places(few: int, many: int) -> NDArray[np.float64]:
    """Return where many samples lie on few; rounding may carry the last a hair beyond, where there is nothing but black."""
    return np.arange(float(many)) * pace(few, many)


@corruption(synonyms=("zooming", "approach"))
def zoom_blur(image: Picture, stop: float, step: float) -> Picture:
    """The camera zooms in while it exposes: the mean of the picture at many ratios."""
    import cv2

    ratios = np.arange(1, stop, step)
    height, width = image.shape[:2]
    values = image.astype(np.float32)
    total = values.copy()
    for ratio in ratios.tolist():
        top, rows, tall = clipped_zoom(height, ratio)
        left, columns, wide = clipped_zoom(width, ratio)
        inverse = np.array([[pace(columns, wide), 0, left], [0, pace(rows, tall), top]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        layer = cv2.warpAffine(values, inverse, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        layer[places(rows, tall)[:height] > rows - 1] = 0
        layer[:, places(columns, wide)[:width] > columns - 1] = 0
        total += layer
    total /= len(ratios) + 1
    return truncated(total + np.float32(HAIR))
