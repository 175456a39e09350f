"""The picture is compressed on its way to the model."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.registry import shift
from robustcheck.core.units import Range

Picture = NDArray[np.uint8]
LONGEST = {"jpeg": 65535, "webp": 16383}
"""Pixels that a side of a file of the format may have."""


def recoded(image: Picture, form: str, quality: int) -> Picture:
    """Return what a file of a picture holds.

    Args:
        image: Shape (h, w, 3), uint8 RGB.
        form: ``jpeg``, with chroma halved both ways as PIL and cv2 do unless told otherwise, or ``webp``, lossy.
        quality: 1 to 100.

    Raises:
        CaseError: A side is longer than the format can say.
    """
    import cv2

    from robustcheck.core.errors import CaseError

    if max(image.shape[:2]) > LONGEST[form]:
        size = f"{image.shape[1]}x{image.shape[0]}"
        raise CaseError(f"a picture of {size} pixels is too long for {form}, which ends at {LONGEST[form]}")
    flag = {"jpeg": cv2.IMWRITE_JPEG_QUALITY, "webp": cv2.IMWRITE_WEBP_QUALITY}[form]
    _, data = cv2.imencode(f".{form}", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [flag, quality])
    decoded: Picture = cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    return decoded


@shift(
    "sensor.jpeg",
    sweep={"quality": ("90", "70", "50", "30", "15")},
    source="ITU-T T.81 at the quality scale of the Independent JPEG Group, chroma halved both ways",
    synonyms=("compression", "artefacts", "artifacts", "blocks", "blocky", "lossy", "quality", "codec"),
)
def jpeg(image: Picture, *, quality: Annotated[int, Range(1, 100)]) -> Picture:
    """The source picture went through a JPEG file: blocks of 8 pixels, ringing at edges, coarse colour.

    Args:
        quality: As PIL, OpenCV and libjpeg count it; even 100 loses a little.
    """
    return recoded(image, "jpeg", quality)


@shift(
    "sensor.webp",
    sweep={"quality": ("90", "70", "50", "30", "15")},
    source="lossy WebP (RFC 9649) at the quality scale of libwebp",
    synonyms=("compression", "artefacts", "artifacts", "lossy", "quality", "codec"),
)
def webp(image: Picture, *, quality: Annotated[int, Range(1, 100)]) -> Picture:
    """The source picture went through a lossy WebP file: smoothed texture and coarse colour.

    Args:
        quality: As PIL, OpenCV and libwebp count it; even 100 loses a little.
    """
    return recoded(image, "webp", quality)
