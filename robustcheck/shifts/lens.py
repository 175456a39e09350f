"""Something lies on the lens, or on the glass before it, too near to be in focus: dirt, drops of water. In linear light."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.registry import shift
from robustcheck.core.units import Percent, Range
from robustcheck.images.geometry import Frame
from robustcheck.shifts.drops import Drops, drops
from robustcheck.shifts.precipitation import fitted
from robustcheck.shifts.smears import FAINTEST, smears

if TYPE_CHECKING:
    from robustcheck.images.linear_light import Light

Picture = NDArray[np.uint8]
ROWS: Final = 64
"""Rows of a picture that are blended at once."""
SHRUNK: Final = 3
"""Cells of drops that one pixel spans of what is seen through them: there it is smaller by as much or more."""


@shift(
    "lens.dirt",
    sweep={"coverage": ("5%", "15%", "30%", "60%")},
    source="attenuation and scattering by a layer out of focus, J. Gu et al., ACM Transactions on Graphics 28 (2009), our own smears",
    note="lens.dirt is stylised: grey smears, evenly lit by the mean light of the view",
    synonyms=("dirty lens", "smear", "smudge", "fingerprint", "grease", "dust", "mud", "soiling", "stain", "grime"),
)
def dirt(
    image: Picture,
    *,
    coverage: Annotated[Percent, Range(0, 100)],
    opacity: Annotated[Percent, Range(0, 100)] = 0.8,
    scatter: Annotated[Percent, Range(0, 100)] = 0.4,
    size: Annotated[Percent, Range(2, 100)] = 0.3,
    blur: Annotated[Percent, Range(0, 20)] = 0.03,
    frame: Frame,
    rng: np.random.Generator,
) -> Picture:
    """Smears of dirt lie on the lens, out of focus; each picture has its own.

    Dirt takes light from what lies behind it and scatters some of the view's mean light to the sensor: what is brighter than
    that gets darker, what is darker gets greyer. Lengths go with the view, so that it looks alike at any resolution.

    Args:
        coverage: Share of the view that lies behind dirt.
        opacity: Share of light that the thickest dirt takes.
        scatter: Light that dirt sends on, as a share of the view's mean light; with 0% it only darkens.
        size: Length of a smear, as a share of the view's shorter side.
        blur: Diameter of the disk that a point of dirt becomes, as a share of the view's width.
    """
    from robustcheck.images.linear_light import in_linear_light

    if coverage == 0 or opacity == 0:
        return image
    drawn = smears(coverage, size, blur, frame, rng)
    hidden = fitted(drawn, image.shape[0], image.shape[1], frame) * np.float32(opacity)

    def work(light: Light) -> Light:
        veil = np.float32(scatter) * _mean_light(light, frame)
        for top in range(0, len(light), ROWS):
            rows, cover = light[top : top + ROWS], _three(hidden[top : top + ROWS])
            rows *= 1 - cover
            cover *= veil
            rows += cover
        return light

    return in_linear_light(image, work)


def _three(layer: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a layer for each of three channels, shape (h, w, 3)."""
    import cv2

    return np.asarray(cv2.cvtColor(layer, cv2.COLOR_GRAY2BGR))


def _mean_light(light: Light, frame: Frame) -> NDArray[np.float32]:
    """Return the mean colour of the view, shape (3,); of the whole picture if the view holds no whole pixel of it."""
    import cv2

    top, left = max(0, round(frame.y)), max(0, round(frame.x))
    view = light[top : max(0, round(frame.y + frame.height)), left : max(0, round(frame.x + frame.width))]
    return np.array(cv2.mean(view if view.size else light)[:3], np.float32)


@shift(
    "lens.drops",
    sweep={"coverage": ("5%", "10%", "20%", "40%")},
    source="Snell's law and Fresnel's equations at spherical caps of water (contact angle 47 degrees), out of focus, in linear light",
    note="lens.drops shows in each drop what the picture holds; beyond its edge the picture is mirrored",
    synonyms=("raindrops", "water drops", "droplets", "wet lens", "water on lens", "splash", "spray", "beads"),
)
def water_drops(
    image: Picture,
    *,
    coverage: Annotated[Percent, Range(0, 80)],
    size: Annotated[Percent, Range(2, 20)] = 0.12,
    blur: Annotated[Percent, Range(0, 10)] = 0.02,
    frame: Frame,
    rng: np.random.Generator,
) -> Picture:
    """Drops of water stick to the glass before the lens, out of focus; each picture has its own.

    Each shows the scene around it upside down and small, darker towards its edge. Lengths go with the view, so that it looks
    alike at any resolution; angles are those of a lens of 60 degrees.

    Args:
        coverage: Share of the view that they cover.
        size: Diameter of the largest drops, as a share of the view's width; others have 65% and 40% of it.
        blur: Diameter of the disk that a point of a drop becomes, as a share of the view's width.
    """
    from robustcheck.images.linear_light import in_linear_light

    if coverage == 0:
        return image
    lying = drops(coverage, size, image.shape[0], image.shape[1], frame, rng)

    def work(light: Light) -> Light:
        cover, shown = _through(lying, light, blur * frame.width)
        for top in range(0, len(light), ROWS):
            rows = light[top : top + ROWS]
            rows *= 1 - _three(cover[top : top + ROWS])
            rows += shown[top : top + ROWS]
        return light

    return in_linear_light(image, work)


def _through(lying: Drops, light: Light, disk: float) -> tuple[NDArray[np.float32], Light]:
    """Return which share of each pixel drops cover, shape (h, w), and the light that comes through them, shape (h, w, 3).

    Args:
        lying: The drops.
        light: Of the whole picture.
        disk: Diameter of the disk that a point of a drop becomes, in source pixels.
    """
    import cv2

    from robustcheck.shifts.blur import disk_kernel

    height, width = light.shape[:2]
    small = tuple(max(1, min(side, round(side / (SHRUNK * lying.cell)))) for side in (width, height))
    scene = cv2.resize(light, small, interpolation=cv2.INTER_AREA)
    x, y = (
        lying.x * np.float32(small[0] / width) - np.float32(0.5),
        lying.y * np.float32(small[1] / height) - np.float32(0.5),
    )
    shown = cv2.remap(scene, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    shown *= _three(lying.cover * lying.passing)
    cover, kernel = lying.cover, disk_kernel(disk / lying.cell)
    if kernel.size > 1:
        shown, cover = (cv2.filter2D(layer, -1, kernel, borderType=cv2.BORDER_REFLECT) for layer in (shown, cover))
    # Large kernels go through a Fourier transform, which leaves traces everywhere.
    there = (cover >= FAINTEST).astype(np.float32)
    shown, cover = shown * _three(there), cover * there
    shrinks = cover.size > height * width
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    shown, cover = (cv2.resize(layer, (width, height), interpolation=way) for layer in (shown, cover))
    return cover.reshape(height, width), shown.reshape(height, width, 3)
