"""The worst view of each picture in a box: views are proposed, drawn and looked at in batches.

A picture that a view breaks is dropped from the search once the views have been looked at that every picture gets.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.attacks.passes import Passes
from robustcheck.core import progress
from robustcheck.core.errors import RobustcheckError
from robustcheck.core.units import Quantity
from robustcheck.domain.case import Case
from robustcheck.domain.how import WorstView
from robustcheck.domain.steps import Step
from robustcheck.engine.cache.cache_keys import generator
from robustcheck.engine.cache.reference_batch import ReferenceCollector
from robustcheck.engine.effort import Effort
from robustcheck.engine.kinds.case_kind import CaseKind, Drawing, case_kind
from robustcheck.engine.kinds.strategies import CLEARLY, Point, Strategy, most_views, spread, strategy
from robustcheck.engine.pipeline.gallery import Gallery
from robustcheck.engine.pipeline.input_pipeline import columns_of
from robustcheck.engine.pipeline.pipeline import Pipeline
from robustcheck.engine.sample_index import Index
from robustcheck.engine.shard import Cost, Shard
from robustcheck.metrics.records import Observation, score

BLOCK = 256
"""Pictures that are searched at the same time; any number gives the same result."""

STREAM = 1 << 16
"""Number of the random stream of a search, beyond those of steps."""

Columns = dict[str, NDArray[Any]]
CORNERS = 3
"""Ranges of which all corners are drawn; of more, two that lie across from each other."""


@case_kind(WorstView)
class WorstViewKind(CaseKind):
    """Searches the box of one case."""

    by_labels = True
    looks_once = False
    block = BLOCK

    def __init__(self, case: Case) -> None:
        """Bind a case whose steps hold the spans."""
        super().__init__(case)
        assert isinstance(case.how, WorstView)  # noqa: S101 - it is registered for these
        self._how = case.how

    def look(
        self, pipeline: Pipeline, rows: NDArray[np.int64], gallery: Gallery, reference: ReferenceCollector
    ) -> Shard:
        """Search the worst view of some pictures."""
        before = pipeline.forward.pictures
        chosen, columns = _Search(self.case, self._how, pipeline, gallery, reference).columns(rows)
        return Shard(chosen, columns, gallery, reference, Cost(pipeline.forward.pictures - before))

    def task(self, pipeline: Pipeline, *, may_stop: bool) -> AbstractContextManager[progress.Task]:
        """Return the task of looking at the views."""
        total = len(pipeline.index.samples) * self._views
        return progress.task(self.case.id, unit="views", total=total, at_most=True)

    def effort(self, index: Index, classes: tuple[str, ...]) -> Effort:
        """Count the views."""
        return Effort(len(index.samples) * self._views, Passes(0), True)

    @property
    def _views(self) -> int:
        return most_views(self._how, len(self._how.spans))

    def metrics(self, observation: Observation) -> list[str]:
        """Return the share of pictures that some view breaks."""
        return ["broken_rate"]

    def drawings(self) -> tuple[Drawing, ...]:
        """Return the corners of the box."""
        spans, case = self._how.spans, self.case
        corners = list(itertools.product((0, 1), repeat=len(spans)))
        if len(spans) > CORNERS:
            corners = [corners[0], corners[-1]]
        drawings = []
        for corner in corners:
            values = (
                f"{name}={span.at(share)}" for ((_, name), span), share in zip(spans.items(), corner, strict=True)
            )
            drawings.append(Drawing(f"{case.id} at {', '.join(values)}", case, self._how.steps_at(corner)))
        return tuple(drawings)

    def as_seen(self, values: Mapping[str, float], limit: Quantity | None) -> Drawing | None:
        """Return the view that was found for the picture."""
        params = [dict(step.params) for step in self._how.steps]
        for (index, name), span in self._how.spans.items():
            unit = span.start.unit
            number = values.get(f"{name}[{unit}]" if unit else name)
            if number is None:
                raise RobustcheckError("the run did not keep which view was the worst")
            params[index][name] = round(number) if span.whole else Quantity(number, unit)
        steps = tuple(replace(step, params=chosen) for step, chosen in zip(self._how.steps, params, strict=True))
        return Drawing(self.case.id, self.case, steps)

    def middle(self) -> tuple[Case, tuple[Step, ...]]:
        """Return the steps in the middle of the box."""
        return self.case, self._how.steps_at((0.5,) * len(self._how.spans))


class _Search:
    """The search on some pictures."""

    def __init__(
        self, case: Case, how: WorstView, pipeline: Pipeline, gallery: Gallery, reference: ReferenceCollector
    ) -> None:
        self._case, self._how, self._pipeline = case, how, pipeline
        self._spans = list(how.spans.items())
        self._labels = pipeline.index.labels
        self._gallery, self._reference = gallery, reference

    def columns(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], Columns]:
        """Return which of some rows are readable, and the columns of each one's worst view."""
        states = {int(row): self._begin(int(row)) for row in rows}
        under_way = list(states.values())
        while under_way:
            asked = [(state, point) for state in under_way for point in state.ask()]
            self._evaluate(asked)
            for state in under_way:
                state.learn()
            under_way = [state for state in under_way if state.goes_on]
        found = [state for state in states.values() if state.best]
        names = found[0].best if found else ()
        columns = {name: np.array([state.best[name] for state in found]) for name in names}
        for position, ((_, name), span) in enumerate(self._spans):
            unit = f"[{span.start.unit}]" if span.start.unit else ""
            numbers = [_number(span.at(state.point[position])) for state in found]
            columns[f"found.{name}{unit}"] = np.array(numbers, np.float64)
        columns["views"] = np.array([state.views for state in found], np.int32)
        columns["views_right"] = np.array([state.spread_right for state in found], np.int32)
        columns["views_spread"] = np.array([state.spread for state in found], np.int32)
        chosen = np.array([state.row for state in found], np.int64)
        self._gallery.offer(chosen, columns, lambda place: (found[place].pixels, None))
        if found:
            points = np.array([state.point for state in found], np.float64).reshape(len(found), -1)
            logits = np.array([state.logits for state in found], np.float32)
            self._reference.offer(chosen, columns["pixels"], logits, points=points)
        return chosen, columns

    def _begin(self, row: int) -> _State:
        sample = self._pipeline.index.samples[row].id
        rng = generator(self._pipeline.seed, sample, self._case, STREAM)
        return _State(row, strategy(self._how, len(self._spans), rng), spread(self._how))

    def _evaluate(self, asked: Sequence[tuple[_State, Point]]) -> None:
        rows = np.array([state.row for state, _ in asked], np.int64)
        steps = [self._how.steps_at(point) for _, point in asked]
        for batch, logits in self._pipeline.predicted(self._case, rows, steps):
            labels = self._labels[batch.rows]
            columns = {**score(logits, labels), **columns_of(batch)}
            margins = own_margin(logits, labels)
            for at, place in enumerate(batch.places.tolist()):
                state, point = asked[place]
                told = {name: values[at] for name, values in columns.items()}
                state.take(point, float(margins[at]), told, batch.pixels[at], logits[at])


