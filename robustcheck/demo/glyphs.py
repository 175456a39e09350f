"""Letters and digits as strokes, so that no font of the system decides a pixel."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from robustcheck.demo.shapes import Points, arc, box, points, stroke

_WIDTH = 0.62
"""Width of a glyph when its height is 1."""


def _three() -> list[Points]:
    upper = arc((0.25, 0.225), -165.0, 75.0, 14, (0.3, 0.275))
    lower = arc((0.27, 0.25), -75.0, 165.0, 14, (0.3, 0.7))
    return [upper, lower]


def _five() -> list[Points]:
    return [points((0.56, 0.07), (0.13, 0.07), (0.11, 0.5)), arc((0.26, 0.27), -135.0, 150.0, 16, (0.29, 0.68))]


def _ess() -> list[Points]:
    upper = arc((0.23, 0.22), -20.0, -250.0, 12, (0.3, 0.28))
    lower = arc((0.25, 0.24), -70.0, 160.0, 12, (0.3, 0.71))
    return [np.concatenate([upper, lower])]


def _ring(x: float, y: float, wide: float, high: float) -> Points:
    return arc((wide, high), 0.0, 360.0, 25, (x, y))


_PATHS = {
    "0": [_ring(0.31, 0.5, 0.24, 0.44)],
    "3": _three(),
    "5": _five(),
    "8": [_ring(0.31, 0.28, 0.21, 0.22), _ring(0.31, 0.71, 0.25, 0.23)],
    "S": _ess(),
    "T": [points((0.04, 0.07), (0.58, 0.07)), points((0.31, 0.07), (0.31, 1.0))],
    "O": [_ring(0.31, 0.5, 0.24, 0.44)],
    "P": [
        np.concatenate(
            [
                points((0.12, 1.0), (0.12, 0.07), (0.3, 0.07)),
                arc((0.24, 0.23), -80.0, 80.0, 9, (0.31, 0.3)),
                points((0.12, 0.53)),
            ]
        )
    ],
}


def text(word: str, centre: tuple[float, float], height: float, width: float, thickness: float) -> Iterator[Points]:
    """Yield the polygons of a word.

    Args:
        word: Of the letters and digits that signs need.
        centre: Middle of the word.
        height: Of the letters.
        width: Of the whole word.
        thickness: Of the strokes.
    """
    advance = width / len(word)
    for place, letter in enumerate(word):
        corner = np.array([centre[0] - width / 2 + advance * (place + 0.07), centre[1] - height / 2])
        scale = np.array([advance * 0.86 / _WIDTH, height])
        for path in _PATHS[letter]:
            yield stroke(path * scale + corner, thickness)


def stripes(left: float, top: float, right: float, bottom: float, count: int) -> Iterator[Points]:
    """Yield ``count`` upright bars with gaps as wide as the bars: a crossing."""
    step = (right - left) / (2 * count - 1)
    for bar in range(count):
        yield box(left + 2 * bar * step, top, left + (2 * bar + 1) * step, bottom)
