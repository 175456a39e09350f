"""Something stands before the lens and hides part of the view: a sticker, dirt, a grille."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.registry import shift
from robustcheck.core.units import Percent, Range
from robustcheck.images.geometry import Frame

Picture = NDArray[np.uint8]
Cover = NDArray[np.float32]
"""How much of each row, or of each column, is hidden: 0 to 1, shape (h,) or (w,)."""
Color = Literal["gray", "black", "white", "mean", "noise"]
Area = Annotated[Percent, Range(0, 100)]
Position = Literal[
    "random", "top_left", "top", "top_right", "left", "center", "right", "bottom_left", "bottom", "bottom_right"
]
LEVELS = {"gray": 128, "black": 0, "white": 255}


def band(length: int, start: float, stop: float) -> Cover:
    """Return how much of each of ``length`` pixels lies between two places; the ends cover fractions of a pixel."""
    edges = np.clip(np.arange(length + 1), start, max(start, stop))
    return np.diff(edges).astype(np.float32)


def stripes(length: int, start: float, period: float, share: float) -> Cover:
    """Return how much of each of ``length`` pixels lies in stripes, each in the middle of its period.

    Args:
        length: In pixels.
        start: Where a period begins.
        period: From one stripe to the next, in pixels.
        share: Of a period that its stripe covers.
    """
    turns = (np.arange(length + 1) - start) / period - (1 - share) / 2
    covered = np.floor(turns) * share + np.minimum(turns - np.floor(turns), share)
    cover: Cover = np.clip(np.diff(covered) * period, 0, 1).astype(np.float32)
    return cover


def hide(image: Picture, rows: Cover, columns: Cover, color: Color, frame: Frame, rng: np.random.Generator) -> Picture:
    """Return a picture with a colour where a row and a column are both hidden, blended where they are partly.

    Args:
        image: Shape (h, w, 3), uint8 RGB; not written to.
        rows: Cover of each row.
        columns: Cover of each column.
        color: ``mean`` is that of the view; ``noise`` draws a colour for each pixel of the model's input.
        frame: The model's view.
        rng: What noise draws from.
    """
    touched = np.ix_(np.flatnonzero(rows), np.flatnonzero(columns))
    hidden = rows[touched[0][:, 0], None, None] * columns[None, touched[1][0], None]
    if not hidden.size:
        return image
    paint = _paint(image, (touched[0][:, 0], touched[1][0]), color, frame, rng)
    seen = image[touched].astype(np.float32)
    seen += (paint - seen) * hidden
    covered = image.copy()
    covered[touched] = np.round(seen).astype(np.uint8)
    return covered


def _paint(
    image: Picture,
    places: tuple[NDArray[np.intp], NDArray[np.intp]],
    color: Color,
    frame: Frame,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    if color == "noise":
        across, down = (max(1.0, size) for size in frame.pixel)
        rows, columns = ((place // size).astype(np.intp) for place, size in zip(places, (down, across), strict=True))
        grains = rng.integers(0, 256, (np.ptp(rows) + 1, np.ptp(columns) + 1, 3), dtype=np.uint8)
        return grains[np.ix_(rows - rows[0], columns - columns[0])].astype(np.float32)
    if color == "mean":
        left, top = max(0, math.floor(frame.x)), max(0, math.floor(frame.y))
        view = image[top : math.ceil(frame.y + frame.height), left : math.ceil(frame.x + frame.width)]
        color_of_view: NDArray[np.float32] = view.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
        return color_of_view
    return np.full(3, LEVELS[color], np.float32)


@shift(
    "occlude.patch",
    sweep={"area": ("2%", "5%", "10%", "25%")},
    source="rectangle of the view's proportions",
    synonyms=(
        "occlusion",
        "occluded",
        "covered",
        "hidden",
        "partly hidden",
        "blocked",
        "obstruction",
        "cutout",
        "random erasing",
        "plain sticker",
    ),
)
def patch(
    image: Picture,
    *,
    area: Area,
    position: Position = "random",
    color: Color = "gray",
    frame: Frame,
    rng: np.random.Generator,
) -> Picture:
    """A rectangle of the view's proportions hides part of it.

    Args:
        area: Share of the view that it hides.
        position: Where it lies in the view, all of it inside; ``random`` is drawn anew for each picture.
        color: ``gray`` is level 128, ``mean`` the mean colour of the view, ``noise`` a random colour for each pixel
            of the model's input.
    """
    right, down = (float(place) for place in rng.uniform(size=2))
    if position != "random":
        right = 0.0 if position.endswith("left") else 1.0 if position.endswith("right") else 0.5
        down = 0.0 if position.startswith("top") else 1.0 if position.startswith("bottom") else 0.5
    side = math.sqrt(area)
    left, top = frame.x + right * (1 - side) * frame.width, frame.y + down * (1 - side) * frame.height
    rows = band(image.shape[0], top, top + side * frame.height)
    columns = band(image.shape[1], left, left + side * frame.width)
    return hide(image, rows, columns, color, frame, rng)


@shift(
    "occlude.bars",
    sweep={"area": ("2%", "5%", "10%", "25%")},
    source="parallel bars at equal distances",
    synonyms=(
        "occlusion",
        "occluded",
        "fence",
        "grille",
        "grating",
        "blinds",
        "railing",
        "obstruction",
        "partly hidden",
    ),
)
def bars(
    image: Picture,
    *,
    area: Area,
    count: Annotated[int, Range(1, 100)] = 4,
    direction: Literal["vertical", "horizontal"] = "vertical",
    color: Color = "gray",
    frame: Frame,
    rng: np.random.Generator,
) -> Picture:
    """Parallel bars, as of a grille before the lens, hide part of the view and go on beyond it.

    Args:
        area: Share of the view that all of them hide.
        count: Bars in the view.
        direction: How they run.
        color: ``gray`` is level 128, ``mean`` the mean colour of the view, ``noise`` a random colour for each pixel
            of the model's input.
    """
    rows, columns = np.ones(image.shape[0], np.float32), np.ones(image.shape[1], np.float32)
    if direction == "vertical":
        columns = stripes(image.shape[1], frame.x, frame.width / count, area)
    else:
        rows = stripes(image.shape[0], frame.y, frame.height / count, area)
    return hide(image, rows, columns, color, frame, rng)
