"""Where pixels come from: the model's view of a picture, and warps of it.

Coordinates are continuous, in source pixels, x to the right and y down, with (0, 0) at the outer
corner of the first pixel: pixel i covers [i, i + 1) and has its centre at i + 0.5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Coordinates = NDArray[np.float64]
"""Points, shape (..., 2), x before y."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The rectangle of a source picture that the model sees.

    Attributes:
        x: Left edge, in source pixels.
        y: Top edge.
        width: In source pixels.
        height: In source pixels.
        out_width: Width of the model's input, in its own pixels.
        out_height: Height of the model's input.
    """

    x: float
    y: float
    width: float
    height: float
    out_width: int
    out_height: int

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the view, in source pixels."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def pixel(self) -> tuple[float, float]:
        """Width and height of one pixel of the model's input, in source pixels."""
        return self.width / self.out_width, self.height / self.out_height


@dataclass(frozen=True, slots=True, eq=False)
class Warp:
    """Says for each point of the shifted picture which point of the original it shows.

    A warp is equal to itself only, so that what was worked out for one can be looked up again.

    Attributes:
        matrix: 3x3 homography from shifted to original coordinates, both in source pixels of the
            unshifted picture; applied after ``displace``. Scaled so that the third coordinate is above 0
            for what lies in front of the camera; the rest is unseen.
        displace: A further map of points that is no homography, such as lens distortion.
        window: (left, top, right, bottom) in source pixels of the shifted picture; what lies outside is
            black by intention (letterbox bars) and does not count as unseen.
    """

    matrix: NDArray[np.float64]
    displace: Callable[[Coordinates], Coordinates] | None = None
    window: tuple[float, float, float, float] | None = None
