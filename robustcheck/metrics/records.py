"""What is known of each picture after a case: columns, one row a picture."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.domain.estimate import Estimate
from robustcheck.domain.labels import Review

BORDERLINE_MARGIN = 1e-4
"""Two best logits closer than this may change places with the batch size; the row says so."""


@dataclass(frozen=True, slots=True)
class Records:
    """The rows of one case, in the order of the data set, as arrays of equal length n.

    Attributes:
        id: Sample ids, str.
        label: Index of the true class, int32.
        predicted: Index of the predicted class, int32.
        rank: How many classes the model does not prefer the true one to, int32; 0 is right. So a tie at the top is wrong.
        confidence: Softmax of the predicted class, float32 in (0, 1].
        loss: Cross-entropy of the true class, float32, in nats.
        brier: Squared distance of all classes' softmax from the truth, float32 in [0, 2].
        margin: Best logit minus second best, float32.
        borderline: Whether the margin is below ``BORDERLINE_MARGIN``, bool.
        mean_change: Mean absolute difference from the clean input, float32, in grey levels.
        max_change: Greatest absolute difference from the clean input, uint8, in grey levels.
        unseen: Share of the input for which no real pixel existed, float32 in [0, 1].
        pixels: Digest of the model's input, 16 bytes in hexadecimal, str.
        extra: Columns that only some kinds of case have, such as the parameters that a search found.
        logits: Digest of the logits, int64; ``None`` in records of earlier versions.
    """

    id: NDArray[np.str_]
    label: NDArray[np.int32]
    predicted: NDArray[np.int32]
    rank: NDArray[np.int32]
    confidence: NDArray[np.float32]
    loss: NDArray[np.float32]
    brier: NDArray[np.float32]
    margin: NDArray[np.float32]
    borderline: NDArray[np.bool_]
    mean_change: NDArray[np.float32]
    max_change: NDArray[np.uint8]
    unseen: NDArray[np.float32]
    pixels: NDArray[np.str_]
    extra: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    logits: NDArray[np.int64] | None = None

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Return all columns by name."""
        logits = {} if self.logits is None else {LOGITS: self.logits}
        return {name: getattr(self, name) for name in COLUMNS} | logits | dict(self.extra)

    @classmethod
    def of(cls, columns: Mapping[str, NDArray[np.generic]]) -> Records:
        """Return records of columns by name; those that are not every case's become extra.

        Raises:
            KeyError: A column that every case has is missing.
        """
        common: dict[str, Any] = {name: columns[name] for name in COLUMNS} | {LOGITS: columns.get(LOGITS)}
        return cls(**common, extra={name: columns[name] for name in columns if name not in common})

    def at(self, rows: NDArray[np.int64]) -> Records:
        """Return some of the rows, in the given order."""
        return Records.of({name: column[rows] for name, column in self.columns().items()})

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.label)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each prediction is the label."""
        return np.equal(self.rank, 0)


LOGITS = "logits"
COLUMNS = tuple(known.name for known in fields(Records) if known.name not in ("extra", LOGITS))
"""Names of the columns that every case has."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a metric may look at.

    Attributes:
        records: The case in question.
        clean: The same pictures, in the same order, without the perturbation.
        classes: Class names by index.
        groups: Metadata columns: the text of each picture, str arrays of length n.
        limit: The break point with its bracket, if the case looked for one.
        baseline: Which of the pictures the accepted model had right in this case, bool, shape (n,); ``None`` without one.
        no_baseline: Why there is none.
        review: What the suite promises of answers that no person looks at, if anything.
    """

    records: Records
    clean: Records
    classes: tuple[str, ...]
    groups: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    limit: Estimate | None = None
    baseline: NDArray[np.bool_] | None = None
    no_baseline: str = ""
    review: Review | None = None

    def of(self, records: Records) -> Observation:
        """Return the observation of other records of some of these pictures, in their order.

        Raises:
            KeyError: A picture is none of these.
        """
        if np.array_equal(records.id, self.records.id):
            return replace(self, records=records)
        position = {name: row for row, name in enumerate(self.records.id.tolist())}
        rows = np.array([position[name] for name in records.id.tolist()], dtype=np.int64)
        return replace(
            self,
            records=records,
            clean=self.clean.at(rows),
            groups={name: texts[rows] for name, texts in self.groups.items()},
            baseline=None if self.baseline is None else self.baseline[rows],
        )


def score(logits: NDArray[np.floating], labels: NDArray[np.int32]) -> dict[str, NDArray[np.generic]]:
    """Turn logits into the columns that depend on them.

    Args:
        logits: Shape (n, classes), finite, at least two classes.
        labels: Shape (n,), class indices.

    Returns:
        The columns ``predicted, rank, confidence, loss, brier, margin, borderline, logits``; ``rank == 0`` says the same as
        ``predicted == label``.
    """
    exact = logits.astype(np.float64)
    rows = np.arange(len(exact))
    predicted = predicted_of(exact, labels)
    own = exact[rows, labels]
    rank = (exact >= own[:, None]).sum(axis=1) - 1
    top = np.partition(exact, exact.shape[1] - 2, axis=1)[:, -2:]
    margin = top[:, 1] - top[:, 0]
    log_total = top[:, 1] + np.log(np.exp(exact - top[:, 1:]).sum(axis=1))
    distance = np.exp(exact - log_total[:, None])
    distance[rows, labels] -= 1
    return {
        "predicted": predicted.astype(np.int32),
        "rank": rank.astype(np.int32),
        "confidence": np.exp(top[:, 1] - log_total).astype(np.float32),
        "loss": (log_total - own).astype(np.float32),
        "brier": np.square(distance).sum(axis=1).astype(np.float32),
        "margin": margin.astype(np.float32),
        "borderline": margin < BORDERLINE_MARGIN,
        "logits": _digests(logits),
    }


def predicted_of(logits: NDArray[np.floating], labels: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return the best class of each row, shape (n,). Of several best ones it is the first wrong one, so a tie is never right.

    Args:
        logits: Shape (n, classes), finite, at least two classes.
        labels: Shape (n,), class indices.
    """
    rows = np.arange(len(logits))
    others = logits.copy()
    others[rows, labels] = -np.inf
    other = others.argmax(axis=1)
    return np.where(others[rows, other] >= logits[rows, labels], other, labels)


def _digests(logits: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return a number for each row: the same for the same bits, and hardly ever for others.

    A sum of the bits, each class weighed with an odd number of its own, modulo 2^64: no order of adding changes it. Rows that
    differ in one class never share it. Those that differ in several share it by a chance of 2^-63, and of up to 2^-32 where the
    logits are so coarse that the differences of their bits end in zeros.
    """
    bits = np.ascontiguousarray(logits.astype(np.float32) + np.float32(0)).view(np.uint32).astype(np.uint64)
    digests: NDArray[np.int64] = (bits * _weights(logits.shape[1])).sum(axis=1, dtype=np.uint64).view(np.int64)
    return digests


@functools.cache
def _weights(classes: int) -> NDArray[np.uint64]:
    rng = np.random.Generator(np.random.Philox(0))
    return rng.integers(0, 2**64, classes, dtype=np.uint64) | np.uint64(1)
