"""From stored bytes to RGB, as a person expects it, or a refusal with the picture's name.

* EXIF orientation is applied; embedded colour profiles are ignored, as training pipelines do.
* Grey, palette, 1-bit and CMYK become RGB. Transparency is laid over white.
* 16 bits a channel become 8 by rounding (value / 257), never by cutting off the upper byte.
* The first picture of a phone's multi-picture JPEG is the photo.
* Animations, pages, floating-point and 32-bit integer pictures are refused: which picture or range is meant
  cannot be known.
"""

from __future__ import annotations

import io
import threading
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from robustcheck.errors import UnreadablePicture
from robustcheck.pictures.deep import decode_deep, is_deep
from robustcheck.regular_files import read_regular

Picture = NDArray[np.uint8]
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
MAX_PIXELS = 200_000_000
"""Larger pictures are refused, since a small file can unpack to any size."""
MAX_BYTES = 1 << 31
"""Larger files are not read; that many pixels of 16 bits with transparency take less."""

_QUIET = threading.Lock()


def decode(data: bytes | Path, name: str) -> Picture:
    """Decode one picture.

    Args:
        data: The stored bytes, or the file that has them.
        name: What the picture is called in messages.

    Returns:
        Shape (h, w, 3), uint8 RGB, contiguous.

    Raises:
        UnreadablePicture: It is missing, damaged, or of a kind that is refused.
    """
    try:
        raw = data if isinstance(data, bytes) else read_regular(data, MAX_BYTES)
    except OSError as error:
        raise UnreadablePicture(name, error.strerror or type(error).__name__) from None
    if not raw:
        raise UnreadablePicture(name, "the file is empty")
    try:
        try:
            return _decoded(raw, name)
        except Warning:
            # Where warnings are errors. The filters belong to the whole process, so they are changed by one
            # thread at a time and only when it must be.
            with _QUIET, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _decoded(raw, name)
    except UnreadablePicture:
        raise
    except UnidentifiedImageError:
        raise UnreadablePicture(name, f"it is no {', '.join(FORMATS[:-1])} or {FORMATS[-1]} picture") from None
    except Exception as error:  # Pillow raises whatever its decoders come upon
        raise UnreadablePicture(name, f"it cannot be decoded ({error or type(error).__name__})") from None


def _decoded(raw: bytes, name: str) -> Picture:
    with Image.open(io.BytesIO(raw), formats=FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise UnreadablePicture(name, f"its {picture.width}x{picture.height} pixels are more than {MAX_PIXELS}")
        frames = getattr(picture, "n_frames", 1)
        # Phones store previews and second views behind the photo; the photo comes first.
        if frames > 1 and picture.format != "MPO":
            raise UnreadablePicture(name, f"it has {frames} frames or pages; only single pictures are accepted")
        if is_deep(raw, picture):
            return decode_deep(raw, picture, name)
        if picture.mode in ("F", "I"):
            raise UnreadablePicture(name, "its values have 32 bits, so it is unknown which of them is white")
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        return np.array(_over_white(upright), dtype=np.uint8)


def _over_white(picture: Image.Image) -> Image.Image:
    if picture.has_transparency_data:
        shown = picture.convert("RGBA")
        white = Image.new("RGBA", shown.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, shown).convert("RGB")
    return picture.convert("RGB")
