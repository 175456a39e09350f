"""Every layout of TIFF is decoded as tifffile reads it, or refused by the name of what keeps it out."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from robustcheck.core.errors import UnreadablePicture
from robustcheck.domain.config import Decoding
from robustcheck.images import tiff
from robustcheck.images.decoding import decode, decoded

HEIGHT, WIDTH = 37, 45
COLOURS = {0: "miniswhite", 1: "minisblack", 2: "rgb", 3: "palette", 5: "separated", 6: "ycbcr"}
COUNTS = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3}
EXTRA = {0: "unspecified", 1: "assocalpha", 2: "unassalpha"}
WRITTEN = {1: None, 5: "lzw", 8: "zlib", 32946: 32946, 32773: "packbits", 34925: "lzma", 50000: "zstd", 7: "jpeg"}
PREDICTED = (5, 8, 32946, 34925, 50000)

Array = NDArray[Any]


def drawn(bits: int, channels: int, *, premultiplied: bool = False, smooth: bool = False) -> Array:
    """Return values of a picture, shape (h, w, channels)."""
    random = np.random.default_rng([bits, channels])
    values = random.integers(0, 1 << bits, (HEIGHT, WIDTH, channels), dtype=np.uint16 if bits > 8 else np.uint8)
    if premultiplied:
        values[..., :-1] = np.minimum(values[..., :-1], values[..., -1:])
    if smooth:
        rows, columns = np.indices((HEIGHT, WIDTH))
        values = np.stack([rows * 6, columns * 5, rows + columns, rows * 0 + 90][:channels], axis=-1).astype(np.uint8)
    return values


def written(
    values: Array, colours: int, extra: tuple[int, ...] = (), *, separate: bool = False, **options: Any
) -> bytes:
    """Return a TIFF of values of shape (h, w, channels)."""
    stored = values[..., 0] if values.shape[2] == 1 else np.moveaxis(values, -1, 0) if separate else values
    if values.shape[2] > 1:
        options["planarconfig"] = "separate" if separate else "contig"
    if extra:
        options["extrasamples"] = [EXTRA[one] for one in extra]
    stream = io.BytesIO()
    tifffile.imwrite(stream, stored, photometric=COLOURS.get(colours, colours), metadata=None, **options)
    return stream.getvalue()


def as_tifffile_reads(data: bytes, colours: int, bits: int, extra: tuple[int, ...]) -> NDArray[np.float64]:
    """Return what tifffile reads as RGB over white, 0 to 255, by formulas of our own."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages[0]
        read = page.asarray()  # type: ignore[union-attr]
        if page.planarconfig == 2 and read.ndim == 3:  # type: ignore[union-attr]
            read = np.moveaxis(read, 0, -1)
        palette = getattr(page, "colormap", None)
    read = read[..., None] if read.ndim == 2 else read
    if colours == 3:
        assert palette is not None
        return np.asarray(np.moveaxis(palette[:, read[..., 0]], 0, -1) >> 8, float)
    white = float((1 << bits) - 1)
    values = read.astype(float) * 255 / white
    colour = values[..., : COUNTS[colours]]
    if extra[:1] in ((1,), (2,)):
        share = values[..., COUNTS[colours] : COUNTS[colours] + 1] / 255
        colour = (colour if extra[0] == 1 else colour * share) + 255 * (1 - share)
    if colours == 0:
        colour = 255 - colour
    if colours == 5:
        colour = np.asarray(Image.fromarray(colour.astype(np.uint8), "CMYK").convert("RGB"), float)
    return np.repeat(colour, 3, axis=2) if colour.shape[2] == 1 else colour


def layouts(row: tiff.Row) -> Iterator[tuple[int, tuple[int, ...], bool, int]]:
    return itertools.product(
        sorted(row.colours), sorted(row.extra), (False, True) if row.separate else (False,), sorted(row.compressions)
    )


def forms(row: tiff.Row, compression: int) -> Iterator[dict[str, Any]]:
    """Yield tiles and strips, predictors, orders of bytes and sizes of file that a layout comes in."""
    for order, tile, strip, predictor, large in itertools.product(
        "<>", (None, (16, 16)), (None, 5), (False, True), (False, True)
    ):
        if (tile and strip) or (large and order == ">") or (predictor and compression not in PREDICTED):
            continue
        if row.bits < 8 and (predictor or tile):
            continue
        yield {"byteorder": order, "tile": tile, "rowsperstrip": strip, "predictor": predictor, "bigtiff": large}


