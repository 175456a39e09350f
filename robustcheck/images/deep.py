"""Pictures with 16 bits a channel, which Pillow keeps for gray and silently cuts to 8 for colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import UnreadablePicture
from robustcheck.domain.config import Alpha
from robustcheck.images import tiff
from robustcheck.images.form import Decoded, Form

_PNG_GRAY, _PNG_COLOURS = (0, 4), (0, 2, 4, 6)
WHITE = 65535


@dataclass(frozen=True, slots=True)
class Deep:
    """What a file with 16 bits a channel says of its channels.

    Attributes:
        gray: Whether its colour is one channel.
        alpha: Whether the last channel that OpenCV returns is alpha.
        premultiplied: Whether the colours are multiplied with it.
        more: Whether there is a last channel without meaning.
        white_is_zero: Whether values are the other way round.
        clear: The level of gray that is transparent, if one is.
    """

    gray: bool
    alpha: bool = False
    premultiplied: bool = False
    more: bool = False
    white_is_zero: bool = False
    clear: int | None = None


def deep_png(raw: bytes, transparency: object) -> Deep | None:
    """Return what a PNG of 16 bits says of its channels; ``None`` for other depths.

    Args:
        raw: The whole file.
        transparency: What Pillow found in its tRNS chunk: a level for gray, three for colour, or nothing.
    """
    if len(raw) < 26 or raw[24] != 16:
        return None
    gray = raw[25] in _PNG_GRAY
    if raw[25] == 0 and isinstance(transparency, int):
        return Deep(gray, clear=transparency)
    # OpenCV makes alpha of one transparent colour, and of one transparent gray nothing.
    return Deep(gray, alpha=raw[25] in (4, 6) or transparency is not None)


def deep_tiff(layout: tiff.Layout) -> Deep | None:
    """Return what a TIFF of 16 bits says of its channels; ``None`` for other depths."""
    if not layout.deep:
        return None
    return Deep(
        gray=layout.colours in (tiff.WHITE_IS_ZERO, tiff.GRAY),
        alpha=layout.extra in ((tiff.ALPHA,), (tiff.PREMULTIPLIED,)),
        premultiplied=layout.extra == (tiff.PREMULTIPLIED,),
        more=layout.extra == (tiff.NO_MEANING,),
        white_is_zero=layout.colours == tiff.WHITE_IS_ZERO,
    )


def decode_deep(raw: bytes, deep: Deep, name: str, ground: Alpha) -> Decoded:
    """Decode a file with 16 bits a channel as it is stored: rounded to 8, not turned.

    Args:
        raw: The whole file.
        deep: What it says of its channels.
        name: What it is called in messages.
        ground: What transparency is laid over.

    Raises:
        UnreadablePicture: OpenCV cannot read it, or its colours are premultiplied and alpha is to be dropped.
    """
    import cv2

    values = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_UNCHANGED)
    channels = (1 if deep.gray and not deep.alpha else 3) + deep.alpha + deep.more
    if values is None or values.dtype != np.uint16 or (1 if values.ndim == 2 else values.shape[2]) != channels:
        raise UnreadablePicture(name, "its 16 bits a channel cannot be decoded; it may be truncated")
    values = values.reshape(*values.shape[:2], channels)
    colour = values[..., :1] if deep.gray else values[..., 2::-1]
    opaque = _opacity(values, deep)
    exact = colour.astype(np.float64)
    if opaque is not None and ground != "drop":
        exact = _laid_over(exact, opaque / WHITE, WHITE if ground == "white" else 0, premultiplied=deep.premultiplied)
    elif deep.premultiplied:
        raise UnreadablePicture(
            name,
            "its 16 bits a channel are premultiplied with alpha, which cannot be dropped; write alpha: white or black",
        )
    if deep.white_is_zero:
        exact = WHITE - exact
    levels = np.floor(exact / 257.0 + 0.5).astype(np.uint8)
    rgb = np.repeat(levels, 3, axis=2) if deep.gray else np.ascontiguousarray(levels)
    sheer = opaque is not None and bool((opaque < WHITE).any())
    return Decoded(
        rgb, Form(False, opaque is not None, sheer, deep.gray, deep=True, used=int(colour.max()).bit_length())
    )


def _opacity(values: NDArray[np.uint16], deep: Deep) -> NDArray[np.float64] | None:
    """Return how opaque each pixel is, shape (h, w, 1), 0 to 65535; ``None`` where nothing is said of it."""
    if deep.clear is not None:
        return np.where(values == deep.clear, 0.0, float(WHITE))
    return values[..., -1:].astype(np.float64) if deep.alpha else None


def _laid_over(
    colour: NDArray[np.float64], share: NDArray[np.float64], ground: int, *, premultiplied: bool
) -> NDArray[np.float64]:
    return np.clip((colour if premultiplied else colour * share) + ground * (1.0 - share), 0, WHITE)
