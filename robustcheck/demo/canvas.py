"""What scenes are drawn on: polygons at four times the size, then averaged down."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from robustcheck.demo.shapes import Colour, Points, box

SIZE = 160
"""Width and height of a scene in pixels."""

_SCALE = 4


class Canvas:
    """A picture of ``SIZE`` x ``SIZE`` pixels; coordinates are pixels of the finished scene.

    Corners are rounded to quarters of a pixel before anything is filled, so that the last bit of a
    sine, which differs between machines, does not reach a pixel.
    """

    def __init__(self, top: Colour, bottom: Colour, horizon: float) -> None:
        """Begin with a sky that runs from one colour at the top to another at the horizon."""
        share = np.clip(np.arange(SIZE * _SCALE) / (horizon * _SCALE), 0.0, 1.0)[:, None]
        column = np.rint((1.0 - share) * np.array(top) + share * np.array(bottom)).astype(np.uint8)
        self._image = Image.fromarray(np.repeat(column[:, None, :], SIZE * _SCALE, axis=1))
        self._draw = ImageDraw.Draw(self._image, "RGBA")

    def polygon(self, points: Points, colour: Colour, opacity: float = 1.0) -> None:
        """Fill a polygon, by the even-odd rule."""
        corners = np.rint(points * _SCALE).astype(np.int64).ravel().tolist()
        self._draw.polygon(corners, fill=(*colour, round(255 * opacity)))

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour, opacity: float = 1.0) -> None:
        """Fill an upright rectangle."""
        self.polygon(box(left, top, right, bottom), colour, opacity)

    def pixels(self) -> NDArray[np.uint8]:
        """Return the finished scene, shape (160, 160, 3), RGB."""
        return np.asarray(self._image.reduce(_SCALE))


def blend(first: Colour, second: Colour, share: float) -> Colour:
    """Return a colour between two; ``share`` 0 gives the first."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def shade(colour: Colour, factor: float) -> Colour:
    """Return a colour made darker or lighter by a factor."""
    red, green, blue = (max(0, min(255, round(value * factor))) for value in colour)
    return red, green, blue
