"""Colours, each pixel by its own value (contrast: and the picture's mean)."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robustcheck.shifts.imagenet_c.corruption import Picture, corruption, truncated

Share = NDArray[np.float64]


@corruption(synonyms=("bright", "overexposed"))
def brightness(image: Picture, added: float) -> Picture:
    """Daylight grows: a constant is added to the value of HSV."""
    import cv2

    red, green, blue = channels = cv2.split(image)
    largest = cv2.max(cv2.max(red, green), blue).astype(np.intp) << 8
    table = _brightened(added)
    brighter: Picture = cv2.merge([table[largest | channel] for channel in channels])
    return brighter


@functools.lru_cache(maxsize=8)
def _brightened(added: float) -> Picture:
    """Return new values by 256 times the largest of a pixel's values, plus the value."""
    largest, value = np.arange(256)[:, None] / 255.0, np.arange(256) / 255.0
    grown = np.minimum(largest + added, 1)
    share = np.divide(value, largest, out=np.ones((256, 256)), where=largest > 0)
    return truncated(grown * np.minimum(share, 1) * 255).ravel()


@corruption(synonyms=("low contrast", "flat", "washed out"))
def contrast(image: Picture, ratio: float) -> Picture:
    """Light flattens: values move towards their channel's mean."""
    import cv2

    means = np.array(cv2.mean(image)[:3]) / 255.0
    values = np.arange(256)[:, None] / 255.0
    table = truncated(((values - means) * ratio + means) * 255)
    flat: Picture = cv2.LUT(image, table[:, None, :])
    return flat


@corruption(synonyms=("saturation", "vivid", "pale", "colourful", "colorful"))
def saturate(image: Picture, factor: float, added: float) -> Picture:
    """Colours pale or deepen: the saturation of HSV is multiplied and added to.

    Grey has the hue of red, so that the severities that add to the saturation redden it. The middle one of a pixel's
    values goes through hue in double precision: many results are whole numbers, which truncation sends either way.
    """
    import cv2

    red, green, blue = channels = cv2.split(image)
    largest, least = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    chroma, low = _saturated(factor, added)
    index = (largest.astype(np.intp) << 8) | least
    new, lowest = chroma[index], low[index]
    middle = _middle(channels, largest, least, new)
    grey = largest == least
    found = [np.where(channel == largest, channel, np.where(channel == least, lowest, middle)) for channel in channels]
    for channel in found[1:]:
        np.copyto(channel, lowest, where=grey)
    saturated: Picture = cv2.merge(found)
    return saturated


def _middle(channels: Sequence[Picture], largest: Picture, least: Picture, saturation: Share) -> Picture:
    """Return the middle one of each pixel's values at a new saturation, shape (h, w).

    Source: A. R. Smith, Color gamut transform pairs, SIGGRAPH 1978 (HSV).
    """
    encoded = np.arange(256) / 255.0
    red, green, blue = (encoded[channel] for channel in channels)
    value = encoded[largest]
    spread = value - encoded[least]
    spread[largest == least] = 1
    hue = np.where(channels[1] == largest, 2 + (blue - red) / spread, (green - blue) / spread)
    hue = np.where(channels[2] == largest, 4 + (red - green) / spread, hue)
    hue = hue / 6 % 1.0 * 6
    sector = np.floor(hue)
    hue -= sector
    rising = sector % 2 == 0
    np.subtract(1, hue, out=hue, where=rising)
    return truncated(value * (1 - hue * saturation) * 255)


@functools.lru_cache(maxsize=8)
def _saturated(factor: float, added: float) -> tuple[Share, Picture]:
    """Return new saturations and least values by 256 times the largest plus the least of a pixel's values."""
    largest, least = np.arange(256)[:, None] / 255.0, np.arange(256) / 255.0
    old = np.divide(largest - least, largest, out=np.zeros((256, 256)), where=largest > least)
    new = np.clip(old * factor + added, 0, 1)
    return new.ravel(), truncated(largest * (1 - new) * 255).ravel()
