"""A source picture under work: pixels that change, and geometry that is collected until it must be drawn."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from robustcheck.language.entries import Preprocessing
from robustcheck.language.plan import Border, Fill
from robustcheck.pictures.framing import View, view_of
from robustcheck.pictures.geometry import Coordinates, Frame, Warp
from robustcheck.pictures.resample import BORDERS, WARP, Picture, fill_value, pad, resize

Mask = NDArray[np.bool_]
Bounds = tuple[int, int, int, int]
EXACT = 1e-7
"""Source pixels below which two positions are the same."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A model's input.

    Attributes:
        pixels: Shape (h, w, 3) of the model's input size, uint8 RGB.
        unseen_fraction: Share of it for which no real pixel existed, in [0, 1].
    """

    pixels: Picture
    unseen_fraction: float


class Scene:
    """What the shifts of a case have made of one picture so far.

    Attributes:
        pixels: Of the source's size, shape (h, w, 3), uint8 RGB.
        frame: The model's view in source pixels.
    """

    def __init__(self, image: Picture, preprocessing: Preprocessing, border: Border, fill: Fill) -> None:
        """Begin with an untouched picture."""
        self.pixels = image
        self._size = image.shape[1], image.shape[0]
        self._preprocessing = preprocessing
        self._view: View = view_of(*self._size, preprocessing)
        self.frame: Frame = self._view.frame
        self._fill = fill
        self._bounds = _bounds(self._size, self.frame, border)
        self._warps: tuple[Warp, ...] = ()
        self._seen: NDArray[np.uint8] | None = None

    @property
    def moved(self) -> bool:
        """Whether geometry waits to be drawn."""
        return bool(self._warps)

    def move(self, warp: Warp) -> None:
        """Add a geometric shift, which acts on the picture as the shifts before left it."""
        if warp.displace is not None or warp.window is not None or not np.array_equal(warp.matrix, np.eye(3)):
            self._warps += (warp,)

    def repaint(self, pixels: Picture) -> None:
        """Replace the pixels, geometry untouched."""
        self.pixels = pixels

    def settle(self) -> None:
        """Draw the waiting geometry on a canvas of the source's size, for shifts that need it drawn."""
        mapping = Mapping(self._warps, np.eye(3))
        pixels, black = self._sample(mapping, self._size)
        seen = self._seen_mask(mapping, self._size)
        self.pixels = pixels
        self._seen = (seen | black).astype(np.uint8)
        self._warps = ()

    def photograph(self) -> Rendered:
        """Return what the model sees."""
        mapping = Mapping(self._warps, _placement(self.frame))
        size = self.frame.out_width, self.frame.out_height
        if self._seen is None and mapping.plain:
            unseen = _unseen(mapping.matrix.tobytes(), self._bounds, size)
        else:
            unseen = 1.0 - float((self._seen_mask(mapping, size) | mapping.black(size)).mean())
        return Rendered(self._drawn(mapping, size), unseen)

    def _drawn(self, mapping: Mapping, size: tuple[int, int]) -> Picture:
        if not mapping.plain:
            return self._sample(mapping, size)[0]
        step = _whole_pixels(mapping.matrix, self.frame)
        if step is not None:
            return self._crop(*step)
        box = _box(mapping.matrix, size)
        if box is not None and self._preprocessing.antialias:
            return self._resize_box(box, size)
        return self._sample(mapping, size)[0]

    def _crop(self, across: int, down: int) -> Picture:
        """Return the model's own preprocessing, moved by whole pixels of its input."""
        view, frame = self._view, self.frame
        resized = resize(
            self.pixels, view.resized, self._preprocessing.interpolation, antialias=self._preprocessing.antialias
        )
        left, top = view.left + across, view.top + down
        if self._bounds != (0, 0, *self._size) and (across or down):
            edge_left, edge_top = max(view.left, 0), max(view.top, 0)
            resized = resized[edge_top : view.top + frame.out_height, edge_left : view.left + frame.out_width]
            left, top = left - edge_left, top - edge_top
        return _window(resized, left, top, frame.out_width, frame.out_height, self._fill)

    def _resize_box(self, box: tuple[float, float, float, float], size: tuple[int, int]) -> Picture:
        x0, y0, x1, y1 = self._bounds
        real = self.pixels[y0:y1, x0:x1]
        left, top, right, bottom = box[0] - x0, box[1] - y0, box[2] - x0, box[3] - y0
        reach = 3 * max((right - left) / size[0], (bottom - top) / size[1], 1.0) + 1
        sides = [-left, -top, right - (x1 - x0), bottom - (y1 - y0)]
        margins = [int(np.ceil(side + reach)) if side > 0 else 0 for side in sides]
        real = pad(real, (margins[0], margins[1], margins[2], margins[3]), self._fill)
        placed = left + margins[0], top + margins[1], right + margins[0], bottom + margins[1]
        return resize(real, size, self._preprocessing.interpolation, antialias=True, box=placed)

    def _sample(self, mapping: Mapping, size: tuple[int, int]) -> tuple[Picture, Mask]:
        x0, y0, x1, y1 = self._bounds
        real = np.ascontiguousarray(self.pixels[y0:y1, x0:x1])
        shrink = mapping.scale(size)
        if not self._preprocessing.antialias:
            shrink /= max(np.sqrt(self.frame.pixel[0] * self.frame.pixel[1]), 1e-9) if size != self._size else 1.0
        across = down = 1.0
        if shrink > 1.0 + 1e-6 and self._preprocessing.interpolation != "nearest":
            small = max(1, round((x1 - x0) / shrink)), max(1, round((y1 - y0) / shrink))
            real = np.asarray(resize(real, small, self._preprocessing.interpolation, antialias=True))
            across, down = small[0] / (x1 - x0), small[1] / (y1 - y0)
        flags, border = WARP[self._preprocessing.interpolation], BORDERS[self._fill]
        value = fill_value(self._fill)
        if mapping.matrix_only:
            into = np.array([[across, 0, -x0 * across - 0.5], [0, down, -y0 * down - 0.5], [0, 0, 1.0]])
            matrix = into @ mapping.matrix @ np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
            drawn = cv2.warpPerspective(
                real, matrix, size, flags=flags | cv2.WARP_INVERSE_MAP, borderMode=border, borderValue=value
            )
        else:
            points, _ = mapping.points(size)
            columns = ((points[..., 0] - x0) * across - 0.5).astype(np.float32)
            rows = ((points[..., 1] - y0) * down - 0.5).astype(np.float32)
            drawn = cv2.remap(real, columns, rows, flags, borderMode=border, borderValue=value)
        black = mapping.black(size)
        if black.any():
            drawn[black] = 0
        return drawn, black

    def _seen_mask(self, mapping: Mapping, size: tuple[int, int]) -> Mask:
        points, valid = mapping.points(size)
        seen = valid & _inside(points, self._bounds)
        if self._seen is not None:
            columns = np.clip(points[..., 0], 0, self._size[0] - 1).astype(np.intp)
            rows = np.clip(points[..., 1], 0, self._size[1] - 1).astype(np.intp)
            seen &= self._seen[rows, columns] > 0
        return seen


