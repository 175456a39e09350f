"""Frost on the window."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from robustcheck.shifts.imagenet_c import frost_textures
from robustcheck.shifts.imagenet_c.corruption import Picture, corruption, truncated


@corruption(
    note="frost textures are synthetic; ImageNet-C's own are photographs", synonyms=("ice", "icy", "frozen", "winter")
)
def frost(image: Picture, rng: np.random.Generator, kept: float, added: float) -> Picture:
    """Frost on a window before the camera: part of a texture is added to the picture.

    One of six textures, as in imagecorruptions (the original never picks its sixth). They are drawn by
    ``frost_textures``, since the licence of ImageNet-C's own is unclear.
    """
    height, width = image.shape[:2]
    whole = frost_textures.enlarged(int(rng.integers(frost_textures.COUNT)), height, width)
    top = int(rng.integers(0, whole.shape[0] - height))
    left = int(rng.integers(0, whole.shape[1] - width))
    part = whole[top : top + height, left : left + width]
    frosted: Picture = _sums(kept, added)[(image.astype(np.intp) << 8) | part]
    return frosted


@functools.lru_cache(maxsize=8)
def _sums(kept: float, added: float) -> NDArray[np.uint8]:
    """Return weighted sums by 256 times the picture's value plus the frost's."""
    return truncated((kept * np.arange(256.0))[:, None] + added * np.arange(256.0)).ravel()
