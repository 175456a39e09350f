"""What stands on each sign: the face of every class, as polygons from back to front."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable

import numpy as np

from robustcheck.demo.glyphs import stripes, text
from robustcheck.demo.shapes import Colour, Points, Shape, arc, box, disc, mirrored, points, regular, rounded, stroke

RED: Colour = (190, 26, 34)
WHITE: Colour = (240, 240, 236)
BLUE: Colour = (22, 82, 164)
YELLOW: Colour = (246, 194, 26)
BLACK: Colour = (26, 26, 28)

Face = tuple[Shape, ...]


def _paint(colour: Colour, polygons: Iterable[Points]) -> Face:
    return tuple(Shape(colour, polygon) for polygon in polygons)


def _triangle(radius: float, up: bool) -> Points:
    # Rounded corners: a small arc at each corner of the inscribed triangle, whose middle is moved to the
    # middle of its height so that the sign sits in the centre.
    bend = radius * 0.16
    parts = []
    for corner in range(3):
        direction = -90.0 + 120.0 * corner
        inner = arc(radius - 2 * bend, direction, direction, 2)[0]
        parts.append(arc(bend, direction - 60.0, direction + 60.0, 6, (inner[0], inner[1])))
    shape = np.concatenate(parts) * 1.16
    whole: Points = shape + np.array([0.0, 0.27]) if up else -shape - np.array([0.0, 0.27])
    return whole


def _warning() -> Face:
    return (Shape(RED, _triangle(1.0, up=True)), Shape(WHITE, _triangle(0.68, up=True) + np.array([0.0, 0.02])))


def _order() -> Face:
    return (Shape(WHITE, disc(1.0)), Shape(BLUE, disc(0.95)))


def _ban() -> Face:
    return (Shape(RED, disc(1.0)), Shape(WHITE, disc(0.76)))


def _head(tip: tuple[float, float], direction: float, size: float) -> Points:
    """Return an arrow head that points in a direction (degrees, clockwise from the right)."""
    turn = np.radians(direction)
    corners = points((0.0, 0.0), (-size, -size * 0.78), (-size, size * 0.78))
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    moved: Points = corners @ rotation + np.array(tip)
    return moved


def _stop() -> Face:
    plate = (Shape(WHITE, regular(8, 1.06, -67.5)), Shape(RED, regular(8, 0.97, -67.5)))
    return plate + _paint(WHITE, text("STOP", (0.0, 0.0), 0.62, 1.5, 0.13))


def _yield() -> Face:
    return (Shape(RED, _triangle(1.0, up=False)), Shape(WHITE, _triangle(0.6, up=False) - np.array([0.0, 0.03])))


def _no_entry() -> Face:
    return (Shape(WHITE, disc(1.0)), Shape(RED, disc(0.95)), Shape(WHITE, box(-0.7, -0.17, 0.7, 0.17)))


def _speed(limit: str) -> Face:
    return _ban() + _paint(BLACK, text(limit, (0.0, 0.0), 0.78, 1.08, 0.15))


def _turn_right() -> Face:
    bend = np.concatenate([points((-0.38, 0.62)), arc(0.34, 180.0, 270.0, 9, (-0.04, 0.14)), points((0.2, -0.2))])
    return _order() + _paint(WHITE, (stroke(bend, 0.24), _head((0.68, -0.2), 0.0, 0.5)))


def _straight_ahead() -> Face:
    return _order() + _paint(WHITE, (stroke(points((0.0, 0.66), (0.0, -0.1)), 0.24), _head((0.0, -0.68), -90.0, 0.62)))


def _roundabout() -> Face:
    face = _order()
    for start in (-90.0, 30.0, 150.0):
        # Drives on the right: anticlockwise. The head is set on the tangent where the arc ends.
        tail = arc(0.52, start, start - 68.0, 8)
        tip = arc(0.52, start - 108.0, start - 108.0, 2)[0]
        face += _paint(WHITE, (stroke(tail, 0.2), _head((tip[0], tip[1]), start - 178.0, 0.36)))
    return face


def _priority_road() -> Face:
    return (
        Shape(WHITE, regular(4, 1.08)),
        Shape(BLACK, regular(4, 1.0)),
        Shape(WHITE, regular(4, 0.95)),
        Shape(YELLOW, regular(4, 0.66)),
    )


def _walker() -> list[Points]:
    return [
        disc(0.1, (0.03, -0.4), 14),
        stroke(points((0.02, -0.28), (-0.02, 0.08)), 0.2),
        stroke(points((-0.02, 0.04), (0.18, 0.22), (0.2, 0.46)), 0.11),
        stroke(points((-0.02, 0.04), (-0.12, 0.26), (-0.3, 0.44)), 0.11),
        stroke(points((0.02, -0.22), (0.2, -0.06), (0.3, -0.02)), 0.08),
        stroke(points((0.0, -0.22), (-0.18, -0.08), (-0.24, 0.06)), 0.08),
    ]


def _pedestrian_crossing() -> Face:
    plate = (Shape(WHITE, rounded(0.94, 0.94, 0.12)), Shape(BLUE, rounded(0.88, 0.88, 0.1)))
    field = (Shape(WHITE, points((0.0, -0.72), (0.76, 0.66), (-0.76, 0.66))),)
    return plate + field + _paint(BLACK, [*_walker(), *stripes(-0.5, 0.5, 0.5, 0.6, 5)])


def _road_works() -> Face:
    man = [
        disc(0.095, (-0.02, -0.2), 14),
        stroke(points((-0.06, -0.1), (-0.2, 0.2)), 0.19),
        stroke(points((-0.2, 0.18), (-0.08, 0.36), (-0.1, 0.6)), 0.11),
        stroke(points((-0.2, 0.18), (-0.34, 0.38), (-0.42, 0.6)), 0.11),
        stroke(points((-0.06, -0.06), (0.06, 0.14), (0.2, 0.2)), 0.08),
        stroke(points((-0.22, 0.06), (0.32, 0.42)), 0.06),
        arc((0.26, 0.24), 180.0, 360.0, 12, (0.36, 0.61)),
    ]
    return _warning() + _paint(BLACK, man)


def _car(x: float, colour: Colour) -> Face:
    body = np.concatenate(
        [
            points((-0.29, 0.16), (-0.29, -0.04), (-0.22, -0.1)),
            points((-0.15, -0.28), (0.15, -0.28)),
            points((0.22, -0.1), (0.29, -0.04), (0.29, 0.16)),
        ]
    )
    shift = np.array([x, 0.06])
    wheels = [box(-0.27, 0.14, -0.14, 0.27), box(0.14, 0.14, 0.27, 0.27)]
    window = points((-0.15, -0.1), (-0.11, -0.21), (0.11, -0.21), (0.15, -0.1))
    return (*_paint(colour, [part + shift for part in (body, *wheels)]), Shape(WHITE, window + shift))


def _no_overtaking() -> Face:
    return _ban() + _car(-0.33, RED) + _car(0.33, BLACK)


_FACES: dict[str, Callable[[], Face]] = {
    "stop": _stop,
    "yield": _yield,
    "turn_left": lambda: mirrored(_turn_right()),
    "turn_right": _turn_right,
    "straight_ahead": _straight_ahead,
    "roundabout": _roundabout,
    "no_entry": _no_entry,
    "speed_30": lambda: _speed("30"),
    "speed_50": lambda: _speed("50"),
    "speed_80": lambda: _speed("80"),
    "no_overtaking": _no_overtaking,
    "priority_road": _priority_road,
    "pedestrian_crossing": _pedestrian_crossing,
    "road_works": _road_works,
}

CLASSES: tuple[str, ...] = tuple(_FACES)
"""Names of all classes, in the order of the models' outputs."""


@functools.cache
def face(name: str) -> Face:
    """Return the polygons of a sign, from back to front.

    Args:
        name: One of ``CLASSES``.
    """
    return _FACES[name]()
