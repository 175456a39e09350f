"""TIFF files with 16 bits a channel: what their tags say about the numbers is heeded."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

from robustcheck.core.errors import UnreadablePicture
from robustcheck.images import decode


def tiff(values: list[Any], photometric: int, extra: int | None = None) -> bytes:
    """Return an uncompressed TIFF of one row with 16 bits a channel.

    Args:
        values: Shape (width,) or (width, channels).
        photometric: 0 white is zero, 1 black is zero, 2 RGB, 5 CMYK.
        extra: Meaning of the last channel: 0 none, 1 premultiplied alpha, 2 alpha.
    """
    row = np.array(values, "<u2")
    channels = row.shape[1] if row.ndim == 2 else 1
    tags = {256: len(row), 257: 1, 258: [16] * channels, 259: 1, 262: photometric, 277: channels, 278: 1, 284: 1}
    tags |= {273: 0, 279: row.nbytes} | ({} if extra is None else {338: extra})
    after = 8 + 2 + 12 * len(tags) + 4
    tags[273] = after + (2 * channels if channels > 2 else 0)
    entries, behind = b"", b""
    for number, value in sorted(tags.items()):
        shorts = struct.pack(f"<{channels}H", *value) if isinstance(value, list) else struct.pack("<H", value)
        count = channels if isinstance(value, list) else 1
        if len(shorts) > 4:
            behind, shorts = behind + shorts, struct.pack("<I", after)
        entries += struct.pack("<HHI", number, 3, count) + shorts.ljust(4, b"\0")
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + behind + row.tobytes()


HALF_RED = [(32768, 0, 0, 32768), (65535, 0, 0, 0)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (tiff([0, 257, 65535], 1), [(0, 0, 0), (1, 1, 1), (255, 255, 255)]),
        (tiff([0, 257, 65535], 0), [(255, 255, 255), (254, 254, 254), (0, 0, 0)]),
        (tiff([(65535, 0, 257)], 2), [(255, 0, 1)]),
        (tiff(HALF_RED, 2, extra=2), [(191, 127, 127), (255, 255, 255)]),
        (tiff(HALF_RED, 2, extra=1), [(255, 127, 127), (255, 255, 255)]),
        (tiff(HALF_RED, 2, extra=0), [(128, 0, 0), (255, 0, 0)]),
    ],
    ids=["black is zero", "white is zero", "rgb", "alpha", "premultiplied alpha", "a channel without meaning"],
)
def test_values_are_exact(data: bytes, expected: list[tuple[int, int, int]]) -> None:
    assert [tuple(pixel) for pixel in decode(data, "x")[0].tolist()] == expected


def test_cmyk_is_refused_by_name(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnreadablePicture, match=r"scan\.tif: 16-bit TIFF with CMYK colours is not supported"):
        decode(tiff([(0, 0, 0, 0)], 5), "scan.tif")
    assert capfd.readouterr().err == ""
