"""Curves as one SVG that needs nothing else: no script, no font, no other file; for light and dark pages."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from robustcheck.core.text import printable
from robustcheck.runs.history.curve import Curve, Point
from robustcheck.runs.history.history_drawing import Scale, scale, span
from robustcheck.runs.history.history_words import DIGITS, labels, statement, title, value

WIDTH: Final = 760
LEFT, RIGHT, TOP, FOOT, LINE = 70, 20, 58, 52, 18
HEIGHT: Final = 190
"""Of the drawing itself, without what is written above and below."""
ROWS: Final = 8
LABEL: Final = 74
"""Room that a date needs below a point."""
LETTERS: Final = 100
"""Of a line below a drawing."""
TITLE: Final = 68

STYLE: Final = """
svg { color-scheme: light dark; }
.paper { fill: #fff; } .ink { fill: #1a1a1a; } .faint { fill: #595959; } .rule { stroke: #dcdcdc; }
.reach { stroke: #1f5fa8; stroke-opacity: .55; stroke-width: 2; } .way { fill: none; stroke: #1f5fa8; stroke-width: 1.5; }
.point { fill: #1f5fa8; stroke: #fff; } .accepted { fill: #9a4b00; stroke: #fff; }
.break { stroke: #595959; stroke-dasharray: 2 3; } .trend { stroke: #1a1a1a; stroke-width: 1.5; stroke-dasharray: 6 4; }
text { font: 13px system-ui, sans-serif; } .title { font-weight: 600; font-size: 15px; } .small { font-size: 11px; }
@media (prefers-color-scheme: dark) {
.paper { fill: #16181b; } .ink { fill: #ececec; } .faint { fill: #b0b0b0; } .rule { stroke: #34373c; }
.reach, .way { stroke: #7db4f0; } .point { fill: #7db4f0; stroke: #16181b; } .accepted { fill: #f0b070; stroke: #16181b; }
.break { stroke: #b0b0b0; } .trend { stroke: #ececec; } }
"""


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a drawing puts its points."""

    shown: Scale
    gap: float

    def across(self, place: float) -> float:
        return LEFT + self.gap * (place + 0.5)

    def down(self, number: float) -> float:
        # Half a step of room above and below, since the ends of the scale are rounded to its lines.
        steps = self.shown.top - self.shown.bottom + 1
        return TOP + HEIGHT * (1 - (number / self.shown.factor / self.shown.step - self.shown.bottom + 0.5) / steps)


def svg(curves: Sequence[Curve]) -> str:
    """Return curves below each other as one picture.

    A point is a model with its 95% interval; a diamond is an accepted baseline; the dashed line is the trend over the points that
    it was made from, and goes no further.

    Args:
        curves: Each with one point at least.
    """
    panels, top = [], 0
    for curve in curves:
        height, parts = _panel(curve)
        panels.append(f'<g transform="translate(0 {top})">\n{"".join(parts)}</g>\n')
        top += height
    name = escape(f"history of {len(curves)} curves" if len(curves) != 1 else title(curves[0]))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}" role="img">\n'
        f'<title>{name}</title>\n<style>{STYLE}</style>\n<rect class="paper" width="{WIDTH}" height="{top}"/>\n'
        f"{''.join(panels)}</svg>\n"
    )


def _panel(curve: Curve) -> tuple[int, list[str]]:
    notes = [*textwrap.wrap(statement(curve), LETTERS)]
    if len(list(_stretches(curve.points))) > 1:
        notes.append("dotted: from there on other data, another seed or another suite")
    for point in curve.points:
        for baseline in point.accepted:
            digest = point.number.model_digest[:DIGITS]
            told = f"diamond: {digest}, accepted {baseline.when}: {baseline.reason}"
            notes += textwrap.wrap(printable(told), LETTERS)
    below = TOP + HEIGHT + FOOT
    parts = [
        _text(LEFT, 24, _cut(title(curve), TITLE), "ink title"),
        _text(LEFT, 42, _cut(printable(curve.suite), LETTERS), "faint small"),
        *_drawing(curve),
        *(_text(LEFT, below + LINE * place, note, "ink") for place, note in enumerate(notes)),
    ]
    return below + LINE * len(notes) + 12, parts


def _drawing(curve: Curve) -> Iterator[str]:
    shown = scale(curve, curve.points, ROWS)
    frame = _Frame(shown, (WIDTH - LEFT - RIGHT) / len(curve.points))
    for row in range(shown.bottom, shown.top + 1):
        y = frame.down(row * shown.step * shown.factor)
        yield f'<path class="rule" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>\n'
        yield _text(LEFT - 8, y + 4, shown.label(row), "faint small", anchor="end")
    for start, end in _stretches(curve.points):
        places = range(start, end)
        way = " ".join(f"{frame.across(at):.1f},{frame.down(curve.points[at].number.value):.1f}" for at in places)
        yield f'<polyline class="way" points="{way}"/>\n'
        if end < len(curve.points):
            yield f'<path class="break" d="M{frame.across(end - 0.5):.1f} {TOP}v{HEIGHT}"/>\n'
    yield from _trend(curve, frame)
    every = math.ceil(LABEL / frame.gap)
    for place, (point, day) in enumerate(zip(curve.points, labels(curve.points), strict=True)):
        yield _point(curve, place, day, frame)
        if (len(curve.points) - 1 - place) % every == 0:
            x, y = frame.across(place), TOP + HEIGHT + 16
            yield _text(x, y, point.when[:10], "faint small", anchor="middle")
            yield _text(x, y + 14, printable(point.number.model_digest[:DIGITS]), "faint small", anchor="middle")


def _stretches(points: Sequence[Point]) -> Iterator[tuple[int, int]]:
    """Yield begin and end of every run of points that stand on the same ground."""
    start = 0
    for place in range(1, len(points) + 1):
        if place == len(points) or points[place].number.ground != points[start].number.ground:
            yield start, place
            start = place


def _trend(curve: Curve, frame: _Frame) -> Iterator[str]:
    found, recent = curve.trend(), curve.recent()
    # Where the ground changed in between and changed back, the points are not evenly spaced and no line would be the trend.
    if found is None or curve.points[-len(recent) :] != recent:
        return
    slope = found.gain if curve.better == "higher" else -found.gain
    middle = sum(point.number.value for point in recent) / len(recent)
    last, half = len(curve.points) - 1, (len(recent) - 1) / 2
    start = f"{frame.across(last - 2 * half):.1f} {frame.down(middle - slope * half):.1f}"
    yield f'<path class="trend" d="M{start}L{frame.across(last):.1f} {frame.down(middle + slope * half):.1f}"/>\n'


def _point(curve: Curve, place: int, day: str, frame: _Frame) -> str:
    point = curve.points[place]
    number, x = point.number, frame.across(place)
    y, (low, high) = frame.down(number.value), map(frame.down, span(point))
    runs = f", {point.runs} runs" if point.runs > 1 else ""
    early = ", stopped early" if number.stopped else ""
    digest = number.model_digest[:DIGITS]
    told = f"{day} {digest}: {value(number, curve.unit)} of {number.n} pictures, {number.verdict}{early}{runs}"
    if point.accepted:
        mark = f'<path class="accepted" d="M{x:.1f} {y - 7:.1f}l7 7l-7 7l-7 -7z"/>'
    else:
        mark = f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    reach = f'<path class="reach" d="M{x:.1f} {low:.1f}V{high:.1f}"/>'
    return f"<g><title>{escape(printable(told))}</title>{reach}{mark}</g>\n"


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def _text(x: float, y: float, text: str, kind: str, *, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>\n'
