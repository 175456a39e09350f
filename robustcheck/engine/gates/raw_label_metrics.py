"""What a result says beside its gates where people look: numbers with the uncorrected labels, and what needs no person."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numpy as np

from robustcheck.domain.estimate import Estimate
from robustcheck.engine.gates.verdicts import measure
from robustcheck.engine.sample_index import Index
from robustcheck.metrics.automation import calibrate
from robustcheck.metrics.records import Observation, Records

RAW: Final = ("accuracy", "balanced_accuracy", "worst_class_accuracy")
RAW_PAIRED: Final = ("drop",)


def raw_metrics(
    clean: Records, every: Records, index: Index, classes: tuple[str, ...], *, paired: bool
) -> dict[str, Estimate]:
    """Return what is known of a case with the labels of the data set itself; nothing where it stopped early.

    Args:
        clean: Of the clean case, with the pictures whose label is ambiguous.
        every: Of the case, with them too.
        index: Knows the labels.
        classes: Of the model.
        paired: Whether the case is compared with the clean one.
    """
    if len(every) != len(clean):
        return {}
    seen = Observation(_with_own_labels(every, index), _with_own_labels(clean, index), classes)
    return {name: measure(seen, name) for name in RAW + (RAW_PAIRED if paired else ())}


def _with_own_labels(records: Records, index: Index) -> Records:
    label = index.original[index.rows(records.id)]
    # Only whether a prediction is right is known of a label that the loss was not taken for; a tie never is.
    wrong = (records.predicted != label) | (records.margin == 0)
    return dataclasses.replace(records, label=label, rank=wrong.astype(np.int32))


def automatic_of(seen: Observation) -> dict[str, Any]:
    """Return above which confidence no person need look at a case, where the suite promises a risk."""
    if seen.review is None:
        return {}
    return dataclasses.asdict(calibrate(seen.records.confidence, seen.records.right, seen.review))
