"""What an entry says of orientation, transparency and gray is what happens to a stored picture."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from robustcheck.domain.config import Alpha, Decoding
from robustcheck.images.decoding import decode, decoded

SCENE = np.zeros((16, 32, 3), np.uint8)
SCENE[:8, :16] = 255
SCENE[8:, 20:] = (255, 0, 0)


def stored(picture: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    lossless = {"WEBP": {"lossless": True, "exact": True}, "JPEG": {"quality": 95, "subsampling": 0}}
    picture.save(buffer, kind, **lossless.get(kind, {}), **options)
    return buffer.getvalue()


def turned(orientation: int, kind: str) -> bytes:
    exif = Image.Exif()
    exif[274] = orientation
    return stored(Image.fromarray(SCENE), kind, exif=exif)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_orientation_is_applied_or_left_as_it_is_stored(orientation: int, kind: str) -> None:
    data = turned(orientation, kind)
    ignored, applied = (decoded(data, "x", Decoding(exif=exif)) for exif in ("ignore", "apply"))
    assert ignored.pixels.shape == SCENE.shape
    assert np.abs(ignored.pixels.astype(int) - SCENE).max() <= 12
    exif = Image.Exif()
    exif[274] = orientation
    picture = Image.fromarray(ignored.pixels)
    picture.getexif()[274] = orientation
    np.testing.assert_array_equal(applied.pixels, np.asarray(ImageOps.exif_transpose(picture)))
    assert ignored.form.turned == applied.form.turned == (orientation != 1)


def palette() -> Image.Image:
    picture = Image.fromarray(np.array([[0, 1, 2]], np.uint8), "P")
    picture.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    return picture


RGBA = Image.fromarray(np.array([[[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 51]]], np.uint8))
TRANSPARENT: dict[str, bytes] = {
    "rgba png": stored(RGBA, "PNG"),
    "rgba webp": stored(RGBA, "WEBP"),
    "rgba tiff": stored(RGBA, "TIFF"),
    "gray with alpha": stored(RGBA.convert("LA"), "PNG"),
    "palette": stored(palette(), "PNG", transparency=1),
    "palette with alphas": stored(palette(), "PNG", transparency=bytes([0, 128, 255])),
    "one colour of rgb": stored(RGBA.convert("RGB"), "PNG", transparency=(200, 100, 0)),
    "one level of gray": stored(RGBA.convert("L"), "PNG", transparency=118),
}


@pytest.mark.filterwarnings("ignore:Palette images with Transparency")
@pytest.mark.parametrize("alpha", ["white", "black", "drop"])
@pytest.mark.parametrize("data", TRANSPARENT.values(), ids=TRANSPARENT)
def test_transparency_is_laid_over_a_ground_or_dropped(data: bytes, alpha: Alpha) -> None:
    with Image.open(io.BytesIO(data)) as picture:
        expected: NDArray[Any] = np.asarray(picture.convert("RGB"))
        if alpha != "drop":
            rgba = np.asarray(picture.convert("RGBA")).astype(float)
            share, ground = rgba[..., 3:] / 255, 255.0 if alpha == "white" else 0.0
            expected = rgba[..., :3] * share + ground * (1 - share)
    found = decoded(data, "x", Decoding(alpha=alpha))
    assert np.abs(found.pixels - expected).max() <= (0 if alpha == "drop" else 1)
    assert found.form.alpha
    assert found.form.sheer


def test_an_opaque_alpha_channel_is_told_from_transparency() -> None:
    opaque = RGBA.copy()
    opaque.putalpha(255)
    form = decoded(stored(opaque, "PNG"), "x").form
    assert (form.alpha, form.sheer) == (True, False)


def test_what_is_said_of_nothing_is_applied_and_white() -> None:
    np.testing.assert_array_equal(
        decode(TRANSPARENT["rgba png"], "x"), decode(TRANSPARENT["rgba png"], "x", Decoding("apply", "white"))
    )