@pytest.mark.parametrize("row", tiff.DECODED, ids=str)
def test_what_is_decoded_is_what_tifffile_reads(row: tiff.Row) -> None:
    held = 0
    for colours, extra, separate, compression in layouts(row):
        if compression in (3, 4):
            continue
        values = drawn(row.bits, COUNTS[colours] + len(extra), premultiplied=extra == (1,), smooth=compression == 7)
        for form in forms(row, compression):
            options = {**form, "compression": WRITTEN[compression]}
            if row.bits in (2, 4):
                options["bitspersample"] = row.bits
            if colours == 3:
                options["colormap"] = np.random.default_rng(3).integers(0, 65536, (3, 256), dtype=np.uint16)
            if compression == 7 and form["rowsperstrip"]:
                options["rowsperstrip"] = 16
            data = written(values > 0 if row.bits == 1 else values, colours, extra, separate=separate, **options)
            found = decode(data, "x")
            expected = as_tifffile_reads(data, colours, row.bits, extra)
            # Rounded once; through alpha of 8 bits Pillow rounds twice.
            most = 1.0 if extra[:1] in ((1,), (2,)) and row.bits == 8 else 0.5
            assert np.abs(found - expected).max() <= most + 1e-9, (colours, extra, separate, options)
            np.testing.assert_array_equal(found, decode(data, "x"))
            held += 1
    assert held >= 4


@pytest.mark.parametrize("compression", ["group3", "group4"])
@pytest.mark.parametrize("inverted", [False, True])
def test_fax_is_what_tifffile_reads(compression: str, inverted: bool) -> None:
    picture = Image.fromarray(drawn(1, 1)[..., 0] > 0)
    stream = io.BytesIO()
    picture.save(stream, "TIFF", compression=compression, tiffinfo={262: 0} if inverted else {})
    data = stream.getvalue()
    layout = tiff.layout_of(data, "x")
    assert layout.compression in (3, 4)
    expected = as_tifffile_reads(data, layout.colours, 1, ())
    np.testing.assert_array_equal(decode(data, "x"), expected)


@pytest.mark.parametrize("subsampling", [(1, 1), (2, 1), (2, 2)])
@pytest.mark.parametrize("tile", [None, (16, 16), (32, 32)])
def test_subsampled_colours_in_jpeg_are_what_tifffile_reads(subsampling: tuple[int, int], tile: Any) -> None:
    data = written(drawn(8, 3, smooth=True), 6, compression="jpeg", subsampling=subsampling, tile=tile)
    np.testing.assert_array_equal(decode(data, "x"), tifffile.imread(io.BytesIO(data)))


def packed(values: Array, bits: int, **options: Any) -> bytes:
    return written(values, 1 if values.shape[2] == 1 else 2, bitspersample=bits, **options)


REFUSED = {
    "16 bits in separate planes": (written(drawn(16, 3), 2, separate=True), "16-bit TIFF with separate planes"),
    "16 bits in separate tiles": (
        written(drawn(16, 3), 2, separate=True, tile=(16, 16), compression="zlib", predictor=True),
        "16-bit TIFF with separate planes",
    ),
    "16 bits, alpha in separate planes": (
        written(drawn(16, 4), 2, (2,), separate=True),
        "16-bit TIFF with separate planes",
    ),
    "16 bits, zstd": (written(drawn(16, 3), 2, compression="zstd"), "16-bit TIFF with RGB and Zstandard compression"),
    "16 bits, lzma": (written(drawn(16, 1), 1, compression="lzma"), "16-bit TIFF with gray and LZMA compression"),
    "16 bits, gray and alpha": (written(drawn(16, 2), 1, (2,)), "16-bit TIFF with gray and alpha"),
    "16 bits, two channels more": (
        written(drawn(16, 5), 2, (0, 0)),
        "16-bit TIFF with RGB and a channel without meaning and a channel without meaning",
    ),
    "16 bits, CMYK": (written(drawn(16, 4), 5), "16-bit TIFF with CMYK colours"),
    "16 bits, palette": (
        written(drawn(16, 1), 3, colormap=np.zeros((3, 65536), np.uint16)),
        "16-bit TIFF with a palette",
    ),
    "12 bits": (packed(drawn(12, 1), 12), "12-bit TIFF"),
    "12 bits, colour": (packed(drawn(12, 3), 12), "12-bit TIFF"),
    "10 bits": (packed(drawn(10, 1), 10), "10-bit TIFF"),
    "14 bits, colour": (packed(drawn(14, 3), 14), "14-bit TIFF"),
    "3 bits": (packed(drawn(3, 1), 3), "3-bit TIFF"),
    "4 bits of colour": (packed(drawn(4, 3), 4), "4-bit TIFF with RGB"),
    "signed, 8 bits": (written(drawn(7, 1).astype(np.int8), 1), "8-bit TIFF with signed values"),
    "signed, 16 bits": (written(drawn(12, 3).astype(np.int16), 2), "16-bit TIFF with signed values"),
    "half floats": (written(drawn(8, 1).astype(np.float16), 1), "16-bit TIFF with floating-point values"),
    "floats": (written(drawn(8, 3).astype(np.float32), 2), "32-bit TIFF with floating-point values"),
    "doubles": (written(drawn(8, 1).astype(np.float64), 1), "64-bit TIFF with floating-point values"),
    "32 bits": (written(drawn(8, 3).astype(np.uint32), 2), "32-bit TIFF"),
    "subsampled colours without JPEG": (written(drawn(8, 3), 6), "8-bit TIFF with YCbCr colours and no compression"),
    "L*a*b*": (written(drawn(8, 3), 8), "8-bit TIFF with CIE L*a*b* colours"),
    "gray and alpha in separate planes": (
        written(drawn(8, 2), 1, (2,), separate=True),
        "8-bit TIFF with separate planes",
    ),
    "premultiplied gray": (written(drawn(8, 2), 1, (1,)), "8-bit TIFF with gray and premultiplied alpha"),
    "alpha where white is zero": (
        written(drawn(8, 2), 0, (2,)),
        "8-bit TIFF with white stored as zero and alpha",
    ),
    "JPEG 2000": (written(drawn(8, 3), 2, compression="jpeg2000"), "8-bit TIFF with RGB and JPEG 2000 compression"),
    "WebP": (written(drawn(8, 3), 2, compression="webp"), "8-bit TIFF with RGB and WebP compression"),
    "PNG": (written(drawn(8, 3), 2, compression="png"), "8-bit TIFF with RGB and PNG compression"),
    "a palette of 8 bits": (
        written(drawn(8, 1), 3, colormap=np.arange(768, dtype=np.uint16).reshape(3, 256) % 256),
        "with a palette of 8 bits, which is 16 by the standard,",
    ),
    "big-endian BigTIFF": (written(drawn(8, 1), 1, bigtiff=True, byteorder=">"), "TIFF with this order of bytes"),
}


