"""Exact small cases: where corners go, how much light there is, what a kernel weighs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from robustcheck.core import registry
from robustcheck.core.units import Quantity
from robustcheck.images import Frame, Warp
from robustcheck.images.linear_light import decode_srgb, encode_srgb, in_linear_light
from robustcheck.shifts.blur import disk_kernel, line_kernel
from robustcheck.shifts.light import planckian_gains
from robustcheck.shifts.noise import FULL_WELL, READ_NOISE
from robustcheck.shifts.shade import backlight_mask, vignette_mask

FRAME = Frame(x=20, y=10, width=100, height=80, out_width=50, out_height=40)
CENTRE = np.array(FRAME.centre)


def warp(name: str, **arguments: Any) -> Warp:
    result: Warp = registry.shifts[name].function(FRAME, **arguments)
    return result


def shows(found: Warp, x: float, y: float) -> NDArray[np.float64]:
    """Return which source point is shown at a point."""
    point = np.array([x, y])
    if found.displace is not None:
        point = found.displace(point[None])[0]
    mapped = found.matrix @ [*point, 1.0]
    return mapped[:2] / mapped[2]


def paint(name: str, image: NDArray[np.uint8], **arguments: Any) -> NDArray[np.uint8]:
    result: NDArray[np.uint8] = registry.shifts[name].function(image, **arguments)
    return result


FOCAL = 50 / math.tan(math.radians(30))


@pytest.mark.parametrize(
    ("name", "arguments", "at", "source"),
    [
        ("camera.shift", {"dx": 0.1, "dy": -0.25}, (70, 50), (80, 30)),
        ("camera.pixel_shift", {"dx": 3.0, "dy": 1.0}, (70, 50), (76, 52)),
        ("camera.zoom", {"ratio": 2.0}, (20, 10), (45, 30)),
        ("camera.dolly", {"distance": 2.0}, (70, 90), (70, 130)),
        ("camera.roll", {"roll": 90.0}, (80, 50), (70, 60)),
        ("camera.yaw", {"yaw": 10.0, "hfov": 60.0}, (70, 50), (70 + FOCAL * math.tan(math.radians(10)), 50)),
        ("camera.yaw", {"yaw": -30.0, "hfov": 60.0}, (120, 50), (70, 50)),
        ("camera.pitch", {"pitch": 10.0, "hfov": 60.0}, (70, 50), (70, 50 - FOCAL * math.tan(math.radians(10)))),
        ("camera.rolling_shutter", {"skew": 0.1}, (70, 90), (75, 90)),
        ("camera.rolling_shutter", {"skew": 0.1}, (70, 10), (65, 10)),
        ("camera.aspect", {"ratio": 2.5, "mode": "stretch"}, (120, 90), (170, 90)),
        ("camera.aspect", {"ratio": 2.5, "mode": "letterbox"}, (120, 70), (170, 90)),
        ("camera.aspect", {"ratio": 1.0, "mode": "letterbox"}, (110, 90), (110, 90)),
        ("crop.center", {"keep": 0.5}, (20, 10), (45, 30)),
        ("crop.corner", {"keep": 0.5, "corner": "bottom_right"}, (20, 10), (70, 50)),
        ("crop.corner", {"keep": 0.5, "corner": "top_left"}, (120, 90), (70, 50)),
        ("crop.box", {"left": 0.1, "top": 0.2, "width": 0.5, "height": 0.25}, (120, 90), (80, 46)),
    ],
)
def test_known_points_go_to_known_places(
    name: str, arguments: dict[str, Any], at: tuple[float, float], source: tuple[float, float]
) -> None:
    np.testing.assert_allclose(shows(warp(name, **arguments), *at), source, atol=1e-9)


def test_view_composes_what_its_parts_do() -> None:
    whole = warp("camera.view", yaw=7.0, pitch=-4.0, roll=3.0, zoom=1.5, dx=0.05, dy=-0.1, hfov=60.0)
    parts = [
        warp("camera.shift", dx=0.05, dy=-0.1),
        warp("camera.yaw", yaw=7.0, hfov=60.0),
        warp("camera.pitch", pitch=-4.0, hfov=60.0),
        warp("camera.roll", roll=3.0),
        warp("camera.zoom", ratio=1.5),
    ]
    composed = np.linalg.multi_dot([part.matrix for part in parts])
    np.testing.assert_allclose(whole.matrix / whole.matrix[2, 2], composed / composed[2, 2], atol=1e-9)


def test_letterbox_window_is_the_sensors_picture() -> None:
    assert warp("camera.aspect", ratio=2.5, mode="letterbox").window == pytest.approx((20, 30, 120, 70))
    assert warp("camera.aspect", ratio=1.0, mode="letterbox").window == pytest.approx((30, 10, 110, 90))


@pytest.mark.parametrize(("k1", "k2"), [(-0.2, 0.0), (0.2, 0.0), (0.1, -0.05), (-0.1, 0.02)])
def test_distortion_is_undone_by_its_own_formula(k1: float, k2: float) -> None:
    found = warp("camera.distortion", k1=k1, k2=k2)
    half = math.hypot(50, 40)
    for radius in (0.1, 0.4, 0.8):
        true = CENTRE + np.array([0.6, -0.8]) * radius * half
        bent = CENTRE + (true - CENTRE) * (1 + k1 * radius**2 + k2 * radius**4)
        np.testing.assert_allclose(shows(found, *bent), true, atol=1e-3)


def test_negative_k1_is_barrel_distortion_which_shows_more_at_the_edge() -> None:
    assert shows(warp("camera.distortion", k1=-0.1, k2=0.0), 120, 50)[0] > 120
    assert shows(warp("camera.distortion", k1=0.1, k2=0.0), 120, 50)[0] < 120


def test_linear_light_there_and_back_keeps_every_level() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    np.testing.assert_array_equal(in_linear_light(levels, lambda light: light), levels)
    exact = np.linspace(0, 1, 1001)
    np.testing.assert_allclose(encode_srgb(decode_srgb(exact)), exact, atol=1e-6)


@pytest.mark.parametrize("stops", [-3.0, -1.0, 1.0, 2.0])
def test_a_stop_doubles_linear_light(stops: float) -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    found = paint("light.exposure", levels, stops=stops)
    wanted = np.minimum(decode_srgb(levels / 255.0) * 2.0**stops, 1.0)
    level = np.abs(encode_srgb(wanted) * 255 - found).max()
    assert level <= 0.5 + 1e-9


def test_colour_temperature_table() -> None:
    assert planckian_gains(3200) == pytest.approx((1.62, 0.89, 0.32), abs=0.006)
    assert planckian_gains(6504) == pytest.approx((1.0, 1.0, 1.0), abs=1e-12)
    for kelvin in (1700, 2222, 2700, 4000, 8000, 25000):
        assert np.dot((0.2126, 0.7152, 0.0722), planckian_gains(kelvin)) == pytest.approx(1.0)
    reds = [planckian_gains(kelvin)[0] for kelvin in range(1700, 25000, 100)]
    assert reds == sorted(reds, reverse=True)


def test_warm_light_is_orange_and_cool_light_blue() -> None:
    grey = np.full((2, 2, 3), 128, np.uint8)
    warm, cool = (
        paint("light.temperature", grey, kelvin=3200.0)[0, 0],
        paint("light.temperature", grey, kelvin=10000.0)[0, 0],
    )
    assert warm[0] > warm[1] > warm[2]
    assert cool[2] > cool[0]


def test_gamma_and_glare() -> None:
    grey = np.full((1, 1, 3), 128, np.uint8)
    assert paint("light.gamma", grey, gamma=2.0)[0, 0, 0] == round(255 * (128 / 255) ** 2)
    black = np.zeros((1, 1, 3), np.uint8)
    assert paint("light.glare", black, veil=0.2)[0, 0, 0] == round(float(encode_srgb(np.array(0.2))) * 255)
    assert paint("light.glare", black, veil=1.0)[0, 0, 0] == 255


def test_vignette_reaches_its_corner_exactly_and_cos4_is_its_shape() -> None:
    square = Frame(0, 0, 1000, 1000, 100, 100)
    mask = vignette_mask(1000, 1000, square, -1.0)
    assert mask[500, 500] == pytest.approx(1.0, abs=1e-5)
    assert mask[0, 0] == pytest.approx(0.5, abs=2e-3)
    # cos^4 alone at a horizontal field of view of 60 degrees.
    corner_angle = math.atan(math.sqrt(2) * math.tan(math.radians(30)))
    stops = 4 * math.log2(math.cos(corner_angle))
    assert stops == pytest.approx(-1.47, abs=0.005)
    natural = vignette_mask(1000, 1000, square, stops)
    edge_angle = math.atan(math.tan(math.radians(30)) * 0.999)
    assert natural[500, 0] == pytest.approx(math.cos(edge_angle) ** 4, abs=2e-3)


def test_backlight_darkens_the_middle_only() -> None:
    mask = backlight_mask(200, 200, Frame(0, 0, 200, 200, 50, 50), 2.0)
    assert mask[100, 100] == pytest.approx(0.25)
    assert mask[0, 0] == 1.0
    assert mask[100, 5] == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("coverage", [0.1, 0.3, 0.7])
def test_shadow_covers_its_share_of_the_view(coverage: float) -> None:
    white = np.full((120, 160, 3), 200, np.uint8)
    shares = []
    for seed in range(8):
        found = paint(
            "light.shadow", white, depth=-2.0, coverage=coverage, frame=FRAME, rng=np.random.default_rng(seed)
        )
        dark = found[10:90, 20:120, 0].astype(float)
        shares.append((dark < 160).mean())
        assert found.min() == round(float(encode_srgb(decode_srgb(np.array(200 / 255)) / 4)) * 255)
    assert np.mean(shares) == pytest.approx(coverage, abs=0.02)


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, -45.0])
@pytest.mark.parametrize("length", [2.0, 7.0, 15.5])
def test_line_kernel(length: float, angle: float) -> None:
    kernel = line_kernel(length, angle)
    assert kernel.sum() == pytest.approx(1, abs=1e-6)
    rows, columns = (axis - axis.mean() for axis in np.indices(kernel.shape))
    assert (kernel * columns).sum() == pytest.approx(0, abs=1e-5)
    spread = np.array([[(kernel * a * b).sum() for a in (columns, -rows)] for b in (columns, -rows)])
    values, vectors = np.linalg.eigh(spread)
    direction = vectors[:, 1]
    wanted = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
    assert abs(direction @ wanted) == pytest.approx(1, abs=0.02)
    assert values[1] == pytest.approx((length - 1) ** 2 / 12, abs=0.3)


@pytest.mark.parametrize("diameter", [1.0, 3.0, 6.5, 20.0])
def test_disk_kernel(diameter: float) -> None:
    kernel = disk_kernel(diameter)
    assert kernel.sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(kernel, kernel.T, atol=1e-7)
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-7)
    rows, columns = (axis - axis.mean() for axis in np.indices(kernel.shape))
    assert (kernel * (rows**2 + columns**2)).sum() == pytest.approx(diameter**2 / 8, abs=0.3)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("camera.motion_blur", {"length": Quantity(9, "px"), "angle": 20.0, "frame": FRAME}),
        ("camera.defocus", {"disk": 0.08, "frame": FRAME}),
    ],
)
def test_blur_mixes_linear_light(name: str, arguments: dict[str, Any]) -> None:
    flat = np.full((40, 50, 3), 77, np.uint8)
    np.testing.assert_array_equal(paint(name, flat, **arguments), flat)
    point = np.zeros((41, 51, 3), np.uint8)
    point[20, 25] = 255
    light = decode_srgb(paint(name, point, **arguments) / 255.0)[..., 0]
    assert light.sum() == pytest.approx(1.0, rel=0.06)


def test_motion_blur_length_is_in_pixels_of_the_input_or_a_share_of_the_view() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    by_pixels = paint("camera.motion_blur", image, length=Quantity(5, "px"), angle=0.0, frame=FRAME)
    by_share = paint("camera.motion_blur", image, length=Quantity(10, "%"), angle=0.0, frame=FRAME)
    np.testing.assert_array_equal(by_pixels, by_share)


@pytest.mark.parametrize("lux", [1.0, 30.0])
def test_low_light_has_the_noise_that_its_sensor_model_says(lux: float) -> None:
    """Mean and variance of linear light on flat grey, against the model in the docstring."""
    shutter, number, iso = 1 / 30, 2.0, 3200.0
    correct = 250 * number**2 / (shutter * lux)
    used = min(iso, correct)
    gain, electrons = min(1.0, used / correct), FULL_WELL * 100 / used
    flat = np.full((200, 200, 3), 188, np.uint8)
    found = paint(
        "light.low_light", flat, lux=lux, shutter=shutter, f_number=number, iso=iso, rng=np.random.default_rng(5)
    )
    signal = float(decode_srgb(np.array(188 / 255.0))) * gain
    light = decode_srgb(found / 255.0)
    assert light.mean() == pytest.approx(signal, rel=0.03)
    assert light.var() == pytest.approx(signal / electrons + (READ_NOISE / electrons) ** 2, rel=0.08)


def test_shadow_without_coverage_is_no_shadow_and_full_coverage_leaves_no_light() -> None:
    flat = np.full((90, 120, 3), 200, np.uint8)
    for seed in range(5):
        common: dict[str, Any] = {"depth": -2.0, "frame": FRAME, "rng": np.random.default_rng(seed)}
        np.testing.assert_array_equal(paint("light.shadow", flat, coverage=0.0, **common), flat)
        assert np.ptp(paint("light.shadow", flat, coverage=1.0, **common)) == 0
        assert paint("light.shadow", flat, coverage=1.0, **common).max() < 120


@pytest.mark.parametrize("mask", [vignette_mask, backlight_mask])
def test_gains_are_kept_for_small_pictures_only(mask: Any) -> None:
    assert mask(64, 64, FRAME, -1.0) is mask(64, 64, FRAME, -1.0)
    assert mask(1025, 1024, FRAME, -1.0) is not mask(1025, 1024, FRAME, -1.0)
