"""The pictures of a suite on their way to its model: prepared, predicted, and counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.domain.case import Case
from robustcheck.domain.steps import Step
from robustcheck.engine.pipeline.batching import Forward
from robustcheck.engine.pipeline.input_pipeline import Batch, Preparation
from robustcheck.engine.sample_index import Index
from robustcheck.models.predictor import Predictor

Rows = Sequence[int] | NDArray[np.int64]


class Pipeline:
    """Makes the inputs of cases and asks the model about them.

    Attributes:
        index: All samples.
        predictor: The model.
        preparation: Makes inputs in threads.
        forward: Asks the model in batches that fit.
        seed: Of the suite.
        clean: The suite's case without any perturbation.
        began: When the case under way began, by ``time.monotonic``.
        advance: Is told of every picture that went through the model.
    """

    def __init__(
        self,
        index: Index,
        predictor: Predictor,
        preparation: Preparation,
        forward: Forward,
        *,
        seed: int,
        clean: Case,
    ) -> None:
        """Bind a data set to a model."""
        self.index, self.predictor, self.preparation, self.forward = index, predictor, preparation, forward
        self.seed, self.clean = seed, clean
        self.began = time.monotonic()
        self.advance: Callable[[int], object] = lambda count: None

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of the outputs."""
        return self.predictor.entry.classes

    def names(self, rows: Rows) -> list[str]:
        """Return the ids of samples."""
        return [self.index.samples[row].id for row in rows]

    def predicted(
        self, case: Case, rows: Rows, steps: Sequence[Sequence[Step]] | None = None
    ) -> Iterator[tuple[Batch, NDArray[np.float32]]]:
        """Yield batches of the readable pictures with their logits, shape (n, classes); a batch is used again after the next one.

        Args:
            case: What is done to the pictures.
            rows: Of the index; the same one may stand several times.
            steps: What is done to each, where that differs from row to row.
        """
        for batch in self.preparation.batches(case, rows, self.forward.size, steps):
            logits = self.forward(batch.pixels, self.names(batch.rows))
            yield batch, logits
            self.advance(len(batch.rows))

    def inputs(
        self, case: Case, rows: Rows, *, predict: bool = True
    ) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32], NDArray[np.str_]]:
        """Return the rows that are readable, their inputs, what was unseen of them, their logits if asked for, and their digests."""
        kinds = (np.int64, np.uint8, np.float32, np.float32, np.str_)
        parts: list[tuple[NDArray[Any], ...]] = [tuple(np.zeros(0, kind) for kind in kinds)]
        for batch in self.preparation.batches(case, rows, self.forward.size):
            count = len(batch.rows)
            logits = self.forward(batch.pixels, self.names(batch.rows)) if predict else np.zeros((count, 0), np.float32)
            self.advance(count if predict else 0)
            columns = (batch.rows, batch.pixels, batch.unseen, logits, batch.digests)
            parts.append(tuple(column.copy() for column in columns))
        chosen, pixels, unseen, logits, digests = (
            np.concatenate(column) for column in zip(*(parts[1:] or parts), strict=True)
        )
        return chosen, pixels, unseen, logits, digests
