"""Which layouts of TIFF are decoded: those that were held against other readers, and no other.

TIFF leaves open how numbers are stored and what they mean, and decoders return something for layouts that they misread: garbage for
separate planes of 16 bits, black for negative values. Each row of ``DECODED`` is held against tifffile in
``tests/images/test_tiff_layouts.py``; whatever is in no row is refused by the name of what keeps it out.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from robustcheck.core.errors import UnreadablePicture
from robustcheck.images.own_pillow import ImageFileDirectory_v2

_KNOWN: Final = (b"II*\0", b"MM\0*", b"II+\0")
_ODD: Final = (b"MM\0+", b"MM*\0", b"II\0*")
"""BigTIFF that begins with the highest byte, and files whose number does not follow the order of bytes that they state."""
_WIDTH, _HEIGHT = 256, 257
_BITS, _COMPRESSION, _PHOTOMETRIC, _FILL, _SAMPLES, _PLANES = 258, 259, 262, 266, 277, 284
_PREDICTOR, _COLOURS, _INKS, _EXTRA, _KIND = 317, 320, 332, 338, 339
ORIENTATION: Final = 274

WHITE_IS_ZERO, GRAY, RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
NO_MEANING, PREMULTIPLIED, ALPHA = 0, 1, 2
_NONE, _JPEG, _ZSTD, _LZMA = 1, 7, 50000, 34925
_FAX: Final = frozenset({3, 4})
_LOSSLESS: Final = frozenset({_NONE, 5, 8, 32773, 32946})
"""No compression, LZW, Deflate by either number, PackBits."""
_MORE: Final = _LOSSLESS | {_LZMA, _ZSTD}
_PREDICTED: Final = frozenset({5, 8, 32946, _LZMA, _ZSTD})
"""Compressions that know a predictor."""

_COLOUR_NAMES: Final = {
    WHITE_IS_ZERO: "white stored as zero",
    GRAY: "gray",
    RGB: "RGB",
    PALETTE: "a palette",
    4: "a transparency mask",
    CMYK: "CMYK colours",
    YCBCR: "YCbCr colours",
    8: "CIE L*a*b* colours",
    9: "ICC L*a*b* colours",
    10: "ITU L*a*b* colours",
    32803: "a colour filter array",
    32844: "logarithmic luminance",
    32845: "LogLuv colours",
    34892: "raw sensor values",
}
_COMPRESSION_NAMES: Final = {
    _NONE: "no compression",
    2: "CCITT compression",
    3: "fax compression",
    4: "fax compression",
    5: "LZW compression",
    6: "old-style JPEG compression",
    _JPEG: "JPEG compression",
    8: "Deflate compression",
    32773: "PackBits compression",
    32946: "Deflate compression",
    33003: "JPEG 2000 compression",
    33005: "JPEG 2000 compression",
    34712: "JPEG 2000 compression",
    34887: "LERC compression",
    _LZMA: "LZMA compression",
    34933: "PNG compression",
    34934: "JPEG XR compression",
    _ZSTD: "Zstandard compression",
    50001: "WebP compression",
    50002: "JPEG XL compression",
    52546: "JPEG XL compression",
}
_KIND_NAMES: Final = {2: "signed values", 3: "floating-point values", 5: "complex values", 6: "complex values"}
_EXTRA_NAMES: Final = {NO_MEANING: "a channel without meaning", PREMULTIPLIED: "premultiplied alpha", ALPHA: "alpha"}
_CHANNELS: Final = {WHITE_IS_ZERO: 1, GRAY: 1, RGB: 3, PALETTE: 1, CMYK: 4, YCBCR: 3}


@dataclass(frozen=True, slots=True)
class Row:
    """Some layouts that are decoded.

    Attributes:
        bits: Bits a channel.
        colours: What the channels are.
        extra: What channels beside the colours mean.
        separate: Whether each channel may have a plane of its own.
        compressions: How it may be compressed.
    """

    bits: int
    colours: frozenset[int]
    extra: frozenset[tuple[int, ...]]
    separate: bool
    compressions: frozenset[int]


_ONLY: Final[frozenset[tuple[int, ...]]] = frozenset({()})
DECODED: Final = (
    Row(1, frozenset({WHITE_IS_ZERO, GRAY}), _ONLY, False, _LOSSLESS | _FAX),
    Row(2, frozenset({WHITE_IS_ZERO, GRAY}), _ONLY, False, frozenset({_NONE})),
    Row(4, frozenset({WHITE_IS_ZERO, GRAY}), _ONLY, False, frozenset({_NONE})),
    Row(8, frozenset({WHITE_IS_ZERO, GRAY}), _ONLY, False, _MORE | {_JPEG}),
    Row(8, frozenset({GRAY}), frozenset({(NO_MEANING,), (ALPHA,)}), False, _MORE),
    Row(8, frozenset({RGB}), _ONLY, True, _MORE | {_JPEG}),
    Row(8, frozenset({RGB}), frozenset({(ALPHA,)}), True, _MORE),
    Row(8, frozenset({RGB}), frozenset({(NO_MEANING,), (PREMULTIPLIED,), (NO_MEANING,) * 2}), False, _MORE),
    Row(8, frozenset({PALETTE}), _ONLY, False, _MORE),
    Row(8, frozenset({CMYK}), _ONLY, True, _MORE),
    Row(8, frozenset({YCBCR}), _ONLY, False, frozenset({_JPEG})),
    Row(16, frozenset({WHITE_IS_ZERO, GRAY}), _ONLY, False, _LOSSLESS),
    Row(16, frozenset({RGB}), frozenset({(), (NO_MEANING,), (PREMULTIPLIED,), (ALPHA,)}), False, _LOSSLESS),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the first picture of a TIFF file is stored.

    Attributes:
        bits: Bits of each channel.
        kind: 1 unsigned, 2 signed, 3 floating point.
        colours: Photometric interpretation.
        extra: What channels beside the colours mean.
        channels: How many there are.
        separate: Whether each channel has a plane of its own.
        compression: Number of the compression.
        predictor: 1 none, 2 differences.
        fill: 1 where the first pixel is the highest bit.
        inks: Which inks CMYK has; 1 is CMYK.
        palette: The numbers of the palette, if there is one.
        orientation: How it is turned, as EXIF counts.
        width: Pixels a row, as stored.
        height: Rows.
        alone: Whether no other picture follows.
    """

    bits: tuple[int, ...]
    kind: int
    colours: int
    extra: tuple[int, ...]
    channels: int
    separate: bool
    compression: int
    predictor: int
    fill: int
    inks: int
    palette: tuple[int, ...]
    orientation: int
    width: int
    height: int
    alone: bool

    @property
    def deep(self) -> bool:
        """Whether it has 16 bits a channel."""
        return set(self.bits) == {16}


