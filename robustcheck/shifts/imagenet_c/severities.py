"""The constants of the nineteen corruptions: five severities each, in the order in which the formulas take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Levels = tuple[tuple[float, ...], ...]

SEVERITIES: Final[Mapping[str, Levels]] = {
    # standard deviation, as a share of white
    "gaussian_noise": ((0.08,), (0.12,), (0.18,), (0.26,), (0.38,)),
    # photons at white
    "shot_noise": ((60,), (25,), (12,), (5,), (3,)),
    # share of the values replaced
    "impulse_noise": ((0.03,), (0.06,), (0.09,), (0.17,), (0.27,)),
    # standard deviation, as a share of the value
    "speckle_noise": ((0.15,), (0.2,), (0.35,), (0.45,), (0.6,)),
    # radius of the disk, standard deviation of its edge, px
    "defocus_blur": ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
    # standard deviation and longest move, px; passes
    "glass_blur": ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)),
    # radius and standard deviation, px
    "motion_blur": ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)),
    # end and step of the zoom ratios, from 1
    "zoom_blur": ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03)),
    # standard deviation, px
    "gaussian_blur": ((1,), (2,), (3,), (4,), (6,)),
    # mean and standard deviation of the flakes, their size, threshold, radius and standard deviation of
    # their motion in px, share of the picture kept as it is
    "snow": (
        (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
        (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
        (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
        (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
        (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
    ),
    # weights of the picture and of the frost
    "frost": ((1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)),
    # strength, ratio by which the roughness falls from one scale to the next
    "fog": ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)),
    # added to the value of HSV
    "brightness": ((0.1,), (0.2,), (0.3,), (0.4,), (0.5,)),
    # ratio about the mean
    "contrast": ((0.4,), (0.3,), (0.2,), (0.1,), (0.05,)),
    # strength of the displacements
    "elastic_transform": ((12.5,), (16.25,), (21.25,), (25,), (30,)),
    # ratio of the sides
    "pixelate": ((0.6,), (0.5,), (0.4,), (0.3,), (0.25,)),
    # quality
    "jpeg_compression": ((25,), (18,), (15,), (10,), (7,)),
    # mean and standard deviation of the liquid, its smoothness in px, threshold, strength (of mud: smoothness
    # in px), 1 for mud
    "spatter": (
        (0.65, 0.3, 4, 0.69, 0.6, 0),
        (0.65, 0.3, 3, 0.68, 0.6, 0),
        (0.65, 0.3, 2, 0.68, 0.5, 0),
        (0.65, 0.3, 1, 0.65, 1.5, 1),
        (0.67, 0.4, 1, 0.65, 1.5, 1),
    ),
    # factor and addend of the saturation of HSV
    "saturate": ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2)),
}
"""By corruption: Hendrycks & Dietterich's constants for 224 pixels; ``elastic_transform`` follows imagecorruptions."""
