"""What holds for every registered shift, in one table."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from small_project import DATA, MODELS

from robustcheck.core import registry
from robustcheck.core.errors import SuiteError
from robustcheck.core.registry import Definition, Parameter
from robustcheck.core.units import Quantity, parse_quantity
from robustcheck.domain.config import Preprocessing
from robustcheck.images import render
from robustcheck.language import load_project, load_suite

Picture = NDArray[np.uint8]
Written = Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """What is particular about a shift.

    Attributes:
        neutral: Parameters that leave every picture as it is; ``None`` where there are none.
        usual: Parameters beside the last swept values, or over them.
        huge: Parameters over the usual ones on a picture of 4000x3000, where a share of it is a large kernel.
        drawn: Whether the usual parameters draw from the random stream.
        coloured: Whether grey does not stay grey.
        disorder: Why the change need not grow along the sweep.
    """

    neutral: Written | None = None
    usual: Written = field(default_factory=dict)
    huge: Written = field(default_factory=dict)
    drawn: bool = False
    coloured: bool = False
    disorder: str = ""


UNDONE = "the constants of the benchmark's levels do not grow with their number"
TABLE = {
    "camera.shift": Row({"dx": "0%", "dy": "0%"}),
    "camera.pixel_shift": Row({"dx": "0px"}),
    "camera.zoom": Row({"ratio": "1"}),
    "camera.roll": Row({"roll": "0deg"}),
    "camera.yaw": Row({"yaw": "0deg", "hfov": "75deg"}),
    "camera.pitch": Row({"pitch": "0deg"}),
    "camera.view": Row({}, usual={"yaw": "5deg", "roll": "-4deg", "zoom": "1.1", "dx": "3%"}),
    "camera.dolly": Row({"distance": "1"}),
    "camera.height": Row({"rise": "0m"}),
    "camera.distortion": Row({"k1": "0"}),
    "camera.aspect": Row({"ratio": "1:1"}),
    "camera.motion_blur": Row({"length": "0px"}, huge={"length": "7px"}),
    "camera.defocus": Row({"disk": "0%"}, huge={"disk": "1%"}),
    "camera.rolling_shutter": Row({"skew": "0%"}),
    "light.exposure": Row({"stops": "0ev"}),
    "light.gamma": Row({"gamma": "1"}),
    "light.temperature": Row({"kelvin": "6504K"}, coloured=True),
    "light.low_light": Row(drawn=True, coloured=True),
    "light.vignette": Row({"corner": "0ev"}),
    "light.shadow": Row({"depth": "0ev", "coverage": "50%"}, drawn=True),
    "light.glare": Row({"veil": "0%"}),
    "light.backlight": Row({"ratio": "0ev"}),
    "sensor.noise": Row(drawn=True, coloured=True),
    "sensor.jpeg": Row(),
    "sensor.webp": Row(coloured=True),
    "sensor.downscale": Row({"ratio": "1"}),
    "sensor.bit_depth": Row({"bits": "8"}),
    "sensor.channel_order": Row({"order": "rgb"}),
    "sensor.resize_filter": Row({"filter": "bilinear"}, disorder="filters have no order"),
    "crop.center": Row({"keep": "100%"}),
    "crop.corner": Row({"keep": "100%"}),
    "crop.box": Row({}, usual={"left": "10%", "top": "5%", "width": "60%", "height": "70%"}),
    "occlude.patch": Row({"area": "0%"}, drawn=True),
    "occlude.bars": Row({"area": "0%"}),
    "lens.dirt": Row({"coverage": "0%"}, drawn=True),
    "lens.drops": Row({"coverage": "0%"}, drawn=True),
    "weather.fog": Row({"visibility": "10000000m"}),
    "weather.rain": Row(drawn=True),
    "weather.snow": Row(drawn=True),
    "imagenet_c.gaussian_noise": Row(drawn=True, coloured=True),
    "imagenet_c.shot_noise": Row(drawn=True, coloured=True),
    "imagenet_c.impulse_noise": Row(drawn=True, coloured=True),
    "imagenet_c.speckle_noise": Row(drawn=True, coloured=True),
    "imagenet_c.defocus_blur": Row(),
    "imagenet_c.glass_blur": Row(drawn=True, disorder=UNDONE),
    "imagenet_c.motion_blur": Row(drawn=True),
    "imagenet_c.zoom_blur": Row(),
    "imagenet_c.gaussian_blur": Row(),
    "imagenet_c.snow": Row(drawn=True, disorder=UNDONE),
    "imagenet_c.frost": Row(drawn=True, coloured=True, disorder=UNDONE),
    "imagenet_c.fog": Row(drawn=True),
    "imagenet_c.brightness": Row(),
    "imagenet_c.contrast": Row(),
    "imagenet_c.elastic_transform": Row(drawn=True),
    "imagenet_c.pixelate": Row(),
    "imagenet_c.jpeg_compression": Row(),
    "imagenet_c.spatter": Row(drawn=True, coloured=True),
    "imagenet_c.saturate": Row(coloured=True, disorder=UNDONE),
}
EVERY = pytest.mark.parametrize("name", TABLE)
SWEPT = [(entry.name, parameter) for entry in registry.shifts if entry.name in TABLE for parameter in entry.facts.sweep]


def picture(width: int = 160, height: int = 120) -> Picture:
    rng = np.random.default_rng(2)
    coarse = rng.integers(0, 256, (max(1, height // 8), max(1, width // 8), 3), dtype=np.uint8)
    return np.array(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def value(parameter: Parameter, text: str) -> Any:
    """Return what a plan would hold for a parameter that a suite writes so."""
    if parameter.kind == "quantity":
        quantity = parse_quantity(text)
        assert quantity is not None
        assert quantity.unit in (parameter.units or ("",))
        return quantity
    if parameter.kind == "integer":
        return int(text)
    if parameter.kind == "boolean":
        return {"true": True, "false": False}[text]
    assert text in parameter.choices
    return text


def usual(entry: Definition) -> Written:
    """Return the last values of the sweep, and what the table adds."""
    return {name: texts[-1] for name, texts in entry.facts.sweep.items()} | dict(TABLE[entry.name].usual)


def shot(name: str, written: Written, image: Picture, seed: int = 1, size: int = 48) -> Picture:
    entry = registry.shifts[name]
    params = {key: value(entry.parameters[key], text) for key, text in written.items()}
    return render(
        image,
        [(entry, entry.bind(params))],
        preprocessing=Preprocessing(input_size=(size, size), resize=size * 3 // 2),
        border="source",
        fill="reflect",
        rng_for=lambda step: np.random.default_rng(seed + step),
    ).pixels


def change(one: Picture, other: Picture) -> float:
    return float(np.abs(one.astype(int) - other).mean())


def test_the_table_holds_every_shift_of_this_distribution() -> None:
    ours = {entry.name for entry in registry.shifts if entry.function.__module__.split(".")[0] == "robustcheck"}
    assert ours == set(TABLE)


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.neutral is not None])
@pytest.mark.parametrize("size", [(160, 120), (97, 97), (1, 1)])
def test_neutral_is_the_identity_to_the_bit(name: str, size: tuple[int, int]) -> None:
    image = picture(*size)
    neutral = TABLE[name].neutral
    assert neutral is not None
    np.testing.assert_array_equal(shot(name, neutral, image), shot("camera.shift", {}, image))


def test_what_always_changes_a_picture_is_known() -> None:
    without = {name for name, row in TABLE.items() if row.neutral is None and not name.startswith("imagenet_c.")}
    lossy = {"sensor.jpeg", "sensor.webp"}
    assert without == {"light.low_light", "sensor.noise", "weather.rain", "weather.snow"} | lossy
    assert all(row.neutral is None for name, row in TABLE.items() if name.startswith("imagenet_c."))


@EVERY
@pytest.mark.parametrize("size", [(1, 1), (7, 513), (513, 7), (160, 120)])
def test_any_size_survives_unharmed(name: str, size: tuple[int, int]) -> None:
    image = picture(*size)
    before = image.copy()
    image.flags.writeable = False
    found = shot(name, usual(registry.shifts[name]), image)
    assert (found.shape, found.dtype) == ((48, 48, 3), np.uint8)
    np.testing.assert_array_equal(image, before)


@EVERY
def test_a_painter_keeps_shape_and_type_of_any_picture(name: str) -> None:
    entry = registry.shifts[name]
    if entry.facts.geometric or entry.facts.stage == "preprocessing":
        return
    asked = entry.function.__kwdefaults__ or {}
    for size in ((1, 1), (7, 513), (513, 7), (33, 65)):
        for image in (picture(*size), np.repeat(picture(*size)[..., :1], 3, axis=2)):
            found = shot(name, usual(entry), image)
            assert (found.shape, found.dtype) == ((48, 48, 3), np.uint8), asked


@EVERY
def test_grey_stays_grey_unless_the_light_or_the_noise_has_a_colour(name: str) -> None:
    image = np.repeat(picture()[..., :1], 3, axis=2)
    found = shot(name, usual(registry.shifts[name]), image)
    assert (np.ptp(found, axis=2).max() > 0) == TABLE[name].coloured


@EVERY
def test_huge_pictures_survive(name: str) -> None:
    image = np.zeros((3000, 4000, 3), np.uint8)
    image[:, ::3] = 200
    params = {**usual(registry.shifts[name]), **TABLE[name].huge}
    assert shot(name, params, image).shape == (48, 48, 3)


@EVERY
def test_same_stream_same_pixels_and_another_stream_only_where_it_is_asked_for(name: str) -> None:
    params = usual(registry.shifts[name])
    one, two, other = (shot(name, params, picture(), seed) for seed in (1, 1, 99))
    np.testing.assert_array_equal(one, two)
    assert np.array_equal(one, other) != TABLE[name].drawn


def test_neither_order_nor_company_changes_a_pixel() -> None:
    """Every shift on three pictures: one after the other, then shuffled, by four threads at once."""
    jobs = [(name, size) for name in TABLE for size in ((160, 120), (90, 131), (20, 20))]

    def draw(job: tuple[str, tuple[int, int]]) -> Picture:
        name, size = job
        return shot(name, usual(registry.shifts[name]), picture(*size), seed=size[0])

    alone = {job: draw(job) for job in jobs}
    shuffled = random.Random(3).sample(jobs, len(jobs))
    with ThreadPoolExecutor(4) as threads:
        for job, found in zip(shuffled, threads.map(draw, shuffled), strict=True):
            np.testing.assert_array_equal(found, alone[job], err_msg=str(job))


@EVERY
def test_usual_values_change_the_picture(name: str) -> None:
    image = picture()
    assert change(shot(name, usual(registry.shifts[name]), image), shot("camera.shift", {}, image)) > 0.5


def sides(name: str, parameter: str) -> list[list[str]]:
    """Return swept values from the mildest on, on either side of the neutral one; in their order if there is none."""
    entry = registry.shifts[name]
    texts, known = entry.facts.sweep[parameter], entry.parameters[parameter]
    start = (TABLE[name].neutral or {}).get(parameter)
    if known.kind != "quantity" or start is None:
        return [list(texts)]
    centre = value(known, start).number
    away = {text: value(known, text).number - centre for text in texts}
    ordered = sorted(texts, key=lambda text: abs(away[text]))
    return [[text for text in ordered if (away[text] > 0) == above] for above in (False, True)]


@pytest.mark.parametrize(("name", "parameter"), SWEPT)
def test_harm_grows_along_the_sweep(name: str, parameter: str) -> None:
    """Mean change from the clean picture grows with the distance from the neutral value, on either side."""
    if TABLE[name].disorder:
        return
    entry = registry.shifts[name]
    # The constants of ImageNet-C are made for this size.
    size = 224 if entry.facts.stage == "input" else 48
    image = picture(size * 3, size * 2) if size == 224 else picture()
    clean = shot("camera.shift", {}, image, size=size)
    # Neighbouring geometry may tie once the picture has slid past its own texture.
    slack = 0.12 if entry.facts.geometric else 0.0
    for side in sides(name, parameter):
        harms = [change(shot(name, {**usual(entry), parameter: text}, image, size=size), clean) for text in side]
        assert all(late >= early * (1 - slack) for early, late in itertools.pairwise(harms)), harms


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.disorder])
def test_what_is_exempt_from_growing_harm_needs_to_be(name: str) -> None:
    entry = registry.shifts[name]
    size = 224 if entry.facts.stage == "input" else 48
    image = picture(size * 3, size * 2)
    clean = shot("camera.shift", {}, image, size=size)
    [parameter, *_] = entry.facts.sweep
    harms = [
        change(shot(name, {**usual(entry), parameter: text}, image, size=size), clean)
        for text in entry.facts.sweep[parameter]
    ]
    assert harms != sorted(harms)


@EVERY
def test_every_parameter_is_documented_with_its_range_and_source(name: str) -> None:
    entry = registry.shifts[name]
    assert entry.summary.endswith((".", ":"))
    assert entry.facts.source
    for parameter in entry.parameters.values():
        assert parameter.doc, parameter.name
        if parameter.kind in ("quantity", "integer"):
            assert np.isfinite(parameter.low)
            assert np.isfinite(parameter.high)
    for parameter_name, texts in entry.facts.sweep.items():
        known = entry.parameters[parameter_name]
        for text in texts:
            read = value(known, text)
            number = read.number if isinstance(read, Quantity) else read
            if known.kind in ("quantity", "integer"):
                assert known.low <= number <= known.high


SUITE = """robustcheck: 1
title: Wrong
owner: tests
model: brightness
data: greys
expect: {{accuracy: ">= 50%"}}
checks:
  - {{{check}}}
