"""Pictures with 16 bits a channel, which Pillow keeps for grey and silently cuts to 8 for colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.errors import UnreadablePicture

if TYPE_CHECKING:
    from PIL import Image

Picture = NDArray[np.uint8]
MODES = ("I;16", "I;16B", "I;16L", "I;16N")

_ORIENTATION = 274
_BITS, _PHOTOMETRIC, _EXTRA, _KIND = 258, 262, 338, 339
_WHITE_IS_ZERO, _COLOURS = 0, (0, 1, 2)
_PREMULTIPLIED = 1


def is_deep(raw: bytes, picture: Image.Image) -> bool:
    """Whether a file has 16 bits a channel, unsigned.

    Args:
        raw: The whole file.
        picture: The file as Pillow opened it.
    """
    if picture.mode in MODES:
        return True
    if picture.format == "PNG":
        return len(raw) > 24 and raw[24] == 16
    return picture.format == "TIFF" and set(_tag(picture, _BITS, 8)) == {16} and set(_tag(picture, _KIND, 1)) == {1}


def decode_deep(raw: bytes, picture: Image.Image, name: str) -> Picture:
    """Decode a file with 16 bits a channel: rounded to 8, laid over white, upright.

    Returns:
        Shape (h, w, 3), uint8 RGB, contiguous.

    Raises:
        UnreadablePicture: OpenCV cannot read it, or its channels are no grey or RGB.
    """
    import cv2

    photometric = _tag(picture, _PHOTOMETRIC, 2)[0]
    if photometric not in _COLOURS:
        raise UnreadablePicture(name, "it has 16 bits a channel and is neither grey nor RGB")
    values = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16:
        raise UnreadablePicture(name, "its 16 bits a channel cannot be decoded")
    exact = values.astype(np.float64) if values.ndim == 3 else values.astype(np.float64)[..., None]
    if exact.shape[2] in (2, 4):
        exact = _over_white(exact, _tag(picture, _EXTRA, 2)[0])
    elif picture.format == "PNG" and picture.has_transparency_data:
        raise UnreadablePicture(name, "it has 16 bits a channel and a transparent colour")
    if photometric == _WHITE_IS_ZERO:
        exact = 65535.0 - exact
    levels = np.floor(exact / 257.0 + 0.5).astype(np.uint8)
    rgb = levels[..., ::-1] if levels.shape[2] == 3 else np.repeat(levels, 3, axis=2)
    # OpenCV applies the orientation only when it converts, so it is applied here.
    return np.ascontiguousarray(_upright(rgb, picture.getexif().get(_ORIENTATION, 1)))


def _over_white(exact: NDArray[np.float64], extra: int) -> NDArray[np.float64]:
    """Lay colours over white by their last channel, which may mean nothing or be multiplied in already."""
    colour, alpha = exact[..., :-1], exact[..., -1:] / 65535.0
    if extra == 0:
        return colour
    return np.clip((colour if extra == _PREMULTIPLIED else colour * alpha) + 65535.0 * (1.0 - alpha), 0, 65535)


def _tag(picture: Image.Image, number: int, default: int) -> tuple[Any, ...]:
    """Return the values of a TIFF tag; the default for other formats."""
    value = getattr(picture, "tag_v2", {}).get(number, default)
    if isinstance(value, tuple):
        return value or (default,)
    return (value,)


def _upright(pixels: Picture, orientation: int) -> Picture:
    from PIL import Image, ImageOps

    if orientation not in range(2, 9):
        return pixels
    picture = Image.fromarray(pixels)
    picture.getexif()[_ORIENTATION] = orientation
    return np.asarray(ImageOps.exif_transpose(picture))
