"""Which pictures a person should look at: labels that are in doubt, and pictures that only a shift makes hard.

They are candidates, not findings: of the flags that confident learning raised on ten public test sets, 51% were real
(Northcutt, Athalye and Mueller, Pervasive label errors in test sets, NeurIPS 2021).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.registry import metric
from robustcheck.domain.estimate import Estimate
from robustcheck.metrics.records import Observation
from robustcheck.stats.intervals import proportion

MOST = 0.5
"""A picture is fragile if more than this share of the cases breaks it."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """What one case knows of its pictures; all arrays have the length n.

    Attributes:
        case: Its id.
        id: Sample ids, str.
        label: Index of the true class, int32.
        predicted: Index of the predicted class, int32.
        confidence: Softmax of the predicted class, float32 in (0, 1].
        loss: Cross-entropy of the true class, float32, in nats.
    """

    case: str
    id: NDArray[np.str_]
    label: NDArray[np.int32]
    predicted: NDArray[np.int32]
    confidence: NDArray[np.float32]
    loss: NDArray[np.float32]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each prediction is the label."""
        return np.equal(self.predicted, self.label)


def doubted(
    label: NDArray[np.int32],
    predicted: NDArray[np.int32],
    confidence: NDArray[np.float32],
    loss: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """Return which labels are in doubt, by confident learning on clean pictures.

    A label is in doubt where another class is predicted at least as confidently as pictures of that class are taken for it on
    average. A class that no picture has is held against the average of all pictures.

    Source: C. G. Northcutt, L. Jiang and I. L. Chuang, Confident learning, JAIR 70 (2021), with the predicted class for the
    likeliest of those above their thresholds.

    Args:
        label: Class indices, shape (n,).
        predicted: Class indices, shape (n,).
        confidence: Softmax of the predicted class, shape (n,).
        loss: Cross-entropy of the label, shape (n,), in nats.
    """
    own = np.exp(-loss.astype(np.float64))
    size = int(max(label.max(initial=0), predicted.max(initial=0))) + 1
    counts = np.bincount(label, minlength=size)
    sums = np.bincount(label, own, minlength=size)
    typical = float(own.mean()) if len(own) else 1.0
    thresholds = np.where(counts > 0, sums / np.maximum(counts, 1), typical)
    found: NDArray[np.bool_] = (predicted != label) & (confidence >= thresholds[predicted])
    return found


@metric(
    "label_suspects",
    better="lower",
    kinds=("clean",),
    synonyms=("label errors", "wrong labels", "mislabelled", "mislabeled", "noisy labels"),
)
def label_suspects(seen: Observation) -> Estimate:
    """Share of the clean pictures whose label confident learning doubts, for a person to look at.

    Another class is predicted at least as confidently as pictures of that class are taken for it on average.

    Source: C. G. Northcutt, L. Jiang and I. L. Chuang, Confident learning, JAIR 70 (2021).
    """
    rows = seen.records
    found = doubted(rows.label, rows.predicted, rows.confidence, rows.loss)
    return proportion(int(found.sum()), len(found))


def suspects(clean: Column) -> NDArray[np.int64]:
    """Return the rows of the clean case whose labels are in doubt, the highest loss first."""
    rows = np.flatnonzero(doubted(clean.label, clean.predicted, clean.confidence, clean.loss))
    return rows[_order(clean.loss[rows], clean.id[rows])]


def hardest(case: Column) -> NDArray[np.int64]:
    """Return all rows of a case, the highest loss first."""
    return _order(case.loss, case.id)


def edge_cases(clean: Column, cases: list[Column]) -> list[tuple[int, int, int]]:
    """Return the pictures that are right when clean and wrong under a shift, the greatest rise of the loss first.

    Returns:
        For each picture, at the case that raises its loss most among those that break it: the row in ``clean``, the place of
        the case in ``cases``, and the row in it.
    """
    best: dict[int, tuple[float, int, int]] = {}
    for place, case in enumerate(cases):
        known, rows = _aligned(clean, case)
        broken = np.flatnonzero(clean.right[known] & ~case.right[rows])
        for at in broken:
            rise = float(case.loss[rows[at]] - clean.loss[known[at]])
            if int(known[at]) not in best or rise > best[int(known[at])][0]:
                best[int(known[at])] = (rise, place, int(rows[at]))
    ordered = sorted(best.items(), key=lambda item: (-item[1][0], str(clean.id[item[0]])))
    return [(row, place, other) for row, (_, place, other) in ordered]


def fragile(clean: Column, cases: list[Column]) -> list[tuple[int, int, int]]:
    """Return the pictures that are right when clean and that most cases break, the most broken first.

    Returns:
        For each picture the row in ``clean``, how many cases break it, and how many looked at it.
    """
    broken, looked = np.zeros(len(clean.id), np.int64), np.zeros(len(clean.id), np.int64)
    for case in cases:
        known, rows = _aligned(clean, case)
        looked[known] += 1
        broken[known] += ~case.right[rows]
    rows = np.flatnonzero(clean.right & (broken > MOST * looked))
    order = np.lexsort((clean.id[rows], -clean.loss[rows], -broken[rows]))
    return [(int(row), int(broken[row]), int(looked[row])) for row in rows[order]]


def _aligned(clean: Column, case: Column) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows in both that are of the same picture."""
    _, known, rows = np.intersect1d(clean.id, case.id, assume_unique=True, return_indices=True)
    return known, rows


def _order(loss: NDArray[np.float32], names: NDArray[np.str_]) -> NDArray[np.int64]:
    return np.lexsort((names, -loss))
