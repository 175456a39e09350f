"""Small pictures for a person to look at."""

from __future__ import annotations

import io
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SIDE: Final = 96
"""Pixels of the longer side of a small picture, down to which larger ones are shrunk; smaller ones keep their size."""
QUALITY: Final = 75
"""Of WebP, 0 to 100."""


def thumbnail(pixels: NDArray[np.uint8]) -> bytes:
    """Return a picture as WebP, shrunk to at most 96 pixels a side.

    Args:
        pixels: Shape (h, w, 3), RGB.
    """
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(pixels))
    longest = max(image.size)
    if longest > SIDE:
        width, height = (max(1, round(side * SIDE / longest)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BOX, reducing_gap=2.0)
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=QUALITY, method=2)
    return stream.getvalue()


def amplified(change: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Return a change of pixel values as a picture: mid-grey where there is none, and its greatest value at black or white.

    Args:
        change: Shape (h, w, 3), in any unit.
    """
    greatest = float(np.abs(change).max(initial=0.0))
    shown = 0.5 + change.astype(np.float64) / (2 * greatest) if greatest else np.full(change.shape, 0.5)
    scaled: NDArray[np.uint8] = np.rint(shown * 255).astype(np.uint8)
    return scaled
