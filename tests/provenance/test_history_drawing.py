"""The drawings, compared as text and as XML."""

from __future__ import annotations

import textwrap
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robustcheck.runs.history.curve import Acceptance, Curve, Measured, points_of
from robustcheck.runs.history.history_drawing import draw, scale
from robustcheck.runs.history.history_svg import svg

HOSTILE = '<script>alert("1")</script> & \' ]]> \x1b[31m\x00 \ufffe'


def measured(value: float, day: int, *, reach: float = 0.02, **facts: object) -> Measured:
    known = {"ground": ("d", "7", "c"), "model": "signs-web", "verdict": "pass", "unit": "%"} | facts
    digest = f"{day:02}abcdef0123"
    when = f"2026-11-{day:02}T10:00:00+00:00"
    return Measured(when=when, model_digest=digest, value=value, low=value - reach, high=value + reach, n=200, **known)  # type: ignore[arg-type]


def curve(
    *numbers: Measured, case: str = "dusk[stops=-2ev]", suite: str = "suites/signs/signs.yaml", unit: str = "%"
) -> Curve:
    return Curve(suite, case, "accuracy", "signs-web", unit, "higher", points_of(numbers))


SMALL = curve(
    measured(0.88, 1),
    measured(
        0.90, 2, accepted=Acceptance("2026-11-03", "good enough to drive with, said the people who drive with it")
    ),
    measured(0.90, 2),
    measured(0.93, 9, verdict="fail", ground=("other", "7", "c"), stopped=True),
)

DRAWN = """
dusk[stops=-2ev]: accuracy of signs-web
suites/signs/signs.yaml
95% |                       |
94% |                       |
93% |                       o
92% |               |       |
91% |               |       |
90% |       |       @
89% |       |       |
88% |       o       |
87% |       |
86% |       |
    +----------------/-------
            1       2       3
/ other data, another seed or another suite
1 2026-11-01 01abcdef 88.0% [86.0, 90.0] 200 pass
2 2026-11-02 02abcdef 90.0% [88.0, 92.0] 200 pass x2
  @ accepted 2026-11-03: good enough to drive with, said the
    people who drive with it
3 2026-11-09 09abcdef 93.0% [91.0, 95.0] 200 early fail
1 model to compare (2 earlier on other data, another seed or
another suite): 5 are needed to say whether the curve has
flattened
"""


def test_a_small_curve_is_drawn_so() -> None:
    assert "\n".join(draw(SMALL, 60)) == textwrap.dedent(DRAWN).strip("\n")


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.5)), min_size=1, max_size=40),
    st.integers(20, 120),
    st.sampled_from(["%", "pp", "", "ev", "/255"]),
)
def test_every_drawing_fits_and_shows_every_point(ends: list[tuple[float, float]], width: int, unit: str) -> None:
    numbers = [measured(value, day, reach=reach) for day, (value, reach) in enumerate(ends, start=1)]
    lines = draw(curve(*numbers, unit=unit), width)
    assert max(map(len, lines)) <= max(40, width)
    axis = next(place for place, line in enumerate(lines) if line.lstrip().startswith("+-"))
    plot = [line for line in lines[:axis] if " |" in line]
    assert len(plot) <= 12
    shown = len(lines[axis + 1].split())
    assert "".join(plot).count("o") == shown
    assert shown == len(ends) or f"({len(ends) - shown} earlier not drawn)" in lines
    assert all(line.isascii() and line.isprintable() for line in lines)


@pytest.mark.parametrize("value", [0.0, 1.0, -3.0, 1e9, 18.0, 1e-7])
def test_a_single_number_has_a_scale(value: float) -> None:
    found = curve(measured(value, 1, reach=0), unit="")
    shown = scale(found, found.points)
    assert shown.bottom <= shown.row(value) <= shown.top
    assert svg([found])


def test_what_a_suite_wrote_stays_text() -> None:
    told = Acceptance(HOSTILE, HOSTILE)
    numbers = [measured(0.9, day, verdict=HOSTILE, accepted=told) for day in range(1, 7)]
    found = curve(*numbers, case=HOSTILE, suite=HOSTILE)
    picture = svg([found])
    assert "<script" not in picture
    root = ElementTree.fromstring(picture)
    assert {element.tag.partition("}")[2] for element in root.iter()} <= {
        "svg",
        "title",
        "style",
        "rect",
        "g",
        "text",
        "path",
        "circle",
        "polyline",
    }
    texts = [element.text or "" for element in root.iter() if element.tag.endswith("text")]
    assert any('<script>alert("1")</script> & \'' in text for text in texts)
    assert not any(name.startswith("on") or "href" in name for element in root.iter() for name in element.attrib)
    lines = draw(found, 60)
    assert all(line.isprintable() for line in lines)
    assert max(map(len, lines)) <= 60


def test_the_picture_needs_nothing_else() -> None:
    picture = svg([SMALL, SMALL])
    assert picture.count("http") == 1
    assert 'xmlns="http://www.w3.org/2000/svg"' in picture
    assert "url(" not in picture
    assert "@import" not in picture
    assert "prefers-color-scheme: dark" in picture


def test_the_picture_shows_every_point_and_ends_with_the_last() -> None:
    numbers = [measured(0.5 + day / 40, day) for day in range(1, 10)]
    root = ElementTree.fromstring(svg([curve(*numbers)]))
    circles = [element for element in root.iter() if element.tag.endswith("circle")]
    assert len(circles) == 9
    heights = [float(circle.attrib["cy"]) for circle in circles]
    assert heights == sorted(heights, reverse=True)
    (line,) = (element.attrib["d"] for element in root.iter() if element.attrib.get("class") == "trend")
    assert float(line.partition("L")[2].split()[0]) == float(circles[-1].attrib["cx"])
    assert "01abcdef" in {element.text for element in root.iter()}


def test_a_change_of_ground_breaks_the_line() -> None:
    root = ElementTree.fromstring(svg([SMALL]))
    kinds = [element.attrib.get("class") for element in root.iter()]
    assert (kinds.count("way"), kinds.count("break"), kinds.count("accepted")) == (2, 1, 1)
