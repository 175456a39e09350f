"""Pictures that Python code hands over, as arrays or Pillow images."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.data.checked import Fetched, unreadable
from robustcheck.data.source import Sample
from robustcheck.errors import UnreadablePicture


def as_pixels(picture: Any, name: str) -> NDArray[np.uint8]:
    """Return a Pillow image or an array as uint8 RGB of shape (h, w, 3).

    A Pillow image is treated as a file would be: turned upright, transparency laid over white.

    Raises:
        UnreadablePicture: It is neither, or its values or shape leave open what is meant.
    """
    if hasattr(picture, "getbands"):
        return _of_pillow(picture, name)
    array = np.asarray(picture)
    if array.dtype == np.uint8 and array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or not array.size:
        raise UnreadablePicture(
            name, f"an array of shape {array.shape} and dtype {array.dtype} is no uint8 of (h, w, 3) or (h, w)"
        )
    return np.ascontiguousarray(array)


def digest_of(pixels: NDArray[np.uint8]) -> str:
    """Return the sha256 of a picture's shape and pixels, in hexadecimal."""
    digest = hashlib.sha256(f"{pixels.shape}".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def fetched_from(picture: Any, sample: Sample) -> Fetched:
    """Return what Python code handed over for a sample, with the digest of its pixels."""
    try:
        pixels = as_pixels(picture, sample.id)
    except UnreadablePicture as error:
        return unreadable(sample, error.reason)
    return Fetched(digest_of(pixels), lambda: pixels)


def _of_pillow(picture: Any, name: str) -> NDArray[np.uint8]:
    from PIL import Image, ImageOps

    if picture.mode in ("F", "I") or picture.mode.startswith("I;"):
        raise UnreadablePicture(
            name, f"a Pillow image of the mode {picture.mode} leaves open which value is white; convert it to RGB"
        )
    upright = ImageOps.exif_transpose(picture)
    if upright.has_transparency_data:
        shown = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", shown.size, (255, 255, 255, 255)), shown)
    return np.array(upright.convert("RGB"), dtype=np.uint8)
