"""Frost for windows, drawn: feathers of ice over a cloudy pane, in six different kinds.

ImageNet-C adds photographs whose licence is unclear. These textures are none of them; they only have their
brightness and contrast: one is turquoise and even, two are pale and dense, three are dark with bright feathers.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.shifts.imagenet_c.corruption import Picture, truncated

SIZE: Final = (420, 640)
"""Rows and columns of a texture."""

MARGIN: Final = 1.1
"""How much larger than the picture a texture is at least, for a crop of it to be a draw."""

SEED: Final = 20190506
STRETCH: Final = 2.1
"""Gain of contrast about the mean, for the contrast of photographed frost."""
SUBSTEPS: Final = 4
"""Fractional bits of the coordinates that lines are drawn at."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of frost.

    Attributes:
        pane: Colour of the pane, RGB grey levels.
        ice: Colour of the ice.
        feathers: How many.
        length: Longest feather, in pixels of the texture.
        clouds: How much the pane's brightness varies, in grey levels.
        relief: How much the ice's flanks shine, in grey levels.
    """

    pane: tuple[int, int, int]
    ice: tuple[int, int, int]
    feathers: int
    length: int
    clouds: int
    relief: int


KINDS: Final = (
    Kind((70, 146, 163), (165, 205, 212), 420, 60, 16, 6),
    Kind((187, 191, 202), (242, 245, 250), 900, 80, 16, 9),
    Kind((192, 196, 206), (240, 243, 250), 1500, 45, 20, 9),
    Kind((129, 145, 158), (214, 224, 232), 1300, 40, 14, 16),
    Kind((94, 105, 118), (218, 229, 238), 800, 60, 30, 22),
    Kind((46, 69, 80), (170, 198, 206), 360, 130, 24, 22),
)
COUNT: Final = len(KINDS)


@functools.lru_cache(maxsize=COUNT)
def texture(number: int) -> Picture:
    """Return a texture, shape (*SIZE, 3), uint8 RGB, the same on every call."""
    import cv2

    kind = KINDS[number]
    rng = np.random.default_rng([SEED, number])
    ice = np.zeros(SIZE, dtype=np.uint8)
    for _ in range(kind.feathers):
        segments = _feather(rng, kind.length)
        shade = int(rng.integers(90, 256))
        cv2.polylines(ice, list(segments), False, shade, 1, cv2.LINE_AA, SUBSTEPS)
    grain = cv2.GaussianBlur(rng.standard_normal(SIZE, dtype=np.float32), (0, 0), 0.7)
    depth = cv2.GaussianBlur(ice.astype(np.float32) / 255, (0, 0), 0.6) + 0.05 * grain
    flank = cv2.filter2D(depth, -1, np.array([[-1, -1, 0], [-1, 0, 1], [0, 1, 1]], dtype=np.float32))
    cover = np.clip(depth * (0.55 + 0.45 * _clouds(rng)), 0, 1)[..., None]
    pane = np.array(kind.pane, dtype=np.float32) + (kind.clouds * _clouds(rng))[..., None]
    frosted = pane * (1 - cover) + np.array(kind.ice, dtype=np.float32) * cover
    frosted += (kind.relief * flank + 3 * grain)[..., None]
    mean = frosted.mean(axis=(0, 1))
    return truncated(mean + STRETCH * (frosted - mean))


def _clouds(rng: np.random.Generator) -> NDArray[np.float32]:
    """Return smooth noise between about -1 and 1."""
    import cv2

    total = np.zeros(SIZE, dtype=np.float32)
    for cells, weight in ((3, 0.6), (7, 0.3), (17, 0.15)):
        coarse = rng.uniform(-1, 1, (cells, cells)).astype(np.float32)
        total += weight * cv2.resize(coarse, SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    return total


def _feather(rng: np.random.Generator, longest: int) -> NDArray[np.int32]:
    """Return a stem with barbs at 60 degrees, as ice grows: segments, shape (n, 2, 2), columns and rows."""
    length = longest * rng.uniform(0.3, 1)
    heading = rng.uniform(0, 2 * math.pi)
    root = rng.uniform((-0.05 * SIZE[1], -0.05 * SIZE[0]), (1.05 * SIZE[1], 1.05 * SIZE[0]))
    at = np.arange(2, length, rng.uniform(2, 4))
    stem = root + at[:, None] * np.array([math.cos(heading), math.sin(heading)])
    reach = (length - at) * rng.uniform(0.15, 0.4) * rng.uniform(0.5, 1, len(at))
    barbs = []
    for side in (-1, 1):
        turned = heading + side * math.pi / 3
        tips = stem + reach[:, None] * np.array([math.cos(turned), math.sin(turned)])
        barbs.append(np.stack([stem, tips], axis=1))
    segments = np.concatenate([np.stack([root, stem[-1]])[None], *barbs])
    return np.round(segments * (1 << SUBSTEPS)).astype(np.int32)


def enlarged(number: int, height: int, width: int) -> Picture:
    """Return a texture large enough to crop a picture of this height and width from it."""
    rows, columns = texture(number).shape[:2]
    ratio = max(1.0, height / rows, width / columns)
    return _usual(number) if ratio == 1 else _scaled(number, ratio)


@functools.lru_cache(maxsize=COUNT)
def _usual(number: int) -> Picture:
    return _scaled(number, 1.0)


def _scaled(number: int, ratio: float) -> Picture:
    import cv2

    whole = texture(number)
    rows, columns = (math.ceil(side * ratio * MARGIN) for side in whole.shape[:2])
    scaled: Picture = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return scaled
