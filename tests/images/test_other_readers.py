"""JPEG, WebP and BMP against readers that have nothing to do with Pillow."""

from __future__ import annotations

import io
import struct
from typing import Any

import cv2
import imagecodecs
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.io import ImageReadMode, decode_jpeg

from robustcheck.core.errors import UnreadablePicture
from robustcheck.domain.config import Decoding
from robustcheck.images.decoding import decode

# Torchvision's own decoders are still there, and say that they will go.
pytestmark = pytest.mark.filterwarnings("ignore:The image decoding and encoding capabilities:DeprecationWarning")
ROWS, COLUMNS = np.indices((37, 45))
SMOOTH = np.stack([ROWS * 6, COLUMNS * 5, (ROWS + COLUMNS) * 3], axis=-1).astype(np.uint8)
NOISE = np.random.default_rng(0).integers(0, 256, (37, 45, 4), dtype=np.uint8)


def stored(picture: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("pixels", [SMOOTH, NOISE[..., :3]], ids=["smooth", "noise"])
def test_jpeg_is_what_torchvision_reads(pixels: NDArray[np.uint8], subsampling: int, progressive: bool) -> None:
    data = stored(Image.fromarray(pixels), "JPEG", subsampling=subsampling, progressive=progressive, quality=90)
    expected = decode_jpeg(torch.frombuffer(bytearray(data), dtype=torch.uint8), ImageReadMode.RGB)
    np.testing.assert_array_equal(decode(data, "x"), expected.permute(1, 2, 0).numpy())


def test_gray_jpeg_is_what_torchvision_reads() -> None:
    data = stored(Image.fromarray(SMOOTH[..., 0]), "JPEG", quality=90)
    expected = decode_jpeg(torch.frombuffer(bytearray(data), dtype=torch.uint8), ImageReadMode.GRAY)
    np.testing.assert_array_equal(decode(data, "x"), expected[0, ..., None].repeat(1, 1, 3).numpy())


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("channels", [3, 4])
def test_webp_is_what_libwebp_reads(channels: int, lossless: bool) -> None:
    data = stored(Image.fromarray(NOISE[..., :channels]), "WEBP", lossless=lossless, quality=80, exact=True)
    read = imagecodecs.webp_decode(data)
    assert read.shape[2] == channels
    np.testing.assert_array_equal(decode(data, "x", Decoding(alpha="drop")), read[..., :3])
    share = read[..., 3:] / 255 if channels == 4 else 1.0
    expected = read[..., :3] * share + 255 * (1 - share)
    assert np.abs(decode(data, "x") - expected).max() <= (1 if channels == 4 else 0)


def bmp(
    rows: list[bytes], bits: int, *, palette: NDArray[np.uint8] | None = None, masks: bytes = b"", top: bool
) -> bytes:
    """Return a BMP of rows in the order in which they are stored."""
    body = b"".join(row + bytes(-len(row) % 4) for row in rows)
    colours = b"" if palette is None else b"".join(bytes([*colour[::-1], 0]) for colour in palette)
    height = -len(rows) if top else len(rows)
    sizes = struct.pack(
        "<IiiHHIIiiII", 40, 45, height, 1, bits, 3 if masks else 0, len(body), 0, 0, len(colours) // 4, 0
    )
    start = 14 + len(sizes) + len(masks) + len(colours)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + sizes + masks + colours + body


@pytest.mark.parametrize("top", [False, True])
@pytest.mark.parametrize("bits", [1, 4, 8, 24, 32, "32 with masks"])
def test_bmp_is_what_opencv_reads(bits: int | str, top: bool) -> None:
    order = slice(None) if top else slice(None, None, -1)
    if bits in (1, 4, 8):
        assert isinstance(bits, int)
        palette = NOISE.reshape(-1, 4)[: 1 << bits, :3]
        values = NOISE[..., 0] & ((1 << bits) - 1)
        spread = (values[order, :, None] >> np.arange(bits)[::-1]) & 1
        rows = [np.packbits(row.reshape(-1)).tobytes() for row in spread]
        data, expected = bmp(rows, bits, palette=palette, top=top), palette[values]
    else:
        masks = struct.pack("<III", 0xFF0000, 0xFF00, 0xFF) if bits == "32 with masks" else b""
        stored_rows = NOISE[order][..., [2, 1, 0] if bits == 24 else [2, 1, 0, 3]]
        data = bmp([row.tobytes() for row in stored_rows], 24 if bits == 24 else 32, masks=masks, top=top)
        expected = NOISE[..., :3]
    np.testing.assert_array_equal(decode(data, "x"), expected)
    np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1], expected)
    with pytest.raises(UnreadablePicture):
        decode(data[:-40], "x")
