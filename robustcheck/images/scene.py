"""A source picture under work: pixels that change, and geometry that is collected until it must be drawn."""

from __future__ import annotations

import dataclasses
import functools
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import CaseError
from robustcheck.domain.case import Border, Fill
from robustcheck.domain.config import Preprocessing
from robustcheck.images.framing import Framing, framing_of
from robustcheck.images.geometry import Frame, Warp
from robustcheck.images.mapping import Mapping, Mask, Traced, bands, inside, placement, sees
from robustcheck.images.resample import BORDERS, WARP, Picture, as_gray, fill_value, pad, resize
from robustcheck.images.view import Geometry, Leg, Limits, View

Bounds = tuple[int, int, int, int]
EXACT = 1e-7
"""Source pixels below which two positions are the same."""

PADDED = 1 << 26
"""Pixels that a padded source may have; beyond it, a view far larger than the picture is drawn by a warp."""

LONGEST = 32766
"""Longest side that OpenCV warps: it counts pixels in 16 bits."""


class Scene:
    """What the shifts of a case have made of one picture so far.

    Attributes:
        pixels: Of the source's size, shape (h, w, 3), uint8 RGB, read-only: the picture may be another
            case's too.
        frame: The model's view in source pixels.
        preprocessing: How the model turns them into its input.
    """

    def __init__(self, image: Picture, preprocessing: Preprocessing, border: Border, fill: Fill) -> None:
        """Begin with an untouched picture."""
        self._border: Border = border
        self._fill = fill
        self._legs: tuple[Leg, ...] = ()
        self._begin(image, preprocessing)

    def _begin(self, image: Picture, preprocessing: Preprocessing) -> None:
        self.pixels = _read_only(image)
        self.preprocessing = preprocessing
        self._size = image.shape[1], image.shape[0]
        self._view: Framing = framing_of(*self._size, preprocessing)
        self.frame: Frame = self._view.frame
        self._bounds, self._limits = _real(self._size, self.frame, self._border)
        self._warps: tuple[Warp, ...] = ()
        self._seen: Mask | None = None
        self._taken = False

    @property
    def moved(self) -> bool:
        """Whether geometry waits to be drawn."""
        return bool(self._warps)

    def move(self, name: str, warp: Warp) -> None:
        """Add a geometric shift, which acts on the picture as the shifts before left it.

        Raises:
            CaseError: It is no warp.
        """
        if not isinstance(warp, Warp) or np.shape(warp.matrix) != (3, 3) or not np.isfinite(warp.matrix).all():
            raise CaseError(f"the shift {name} has to return a Warp with a finite 3x3 matrix, not {warp!r:.200}")
        if warp.displace is not None or warp.window is not None or not np.array_equal(warp.matrix, np.eye(3)):
            self._warps += (warp,)

    def repaint(self, name: str, pixels: Picture) -> None:
        """Replace the pixels, geometry untouched.

        Raises:
            CaseError: They are no picture of the same size.
        """
        shape, dtype = getattr(pixels, "shape", None), getattr(pixels, "dtype", type(pixels).__name__)
        if shape != self.pixels.shape or dtype != np.uint8:
            raise CaseError(f"the shift {name} has to return {self.pixels.shape} uint8, not {shape} {dtype}")
        self.pixels = _read_only(pixels)

    def preprocess(self, name: str, preprocessing: Preprocessing) -> None:
        """Let the model's own resize go otherwise.

        Raises:
            CaseError: It is no preprocessing, or one to another input size.
        """
        size = getattr(preprocessing, "input_size", None)
        if size != self.preprocessing.input_size:
            raise CaseError(
                f"the shift {name} has to return a Preprocessing to {self.preprocessing.input_size}, not {size}"
            )
        if self._taken:
            raise CaseError(
                f"the shift {name} changes the model's resize, which a shift before it needed; put it first"
            )
        warps, seen, pixels = self._warps, self._seen, self.pixels
        self._begin(pixels, preprocessing)
        self._warps, self._seen = warps, seen

    def take(self) -> None:
        """Let the model's input be the picture from here on, for shifts that are defined on it."""
        if self._taken:
            if self.moved:
                self.settle()
            return
        pixels, seen = self._photograph()
        self._legs += (self._leg,)
        self._begin(pixels, dataclasses.replace(self.preprocessing, resize=None))
        self._taken, self._seen = True, None if seen.all() else seen

    def settle(self) -> None:
        """Draw the waiting geometry on a canvas of the source's size, for shifts that need it drawn."""
        mapping = Mapping(self._warps, np.eye(3))
        pixels = self._warped(mapping, self._size, mapping.scale(self._size, self._limits), spared=1.0)
        self._seen = self._look(mapping, self._size, pixels)
        self.pixels = _read_only(pixels)
        self._legs += (Leg(self._warps, np.eye(3), self._limits),)
        self._warps = ()

    @property
    def _leg(self) -> Leg:
        """How the model's view is drawn as things stand."""
        return Leg(self._warps, placement(self.frame), self._limits)

    def photograph(self) -> View:
        """Return what the model sees."""
        geometry = Geometry((*self._legs, self._leg), (self.frame.out_width, self.frame.out_height))
        if self.preprocessing.channels == "gray":
            # As late as this, so that colour shifts work on colours; before the resize, as ``convert("L")`` comes first.
            self.pixels = _read_only(as_gray(self.pixels))
        if self._plain:
            plan = plan_of(self._warps, self.frame, self._limits)
            return View(self._drawn(plan, geometry.size), plan.unseen, geometry)
        pixels, seen = self._photograph()
        return View(pixels, 1.0 - float(seen.mean()), geometry)

    @property
    def _plain(self) -> bool:
        """Whether homographies alone wait to be drawn, of which all is known from the picture's size."""
        return self._seen is None and all(warp.displace is None and warp.window is None for warp in self._warps)

    def _photograph(self) -> tuple[Picture, Mask]:
        size = self.frame.out_width, self.frame.out_height
        mapping = Mapping(self._warps, placement(self.frame))
        pixels = self._drawn(_plan(mapping, self.frame, self._limits), size)
        if mapping.windowed and not pixels.flags.writeable:
            pixels = pixels.copy()
        return pixels, self._look(mapping, size, pixels)

    def _drawn(self, plan: Plan, size: tuple[int, int]) -> Picture:
        if plan.step is not None:
            return self._crop(*plan.step)
        if plan.box is not None and self.preprocessing.antialias and self._padded(plan.box) <= PADDED:
            return self._resize_box(plan.box, size)
        spared = math.sqrt(self.frame.pixel[0] * self.frame.pixel[1])
        return self._warped(plan.mapping, size, plan.scale, spared=spared)

    def _crop(self, across: int, down: int) -> Picture:
        """Return the model's own preprocessing, moved by whole pixels of its input."""
        view, frame = self._view, self.frame
        resized = resize(
            self.pixels, view.resized, self.preprocessing.interpolation, antialias=self.preprocessing.antialias
        )
        left, top = view.left + across, view.top + down
        if self._limits != (0, 0, *self._size) and (across or down):
            edge_left, edge_top = max(view.left, 0), max(view.top, 0)
            resized = resized[edge_top : view.top + frame.out_height, edge_left : view.left + frame.out_width]
            left, top = left - edge_left, top - edge_top
        return _window(resized, left, top, frame.out_width, frame.out_height, self._fill)

    def _padded(self, box: Limits) -> float:
        x0, y0, x1, y1 = self._bounds
        return (max(box[2], x1) - min(box[0], x0)) * (max(box[3], y1) - min(box[1], y0))

    def _resize_box(self, box: tuple[float, float, float, float], size: tuple[int, int]) -> Picture:
        x0, y0, x1, y1 = self._bounds
        real = self.pixels[y0:y1, x0:x1]
        left, top, right, bottom = box[0] - x0, box[1] - y0, box[2] - x0, box[3] - y0
        reach = 3 * max((right - left) / size[0], (bottom - top) / size[1], 1.0) + 1
        sides = [-left, -top, right - (x1 - x0), bottom - (y1 - y0)]
        margins = [int(np.ceil(side + reach)) if side > 0 else 0 for side in sides]
        real = pad(real, (margins[0], margins[1], margins[2], margins[3]), self._fill)
        placed = left + margins[0], top + margins[1], right + margins[0], bottom + margins[1]
        return resize(real, size, self.preprocessing.interpolation, antialias=True, box=placed)

    def _warped(self, mapping: Mapping, size: tuple[int, int], scale: float, *, spared: float) -> Picture:
        """Sample the source once, shrunk first where drawn pixels span several of its own.

        Args:
            mapping: From the drawn picture to the source.
            size: Width and height of the drawn picture.
            scale: Source pixels that one drawn pixel spans.
            spared: Scale that a model without antialiasing does not smooth by itself.
        """
        x0, y0, x1, y1 = self._bounds
        real = np.ascontiguousarray(self.pixels[y0:y1, x0:x1])
        shrink = scale if self.preprocessing.antialias else scale / max(spared, 1.0)
        across = down = 1.0
        if shrink > 1.0 + 1e-6 and self.preprocessing.interpolation != "nearest":
            small = max(1, round((x1 - x0) / shrink)), max(1, round((y1 - y0) / shrink))
            real = np.asarray(resize(real, small, self.preprocessing.interpolation, antialias=True))
            across, down = small[0] / (x1 - x0), small[1] / (y1 - y0)
        if max(*real.shape, *size) > LONGEST:
            raise CaseError(f"a picture of {self._size[0]}x{self._size[1]} pixels is too long to be warped")
        flags, border = WARP[self.preprocessing.interpolation], BORDERS[self._fill]
        value = fill_value(self._fill)
        if mapping.matrix_only and mapping.in_front(size):
            into = np.array([[across, 0, -x0 * across - 0.5], [0, down, -y0 * down - 0.5], [0, 0, 1.0]])
            matrix = into @ mapping.matrix @ np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
            warped: Picture = cv2.warpPerspective(
                real, matrix, size, flags=flags | cv2.WARP_INVERSE_MAP, borderMode=border, borderValue=value
            )
            return warped
        drawn = np.empty((size[1], size[0], 3), np.uint8)
        for rows, grid in bands(size):
            points = (mapping.trace(grid).points - (x0, y0)) * (across, down) - 0.5
            near = np.clip(points, -LONGEST, LONGEST).astype(np.float32)
            drawn[rows] = cv2.remap(real, near, None, flags, borderMode=border, borderValue=value)
        return drawn

    def _look(self, mapping: Mapping, size: tuple[int, int], pixels: Picture) -> Mask:
        """Blacken the bars of a drawn picture and return which of its pixels are real or black by intention."""
        if mapping.matrix_only and not mapping.windowed and self._seen is None:
            return sees(mapping.matrix, self._limits, size)
        seen = np.empty((size[1], size[0]), bool)
        for rows, grid in bands(size):
            traced = mapping.trace(grid)
            seen[rows] = self._is_real(traced) | traced.black
            if mapping.windowed:
                pixels[rows][traced.black] = 0
        return seen

    def _is_real(self, traced: Traced) -> Mask:
        real = traced.front & inside(traced.points, self._limits)
        if self._seen is not None:
            columns = np.clip(traced.points[..., 0], 0, self._size[0] - 1).astype(np.intp)
            rows = np.clip(traced.points[..., 1], 0, self._size[1] - 1).astype(np.intp)
            real &= self._seen[rows, columns]
        return real


