"""The list of samples of a suite: who is there, not what they look like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core import progress
from robustcheck.core.errors import DataError, UnreadablePicture, count_of, did_you_mean
from robustcheck.data.labels.apply_overlay import Overlaid
from robustcheck.data.source import Sample, Source

NAMED: Final = 5
"""Classes that a message names."""


@dataclass(frozen=True, slots=True)
class Index:
    """All samples in the order of the data set.

    Attributes:
        samples: Not read yet.
        labels: Class indices of the model, shape (n,), int32.
        columns: Metadata columns, str arrays of shape (n,); a missing value is an empty text.
        position: Row by sample id.
        original: Class indices that the data set itself has, shape (n,), int32.
        ambiguous: Whether people found that nobody can say what the picture shows, shape (n,), bool.
    """

    samples: tuple[Sample, ...]
    labels: NDArray[np.int32]
    columns: dict[str, NDArray[np.str_]]
    position: dict[str, int]
    original: NDArray[np.int32]
    ambiguous: NDArray[np.bool_]

    def rows(self, ids: NDArray[np.str_]) -> NDArray[np.int64]:
        """Return the rows of samples by their ids."""
        return np.fromiter((self.position[name] for name in ids.tolist()), dtype=np.int64, count=len(ids))


def build_index(source: Source, classes: tuple[str, ...]) -> Index:
    """List a source and translate its labels into the model's class indices.

    Raises:
        DataError: The source is empty, an id occurs twice, or a label is no class of the model.
    """
    samples = tuple(progress.counted(source.samples(), f"listing {source.name}", unit="pictures"))
    if not samples:
        raise DataError(f"the data set {source.name} has no picture; a gate that looks at nothing cannot pass")
    twice = [name for name, count in Counter(sample.id for sample in samples).items() if count > 1]
    if twice:
        raise DataError(f"the data set {source.name} has {len(twice)} ids more than once, such as {twice[0]}")
    positions = {name: index for index, name in enumerate(classes)}
    unknown = Counter(sample.label for sample in samples if sample.label not in positions)
    if unknown:
        label, count = unknown.most_common(1)[0]
        raise DataError(
            f"the data set {source.name} has {len(unknown)} labels that are no class of the model, such as "
            f"{label} ({count} pictures); {did_you_mean(label, classes)}; rename with `labels:` in configs/data.yaml"
        )
    labels = np.fromiter((positions[sample.label] for sample in samples), dtype=np.int32, count=len(samples))
    columns = {name: np.array([sample.metadata.get(name, "") for sample in samples]) for name in source.columns}
    position = {sample.id: row for row, sample in enumerate(samples)}
    return Index(samples, labels, columns, position, labels, np.zeros(len(samples), bool))


def check_classes(index: Index, unreadable: Mapping[int, UnreadablePicture], classes: tuple[str, ...]) -> None:
    """Raise if not one picture of a class could be read: the data would lose the class, and every gate with it.

    Args:
        index: All samples.
        unreadable: Why, by row.
        classes: Of the model.

    Raises:
        DataError: With the classes, and why the first picture of each is unreadable.
    """
    rows = sorted(unreadable)
    lost = np.bincount(index.labels[rows], minlength=len(classes)) if rows else np.zeros(len(classes), np.int64)
    gone = np.flatnonzero((lost > 0) & (lost == np.bincount(index.labels, minlength=len(classes))))
    if len(gone):
        first = {
            number: next(unreadable[row] for row in rows if index.labels[row] == number) for number in gone[:NAMED]
        }
        told = "; ".join(
            f"{classes[number]} ({count_of(int(lost[number]), 'picture')}, the first: {error.name}: {error.reason})"
            for number, error in first.items()
        )
        more = f"; and {len(gone) - NAMED} more" if len(gone) > NAMED else ""
        raise DataError(f"not one picture can be read of the class {told}{more}; nothing could be said of it")


def relabelled(index: Index, overlaid: Overlaid, classes: tuple[str, ...]) -> Index:
    """Return an index with the labels that people corrected."""
    labels, ambiguous = index.labels.copy(), index.ambiguous.copy()
    for name, label in overlaid.changed.items():
        labels[index.position[name]] = classes.index(label)
    for name in overlaid.ambiguous:
        ambiguous[index.position[name]] = True
    return replace(index, labels=labels, ambiguous=ambiguous)
