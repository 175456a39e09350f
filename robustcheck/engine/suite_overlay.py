"""The label overlay of a suite, held against its data before anything runs."""

from __future__ import annotations

from robustcheck.core.paths import inside
from robustcheck.data.labels.apply_overlay import Overlaid, lay_over
from robustcheck.data.labels.overlay import read
from robustcheck.data.source import Source
from robustcheck.domain.config import ModelEntry, Project
from robustcheck.domain.suite import Suite
from robustcheck.engine.sample_index import Index


def overlaid_of(
    suite: Suite, project: Project, source: Source, index: Index, model: ModelEntry, *, part: bool
) -> Overlaid | None:
    """Return what people corrected in a suite's labels; ``None`` where the suite names no overlay.

    Args:
        suite: Names the overlay.
        project: It.
        source: The data set.
        index: Its samples.
        model: Whose classes the labels are.
        part: Whether the samples are a part of the data set.

    Raises:
        DataError: The overlay cannot be read, does not fit the data, or changes more than the suite allows.
    """
    asked = suite.labels
    if asked is None:
        return None
    path = inside(project.root / asked.overlay, project.root, "label overlay")
    return lay_over(
        read(path, asked.overlay, project.files.noting("overlay", suite=suite.path)),
        index.samples,
        model.classes,
        source.content,
        shown=asked.overlay,
        reviewers_min=asked.reviewers_min,
        max_changed=asked.max_changed,
        part=part,
    )
