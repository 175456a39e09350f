"""Whether a number can be that of a metric: its range, its interval, its count of pictures."""

from __future__ import annotations

import math
from typing import Any, Final

from robustcheck.core import registry
from robustcheck.core.text import printable

KEYS: Final = {"value", "low", "high", "n"}
SLACK: Final = 1e-9
"""What rounding may add to the end of a range."""
HUNDREDTHS: Final = ("%", "pp")
CORRUPTION: Final = {"mce": (0.0, math.inf), "relative_mce": (-math.inf, math.inf)}
"""Ranges of the aggregates that are no metric themselves."""
DECLARED: Final = "declared accuracy"


def wrong_with(name: str, metric: Any, *, size: int, overall: bool) -> str:
    """Return why a number cannot be that of a metric; empty where it can.

    Args:
        name: As a result calls it: ``accuracy``, ``class_accuracy[stop]``, or ``mean_accuracy`` of an overall line.
        metric: ``value``, ``low``, ``high`` and ``n``.
        size: How many pictures the data has.
        overall: Whether it is of an overall line.
    """
    shown = printable(name)[:60]
    if not isinstance(metric, dict):
        return f"{shown} is no object"
    if set(metric) != KEYS:
        return f"{shown} lacks or should not have {', '.join(map(printable, sorted(set(metric) ^ KEYS)))}"
    numbers = [metric[key] for key in ("value", "low", "high")]
    if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
        return f"{shown} is no number"
    if type(metric["n"]) is not int or not 1 <= metric["n"] <= size:
        return f"{shown} is said to rest on {metric['n']!r} pictures, of {size} that the data has"
    value, low, high = numbers
    if not low - _slack(low) <= value <= high + _slack(high):
        return f"{shown} of {value:g} does not lie in its own interval, {low:g} to {high:g}"
    least, most = range_of(name, overall=overall)
    if not all(least - SLACK <= number <= most + SLACK for number in numbers):
        return f"{shown} of {value:g} ({low:g} to {high:g}) is not between {least:g} and {most:g}"
    return ""


def range_of(name: str, *, overall: bool = False) -> tuple[float, float]:
    """Return the least and the greatest value of a metric; of one that is not known here, and of a break point, any.

    Args:
        name: As a result calls it.
        overall: Whether it is of an overall line.
    """
    if overall and name in CORRUPTION:
        return CORRUPTION[name]
    metric = _covered(name) if overall else name.partition("[")[0]
    metric = "accuracy" if metric == DECLARED else metric
    if metric not in registry.metrics:
        return -math.inf, math.inf
    facts = registry.metrics[metric].facts
    scale = 100 if facts.unit in HUNDREDTHS else 1
    return facts.low / scale, facts.high / scale


def _covered(name: str) -> str:
    """Return the metric of an overall line: ``accuracy`` of ``mean_accuracy``."""
    return name.partition("_")[2] if name.startswith(("mean_", "worst_")) else name


def _slack(end: float) -> float:
    return SLACK * max(1.0, abs(end))