def is_tiff(raw: bytes) -> bool:
    """Whether a file says that it is a TIFF."""
    return raw[:4] in _KNOWN + _ODD


def layout_of(raw: bytes, name: str) -> Layout:
    """Return how the first picture of a TIFF file is stored.

    Args:
        raw: The whole file; what is damaged raises whatever Pillow comes upon.
        name: What it is called in messages.

    Raises:
        UnreadablePicture: Its tags are in an order of bytes that was never held against another reader.
    """
    if raw[:4] in _ODD:
        raise UnreadablePicture(name, "TIFF with this order of bytes is not supported; save it as PNG of 8 or 16 bits")
    stream = io.BytesIO(raw)
    header = stream.read(8)
    header += stream.read(8) if header[2:3] == b"+" else b""
    tags = ImageFileDirectory_v2(header)
    stream.seek(tags.next)
    tags.load(stream)

    def numbers(tag: int, default: tuple[int, ...]) -> tuple[int, ...]:
        value: Any = tags.get(tag, default)
        return tuple(int(one) for one in value) if isinstance(value, tuple) else (int(value),)

    def number(tag: int, default: int) -> int:
        return numbers(tag, (default,))[0]

    channels = number(_SAMPLES, 1)
    bits = numbers(_BITS, (1,))
    kinds = set(numbers(_KIND, (1,)))
    return Layout(
        bits=bits * channels if len(bits) == 1 else bits,
        kind=kinds.pop() if len(kinds) == 1 else 0,
        colours=number(_PHOTOMETRIC, -1),
        extra=numbers(_EXTRA, ()),
        channels=channels,
        separate=channels > 1 and number(_PLANES, 1) == 2,
        compression=number(_COMPRESSION, _NONE),
        predictor=number(_PREDICTOR, 1),
        fill=number(_FILL, 1),
        inks=number(_INKS, 1),
        palette=numbers(_COLOURS, ()),
        orientation=number(ORIENTATION, 1),
        width=number(_WIDTH, 0),
        height=number(_HEIGHT, 0),
        alone=not tags.next,
    )


def refuse_unknown(layout: Layout, name: str) -> None:
    """Refuse a layout that was never held against another reader.

    Raises:
        UnreadablePicture: Says what of it is not supported.
    """
    reason = next(_reasons(layout), "")
    if reason:
        raise UnreadablePicture(name, f"{reason} is not supported; save it as PNG of 8 or 16 bits")


def _compression(layout: Layout) -> str:
    return _COMPRESSION_NAMES.get(layout.compression, f"compression {layout.compression}")


def _reasons(layout: Layout) -> Iterator[str]:
    """Yield what keeps a layout out, the most telling first."""
    several = sorted(set(layout.bits))
    what = (
        f"{several[0]}-bit TIFF" if len(several) == 1 else f"TIFF of {' and '.join(map(str, several))} bits a channel"
    )
    colours = _COLOUR_NAMES.get(layout.colours, f"colours of the kind {layout.colours}")
    if layout.kind != 1:
        yield f"{what} with {_KIND_NAMES.get(layout.kind, 'values of no stated kind')}"
    rows = [row for row in DECODED if {row.bits} == set(layout.bits)]
    if not rows:
        yield what
    rows = [row for row in rows if layout.colours in row.colours]
    if not rows:
        yield f"{what} with {colours}"
    count = _CHANNELS.get(layout.colours, 1) + len(layout.extra)
    if not count == layout.channels == len(layout.bits):
        yield f"{what} with {layout.channels} channels of which {count} are said to be something"
    rows = [row for row in rows if layout.extra in row.extra]
    if not rows:
        more = " and ".join(_EXTRA_NAMES.get(one, f"a channel of the kind {one}") for one in layout.extra)
        yield f"{what} with {colours} and {more}"
    rows = [row for row in rows if row.separate or not layout.separate]
    if not rows:
        yield f"{what} with separate planes"
    rows = [row for row in rows if layout.compression in row.compressions]
    if not rows:
        planes = " in separate planes" if layout.separate else ""
        yield f"{what} with {colours}{planes} and {_compression(layout)}"
    if layout.predictor != 1 and not (
        layout.predictor == 2 and layout.compression in _PREDICTED and layout.bits[0] >= 8
    ):
        yield f"{what} with the predictor {layout.predictor} and {_compression(layout)}"
    if layout.fill != 1:
        yield f"{what} with bits in reversed order"
    if layout.colours == CMYK and layout.inks != 1:
        yield f"{what} with inks that are not CMYK"
    if layout.colours == PALETTE and max(layout.palette, default=0) < 256:
        yield f"{what} with a palette of 8 bits, which is 16 by the standard,"
