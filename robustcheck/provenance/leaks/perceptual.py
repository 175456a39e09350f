"""What a picture is compared by: its pixels' digest, a perceptual hash, and a thumbnail that confirms the hash."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.data.sources.pixels import digest_of

SIDE: Final = 32
"""Side of the grey picture that is hashed."""
LOW: Final = 8
"""Frequencies a side that make the hash."""
THUMB: Final = 16
DECIMALS: Final = 6
"""To which coefficients are rounded: those of a symmetric picture are zero but for the last bits, whose signs depend on
the processor."""
FLAT: Final = 1.0
"""Standard deviation of a thumbnail, in grey levels of 255, below which there is nothing to compare: rounding alone moves
each pixel by up to half a level, so the hash would be one of noise."""
ALIKE: Final = 0.96
"""Pearson correlation of the thumbnails of near duplicates, at least. Of 25 million pairs of the demo's scenes that have
nothing to do with each other, one had hashes within 4 bits (its correlation: .82) and none correlated above .951, whatever
its hashes. Copies at JPEG quality 75 or 25, or resized to a quarter or twice the size, stayed above .997, and those made
brighter by a fifth above .971."""

PRINT: Final = np.dtype([("pixels", "V32"), ("hash", "<u8"), ("thumb", "<u2", (THUMB * THUMB,)), ("flat", "?")])
"""One picture: sha256 over its shape and RGB bytes; the hash; the thumbnail, each number the sum of 2 by 2 grey levels and
so 0 to 1020; whether it is flat, which makes the hash meaningless."""

_WEIGHTS = np.uint64(1) << np.arange(LOW * LOW - 1, -1, -1, dtype=np.uint64)
_COSINES = np.cos(np.pi * np.arange(LOW)[:, None] * (2 * np.arange(SIDE) + 1) / (2 * SIDE))


def fingerprint(pixels: NDArray[np.uint8]) -> NDArray[np.void]:
    """Return what a picture is compared by, an array of shape () and dtype ``PRINT``.

    Args:
        pixels: Shape (h, w, 3), RGB.
    """
    grey = _grey(pixels)
    thumb = grey.reshape(THUMB, 2, THUMB, 2).sum((1, 3), dtype=np.uint16).ravel()
    made = np.zeros((), PRINT)
    made["pixels"] = np.void(bytes.fromhex(digest_of(pixels)))
    made["hash"] = _hash(grey)
    made["thumb"] = thumb
    made["flat"] = float(thumb.std()) / 4 < FLAT
    return made


def perceptual_hash(pixels: NDArray[np.uint8]) -> int:
    """Return the 64-bit pHash of a picture, its first bit the highest.

    The signs of the 8 by 8 lowest frequencies of the DCT-II of the 32 by 32 grey picture against their median, as
    ``imagehash.phash`` has them (Krawetz, "Looks Like It", 2011; Zauner, "Implementation and Benchmarking of Perceptual Image
    Hash Functions", 2010, takes the same frequencies one further on).

    Args:
        pixels: Shape (h, w, 3), RGB.
    """
    return _hash(_grey(pixels))


def correlation(left: NDArray[np.uint16], right: NDArray[np.uint16]) -> NDArray[np.float64]:
    """Return Pearson's correlation of thumbnails, row by row.

    Args:
        left: Shape (n, 256), none of a flat picture.
        right: The same.

    Returns:
        Shape (n,), -1 to 1.
    """
    one, other = (rows - rows.mean(axis=1, keepdims=True) for rows in (left, right))
    norms = np.sqrt(np.einsum("ij,ij->i", one, one) * np.einsum("ij,ij->i", other, other))
    result: NDArray[np.float64] = np.einsum("ij,ij->i", one, other) / norms
    return result


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    from PIL import Image

    luma = Image.fromarray(np.ascontiguousarray(pixels)).convert("L")
    return np.asarray(luma.resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def _hash(grey: NDArray[np.uint8]) -> int:
    low = np.round(_COSINES @ grey.astype(np.float64) @ _COSINES.T, DECIMALS)
    return int(((low > np.median(low)).ravel() * _WEIGHTS).sum(dtype=np.uint64))