class Mapping:
    """From pixels of a drawn picture to points of the source, through any number of warps."""

    def __init__(self, warps: tuple[Warp, ...], placement: NDArray[np.float64]) -> None:
        """Compose warps (the first acts on the source first) with where the drawn picture lies."""
        self._warps = warps
        self._placement = placement
        self.matrix_only = all(warp.displace is None for warp in warps)
        self.plain = self.matrix_only and all(warp.window is None for warp in warps)
        matrix = functools.reduce(np.matmul, (warp.matrix for warp in warps), np.eye(3)) @ placement
        self.matrix: NDArray[np.float64] = matrix / matrix[2, 2] if matrix[2, 2] else matrix

    def points(self, size: tuple[int, int]) -> tuple[Coordinates, Mask]:
        """Return the source points of all pixel centres, shape (h, w, 2), and whether each lies in front."""
        grid = _grid(*size)
        if self.matrix_only:
            return _apply(self.matrix, grid)
        points, valid = _apply(self._placement, grid)
        for warp in reversed(self._warps):
            if warp.displace is not None:
                points = warp.displace(points)
            points, front = _apply(warp.matrix, points)
            valid &= front
        return points, valid

    def black(self, size: tuple[int, int]) -> Mask:
        """Return which pixels are black by intention, shape (h, w)."""
        mask = np.zeros((size[1], size[0]), bool)
        if all(warp.window is None for warp in self._warps):
            return mask
        points, _ = _apply(self._placement, _grid(*size))
        for warp in reversed(self._warps):
            if warp.window is not None:
                mask |= ~_inside(points, warp.window)
            if warp.displace is not None:
                points = warp.displace(points)
            points, _ = _apply(warp.matrix, points)
        return mask

    def scale(self, size: tuple[int, int]) -> float:
        """Return how many source pixels one drawn pixel spans, at the middle."""
        x, y = size[0] / 2, size[1] / 2
        corners = np.array([[[x - 0.5, y], [x + 0.5, y], [x, y - 0.5], [x, y + 0.5]]])
        points, _ = _apply(self._placement, corners)
        for warp in reversed(self._warps):
            if warp.displace is not None:
                points = warp.displace(points)
            points, _ = _apply(warp.matrix, points)
        a, b = points[0, 1] - points[0, 0], points[0, 3] - points[0, 2]
        return float(np.sqrt(abs(a[0] * b[1] - a[1] * b[0])))


