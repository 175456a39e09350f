"""Drops of water on the glass before the lens: where they lie and which way each bends the light.

A drop is a cap of a sphere on flat glass. Light that leaves its surface is refracted by Snell's law, more so nearer the
edge, always towards the drop's own axis: a drop is a short lens that shows the scene upside down and small.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.images.geometry import Frame

Cells = NDArray[np.float32]
Places = NDArray[np.float64]
ACROSS: Final = 160
"""Cells along the shorter side of the view."""
MOST_CELLS: Final = 1 << 20
"""Cells over a whole picture; one that is far longer than its view gets coarser ones."""
LONGEST: Final = 32766
"""Longest side that OpenCV samples: it counts pixels in 16 bits."""
MOST_DROPS: Final = 10000
"""Drops of one size in a view."""
WATER: Final = 1.333
"""Refractive index."""
CONTACT: Final = math.radians(47)
"""Angle between glass and water at the edge of a drop; above 48.6 degrees its rim would reflect all light."""
FIELD: Final = math.radians(60)
"""Horizontal field of view of the model's view, to which angles of refraction are held."""
SIZES: Final = ((1.0, 0.6), (0.65, 0.3), (0.4, 0.1))
"""Diameters of the drops relative to the largest, with the share of the covered area that they take."""
RAGGED: Final = 0.12
"""How far outlines stray from circles, relative to the radius."""
WAVES: Final = 4
"""Sines that an outline strays by."""
STEPS: Final = 256
"""Radii at which refraction is tabulated."""


@dataclass(frozen=True, slots=True)
class Drops:
    """Drops over a whole picture, on a grid of cells of its own.

    Attributes:
        cover: Share of each cell that drops cover, shape (h, w), 0 to 1.
        x: Where the light that comes through each cell comes from, in source pixels; of no meaning outside of drops.
        y: The same, down.
        passing: Share of light that passes the surface of the drop, 0 to 1.
        cell: Width of a cell, in source pixels.
    """

    cover: Cells
    x: Cells
    y: Cells
    passing: Cells
    cell: float


