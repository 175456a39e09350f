"""Polygons to draw signs with: arrays of points (n, 2), x to the right and y down.

A sign's own coordinates reach from -1 to 1 in both directions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Shape:
    """One filled polygon.

    Attributes:
        colour: RGB, 0 to 255.
        points: Shape (n, 2).
    """

    colour: Colour
    points: Points


def points(*pairs: tuple[float, float]) -> Points:
    """Return corners as an array of shape (n, 2)."""
    return np.array(pairs, dtype=np.float64)


def box(left: float, top: float, right: float, bottom: float) -> Points:
    """Return the corners of an upright rectangle."""
    return points((left, top), (right, top), (right, bottom), (left, bottom))


def regular(corners: int, radius: float, start: float = -90.0, centre: tuple[float, float] = (0.0, 0.0)) -> Points:
    """Return a regular polygon; ``start`` is the direction of the first corner in degrees, clockwise from the right."""
    return arc(radius, start, start + 360.0 * (corners - 1) / corners, corners, centre)


def arc(
    radius: float | tuple[float, float],
    start: float,
    stop: float,
    count: int = 16,
    centre: tuple[float, float] = (0.0, 0.0),
) -> Points:
    """Return points along an arc.

    Args:
        radius: One radius, or one for each axis.
        start: Direction of the first point in degrees, clockwise from the right (y is down).
        stop: Direction of the last point.
        count: Number of points.
        centre: Middle of the circle or ellipse.
    """
    wide, high = radius if isinstance(radius, tuple) else (radius, radius)
    angles = [math.radians(start + (stop - start) * step / (count - 1)) for step in range(count)]
    return np.array([(centre[0] + wide * math.cos(a), centre[1] + high * math.sin(a)) for a in angles])


def disc(radius: float | tuple[float, float], centre: tuple[float, float] = (0.0, 0.0), corners: int = 40) -> Points:
    """Return a circle or an ellipse as a polygon."""
    return arc(radius, 0.0, 360.0 * (corners - 1) / corners, corners, centre)


def rounded(half_width: float, half_height: float, radius: float) -> Points:
    """Return a rectangle around the origin with rounded corners."""
    x, y = half_width - radius, half_height - radius
    quarters = (((x, y), 0.0), ((-x, y), 90.0), ((-x, -y), 180.0), ((x, -y), 270.0))
    return np.concatenate([arc(radius, start, start + 90.0, 5, centre) for centre, start in quarters])


def stroke(path: Points, width: float) -> Points:
    """Return the outline of a line of some width along a path, with mitred joints and flat ends.

    A path that ends where it begins gives a ring: a polygon with a seam, filled by the even-odd rule.
    """
    closed = bool(np.allclose(path[0], path[-1]))
    before = np.diff(path, axis=0)
    before = before / np.hypot(before[:, 0], before[:, 1])[:, None]
    incoming = np.vstack([before[-1:] if closed else before[:1], before])
    outgoing = np.vstack([before, before[:1] if closed else before[-1:]])
    normal = np.stack([-(incoming + outgoing)[:, 1], (incoming + outgoing)[:, 0]], axis=1)
    # |incoming + outgoing|² = 2 + 2cos of the turn; a mitre of half the width needs this scale.
    scale = width / np.maximum((normal * normal).sum(axis=1), 1.0)
    offset = normal * scale[:, None]
    return np.concatenate([path + offset, (path - offset)[::-1]])


def mirrored(shapes: Sequence[Shape]) -> tuple[Shape, ...]:
    """Return shapes seen in a mirror: left and right exchanged."""
    return tuple(Shape(shape.colour, shape.points * np.array([-1.0, 1.0])) for shape in shapes)


def projected(points_: Points, matrix: NDArray[np.float64]) -> Points:
    """Map points through a 3x3 homography."""
    mapped = points_ @ matrix[:, :2].T + matrix[:, 2]
    result: Points = mapped[:, :2] / mapped[:, 2:]
    return result
