"""Metrics that compare with the accepted model, picture by picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import NoBaselineError
from robustcheck.core.registry import metric
from robustcheck.core.text import named
from robustcheck.domain.estimate import Estimate
from robustcheck.metrics.records import Observation
from robustcheck.stats.intervals import paired_difference, proportion


def _before(seen: Observation) -> NDArray[np.bool_]:
    if seen.baseline is None:
        reason = seen.no_baseline or "there is no baseline to compare with"
        advice = "" if "accept" in reason else "; accept a run: robustcheck baseline accept REPORT --reason '...'"
        raise NoBaselineError(reason + advice)
    return seen.baseline


@metric("regression", better="lower", unit="pp", low=-100.0, synonyms=("worse than before", "accepted run"))
def regression(seen: Observation) -> Estimate:
    """Accuracy of the accepted run minus accuracy now, picture by picture.

    It needs a baseline: see ``robustcheck baseline accept``.
    """
    before, now = _before(seen), seen.records.right
    lost, gained = int((before & ~now).sum()), int((~before & now).sum())
    return replace(paired_difference(lost, gained, len(now)), detail=f"{lost} lost, {gained} gained")


@metric("negative_flips", better="lower", synonyms=("newly wrong", "backward compatibility", "churn"))
def negative_flips(seen: Observation) -> Estimate:
    """Share of pictures that the accepted run had right and that are wrong now.

    However many got right instead does not matter. It needs a baseline: see ``robustcheck baseline accept``.
    """
    lost = _before(seen) & ~seen.records.right
    return proportion(int(lost.sum()), len(lost), detail=named(sorted(seen.records.id[lost].tolist())))