def _read_only(picture: Picture) -> Picture:
    seen = picture.view()
    seen.flags.writeable = False
    return seen


@dataclass(frozen=True, slots=True)
class Plan:
    """How to draw the model's view under some warps.

    Attributes:
        mapping: From pixels of the input to points of the source.
        step: Whole pixels of the input by which the view moves, if that is all it does.
        box: The source rectangle that is stretched over the input, if that is all.
        scale: Source pixels that one pixel of the input spans.
        unseen: Share of the input without real pixels, for warps without displacement or window.
    """

    mapping: Mapping
    step: tuple[int, int] | None
    box: Limits | None
    scale: float
    unseen: float


@functools.lru_cache(maxsize=4096)
def plan_of(warps: tuple[Warp, ...], frame: Frame, limits: Limits) -> Plan:
    """Return the plan for warps that are homographies, the same for all pictures of one size."""
    mapping = Mapping(warps, placement(frame))
    size = frame.out_width, frame.out_height
    return dataclasses.replace(
        _plan(mapping, frame, limits), unseen=1.0 - float(sees(mapping.matrix, limits, size).mean())
    )


def _plan(mapping: Mapping, frame: Frame, limits: Limits) -> Plan:
    size = frame.out_width, frame.out_height
    step = _whole_pixels(mapping.matrix, frame) if mapping.matrix_only else None
    box = _box(mapping.matrix, size) if mapping.matrix_only else None
    return Plan(mapping, step, box, mapping.scale(size, limits), 0.0)


def _real(size: tuple[int, int], frame: Frame, border: Border) -> tuple[Bounds, Limits]:
    """Return which pixels of the source may be shown, and exactly how far what they show reaches."""
    if border == "source":
        return (0, 0, *size), (0.0, 0.0, *size)
    left, top = max(0.0, frame.x), max(0.0, frame.y)
    right, bottom = min(float(size[0]), frame.x + frame.width), min(float(size[1]), frame.y + frame.height)
    x, y = min(round(left), size[0] - 1), min(round(top), size[1] - 1)
    return (x, y, max(round(right), x + 1), max(round(bottom), y + 1)), (left, top, right, bottom)


def _whole_pixels(matrix: NDArray[np.float64], frame: Frame) -> tuple[int, int] | None:
    """Return by how many whole input pixels a mapping moves the view, if it does nothing else."""
    across, down = frame.pixel
    step = (matrix[0, 2] - frame.x) / across, (matrix[1, 2] - frame.y) / down
    whole = round(step[0]), round(step[1])
    moved = placement(frame)
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