"""


def outside(parameter: Parameter) -> list[str]:
    """Return values just beyond either end of a parameter's range, or a word that is none of its choices."""
    if parameter.kind in ("choice", "boolean"):
        return ["zzz"]
    written = [f"{end:.12g}" for end in (parameter.low - 1, parameter.high + 1)]
    if ":" in parameter.units:
        # A quotient below the range cannot be written as low - 1.
        return [f"{parameter.low / 2:g}:1", f"{parameter.high + 1:g}:1"]
    return [f"{number}{unit}" for number in written for unit in parameter.units or ("",)]


@EVERY
def test_what_is_out_of_range_is_refused_with_the_range(name: str, tmp_path: Path) -> None:
    for folder, texts in (("configs", {"models": MODELS, "data": DATA}), ("suites", {})):
        (tmp_path / folder).mkdir()
        for entry_kind, text in texts.items():
            (tmp_path / folder / f"{entry_kind}.yaml").write_text(text, encoding="utf-8")
    project = load_project(tmp_path, tmp_path / "configs")
    entry = registry.shifts[name]
    needed = {key: known for key, known in entry.parameters.items() if known.required}
    for key, known in entry.parameters.items():
        for wrong in outside(known):
            params = {**{other: usual(entry)[other] for other in needed}, key: f"'{wrong}'" if ":" in wrong else wrong}
            check = ", ".join([f"shift: {name}", *(f"{one}: {text}" for one, text in params.items())])
            path = tmp_path / "suites" / "wrong.yaml"
            path.write_text(SUITE.format(check=check), encoding="utf-8")
            with pytest.raises(SuiteError) as caught:
                load_suite(path, project)
            [problem] = caught.value.problems
            told = str(problem)
            assert key in told
            if known.kind in ("quantity", "integer"):
                low, high = ((f"{end:.12g}", f"1/{1 / end:.12g}" if end else "0") for end in (known.low, known.high))
                assert any(f"between {text}" in told for text in low), told
                assert any(f"and {text}" in told for text in high), told
            elif known.kind == "choice":
                assert all(word in told for word in known.choices), told
            else:
                assert "true or false" in told
