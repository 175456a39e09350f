"""Whether a model answers what it is shown: not the same to every picture, and not the same to a picture that was changed."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.domain.case import Case
from robustcheck.metrics.records import Records

ROUNDING: Final = 1e-5
"""Relative difference below which numbers of two pictures are the same: another place in the batch changes last bits."""
MOST: Final = 0.5
"""Share of the changed pictures from which on logits that did not change say that the model does not look."""


def constant_answers(records: Records) -> list[str]:
    """Say that a model gives every picture the same logits, if it does.

    Args:
        records: Of the clean pictures; where these are all alike, so may be the logits.
    """
    tied = records.margin == 0  # what is predicted of these goes by their labels
    if len(np.unique(records.pixels)) < 2 or len(np.unique(records.predicted[~tied])) > 1:
        return []
    if tied.any() and records.logits is not None and len(np.unique(records.logits)) > 1:
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

    Logits that several different clean pictures share, such as rounded probabilities of 1 and 0, stay the same under an honest
    change too. Where some pictures have logits of their own, these alone decide.

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
    unmoved = changed & (records.logits == clean.logits)
    same = int(unmoved.sum())
    if not same:
        return [], []
    told = f"{same} of {int(changed.sum())} changed pictures have bit for bit the logits of the clean ones"
    telling = changed & _of_their_own(clean.logits, clean.pixels)
    if not telling.any():
        telling = changed
    if int((unmoved & telling).sum()) < MOST * int(telling.sum()):
        return [], [told]
    return [
        f"{told}: the model does not look at what changed, or answers from memory, so the case shows nothing about it"
    ], []


def _of_their_own(logits: NDArray[np.int64], pixels: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Return which pictures share their logits with no other one, shape (n,); a picture that is there twice is one."""
    _, once = np.unique(pixels, return_index=True)
    digests, pictures = np.unique(logits[once], return_counts=True)
    return np.isin(logits, digests[pictures == 1])


def tied_answers(records: Records) -> list[str]:
    """Say how many pictures have several best classes."""
    tied = int((records.margin == 0).sum())
    have = "picture has" if tied == 1 else "pictures have"
    return [f"{tied} {have} several best classes with the same logit, and count as wrong"] if tied else []
