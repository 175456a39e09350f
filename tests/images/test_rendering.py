"""Honest pixels: the model's own preprocessing to the bit, real pixels beyond the view, one resample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from torchvision.transforms import CenterCrop, InterpolationMode, Resize

from robustcheck.core import registry
from robustcheck.core.errors import CaseError
from robustcheck.core.units import Quantity
from robustcheck.domain.config import Preprocessing
from robustcheck.images import View, Warp, frame_of, render

Pixels = NDArray[np.uint8]
MODES = {
    "nearest": InterpolationMode.NEAREST,
    "bilinear": InterpolationMode.BILINEAR,
    "bicubic": InterpolationMode.BICUBIC,
    "lanczos": InterpolationMode.LANCZOS,
    "area": InterpolationMode.BOX,
}
SIZES = [(160, 160), (500, 375), (375, 501), (333, 500), (7, 513), (513, 7), (64, 64), (2, 3), (1, 1)]


def picture(width: int, height: int, seed: int = 0) -> Pixels:
    """Return smooth noise, as photos are."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (max(1, height // 6), max(1, width // 6), 3), dtype=np.uint8)
    return np.array(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def preprocessing(size: int = 64, resize: Any = 100, **changes: Any) -> Preprocessing:
    return Preprocessing(input_size=(size, size), resize=resize, **changes)


def shot(image: Pixels, *steps: tuple[str, Mapping[str, Any]], **options: Any) -> View:
    """Render with written parameters, such as ``("camera.yaw", {"yaw": Quantity(5, "deg")})``."""
    way = {"preprocessing": preprocessing(), "border": "source", "fill": "reflect", **options}
    bound: Sequence[Any] = [(registry.shifts[name], registry.shifts[name].bind(params)) for name, params in steps]
    return render(image, bound, rng_for=np.random.default_rng, **way)


def px(x: float, y: float = 0) -> tuple[str, dict[str, Quantity]]:
    return "camera.pixel_shift", {"dx": Quantity(x, "px"), "dy": Quantity(y, "px")}


def yaw(degrees: float) -> tuple[str, dict[str, Quantity]]:
    return "camera.yaw", {"yaw": Quantity(degrees, "deg")}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("resize", [100, 64, (64, 64), (90, 120), None])
@pytest.mark.parametrize("interpolation", list(MODES))
def test_clean_is_torchvisions_pipeline_to_the_bit(size: tuple[int, int], resize: Any, interpolation: str) -> None:
    image = picture(*size)
    expected = Image.fromarray(image)
    if resize is not None:
        expected = Resize(resize, MODES[interpolation])(expected)
    expected = CenterCrop(64)(expected)
    found = shot(image, preprocessing=preprocessing(resize=resize, interpolation=interpolation), fill="black")
    np.testing.assert_array_equal(found.pixels, np.asarray(expected))


def test_clean_without_antialiasing_is_opencvs_resize() -> None:
    import cv2

    image = picture(200, 160)
    found = shot(image, preprocessing=preprocessing(resize=(80, 100), antialias=False, interpolation="bilinear"))
    expected = cv2.resize(image, (100, 80), interpolation=cv2.INTER_LINEAR)[8:72, 18:82]
    np.testing.assert_array_equal(found.pixels, expected)


@pytest.mark.parametrize("step", [(1, 0), (0, -3), (-7, 5), (18, 18)])
def test_border_source_equals_cropping_the_larger_picture(step: tuple[int, int]) -> None:
    image = picture(160, 160)
    larger = np.asarray(Image.fromarray(image).resize((100, 100), Image.Resampling.BILINEAR))
    left, top = 18 + step[0], 18 + step[1]
    found = shot(image, px(*step))
    np.testing.assert_array_equal(found.pixels, larger[top : top + 64, left : left + 64])
    assert found.unseen == 0


def test_zooming_out_shows_the_larger_picture_resized_once() -> None:
    image = picture(160, 160)
    found = shot(image, ("camera.zoom", {"ratio": Quantity(0.64)}))
    expected = np.asarray(Image.fromarray(image).resize((64, 64), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(found.pixels, expected)
    assert found.unseen == 0


def test_beyond_the_source_is_filled_and_counted() -> None:
    image = picture(160, 160)
    found = shot(image, px(18 + 32), fill="gray")
    assert found.unseen == pytest.approx(0.5)
    assert (found.pixels[:, 33:] == 128).all()
    assert not (found.pixels[:, :31] == 128).all()


def test_border_view_pretends_that_nothing_lies_outside() -> None:
    image = picture(160, 160)
    found = shot(image, px(16), border="view", fill="black")
    assert found.unseen == pytest.approx(0.25)
    assert (found.pixels[:, -16:] == 0).all()
    np.testing.assert_array_equal(found.pixels[:, :48], shot(image).pixels[:, 16:])


@pytest.mark.parametrize(("fill", "last"), [("replicate", "edge"), ("reflect", "mirror"), ("black", 0), ("gray", 128)])
def test_fills(fill: str, last: Any) -> None:
    image = picture(64, 64)
    found = shot(image, px(4), preprocessing=preprocessing(resize=None), fill=fill).pixels
    beyond = found[:, 60:]
    if last == "edge":
        expected = np.repeat(image[:, -1:], 4, axis=1)
    elif last == "mirror":
        expected = image[:, :-5:-1]
    else:
        expected = np.full_like(beyond, last)
    np.testing.assert_array_equal(beyond, expected)


def test_ten_degrees_of_yaw_at_sixty_move_the_picture_and_leave_a_fifth_unseen() -> None:
    image = picture(224, 224)
    found = shot(image, yaw(10), preprocessing=preprocessing(224, None), border="view")
    # Rays one by one: turned by 10 degrees, does each still meet the picture plane inside the view?
    edge, turn = np.tan(np.radians(30)), np.radians(10)
    across, down = np.meshgrid(*[((np.arange(224) + 0.5) / 112 - 1) * edge] * 2)
    x, z = across * np.cos(turn) + np.sin(turn), np.cos(turn) - across * np.sin(turn)
    outside = (np.abs(x / z) > edge) | (np.abs(down / z) > edge)
    assert found.unseen == pytest.approx(outside.mean(), abs=1e-9)
    assert found.unseen == pytest.approx(0.204, abs=0.01)
    assert np.tan(turn) / (2 * edge) == pytest.approx(0.153, abs=0.0005)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_turning_there_and_back_is_the_identity_to_the_bit(interpolation: str) -> None:
    image = picture(160, 160)
    way = preprocessing(interpolation=interpolation)
    there_and_back = shot(image, yaw(12), yaw(-12), preprocessing=way)
    np.testing.assert_array_equal(there_and_back.pixels, shot(image, preprocessing=way).pixels)


def test_geometry_is_composed_in_the_order_of_the_steps() -> None:
    image = picture(160, 160)
    zoom = ("camera.zoom", {"ratio": Quantity(2.0)})
    move = ("camera.pixel_shift", {"dx": Quantity(8, "px")})
    first_zoom = shot(image, zoom, move).pixels
    first_move = shot(image, move, zoom).pixels
    four = ("camera.pixel_shift", {"dx": Quantity(4, "px")})
    np.testing.assert_allclose(first_zoom.astype(int), shot(image, four, zoom).pixels.astype(int), atol=1)
    assert np.abs(first_zoom.astype(int) - first_move.astype(int)).mean() > 1


def test_a_warp_is_as_sharp_as_one_resample() -> None:
    """Two turns of 5 degrees lose no more detail than one of 10."""
    image = picture(160, 160, seed=3)
    once, twice = shot(image, yaw(10)).pixels, shot(image, yaw(5), yaw(5)).pixels
    np.testing.assert_allclose(once.astype(int), twice.astype(int), atol=1)


def test_pointwise_light_commutes_with_geometry_and_is_applied_to_the_source() -> None:
    image = picture(160, 160)
    light = ("light.exposure", {"stops": Quantity(-1, "ev")})
    np.testing.assert_array_equal(shot(image, light, yaw(8)).pixels, shot(image, yaw(8), light).pixels)


def test_light_that_depends_on_place_happens_where_it_stands_in_the_order() -> None:
    image = np.full((160, 160, 3), 180, np.uint8)
    vignette = ("light.vignette", {"corner": Quantity(-2, "ev")})
    move = ("camera.pixel_shift", {"dx": Quantity(16, "px")})
    after = shot(image, move, vignette).pixels.astype(int)
    before = shot(image, vignette, move).pixels.astype(int)
    np.testing.assert_allclose(after, after[:, ::-1], atol=1)
    assert before[32, 0, 0] > before[32, -1, 0] + 20


def test_unseen_is_remembered_through_a_shift_that_needs_the_geometry_drawn() -> None:
    image = picture(160, 160)
    vignette = ("light.vignette", {"corner": Quantity(-1, "ev")})
    far = px(18 + 32)
    drawn = shot(image, far, vignette)
    assert drawn.unseen == pytest.approx(0.5, abs=0.02)
    # What left the picture when it was drawn is gone, as it is from any photo.
    back = shot(image, far, vignette, px(-18 - 32))
    assert back.unseen == pytest.approx(0.5, abs=0.02)


def test_letterbox_bars_are_black_and_not_unseen() -> None:
    image = np.full((160, 160, 3), 200, np.uint8)
    found = shot(image, ("camera.aspect", {"ratio": Quantity(1.5, ":"), "mode": "letterbox"}))
    black = (found.pixels == 0).all(axis=(1, 2))
    assert black.sum() == pytest.approx(64 * (1 - 1 / 1.5), abs=1.1)
    np.testing.assert_array_equal(black, black[::-1])
    assert (found.pixels[~black] == 200).all()
    assert found.unseen == 0


def test_frame_is_the_middle_of_the_picture_in_source_pixels() -> None:
    frame = frame_of(200, 100, preprocessing(size=64, resize=80))
    assert (frame.x, frame.y) == pytest.approx((200 * 48 / 160, 100 * 8 / 80))
    assert (frame.width, frame.height) == pytest.approx((80, 80))
    assert frame.pixel == pytest.approx((1.25, 1.25))


@given(
    width=st.integers(1, 90),
    height=st.integers(1, 90),
    x=st.floats(-40, 40),
    turn=st.floats(-40, 40),
    border=st.sampled_from(["source", "view"]),
    fill=st.sampled_from(["reflect", "replicate", "black", "gray"]),
    antialias=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_any_picture_and_any_warp_give_an_input_of_the_right_shape(
    width: int, height: int, x: float, turn: float, border: str, fill: str, antialias: bool
) -> None:
    image = picture(width, height)
    before = image.copy()
    way = preprocessing(size=24, resize=32, antialias=antialias)
    found = shot(image, px(x), yaw(turn), preprocessing=way, border=border, fill=fill)
    assert (found.pixels.shape, found.pixels.dtype) == ((24, 24, 3), np.uint8)
    assert 0 <= found.unseen <= 1
    np.testing.assert_array_equal(image, before)


def test_huge_pictures() -> None:
    image = np.zeros((3000, 4000, 3), np.uint8)
    image[::2] = 255
    found = shot(image, yaw(5), preprocessing=preprocessing(224, 256))
    assert found.pixels.shape == (224, 224, 3)
    # Alternating lines average to mid grey: nothing aliases.
    assert np.abs(found.pixels.astype(int) - 127).max() <= 3


@pytest.mark.parametrize("size", [(100, 80), (97, 61), (33, 47), (500, 375), (1, 1), (3, 200), (7, 513)])
@pytest.mark.parametrize("border", ["source", "view"])
def test_nothing_of_an_untouched_picture_is_unseen(size: tuple[int, int], border: str) -> None:
    way = preprocessing(224, 256)
    assert shot(picture(*size), preprocessing=way, border=border).unseen == 0
    assert shot(picture(*size), ("camera.shift", {}), preprocessing=way, border=border).unseen == 0


def test_border_view_holds_in_a_picture_smaller_than_the_input() -> None:
    """The view leaves out a quarter of a source pixel here, and still nothing beyond it is shown."""
    image = picture(4, 4)
    way = preprocessing(56, 64)
    clean = shot(image, preprocessing=way).pixels
    found = shot(image, px(3), preprocessing=way, border="view", fill="black")
    np.testing.assert_array_equal(found.pixels[:, :53], clean[:, 3:])
    assert not found.pixels[:, 53:].any()
    assert found.unseen == pytest.approx(3 / 56)


def test_without_antialiasing_only_the_extra_shrink_is_smoothed() -> None:
    """The model enlarges this picture twice; shown at half size no two stripes fall together."""
    stripes = np.zeros((32, 32, 3), np.uint8)
    stripes[:, ::2] = 255
    steps = ("camera.roll", {"roll": Quantity(0.01, "deg")}), ("camera.zoom", {"ratio": Quantity(0.5)})
    for antialias in (True, False):
        found = shot(stripes, *steps, preprocessing=preprocessing(64, 64, antialias=antialias)).pixels
        assert found[24:40, 24:40].std() > 100


def test_a_view_far_larger_than_the_picture_is_drawn_the_same_without_padding_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from robustcheck.images import scene

    image = picture(160, 160)
    zoom = ("camera.zoom", {"ratio": Quantity(0.3)})
    padded = shot(image, zoom, fill="black")
    monkeypatch.setattr(scene, "PADDED", 0)
    warped = shot(image, zoom, fill="black")
    assert warped.unseen == padded.unseen
    assert np.abs(warped.pixels.astype(int) - padded.pixels).mean() < 2.5


def made(function: Any, *, geometric: bool) -> Any:
    """Return a shift as a third party would register it, with no arguments."""
    return registry.Definition("my.shift", function, {}, "", "", registry.ShiftFacts(geometric=geometric)), {}


def overwrite(image: Pixels) -> Pixels:
    image[:] = 0
    return image


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (made(lambda image: image[::2], geometric=False), r"my\.shift has to return \(64, 64, 3\) uint8"),
        (made(lambda image: image / 255.0, geometric=False), "uint8, not .* float64"),
        (made(lambda image: None, geometric=False), "not None NoneType"),
        (made(lambda frame: np.eye(3), geometric=True), "has to return a Warp"),
        (made(lambda frame: Warp(np.full((3, 3), np.nan)), geometric=True), "finite 3x3 matrix"),
    ],
)
def test_a_shift_that_returns_something_else_is_named(step: Any, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        render_steps(picture(64, 64), step)


def render_steps(image: Pixels, *steps: Any) -> View:
    return render(
        image, steps, preprocessing=preprocessing(), border="source", fill="reflect", rng_for=np.random.default_rng
    )


def test_a_shift_cannot_write_to_the_picture_that_other_cases_use() -> None:
    image = picture(64, 64)
    before = image.copy()
    with pytest.raises(ValueError, match="read-only"):
        render_steps(image, made(overwrite, geometric=False))
    np.testing.assert_array_equal(image, before)
    assert image.flags.writeable


def test_letterbox_bars_are_not_drawn_into_the_source() -> None:
    image = np.full((64, 64, 3), 200, np.uint8)
    bars = ("camera.aspect", {"ratio": Quantity(0.5, ":"), "mode": "letterbox"})
    found = shot(image, bars, preprocessing=preprocessing(resize=None))
    assert (found.pixels[:, 32] == 200).all()
    assert not found.pixels[:, :15].any()
    assert (image == 200).all()


def test_a_picture_too_long_to_be_warped_is_named() -> None:
    image = np.zeros((60, 40000, 3), np.uint8)
    assert shot(image, preprocessing=preprocessing(224, 256)).pixels.shape == (224, 224, 3)
    with pytest.raises(CaseError, match="40000x60 pixels is too long to be warped"):
        shot(image, yaw(5), preprocessing=preprocessing(224, 256))


def test_a_model_that_shrinks_shows_the_long_picture_all_the_same() -> None:
    assert shot(np.zeros((600, 40000, 3), np.uint8), yaw(5), preprocessing=preprocessing(64, 64)).unseen < 0.1


FILTERS = [(name, antialias) for name in ("bilinear", "bicubic", "lanczos") for antialias in (True, False)]
NEARLY_NOTHING = {
    "homography": ("camera.yaw", {"yaw": Quantity(0.002, "deg")}),
    "displacement": ("camera.distortion", {"k1": Quantity(1e-6)}),
    "box": ("camera.zoom", {"ratio": Quantity(1.000001)}),
}


@pytest.mark.parametrize("size", [(512, 384), (100, 131)])
@pytest.mark.parametrize(("interpolation", "antialias"), FILTERS)
@pytest.mark.parametrize("path", NEARLY_NOTHING)
def test_no_way_of_drawing_is_off_by_a_part_of_a_pixel(
    path: str, interpolation: str, antialias: bool, size: tuple[int, int]
) -> None:
    """A shift by nearly nothing is drawn by other code than the clean picture and has to fall onto it."""
    x, y = np.meshgrid(*[(np.arange(length) + 0.5) / length for length in size])
    slopes = np.round(np.stack([255 * x, 255 * y, 255 - 255 * x], axis=-1)).astype(np.uint8)
    way = preprocessing(224, 256, interpolation=interpolation, antialias=antialias)
    clean = shot(slopes, preprocessing=way).pixels[6:-6, 6:-6].astype(int)
    change = shot(slopes, NEARLY_NOTHING[path], preprocessing=way).pixels[6:-6, 6:-6] - clean
    # Half an input pixel would be .4 of a level; OpenCV's bilinear resize truncates by about .1.
    assert np.abs(change.mean(axis=(0, 1))).max() < 0.2
    assert np.abs(change).max() <= 2
