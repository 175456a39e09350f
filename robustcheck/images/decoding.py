"""From stored bytes to RGB, as the model's entry says, or a refusal with the picture's name.

* EXIF orientation is applied or ignored; embedded colour profiles are ignored, as training pipelines do.
* Gray, palette, 1-bit and CMYK become RGB. Transparency is laid over white or black, or dropped.
* 16 bits a channel become 8 by rounding (value / 257), never by cutting off the upper byte.
* The first picture of a phone's multi-picture JPEG is the photo.
* Animations, pages, floating-point and 32-bit integer pictures are refused: which picture or range is meant
  cannot be known. So is every layout of TIFF that was never held against another reader.
"""

from __future__ import annotations

import dataclasses
import io
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import UnreadablePicture
from robustcheck.core.file_content import LOOK, content_of
from robustcheck.core.regular_files import read_regular
from robustcheck.domain.config import Alpha, Decoding, Exif
from robustcheck.images.deep import decode_deep, deep_png, deep_tiff
from robustcheck.images.form import Decoded, Form
from robustcheck.images.own_pillow import Image, UnidentifiedImageError
from robustcheck.images.tiff import is_tiff, layout_of, refuse_unknown

if TYPE_CHECKING:
    from PIL.Image import Image as Opened

Picture = NDArray[np.uint8]
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
MAX_PIXELS = 200_000_000
"""Larger pictures are refused, since a small file can unpack to any size."""
MAX_BYTES = 1 << 31
"""Larger files are not read; that many pixels of 16 bits with transparency take less."""

ORIENTATION = 274
"""EXIF's tag of how a picture is turned: 1 to 8."""
BACK = {6: 8, 8: 6}
"""Orientations that undo others; the rest undo themselves."""
GRAY_MODES = ("1", "L", "LA")
GROUNDS = {"white": 255, "black": 0}
"""Level of what lies behind transparency."""
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK")
"""Kinds of pixels that Pillow turns into RGB as everybody does."""
USUAL = Decoding()

_QUIET = threading.Lock()


def decode(data: bytes | Path, name: str, decoding: Decoding = USUAL) -> Picture:
    """Return the pixels of one picture, shape (h, w, 3), uint8 RGB, contiguous; see ``decoded``."""
    return decoded(data, name, decoding).pixels


