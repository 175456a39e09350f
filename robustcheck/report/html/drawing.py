"""A curve as the numbers that its picture is made of."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from robustcheck.report.html.curves import Curve, Point
from robustcheck.report.html.plot import Axis, axis, path, tick

WIDTH: Final = 420
HEIGHT: Final = 236
LEFT, RIGHT, TOP, FOOT = 52, 14, 12, 44
REACH: Final = 8.0
"""How far a threshold's line goes beyond the points that it holds for."""
LETTER, GAP = 6.4, 8.0
"""Widths of a letter and of the gap between two labels."""
WIDE: Final = 30.0
"""From here on the greatest value is so many times the least that the scale is logarithmic."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A round number on an axis.

    Attributes:
        place: Where.
        text: What it is.
    """

    place: float
    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of the picture.

    Attributes:
        x: Across.
        y: Down.
        top: Upper end of its interval.
        bottom: Lower end.
        point: What it stands for.
        bound: Where its threshold is; ``None`` without one.
        warning: Where the threshold is whose breach is a warning; ``None`` without one.
        accepted: Where the accepted run is; ``None`` where it is not known.
        told: What it says.
    """

    x: float
    y: float
    top: float
    bottom: float
    point: Point
    bound: float | None
    warning: float | None
    accepted: float | None
    told: str


Level = Literal["fail", "warn"]
Stretch = tuple[float, float, float, str, Level]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A curve on the page.

    Attributes:
        curve: What is drawn.
        dots: Its points.
        band: Outline of the intervals, as SVG points.
        line: The points joined.
        accepted: Those of the accepted run joined; empty where fewer than two are known.
        bounds: Start, end and height of each stretch with one threshold, what it is, and its level: ``fail`` or ``warn``.
        across: Ticks of the parameter.
        down: Ticks of the metric.
        clean: Height of the clean case; ``None`` where it is not known.
        limit: Where the search found the break; ``None`` elsewhere.
        sentence: All of it in words.
    """

    curve: Curve
    dots: tuple[Dot, ...]
    band: str
    line: str
    accepted: str
    bounds: tuple[Stretch, ...]
    across: tuple[Tick, ...]
    down: tuple[Tick, ...]
    clean: float | None
    limit: float | None
    sentence: str


def draw(curve: Curve) -> Drawing:
    """Return what the picture of a curve is made of."""
    points = curve.points
    ends = [end for point in points for end in (point.low, point.high, point.value)]
    marks = [number for point in points for number in (point.bound, point.warning, point.accepted)]
    ends += [number for number in marks if number is not None]
    ends += [curve.clean] if curve.clean is not None else []
    places = [point.x for point in points]
    wide = min(places) > 0 and max(places) / min(places) >= WIDE

    def across(number: float) -> float:
        return x.place(math.log10(number) if wide else number)

    x = axis((math.log10(place) if wide else place for place in places), LEFT + 14, WIDTH - RIGHT - 14, rounded=False)
    y = axis(ends, HEIGHT - FOOT, TOP)
    dots = tuple(_dot(point, across(point.x), y, curve) for point in points)
    accepted = [(dot.x, dot.accepted) for dot in dots if dot.accepted is not None]
    return Drawing(
        curve=curve,
        dots=dots,
        band=path([*((dot.x, dot.top) for dot in dots), *((dot.x, dot.bottom) for dot in reversed(dots))]),
        line=path((dot.x, dot.y) for dot in dots),
        accepted=path(accepted) if len(accepted) > 1 else "",
        bounds=(*_bounds(dots, "fail"), *_bounds(dots, "warn")),
        across=tuple(_labels(dots)),
        down=tuple(Tick(y.place(number), tick(number, curve.unit)) for number in y.ticks),
        clean=None if curve.clean is None else y.place(curve.clean),
        limit=None if curve.limit is None or (wide and curve.limit <= 0) else across(curve.limit),
        sentence=sentence(curve),
    )


def sentence(curve: Curve) -> str:
    """Return a curve in words."""
    low, high = (choose(curve.points, key=lambda point: point.value) for choose in (min, max))
    told = f"{len(curve.points)} values of {curve.parameter} from {curve.points[0].at} to {curve.points[-1].at}. "
    told += f"Least {low.text} at {low.at}, greatest {high.text} at {high.at}."
    broken = [point.at for point in curve.points if point.verdict not in ("pass", "")]
    return told + (f" Not passed at {', '.join(broken)}." if broken else "")


def _dot(point: Point, x: float, y: Axis, curve: Curve) -> Dot:
    expected = f", expected {point.expect}" if point.expect else ""
    verdict = f": {point.verdict}" if point.verdict else ""
    return Dot(
        x=x,
        y=y.place(point.value),
        top=y.place(max(point.high, point.value)),
        bottom=y.place(min(point.low, point.value)),
        point=point,
        bound=None if point.bound is None else y.place(point.bound),
        warning=None if point.warning is None else y.place(point.warning),
        accepted=None if point.accepted is None else y.place(point.accepted),
        told=f"{curve.parameter} {point.at}: {point.text} of {point.n} pictures{expected}{verdict}",
    )


def _labels(dots: Sequence[Dot]) -> Iterator[Tick]:
    """Yield the values themselves as labels, as many as have room: the last and the first always."""

    def apart(one: Dot, other: Dot) -> bool:
        return abs(one.x - other.x) >= LETTER * (len(one.point.at) + len(other.point.at)) / 2 + GAP

    chosen = [dots[-1]]
    for dot in reversed(dots[1:-1]):
        if apart(dot, chosen[-1]) and apart(dot, dots[0]):
            chosen.append(dot)
    for dot in (dots[0], *reversed(chosen)):
        yield Tick(dot.x, dot.point.at)


def _bounds(dots: tuple[Dot, ...], level: Level) -> list[Stretch]:
    """Return one line for neighbours with the same threshold, a little longer than the points that it holds for."""
    found: list[tuple[float, float, float, str]] = []
    for dot in dots:
        height = dot.bound if level == "fail" else dot.warning
        if height is None:
            continue
        if found and found[-1][2:] == (height, dot.point.expect):
            found[-1] = (found[-1][0], dot.x + REACH, height, dot.point.expect)
        else:
            found.append((dot.x - REACH, dot.x + REACH, height, dot.point.expect))
    return [(round(start, 1), round(end, 1), height, text, level) for start, end, height, text in found]