@pytest.mark.parametrize(("data", "what"), REFUSED.values(), ids=REFUSED)
def test_what_was_never_held_against_a_reader_is_refused_by_name(
    data: bytes, what: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UnreadablePicture) as caught:
        decode(data, "scan.tif")
    assert str(caught.value).startswith(f"scan.tif: {what}") or what in str(caught.value)
    assert "is not supported; save it as PNG" in str(caught.value)
    assert capfd.readouterr().err == ""


def decoded_or_refused(data: bytes) -> tuple[Array | None, str]:
    try:
        return decode(data, "x"), ""
    except UnreadablePicture as error:
        return None, str(error)


@pytest.mark.parametrize("bits", [8, 16])
def test_no_combination_is_read_otherwise_than_tifffile_reads_it(bits: int) -> None:
    read = refused = 0
    kinds = [
        (0, ()),
        (1, ()),
        (1, (0,)),
        (1, (1,)),
        (1, (2,)),
        (2, ()),
        (2, (0,)),
        (2, (1,)),
        (2, (2,)),
        (2, (0, 0)),
        (5, ()),
    ]
    for (colours, extra), separate, tile, compression in itertools.product(
        kinds, (False, True), (None, (16, 16)), (1, 5, 8, 32773, 34925, 50000)
    ):
        values = drawn(bits, COUNTS[colours] + len(extra), premultiplied=extra == (1,))
        options = {"tile": tile, "compression": WRITTEN[compression], "predictor": compression in PREDICTED}
        data = written(values, colours, extra, separate=separate, **options)
        found, reason = decoded_or_refused(data)
        if found is None:
            assert "is not supported" in reason
            refused += 1
            continue
        expected = as_tifffile_reads(data, colours, bits, extra)
        assert np.abs(found - expected).max() <= 1 + 1e-9, (colours, extra, separate, options)
        read += 1
    assert read >= 40
    assert refused >= 40


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_orientation_of_any_depth(orientation: int, bits: int, compression: str | None) -> None:
    values = drawn(bits, 3)
    data = written(values, 2, compression=compression, extratags=[(274, "H", 1, orientation, True)])
    stored = as_tifffile_reads(data, 2, bits, ())
    upright = {
        1: stored,
        2: stored[:, ::-1],
        3: stored[::-1, ::-1],
        4: stored[::-1],
        5: stored.transpose(1, 0, 2),
        6: np.rot90(stored, -1),
        7: stored[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(stored, 1),
    }[orientation]
    applied, ignored = (decoded(data, "x", Decoding(exif=exif)) for exif in ("apply", "ignore"))
    assert np.abs(applied.pixels - upright).max() <= 0.5
    assert np.abs(ignored.pixels - stored).max() <= 0.5
    assert applied.form.turned == ignored.form.turned == (orientation != 1)


@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "packbits"])
@pytest.mark.parametrize("bits", [8, 16])
def test_a_truncated_file_is_unreadable(bits: int, compression: str | None, share: float) -> None:
    data = written(drawn(bits, 3), 2, compression=compression)
    with pytest.raises(UnreadablePicture):
        decode(data[: int(len(data) * share)], "x")


@pytest.mark.parametrize("bits", [8, 16])
def test_several_pages_are_refused_however_deep(bits: int) -> None:
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as file:
        for _ in range(2):
            file.write(drawn(bits, 3), photometric="rgb")
    with pytest.raises(UnreadablePicture, match="frames or pages; only single pictures are accepted"):
        decode(stream.getvalue(), "x")
