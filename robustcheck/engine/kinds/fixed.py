"""Cases whose pictures are made once, in one way: pictures as they are, and shifts with fixed parameters."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from robustcheck.domain.how import Clean, Fixed
from robustcheck.engine.cache.reference_batch import ReferenceCollector
from robustcheck.engine.kinds.case_kind import CaseKind, Unchanged, case_kind
from robustcheck.engine.pipeline.gallery import Gallery, Input
from robustcheck.engine.pipeline.input_pipeline import columns_of
from robustcheck.engine.pipeline.pipeline import Pipeline
from robustcheck.engine.shard import Columns, Cost, Shard
from robustcheck.metrics.records import Records, score


@case_kind(Clean)
@case_kind(Fixed)
class FixedKind(CaseKind):
    """Looks at every picture once."""

    def look(
        self, pipeline: Pipeline, rows: NDArray[np.int64], gallery: Gallery, reference: ReferenceCollector
    ) -> Shard:
        """Predict some pictures."""
        chosen, parts, before = [np.zeros(0, np.int64)], list[Columns](), pipeline.forward.pictures
        for batch, logits in pipeline.predicted(self.case, rows):
            columns = {**score(logits, pipeline.index.labels[batch.rows]), **columns_of(batch)}
            reference.offer(batch.rows, batch.digests, logits)
            gallery.offer(batch.rows, columns, functools.partial(_input_of, batch.pixels))
            chosen.append(batch.rows.copy())
            parts.append(columns)
        names = parts[0] if parts else ()
        joined = {name: np.concatenate([part[name] for part in parts]) for name in names}
        cost = Cost(pipeline.forward.pictures - before)
        return Shard(np.concatenate(chosen), joined, gallery, reference, cost)

    def unchanged(self, records: Records) -> Unchanged:
        """Return what is to be said where no pixel was changed: of a covering array, one row may be that of the pictures as they are."""
        if isinstance(self.case.how, Fixed) and self.case.how.is_array:
            return Unchanged(note="none of these levels changes a pixel: this is the clean case again")
        return super().unchanged(records)


def _input_of(pixels: NDArray[np.uint8], place: int) -> Input:
    return pixels[place], None