class _State:
    """What is known of one picture so far."""

    def __init__(self, row: int, search: Strategy, spread: int) -> None:
        self.row = row
        self.best: dict[str, Any] = {}
        self.point: Point = ()
        self.pixels: NDArray[np.uint8] = np.empty((0, 0, 3), np.uint8)
        self.logits: NDArray[np.float32] = np.empty(0, np.float32)
        self.views = 0
        self.spread = spread
        self.spread_right = 0
        self.goes_on = True
        self._strategy = search
        self._margin = np.inf
        self._asked: Sequence[Point] = ()
        self._told: dict[Point, float] = {}

    def ask(self) -> Sequence[Point]:
        self._asked, self._told = self._strategy.ask(), {}
        return self._asked

    def take(
        self,
        point: Point,
        margin: float,
        columns: dict[str, Any],
        pixels: NDArray[np.uint8],
        logits: NDArray[np.float32],
    ) -> None:
        self._told[point] = margin
        right = columns["rank"] == 0
        if self.views < self.spread:
            self.spread_right += bool(right)
        self.views += 1
        if not self.best or margin < self._margin - CLEARLY or (not right and self.best["rank"] == 0):
            self.best, self.point, self._margin = columns, point, margin
            self.pixels, self.logits = pixels.copy(), logits.copy()

    def learn(self) -> None:
        told = [point for point in self._asked if point in self._told]
        self._strategy.tell(told, [self._told[point] for point in told])
        # An unreadable picture tells nothing; a broken one needs no further look.
        self.goes_on = bool(told) and self.best["rank"] == 0


def own_margin(logits: NDArray[np.float32], labels: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the logit of each true class minus the best other one, shape (n,): above 0 where it is right."""
    exact = logits.astype(np.float64)
    places = np.arange(len(exact))
    own = exact[places, labels]
    exact[places, labels] = -np.inf
    margin: NDArray[np.float64] = own - exact.max(axis=1)
    return margin


def _number(value: Quantity | int) -> float:
    return value.number if isinstance(value, Quantity) else float(value)
