"""The filters a model's preprocessing names, on whole pictures and on boxes of them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from robustcheck.domain.config import Interpolation

Picture = NDArray[np.uint8]

PILLOW = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "area": Image.Resampling.BOX,
}
OPENCV = {
    "nearest": cv2.INTER_NEAREST,
    "bilinear": cv2.INTER_LINEAR,
    "bicubic": cv2.INTER_CUBIC,
    "lanczos": cv2.INTER_LANCZOS4,
    "area": cv2.INTER_AREA,
}
WARP = {**OPENCV, "area": cv2.INTER_LINEAR}
BORDERS = {
    "reflect": cv2.BORDER_REFLECT,
    "replicate": cv2.BORDER_REPLICATE,
    "black": cv2.BORDER_CONSTANT,
    "gray": cv2.BORDER_CONSTANT,
}
GRAY = 128


def fill_value(fill: str) -> tuple[int, int, int]:
    """Return the colour of a constant fill."""
    return (GRAY, GRAY, GRAY) if fill == "gray" else (0, 0, 0)


def as_gray(picture: Picture) -> Picture:
    """Return a picture in three equal channels, the luma (ITU-R BT.601) as Pillow's ``convert("L")`` rounds it.

    Args:
        picture: Shape (h, w, 3), uint8 RGB.
    """
    luma = np.asarray(Image.fromarray(np.ascontiguousarray(picture)).convert("L"))
    return np.repeat(luma[..., None], 3, axis=2)


def resize(
    picture: Picture,
    size: tuple[int, int],
    interpolation: Interpolation,
    *,
    antialias: bool,
    box: tuple[float, float, float, float] | None = None,
) -> Picture:
    """Resize a picture, or a box of it, as the model's own preprocessing would.

    Args:
        picture: Shape (h, w, 3), uint8.
        size: Width and height wanted.
        interpolation: The filter.
        antialias: Whether the filter widens when shrinking (Pillow) or not (OpenCV).
        box: (left, top, right, bottom) within the picture, fractions allowed; needs ``antialias``.
    """
    if antialias:
        source = Image.fromarray(picture)
        return np.asarray(source.resize(size, PILLOW[interpolation], box=box))
    if size == (picture.shape[1], picture.shape[0]):
        return picture
    resized: Picture = cv2.resize(picture, size, interpolation=OPENCV[interpolation])
    return resized


def pad(picture: Picture, margins: tuple[int, int, int, int], fill: str) -> Picture:
    """Add columns and rows (left, top, right, bottom); ``reflect`` repeats if they exceed the picture."""
    left, top, right, bottom = margins
    if not any(margins):
        return picture
    padded: Picture = cv2.copyMakeBorder(picture, top, bottom, left, right, BORDERS[fill], value=fill_value(fill))
    return padded
