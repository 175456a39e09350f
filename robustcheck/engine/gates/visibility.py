"""Whether a shift changes enough of what a model sees for its numbers to say anything."""

from __future__ import annotations

import math
from typing import Final

from robustcheck.domain.case import Case
from robustcheck.domain.result import BARELY

LEAST_CHANGE: Final = 2.0
"""Mean absolute change from the clean input, in grey levels of 255, below which a shift is noted."""


def barely_visible(case: Case, mean_change: float, max_change: int) -> list[str]:
    """Return a note if a shift changes next to nothing.

    An attack is meant to, and what changes nothing at all is said elsewhere.

    Args:
        case: The case.
        mean_change: Mean absolute change of its pictures from the clean input, in grey levels.
        max_change: Greatest change of any value of theirs.
    """
    if case.perturbations != case.steps or not case.steps or not 0 < mean_change < LEAST_CHANGE:
        return []
    changes = f"changes {_rounded(mean_change)} grey levels on average ({max_change} at most)"
    return [f"{BARELY}: {changes}; unless that is meant, use a stronger value"]


def _rounded(change: float) -> str:
    """Return a change so that it reads neither as 0 nor as ``LEAST_CHANGE``."""
    return f"{math.floor(change * 10) / 10:.1f}" if change >= 0.1 else f"{change:.1g}"
