"""Where a drawing puts its numbers: axes with round steps."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Axis:
    """A line from one number to another, on the page.

    Attributes:
        low: The number at its start.
        high: The number at its end, greater than ``low``.
        start: Where it starts, in units of the drawing.
        end: Where it ends; before ``start`` for an axis that goes up.
        step: Between two ticks.
    """

    low: float
    high: float
    start: float
    end: float
    step: float

    def place(self, number: float) -> float:
        """Return where a number stands, to a tenth; numbers beyond the ends stand at them."""
        share = (min(max(number, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    @property
    def ticks(self) -> tuple[float, ...]:
        """The multiples of the step from end to end."""
        first, last = math.ceil(self.low / self.step - 1e-9), math.floor(self.high / self.step + 1e-9)
        return tuple(round(row * self.step, 12) + 0.0 for row in range(first, last + 1))


def axis(numbers: Iterable[float], start: float, end: float, *, most: int = 5, rounded: bool = True) -> Axis:
    """Return an axis that holds the numbers.

    Args:
        numbers: One at least.
        start: Where it starts on the page.
        end: Where it ends.
        most: Steps that it may have.
        rounded: Whether its ends are ticks; otherwise they are the least and the greatest number.
    """
    every = list(numbers)
    low, high = min(every), max(every)
    if high == low:
        room = abs(low) / 10 or 1.0
        low, high = low - room, high + room
    step = _step(low, high, most)
    if rounded:
        low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return Axis(low, high, start, end, step)


def _step(low: float, high: float, most: int) -> float:
    """Return the least of 1, 2 and 5 times a power of ten that needs no more steps."""
    exponent = math.floor(math.log10((high - low) / most))
    for power in range(exponent, exponent + 3):
        for digit in (1, 2, 5):
            step = digit * 10.0**power
            if math.ceil(high / step - 1e-9) - math.floor(low / step + 1e-9) <= most:
                return step
    return high - low


def path(points: Iterable[tuple[float, float]]) -> str:
    """Return points as SVG's ``points``."""
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def tick(number: float, unit: str) -> str:
    """Return a tick as it is written: a fraction becomes a percentage where the unit is one."""
    return f"{number * 100:.4g}{unit}" if unit in ("%", "pp") else f"{number:.4g}{unit}"
