"""Corruption errors of ImageNet-C: what a suite must cover to ask for one, and errors published to compare with.

Source: D. Hendrycks & T. Dietterich, Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations, ICLR 2019: the corruption error of a model is the sum of its errors over five severities, divided by
that of a reference model; mCE is the mean over corruptions, and the relative one subtracts the clean error first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Location
from robustcheck.core.facts import MetricFacts
from robustcheck.core.registry import Definition
from robustcheck.domain.case import Case
from robustcheck.domain.corruption_errors import PREFIX, SEVERITIES, severities
from robustcheck.language.value_types import Reading

CORRUPTION_ERROR: Final = Definition(
    name="mce",
    function=lambda: None,
    parameters={},
    summary="Mean corruption error.",
    doc="Mean corruption error.",
    facts=MetricFacts(better="lower", unit="%", low=0.0, high=float("inf")),
)
"""How a threshold on a corruption error is read; it has no function of its own, being made of many cases."""


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
