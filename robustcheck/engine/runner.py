"""Who looks at the pictures of a case: this process, or a pool of others. Whoever asks a runner gets the same shard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from robustcheck.domain.case import Case
from robustcheck.engine.cache.reference_batch import ReferenceCollector, most_kept
from robustcheck.engine.kinds.case_kind import kind_of_case
from robustcheck.engine.pipeline.gallery import Gallery
from robustcheck.engine.pipeline.pipeline import Pipeline
from robustcheck.engine.shard import Shard

Before = Mapping[str, tuple[float, bool]]
"""Of samples in the clean case, by id: the loss, and whether the model was right."""


class Runner(Protocol):
    """Looks at pictures; keeps nothing between calls that changes a result."""

    def run(self, case: Case, rows: NDArray[np.int64], before: Before, *, every: bool) -> Shard:
        """Look at some pictures of a case.

        Args:
            case: What is done to them.
            rows: Of the index.
            before: Of the clean case, which says what a case broke; empty for that case itself.
            every: Whether these are all pictures of the data set, of which those that later runs look at are spread over the whole.
        """
        ...

    def close(self) -> None:
        """Let go of whatever the runner holds."""
        ...


def units(count: int, size: int) -> Iterator[slice]:
    """Yield the parts in which so many pictures are looked at, each of a size, cut at absolute positions."""
    for start in range(0, count, size):
        yield slice(start, min(count, start + size))


def nothing(pipeline: Pipeline, case: Case, before: Before, *, every: bool) -> Shard:
    """Return the shard of no picture, to which others are added."""
    samples = [sample.id for sample in pipeline.index.samples]
    most = most_kept(pipeline.predictor.entry.preprocessing.input_size, attacked=kind_of_case(case).attacked)
    collector = ReferenceCollector.spread if every else ReferenceCollector
    return Shard(np.zeros(0, np.int64), {}, Gallery(samples, before), collector(samples, most))


def look(pipeline: Pipeline, case: Case, rows: NDArray[np.int64], before: Before, *, every: bool) -> Shard:
    """Look at some pictures in this process; see ``Runner.run``."""
    empty = nothing(pipeline, case, before, every=every)
    shard = kind_of_case(case).look(pipeline, rows, empty.gallery, empty.reference)
    return shard.with_unreadable(pipeline, rows)


class LocalRunner:
    """Looks at pictures in this process, a block of them at a time."""

    def __init__(self, pipeline: Pipeline) -> None:
        """Bind it to what makes and predicts the pictures of a suite."""
        self._pipeline = pipeline

    def run(self, case: Case, rows: NDArray[np.int64], before: Before, *, every: bool) -> Shard:
        """Look at some pictures of a case."""
        shard = nothing(self._pipeline, case, before, every=every)
        for part in units(len(rows), kind_of_case(case).block or len(rows) or 1):
            shard = shard + look(self._pipeline, case, rows[part], before, every=every)
        return shard

    def close(self) -> None:
        """Hold nothing."""
