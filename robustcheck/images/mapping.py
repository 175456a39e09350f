"""From pixels of a drawn picture back to points of its source, through any number of warps."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robustcheck.images.geometry import Coordinates, Frame, Warp

Mask = NDArray[np.bool_]
BAND = 1 << 18
"""Pixels traced at once, so that memory does not grow with the picture."""

NEAR = 1e-9
"""Depth at which a ray counts as parallel to the picture: what it meets is endlessly far away."""


@dataclass(frozen=True, slots=True)
class Traced:
    """Where the pixels of some rows come from.

    Attributes:
        points: Source points of the pixel centres, shape (rows, width, 2).
        front: Which of them lie in front of the camera, shape (rows, width); the others are far outside.
        black: Which pixels are black by intention.
    """

    points: Coordinates
    front: Mask
    black: Mask


class Mapping:
    """From pixels of a drawn picture to points of the source.

    Attributes:
        matrix: All warps and the placement as one homography, for warps without displacement; what lies
            in front of the camera has a depth above 0.
        matrix_only: Whether no warp displaces, so that ``matrix`` says everything.
        windowed: Whether some pixels are black by intention.
    """

    def __init__(self, warps: tuple[Warp, ...], placement: NDArray[np.float64]) -> None:
        """Compose warps (the first acts on the source first) with where the drawn picture lies."""
        self._warps = warps
        self._placement = placement
        self.matrix_only = all(warp.displace is None for warp in warps)
        self.windowed = any(warp.window is not None for warp in warps)
        self._latest: tuple[Coordinates, Traced] | None = None
        matrix = functools.reduce(np.matmul, (warp.matrix for warp in warps), np.eye(3)) @ placement
        # Only ever divided by a positive depth: the sign tells the front of the camera from its back.
        self.matrix: NDArray[np.float64] = matrix / matrix[2, 2] if matrix[2, 2] > NEAR else matrix

    def in_front(self, size: tuple[int, int]) -> bool:
        """Whether every pixel of a drawn picture looks ahead; only for ``matrix_only``."""
        corners = np.array([(x, y, 1.0) for x in (0.0, size[0]) for y in (0.0, size[1])])
        # Depth is linear in the pixel, so it is least in a corner.
        return bool((corners @ self.matrix[2]).min() > NEAR)

    def trace(self, grid: Coordinates) -> Traced:
        """Follow points of the drawn picture, shape (..., 2), back to the source."""
        # A small picture is one band, which is asked for twice: to be sampled and to be counted.
        latest = self._latest
        if latest is None or latest[0] is not grid:
            latest = self._latest = grid, self._traced(grid)
        return latest[1]

    def _traced(self, grid: Coordinates) -> Traced:
        black = np.zeros(grid.shape[:-1], bool)
        if self.matrix_only and not self.windowed:
            return Traced(*project(self.matrix, grid), black)
        points, front = project(self._placement, grid)
        for warp in reversed(self._warps):
            if warp.window is not None:
                black |= ~inside(points, warp.window)
            if warp.displace is not None:
                points = warp.displace(points)
            points, ahead = project(warp.matrix, points)
            front &= ahead
        return Traced(points, front, black)

    def scale(self, size: tuple[int, int], bounds: tuple[float, float, float, float]) -> float:
        """Return how many source pixels one drawn pixel spans, where the picture is seen nearest its middle."""
        across, down = np.meshgrid((np.arange(9) + 0.5) / 9 * size[0], (np.arange(9) + 0.5) / 9 * size[1])
        middles = np.stack([across, down], axis=-1).reshape(-1, 1, 2)
        traced = self.trace(middles + np.array([(0, 0), (-0.5, 0), (0.5, 0), (0, -0.5), (0, 0.5)]))
        seen = traced.front.all(axis=1) & inside(traced.points[:, 0], bounds)
        if not seen.any():
            return 1.0
        away = np.where(seen, np.hypot(*(middles[:, 0] - np.array(size) / 2).T), np.inf)
        points = traced.points[int(np.argmin(away))]
        a, b = points[2] - points[1], points[4] - points[3]
        return float(np.sqrt(abs(a[0] * b[1] - a[1] * b[0])))


def project(matrix: NDArray[np.float64], points: Coordinates) -> tuple[Coordinates, Mask]:
    """Apply a homography; what lies behind the camera is sent far away, where no picture is.

    Returns:
        The points, and which of them lie in front.
    """
    homogeneous = points @ matrix[:, :2].T + matrix[:, 2]
    depth = homogeneous[..., 2:]
    return homogeneous[..., :2] / np.maximum(depth, NEAR), depth[..., 0] > NEAR


def sees(matrix: NDArray[np.float64], limits: tuple[float, float, float, float], size: tuple[int, int]) -> Mask:
    """Return which pixels of a drawn picture show a source point within limits, shape (h, w).

    Args:
        matrix: From the drawn picture to the source.
        limits: (left, top, right, bottom) in source pixels, edges included.
        size: Width and height of the drawn picture.
    """
    x, y, depth = matrix
    left, top, right, bottom = limits
    seen = np.ones((size[1], size[0]), bool)
    columns, rows = np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5
    # x / depth >= left is x - left * depth >= 0 in front of the camera: linear, so rows and columns add up.
    sides = (x - left * depth, right * depth - x, y - top * depth, bottom * depth - y, depth - (0, 0, NEAR))
    for across, down, start in sides:
        seen &= (across * columns)[None, :] >= -(down * rows + start)[:, None]
    return seen


def inside(points: Coordinates, bounds: tuple[float, float, float, float]) -> Mask:
    """Return which points lie in (left, top, right, bottom), edges included."""
    x, y = points[..., 0], points[..., 1]
    found: Mask = (x >= bounds[0]) & (y >= bounds[1]) & (x <= bounds[2]) & (y <= bounds[3])
    return found


def bands(size: tuple[int, int]) -> Iterator[tuple[slice, Coordinates]]:
    """Yield the rows of a drawn picture a few at a time, with the centres of their pixels."""
    width, height = size
    rows = max(1, BAND // width)
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        yield slice(top, bottom), _centres(width, top, bottom)


@functools.lru_cache(maxsize=8)
def _centres(width: int, top: int, bottom: int) -> Coordinates:
    columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(top, bottom) + 0.5)
    grid = np.stack([columns, rows], axis=-1)
    grid.flags.writeable = False
    return grid


def placement(frame: Frame) -> NDArray[np.float64]:
    """Return the homography from pixels of the model's input to the view in source pixels."""
    across, down = frame.pixel
    return np.array([[across, 0, frame.x], [0, down, frame.y], [0, 0, 1.0]])
