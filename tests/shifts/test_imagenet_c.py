"""The corruptions of ImageNet-C against the maintained package, over all severities and several sizes."""

from __future__ import annotations

import importlib.util
import inspect
import io
import typing
from pathlib import Path
from typing import Any

import cv2
import imagecorruptions
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from robustcheck.core import registry
from robustcheck.shifts import imagenet_c  # noqa: F401 - registers them
from robustcheck.shifts.imagenet_c import frost_textures
from robustcheck.shifts.imagenet_c.corruption import compressed
from robustcheck.shifts.imagenet_c.glass import sources
from robustcheck.shifts.imagenet_c.severities import SEVERITIES

NAMES = imagecorruptions.get_corruption_names("all")
# Importing foolbox would load torch for the sake of its pictures.
DATA = Path(importlib.util.find_spec("foolbox").submodule_search_locations[0]) / "data"
TEXTURES = Path(imagecorruptions.__file__).parent / "frost"
SEEDED = {"impulse_noise", "glass_blur"}
"""Those for which the oracle takes a seed of its own rather than NumPy's global state."""

PUBLISHED: dict[str, list[Any]] = {
    "gaussian_noise": [0.08, 0.12, 0.18, 0.26, 0.38],
    "shot_noise": [60, 25, 12, 5, 3],
    "impulse_noise": [0.03, 0.06, 0.09, 0.17, 0.27],
    "defocus_blur": [(3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)],
    "glass_blur": [(0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)],
    "motion_blur": [(10, 3), (15, 5), (15, 8), (15, 12), (20, 15)],
    "zoom_blur": [(1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03)],
    "snow": [
        (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
        (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
        (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
        (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
        (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
    ],
    "frost": [(1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)],
    "fog": [(1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)],
    "brightness": [0.1, 0.2, 0.3, 0.4, 0.5],
    "contrast": [0.4, 0.3, 0.2, 0.1, 0.05],
    # imagecorruptions, not the original: 250 times .05, .065, .085, .1 and .12
    "elastic_transform": [12.5, 16.25, 21.25, 25, 30],
    "pixelate": [0.6, 0.5, 0.4, 0.3, 0.25],
    "jpeg_compression": [25, 18, 15, 10, 7],
    "speckle_noise": [0.15, 0.2, 0.35, 0.45, 0.6],
    "gaussian_blur": [1, 2, 3, 4, 6],
    "spatter": [
        (0.65, 0.3, 4, 0.69, 0.6, 0),
        (0.65, 0.3, 3, 0.68, 0.6, 0),
        (0.65, 0.3, 2, 0.68, 0.5, 0),
        (0.65, 0.3, 1, 0.65, 1.5, 1),
        (0.67, 0.4, 1, 0.65, 1.5, 1),
    ],
    "saturate": [(0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2)],
}


class Legacy:
    """NumPy's legacy random state, as the oracle draws from it, with the methods of a ``Generator``."""

    def __init__(self, seed: int) -> None:
        self.state = np.random.RandomState(seed)

    def standard_normal(self, size: Any, dtype: Any = np.float64) -> NDArray[Any]:
        return np.asarray(self.state.standard_normal(size)).astype(dtype)

    def integers(self, low: int, high: int | None = None, size: Any = None, dtype: Any = None) -> Any:
        return self.state.randint(low, high, size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.state, name)


def loaded(name: str, width: int, height: int) -> NDArray[np.uint8]:
    return np.array(Image.open(DATA / name).convert("RGB").resize((width, height), Image.Resampling.BICUBIC))


PICTURES = {
    "224x224": loaded("imagenet_00_243.jpg", 224, 224),
    "224x224 dark": loaded("imagenet_03_990.jpg", 224, 224),
    "213x160": loaded("imagenet_05_853.jpg", 213, 160),
    "97x300": loaded("imagenet_12_741.jpg", 97, 300),
    "32x32": loaded("cifar10_00_3.png", 32, 32),
    "50x33": loaded("cifar100_03_51.png", 50, 33),
    "grey on black": loaded("fashionMNIST_05_1.png", 64, 48),
    "grey on white": 255 - loaded("fashionMNIST_05_1.png", 64, 48),
}


def corrupted(name: str, image: NDArray[np.uint8], severity: int, rng: Any = 1, **params: Any) -> NDArray[np.uint8]:
    function = registry.shifts[f"imagenet_c.{name}"].function
    if "rng" in inspect.signature(function).parameters:
        params["rng"] = np.random.default_rng(rng) if isinstance(rng, int) else rng
    return np.asarray(function(image, severity=severity, **params))


def expected(name: str, image: NDArray[np.uint8], severity: int, seed: int) -> NDArray[np.uint8]:
    np.random.seed(seed)
    own = {"seed": seed} if name in SEEDED else {}
    return np.asarray(imagecorruptions.corrupt(image, severity, name, **own))


@pytest.fixture
def photographed_frost(monkeypatch: pytest.MonkeyPatch) -> None:
    textures = [cv2.imread(str(path))[..., ::-1] for path in sorted(TEXTURES.iterdir())]
    monkeypatch.setattr(frost_textures, "texture", textures.__getitem__)
    # Without its cache, which would hand these textures to other tests.
    monkeypatch.setattr(frost_textures, "_usual", frost_textures._usual.__wrapped__)


@pytest.mark.usefixtures("photographed_frost")
@pytest.mark.parametrize("severity", range(1, 6))
@pytest.mark.parametrize("name", NAMES)
def test_the_same_draws_give_the_oracles_pixels(name: str, severity: int) -> None:
    for seed, (what, image) in enumerate(PICTURES.items()):
        rng = np.random.default_rng(seed) if name == "impulse_noise" else Legacy(seed)
        found = corrupted(name, image, severity, rng).astype(int)
        apart = np.abs(found - expected(name, image, severity, seed))
        assert apart.max() <= 1, what
        assert apart.mean() <= 0.05, what


def test_all_nineteen_are_registered_with_the_published_constants() -> None:
    assert {
        name: [level if len(level) > 1 else level[0] for level in levels] for name, levels in SEVERITIES.items()
    } == PUBLISHED
    registered = {entry.name.removeprefix("imagenet_c.") for entry in registry.shifts if "imagenet_c" in entry.name}
    assert registered == set(NAMES) == set(PUBLISHED)


@pytest.mark.parametrize("name", NAMES)
def test_the_registry_sees_severity_and_jpeg(name: str) -> None:
    entry = registry.shifts[f"imagenet_c.{name}"]
    severity, quality = entry.parameters["severity"], entry.parameters["post_jpeg"]
    assert set(entry.parameters) == {"severity", "post_jpeg"}
    assert (severity.kind, severity.low, severity.high, severity.required) == ("integer", 1, 5, True)
    assert (quality.kind, quality.low, quality.high, quality.default) == ("integer", 0, 100, 0)
    assert severity.doc
    assert quality.doc
    assert entry.summary.endswith(".")
    assert (entry.facts.stage, entry.facts.sweep) == ("input", {"severity": ("1", "2", "3", "4", "5")})
    assert ("synthetic" in entry.facts.note) == (name == "frost")
    assert "severity" in typing.get_type_hints(entry.function)


@pytest.mark.parametrize("severity", [1, 5])
@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (7, 513), (513, 7), (2, 3)])
@pytest.mark.parametrize("name", NAMES)
def test_any_size_survives_unharmed_and_repeats(name: str, shape: tuple[int, int], severity: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    before = image.copy()
    image.flags.writeable = False
    found = corrupted(name, image, severity)
    assert (found.shape, found.dtype) == (image.shape, np.uint8)
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(corrupted(name, image, severity), found)


@pytest.mark.parametrize("name", NAMES)
def test_black_and_white_survive(name: str) -> None:
    for level in (0, 255):
        image = np.full((40, 56, 3), level, dtype=np.uint8)
        for severity in range(1, 6):
            assert corrupted(name, image, severity).shape == image.shape


@pytest.mark.parametrize("name", NAMES)
def test_each_severity_changes_the_picture_in_its_own_way(name: str) -> None:
    image = PICTURES["224x224"]
    found = [image, *(corrupted(name, image, severity) for severity in range(1, 6))]
    assert len({picture.tobytes() for picture in found}) == len(found)


@pytest.mark.parametrize("name", NAMES)
def test_a_published_file_is_a_jpeg_of_quality_85(name: str) -> None:
    image = PICTURES["213x160"]
    np.testing.assert_array_equal(
        corrupted(name, image, 3, post_jpeg=85), _through_pillow(corrupted(name, image, 3), 85)
    )


@pytest.mark.parametrize("quality", [1, 7, 30, 75, 90, 100])
@pytest.mark.parametrize("picture", ["213x160", "50x33"])
def test_jpeg_is_pillows(picture: str, quality: int) -> None:
    image = PICTURES[picture]
    np.testing.assert_array_equal(compressed(image, quality), _through_pillow(image, quality))


def _through_pillow(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


@pytest.mark.parametrize("reach", [1, 2, 4])
def test_glass_takes_pixels_one_after_the_other(reach: int) -> None:
    height, width = 23, 31
    moves = np.random.default_rng(reach).integers(-reach, reach, (height - 2 * reach, width - 2 * reach, 2))
    held = np.arange(height * width).reshape(height, width)
    for row in range(height - reach, reach, -1):
        for column in range(width - reach, reach, -1):
            right, down = moves[height - reach - row, width - reach - column]
            held[row, column] = held[row + down, column + right]
    np.testing.assert_array_equal(sources(height, width, reach, moves), held.ravel())


def test_frost_is_bright_bluish_and_of_six_kinds() -> None:
    textures = [frost_textures.texture(number) for number in range(frost_textures.COUNT)]
    assert len({texture.tobytes() for texture in textures}) == 6
    for texture, path in zip(textures, sorted(TEXTURES.iterdir()), strict=True):
        photograph = cv2.imread(str(path))[..., ::-1]
        red, green, blue = texture.mean(axis=(0, 1))
        assert red < green < blue
        assert np.abs(texture.mean(axis=(0, 1)) - photograph.mean(axis=(0, 1))).max() <= 12
        assert 0.5 < texture.mean(axis=2).std() / photograph.mean(axis=2).std() < 1.5


@pytest.mark.parametrize("shape", [(1200, 90), (90, 1200), (1, 1)])
def test_frost_is_enlarged_until_a_picture_fits_in(shape: tuple[int, int]) -> None:
    for number in range(frost_textures.COUNT):
        rows, columns, _ = frost_textures.enlarged(number, *shape).shape
        assert rows > shape[0]
        assert columns > shape[1]
