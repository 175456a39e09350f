"""Corruption errors of ImageNet-C: what a suite must cover to ask for one, and errors published to compare with.

Source: D. Hendrycks & T. Dietterich, Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations, ICLR 2019: the corruption error of a model is the sum of its errors over five severities, divided by
that of a reference model; mCE is the mean over corruptions, and the relative one subtracts the clean error first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from robustcheck.error_codes import Code
from robustcheck.errors import Location
from robustcheck.facts import MetricFacts
from robustcheck.language.kinds import Reading
from robustcheck.language.plan import Case
from robustcheck.registry import Definition

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
CORRUPTION_ERROR: Final = Definition(
    name="mce",
    function=lambda: None,
    parameters={},
    summary="Mean corruption error.",
    doc="Mean corruption error.",
    facts=MetricFacts(better="lower", unit="%", low=0.0, high=float("inf")),
)
"""How a threshold on a corruption error is read; it has no function of its own, being made of many cases."""


def severities(cases: Sequence[Case]) -> dict[str, dict[int, Case]]:
    """Return the cases of each corruption by severity: those that do nothing but one corruption."""
    found: dict[str, dict[int, Case]] = {}
    for case in cases:
        if case.kind == "shift" and case.steps[0].name.startswith(PREFIX):
            step = case.steps[0]
            found.setdefault(step.name.removeprefix(PREFIX), {})[int(step.params["severity"])] = case
    return found


def check_corruptions(cases: Sequence[Case], where: Location, reading: Reading) -> bool:
    """Report cases of which no corruption error can be made; returns whether there were none."""
    before = len(reading.problems)
    found = severities(cases)
    if len(cases) != sum(map(len, found.values())):
        # By identity, since a line that is written twice gives cases of the same id.
        counted = {id(case) for by_severity in found.values() for case in by_severity.values()}
        other = next(case.id for case in cases if id(case) not in counted)
        what = f"a corruption error is made of one case a corruption and severity, and {other} is one too many"
        reading.add(
            where,
            Code.CORRUPTION_ERRORS,
            what,
            f'write over: "{PREFIX}*", and give other checks on these corruptions an id',
        )
    for name, by_severity in found.items():
        lacking = [str(severity) for severity in SEVERITIES if severity not in by_severity]
        if lacking:
            what = f"a corruption error needs all five severities, and {PREFIX}{name} lacks {', '.join(lacking)}"
            reading.add(where, Code.CORRUPTION_ERRORS, what, f"write severity: {list(SEVERITIES)}")
    return len(reading.problems) == before
