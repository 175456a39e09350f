"""Every layout of PNG is decoded as its values say, held against libpng (imagecodecs) where that reads it, or refused by name."""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from robustcheck.core.errors import UnreadablePicture
from robustcheck.domain.config import Decoding
from robustcheck.images.decoding import decode, decoded

HEIGHT, WIDTH = 21, 19
ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGBA: 4}
LAYOUTS = [
    (kind, bits, interlaced)
    for kind, depths in ((GRAY, (1, 2, 4, 8, 16)), (PALETTE, (1, 2, 4, 8)), *((kind, (8, 16)) for kind in (2, 4, 6)))
    for bits, interlaced in itertools.product(depths, (False, True))
]

Values = NDArray[np.int64]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def rows(values: Values, bits: int) -> bytes:
    """Return rows without a filter, packed."""
    lines = values.reshape(len(values), -1)
    if bits == 16:
        return b"".join(b"\0" + line.astype(">u2").tobytes() for line in lines)
    spread = (lines[..., None] >> np.arange(bits)[::-1]) & 1
    return b"".join(b"\0" + np.packbits(line.reshape(-1).astype(np.uint8)).tobytes() for line in spread)


def png(values: Values, kind: int, bits: int, *, interlaced: bool = False, **chunks: bytes) -> bytes:
    """Return a PNG of values of shape (h, w, channels); the chunks stand before the pixels."""
    parts = [values[a::c, b::d] for a, b, c, d in ADAM7] if interlaced else [values]
    body = b"".join(rows(part, bits) for part in parts if part.size)
    head = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], bits, kind, 0, 0, interlaced)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + b"".join(chunk(name.encode(), data) for name, data in chunks.items())
        + chunk(b"IDAT", zlib.compress(body))
        + chunk(b"IEND", b"")
    )


def drawn(kind: int, bits: int) -> Values:
    return np.random.default_rng([kind, bits]).integers(0, 1 << bits, (HEIGHT, WIDTH, CHANNELS[kind]))


def palette(bits: int) -> NDArray[np.uint8]:
    return np.random.default_rng(bits).integers(0, 256, (1 << bits, 3), dtype=np.uint8)


def shown(colour: NDArray[Any], opacity: NDArray[Any] | float, ground: float) -> NDArray[np.float64]:
    """Return values in 0 to 1 as levels of RGB over a ground."""
    laid = colour * opacity + ground * (1 - opacity)
    return np.broadcast_to(laid * 255.0, (HEIGHT, WIDTH, 3)).astype(float)


@pytest.mark.parametrize(("kind", "bits", "interlaced"), LAYOUTS)
def test_values_are_what_they_say(kind: int, bits: int, interlaced: bool) -> None:
    values = drawn(kind, bits)
    chunks = {"PLTE": palette(bits).tobytes()} if kind == PALETTE else {}
    data = png(values, kind, bits, interlaced=interlaced, **chunks)
    white = (1 << bits) - 1
    if bits >= 8 and kind != PALETTE:
        np.testing.assert_array_equal(imagecodecs.png_decode(data).reshape(values.shape), values)
    for alpha, ground in (("white", 1.0), ("black", 0.0), ("drop", 0.0)):
        colour, opacity = values / white, 1.0
        if kind == PALETTE:
            colour = palette(bits)[values[..., 0]] / 255
        elif kind in (GRAY_ALPHA, RGBA):
            colour, opacity = colour[..., :-1], colour[..., -1:] if alpha != "drop" else 1.0
        found = decoded(data, "x", Decoding(alpha=alpha))  # type: ignore[arg-type]
        # What has alpha in 8 bits is rounded twice.
        most = 1.0 if kind in (GRAY_ALPHA, RGBA) and bits == 8 else 0.5
        assert np.abs(found.pixels - shown(colour, opacity, ground)).max() <= most + 1e-9
        assert found.form.gray == (kind in (GRAY, GRAY_ALPHA))
        assert found.form.deep == (bits == 16)
        assert found.form.alpha == (kind in (GRAY_ALPHA, RGBA))


