"""Corruption errors of ImageNet-C: what they are made of, and errors that are published to compare with.

Source: D. Hendrycks & T. Dietterich, Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations, ICLR 2019: the corruption error of a model is the sum of its errors over five severities, divided by
that of a reference model; mCE is the mean over corruptions, and the relative one subtracts the clean error first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from robustcheck.domain.case import Case
from robustcheck.domain.how import Fixed

PREFIX: Final = "imagenet_c."

SEVERITIES: Final = (1, 2, 3, 4, 5)

CORRUPTION_ERRORS: Final = ("mce", "relative_mce")


@dataclass(frozen=True, slots=True)
class Published:
    """Errors of a model on ImageNet and ImageNet-C, fractions.

    Attributes:
        clean: On the clean pictures.
        corrupted: Mean over the five severities, by corruption; the corruptions that count.
        source: Where they are published.
    """

    clean: float
    corrupted: Mapping[str, float]
    source: str


PUBLISHED: Final = {
    "alexnet": Published(
        clean=0.435,
        corrupted={
            "gaussian_noise": 0.886428,
            "shot_noise": 0.894468,
            "impulse_noise": 0.922640,
            "defocus_blur": 0.819880,
            "glass_blur": 0.826268,
            "motion_blur": 0.785948,
            "zoom_blur": 0.798360,
            "snow": 0.866816,
            "frost": 0.826572,
            "fog": 0.819324,
            "brightness": 0.564592,
            "contrast": 0.853204,
            "elastic_transform": 0.646056,
            "pixelate": 0.717840,
            "jpeg_compression": 0.606500,
        },
        source="AlexNet, Hendrycks & Dietterich, ICLR 2019, table 1 and the authors' evaluation code",
    )
}


def severities(cases: Sequence[Case]) -> dict[str, dict[int, Case]]:
    """Return the cases of each corruption by severity: those that do nothing but one corruption."""
    found: dict[str, dict[int, Case]] = {}
    for case in cases:
        if isinstance(case.how, Fixed) and len(case.steps) == 1 and case.steps[0].name.startswith(PREFIX):
            step = case.steps[0]
            found.setdefault(step.name.removeprefix(PREFIX), {})[int(step.params["severity"])] = case
    return found
