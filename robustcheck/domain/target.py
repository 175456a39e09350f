"""What a picture shows, as people say it: a class, boxes, or a class for every pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IGNORED: Final = 65535
"""Class of a pixel of which nothing is said: what people left out, and what no real pixel shows after a shift."""


@dataclass(frozen=True, slots=True)
class ClassTarget:
    """One class for the whole picture.

    Attributes:
        label: Index of the class.
    """

    label: int


@dataclass(frozen=True, slots=True, eq=False)
class BoxTarget:
    """Objects, each in an upright rectangle.

    Attributes:
        boxes: (left, top, right, bottom) in source pixels, float64, shape (k, 4); the corner of the first pixel is (0, 0).
        labels: Index of each one's class, int32, shape (k,).
        ignore: Which of them are neither hit nor missed, as crowds are, bool, shape (k,).
    """

    boxes: NDArray[np.float64]
    labels: NDArray[np.int32]
    ignore: NDArray[np.bool_]

    def __len__(self) -> int:
        """Number of objects."""
        return len(self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class MaskTarget:
    """A class for every pixel.

    Attributes:
        classes: Index of each pixel's class, or ``IGNORED``, uint16, shape (h, w) of the source picture.
    """

    classes: NDArray[np.uint16]


Target = ClassTarget | BoxTarget | MaskTarget
"""What a picture shows, whatever the task."""
