"""Mistakes of deployment: the model gets the same picture, prepared otherwise than in its training."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.registry import shift

Picture = NDArray[np.uint8]


@shift(
    "sensor.channel_order",
    pointwise=True,
    sweep={"order": ("bgr",)},
    source="permutation of the channels, as when OpenCV's order is taken for PIL's",
    synonyms=("BGR", "RGB", "swapped colours", "swapped colors", "swapped channels", "wrong colours", "wrong colors"),
)
def channel_order(image: Picture, *, order: Literal["rgb", "bgr", "rbg", "grb", "gbr", "brg"]) -> Picture:
    """The channels of the picture arrive in another order than the model takes them for.

    Args:
        order: What arrives where red, green and blue are expected.
    """
    return np.ascontiguousarray(image[..., ["rgb".index(channel) for channel in order]])


@shift(
    "sensor.resize_filter",
    sweep={"filter": ("lanczos", "bicubic", "bilinear", "area", "nearest"), "antialias": ("false",)},
    source="the resize of Pillow (antialiased) or of OpenCV (not), in place of the model's own",
    synonyms=(
        "interpolation",
        "resampling",
        "resize",
        "resizing",
        "scaling",
        "aliasing",
        "bilinear",
        "bicubic",
        "preprocessing",
    ),
)
def resize_filter(
    preprocessing: Any,
    *,
    filter: Literal["nearest", "bilinear", "bicubic", "area", "lanczos"],
    antialias: bool = True,
) -> Any:
    """The deployed pipeline resizes with another filter than the model was trained with.

    It takes the place of the model's own filter, so that naming that one changes nothing. A model without a
    resize is left alone.

    Args:
        preprocessing: The model's own, a ``robustcheck.domain.config.Preprocessing``.
        filter: The filter in place of the model's own.
        antialias: Whether the filter widens when it shrinks a picture, as in PIL and torchvision; in OpenCV it does
            not, except for area.
    """
    return dataclasses.replace(preprocessing, interpolation=filter, antialias=antialias)
