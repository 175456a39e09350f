"""From numbers to verdicts. Verdicts read metrics and thresholds, nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from robustcheck.core import registry
from robustcheck.core.errors import CaseError
from robustcheck.domain.estimate import Estimate
from robustcheck.domain.threshold import Rule, Threshold
from robustcheck.domain.verdict import Judgement, Outcome, Verdict, breach_of
from robustcheck.metrics.records import Observation
from robustcheck.metrics.shares import estimate_of
from robustcheck.stats.edges import possible, straddles
from robustcheck.stats.intervals import pictures_needed, worst_of


def measure(seen: Observation, name: str, argument: Sequence[str] = ()) -> Estimate:
    """Compute a registered metric.

    Raises:
        CaseError: There is nothing to measure, or the metric is not a finite number.
    """
    if not len(seen.records):
        raise CaseError("no picture was evaluated, so nothing can be said")
    definition = registry.metrics[name]
    estimate = estimate_of(definition.function(seen, *argument), definition.facts.better)
    if not all(math.isfinite(number) for number in (estimate.value, estimate.low, estimate.high)):
        raise CaseError(f"the metric {name} gave {estimate.value}, which is not a number a threshold can use")
    return estimate


def judge(
    threshold: Threshold, estimate: Estimate, rule: Rule | None = None, outcome: Outcome | None = None
) -> Judgement:
    """Hold an estimate against a threshold.

    Args:
        threshold: The bound.
        estimate: What was observed.
        rule: ``point`` and ``anytime`` take the number itself: under ``anytime`` it is exact, since every picture was seen
            unless there is an outcome. ``confident`` takes the end of the interval that is nearer to the bound.
        outcome: What an early stop decided.

    Raises:
        CaseError: The metric has no interval at that confidence.
    """
    rule = rule or Rule()
    bound, holds, gate, needs = threshold.bound.value, threshold.holds(estimate.value), None, None
    broken = not holds
    if outcome is not None:
        holds, broken = outcome == "pass", outcome == "fail"
    elif rule.decide == "confident":
        at_least = threshold.comparison in (">=", ">")
        gate = gate_of(threshold.name, estimate, rule.confidence)
        holds, broken = threshold.holds(gate[not at_least]), not threshold.holds(gate[at_least])
        if not holds and not broken:
            needs = pictures_needed(estimate, bound, at_least=at_least, confidence=rule.confidence)
    close = straddles(estimate, bound)
    return Judgement(
        name=threshold.name,
        expect=threshold.text,
        estimate=estimate,
        holds=holds,
        straddles=close,
        unit=threshold.bound.unit,
        rule=rule,
        gate=gate,
        inconclusive=not holds and not broken,
        needs=needs,
        possible=possible(threshold, estimate) if close and holds and rule.decide == "point" else "",
        warns=threshold.warns,
    )


SHOWN = 0.975
"""Confidence of each end of the interval that is shown."""


def gate_of(name: str, estimate: Estimate, confidence: float) -> tuple[float, float]:
    """Return the ends of the interval, each at a confidence.

    Raises:
        CaseError: The metric gives none beyond the one that is shown.
    """
    if estimate.limits is not None:
        return estimate.limits(confidence)
    if confidence > SHOWN:
        raise CaseError(f"{name} has no interval at {confidence * 100:g}%; its 95% interval serves up to 97.5%")
    return estimate.low, estimate.high


def verdict_of(
    judgements: Sequence[Judgement], *, severity: str, waived: bool, lacking: Sequence[Threshold] = ()
) -> Verdict:
    """Return the verdict of a case whose metrics could be measured.

    A waiver on a case that holds is stale and fails, so that waivers cannot outlive their reason.

    Args:
        judgements: Of all its thresholds.
        severity: Of the case.
        waived: Whether a waiver names it.
        lacking: Thresholds that nothing could be held against, since there is no accepted run.
    """
    breached = [judgement for judgement in judgements if not judgement.holds]
    if not breached and not lacking:
        return "fail" if waived else "pass"
    failing = [judgement for judgement in breached if not judgement.warns]
    if not failing and all(line.warns for line in lacking):
        severity = "warn"
    inconclusive = all(judgement.inconclusive for judgement in failing)
    return breach_of(inconclusive=inconclusive, severity=severity, waived=waived)


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
        named = [replace(estimate, detail=name) for name, estimate in parts]
        return worst_of(named, better=registry.metrics[metric].facts.better)
    count = len(parts)
    value, low, high = (
        math.fsum(getattr(estimate, end) for _, estimate in parts) / count for end in ("value", "low", "high")
    )

    def limits(confidence: float) -> tuple[float, float]:
        # Each end of the mean holds when those of all cases do.
        each = [gate_of(metric, estimate, 1 - (1 - confidence) / count) for _, estimate in parts]
        return math.fsum(end[0] for end in each) / count, math.fsum(end[1] for end in each) / count

    return Estimate(value, low, high, min(estimate.n for _, estimate in parts), f"{count} cases", limits=limits)
