"""The pictures of the review as the model saw them, drawn again without the model."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import RobustcheckError, UnreadablePicture
from robustcheck.core.units import Quantity, parse_quantity
from robustcheck.domain.case import Case, Step
from robustcheck.domain.config import ModelEntry
from robustcheck.domain.suite import Suite
from robustcheck.engine.kinds.break_point import case_at
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
        self._limits: dict[str, Case] = {}
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
        if told["kind"] == "attack":
            kept = self._strip(case).get(name)
            if kept is None:
                return Drawn(problem="the attacked picture was not kept; the run keeps some of each case")
            return Drawn(kept.shown, "image/webp")
        if plan is None:
            return Drawn(problem="the suite has another case of this name now; run it again to see the picture")
        try:
            if plan.limit is not None:
                plan = self._at_limit(plan, name)
            return self._drawn(plan, name, self._steps(plan, name))
        except RobustcheckError as error:
            return Drawn(problem=str(error))

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

    def _steps(self, case: Case, name: str) -> tuple[Step, ...]:
        """Return the steps with the values that a search chose for this picture."""
        spans = case.spans
        if not spans:
            return case.steps
        rows = self._seen[case.id]
        params = [dict(step.params) for step in case.steps]
        for (index, parameter), span in spans.items():
            unit = span.start.unit
            column = rows.found.get(f"{parameter}[{unit}]" if unit else parameter)
            place = rows.row.get(name)
            if column is None or place is None:
                raise RobustcheckError("the run did not keep which view was the worst")
            number = float(column[place])
            params[index][parameter] = round(number) if span.whole else Quantity(number, unit)
        return tuple(replace(step, params=chosen) for step, chosen in zip(case.steps, params, strict=True))

    def _at_limit(self, case: Case, name: str) -> Case:
        """Return a break point's case at the value whose pictures the run kept: the one that gives the same pixels."""
        if case.id in self._limits:
            return self._limits[case.id]
        values = [probe["value"] for probe in self._told[case.id].get("trace", ())]
        row = self._index.position[name]
        for value in filter(None, map(parse_quantity, values)):
            fixed = replace(case_at(case, value), id=case.id)
            with self._lock:
                found = [str(batch.digests[0]) for batch in self._preparation.batches(fixed, [row], 1)]
            if found == [self._digest(case.id, name)]:
                self._limits[case.id] = fixed
                return fixed
        raise RobustcheckError("the run did not keep at which value this picture was seen")


def _png(pixels: NDArray[np.uint8]) -> bytes:
    import cv2

    made, content = cv2.imencode(".png", cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2BGR))
    if not made:
        raise RobustcheckError("a picture could not be written as PNG")
    return bytes(content)
