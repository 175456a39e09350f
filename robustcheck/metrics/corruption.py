"""The corruption errors of ImageNet-C, against errors that are published or those of a baseline.

Source: D. Hendrycks & T. Dietterich, ICLR 2019, section 3.1: with E the errors of the model and R those of the
reference, CE of a corruption is sum(E) / sum(R) over its five severities; relative CE subtracts each one's clean
error first. mCE and relative mCE are the means over corruptions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from robustcheck.core.errors import CaseError
from robustcheck.domain.estimate import Estimate

SMALLEST = 1e-9


@dataclass(frozen=True, slots=True)
class ReferenceErrors:
    """Errors to compare with, fractions.

    Attributes:
        name: For messages.
        clean: On the clean pictures.
        corrupted: By corruption, the mean over its severities.
    """

    name: str
    clean: float
    corrupted: Mapping[str, float]


def corruption_error(
    accuracies: Mapping[str, Sequence[Estimate]], clean: Estimate, reference: ReferenceErrors, *, relative: bool
) -> Estimate:
    """Return mCE, or the relative one; 1 where the model is as bad as the reference.

    The interval is made of the limits of the parts, as if all were off together: wide, and never too narrow.

    Args:
        accuracies: By corruption, one estimate a severity; only corruptions that the reference has count.
        clean: Accuracy on the clean pictures.
        reference: What to divide by.
        relative: Whether to subtract the clean errors first.

    Raises:
        CaseError: No corruption has a reference, or one of its errors leaves nothing to divide by.
    """
    counted = {name: list(parts) for name, parts in accuracies.items() if name in reference.corrupted}
    if not counted:
        raise CaseError(f"{reference.name} has no error for any of the corruptions {', '.join(sorted(accuracies))}")
    ratios: dict[str, list[float]] = {"value": [], "low": [], "high": []}
    for name, parts in sorted(counted.items()):
        below = reference.corrupted[name] - (reference.clean if relative else 0.0)
        if below <= SMALLEST:
            raise CaseError(
                f"{reference.name} has an error of {reference.corrupted[name]:.4g} under {name}"
                f"{f' and {reference.clean:.4g} without' if relative else ''}, so nothing can be relative to it"
            )
        for end, other, clean_end in (("value", "value", "value"), ("low", "high", "low"), ("high", "low", "high")):
            error = math.fsum(1 - getattr(part, other) for part in parts) / len(parts)
            above = error - (1 - getattr(clean, clean_end)) if relative else error
            ratios[end].append(above / below)
    value, low, high = (math.fsum(ratios[end]) / len(counted) for end in ("value", "low", "high"))
    n = min(part.n for parts in counted.values() for part in parts)
    return Estimate(value, low, high, n, f"{len(counted)} corruptions against {reference.name}")
