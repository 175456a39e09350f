"""What the sensor itself loses: noise, pixels, levels."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.registry import shift
from robustcheck.core.units import Range
from robustcheck.shifts.noise import FULL_WELL, READ_NOISE, exposed

Picture = NDArray[np.uint8]


@shift(
    "sensor.noise",
    sweep={"iso": ("100", "400", "1600", "6400", "12800")},
    source="shot and read noise of EMVA 1288: variance = a x + b in linear light; twice the ISO, twice a, four times b",
    synonyms=("grain", "ISO", "gain", "sensor noise", "read noise"),
)
def noise(
    image: Picture,
    *,
    iso: Annotated[float, Range(50, 409600)],
    full_well: Annotated[float, Range(100, 1000000)] = FULL_WELL,
    read: Annotated[float, Range(0, 1000)] = READ_NOISE,
    rng: np.random.Generator,
) -> Picture:
    """The sensor amplifies less light to the same brightness: noise, stronger where it is bright.

    It is drawn for each source pixel, so a resize to a smaller input averages much of it away, as it does in life.

    Args:
        iso: Sensitivity. Doubling it doubles the variance of shot noise and quadruples that of read noise.
        full_well: Electrons that a pixel holds at white and ISO 100.
        read: Electrons of read noise.
    """
    return exposed(image, iso=iso, full_well=full_well, read=read, rng=rng)


@shift(
    "sensor.downscale",
    sweep={"ratio": ("0.75", "0.5", "0.25")},
    source="area average to fewer pixels, then linear interpolation",
    synonyms=("resolution", "low resolution", "fewer pixels", "pixelated", "megapixels", "thumbnail"),
)
def downscale(image: Picture, *, ratio: Annotated[float, Range(0.01, 1)]) -> Picture:
    """The sensor has fewer pixels: the source picture is averaged down and enlarged to its old size.

    Where the source has many more pixels than the model's input, a mild ratio costs the model nothing.

    Args:
        ratio: Length of each side in pixels, relative to before.
    """
    import cv2

    height, width = image.shape[:2]
    few = max(1, round(width * ratio)), max(1, round(height * ratio))
    if few == (width, height):
        return image
    small = cv2.resize(image, few, interpolation=cv2.INTER_AREA)
    enlarged: Picture = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return enlarged


@shift(
    "sensor.bit_depth",
    pointwise=True,
    sweep={"bits": ("6", "5", "4", "3", "2", "1")},
    source="uniform quantiser of encoded values: 2^bits levels from black to white, each value to the nearest",
    synonyms=("banding", "quantisation", "quantization", "posterise", "posterize", "colour depth", "color depth"),
)
def bit_depth(image: Picture, *, bits: Annotated[int, Range(1, 8)]) -> Picture:
    """Each channel keeps few levels, so that smooth gradients break into bands.

    Args:
        bits: Bits of a channel; 8 keeps every level.
    """
    import cv2

    steps = 2**bits - 1
    table = np.round(np.round(np.arange(256) * (steps / 255.0)) * (255.0 / steps)).astype(np.uint8)
    banded: Picture = cv2.LUT(image, table)
    return banded
