"""Whether the records of a case still say what the model does: some of its pictures, looked at live.

No key can hold all that decides a model's outputs: a file that ``forward`` opens, an environment variable, an attribute. So records
of an earlier run are believed only after one batch of their pictures gave the same pixels and the same logits again. Attacks and
searches are not run for it: the pictures and views that they chose are looked at once more.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.domain.case import Case
from robustcheck.engine.cache.reference_batch import MOST, ReferenceBatch
from robustcheck.engine.pipeline.batching import Forward
from robustcheck.engine.pipeline.input_pipeline import Preparation
from robustcheck.engine.sample_index import Index
from robustcheck.models.predictor import Predictor

TOLERANCE: Final = 1e-4
"""Difference of logits, relative to their spread, beyond which they are others: another batch size changes last bits only."""
REACH: Final = 30.0
"""How far below a picture's greatest logit others still count for their spread: the rest have no share (1e-13) in any probability.

A class that is masked with -1e9 would otherwise make every difference small.
"""
ROUNDING: Final = 1e-6
"""Difference of logits, relative to their size, that is rounding."""
TIE: Final = 1e-5
"""Lead of the best logit, relative to their spread, below which rounding may give another class."""


class Probe:
    """Looks at pictures of a suite live and holds them against those of its cache."""

    def __init__(self, preparation: Preparation, forward: Forward, predictor: Predictor, index: Index) -> None:
        """Bind it to what makes and predicts the pictures of a suite."""
        self._preparation, self._forward, self._predictor, self._index = preparation, forward, predictor, index

    @property
    def size(self) -> int:
        """Pictures that a case is held against at most, in passes of the batch size that was asked for."""
        return MOST

    def difference(self, case: Case, reference: ReferenceBatch, most: int) -> tuple[str, int]:
        """Look at some pictures of a case.

        Args:
            case: Which one.
            reference: What they were when its records were made.
            most: How many to look at, at most.

        Returns:
            In what they differ, empty where they do not, and how many went through the model.

        Raises:
            ModelError: The model misbehaves.
            CaseError: A shift failed.
        """
        count = min(len(reference), most)
        chosen = np.unique(np.linspace(0, len(reference) - 1, count).round().astype(np.int64))
        ids = reference.ids[chosen].tolist()
        if unknown := [name for name in ids if name not in self._index.position]:
            return _told(case, "are not in the data", unknown, len(ids)), 0
        rows = self._index.rows(reference.ids[chosen])
        steps = (
            None
            if reference.points is None
            else [case.how.steps_at(tuple(point)) for point in reference.points[chosen].tolist()]
        )
        digests = np.full(len(ids), "", dtype="<U32")
        live = np.full((len(ids), reference.logits.shape[1]), np.nan, np.float32)
        passes = 0
        for batch in self._preparation.batches(case, rows, self._forward.size, steps):
            digests[batch.places] = batch.digests
            if reference.pictures is None:
                logits = self._forward(batch.pixels)
                passes += len(batch.rows)
                if logits.shape[1] == live.shape[1]:
                    live[batch.places] = logits
        if others := _names(ids, digests != reference.inputs[chosen]):
            return _told(case, "have other pixels than when its records were made", others, len(ids)), passes
        if reference.pictures is not None:
            logits = self._attacked(reference.pictures[chosen])
            passes += len(ids)
            live = logits if logits.shape == live.shape else live
        if others := _names(ids, other_logits(reference.logits[chosen], live)):
            return _told(case, "have other logits than when its records were made", others, len(ids)), passes
        return "", passes

    def _attacked(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the logits of attacked pictures, on the way to the model that attacks take."""
        import torch

        from robustcheck.attacks.victim import Victim
        from robustcheck.models.determinism import steady
        from robustcheck.models.preserve_state import untouched

        predictor = self._predictor
        victim = Victim(
            lambda inputs: predictor.forward(inputs.to(memory_format=torch.channels_last)),
            size=self._forward.size,
            gradients=predictor.entry.gradients,
        )
        with steady(), untouched(getattr(predictor, "module", None)):
            logits = victim.logits(torch.from_numpy(pictures).to(predictor.device))
        self._forward.pictures += len(pictures)
        found: NDArray[np.float32] = logits.float().cpu().numpy()
        return found


def other_logits(kept: NDArray[np.float32], live: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which pictures have other logits, bool, shape (n,).

    Logits are the same within 1e-4 of their spread, with the same greatest; where the two greatest are as near as rounding
    changes them, either may be it. The spread is the largest of a picture, of which the logits within ``REACH`` count.

    Args:
        kept: Shape (n, classes).
        live: Of the same shape; NaN where there are none.
    """
    before, now = kept.astype(np.float64), live.astype(np.float64)
    if not before.size:
        return np.zeros(len(before), bool)
    floor = before.max(axis=1, keepdims=True) - REACH
    spread = float(np.ptp(np.maximum(before, floor), axis=1).max())
    counts = (before > floor) | (now > now.max(axis=1, keepdims=True) - REACH)
    allowed = TOLERANCE * spread + np.abs(before) * np.where(counts, ROUNDING, TOLERANCE)
    near = (np.abs(before - now) <= allowed).all(axis=1)  # NaN is not near anything
    top = np.sort(before, axis=1)[:, -2:]
    tied = top[:, 1] - top[:, 0] <= TIE * spread
    same: NDArray[np.bool_] = near & (tied | (before.argmax(axis=1) == now.argmax(axis=1)))
    return ~same


def _names(ids: list[str], mask: NDArray[np.bool_]) -> list[str]:
    return [name for name, other in zip(ids, mask.tolist(), strict=True) if other]


def _told(case: Case, what: str, names: list[str], count: int) -> str:
    return f"{len(names)} of {count} pictures of {case.id} {what}, such as {names[0]}"
