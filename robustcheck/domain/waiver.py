"""Breaches that somebody answers for."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from robustcheck.core.errors import Location


@dataclass(frozen=True, slots=True)
class Waiver:
    """A breach that somebody answers for until a day."""

    case: str
    reason: str
    owner: str
    expires: datetime.date
    where: Location

    def expired(self, today: datetime.date) -> bool:
        """Whether the waiver's last day has passed."""
        return today > self.expires
