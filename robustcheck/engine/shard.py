"""What came of some pictures of a case; the shards of a case add up, in whatever processes they were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.engine.cache.reference_batch import ReferenceCollector
from robustcheck.engine.pipeline.gallery import Gallery
from robustcheck.engine.pipeline.pipeline import Pipeline
from robustcheck.images.form import Form

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Cost:
    """How many pictures went through the model, and how many went back through it."""

    forwards: int = 0
    backwards: int = 0

    def __add__(self, other: Cost) -> Cost:
        """Return both together."""
        return Cost(self.forwards + other.forwards, self.backwards + other.backwards)


@dataclass(frozen=True)
class Shard:
    """Some pictures of a case after they were looked at.

    Attributes:
        rows: Of the index, those that could be read, in the order in which they were asked for.
        columns: What is known of each, by name; empty where no picture could be read.
        gallery: The pictures among them that a report may show.
        reference: The pictures among them that a later run may be held against.
        cost: What it took.
        counts: Of things that are told of the case as a whole, such as how many pictures each attack of a cascade broke.
        kept: Whatever a kind of case needs to say at its end what its numbers are worth; shards of one kind add these up.
        unreadable: Name and reason of pictures that cannot be read, by row.
        forms: How pictures are stored, by id, where that was seen.
    """

    rows: NDArray[np.int64]
    columns: Columns
    gallery: Gallery
    reference: ReferenceCollector
    cost: Cost = Cost()
    counts: Mapping[str, int] = field(default_factory=dict)
    kept: Any = None
    unreadable: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)

    def __add__(self, other: Shard) -> Shard:
        """Return both together, this one's pictures first."""
        parts = [shard for shard in (self, other) if shard.columns] or [self]
        kept = [shard.kept for shard in (self, other) if shard.kept is not None]
        return Shard(
            np.concatenate([shard.rows for shard in parts]),
            {name: np.concatenate([shard.columns[name] for shard in parts]) for name in parts[0].columns},
            self.gallery + other.gallery,
            self.reference + other.reference,
            self.cost + other.cost,
            {name: self.counts.get(name, 0) + other.counts.get(name, 0) for name in {**self.counts, **other.counts}},
            kept[0] + kept[1] if len(kept) == 2 else (kept or [None])[0],
            {**self.unreadable, **other.unreadable},
            {**self.forms, **other.forms},
        )

    def in_order(self) -> Shard:
        """Return the shard with its pictures in the order of the index."""
        order = np.argsort(self.rows, kind="stable")
        columns = {name: column[order] for name, column in self.columns.items()}
        return replace(self, rows=self.rows[order], columns=columns)

    def with_unreadable(self, pipeline: Pipeline, rows: NDArray[np.int64]) -> Shard:
        """Return the shard with what was seen of some pictures while they were decoded."""
        known = pipeline.preparation.unreadable
        unreadable = {row: (known[row].name, known[row].reason) for row in rows.tolist() if row in known}
        forms = pipeline.preparation.forms(rows)
        return replace(self, unreadable=unreadable, forms=forms)
