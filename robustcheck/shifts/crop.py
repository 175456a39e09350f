"""Part of the model's view fills all of it."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from robustcheck.core.registry import shift
from robustcheck.core.units import Percent, Range
from robustcheck.images.geometry import Frame, Warp

Keep = Annotated[Percent, Range(1, 100)]
SOURCE = "slice and resize"


def _part(frame: Frame, left: float, top: float, width: float, height: float) -> Warp:
    """Return the warp that shows a part of the view, given in shares of its sides."""
    x = frame.x + left * frame.width - frame.x * width
    y = frame.y + top * frame.height - frame.y * height
    return Warp(np.array([[width, 0, x], [0, height, y], [0, 0, 1.0]]))


@shift(
    "crop.center",
    sweep={"keep": ("90%", "75%", "60%", "50%")},
    source=SOURCE,
    synonyms=("crop centre", "zoom in", "cut off edges", "truncated"),
)
def center(frame: Frame, *, keep: Keep) -> Warp:
    """The middle of the view is cropped and enlarged.

    Args:
        keep: Share of each side that is kept.
    """
    return _part(frame, (1 - keep) / 2, (1 - keep) / 2, keep, keep)


@shift(
    "crop.corner",
    sweep={"keep": ("90%", "75%", "60%", "50%")},
    source=SOURCE,
    synonyms=("cut off", "truncated", "partly outside"),
)
def corner(
    frame: Frame,
    *,
    keep: Keep,
    corner: Literal["top_left", "top_right", "bottom_left", "bottom_right"] = "top_left",
) -> Warp:
    """A corner of the view is cropped and enlarged.

    Args:
        keep: Share of each side that is kept.
        corner: Which one.
    """
    left = 1 - keep if corner.endswith("right") else 0.0
    top = 1 - keep if corner.startswith("bottom") else 0.0
    return _part(frame, left, top, keep, keep)


@shift("crop.box", source=SOURCE, synonyms=("cut out", "region", "part of the picture"))
def box(
    frame: Frame,
    *,
    left: Annotated[Percent, Range(0, 99)] = 0.0,
    top: Annotated[Percent, Range(0, 99)] = 0.0,
    width: Keep = 1.0,
    height: Keep = 1.0,
) -> Warp:
    """A box of the view is cropped and enlarged; a box that leaves the view shows what lies there.

    Args:
        left: Its left edge, as a share of the view's width.
        top: Its top edge, as a share of the view's height.
        width: Its width, as a share of the view's.
        height: Its height, as a share of the view's.
    """
    return _part(frame, left, top, width, height)
