"""From the runs of a history to a curve, and whether it has flattened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from robustcheck.core.errors import RobustcheckError

LAST: Final = 8
"""The most points that a trend is of: what was gained long ago says little about now."""
LEAST: Final = 5
"""Points below which nothing is said: a line through fewer has next to no residue to judge it by."""
SMALL: Final = 0.005
"""A gain a run, as a fraction, that is too small to be worth another run: half a percentage point."""
CONFIDENCE: Final = 0.95

Better = Literal["higher", "lower"]
Ground = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """That a run became a baseline.

    Attributes:
        when: The day.
        reason: Why, in the words of whoever accepted it.
    """

    when: str
    reason: str


@dataclass(frozen=True, slots=True)
class Measured:
    """One number of one run.

    Attributes:
        when: Start of the run in UTC, ``2026-11-23T15:24:36+00:00``.
        model: Its entry of ``models.yaml``.
        model_digest: Empty if unknown.
        ground: What makes numbers comparable: digest of the data, seed, and digest of the case or, where the result file
            had none, of the suite.
        value: A fraction where the unit is ``%`` or ``pp``.
        low: Lower end of the 95% interval.
        high: Upper end.
        n: Pictures that it is of.
        unit: Empty where nothing was expected of it.
        verdict: Of the number, or of its case if nothing was expected of it.
        stopped: Whether the case stopped before it had seen every picture.
        trusted: Whether the case ended with a number that says something about the model.
        accepted: The baseline that the run became.
    """

    when: str
    model: str
    model_digest: str
    ground: Ground
    value: float
    low: float
    high: float
    n: int
    unit: str = ""
    verdict: str = ""
    stopped: bool = False
    trusted: bool = True
    accepted: Acceptance | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """All runs of one model on one ground; they measured the same.

    Attributes:
        when: When the model was first seen there.
        number: Of the run with the most pictures; of the latest among those.
        runs: How many runs there were, that came from the cache or not.
        accepted: The baselines that any of them became, the oldest first.
    """

    when: str
    number: Measured
    runs: int = 1
    accepted: tuple[Acceptance, ...] = ()


@dataclass(frozen=True, slots=True)
class Curve:
    """A metric of a case over the versions of one model.

    Attributes:
        suite: Path of the suite.
        case: Id of the case.
        metric: Its name.
        model: An entry of ``models.yaml``.
        unit: ``%``, ``pp``, the unit of a parameter, or nothing.
        better: Whether a higher or a lower value is better.
        points: The oldest first.
    """

    suite: str
    case: str
    metric: str
    model: str
    unit: str
    better: Better
    points: tuple[Point, ...] = field(repr=False)

    def recent(self) -> tuple[Point, ...]:
        """Return the points that a trend is of: on the ground of the latest, the last few, so each of another model."""
        if not self.points:
            return ()
        ground = self.points[-1].number.ground
        return tuple(point for point in self.points if point.number.ground == ground)[-LAST:]

    def trend(self) -> Trend | None:
        """Return how much the recent models gained a run; ``None`` if they are too few."""
        recent = self.recent()
        return trend([point.number.value for point in recent], better=self.better) if len(recent) >= LEAST else None

    def standing(self) -> Standing:
        """Return what may be said of the recent models.

        ``flattened`` needs an interval that excludes a gain above ``SMALL``, and pictures enough to show it: a share of n
        pictures moves in steps of 1 / n, which hide a slope of up to half a step at every point.
        """
        found = self.trend()
        if found is None:
            return "few"
        if self.unit not in ("%", "pp"):
            return "unknown"
        if found.high >= SMALL:
            return "rising" if found.low > 0 else "open"
        if found.high < 0 and found.low < -SMALL:
            return "falling"
        pictures = min(point.number.n for point in self.recent())
        return "flattened" if found.high + hidden(found.runs, pictures) < SMALL else "coarse"


Standing = Literal["few", "unknown", "rising", "open", "falling", "coarse", "flattened"]


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through the last runs, read as what each run gained over the one before.

    Attributes:
        gain: A run, positive where the metric got better.
        low: Lower end of its 95% interval.
        high: Upper end.
        runs: How many runs it is of.
    """

    gain: float
    low: float
    high: float
    runs: int


def points_of(measured: Sequence[Measured]) -> tuple[Point, ...]:
    """Put the runs of one model on one ground together.

    A run again of what was run before is no news: it would draw a flat line that no model made. Numbers that say nothing
    about a model, and those of a model without a digest, are left out.

    Args:
        measured: In the order of time.
    """
    points: dict[tuple[str, str, Ground], Point] = {}
    for number in measured:
        if not (number.trusted and number.model_digest):
            continue
        key = (number.model, number.model_digest, number.ground)
        accepted = (number.accepted,) if number.accepted else ()
        before = points.get(key)
        if before is None:
            points[key] = Point(number.when, number, accepted=accepted)
            continue
        best = number if number.n >= before.number.n else before.number
        both = tuple(dict.fromkeys((*before.accepted, *accepted)))
        points[key] = replace(before, number=best, runs=before.runs + 1, accepted=both)
    return tuple(points.values())


def trend(values: Sequence[float], *, better: Better) -> Trend:
    """Fit a line through values by ordinary least squares against their position, with Student's interval of its slope.

    The scatter about the line is what the interval is made of: it holds the luck of training as well as that of measuring.
    The intervals of the values are not used, since the models were measured on the same pictures.

    Args:
        values: One a run, the oldest first; at least three.
        better: Whether higher or lower values are a gain.

    Raises:
        RobustcheckError: There are fewer.
    """
    if len(values) < 3:
        raise RobustcheckError(f"a trend needs three runs or more, and there are {len(values)}")
    from scipy.special import stdtrit

    count = len(values)
    places = [place - (count - 1) / 2 for place in range(count)]
    spread = sum(place * place for place in places)
    mean = sum(values) / count
    slope = sum(place * (value - mean) for place, value in zip(places, values, strict=True)) / spread
    residue = sum((value - mean - slope * place) ** 2 for place, value in zip(places, values, strict=True))
    error = (residue / (count - 2) / spread) ** 0.5
    reach = float(stdtrit(count - 2, (1 + CONFIDENCE) / 2)) * error
    gain = slope if better == "higher" else -slope
    return Trend(gain, gain - reach, gain + reach, count)


def hidden(runs: int, pictures: int) -> float:
    """Return the greatest slope that rounding to a share of some pictures can hide: half a step at every point."""
    places = [place - (runs - 1) / 2 for place in range(runs)]
    return 0.5 / max(1, pictures) * sum(map(abs, places)) / sum(place * place for place in places)
