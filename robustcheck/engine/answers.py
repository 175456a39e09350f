"""Whether a model answers what it is shown: not the same to every picture, and not the same to a picture that was changed."""

from __future__ import annotations

from typing import Final

import numpy as np

from robustcheck.language.plan import Case
from robustcheck.measure.records import Records

ROUNDING: Final = 1e-5
"""Relative difference below which numbers of two pictures are the same: another place in the batch changes last bits."""
MOST: Final = 0.5
"""Share of the changed pictures from which on logits that did not change say that the model does not look."""


def constant_answers(records: Records) -> list[str]:
    """Say that a model gives every picture the same logits, if it does.

    Args:
        records: Of the clean pictures; where these are all alike, so may be the logits.
    """
    if len(np.unique(records.pixels)) < 2 or len(np.unique(records.predicted)) > 1:
        return []
    columns = [records.margin, records.confidence]
    columns += [records.loss[records.label == label] for label in np.unique(records.label)]
    if any(float(np.ptp(column)) > ROUNDING * float(np.abs(column).max()) for column in columns):
        return []
    return [
        f"the model gives the same logits for all {len(records)} clean pictures: it does not look at them, so nothing measured of it "
        "counts; look at its weights and at what is done to its input"
    ]


def unmoved_answers(case: Case, records: Records, clean: Records) -> tuple[list[str], list[str]]:
    """Say that changed pictures have bit for bit the logits of the clean ones, if many do.

    Args:
        case: The case.
        records: Its records.
        clean: Those of the same pictures as they are, in the same order.

    Returns:
        Why its number is not to be believed, and otherwise what a reader must know.
    """
    if not case.perturbations or records.logits is None or clean.logits is None:
        return [], []
    changed = records.max_change > 0
    same = int((changed & (records.logits == clean.logits)).sum())
    if not same:
        return [], []
    told = f"{same} of {int(changed.sum())} changed pictures have bit for bit the logits of the clean ones"
    if same < MOST * int(changed.sum()):
        return [], [told]
    return [
        f"{told}: the model does not look at what changed, or answers from memory, so the case shows nothing about it"
    ], []


def tied_answers(records: Records) -> list[str]:
    """Say how many pictures have several best classes."""
    tied = int((records.margin == 0).sum())
    have = "picture has" if tied == 1 else "pictures have"
    return [f"{tied} {have} several best classes with the same logit, and count as wrong"] if tied else []
