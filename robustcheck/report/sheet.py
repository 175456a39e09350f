"""A contact sheet as values: pictures in rows and columns with what is said of them. Drawing lies elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

LEAST_SIDE: Final = 160
"""Pixels of the longer side up to which small inputs are enlarged, so that a person sees what the model sees."""

MOST_SIDE: Final = 448
"""Pixels of the longer side down to which large inputs are shrunk."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A prediction under a picture.

    Attributes:
        text: ``stop 98.3%``.
        right: Whether it is the label.
    """

    text: str
    right: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One picture.

    Attributes:
        pixels: Shape (h, w, 3), uint8 RGB; ``None`` where there is a problem.
        alt: What a person should know who does not see it.
        caption: Lines under it.
        mark: The prediction, if the model was asked.
        problem: Why there is no picture; else empty.
    """

    pixels: NDArray[np.uint8] | None
    alt: str
    caption: tuple[str, ...] = ()
    mark: Mark | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column.

    Attributes:
        title: The label of its picture.
        detail: The picture's id.
    """

    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Row:
    """One case.

    Attributes:
        title: Its id.
        facts: Lines under it.
        notes: What stands out.
        cells: One a column.
    """

    title: str
    facts: tuple[str, ...]
    notes: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A contact sheet.

    Attributes:
        title: Of the suite.
        facts: Lines under it.
        notes: What a reader must not miss, such as rows that are left out.
        size: Height and width of all pictures.
        columns: Heads, one a picture.
        rows: One a case.
    """

    title: str
    facts: tuple[str, ...]
    notes: tuple[str, ...]
    size: tuple[int, int]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def scale(self) -> Scale:
        """How much pictures are enlarged or shrunk."""
        longest = max(self.size)
        if longest < LEAST_SIDE:
            return Scale(up=-(-LEAST_SIDE // longest))
        return Scale(down=-(-longest // MOST_SIDE))

    @property
    def shown_size(self) -> tuple[int, int]:
        """Height and width of the pictures as they are shown."""
        scale = self.scale
        height, width = (-(-side // scale.down) * scale.up for side in self.size)
        return height, width


@dataclass(frozen=True, slots=True)
class Scale:
    """By which whole numbers sides are multiplied and divided."""

    up: int = 1
    down: int = 1

    def __str__(self) -> str:
        """Return ``enlarged 3 times``, ``shrunk 2 times`` or ``at its own size``."""
        if self.up > 1:
            return f"enlarged {self.up} times"
        return f"shrunk {self.down} times" if self.down > 1 else "at its own size"


def picture(pixels: Any, scale: Scale) -> Image.Image:
    """Return a picture as it is shown, but not yet enlarged: whole blocks are averaged where it is shrunk."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(pixels))
    return image.reduce(scale.down) if scale.down > 1 else image
