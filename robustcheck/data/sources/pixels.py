"""Pictures that Python code hands over, as arrays or Pillow images."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import UnreadablePicture
from robustcheck.data.checked import Fetched, unreadable
from robustcheck.data.source import Sample
from robustcheck.domain.config import Decoding
from robustcheck.images.form import Decoded, Form


def as_picture(picture: Any, name: str, decoding: Decoding) -> Decoded:
    """Return a Pillow image or an array as uint8 RGB of shape (h, w, 3), with what it was like.

    Args:
        picture: What Python code handed over.
        name: What it is called in messages.
        decoding: A Pillow image is treated as a file would be: orientation and transparency as this says.

    Raises:
        UnreadablePicture: It is neither, or its values or shape leave open what is meant.
    """
    if hasattr(picture, "getbands"):
        return _of_pillow(picture, name, decoding)
    array = np.asarray(picture)
    gray = array.ndim == 2
    if array.dtype == np.uint8 and gray:
        array = np.repeat(array[..., None], 3, axis=2)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or not array.size:
        raise UnreadablePicture(
            name, f"an array of shape {array.shape} and dtype {array.dtype} is no uint8 of (h, w, 3) or (h, w)"
        )
    return Decoded(np.ascontiguousarray(array), Form(gray=gray))


def digest_of(pixels: NDArray[np.uint8]) -> str:
    """Return the sha256 of a picture's shape and pixels, in hexadecimal."""
    digest = hashlib.sha256(f"{pixels.shape}".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def fetched_from(picture: Any, sample: Sample) -> Fetched:
    """Return what Python code handed over for a sample, with the digest of its pixels."""
    usual = Decoding()
    try:
        shown = as_picture(picture, sample.id, usual)
    except UnreadablePicture as error:
        return unreadable(sample, error.reason)
    digest = digest_of(shown.pixels)
    if shown.form.turned or shown.form.alpha:
        # What another decoding shows is part of what the picture is.
        others = (as_picture(picture, sample.id, Decoding("ignore", ground)) for ground in ("drop", "black"))
        digest = hashlib.sha256("".join([digest, *(digest_of(one.pixels) for one in others)]).encode()).hexdigest()
    return Fetched(digest, lambda wanted: shown if wanted == usual else as_picture(picture, sample.id, wanted))


def _of_pillow(picture: Any, name: str, decoding: Decoding) -> Decoded:
    from robustcheck.images.decoding import from_pillow

    if picture.mode in ("F", "I") or picture.mode.startswith("I;"):
        raise UnreadablePicture(
            name, f"a Pillow image of the mode {picture.mode} leaves open which value is white; convert it to RGB"
        )
    return from_pillow(picture, decoding)
