"""What the model sees of a picture, and where each point of it comes from: labels move with the pixels."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.domain.target import IGNORED, BoxTarget, MaskTarget
from robustcheck.images.geometry import Coordinates, Warp
from robustcheck.images.mapping import Mapping, Mask, inside, project

Picture = NDArray[np.uint8]
Limits = tuple[float, float, float, float]
FINE: Final = 4
"""Points a pixel and axis at which a picture is traced where no formula says where its points went."""
MOST_POINTS: Final = 1 << 21
"""Points that are traced at most; of a larger picture fewer a pixel."""


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """One time that a picture was drawn from the one before.

    Attributes:
        warps: What moved it, the first acts first.
        placement: Homography from drawn pixels to pixels of the picture before, 3x3.
        limits: (left, top, right, bottom) of the real pixels of the picture before.
    """

    warps: tuple[Warp, ...]
    placement: NDArray[np.float64]
    limits: Limits

    @property
    def mapping(self) -> Mapping:
        """From drawn pixels to points of the picture before."""
        return Mapping(self.warps, self.placement)


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """Where the points of a model's input come from.

    Coordinates are continuous, x before y, with (0, 0) at the outer corner of the first pixel, of the source as of the input.

    Attributes:
        legs: The times that the picture was drawn, the first from the source; usually one.
        size: Width and height of the input.
    """

    legs: tuple[Leg, ...]
    size: tuple[int, int]

    def to_source(self, points: Coordinates) -> tuple[Coordinates, Mask]:
        """Return which points of the source lie behind points of the input, shape (..., 2), and which of them are real.

        What lies behind the camera, beyond the picture, or in the bars that a shift leaves is not real.
        """
        real = np.ones(points.shape[:-1], bool)
        for leg in reversed(self.legs):
            traced = leg.mapping.trace(points)
            points = traced.points
            real &= traced.front & ~traced.black & inside(points, leg.limits)
        return points, real

    def to_input(self, points: Coordinates) -> tuple[Coordinates, Mask]:
        """Return where points of the source, shape (n, 2), lie in the input, and which of them can be seen there.

        Exact through homographies; elsewhere the nearest of ``FINE`` points a pixel, followed to its place by its neighbours. A point
        that is seen nowhere keeps the place beyond the input where it would be, as far as one is known, else it is far away.
        """
        if self._is_homography:
            placed, ahead = project(_inverse(self._matrix), np.asarray(points, np.float64))
        else:
            placed, ahead = self._nearest(np.asarray(points, np.float64))
        back, real = self.to_source(placed)
        close = np.hypot(*(back - points).T) <= np.maximum(1e-6, 1e-9 * np.abs(points).max(initial=0))
        known = ahead & (close if self._is_homography else np.hypot(*(back - points).T) <= self._step)
        return placed, known & real & inside(placed, (0.0, 0.0, *self.size))

    def move(self, target: BoxTarget | MaskTarget) -> tuple[BoxTarget | MaskTarget, NDArray[np.float64]]:
        """Return a target of the source as it lies in the input, and how much of it can be seen.

        A box is moved as the rectangle that it is, and the moved one is the upright box of what is seen of that. That is exact where
        the object fills its box, and under shifts without turning; how far a box without a shape can be believed under others is for
        whoever judges to say.

        Args:
            target: In source pixels.

        Returns:
            Of boxes: in input pixels, (0, 0, 0, 0) for those that cannot be seen, and the share of each one's shape that lies
            within the input and is real, float64, shape (k,). Of a mask: of the input's size, ``IGNORED`` where nothing is real, and
            the share of the input that is, shape (1,).
        """
        if isinstance(target, MaskTarget):
            return self._moved_mask(target)
        return self._moved_boxes(target)

    @property
    def _is_homography(self) -> bool:
        return all(leg.mapping.matrix_only and not leg.mapping.windowed for leg in self.legs)

    @property
    def _matrix(self) -> NDArray[np.float64]:
        """From the input to the source, where homographies alone lie between them."""
        return functools.reduce(np.matmul, (leg.mapping.matrix for leg in self.legs), np.eye(3))

    def _moved_mask(self, target: MaskTarget) -> tuple[MaskTarget, NDArray[np.float64]]:
        width, height = self.size
        columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        points, real = self.to_source(np.stack([columns, rows], axis=-1))
        tall, wide = target.classes.shape
        across = np.clip(np.floor(points[..., 0]), 0, wide - 1).astype(np.intp)
        down = np.clip(np.floor(points[..., 1]), 0, tall - 1).astype(np.intp)
        classes = np.where(real, target.classes[down, across], np.uint16(IGNORED))
        return MaskTarget(classes.astype(np.uint16)), np.array([real.mean()])

    def _moved_boxes(self, target: BoxTarget) -> tuple[BoxTarget, NDArray[np.float64]]:
        boxes = np.zeros((len(target), 4))
        visible = np.zeros(len(target))
        for place, box in enumerate(target.boxes):
            boxes[place], visible[place] = self._moved_box((float(box[0]), float(box[1]), float(box[2]), float(box[3])))
        return replace(target, boxes=boxes), visible

    def _moved_box(self, box: Limits) -> tuple[Limits, float]:
        moved = self._quadrangles(box) if self._is_homography else None
        if moved is None:
            return self._traced(box)
        whole, part = moved
        if not len(part) or not _area(whole):
            return _NONE, 0.0
        # Cutting rounds, and no box may reach beyond the picture by a hair.
        low, high = np.maximum(part.min(axis=0), 0.0), np.minimum(part.max(axis=0), self.size)
        box_seen = float(low[0]), float(low[1]), float(high[0]), float(high[1])
        return box_seen, min(1.0, _area(part) / _area(whole))

    def _quadrangles(self, box: Limits) -> tuple[Coordinates, Coordinates] | None:
        """Return a box as it lies in the input, and the part of it that is real and within; ``None`` if some of it lies behind."""
        whole = np.array([(box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3])])
        part = whole
        for leg in self.legs:
            part = _within(part, leg.limits)
            inverse = _inverse(leg.mapping.matrix)
            (whole, ahead), (part, _) = project(inverse, whole), project(inverse, part)
            if not ahead.all():
                return None
        return whole, _within(part, (0.0, 0.0, float(self.size[0]), float(self.size[1])))

    def _traced(self, box: Limits) -> tuple[Limits, float]:
        """Return what is seen of a box by looking behind every point of the input and of as much again around it."""
        grid, step = self._fine
        points, real = self.to_source(grid)
        shape = inside(points, box)
        across, down = grid[..., 0], grid[..., 1]
        within = shape & real & (across > 0) & (down > 0) & (across < self.size[0]) & (down < self.size[1])
        if not within.any():
            return _NONE, 0.0
        half = step / 2
        found = (
            across[within].min() - half,
            down[within].min() - half,
            across[within].max() + half,
            down[within].max() + half,
        )
        return tuple(map(float, found)), float(within.sum() / shape.sum())  # type: ignore[return-value]

    @property
    def _fine(self) -> tuple[Coordinates, float]:
        """Points of the input and of as much again around it, and their distance."""
        width, height = self.size
        fine = FINE
        while fine > 1 and 9 * width * height * fine * fine > MOST_POINTS:
            fine -= 1
        columns = (np.arange(-width * fine, 2 * width * fine) + 0.5) / fine
        rows = (np.arange(-height * fine, 2 * height * fine) + 0.5) / fine
        return np.stack(np.meshgrid(columns, rows), axis=-1), 1.0 / fine

    @property
    def _step(self) -> float:
        """Source pixels between neighbours of ``_fine``, at the middle of the input: nearer than this is the same place."""
        middle = np.array([self.size], np.float64) / 2
        _, step = self._fine
        points, _ = self.to_source(middle + np.array([(0.0, 0.0), (step, 0.0), (0.0, step)]))
        return float(max(np.hypot(*(points[1] - points[0])), np.hypot(*(points[2] - points[0]))))

    def _nearest(self, points: Coordinates) -> tuple[Coordinates, Mask]:
        grid, step = self._fine
        behind, _ = self.to_source(grid)
        flat, sources = grid.reshape(-1, 2), behind.reshape(-1, 2)
        placed = np.empty_like(points)
        for number, point in enumerate(points):
            placed[number] = flat[int(np.argmin(((sources - point) ** 2).sum(axis=1)))]
            placed[number] = self._followed(placed[number], point, step)
        return placed, np.ones(len(points), bool)

    def _followed(self, start: NDArray[np.float64], wanted: NDArray[np.float64], step: float) -> NDArray[np.float64]:
        """Walk from a point of the input towards the one that shows a point of the source, as long as that comes nearer."""
        best, least = start, np.inf
        here = start
        for _ in range(8):
            points, _ = self.to_source(here + np.array([(0.0, 0.0), (step / 8, 0.0), (0.0, step / 8)]))
            away = float(np.hypot(*(points[0] - wanted)))
            if away >= least:
                break
            best, least = here, away
            slope = np.stack([points[1] - points[0], points[2] - points[0]], axis=1) / (step / 8)
            if abs(np.linalg.det(slope)) < 1e-12:
                break
            here = here + np.linalg.solve(slope, wanted - points[0])
        return best


_NONE: Final = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A model's input.

    Attributes:
        pixels: Shape (h, w, 3) of the model's input size, uint8 RGB.
        unseen: Share of it for which no real pixel existed, in [0, 1].
        geometry: Where its points come from.
    """

    pixels: Picture
    unseen: float
    geometry: Geometry


