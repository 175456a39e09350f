"""What all corruptions share: five severities, JPEG afterwards, and registration."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.registry import shift
from robustcheck.core.units import Range
from robustcheck.shifts.imagenet_c.severities import SEVERITIES

Picture = NDArray[np.uint8]
Values = NDArray[np.float32]
Severity = Annotated[int, Range(1, 5)]
Quality = Annotated[int, Range(0, 100)]
Formula = Callable[..., Picture]

SOURCE = "D. Hendrycks & T. Dietterich, Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR 2019"
ARGS = """

Args:
    severity: From 1 to 5; the constants are made for 224 pixels.
    post_jpeg: JPEG quality afterwards, 0 for none; ImageNet-C as published has 85.
"""


def corruption(*, note: str = "", synonyms: tuple[str, ...] = ()) -> Callable[[Formula], Formula]:
    """Register a formula as the shift ``imagenet_c.<its name>``.

    The formula gets the picture, an ``rng`` if its second parameter is called so, and the constants of its line in
    ``SEVERITIES``; what is registered has ``severity`` and ``post_jpeg`` in place of the constants.

    Args:
        note: What every report that uses it must say.
        synonyms: Further words that people look for it by.
    """

    def register(formula: Formula) -> Formula:
        name = formula.__name__
        levels = SEVERITIES[name]
        random = "rng" in inspect.signature(formula).parameters

        def drawn(image: Picture, *, severity: Severity, post_jpeg: Quality = 0, rng: np.random.Generator) -> Picture:
            return compressed(formula(image, rng, *levels[severity - 1]), post_jpeg)

        def fixed(image: Picture, *, severity: Severity, post_jpeg: Quality = 0) -> Picture:
            return compressed(formula(image, *levels[severity - 1]), post_jpeg)

        # functools.wraps would show the formula's own signature to whoever inspects it.
        corrupt: Formula = drawn if random else fixed
        corrupt.__name__, corrupt.__qualname__, corrupt.__module__ = name, formula.__qualname__, formula.__module__
        corrupt.__doc__ = (inspect.getdoc(formula) or "") + ARGS
        sweep = {"severity": tuple(str(number) for number in range(1, len(levels) + 1))}
        registered = shift(
            f"imagenet_c.{name}", stage="input", sweep=sweep, source=SOURCE, note=note, synonyms=synonyms
        )
        return registered(corrupt)

    return register


def compressed(image: Picture, quality: int) -> Picture:
    """Return what a JPEG file of a picture holds.

    Args:
        image: Shape (h, w, 3), uint8 RGB.
        quality: From 1 to 100, chroma halved both ways as by PIL and cv2; 0 leaves the picture as it is.
    """
    import cv2

    if quality == 0:
        return image
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded: Picture = cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    return decoded


def truncated(values: NDArray[Any]) -> Picture:
    """Return values in grey levels, written over, as whole ones: clipped, their fractions dropped, as ImageNet-C does."""
    np.clip(values, 0, 255, out=values)
    return values.astype(np.uint8)
