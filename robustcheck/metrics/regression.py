"""Metrics that compare with the accepted model, picture by picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import NoBaselineError
from robustcheck.core.registry import metric
from robustcheck.core.text import named
from robustcheck.metrics.records import Observation
from robustcheck.metrics.shares import Share


def _before(seen: Observation) -> NDArray[np.bool_]:
    if seen.baseline is None:
        reason = seen.no_baseline or "there is no baseline to compare with"
        advice = "" if "accept" in reason else "; accept a run: robustcheck baseline accept REPORT --reason '...'"
        raise NoBaselineError(reason + advice)
    return seen.baseline


@metric(
    "regression",
    better="lower",
    unit="pp",
    low=-100.0,
    needs="baseline",
    synonyms=("worse than before", "accepted run"),
)
def regression(seen: Observation) -> Share:
    """Accuracy of the accepted run minus accuracy now, picture by picture.

    It needs a baseline: see ``robustcheck baseline accept``.
    """
    before, now = _before(seen), seen.records.right
    lost, gained = int((before & ~now).sum()), int((~before & now).sum())
    return Share(now, before=before, detail=f"{lost} lost, {gained} gained")


@metric("negative_flips", better="lower", needs="baseline", synonyms=("newly wrong", "backward compatibility", "churn"))
def negative_flips(seen: Observation) -> Share:
    """Share of pictures that the accepted run had right and that are wrong now.

    However many got right instead does not matter. It needs a baseline: see ``robustcheck baseline accept``.
    """
    lost = _before(seen) & ~seen.records.right
    return Share(lost, detail=named(sorted(seen.records.id[lost].tolist())))
