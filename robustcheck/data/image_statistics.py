"""What one picture looks like, in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.data.sources.pixels import digest_of

SIDE: Final = 128
"""Side of the grey picture whose sharpness is measured, so that the size of the picture does not decide it."""
COLOURLESS: Final = 8
"""Levels of 255 by which the channels of a grey picture differ at most in any pixel; compression leaves a few."""


@dataclass(frozen=True, slots=True)
class Look:
    """Numbers of one picture.

    Attributes:
        digest: sha256 over its shape and RGB bytes, in hexadecimal.
        width: Pixels.
        height: Pixels.
        aspect: Width over height.
        brightness: Mean luma (ITU-R BT.601), 0 to 1.
        contrast: Standard deviation of the luma (RMS contrast; Peli, 1990), 0 to 0.5.
        sharpness: Variance of the Laplacian (Pech-Pacheco et al., 2000) of the luma at 128 by 128, in squared levels of 255.
        saturation: Mean of (max - min) / max over the channels (HSV), 0 to 1.
        grey: Whether no pixel has colour.
    """

    digest: str
    width: int
    height: int
    aspect: float
    brightness: float
    contrast: float
    sharpness: float
    saturation: float
    grey: bool


def look_at(pixels: NDArray[np.uint8]) -> Look:
    """Measure a picture.

    Args:
        pixels: Shape (h, w, 3), RGB.
    """
    from PIL import Image

    height, width = pixels.shape[:2]
    luma = Image.fromarray(np.ascontiguousarray(pixels)).convert("L")
    counts, levels = np.array(luma.histogram(), np.float64), np.arange(256) / 255
    brightness = float(counts @ levels / counts.sum())
    spread = float(counts @ (levels - brightness) ** 2 / counts.sum())
    small = np.asarray(luma.resize((SIDE, SIDE), Image.Resampling.BILINEAR), np.int32)
    centre = small[1:-1, 1:-1]
    edges = small[:-2, 1:-1] + small[2:, 1:-1] + small[1:-1, :-2] + small[1:-1, 2:] - 4 * centre
    most = np.maximum(np.maximum(pixels[..., 0], pixels[..., 1]), pixels[..., 2])
    colour = most - np.minimum(np.minimum(pixels[..., 0], pixels[..., 1]), pixels[..., 2])
    saturation = float(np.mean(colour / np.maximum(most, 1, dtype=np.float32), dtype=np.float64))
    grey = bool(colour.max() <= COLOURLESS)
    aspect = width / height
    return Look(digest_of(pixels), width, height, aspect, brightness, spread**0.5, float(edges.var()), saturation, grey)
