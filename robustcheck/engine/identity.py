"""What was run on what: the part of a result that is about the suite, its model and its data."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from robustcheck.data import alike
from robustcheck.domain.result import combination_of
from robustcheck.domain.suite import Suite
from robustcheck.engine.evaluate import Evaluator
from robustcheck.engine.stored_forms import form_notes
from robustcheck.metrics.records import Records
from robustcheck.models.definition import facts_of


def identity_of(
    suite: Suite,
    evaluator: Evaluator | None = None,
    *,
    notes: Sequence[str] = (),
    limit: int | None = None,
    clean: Records | None = None,
) -> dict[str, Any]:
    """Return what a suite, its model and its data are, as JSON values.

    Args:
        suite: The suite.
        evaluator: Its model and data; ``None`` where they could not be opened.
        notes: What a reader must know beside the notes of the suite.
        limit: Number of pictures that was asked for; ``None`` for all.
        clean: Records of the clean case, once there are some: they say how many pictures the decoding concerns.
    """
    facts: dict[str, Any] = {
        "path": suite.path,
        "title": suite.title,
        "owner": suite.owner,
        "digest": suite.digest,
        "seed": suite.seed,
        "top_k": suite.top_k,
        "notes": [*suite.notes, *notes],
        "combinations": [combination_of(array) for array in suite.combinations],
        "model": {"name": suite.model},
        "data": {"name": suite.data},
        "labels": None,
        "review": dataclasses.asdict(suite.review) if suite.review else None,
    }
    if evaluator is None:
        return facts
    facts["model"] |= facts_of(evaluator.predictor)
    if clean is not None:
        # Notes of the suite, since those are put together from all workers of a run.
        facts["notes"] += form_notes(clean, evaluator.predictor.entry.preprocessing)
    if suite.labels and evaluator.overlaid:
        facts["labels"] = {"overlay": suite.labels.overlay, **evaluator.overlaid.to_json()}
    facts["data"] |= {
        "digest": evaluator.data_digest,
        "size": len(evaluator.index.samples),
        "classes": len(np.unique(evaluator.index.labels)),
        "overlay": evaluator.overlaid.digest if evaluator.overlaid else "",
        "limit": limit,
        "names": list(evaluator.predictor.entry.classes),
        "notes": [*getattr(evaluator.source, "notes", ()), *alike(evaluator.source, evaluator.index.samples)],
    }
    return facts
