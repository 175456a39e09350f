"""Water or mud on the lens."""

from __future__ import annotations

import numpy as np

from robustcheck.shifts.imagenet_c.blur import gaussian_taps
from robustcheck.shifts.imagenet_c.corruption import Picture, Values, corruption, truncated

WATER = (175, 238, 238)
MUD = (63, 42, 20)
SOLID = 0.8
"""Thinner mud than this share is left out."""


@corruption(
    synonyms=(
        "splash",
        "drops of rain on the lens",
        "droplets",
        "raindrops",
        "mud",
        "lens dirty with splashes",
        "smeared lens",
        "wet lens",
    )
)
def spatter(
    image: Picture,
    rng: np.random.Generator,
    mean: float,
    sigma: float,
    smoothness: float,
    threshold: float,
    strength: float,
    mud: float,
) -> Picture:
    """Drops of water (severity 1 to 3) or of mud (4 and 5) on the lens.

    Where no drop falls, which happens to small pictures, the picture stays as it is; imagecorruptions divides by zero.
    """
    import cv2

    taps = gaussian_taps(smoothness)
    drawn = rng.normal(mean, sigma, image.shape[:2])
    liquid = cv2.sepFilter2D(drawn, cv2.CV_64F, taps, taps, borderType=cv2.BORDER_REPLICATE)
    if not mud:
        liquid[liquid < threshold] = 0
        water = _shaded((liquid * 255).astype(np.uint8))
        water *= strength
        return truncated(image + water[..., None] * np.array(WATER, dtype=np.float32))
    taps = gaussian_taps(strength)
    wet = (liquid > threshold).astype(np.float32)
    solid: Values = cv2.sepFilter2D(wet, cv2.CV_32F, taps, taps, borderType=cv2.BORDER_REPLICATE)
    solid[solid < SOLID] = 0
    return truncated(image * (1 - solid)[..., None] + solid[..., None] * np.array(MUD, dtype=np.float32))


def _shaded(liquid: Picture) -> Values:
    """Return how much a drop reflects at each place: 1 at most, lit from one side near its edge.

    Args:
        liquid: Thickness, shape (h, w).
    """
    import cv2

    away = cv2.distanceTransform(255 - cv2.Canny(liquid, 50, 150), cv2.DIST_L2, 5)
    near = cv2.blur(np.minimum(away, 20), (3, 3)).astype(np.uint8)
    emboss = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])
    light = cv2.blur(cv2.filter2D(cv2.equalizeHist(near), cv2.CV_8U, emboss), (3, 3))
    shade: Values = liquid * light.astype(np.float32)
    most = shade.max()
    return shade / most if most > 0 else shade