@pytest.mark.parametrize(("kind", "bits", "interlaced"), [one for one in LAYOUTS if one[0] in (GRAY, RGB)])
def test_one_transparent_colour_is_that_colour(kind: int, bits: int, interlaced: bool) -> None:
    values = drawn(kind, bits)
    values[3:9, 4:12] = values[0, 0]
    data = png(values, kind, bits, interlaced=interlaced, tRNS=struct.pack(f">{CHANNELS[kind]}H", *values[0, 0]))
    clear = (values == values[0, 0]).all(axis=2, keepdims=True)
    colour = values / ((1 << bits) - 1)
    for alpha, ground in (("white", 1.0), ("black", 0.0)):
        found = decoded(data, "x", Decoding(alpha=alpha))  # type: ignore[arg-type]
        assert np.abs(found.pixels - shown(colour, np.where(clear, 0.0, 1.0), ground)).max() <= 0.5 + 1e-9
        assert found.form.alpha
        assert found.form.sheer
    dropped = decode(data, "x", Decoding(alpha="drop"))
    assert np.abs(dropped - shown(colour, 1.0, 0)).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("kind", [GRAY, RGB, GRAY_ALPHA, RGBA])
def test_orientation_of_any_depth(kind: int, bits: int, orientation: int) -> None:
    values = drawn(kind, bits)
    exif = Image.Exif()
    exif[274] = orientation
    data = png(values, kind, bits, eXIf=exif.tobytes()[6:])
    plain = decode(png(values, kind, bits), "x")
    applied, ignored = (decoded(data, "x", Decoding(exif=exif)) for exif in ("apply", "ignore"))
    np.testing.assert_array_equal(ignored.pixels, plain)
    upright = {
        1: plain,
        2: plain[:, ::-1],
        3: plain[::-1, ::-1],
        4: plain[::-1],
        5: plain.transpose(1, 0, 2),
        6: np.rot90(plain, -1),
        7: plain[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(plain, 1),
    }[orientation]
    np.testing.assert_array_equal(applied.pixels, upright)
    assert applied.form.turned == (orientation != 1)


@pytest.mark.parametrize("white", [255, 1023, 4095, 16383, 65535])
def test_how_many_bits_are_used_is_seen(white: int) -> None:
    for kind in (GRAY, RGB, RGBA):
        values = np.full((4, 4, CHANNELS[kind]), white)
        form = decoded(png(values, kind, 16), "x").form
        assert form.used == white.bit_length()


@pytest.mark.parametrize(
    "data",
    [
        b"P5\n4 4\n65535\n" + bytes(32),
        b"P6\n4 4\n65535\n" + bytes(96),
        b"P5\n4 4\n255\n" + bytes(16),
        b"Pf\n4 4\n-1.0\n" + bytes(64),
    ],
    ids=["16-bit PGM", "16-bit PPM", "PGM", "PFM"],
)
def test_portable_maps_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadablePicture, match="it is no PNG, JPEG, WEBP, BMP or TIFF picture"):
        decode(data, "x")


@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
@pytest.mark.parametrize("kind", [GRAY, RGB, GRAY_ALPHA, RGBA])
def test_a_truncated_file_of_16_bits_is_unreadable(kind: int, share: float) -> None:
    data = png(drawn(kind, 16), kind, 16)
    with pytest.raises(UnreadablePicture):
        decode(data[: int(len(data) * share)], "x")


def test_an_animation_is_refused_however_deep() -> None:
    frames = [Image.fromarray(np.full((8, 8), level, np.uint16)) for level in (0, 40000)]
    stream = io.BytesIO()
    frames[0].save(stream, "PNG", save_all=True, append_images=frames[1:])
    with pytest.raises(UnreadablePicture, match="2 frames or pages"):
        decode(stream.getvalue(), "x")
