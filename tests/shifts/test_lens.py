"""Dirt and drops on the lens: how much they cover, what they do to light, and that all else is left alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from robustcheck.core import registry
from robustcheck.images import Frame
from robustcheck.images.linear_light import decode_srgb
from robustcheck.shifts.drops import CONTACT, FIELD, SIZES, WATER, drops, refraction
from robustcheck.shifts.lens import _through
from robustcheck.shifts.precipitation import fitted
from robustcheck.shifts.smears import smears

Picture = NDArray[np.uint8]
WHOLE = Frame(0, 0, 320, 240, 64, 48)
INNER = Frame(40, 30, 240, 180, 64, 48)
NAMES = pytest.mark.parametrize("name", ["lens.dirt", "lens.drops"])
SIZED = pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (7, 513), (513, 7), (33, 65), (240, 320)])


def stream(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def picture(height: int = 240, width: int = 320, seed: int = 5) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def paint(name: str, image: Picture, *, frame: Frame = WHOLE, seed: int = 0, **arguments: Any) -> Picture:
    result: Picture = registry.shifts[name].function(image, frame=frame, rng=stream(seed), **arguments)
    return result


def light_of(image: Picture) -> NDArray[np.float64]:
    return decode_srgb(image / 255.0)


@NAMES
def test_no_coverage_is_the_very_picture(name: str) -> None:
    image = picture()
    assert paint(name, image, coverage=0.0) is image


def test_dirt_that_takes_no_light_is_the_very_picture() -> None:
    image = picture()
    assert paint("lens.dirt", image, coverage=0.5, opacity=0.0) is image


@NAMES
@SIZED
@pytest.mark.parametrize("coverage", [0.01, 0.8])
def test_any_size_gives_a_picture_of_that_size(name: str, size: tuple[int, int], coverage: float) -> None:
    image = picture(*size)
    before = image.copy()
    image.flags.writeable = False
    found = paint(name, image, frame=Frame(0, 0, size[1], size[0], 24, 24), coverage=coverage)
    assert (found.shape, found.dtype) == (image.shape, np.uint8)
    np.testing.assert_array_equal(image, before)


@NAMES
@pytest.mark.parametrize("parameter", ["size", "blur", "coverage"])
def test_both_ends_of_a_range_can_be_drawn(name: str, parameter: str) -> None:
    known = registry.shifts[name].parameters[parameter]
    for end in (known.low / 100, known.high / 100):
        found = paint(name, picture(90, 120), frame=Frame(8, 6, 100, 75, 24, 24), **{"coverage": 0.3, parameter: end})
        assert found.shape == (90, 120, 3)


@NAMES
def test_the_stream_alone_decides(name: str) -> None:
    image = picture()
    one = paint(name, image, coverage=0.2, seed=1)
    paint(name, picture(60, 50), coverage=0.7, seed=9)
    np.testing.assert_array_equal(one, paint(name, image, coverage=0.2, seed=1))
    assert not np.array_equal(one, paint(name, image, coverage=0.2, seed=2))


@NAMES
def test_it_looks_alike_at_any_resolution(name: str) -> None:
    """What is covered of a large grey picture, shrunk, is what is covered of a small one."""
    step = np.where(np.arange(480) < 200, 60, 190).astype(np.uint8)
    large = np.repeat(np.repeat(step[:, None, None], 640, axis=1), 3, axis=2)
    small = large[::2, ::2]
    one = paint(name, large, frame=Frame(0, 0, 640, 480, 64, 48), coverage=0.3).astype(float)
    other = paint(name, small, frame=WHOLE, coverage=0.3).astype(float)
    shrunk = one.reshape(240, 2, 320, 2, 3).mean(axis=(1, 3))
    assert np.abs(shrunk - other).mean() < 1.5
    assert np.abs(other - small).mean() > 3 * np.abs(shrunk - other).mean()


# Dirt


@pytest.mark.parametrize("coverage", [0.01, 0.1, 0.35, 0.8, 1.0])
@pytest.mark.parametrize("frame", [WHOLE, INNER, Frame(0, 0, 64, 640, 24, 240)], ids=str)
def test_dirt_covers_its_share_of_the_view(coverage: float, frame: Frame) -> None:
    for seed in range(5):
        sharp = smears(coverage, 0.3, 0.0, frame, stream(seed))
        assert (sharp > 0).mean() == pytest.approx(coverage, abs=1.5 / sharp.size + 1e-9)
        assert sharp.max() <= 1
        # Out of focus it takes as much light in all, spread over more of the view.
        soft = smears(coverage, 0.3, 0.05, frame, stream(seed))
        assert soft.mean() == pytest.approx(sharp.mean(), rel=0.01, abs=1e-4)
        assert (soft > 0).mean() >= (sharp > 0).mean()


def test_more_dirt_lies_where_less_did() -> None:
    small, large = (smears(coverage, 0.3, 0.0, WHOLE, stream(4)) for coverage in (0.1, 0.4))
    assert (large >= small).all()


def test_smears_have_about_the_stated_length() -> None:
    """The correlation of a smear with itself falls along its own direction over about its size."""
    for size in (0.1, 0.4):
        runs = []
        for seed in range(12):
            there = smears(0.2, size, 0.0, Frame(0, 0, 300, 300, 64, 64), stream(seed)) > 0
            spectrum = np.abs(np.fft.fft2(there - there.mean())) ** 2
            kept = np.fft.fftshift(np.fft.ifft2(spectrum).real)
            half = np.argwhere(kept > kept.max() / 2) - len(kept) // 2
            runs.append(2 * np.hypot(*half.T).max() / len(kept))
        assert np.mean(runs) == pytest.approx(size, rel=0.5)


def test_dirt_moves_light_towards_its_veil_and_never_past_it() -> None:
    image = picture()
    light = light_of(image)
    veil = 0.4 * light.mean(axis=(0, 1))
    found = light_of(paint("lens.dirt", image, coverage=0.6, scatter=0.4))
    low, high = np.minimum(light, veil), np.maximum(light, veil)
    # Half a grey level is what rounding may do.
    slack = light_of(np.minimum(image.astype(int) + 1, 255).astype(np.uint8)) - light + 1e-3
    assert (found >= low - slack).all()
    assert (found <= high + slack).all()


def test_dirt_is_attenuation_and_scattering_to_the_level() -> None:
    """Against I (1 - a) + a s M, with a from the layer itself."""
    image = picture()
    hidden = fitted(smears(0.4, 0.3, 0.03, INNER, stream(3)), 240, 320, INNER)[..., None] * 0.7
    light = light_of(image)
    mean = light[30:210, 40:280].mean(axis=(0, 1))
    found = paint("lens.dirt", image, frame=INNER, coverage=0.4, opacity=0.7, scatter=0.5, seed=3)
    wanted = light * (1 - hidden) + hidden * 0.5 * mean
    encoded = np.where(wanted <= 0.0031308, wanted * 12.92, 1.055 * wanted ** (1 / 2.4) - 0.055) * 255
    assert np.abs(encoded - found).max() <= 0.52


def test_dirt_without_scatter_only_darkens() -> None:
    image = picture()
    found = paint("lens.dirt", image, coverage=0.5, scatter=0.0)
    assert (found <= image).all()
    opaque = paint("lens.dirt", image, coverage=1.0, scatter=0.0, opacity=1.0, blur=0.2)
    assert light_of(opaque).mean() < 0.6 * light_of(image).mean()


def test_dirt_on_a_dark_picture_greys_its_black_and_on_a_bright_one_dims_its_white() -> None:
    image = np.zeros((120, 160, 3), np.uint8)
    image[:, 80:] = 255
    frame = Frame(0, 0, 160, 120, 32, 24)
    found = paint("lens.dirt", image, frame=frame, coverage=1.0, scatter=0.4)
    assert found[:, :80].min() > 0
    assert found[:, 80:].max() < 255


def test_where_no_dirt_is_nothing_changes() -> None:
    image = picture()
    hidden = fitted(smears(0.2, 0.3, 0.03, WHOLE, stream(7)), 240, 320, WHOLE)
    found = paint("lens.dirt", image, coverage=0.2, seed=7)
    clear = hidden == 0
    assert 0.3 < clear.mean() < 0.9
    np.testing.assert_array_equal(found[clear], image[clear])
    assert (found[hidden > 0.3] != image[hidden > 0.3]).mean() > 0.8


def test_the_layer_of_dirt_joins_at_opposite_edges() -> None:
    layer = smears(0.5, 0.3, 0.03, WHOLE, stream(2))
    across, down = np.abs(np.diff(layer, axis=1)), np.abs(np.diff(layer, axis=0))
    assert np.abs(layer[:, 0] - layer[:, -1]).max() <= 2 * across.max()
    assert np.abs(layer[0] - layer[-1]).max() <= 2 * down.max()


# Drops


@pytest.mark.parametrize("coverage", [0.02, 0.1, 0.3, 0.8])
@pytest.mark.parametrize("size", [0.03, 0.1, 0.2])
@pytest.mark.parametrize("frame", [WHOLE, INNER], ids=str)
def test_drops_cover_their_share_of_the_view(coverage: float, size: float, frame: Frame) -> None:
    for seed in range(4):
        lying = drops(coverage, size, 240, 320, frame, stream(seed))
        top, left = round(frame.y / lying.cell), round(frame.x / lying.cell)
        bottom, right = round((frame.y + frame.height) / lying.cell), round((frame.x + frame.width) / lying.cell)
        view = lying.cover[top:bottom, left:right]
        # Beside the rim, which is a cell wide, it is exact.
        assert (view >= 0.5).mean() == pytest.approx(coverage, abs=2e-3)


def test_there_are_more_and_smaller_drops_if_the_largest_are_small() -> None:
    import cv2

    counts, widths = [], []
    for size in (0.2, 0.1, 0.05):
        there = (drops(0.1, size, 300, 300, Frame(0, 0, 300, 300, 64, 64), stream(1)).cover >= 0.5).astype(np.uint8)
        count, _, facts, _ = cv2.connectedComponentsWithStats(there)
        counts.append(count)
        widths.append(facts[1:, cv2.CC_STAT_WIDTH].max() / there.shape[1])
    assert counts == sorted(counts)
    assert widths == sorted(widths, reverse=True)


def test_refraction_is_snells_law_traced_ray_by_ray() -> None:
    """A ray along the axis meets the surface of a cap, whose normal points to the middle of its sphere."""
    bent, passing = refraction()
    for place in (1, 64, 128, 255):
        radius = place / 255
        sphere = 1 / math.sin(CONTACT)
        normal = np.array([radius, math.sqrt(sphere**2 - radius**2)]) / sphere
        ray = np.array([0.0, 1.0])
        cosine = float(ray @ normal)
        rest = WATER**2 * (1 - cosine**2)
        out = WATER * ray + (math.sqrt(1 - rest) - WATER * cosine) * normal
        assert out @ out == pytest.approx(1)
        # The ray leaves towards the axis, on the other side of which it meets what it shows.
        assert out[0] / out[1] == pytest.approx(-bent[place], rel=1e-6)
        # Energy that is not reflected passes: Fresnel's equations with the impedances as ratios of cosines.
        ratio, index = math.sqrt(1 - rest) / cosine, 1 / WATER
        by_transmission = 2 * index * ratio * (1 / (1 + index * ratio) ** 2 + 1 / (index + ratio) ** 2)
        assert passing[place] == pytest.approx(by_transmission, rel=1e-6)
    assert passing[0] == pytest.approx(1 - ((WATER - 1) / (WATER + 1)) ** 2, rel=1e-6)
    assert (np.diff(bent) > 0).all()
    assert (np.diff(passing) <= 1e-12).all()
    assert math.sin(CONTACT) * WATER < 1


def one_drop(image: Picture, size: float = 0.2) -> tuple[Picture, Any, tuple[float, float], float]:
    """Return a picture with a single large drop, unblurred, the drop, its middle and its radius in source pixels."""
    frame = Frame(0, 0, image.shape[1], image.shape[0], 64, 64)
    for seed in range(200):
        lying = drops(0.02, size, *image.shape[:2], frame, stream(seed))
        rows, columns = np.nonzero(lying.cover >= 0.5)
        middle = (rows.mean() + 0.5) * lying.cell, (columns.mean() + 0.5) * lying.cell
        radius = math.sqrt(len(rows) / math.pi) * lying.cell
        reach = max(np.ptp(rows), np.ptp(columns)) * lying.cell / 2
        if reach < 1.3 * radius and all(
            0.35 < place / side < 0.65 for place, side in zip(middle, image.shape, strict=False)
        ):
            return (
                paint("lens.drops", image, frame=frame, coverage=0.02, size=size, blur=0.0, seed=seed),
                lying,
                middle,
                radius,
            )
    raise AssertionError("no stream puts a single drop into the middle")


def test_a_drop_shows_the_scene_upside_down_and_small() -> None:
    """Red above, blue below: in the drop blue lies above red, and it spans more of the scene than of the picture."""
    image = np.zeros((400, 400, 3), np.uint8)
    image[:200, :, 0] = 200
    image[200:, :, 2] = 200
    found, lying, (y, x), radius = one_drop(image)
    column = found[:, round(x)].astype(int)
    above, below = column[round(y - 0.6 * radius)], column[round(y + 0.6 * radius)]
    assert above[2] > above[0] + 100
    assert below[0] > below[2] + 100
    # What is seen through the drop spans more than the drop itself, the other way round.
    inside = lying.cover == 1
    rows, seen = np.nonzero(inside)[0] * lying.cell, lying.y[inside]
    assert np.corrcoef(rows, seen)[0, 1] < -0.9
    assert np.ptp(seen) > 2 * np.ptp(rows)
    columns, sideways = np.nonzero(inside)[1] * lying.cell, lying.x[inside]
    assert np.corrcoef(columns, sideways)[0, 1] < -0.9


def test_the_light_of_a_gradient_falls_in_a_drop_where_it_grows_in_the_scene() -> None:
    image = np.repeat(np.linspace(20, 230, 400).astype(np.uint8)[None, :, None], 400, axis=0).repeat(3, axis=2)
    found, _, (y, x), radius = one_drop(image)
    row = found[round(y), :, 0].astype(int)
    assert row[round(x - 0.5 * radius)] > row[round(x + 0.5 * radius)] + 30


def test_light_comes_from_where_the_drop_bends_it_and_from_no_further() -> None:
    _, lying, (y, x), radius = one_drop(np.zeros((400, 400, 3), np.uint8))
    focal = 200 / math.tan(FIELD / 2)
    bent = refraction()[0]
    inside = lying.cover == 1
    rows, columns = (np.nonzero(inside)[axis] * lying.cell + lying.cell / 2 for axis in (0, 1))
    moved = np.hypot(lying.x[inside] - columns, lying.y[inside] - rows)
    assert moved.max() <= focal * bent[-1] * 1.0001
    assert moved.max() > 0.6 * focal * bent[-1]
    # Near its middle a drop bends little: the least of all lies there.
    least = int(moved.argmin())
    assert math.hypot(rows[least] - y, columns[least] - x) < 0.25 * radius
    assert moved[least] < 0.1 * focal * bent[-1]


def test_where_no_drop_is_nothing_changes() -> None:
    image = picture()
    lying = drops(0.2, 0.12, 240, 320, INNER, stream(7))
    cover, _ = _through(lying, np.zeros((240, 320, 3), np.float32), 0.02 * INNER.width)
    found = paint("lens.drops", image, frame=INNER, coverage=0.2, seed=7)
    clear = cover == 0
    assert 0.3 < clear.mean() < 0.9
    np.testing.assert_array_equal(found[clear], image[clear])


def test_drops_let_less_light_through_than_falls_on_them_and_only_at_the_rim_much_less() -> None:
    flat = np.full((240, 320, 3), 180, np.uint8)
    found = paint("lens.drops", flat, coverage=0.4)
    assert (found <= flat).all()
    share = light_of(found) / light_of(flat)
    assert share.min() > refraction()[1][-1] - 0.02
    assert share.mean() > 0.85


def test_the_rims_of_drops_are_out_of_focus() -> None:
    image = np.zeros((400, 400, 3), np.uint8)
    image[200:] = 255
    frame = Frame(0, 0, 400, 400, 64, 64)
    steps = []
    for blur in (0.0, 0.03, 0.08):
        found = light_of(paint("lens.drops", image, frame=frame, coverage=0.3, blur=blur, seed=3))[:190, :, 0]
        steps.append(np.abs(np.diff(found, axis=1)).max())
    assert steps[0] > steps[1] > steps[2]
    assert steps[0] > 3 * steps[2]


def test_the_shares_of_the_sizes_make_a_whole() -> None:
    assert sum(share for _, share in SIZES) == pytest.approx(1)
