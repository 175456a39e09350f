"""Curves as Mermaid charts, which GitHub draws where it strips every other picture that a summary could hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from robustcheck.domain.verdict import FAILING

if TYPE_CHECKING:
    from robustcheck.report.html.curves import Curve

Json = Mapping[str, Any]
MOST: Final = 6
"""Charts of a suite."""
PLAIN: Final = re.compile(r"[^0-9A-Za-z_ .,=+/%:()-]")
"""What a text of Mermaid could end or obey."""


def charts(suite: Json) -> list[str]:
    """Return a chart of each swept check of which a case did not pass, as fenced Markdown, the first few."""
    from robustcheck.report.html.curves import curves

    bad = {case["id"] for case in suite["cases"] if case["verdict"] in FAILING or case["verdict"] == "warn"}
    wanted = [curve for group in curves(suite) for curve in group if any(point.case in bad for point in curve.points)]
    shown = [chart(curve) for curve in wanted if any(point.expect for point in curve.points)]
    return shown[:MOST]


def chart(curve: Curve) -> str:
    """Return one curve: the metric, its threshold where every point has one, and the accepted run where that is known."""
    return "\n".join(["```mermaid", *_lines(curve), "```", _legend(curve), ""])


def _lines(curve: Curve) -> Iterator[str]:
    scale = 100 if curve.unit in ("%", "pp") else 1
    rows = [[point.value for point in curve.points], *_further(curve).values()]
    ends = [number * scale for row in rows for number in row]
    low, high = min(ends), max(ends)
    room = max((high - low) * 0.1, 1e-3)
    yield "xychart-beta"
    yield f"    title {_text(f'{curve.check}: {curve.metric} over {curve.parameter}')}"
    yield f"    x-axis [{', '.join(_text(point.at) for point in curve.points)}]"
    yield f"    y-axis {_text(f'{curve.metric} {curve.unit}')} {low - room:.4g} --> {high + room:.4g}"
    for row in rows:
        yield f"    line [{', '.join(f'{number * scale:.4g}' for number in row)}]"


def _further(curve: Curve) -> dict[str, list[float]]:
    """Return what is drawn beside the metric, in order: only what every point has, since a line has no gaps."""
    told = {
        "what was expected": [point.bound for point in curve.points],
        "what only warns": [point.warning for point in curve.points],
        "the accepted run": [point.accepted for point in curve.points],
    }
    return {
        name: [value for value in row if value is not None]
        for name, row in told.items()
        if all(v is not None for v in row)
    }


def _legend(curve: Curve) -> str:
    names = ["what was observed", *_further(curve)]
    return "Lines in their order: " + ", ".join(names) + "." if len(names) > 1 else ""


def _text(text: str) -> str:
    return f'"{PLAIN.sub(" ", text).strip() or "?"}"'
