"""Light that differs from place to place: vignette, shadow, backlight. Gains in linear light."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.registry import shift
from robustcheck.core.units import Percent, Range, Stops
from robustcheck.images.geometry import Frame

Picture = NDArray[np.uint8]
Mask = NDArray[np.float32]
KEPT = 1 << 20
"""Pixels up to which a gain is kept for the next picture of the same size."""
PENUMBRA = 0.02
"""Width of a shadow's soft edge, as a share of the view's width."""


def _axes(height: int, width: int, frame: Frame) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the offsets of columns (1, w) and rows (h, 1) from the view's centre, in source pixels."""
    x, y = frame.centre
    columns = (np.arange(width, dtype=np.float32) + 0.5 - x)[None, :]
    rows = (np.arange(height, dtype=np.float32) + 0.5 - y)[:, None]
    return columns.astype(np.float32), rows.astype(np.float32)


def _kept(compute: Callable[[int, int, Frame, float], Mask]) -> Callable[[int, int, Frame, float], Mask]:
    """Remember the gains of the latest sizes of picture, in 64 MiB at most."""
    remembered = functools.lru_cache(maxsize=16)(compute)

    @functools.wraps(compute)
    def mask(height: int, width: int, frame: Frame, strength: float) -> Mask:
        return (remembered if height * width <= KEPT else compute)(height, width, frame, strength)

    return mask


@_kept
def vignette_mask(height: int, width: int, frame: Frame, corner: float) -> Mask:
    """Return the gain of each source pixel, shape (height, width): 1 at the centre, 2^corner in the corners."""
    columns, rows = _axes(height, width, frame)
    slope = (2.0 ** (-corner / 2) - 1) / ((frame.width / 2) ** 2 + (frame.height / 2) ** 2)
    mask: Mask = ((1 + slope * (columns**2 + rows**2)) ** -2).astype(np.float32)
    mask.flags.writeable = False
    return mask


@shift(
    "light.vignette",
    sweep={"corner": ("-0.5ev", "-1ev", "-2ev")},
    source="cos^4 law of falling illuminance, scaled to the corner",
    synonyms=("vignetting", "dark corners", "lens shading", "light falloff"),
)
def vignette(image: Picture, *, corner: Annotated[Stops, Range(-8, 0)], frame: Frame) -> Picture:
    """The lens darkens towards the corners of the view.

    Args:
        corner: Light lost in the corners; cos^4 alone gives -1.47ev in the corner of a square view of 60deg.
    """
    from robustcheck.images.linear_light import apply_gain

    return apply_gain(image, vignette_mask(image.shape[0], image.shape[1], frame, corner))


@shift(
    "light.shadow",
    sweep={"depth": ("-1ev", "-2ev", "-3ev"), "coverage": ("20%",)},
    source="band with straight edges, seeded, in linear light",
    synonyms=("shade", "shaded", "shading", "sun and shade"),
)
def shadow(
    image: Picture,
    *,
    depth: Annotated[Stops, Range(-8, 0)],
    coverage: Annotated[Percent, Range(0, 100)] = 0.3,
    frame: Frame,
    rng: np.random.Generator,
) -> Picture:
    """A shadow with straight edges, as of a pole or a house, falls across the view; its place is random.

    Args:
        depth: Light lost inside it.
        coverage: Share of the view that lies in it.
    """
    from robustcheck.images.linear_light import apply_gain

    if coverage == 0:
        return image
    angle, start = float(rng.uniform(0, math.pi)), float(rng.uniform(0, 1 - coverage))
    across, down = math.cos(angle), math.sin(angle)
    fine = (np.arange(64) + 0.5) / 64 - 0.5
    inside = np.sort((fine[None, :] * frame.width * across + fine[:, None] * frame.height * down).ravel())
    low, high = np.quantile(inside, [start, start + coverage]) if coverage < 1 else (-math.inf, math.inf)
    columns, rows = _axes(image.shape[0], image.shape[1], frame)
    along = columns * np.float32(across) + rows * np.float32(down)
    edge = np.float32(PENUMBRA * frame.width)
    soft = np.minimum(along - np.float32(low), np.float32(high) - along) / edge + np.float32(0.5)
    np.clip(soft, 0, 1, out=soft)
    return apply_gain(image, np.exp2(soft * np.float32(depth)))


@_kept
def backlight_mask(height: int, width: int, frame: Frame, ratio: float) -> Mask:
    """Return the gain of each source pixel: 2^-ratio inside half the view's half height, 1 outside all of it."""
    columns, rows = _axes(height, width, frame)
    radius = np.sqrt(columns**2 + rows**2) / (min(frame.width, frame.height) / 2)
    step = np.clip((radius - 0.5) / 0.5, 0, 1)
    mask: Mask = np.exp2(-ratio * (1 - step * step * (3 - 2 * step))).astype(np.float32)
    mask.flags.writeable = False
    return mask


@shift(
    "light.backlight",
    sweep={"ratio": ("1ev", "2ev", "3ev")},
    source="radial gain with a smooth step, in linear light",
    synonyms=("backlit", "against the light", "sun behind", "low sun", "silhouette", "contre-jour"),
)
def backlight(image: Picture, *, ratio: Annotated[Stops, Range(0, 8)], frame: Frame) -> Picture:
    """The light is behind the subject: the middle of the view is darker than its surround.

    Args:
        ratio: By how much.
    """
    from robustcheck.images.linear_light import apply_gain

    return apply_gain(image, backlight_mask(image.shape[0], image.shape[1], frame, ratio))
