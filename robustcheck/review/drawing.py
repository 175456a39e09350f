"""The pictures of the review as the model saw them, drawn again without the model."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import RobustcheckError, UnreadablePicture
from robustcheck.core.units import Quantity, parse_quantity
from robustcheck.domain.case import Case
from robustcheck.domain.config import ModelEntry
from robustcheck.domain.steps import Step
from robustcheck.domain.suite import Suite
from robustcheck.engine.kinds.case_kind import kind_of_case
from robustcheck.engine.pipeline.input_pipeline import Preparation
from robustcheck.engine.sample_index import build_index
from robustcheck.report.pictures import StripPicture, strip
from robustcheck.review.case_rows import Seen
from robustcheck.review.review_dataset import Ground

WIDEST: Final = 1024
"""Pixels of the longer side of a whole picture as it is shown."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture, or why there is none.

    Attributes:
        content: PNG or WebP; empty where there is none.
        kind: Media type.
        problem: Why there is none; or in what it differs from what the model saw.
    """

    content: bytes = b""
    kind: str = "image/png"
    problem: str = ""


class Drawing:
    """Draws the pictures of one suite; safe to use from several threads."""

    def __init__(
        self,
        suite: Suite,
        report: Mapping[str, Any],
        folder: Path,
        ground: Ground,
        entry: ModelEntry,
        seen: Mapping[str, Seen],
    ) -> None:
        """Start the thread that prepares pictures; ``close`` ends it.

        Args:
            suite: The cases that are still what they were.
            report: One of the ``suites`` of a result file.
            folder: Of the report.
            ground: Its data set.
            entry: The model, for its preprocessing.
            seen: The rows of the run by case.
        """
        self._ground, self._report, self._folder, self._seen = ground, report, folder, seen
        self._cases = {case.id: case for case in suite.cases}
        self._told = {case["id"]: case for case in report["cases"]}
        self._index = build_index(ground.source, ground.classes)
        self._lock = threading.Lock()
        self._kept: dict[str, dict[str, StripPicture]] = {}
        self._preparation = Preparation.to_look(ground.source, self._index, entry.preprocessing, suite)
        self._clean = suite.clean

    def close(self) -> None:
        """Let go of the pictures."""
        self._preparation.close()

    def whole(self, name: str) -> Drawn:
        """Return a picture as it is stored, scaled down where it is large."""
        import cv2

        try:
            pixels = self._ground.source.read(self._ground.by_id[name])
        except UnreadablePicture as error:
            return Drawn(problem=f"the picture cannot be read: {error.reason}")
        share = WIDEST / max(pixels.shape[:2])
        if share < 1:
            size = max(1, round(pixels.shape[1] * share)), max(1, round(pixels.shape[0] * share))
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
        return Drawn(_png(pixels))

    def clean(self, name: str) -> Drawn:
        """Return the model's input without any perturbation."""
        return self._drawn(self._clean, name, self._clean.steps)

    def shown(self, name: str, case: str) -> Drawn:
        """Return the model's input in a case, exactly as the run had it or with a word on what differs."""
        told, plan = self._told[case], self._cases.get(case)
        if told.get("attack"):
            kept = self._strip(case).get(name)
            if kept is None:
                return Drawn(problem="the attacked picture was not kept; the run keeps some of each case")
            return Drawn(kept.shown, "image/webp")
        if plan is None:
            return Drawn(problem="the suite has another case of this name now; run it again to see the picture")
        try:
            drawing = kind_of_case(plan).as_seen(self._values(case, name), self._limit(case))
        except RobustcheckError as error:
            return Drawn(problem=str(error))
        if drawing is None:
            return Drawn(problem="the attacked picture was not kept; the run keeps some of each case")
        return self._drawn(drawing.case, name, drawing.steps)

    def _strip(self, case: str) -> Mapping[str, StripPicture]:
        with self._lock:
            if case not in self._kept:
                pictures = strip(self._report, self._told[case], self._folder)
                self._kept[case] = {one.id: one for one in pictures}
            return self._kept[case]

    def _drawn(self, case: Case, name: str, steps: Sequence[Step]) -> Drawn:
        row = self._index.position[name]
        with self._lock:
            for batch in self._preparation.batches(case, [row], 1, [steps]):
                same = str(batch.digests[0]) == self._digest(case.id, name)
                note = "" if same else "drawn with other versions of the code than the run's; small details may differ"
                return Drawn(_png(batch.pixels[0]), problem=note)
        return Drawn(problem=f"the picture cannot be read: {self._preparation.unreadable[row].reason}")

    def _digest(self, case: str, name: str) -> str:
        rows = self._seen.get(case)
        place = rows.row.get(name) if rows else None
        return rows.pixels[place] if rows and place is not None else ""

    def _values(self, case: str, name: str) -> dict[str, float]:
        """Return what a search chose for a picture, by column."""
        rows = self._seen.get(case)
        place = rows.row.get(name) if rows else None
        return (
            {} if rows is None or place is None else {key: float(column[place]) for key, column in rows.found.items()}
        )

    def _limit(self, case: str) -> Quantity | None:
        """Return the value of a break point whose records are those of the case; ``None`` of any other case."""
        told = self._told[case]
        values = (probe["value"] for probe in told.get("trace", ()) if probe.get("records") == told["records"])
        return next(filter(None, map(parse_quantity, values)), None)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    import cv2

    made, content = cv2.imencode(".png", cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2BGR))
    if not made:
        raise RobustcheckError("a picture could not be written as PNG")
    return bytes(content)