@functools.cache
def refraction() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the tangent of the angle by which a drop bends light and the share of light that passes, by radius.

    Sources: Snell's law at the surface of a spherical cap; Fresnel's equations for unpolarised light.

    Returns:
        Both at ``STEPS`` radii from the middle to the edge.
    """
    inside = np.arcsin(np.linspace(0, 1, STEPS) * math.sin(CONTACT))
    outside = np.arcsin(WATER * np.sin(inside))
    across = ((WATER * np.cos(inside) - np.cos(outside)) / (WATER * np.cos(inside) + np.cos(outside))) ** 2
    along = ((np.cos(inside) - WATER * np.cos(outside)) / (np.cos(inside) + WATER * np.cos(outside))) ** 2
    return np.tan(outside - inside), 1 - (across + along) / 2


def drops(coverage: float, size: float, height: int, width: int, frame: Frame, rng: np.random.Generator) -> Drops:
    """Return drops over a picture; they repeat beyond the view.

    The same random stream gives the same drops for any size of picture.

    Args:
        coverage: Share of the view that they cover, above 0 and below 1.
        size: Diameter of the largest, as a share of the view's width.
        height: Of the picture, in source pixels.
        width: Of the picture.
        frame: The model's view.
        rng: Decides where they are.
    """
    import cv2

    scale = min(
        ACROSS / min(frame.width, frame.height), math.sqrt(MOST_CELLS / (height * width)), LONGEST / max(height, width)
    )
    radius = size * frame.width / 2
    columns = (np.arange(max(1, round(width * scale)), dtype=np.float32) + np.float32(0.5)) / np.float32(scale)
    rows = (np.arange(max(1, round(height * scale)), dtype=np.float32) + np.float32(0.5)) / np.float32(scale)
    grid = _Grid(rows, columns, 1 / scale)
    share, across, down = _nearest(_centres(coverage, radius, frame, rng), grid, frame)
    share *= 1 + RAGGED * _waves(grid, frame, 2 * radius, rng)
    view = share[grid.within(frame)].ravel()
    place = min(len(view) - 1, round(coverage * len(view)))
    share /= np.maximum(np.partition(view, place)[place], np.float32(1e-6))
    cover = np.clip((1 - share) * np.float32(scale * radius) + np.float32(0.5), 0, 1)
    bent, passing = refraction()
    step = np.minimum(share * (STEPS - 1), STEPS - 1).astype(np.intp)
    focal = frame.width / (2 * math.tan(FIELD / 2))
    away = (focal * bent).astype(np.float32)[step] / np.maximum(cv2.magnitude(across, down), np.float32(1e-6))
    return Drops(
        cover, columns - across * away, rows[:, None] - down * away, passing.astype(np.float32)[step], 1 / scale
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """Middles of the cells over a picture, in source pixels, and the width of a cell."""

    rows: Cells
    columns: Cells
    cell: float

    def within(self, frame: Frame) -> tuple[slice, slice]:
        """Return the cells of the view, at least one."""
        first_row = min(max(0, round(frame.y / self.cell)), len(self.rows) - 1)
        first_column = min(max(0, round(frame.x / self.cell)), len(self.columns) - 1)
        last_row = max(first_row + 1, round((frame.y + frame.height) / self.cell))
        last_column = max(first_column + 1, round((frame.x + frame.width) / self.cell))
        return slice(first_row, last_row), slice(first_column, last_column)


def _centres(coverage: float, radius: float, frame: Frame, rng: np.random.Generator) -> list[tuple[float, Places]]:
    """Return a radius and the middles of its drops in the view, x before y in shares of its sides, for each size.

    Drops that fall anywhere leave ``e^-a`` of an area free, where ``a`` is the sum of their areas relative to it.
    """
    wanted = -math.log(1 - coverage) * frame.width * frame.height
    sizes = [(radius * relative, wanted * share / (math.pi * (radius * relative) ** 2)) for relative, share in SIZES]
    counts = [min(MOST_DROPS, round(count)) for _, count in sizes]
    counts[0] = max(counts[0], 0 if sum(counts) else 1)
    return [(own, rng.random((count, 2))) for (own, _), count in zip(sizes, counts, strict=True)]


def _nearest(centres: Sequence[tuple[float, Places]], grid: _Grid, frame: Frame) -> tuple[Cells, Cells, Cells]:
    """Return how far each cell is from the nearest drop's middle: in its radii, and across and down in source pixels."""
    import cv2

    shape = len(grid.rows), len(grid.columns)
    share = np.full(shape, np.inf, np.float32)
    across, down = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for radius, places in centres:
        reach = math.ceil(radius / grid.cell) + 1
        x, y = _repeated(places, grid, frame, reach)
        if not len(x):
            continue
        columns, rows = (x / grid.cell).astype(np.intp) + reach, (y / grid.cell).astype(np.intp) + reach
        empty = np.ones((shape[0] + 2 * reach, shape[1] + 2 * reach), np.uint8)
        empty[rows, columns] = 0
        _, labels = cv2.distanceTransformWithLabels(empty, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
        # Where two middles share a cell, the last one counts.
        middles = np.zeros((2, len(x) + 1), np.float32)
        middles[:, labels[rows, columns]] = x, y
        near = labels[reach : reach + shape[0], reach : reach + shape[1]]
        beside, below = grid.columns - middles[0].take(near), grid.rows[:, None] - middles[1].take(near)
        own = cv2.magnitude(beside, below)
        own /= np.float32(radius)
        closer = own < share
        for kept, new in ((share, own), (across, beside), (down, below)):
            np.copyto(kept, new, where=closer)
    return share, across, down


def _repeated(places: Places, grid: _Grid, frame: Frame, reach: int) -> tuple[Places, Places]:
    """Return the middles of drops over a picture and ``reach`` cells around it, in source pixels."""
    axes = []
    for start, length, middles in (
        (frame.x, frame.width, grid.columns),
        (frame.y, frame.height, grid.rows),
    ):
        margin = reach * grid.cell
        end = len(middles) * grid.cell
        turns = np.arange(math.floor((-margin - start) / length), math.ceil((end + margin - start) / length))
        axes.append((start + turns * length, length, -margin, end + margin))
    (lefts, width, *_), (tops, height, *_) = axes
    x = (places[:, 0, None, None] * width + lefts[None, :, None] + np.zeros((1, 1, len(tops)))).ravel()
    y = (places[:, 1, None, None] * height + tops[None, None, :] + np.zeros((1, len(lefts), 1))).ravel()
    inside = (x >= axes[0][2]) & (x < axes[0][3]) & (y >= axes[1][2]) & (y < axes[1][3])
    return x[inside], y[inside]


def _waves(grid: _Grid, frame: Frame, length: float, rng: np.random.Generator) -> Cells:
    """Return the mean of sines that run in random directions, -1 to 1, each of about one wave a length."""
    total = np.zeros((len(grid.rows), len(grid.columns)), np.float32)
    for number, (turn, phase) in enumerate((rng.random((WAVES, 2)) * 2 * math.pi).tolist()):
        rate = 2 * math.pi / length * (1 + number / WAVES)
        columns = (grid.columns - frame.x) * rate * math.cos(turn) + phase
        rows = (grid.rows - frame.y) * rate * math.sin(turn)
        total += np.outer(np.cos(rows), np.sin(columns)) + np.outer(np.sin(rows), np.cos(columns))
    total /= WAVES
    return total
