"""The model's view of a picture: which part of it the resize and the centre crop leave."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from robustcheck.domain.config import Preprocessing
from robustcheck.images.geometry import Frame


@dataclass(frozen=True, slots=True)
class Framing:
    """The numbers of a model's own preprocessing for one size of picture.

    Attributes:
        resized: Width and height of the whole picture after the resize.
        left: First column of the crop, in pixels of the resized picture; negative if it is too narrow.
        top: First row of the crop.
        frame: The crop in source pixels.
    """

    resized: tuple[int, int]
    left: int
    top: int
    frame: Frame


@functools.lru_cache(maxsize=1024)
def framing_of(width: int, height: int, preprocessing: Preprocessing) -> Framing:
    """Return the view of a picture, with the rounding of torchvision's Resize and CenterCrop.

    Args:
        width: Of the source picture, in pixels.
        height: Of the source picture, in pixels.
        preprocessing: The model's own.
    """
    out_height, out_width = preprocessing.input_size
    resize = preprocessing.resize
    if resize is None:
        resized = (width, height)
    elif isinstance(resize, int):
        short, long = min(width, height), max(width, height)
        other = max(1, int(resize * long / short))
        resized = (resize, other) if width <= height else (other, resize)
    else:
        resized = (resize[1], resize[0])
    left, top = _offset(resized[0], out_width), _offset(resized[1], out_height)
    across, down = width / resized[0], height / resized[1]
    frame = Frame(left * across, top * down, out_width * across, out_height * down, out_width, out_height)
    return Framing(resized, left, top, frame)


def _offset(length: int, crop: int) -> int:
    return round((length - crop) / 2.0) if length >= crop else -((crop - length) // 2)


def frame_of(width: int, height: int, preprocessing: Preprocessing) -> Frame:
    """Return the part of a picture that the model sees, in source pixels."""
    return framing_of(width, height, preprocessing).frame