def decoded(data: bytes | Path, name: str, decoding: Decoding = USUAL) -> Decoded:
    """Decode one picture and say how it is stored.

    Args:
        data: The stored bytes, or the file that has them.
        name: What the picture is called in messages.
        decoding: What becomes of its orientation and its transparency.

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
            return _decoded(raw, name, decoding)
        except Warning:
            # Where warnings are errors. The filters belong to the whole process, so they are changed by one
            # thread at a time and only when it must be.
            with _QUIET, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _decoded(raw, name, decoding)
    except UnreadablePicture:
        raise
    except UnidentifiedImageError:
        known = content_of(raw[:LOOK])
        said = f"; it is {known}" if known else ""
        raise UnreadablePicture(name, f"it is no {', '.join(FORMATS[:-1])} or {FORMATS[-1]} picture{said}") from None
    except Exception as error:  # Pillow raises whatever its decoders come upon
        raise UnreadablePicture(name, f"it cannot be decoded ({error or type(error).__name__})") from None


def _decoded(raw: bytes, name: str, decoding: Decoding) -> Decoded:
    layout = layout_of(raw, name) if is_tiff(raw) else None
    if layout is None:
        return _opened(raw, name, decoding, turned_by=1)
    refuse_unknown(layout, name)
    deep = deep_tiff(layout)
    if deep is None:
        return _opened(raw, name, decoding, turned_by=layout.orientation)
    _check_size(layout.width, layout.height, name)
    if not layout.alone:
        raise UnreadablePicture(name, "it has several frames or pages; only single pictures are accepted")
    made = decode_deep(raw, deep, name, decoding.alpha)
    return _turned(_turned_back(made, layout.orientation), layout.orientation, decoding.exif)


def _opened(raw: bytes, name: str, decoding: Decoding, *, turned_by: int) -> Decoded:
    """Decode a picture that Pillow opens.

    Args:
        raw: The whole file.
        name: What it is called in messages.
        decoding: What becomes of its orientation and its transparency.
        turned_by: Orientation by which Pillow turns it when it loads it, as it does with TIFF alone.
    """
    with Image.open(io.BytesIO(raw), formats=FORMATS) as picture:
        _check_size(picture.width, picture.height, name)
        frames = getattr(picture, "n_frames", 1)
        # Phones store previews and second views behind the photo; the photo comes first.
        if frames > 1 and picture.format != "MPO":
            raise UnreadablePicture(name, f"it has {frames} frames or pages; only single pictures are accepted")
        orientation = _orientation(picture)
        deep = deep_png(raw, picture.info.get("transparency")) if picture.format == "PNG" else None
        if deep is not None:
            return _turned(decode_deep(raw, deep, name, decoding.alpha), orientation, decoding.exif)
        if picture.mode not in MODES:
            raise UnreadablePicture(
                name, f"its pixels are of the kind {picture.mode}, which leaves open what they mean"
            )
        picture.load()
        if picture.format == "PNG" and picture.mode == "L" and raw[24] < 8 and "transparency" in picture.info:
            # Pillow spreads 2 and 4 bits over 8, but not the level that is transparent.
            picture.info["transparency"] *= 255 // ((1 << raw[24]) - 1)
        made = _turned_back(_in_rgb(picture, decoding.alpha), turned_by)
        return _turned(made, orientation, decoding.exif)


def _check_size(width: int, height: int, name: str) -> None:
    if width * height > MAX_PIXELS:
        raise UnreadablePicture(name, f"its {width}x{height} pixels are more than {MAX_PIXELS}")


def _turned_back(made: Decoded, orientation: int) -> Decoded:
    return Decoded(turned(made.pixels, BACK.get(orientation, orientation)), made.form)


def from_pillow(picture: Opened, decoding: Decoding) -> Decoded:
    """Return a picture of at most 8 bits a channel that Python code holds as a Pillow image.

    Args:
        picture: It, of Pillow as the project imports it; left as it is.
        decoding: What becomes of its orientation and its transparency.
    """
    return _turned(_in_rgb(picture, decoding.alpha), _orientation(picture), decoding.exif)


def turned(pixels: Picture, orientation: int) -> Picture:
    """Return a picture as it is seen upright, by its EXIF orientation."""
    if orientation in range(5, 9):
        pixels = pixels.transpose(1, 0, 2)
    across, down = orientation in (2, 3, 6, 7), orientation in (3, 4, 7, 8)
    return np.ascontiguousarray(pixels[:: -1 if down else 1, :: -1 if across else 1])


def _turned(made: Decoded, orientation: int, exif: Exif) -> Decoded:
    if orientation not in range(2, 9):
        return made
    pixels = turned(made.pixels, orientation) if exif == "apply" else made.pixels
    return Decoded(pixels, dataclasses.replace(made.form, turned=True))


def _in_rgb(picture: Opened, ground: Alpha) -> Decoded:
    gray = picture.mode in GRAY_MODES
    if not picture.has_transparency_data:
        return Decoded(np.array(picture.convert("RGB"), dtype=np.uint8), Form(gray=gray))
    shown = np.array(picture.convert("RGBA"), dtype=np.uint8)
    form = Form(alpha=True, sheer=bool(shown[..., 3].min() < 255), gray=gray)
    if ground == "drop" or not form.sheer:
        return Decoded(np.ascontiguousarray(shown[..., :3]), form)
    over = Image.fromarray(shown)
    behind = Image.new("RGBA", over.size, (*(GROUNDS[ground],) * 3, 255))
    return Decoded(np.array(Image.alpha_composite(behind, over).convert("RGB"), dtype=np.uint8), form)


def _orientation(picture: Opened) -> int:
    found = picture.getexif().get(ORIENTATION, 1)
    return found if isinstance(found, int) else 1
