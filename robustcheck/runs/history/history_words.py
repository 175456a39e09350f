"""What a person reads about a curve, in the terminal and beside the drawing."""

from __future__ import annotations

from typing import Final

from robustcheck.core.text import printable, written
from robustcheck.runs.history.curve import LEAST, SMALL, Better, Curve, Measured, Point, Trend

DIGITS: Final = 8
"""Of a model's digest, enough to tell the models of a project apart."""


def facts_of(metric: str, unit: str) -> tuple[str, Better]:
    """Return the unit of a metric and whether higher or lower is better.

    Args:
        metric: As the result file calls it: ``class_accuracy[stop]``, ``mean_accuracy``, ``declared accuracy``.
        unit: As the result file has it; empty where nothing was expected.
    """
    from robustcheck.core import registry

    base = metric.partition("[")[0]
    for name in (base, base.removeprefix("mean_"), base.removeprefix("worst_"), base.removeprefix("declared ")):
        if name in registry.metrics:
            facts = registry.metrics[name].facts
            return unit or ("" if facts.unit == "parameter" else facts.unit), facts.better
    return unit, "lower" if base in ("mce", "relative_mce") else "higher"


def title(curve: Curve) -> str:
    """Return ``clean: accuracy of signs-web``."""
    return printable(f"{curve.case}: {curve.metric} of {curve.model}")


def value(number: Measured, unit: str) -> str:
    """Return ``97.3% [92.4, 99.1]``."""
    low, high = (written(end, unit).removesuffix(unit) for end in (number.low, number.high))
    return f"{written(number.value, unit)} [{low}, {high}]"


def labels(points: tuple[Point, ...]) -> list[str]:
    """Return the date of every point, with the time where two of them share a date."""
    days = [point.when[:10] for point in points]
    return [
        point.when[:16].replace("T", " ") if days.count(point.when[:10]) > 1 else point.when[:10] for point in points
    ]


def gain(found: Trend, unit: str) -> str:
    """Return ``+0.42pp a run [+0.10, +0.74]``."""
    change = "pp" if unit in ("%", "pp") else unit
    ends = ", ".join(_signed(end, change).removesuffix(change) for end in (found.low, found.high))
    return f"{_signed(found.gain, change)} a run [{ends}]"


def _signed(number: float, unit: str) -> str:
    if unit == "pp":
        return f"{round(number * 100, 2) + 0.0:+.2f}pp"
    sign = "-" if number < 0 else "+"
    return sign + written(abs(number), unit)


def statement(curve: Curve) -> str:
    """Return what the recent models say about where this goes; never what a later one will reach."""
    recent, found = curve.recent(), curve.trend()
    before = len(curve.points) - sum(
        point.number.ground == recent[-1].number.ground for point in recent[-1:] + curve.points[:-1]
    )
    other = f" ({before} earlier on other data, another seed or another suite)" if before else ""
    if found is None:
        models = "1 model" if len(recent) == 1 else f"{len(recent)} models"
        return f"{models} to compare{other}: {LEAST} are needed to say whether the curve has flattened"
    pictures = min(point.number.n for point in recent)
    small = f"{SMALL * 100:g}pp a run"
    meaning = {
        "unknown": "what would be a small gain is not known of this unit, so nothing is said about flattening",
        "rising": "still rising",
        "open": f"it cannot be told yet, since a gain of {small} is not excluded",
        "falling": "it gets worse",
        "coarse": f"too coarse to be called flattened, since one picture of {pictures} is {100 / max(1, pictures):.2g}pp",
        "flattened": f"flattened, since a gain above {small} is excluded",
    }[curve.standing()]
    return f"the last {found.runs} models{other} gained {gain(found, curve.unit)}, 95% interval: {meaning}"
