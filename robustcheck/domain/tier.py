"""Tiers: how much of a suite a run looks at."""

from __future__ import annotations

from typing import Literal

Tier = Literal["smoke", "standard", "thorough"]

TIERS: tuple[Tier, ...] = ("smoke", "standard", "thorough")


def in_tier(tier: Tier, chosen: Tier) -> bool:
    """Whether something of a tier runs when a tier is chosen: smoke is part of standard, and so on."""
    return TIERS.index(tier) <= TIERS.index(chosen)