def _apply(matrix: NDArray[np.float64], points: Coordinates) -> tuple[Coordinates, Mask]:
    homogeneous = points @ matrix[:, :2].T + matrix[:, 2]
    depth = homogeneous[..., 2:]
    front = depth[..., 0] > 1e-12
    return homogeneous[..., :2] / np.where(np.abs(depth) < 1e-12, 1e-12, depth), front


@functools.lru_cache(maxsize=8)
def _grid(width: int, height: int) -> Coordinates:
    columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    grid = np.stack([columns, rows], axis=-1)
    grid.flags.writeable = False
    return grid


def _inside(points: Coordinates, bounds: tuple[float, float, float, float]) -> Mask:
    x, y = points[..., 0], points[..., 1]
    inside: Mask = (x >= bounds[0]) & (y >= bounds[1]) & (x <= bounds[2]) & (y <= bounds[3])
    return inside


@functools.lru_cache(maxsize=4096)
def _unseen(matrix: bytes, bounds: Bounds, size: tuple[int, int]) -> float:
    points, front = _apply(np.frombuffer(matrix).reshape(3, 3), _grid(*size))
    return 1.0 - float((front & _inside(points, bounds)).mean())


def _placement(frame: Frame) -> NDArray[np.float64]:
    across, down = frame.pixel
    return np.array([[across, 0, frame.x], [0, down, frame.y], [0, 0, 1.0]])


def _bounds(size: tuple[int, int], frame: Frame, border: Border) -> Bounds:
    if border == "source":
        return 0, 0, *size
    left, top = max(0, round(frame.x)), max(0, round(frame.y))
    right, bottom = min(size[0], round(frame.x + frame.width)), min(size[1], round(frame.y + frame.height))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _whole_pixels(matrix: NDArray[np.float64], frame: Frame) -> tuple[int, int] | None:
    """Return by how many whole input pixels a mapping moves the view, if it does nothing else."""
    across, down = frame.pixel
    step = (matrix[0, 2] - frame.x) / across, (matrix[1, 2] - frame.y) / down
    whole = round(step[0]), round(step[1])
    moved = _placement(frame)
    moved[:2, 2] += whole[0] * across, whole[1] * down
    return whole if np.allclose(matrix, moved, rtol=0, atol=EXACT) else None


def _box(matrix: NDArray[np.float64], size: tuple[int, int]) -> tuple[float, float, float, float] | None:
    """Return the source rectangle that a mapping stretches over the whole output, if it is one."""
    skew = (matrix[0, 1], matrix[1, 0], *matrix[2, :2])
    if any(abs(value) > 1e-12 for value in skew) or matrix[0, 0] <= 0 or matrix[1, 1] <= 0:
        return None
    left, top = float(matrix[0, 2]), float(matrix[1, 2])
    return left, top, left + float(matrix[0, 0]) * size[0], top + float(matrix[1, 1]) * size[1]


def _window(picture: Picture, left: int, top: int, width: int, height: int, fill: Fill) -> Picture:
    """Return a rectangle of a picture, filled where it leaves the picture."""
    margins = (
        max(0, -left),
        max(0, -top),
        max(0, left + width - picture.shape[1]),
        max(0, top + height - picture.shape[0]),
    )
    padded = pad(picture, margins, fill)
    left, top = left + margins[0], top + margins[1]
    return np.ascontiguousarray(padded[top : top + height, left : left + width])
