"""From numbers to verdicts. Verdicts read metrics and thresholds, nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from robustcheck import registry
from robustcheck.errors import CaseError
from robustcheck.language.plan import Threshold
from robustcheck.measure.intervals import Estimate
from robustcheck.measure.records import Observation
from robustcheck.units import UNITS

Verdict = Literal["pass", "warn", "fail", "waived", "unreliable", "error"]
WORST_FIRST: tuple[Verdict, ...] = ("error", "unreliable", "fail", "waived", "warn", "pass")
FAILING: frozenset[Verdict] = frozenset({"error", "unreliable", "fail"})


@dataclass(frozen=True, slots=True)
class Judgement:
    """One threshold held against one estimate.

    Attributes:
        straddles: Whether the bound lies inside the interval, so that other pictures of the same kind
            could have decided otherwise.
    """

    name: str
    expect: str
    estimate: Estimate
    holds: bool
    straddles: bool
    unit: str


def measure(seen: Observation, name: str, argument: Sequence[str] = ()) -> Estimate:
    """Compute a registered metric.

    Raises:
        CaseError: There is nothing to measure, or the metric is not a finite number.
    """
    if not len(seen.records):
        raise CaseError("no picture was evaluated, so nothing can be said")
    estimate: Estimate = registry.metrics[name].function(seen, *argument)
    if not all(math.isfinite(number) for number in (estimate.value, estimate.low, estimate.high)):
        raise CaseError(f"the metric {name} gave {estimate.value}, which is not a number a threshold can use")
    return estimate


def judge(threshold: Threshold, estimate: Estimate) -> Judgement:
    """Hold the point estimate against the threshold."""
    bound = threshold.bound.value
    return Judgement(
        name=threshold.name,
        expect=threshold.text,
        estimate=estimate,
        holds=threshold.holds(estimate.value),
        straddles=estimate.low < bound < estimate.high,
        unit=threshold.bound.unit,
    )


def verdict_of(judgements: Sequence[Judgement], *, severity: str, waived: bool) -> Verdict:
    """Return the verdict of a case whose metrics could all be measured.

    A waiver on a case that holds is stale and fails, so that waivers cannot outlive their reason.
    """
    breached = any(not judgement.holds for judgement in judgements)
    if waived:
        return "waived" if breached else "fail"
    if breached:
        return "fail" if severity == "error" else "warn"
    return "pass"


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the worst of several verdicts; of none, ``error``, since a gate that saw nothing must not pass."""
    return min(verdicts, key=WORST_FIRST.index, default="error")


def aggregate(kind: Literal["mean", "worst"], metric: str, parts: Sequence[tuple[str, Estimate]]) -> Estimate:
    """Combine the estimates of several cases over the same pictures.

    The cases share their pictures, so their errors may be fully correlated; the interval of a mean is
    therefore the mean of the limits, which is exact in that case and too wide otherwise.

    Args:
        kind: ``mean`` or ``worst``.
        metric: Decides which end is worst.
        parts: Case id and estimate, at least one.
    """
    if kind == "worst":
        sign = 1 if registry.metrics[metric].facts.better == "higher" else -1
        name, estimate = min(parts, key=lambda part: (sign * part[1].value, part[0]))
        return Estimate(estimate.value, estimate.low, estimate.high, estimate.n, name)
    count = len(parts)
    value, low, high = (
        math.fsum(getattr(estimate, end) for _, estimate in parts) / count for end in ("value", "low", "high")
    )
    return Estimate(value, low, high, min(estimate.n for _, estimate in parts), f"{count} cases")


def written(number: float, unit: str) -> str:
    """Return a metric's number as a person reads it: ``71.2%``, ``3.4pp``, ``12.5deg`` or ``0.512``."""
    if unit in ("%", "pp"):
        return f"{round(number * 100, 1) + 0.0:.1f}{unit}"
    return f"{number / UNITS[unit].factor:.4g}{unit}" if unit else f"{number:.4g}"
