"""Verdicts: their order, which of them fail a build, and what a breach makes of a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from robustcheck.domain.estimate import Estimate
from robustcheck.domain.threshold import Rule

Verdict = Literal["pass", "warn", "inconclusive", "fail", "waived", "unreliable", "error"]

WORST_FIRST: tuple[Verdict, ...] = ("error", "unreliable", "fail", "inconclusive", "waived", "warn", "pass")

FAILING: frozenset[Verdict] = frozenset({"error", "unreliable", "fail", "inconclusive"})

Outcome = Literal["pass", "fail", "inconclusive"]


def breach_of(*, inconclusive: bool, severity: str, waived: bool) -> Verdict:
    """Return what a threshold that does not hold makes of its case."""
    if waived:
        return "waived"
    if severity == "warn":
        return "warn"
    return "inconclusive" if inconclusive else "fail"


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the worst of several verdicts; of none, ``error``, since a gate that saw nothing must not pass."""
    return min(verdicts, key=WORST_FIRST.index, default="error")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One threshold held against one estimate.

    Attributes:
        straddles: Whether the bound lies within the interval, its ends among it, so that other pictures of the same kind
            could have decided otherwise.
        rule: How it was decided.
        gate: The ends that were held against the bound, each at the rule's confidence; ``None`` where the number was.
        inconclusive: Whether neither end clears the bound.
        needs: How many pictures would decide it at the observed rate, if any number would.
        possible: What is possible all the same where the number is as good as can be; see ``stats.edges.possible``.
        warns: Whether a breach is a warning, whatever the severity of the case.
    """

    name: str
    expect: str
    estimate: Estimate
    holds: bool
    straddles: bool
    unit: str
    rule: Rule = field(default_factory=Rule)
    gate: tuple[float, float] | None = None
    inconclusive: bool = False
    needs: int | None = None
    possible: str = ""
    warns: bool = False