def _area(polygon: Coordinates) -> float:
    """Return the area of a polygon, shape (n, 2)."""
    x, y = polygon.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def _inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the homography back, whose depth is above 0 for what lay ahead on the way there."""
    return np.asarray(np.linalg.inv(matrix), np.float64)


def _within(polygon: Coordinates, limits: Limits) -> Coordinates:
    """Return the part of a convex polygon in (left, top, right, bottom)."""
    for axis, bound, sign in ((0, limits[0], 1), (1, limits[1], 1), (0, limits[2], -1), (1, limits[3], -1)):
        polygon = _cut(polygon, axis, bound, sign)
    return polygon


def _cut(polygon: Coordinates, axis: int, bound: float, sign: int) -> Coordinates:
    """Return the part of a convex polygon at or beyond a bound (Sutherland and Hodgman 1974)."""
    depth = sign * (polygon[:, axis] - bound)
    kept: list[NDArray[np.float64]] = []
    for number in range(len(polygon)):
        here, there = polygon[number - 1], polygon[number]
        if (depth[number - 1] < 0) != (depth[number] < 0):
            share = depth[number - 1] / (depth[number - 1] - depth[number])
            kept.append(np.asarray(here + share * (there - here), np.float64))
        if depth[number] >= 0:
            kept.append(there)
    return np.array(kept).reshape(-1, 2)
