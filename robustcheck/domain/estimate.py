"""A measured number with its interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Limits = Callable[[float], tuple[float, float]]
"""From a confidence in (.5, 1) to two ends, each of which holds by itself with that confidence."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured number with its interval.

    Attributes:
        value: The point estimate; a fraction where the unit is ``%`` or ``pp``.
        low: Lower end of the 95% interval.
        high: Upper end.
        n: Number of pictures (pairs, for paired metrics) that it rests on.
        detail: What the number is about when the metric chose it, such as the worst class.
        counts: Of a share, how often it happened; of a paired difference, pairs lost and gained; otherwise nothing.
        limits: What gates; ``None`` where the metric knows no interval but the one that is shown.
    """

    value: float
    low: float
    high: float
    n: int
    detail: str = ""
    counts: tuple[int, ...] = ()
    limits: Limits | None = field(default=None, compare=False, repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {name: getattr(self, name) for name in ("value", "low", "high", "n", "detail", "counts")}
