"""Labels move with the pixels: a drawn square and its moved box agree under every geometric shift, and under several in a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from robustcheck.core import registry
from robustcheck.core.units import Quantity
from robustcheck.domain.config import Preprocessing
from robustcheck.domain.target import IGNORED, BoxTarget, MaskTarget
from robustcheck.images import View, render

HEIGHT, WIDTH = 150, 180
WAY = Preprocessing(input_size=(96, 112), resize=None)
SHIFTS: dict[str, list[tuple[str, float, float, str]]] = {
    "camera.shift": [("dx", -20, 20, "%"), ("dy", -20, 20, "%")],
    "camera.pixel_shift": [("dx", -9, 9, "px"), ("dy", -9, 9, "px")],
    "camera.zoom": [("ratio", 0.7, 1.4, "")],
    "camera.roll": [("roll", -180, 180, "deg")],
    "camera.yaw": [("yaw", -25, 25, "deg")],
    "camera.pitch": [("pitch", -25, 25, "deg")],
    "camera.view": [
        ("yaw", -12, 12, "deg"),
        ("pitch", -12, 12, "deg"),
        ("roll", -30, 30, "deg"),
        ("zoom", 0.8, 1.25, ""),
    ],
    "camera.dolly": [("distance", 0.7, 1.4, "")],
    "camera.distortion": [("k1", -0.25, 0.2, "")],
    "camera.rolling_shutter": [("skew", -30, 30, "%")],
    "camera.height": [("rise", -0.5, 0.5, "m")],
    "crop.center": [("keep", 60, 100, "%")],
}


OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("camera.aspect", {"ratio": Quantity(1.5, ":")}),
    ("camera.aspect", {"ratio": Quantity(0.7, ":")}),
    ("camera.aspect", {"ratio": Quantity(1.5, ":"), "mode": "letterbox"}),
    ("crop.corner", {"keep": Quantity(80, "%"), "corner": "top-left"}),
    (
        "crop.box",
        {"left": Quantity(10, "%"), "top": Quantity(20, "%"), "width": Quantity(70, "%"), "height": Quantity(60, "%")},
    ),
]


def geometric() -> set[str]:
    return {shift.name for shift in registry.shifts if shift.facts.geometric}


def steps_of(name: str, values: dict[str, Any]) -> Any:
    definition = registry.shifts[name]
    return definition, definition.bind(values)


def drawn(picture: NDArray[np.uint8], *steps: Any, way: Preprocessing = WAY) -> View:
    return render(
        picture, steps, preprocessing=way, border="source", fill="black", rng_for=lambda _: np.random.default_rng(0)
    )


def square(left: int, top: int, side: int) -> NDArray[np.uint8]:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[top : top + side, left : left + side] = 255
    return picture


def boxes(*corners: tuple[float, float, float, float]) -> BoxTarget:
    count = len(corners)
    return BoxTarget(np.array(corners, np.float64), np.zeros(count, np.int32), np.zeros(count, bool))


def seen_box(view: View) -> tuple[float, float, float, float] | None:
    """Return the box of what is bright, to half a pixel where an edge is half bright."""
    bright = view.pixels[..., 0] > 127
    if not bright.any():
        return None
    rows, columns = np.flatnonzero(bright.any(axis=1)), np.flatnonzero(bright.any(axis=0))
    return columns[0], rows[0], columns[-1] + 1.0, rows[-1] + 1.0


def check(view: View, left: int, top: int, side: int) -> None:
    moved, visible = view.geometry.move(boxes((left, top, left + side, top + side)))
    assert isinstance(moved, BoxTarget)
    box, share = moved.boxes[0], float(visible[0])
    assert 0 <= share <= 1
    assert (box >= 0).all()
    assert (box <= np.array([112, 96, 112, 96])).all()
    found = seen_box(view)
    if found is None:
        # Whatever is left of it is a sliver that lights no pixel.
        assert (box[2] - box[0]) * (box[3] - box[1]) == 0 or min(box[2] - box[0], box[3] - box[1]) < 1.5
        return
    assert share > 0
    # The corner of a turned square, or a side that falls between pixels, is half a pixel wide and no longer bright.
    np.testing.assert_allclose(box, found, atol=1.6)


def values(name: str) -> st.SearchStrategy[dict[str, Any]]:
    parts = {
        key: st.floats(low, high).map(
            lambda number, unit=unit: Quantity(round(number, 3), unit) if unit else Quantity(round(number, 3))
        )
        for key, low, high, unit in SHIFTS[name]
    }
    return st.fixed_dictionaries(parts)


PLACES = st.tuples(st.integers(30, 110), st.integers(20, 90), st.integers(14, 40))


@pytest.mark.parametrize("name", sorted(SHIFTS))
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_drawn_square_and_its_moved_box_agree(name: str, data: st.DataObject) -> None:
    left, top, side = data.draw(PLACES)
    view = drawn(square(left, top, side), steps_of(name, data.draw(values(name))))
    check(view, left, top, side)


def test_every_geometric_shift_is_tried() -> None:
    assert geometric() == SHIFTS.keys() | {name for name, _ in OTHERS}


@pytest.mark.parametrize(("name", "given_values"), OTHERS)
def test_bars_and_corners(name: str, given_values: dict[str, Any]) -> None:
    view = drawn(square(70, 50, 30), steps_of(name, given_values))
    check(view, 70, 50, 30)


BETWEEN: dict[str, dict[str, Any]] = {
    "sensor.jpeg": {"quality": 95},  # needs the picture drawn on a canvas of the source's size
    "imagenet_c.brightness": {"severity": 1},  # is defined on the model's input
}


@pytest.mark.parametrize("between", BETWEEN)
@settings(max_examples=12, deadline=None)
@given(first=values("camera.roll"), then=values("camera.zoom"), place=PLACES)
def test_geometry_is_remembered_across_shifts_that_need_it_drawn(
    between: str, first: dict[str, Any], then: dict[str, Any], place: tuple[int, int, int]
) -> None:
    left, top, side = place
    steps = [steps_of("camera.roll", first), steps_of(between, BETWEEN[between]), steps_of("camera.zoom", then)]
    view = drawn(square(left, top, side), *steps)
    assert len(view.geometry.legs) == 2 or not first["roll"].number
    moved, _ = view.geometry.move(boxes((left, top, left + side, top + side)))
    assert isinstance(moved, BoxTarget)
    found = seen_box(view)
    if found is None or not moved.boxes[0].any():
        assert found is None or (found[2] - found[0]) * (found[3] - found[1]) < 9
        return
    np.testing.assert_allclose(moved.boxes[0], found, atol=2.6)


@settings(max_examples=25, deadline=None)
@given(data=st.data(), name=st.sampled_from(["camera.view", "camera.roll", "camera.distortion", "camera.zoom"]))
def test_points_go_there_and_back(data: st.DataObject, name: str) -> None:
    view = drawn(square(60, 50, 20), steps_of(name, data.draw(values(name))))
    inner = np.array(data.draw(st.lists(st.tuples(st.floats(5, 107), st.floats(5, 91)), min_size=1, max_size=3)))
    sources, real = view.geometry.to_source(inner)
    back, visible = view.geometry.to_input(sources)
    assert (visible >= real).all() or (visible | ~real).all()
    np.testing.assert_allclose(back[real], inner[real], atol=0.05 if name == "camera.distortion" else 1e-6)


@settings(max_examples=10, deadline=None)
@given(
    data=st.data(), name=st.sampled_from(["camera.view", "camera.distortion", "camera.rolling_shutter", "crop.center"])
)
def test_a_mask_moves_with_the_pixels(data: st.DataObject, name: str) -> None:
    """Classes that stand in the picture's own red channel are where the drawn picture has them."""
    left, top, side = data.draw(PLACES)
    picture = square(left, top, side)
    classes = (picture[..., 0] > 0).astype(np.uint16)
    view = drawn(picture, steps_of(name, data.draw(values(name))))
    moved, share = view.geometry.move(MaskTarget(classes))
    assert isinstance(moved, MaskTarget)
    assert moved.classes.shape == (96, 112)
    assert share[0] == pytest.approx(1 - view.unseen, abs=0.02)
    bright = view.pixels[..., 0] > 127
    mine = moved.classes == 1
    both, either = (bright & mine).sum(), (bright | mine).sum()
    assert both >= 0.85 * either or either < 60
    assert (moved.classes[view.pixels[..., 0] == 255] != IGNORED).all()


def test_without_a_shift_a_target_is_cropped_and_nothing_else() -> None:
    view = drawn(square(60, 50, 20))
    moved, visible = view.geometry.move(boxes((60, 50, 80, 70), (0, 0, 10, 10), (140, 60, 160, 80)))
    assert isinstance(moved, BoxTarget)
    # The middle 112 by 96 of 180 by 150 pixels begins at (34, 27).
    np.testing.assert_allclose(moved.boxes, [(26, 23, 46, 43), (0, 0, 0, 0), (106, 33, 112, 53)], atol=1e-9)
    np.testing.assert_allclose(visible, [1, 0, 0.3], atol=1e-9)
