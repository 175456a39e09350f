"""What a reader of a run must not take its numbers for: too few pictures, one class alone, pictures that are not independent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from robustcheck.core.errors import count_of
from robustcheck.domain.case import Case
from robustcheck.domain.config import DataEntry
from robustcheck.domain.suite import Suite
from robustcheck.engine.gates.clean_gate import sampled
from robustcheck.engine.sample_index import Index
from robustcheck.metrics.groups import MISSING, missing
from robustcheck.metrics.records import Observation

FEWEST: Final = 30
"""Pictures of a sample below which no number says much."""
OF_A_CLASS: Final = 2
"""The same of each class."""
NOT_GATED: Final = "not gated: nothing is demanded of the clean pictures"
INDEPENDENCE: Final = (
    "each picture counts as independent of the others; where several belong together, such as frames of one video, what is said of "
    "other pictures is too sure"
)


def cautions(suite: Suite, entry: DataEntry, index: Index, classes: tuple[str, ...], limit: int | None) -> list[str]:
    """Return what must be said of a suite's pictures whatever the numbers are.

    Args:
        suite: The suite.
        entry: Of its data set.
        index: The pictures that are looked at.
        classes: Of the model.
        limit: How many were asked for on the command line; ``None`` for all.
    """
    found = list(_few(suite, entry, index, classes, limit))
    present = np.unique(index.labels)
    if len(present) == 1:
        found.append(
            f"every picture is of the class {classes[present[0]]}: a model that always answers it is right every time, so no accuracy "
            "here gates anything; add pictures of other classes"
        )
    decisions = sorted({case.rule.decide for case in suite.cases} - {"point"})
    return found + [f"decide: {' and '.join(decisions)}: {INDEPENDENCE}" for _ in decisions[:1]]


def _few(suite: Suite, entry: DataEntry, index: Index, classes: tuple[str, ...], limit: int | None) -> Iterator[str]:
    """Yield that a sample is too small."""
    asked = f"--robustcheck-limit {limit}" if limit is not None else f"limit: {entry.limit} in {entry.where}"
    n = len(index.labels)
    if not sampled(n, limit, entry):
        return
    labels, counts = np.unique(index.labels, return_counts=True)
    few = [classes[label] for label, count in zip(labels, counts, strict=True) if count < OF_A_CLASS]
    if n >= FEWEST and not few:
        return
    told = f"only {count_of(n, 'picture')} looked at ({asked})"
    if few:
        told += f", of {len(few)} {'class' if len(few) == 1 else 'classes'} only one ({few[0]}{' and others' if len(few) > 1 else ''})"
    told += ": this shows that the suite runs, and next to nothing about the model"
    decisions = {case.rule.decide for case in suite.cases}
    told += "; confident speaks of pictures like these alone" if "confident" in decisions else ""
    yield told + ("; anytime speaks of these alone" if "anytime" in decisions else "")


def notes_of_lines(case: Case, seen: Observation) -> list[str]:
    """Return what must be said of the expectations of a case: what they assume, and pictures that they leave out.

    Args:
        case: The case.
        seen: What was seen of it.
    """
    notes = [] if case.rule.decide == "point" else [f"{case.rule}: {INDEPENDENCE}"]
    columns = [line.argument for line in case.expectations if line.metric == "group_accuracy"]
    for column, *value in dict.fromkeys(columns):
        count = int(missing(seen.groups[column]).sum()) if column in seen.groups else 0
        if count:
            done = "are not looked at" if value else f"are a group of their own, {MISSING}"
            notes.append(f"group_accuracy: {count} of {len(seen.records)} pictures have no {column}; they {done}")
    return notes
