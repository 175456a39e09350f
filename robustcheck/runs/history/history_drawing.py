"""A curve in plain characters, for a terminal of any width."""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from robustcheck.core.text import printable
from robustcheck.core.units import UNITS
from robustcheck.runs.history.curve import Curve, Point
from robustcheck.runs.history.history_words import DIGITS, labels, statement, title, value

ROWS: Final = 12
"""The most lines of a drawing."""
NARROW, WIDE = 4, 8
"""Columns a point may take."""
LEAST_WIDTH: Final = 40


@dataclass(frozen=True, slots=True)
class Scale:
    """The lines of a drawing: each stands for a round number.

    Attributes:
        bottom: The number of the lowest line, in steps.
        top: The number of the highest line, in steps.
        step: Between two lines, as a person reads it: 1 for a percentage point.
        factor: What a stored number is divided by to be read.
        unit: What stands behind it.
    """

    bottom: int
    top: int
    step: float
    factor: float
    unit: str

    def row(self, number: float) -> int:
        """Return the line that is nearest to a number, in steps."""
        return math.floor(number / self.factor / self.step + 0.5)

    def label(self, row: int) -> str:
        """Return what a line stands for."""
        digits = max(0, -math.floor(math.log10(self.step) + 1e-9))
        return f"{row * self.step + 0.0:.{digits}f}{self.unit}"


def scale(curve: Curve, points: tuple[Point, ...], rows: int = ROWS) -> Scale:
    """Return the finest scale of round steps that shows the points with their intervals."""
    factor = 0.01 if curve.unit in ("%", "pp") else UNITS[curve.unit].factor if curve.unit in UNITS else 1.0
    ends = [end / factor for point in points for end in span(point)]
    low, high = min(ends), max(ends)
    exponent = math.floor(math.log10(max((high - low) / rows, abs(high) / 1000, 1e-9)))
    for power in range(exponent, exponent + 3):
        for digit in (1, 2, 5):
            step = digit * 10.0**power
            bottom, top = math.floor(low / step + 0.5), math.floor(high / step + 0.5)
            if top - bottom < rows:
                return Scale(bottom, top, step, factor, curve.unit)
    raise AssertionError("a step of more than the whole range fits")


def span(point: Point) -> tuple[float, float]:
    """Return the interval of a point, which holds it."""
    number = point.number
    return min(number.low, number.value), max(number.high, number.value)


def draw(curve: Curve, width: int) -> list[str]:
    """Return the lines of a drawing: the curve, its points, and what they say.

    Args:
        curve: With one point at least.
        width: Of the terminal in columns; below 40 counts as 40.
    """
    width = max(LEAST_WIDTH, width)
    lines = [*textwrap.wrap(title(curve), width), *textwrap.wrap(printable(curve.suite), width)]
    room = (width - 10) // NARROW
    points = curve.points[-room:]
    lines += _plot(curve, points, width)
    left = len(curve.points) - len(points)
    if left:
        lines.append(f"({left} earlier not drawn)")
    lines += _legend(curve, left, width)
    lines += textwrap.wrap(statement(curve), width)
    return lines


def _plot(curve: Curve, points: tuple[Point, ...], width: int) -> Iterator[str]:
    shown = scale(curve, points)
    names = {row: shown.label(row) for row in range(shown.bottom, shown.top + 1)}
    margin = max(map(len, names.values()))
    column = max(NARROW, min(WIDE, (width - margin - 2) // len(points)))
    for row in range(shown.top, shown.bottom - 1, -1):
        marks = "".join(_mark(point, row, shown).rjust(column) for point in points)
        yield f"{names[row]:>{margin}} |{marks}".rstrip()
    first = len(curve.points) - len(points) + 1
    axis = "".join(("/" if changed else "-") + "-" * (column - 1) for changed in (False, *_changes(points)))
    yield f"{'':{margin}} +{axis}"
    yield f"{'':{margin}}  " + "".join(f"{first + place:>{column}}" for place in range(len(points)))


def _changes(points: tuple[Point, ...]) -> list[bool]:
    """Return for every point but the first whether it stands on another ground than the one before."""
    return [one.number.ground != other.number.ground for one, other in itertools.pairwise(points)]


def _mark(point: Point, row: int, shown: Scale) -> str:
    if row == shown.row(point.number.value):
        return "@" if point.accepted else "o"
    low, high = (shown.row(end) for end in span(point))
    return "|" if low <= row <= high else ""


def _legend(curve: Curve, left: int, width: int) -> Iterator[str]:
    dates = labels(curve.points)[left:]
    points = curve.points[left:]
    values = [value(point.number, curve.unit) for point in points]
    margin, longest, day = len(str(len(curve.points))), max(map(len, values)), max(map(len, dates))
    if any(_changes(points)):
        yield "/ other data, another seed or another suite"
    for place, (point, date, text) in enumerate(zip(points, dates, values, strict=True), start=left + 1):
        number = point.number
        early = " early" if number.stopped else ""
        again = f" x{point.runs}" if point.runs > 1 else ""
        digest = number.model_digest[:DIGITS]
        line = f"{place:>{margin}} {date:<{day}} {digest} {text:<{longest}} {number.n}{early} {number.verdict}{again}"
        yield from textwrap.wrap(printable(line), width, subsequent_indent=" " * (margin + 1))
        for baseline in point.accepted:
            told = f"@ accepted {printable(baseline.when)}: {printable(baseline.reason)}"
            indent = " " * (margin + 1)
            yield from textwrap.wrap(told, width, initial_indent=indent, subsequent_indent=indent + "  ")
