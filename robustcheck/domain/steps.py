"""Steps: one perturbation with its parameters, and ranges of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from robustcheck.core.units import Quantity


@dataclass(frozen=True, slots=True)
class Step:
    """One registered perturbation with fixed parameters (``Quantity``, ``int``, ``str`` or ``bool``).

    In a search a parameter may be a ``Span``, which the engine replaces by values.
    """

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return ``camera.yaw(yaw=-15deg)``: canonical, so it serves as part of a digest."""
        return f"{self.name}({', '.join(f'{key}={self.params[key]}' for key in sorted(self.params))})"


@dataclass(frozen=True, slots=True)
class Span:
    """A range of a parameter, both ends included: ``-15deg..15deg``.

    Attributes:
        start: Where it begins; for a break point the end from which the search sets out, not always the lesser.
        stop: Where it ends, in the same unit.
        whole: Whether only whole numbers lie in it.
    """

    start: Quantity
    stop: Quantity
    whole: bool = False

    def at(self, share: float) -> Quantity | int:
        """Return the value at a share of the way, 0 at the start and 1 at the stop.

        Rounded to nine decimals, so that what a report shows is exactly what was used.
        """
        number = self.start.number + (self.stop.number - self.start.number) * share
        return round(number) if self.whole else Quantity(round(number, 9), self.start.unit)

    def __str__(self) -> str:
        """Return ``-15deg..15deg``."""
        return f"{self.start}..{self.stop}"
