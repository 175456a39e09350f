"""Every kind of picture file: as a person expects it, or refused by name."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from robustcheck.core.errors import UnreadablePicture
from robustcheck.images import decode

RGB = np.arange(6 * 4 * 3, dtype=np.uint8).reshape(6, 4, 3) * 3
GREY = RGB[..., 0].copy()


def stored(picture: Image.Image | NDArray[Any], kind: str, **options: Any) -> bytes:
    """Return the bytes of a picture in a format."""
    if not isinstance(picture, Image.Image):
        picture = Image.fromarray(picture)
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("BMP", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}), ("WEBP", {"lossless": True})],
)
def test_lossless_colour_is_exact(kind: str, options: dict[str, Any]) -> None:
    found = decode(stored(RGB, kind, **options), "x")
    np.testing.assert_array_equal(found, RGB)
    assert found.dtype == np.uint8
    assert found.flags.c_contiguous


def test_jpeg_is_close() -> None:
    smooth = np.full((32, 32, 3), (200, 100, 50), np.uint8)
    assert np.abs(decode(stored(smooth, "JPEG", quality=95), "x").astype(int) - smooth).max() <= 3


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (Image.fromarray(GREY), np.repeat(GREY[..., None], 3, axis=2)),
        (Image.fromarray(GREY > 100), np.where((GREY > 100)[..., None], 255, 0).repeat(3, axis=2)),
        (Image.fromarray(RGB).quantize(24), None),
    ],
    ids=["grey", "1 bit", "palette"],
)
def test_other_modes_become_rgb(picture: Image.Image, expected: NDArray[Any] | None) -> None:
    found = decode(stored(picture, "PNG"), "x")
    wanted = np.asarray(picture.convert("RGB")) if expected is None else expected
    np.testing.assert_array_equal(found, wanted)


def test_transparency_is_laid_over_white() -> None:
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0] = [(255, 0, 0, 255), (255, 0, 0, 0), (0, 0, 0, 51)]
    found = decode(stored(rgba, "PNG"), "x")
    assert found[0].tolist() == [[255, 0, 0], [255, 255, 255], [204, 204, 204]]
    grey = Image.fromarray(np.array([[[0, 255], [0, 0]]], np.uint8), "LA")
    assert decode(stored(grey, "PNG"), "x")[0].tolist() == [[0, 0, 0], [255, 255, 255]]
    palette = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    palette.putpalette([10, 20, 30, 40, 50, 60])
    assert decode(stored(palette, "PNG", transparency=1), "x")[0].tolist() == [[10, 20, 30], [255, 255, 255]]


def test_cmyk_jpeg_has_the_colours_a_person_sees() -> None:
    cmyk = Image.fromarray(np.full((16, 16, 3), (250, 10, 10), np.uint8)).convert("CMYK")
    found = decode(stored(cmyk, "JPEG", quality=95), "x").astype(int)
    assert np.abs(found - (250, 10, 10)).max() < 12


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied(orientation: int, kind: str) -> None:
    upright = np.zeros((16, 32, 3), np.uint8)
    upright[:8, :16] = 255
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    picture = Image.fromarray(np.ascontiguousarray(turned))
    exif = Image.Exif()
    exif[274] = orientation
    options: dict[str, Any] = {"quality": 95} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    found = decode(stored(picture, kind, exif=exif, **options), "x")
    assert found.shape == upright.shape
    assert np.abs(found.astype(int) - upright).max() <= 12


LEVELS = np.array([[0, 128, 257, 385, 386, 32768, 65279, 65535]], np.uint16)
ROUNDED = [0, 0, 1, 1, 2, 128, 254, 255]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_are_rounded_not_cut(suffix: str) -> None:
    assert decode(cv2.imencode(suffix, LEVELS)[1].tobytes(), "x")[0, :, 0].tolist() == ROUNDED
    colour = np.stack([LEVELS, LEVELS[:, ::-1], LEVELS], axis=-1)
    found = decode(cv2.imencode(suffix, colour[..., ::-1])[1].tobytes(), "x")
    assert found[0, :, 0].tolist() == ROUNDED
    assert found[0, :, 1].tolist() == ROUNDED[::-1]


def test_sixteen_bits_with_alpha_lie_over_white() -> None:
    pixel = np.array([[[0, 0, 0, 0], [0, 0, 65535, 65535]]], np.uint16)
    found = decode(cv2.imencode(".png", pixel)[1].tobytes(), "x")
    assert found[0].tolist() == [[255, 255, 255], [255, 0, 0]]


def bomb() -> bytes:
    """Return a small PNG that claims 60 000 x 60 000 pixels."""
    head = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def pages(kind: str) -> bytes:
    frames = [Image.fromarray(np.full((8, 8, 3), level, np.uint8)) for level in (0, 255)]
    return stored(frames[0], kind, save_all=True, append_images=frames[1:])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"not a picture at all", "it is no PNG, JPEG, WEBP, BMP or TIFF picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it is no PNG"),
        (stored(Image.fromarray(RGB), "GIF"), "it is no PNG"),
        (stored(np.zeros((64, 64, 3), np.uint8), "PNG")[:60], "cannot be decoded"),
        (stored(RGB.repeat(20, 0).repeat(20, 1), "JPEG")[:400], "cannot be decoded"),
        (bomb(), "pixels"),
        (pages("TIFF"), "2 frames or pages"),
        (pages("WEBP"), "2 frames or pages"),
        (pages("PNG"), "2 frames or pages"),
        (stored(Image.fromarray(np.zeros((4, 4), np.float32)), "TIFF"), "32-bit TIFF with"),
        (stored(Image.fromarray(np.zeros((4, 4), np.int32)), "TIFF"), "32-bit TIFF with"),
    ],
    ids=str,
)
def test_what_is_refused_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadablePicture, match=reason) as caught:
        decode(data, "folder/picture.png")
    assert str(caught.value).startswith("folder/picture.png: ")
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadablePicture, match="No such file"):
        decode(tmp_path / "gone.png", "gone.png")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(UnreadablePicture, match="directory"):
        decode(tmp_path / "folder.png", "folder.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
def test_damage_anywhere_is_a_refusal_or_a_picture_never_another_error(kind: str) -> None:
    whole = stored(np.random.default_rng(0).integers(0, 256, (24, 24, 3), dtype=np.uint8), kind)
    rng = np.random.default_rng(1)
    for _ in range(60):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            damaged[place] = rng.integers(0, 256)
        try:
            found = decode(bytes(damaged), "x")
        except UnreadablePicture:
            continue
        assert found.ndim == 3
        assert found.shape[2] == 3


def test_the_photo_of_a_phones_multi_picture_file_is_its_first() -> None:
    photo, preview = (Image.fromarray(np.full((16, 24, 3), level, np.uint8)) for level in (200, 20))
    found = decode(stored(photo, "MPO", save_all=True, append_images=[preview]), "IMG_0001.jpg")
    assert found.shape == (16, 24, 3)
    assert (found == 200).all()


def warned() -> bytes:
    """Return a picture that Pillow warns about: its EXIF data breaks off."""
    broken = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01"
    return stored(np.full((8, 8, 3), 90, np.uint8), "JPEG", exif=broken)


@pytest.mark.parametrize("action", ["error", "ignore"])
def test_what_pillow_warns_about_is_decoded_whatever_the_filters_say(action: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter(action)
        assert (decode(warned(), "x") == 90).all()
    with pytest.warns(UserWarning, match="Corrupt EXIF"):
        decode(warned(), "x")


def test_threads_leave_the_filters_of_the_process_as_they_were() -> None:
    before = list(warnings.filters)
    data = [stored(RGB, "PNG"), warned()] * 20
    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(decode, data, map(str, range(40))))) == 40
    assert list(warnings.filters) == before
