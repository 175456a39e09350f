"""What a suite says of the people who look at pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from robustcheck.core.errors import Location
from robustcheck.core.units import Quantity

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class Labels:
    """The corrections of people that are laid over the labels of the data set.

    Attributes:
        overlay: Path of the file from the project's root.
        max_changed: Share of the labels that it may change or declare ambiguous, in [0, 1].
        reviewers_min: How many must agree before a decision counts.
        where: Its place in the suite.
    """

    overlay: str
    max_changed: float
    reviewers_min: int
    where: Location


@dataclass(frozen=True, slots=True)
class Review:
    """What is promised of the answers that no person looks at.

    Attributes:
        max_risk: Share of them that may be wrong, in (0, 1).
        confidence: With which that is shown, in (0, 1).
        audit_fraction: Share of the pictures that need no person and are looked at all the same, in [0, 1].
    """

    max_risk: float
    confidence: float
    audit_fraction: float


MAX_CHANGED: Final = Quantity(2, "%")

CONFIDENCE: Final = Quantity(95, "%")

AUDIT_FRACTION: Final = Quantity(10, "%")
