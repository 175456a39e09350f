"""From stored bytes to RGB, as a person expects it, or a refusal with the picture's name.

* EXIF orientation is applied; embedded colour profiles are ignored, as training pipelines do.
* Grey, palette, 1-bit and CMYK become RGB. Transparency is laid over white.
* 16 bits a channel become 8 by rounding (value / 257), never by cutting off the upper byte.
* Animations, pages, floating-point and 32-bit integer pictures are refused: which picture or range is meant
  cannot be known.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from robustcheck.errors import UnreadablePicture

Picture = NDArray[np.uint8]
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
DEEP = ("I;16", "I;16B", "I;16L", "I;16N")
MAX_PIXELS = 200_000_000
"""Larger pictures are refused, since a small file can unpack to any size."""

_ORIENTATION = 274


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
        raw = data if isinstance(data, bytes) else data.read_bytes()
    except OSError as error:
        raise UnreadablePicture(name, error.strerror or type(error).__name__) from None
    if not raw:
        raise UnreadablePicture(name, "the file is empty")
    try:
        with warnings.catch_warnings():
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
        if frames > 1:
            raise UnreadablePicture(name, f"it has {frames} frames or pages; only single pictures are accepted")
        if _is_deep(raw, picture):
            return _deep(raw, picture, name)
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


def _is_deep(raw: bytes, picture: Image.Image) -> bool:
    """Whether the file has 16 bits a channel, which Pillow keeps for grey and silently cuts for colour."""
    if picture.mode in DEEP:
        return True
    if picture.format == "PNG":
        return len(raw) > 24 and raw[24] == 16
    if picture.format == "TIFF":
        bits = getattr(picture, "tag_v2", {}).get(258, (8,))
        kinds = getattr(picture, "tag_v2", {}).get(339, (1,))
        return set(bits) == {16} and set(kinds if isinstance(kinds, tuple) else (kinds,)) == {1}
    return False


def _deep(raw: bytes, picture: Image.Image, name: str) -> Picture:
    import cv2

    values = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16:
        raise UnreadablePicture(name, "its 16 bits a channel cannot be decoded")
    exact = values.astype(np.float64) if values.ndim == 3 else values.astype(np.float64)[..., None]
    if exact.shape[2] in (2, 4):
        alpha = exact[..., -1:] / 65535.0
        exact = exact[..., :-1] * alpha + 65535.0 * (1.0 - alpha)
    elif picture.format == "PNG" and picture.has_transparency_data:
        raise UnreadablePicture(name, "it has 16 bits a channel and a transparent colour")
    levels = np.floor(exact / 257.0 + 0.5).astype(np.uint8)
    rgb = levels[..., ::-1] if levels.shape[2] == 3 else np.repeat(levels, 3, axis=2)
    # OpenCV applies the orientation only when it converts, so it is applied here.
    return np.ascontiguousarray(_upright(rgb, picture.getexif().get(_ORIENTATION, 1)))


def _upright(pixels: Picture, orientation: int) -> Picture:
    if orientation not in range(2, 9):
        return pixels
    turned = np.asarray(ImageOps.exif_transpose(_with_orientation(Image.fromarray(pixels), orientation)))
    return turned


def _with_orientation(picture: Image.Image, orientation: int) -> Image.Image:
    picture.getexif()[_ORIENTATION] = orientation
    return picture
