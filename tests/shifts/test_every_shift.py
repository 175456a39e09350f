"""What holds for every registered shift, in one table."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from robustcheck import registry
from robustcheck.language.entries import Preprocessing
from robustcheck.pictures import render
from robustcheck.registry import Definition
from robustcheck.units import Quantity, parse_quantity

CATALOGUE = set(
    [
        "camera.shift",
        "camera.pixel_shift",
        "camera.zoom",
        "camera.roll",
        "camera.yaw",
        "camera.pitch",
        "camera.view",
        "camera.dolly",
        "camera.distortion",
        "camera.aspect",
        "camera.motion_blur",
        "camera.defocus",
        "camera.rolling_shutter",
        "light.exposure",
        "light.gamma",
        "light.temperature",
        "light.low_light",
        "light.vignette",
        "light.shadow",
        "light.glare",
        "light.backlight",
        "crop.center",
        "crop.corner",
        "crop.box",
    ]
)
NEUTRAL: dict[str, Mapping[str, Any]] = {
    "camera.shift": {"dx": "0%", "dy": "0%"},
    "camera.pixel_shift": {"dx": "0px"},
    "camera.zoom": {"ratio": "1"},
    "camera.roll": {"roll": "0deg"},
    "camera.yaw": {"yaw": "0deg", "hfov": "75deg"},
    "camera.pitch": {"pitch": "0deg"},
    "camera.view": {},
    "camera.dolly": {"distance": "1"},
    "camera.distortion": {"k1": "0"},
    "camera.aspect": {"ratio": "1:1"},
    "camera.motion_blur": {"length": "0px"},
    "camera.defocus": {"disk": "0%"},
    "camera.rolling_shutter": {"skew": "0%"},
    "light.exposure": {"stops": "0ev"},
    "light.gamma": {"gamma": "1"},
    "light.temperature": {"kelvin": "6504K"},
    "light.vignette": {"corner": "0ev"},
    "light.shadow": {"depth": "0ev", "coverage": "50%"},
    "light.glare": {"veil": "0%"},
    "light.backlight": {"ratio": "0ev"},
    "crop.center": {"keep": "100%"},
    "crop.corner": {"keep": "100%"},
    "crop.box": {},
}
EXTRA: dict[str, Mapping[str, Any]] = {
    "camera.view": {"yaw": "5deg", "roll": "-4deg", "zoom": "1.1", "dx": "3%"},
    "crop.box": {"left": "10%", "top": "5%", "width": "60%", "height": "70%"},
}
SWEPT = [(entry.name, parameter) for entry in registry.shifts for parameter in entry.facts.sweep]
EVERY = sorted(CATALOGUE)


def picture(width: int = 160, height: int = 120) -> NDArray[np.uint8]:
    rng = np.random.default_rng(2)
    coarse = rng.integers(0, 256, (max(1, height // 8), max(1, width // 8), 3), dtype=np.uint8)
    return np.array(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def values(written: Mapping[str, Any]) -> dict[str, Any]:
    return {name: parse_quantity(text) or text for name, text in written.items()}


def usual(entry: Definition, place: int = -1) -> dict[str, Any]:
    """Return parameters from the sweep, else something in the middle."""
    return values({name: texts[place] for name, texts in entry.facts.sweep.items()} | EXTRA.get(entry.name, {}))


def shot(name: str, params: Mapping[str, Any], image: NDArray[np.uint8], seed: int = 1) -> NDArray[np.uint8]:
    entry = registry.shifts[name]
    return render(
        image,
        [(entry, entry.bind(params))],
        preprocessing=Preprocessing(input_size=(48, 48), resize=72),
        border="source",
        fill="reflect",
        rng_for=lambda step: np.random.default_rng(seed + step),
    ).pixels


def test_the_catalogue_is_complete() -> None:
    assert {entry.name for entry in registry.shifts} >= CATALOGUE


@pytest.mark.parametrize("name", sorted(NEUTRAL))
@pytest.mark.parametrize("size", [(160, 120), (97, 97), (1, 1)])
def test_neutral_is_the_identity_to_the_bit(name: str, size: tuple[int, int]) -> None:
    image = picture(*size)
    clean = shot("camera.shift", {}, image)
    np.testing.assert_array_equal(shot(name, values(NEUTRAL[name]), image), clean)


def test_only_low_light_has_no_neutral_value() -> None:
    assert CATALOGUE - set(NEUTRAL) == {"light.low_light"}


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("size", [(1, 1), (7, 513), (513, 7), (160, 120)])
def test_any_size_survives_unharmed(name: str, size: tuple[int, int]) -> None:
    image = picture(*size)
    before = image.copy()
    image.flags.writeable = False
    found = shot(name, usual(registry.shifts[name]), image)
    assert (found.shape, found.dtype) == ((48, 48, 3), np.uint8)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("name", EVERY)
def test_grey_survives_and_stays_grey_unless_the_light_has_a_colour(name: str) -> None:
    image = np.repeat(picture()[..., :1], 3, axis=2)
    found = shot(name, usual(registry.shifts[name]), image)
    coloured = {"light.temperature", "light.low_light"}
    assert (np.ptp(found, axis=2).max() > 0) == (name in coloured)


@pytest.mark.parametrize("name", EVERY)
def test_huge_pictures_survive(name: str) -> None:
    if name in ("camera.motion_blur", "camera.defocus"):
        params = values({"camera.motion_blur": {"length": "7px"}, "camera.defocus": {"disk": "1%"}}[name])
    else:
        params = usual(registry.shifts[name])
    image = np.zeros((3000, 4000, 3), np.uint8)
    image[:, ::3] = 200
    assert shot(name, params, image).shape == (48, 48, 3)


@pytest.mark.parametrize("name", EVERY)
def test_same_stream_same_pixels_and_another_stream_only_where_it_is_asked_for(name: str) -> None:
    params = usual(registry.shifts[name])
    one, two, other = (shot(name, params, picture(), seed) for seed in (1, 1, 99))
    np.testing.assert_array_equal(one, two)
    assert np.array_equal(one, other) == (name not in ("light.shadow", "light.low_light"))


@pytest.mark.parametrize("name", EVERY)
def test_usual_values_change_the_picture(name: str) -> None:
    image = picture()
    changed = np.abs(shot(name, usual(registry.shifts[name]), image).astype(int) - shot("camera.shift", {}, image))
    assert changed.mean() > 0.5


@pytest.mark.parametrize(("name", "parameter"), SWEPT)
def test_harm_grows_along_the_sweep(name: str, parameter: str) -> None:
    """Mean change from the clean picture grows with the distance from the neutral value, on either side."""
    entry = registry.shifts[name]
    image = picture()
    clean = shot("camera.shift", {}, image).astype(int)
    neutral = parse_quantity(str(NEUTRAL.get(name, {"lux": "100000lux"}).get(parameter, "0")))
    assert neutral is not None
    harms: dict[bool, list[tuple[float, float]]] = {}
    for text in entry.facts.sweep[parameter]:
        value = parse_quantity(text)
        assert isinstance(value, Quantity)
        params = usual(entry) | {parameter: value}
        harm = float(np.abs(shot(name, params, image).astype(int) - clean).mean())
        harms.setdefault(value.number > neutral.number, []).append((abs(value.number - neutral.number), harm))
    for side in harms.values():
        ordered = [harm for _, harm in sorted(side)]
        # Neighbouring geometry may tie once the picture has slid past its own texture.
        slack = 0.12 if entry.facts.geometric else 0.0
        assert all(late >= early * (1 - slack) for early, late in itertools.pairwise(ordered)), ordered


@pytest.mark.parametrize("name", EVERY)
def test_every_parameter_is_documented_with_its_range_and_source(name: str) -> None:
    entry = registry.shifts[name]
    assert entry.summary.endswith((".", ":"))
    assert entry.facts.source
    for parameter in entry.parameters.values():
        assert parameter.doc, parameter.name
        if parameter.kind == "quantity":
            assert np.isfinite(parameter.low)
            assert np.isfinite(parameter.high)
    for parameter, texts in entry.facts.sweep.items():
        known = entry.parameters[parameter]
        for text in texts:
            value = parse_quantity(text)
            assert value is not None
            assert value.unit in (known.units or ("",))
            assert known.low <= value.number <= known.high
