"""The noise of a sensor, drawn in one place for every shift that has it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

FULL_WELL = 20000.0
"""Electrons at white and ISO 100, of a phone-sized sensor."""

READ_NOISE = 3.0
"""Electrons of read noise."""

ROWS = 32
"""Rows of a picture that noise is drawn for at once."""


def exposed(
    image: Picture,
    *,
    gain: float = 1.0,
    iso: float,
    full_well: float = FULL_WELL,
    read: float = READ_NOISE,
    rng: np.random.Generator,
) -> Picture:
    """Return a picture as a noisy sensor takes it.

    The variance of linear light x, 1 at white, is ``x / e + (read / e)^2``, where ``e = full_well * 100 / iso`` are
    the electrons at white: shot noise grows with iso, read noise with its square. Source: EMVA 1288.

    Args:
        image: Shape (h, w, 3), uint8 sRGB; not written to.
        gain: What the light is multiplied by before.
        iso: Sensitivity, above 0.
        full_well: Electrons at white and ISO 100.
        read: Electrons of read noise, 0 or more.
        rng: What to draw from.
    """
    from robustcheck.images.linear_light import FINE, Light, in_linear_light

    electrons = full_well * 100.0 / iso

    def work(light: Light) -> Light:
        # A few rows at a time, so that the four passes over them stay in the processor's cache.
        for top in range(0, len(light), ROWS):
            rows = light[top : top + ROWS]
            rows *= gain / (FINE - 1)
            noise = rows * (1.0 / electrons)
            noise += (read / electrons) ** 2
            np.sqrt(noise, out=noise)
            noise *= rng.standard_normal(rows.shape, dtype=np.float32)
            rows += noise
            rows *= FINE - 1
        return light

    return in_linear_light(image, work)
