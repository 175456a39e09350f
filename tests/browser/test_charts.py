"""The charts of the step summary, drawn by the library with which GitHub draws them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from robustcheck.report.charts import chart
from robustcheck.report.html.curves import Curve, Point

MERMAID = Path(__file__).parent / "node_modules" / "mermaid" / "dist" / "mermaid.min.js"
POINTS = tuple(
    Point(x, f"{x:g}deg", value, value - 0.02, value + 0.02, "", 100, "pass", bound=0.9, expect=">= 90%", accepted=0.97)
    for x, value in ((-15.0, 0.84), (-5.0, 0.95), (5.0, 0.96), (15.0, 0.9))
)
CURVE = Curve("robot-is-lower", "accuracy", "pitch", "%", "deg", POINTS, clean=0.99)
HOSTILE = '"] line [1] `"<img src=x onerror=alert(1)>\n```\n# %%{init: {}}%%'


def drawn(chromium: Browser, text: str) -> str:
    """Return the SVG that Mermaid draws."""
    page = chromium.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.set_content("<body></body>")
    page.add_script_tag(path=MERMAID)
    body = text.removeprefix("```mermaid\n").partition("```")[0]
    svg: str = page.evaluate(
        """async (body) => {
            mermaid.initialize({startOnLoad: false, securityLevel: "strict"});
            const {svg} = await mermaid.render("chart", body);
            document.body.innerHTML = svg;
            return svg;
        }""",
        body,
    )
    assert not dialogs
    page.close()
    return svg


@pytest.fixture(autouse=True)
def _mermaid(axe: object) -> None:
    # Whoever has installed the one has the other.
    assert MERMAID.is_file()


def test_github_draws_the_curve_with_what_was_expected_and_the_accepted_run(chromium: Browser, shots: Path) -> None:
    svg = drawn(chromium, chart(CURVE))
    (shots / "chart.svg").write_text(svg)
    assert "robot-is-lower: accuracy over pitch" in svg
    for text in ("-15deg", "15deg", "accuracy %"):
        assert text in svg
    assert svg.count("line-plot") == 3


@pytest.mark.parametrize("name", ["check", "metric", "parameter"])
def test_hostile_names_leave_a_chart(chromium: Browser, name: str) -> None:
    text = chart(dataclasses.replace(CURVE, **{name: HOSTILE}))
    assert text.count("```") == 2
    assert drawn(chromium, text).count("line-plot") == 3


def test_a_curve_without_bounds_is_one_line(chromium: Browser) -> None:
    points = tuple(dataclasses.replace(point, bound=None, accepted=None) for point in POINTS)
    text = chart(dataclasses.replace(CURVE, points=points))
    assert "Lines in their order" not in text
    assert drawn(chromium, text).count("line-plot") == 1
