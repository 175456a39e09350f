"""Stretched here and pressed there."""

from __future__ import annotations

import numpy as np

from robustcheck.shifts.imagenet_c.blur import gaussian_taps
from robustcheck.shifts.imagenet_c.corruption import Picture, Values, corruption, truncated

SPREAD = 0.01
"""Standard deviation of the Gaussian that smooths the displacements, as a share of each side."""

REACH = 0.005
"""Largest displacement before smoothing, as a share of the height, both ways."""


@corruption(
    note="elastic_transform follows imagecorruptions, not the tables published with ImageNet-C",
    synonyms=("warped", "deformed", "wobbly", "heat haze"),
)
def elastic_transform(image: Picture, rng: np.random.Generator, strength: float) -> Picture:
    """The picture is stretched and pressed from place to place.

    Follows imagecorruptions, whose constants and smoothing differ from the original's, and which has no affine part.
    """
    import cv2

    height, width = image.shape[:2]
    across = _smooth(rng, height, width, strength)
    down = _smooth(rng, height, width, strength)
    across += np.arange(width, dtype=np.float32)
    down += np.arange(height, dtype=np.float32)[:, None]
    moved = cv2.remap(image.astype(np.float32), across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return truncated(moved)


def _smooth(rng: np.random.Generator, height: int, width: int, strength: float) -> Values:
    """Return displacements in pixels, shape (height, width)."""
    import cv2

    reach = REACH * height
    drawn = rng.uniform(-reach, reach, (height, width)).astype(np.float32)
    across, down = gaussian_taps(SPREAD * width, 3.0), gaussian_taps(SPREAD * height, 3.0)
    smooth: Values = cv2.sepFilter2D(drawn, cv2.CV_32F, across, down, borderType=cv2.BORDER_REFLECT)
    smooth *= np.float32(strength)
    return smooth
