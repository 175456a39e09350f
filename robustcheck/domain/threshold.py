"""Thresholds, and the rules by which a number is held against one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from robustcheck.core.errors import Location
from robustcheck.core.units import Quantity

Decide = Literal["point", "confident", "anytime"]

DECIDES: tuple[Decide, ...] = ("point", "confident", "anytime")


@dataclass(frozen=True, slots=True)
class Threshold:
    """One line of ``expect``.

    Attributes:
        metric: A registered metric.
        argument: Words between metric and threshold, such as a class name; often empty.
        comparison: ``>=``, ``<=``, ``>`` or ``<``.
        bound: The number with its unit.
        where: Where the suite says so.
        warns: Whether a breach is a warning, whatever the severity of the case.
        warning: The stricter threshold on the same line, whose breach is a warning; ``None`` without one, and in a ``Case``, whose
            expectations have it beside this one.
    """

    metric: str
    argument: tuple[str, ...]
    comparison: Literal[">=", "<=", ">", "<"]
    bound: Quantity
    where: Location
    warns: bool = False
    warning: Threshold | None = None

    @property
    def levels(self) -> tuple[Threshold, ...]:
        """This threshold, and the one beside it that warns, each by itself."""
        return (self,) if self.warning is None else (replace(self, warning=None), self.warning)

    def __str__(self) -> str:
        """Return ``accuracy >= 85%``."""
        return f"{self.name} {self.text}"

    @property
    def name(self) -> str:
        """``accuracy``, or ``class_accuracy[stop]`` with an argument."""
        return self.metric + (f"[{', '.join(self.argument)}]" if self.argument else "")

    @property
    def text(self) -> str:
        """``>= 85%``."""
        return f"{self.comparison} {self.bound}"

    def holds(self, value: float) -> bool:
        """Whether a value (a fraction for ``%`` and ``pp``) satisfies the threshold.

        Compared to 12 decimals, so that 0.85 counted as 17/20 is not below 85%.
        """
        observed, bound = round(value, 12), round(self.bound.value, 12)
        return {
            ">=": observed >= bound,
            "<=": observed <= bound,
            ">": observed > bound,
            "<": observed < bound,
        }[self.comparison]


@dataclass(frozen=True, slots=True)
class Rule:
    """How numbers are held against thresholds.

    Attributes:
        decide: ``point`` by the number itself; ``confident`` by the end of its interval, about pictures like these;
            ``anytime`` about these very pictures, as soon as it is certain enough.
        confidence: How certain, for ``confident`` and ``anytime``.
        stops: Whether the case may stop before it has seen every picture.
    """

    decide: Decide = "point"
    confidence: float = 0.95
    stops: bool = False

    def __str__(self) -> str:
        """Return ``point`` or ``confident at 95%``."""
        return self.decide if self.decide == "point" else f"{self.decide} at {self.confidence * 100:g}%"
