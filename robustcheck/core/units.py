"""Quantities with units: what a suite writes as ``-15deg``, ``5pp`` or ``8/255``.

A perturbation declares the unit of a parameter by its annotation::

    def exposure(image, *, stops: Annotated[Stops, Range(-8, 8)]): ...

The function receives a plain ``float``: degrees, stops, kelvin, metres and pixels as written,
percentages and ``/255`` as fractions (``15%`` arrives as ``0.15``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as it is written behind a number.

    Attributes:
        symbol: What stands behind the number, such as ``deg``.
        factor: What a written number is multiplied by before a function sees it.
        meaning: What it measures, in plain words.
    """

    symbol: str
    factor: float
    meaning: str


UNITS: Final = {
    unit.symbol: unit
    for unit in (
        Unit("deg", 1.0, "angle in degrees"),
        Unit("ev", 1.0, "exposure value: one stop doubles the light"),
        Unit("%", 0.01, "share, in percent"),
        Unit("pp", 0.01, "difference of two percentages, in percentage points"),
        Unit("px", 1.0, "pixels of the model's input"),
        Unit("K", 1.0, "colour temperature in kelvin"),
        Unit("m", 1.0, "distance in metres"),
        Unit("s", 1.0, "time in seconds"),
        Unit("d", 1.0, "time in days"),
        Unit("lux", 1.0, "illuminance in lux"),
        Unit("/255", 1.0 / 255.0, "grey levels of 8-bit pictures"),
        Unit(":", 1.0, "width to height"),
    )
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit, as a suite wrote it.

    Attributes:
        number: The number as written (``15`` for ``15%``).
        unit: A key of ``UNITS``, or ``""`` for a plain number.
    """

    number: float
    unit: str = ""

    @property
    def value(self) -> float:
        """The number a function receives (``0.15`` for ``15%``)."""
        return self.number * UNITS[self.unit].factor if self.unit else self.number

    def __str__(self) -> str:
        """Return the shortest spelling that reads back as the same quantity."""
        return f"{self.number:.12g}{self.unit}" + ("1" if self.unit == ":" else "")


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers a parameter may take, in its own written unit, both ends included."""

    low: float = float("-inf")
    high: float = float("inf")


@dataclass(frozen=True, slots=True)
class In:
    """The units a parameter may be written in; with more than one the function gets a Quantity."""

    symbols: tuple[str, ...]


Degrees = Annotated[float, In(("deg",))]
Stops = Annotated[float, In(("ev",))]
Percent = Annotated[float, In(("%",))]
Points = Annotated[float, In(("pp",))]
Pixels = Annotated[float, In(("px",))]
Kelvin = Annotated[float, In(("K",))]
Metres = Annotated[float, In(("m",))]
Seconds = Annotated[float, In(("s",))]
Lux = Annotated[float, In(("lux",))]
Per255 = Annotated[float, In(("/255",))]
Extent = Annotated[Quantity, In(("px", "%"))]
"""A length: pixels of the model's input or a share of the frame's width."""
Aspect = Annotated[float, In((":",))]
"""Width to height, written ``4:3``; the function gets the quotient."""

SECONDS: Final = r"[0-9]{1,9}/[1-9][0-9]{0,8}\s*s"
"""A part of a second as cameras count it, ``1/30 s``."""
_ODD: Final = re.compile(r"[-+]?0[xXoObB][0-9A-Za-z]|.*[0-9][A-Za-z]+[0-9]")
"""``0x10ev`` and ``5ev2`` are no quantities: what stands before the letters is not the number that was meant."""
_WRITTEN: Final = re.compile(
    r"([-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)\s*([A-Za-z%/][A-Za-z%/0-9]*)?"
)
"""The digits are those of YAML: others, which Python reads too, no schema and no editor takes for a number."""


def parse_quantity(text: str) -> Quantity | None:
    """Read ``-15deg``, ``8/255``, ``4:3``, ``1/30 s`` or ``0.5``.

    Returns:
        The quantity, with any word behind the number as its unit, known or not; ``None`` when the
        text does not begin with a number. ``4:3`` gives the quotient with the unit ``:``.
    """
    text = text.strip()
    aspect = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?):([0-9]+(?:\.[0-9]+)?)", text)
    if aspect and float(aspect[2]) > 0:
        return Quantity(float(aspect[1]) / float(aspect[2]), ":")
    if re.fullmatch(SECONDS, text):
        above, below = text.removesuffix("s").split("/")
        return Quantity(int(above) / int(below), "s")
    match = None if _ODD.match(re.sub(r"[eE][-+]?[0-9]+", "", text, count=1)) else _WRITTEN.fullmatch(text)
    return Quantity(float(match[1]), match[2] or "") if match else None
