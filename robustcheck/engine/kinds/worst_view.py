"""The worst view of each picture in a box: views are proposed, drawn and looked at in batches.

A picture that a view breaks is dropped from the search once the views have been looked at that every picture gets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.units import Quantity
from robustcheck.domain.case import Case, Step
from robustcheck.engine.cache.cache_keys import generator
from robustcheck.engine.cache.reference_batch import ReferenceCollector
from robustcheck.engine.kinds.strategies import CLEARLY, Point, Strategy, spread, strategy
from robustcheck.engine.pipeline.gallery import Strip
from robustcheck.engine.pipeline.input_pipeline import Batch, columns_of
from robustcheck.metrics.records import score

BLOCK = 256
"""Pictures that are searched at the same time; any number gives the same result."""

STREAM = 1 << 16
"""Number of the random stream of a search, beyond those of steps."""

Columns = dict[str, NDArray[Any]]
Look = Callable[[NDArray[np.int64], Sequence[Sequence[Step]]], Iterator[tuple[Batch, NDArray[np.float32]]]]
"""From rows of the index, with what is done to each, to batches and their logits."""


class WorstView:
    """Searches the box of one case."""

    def __init__(
        self,
        case: Case,
        seed: int,
        ids: Sequence[str],
        labels: NDArray[np.int32],
        look: Look,
        strip: Strip,
        reference: ReferenceCollector,
    ) -> None:
        """Bind a case of kind ``worst_of`` to the samples and the means to look at them.

        Args:
            case: Its steps hold the spans.
            seed: The suite's.
            ids: Of all samples, in the order of the index.
            labels: Of all samples.
            look: Draws views and asks the model.
            strip: Keeps some of the worst views for a person to look at.
            reference: Keeps some of them for a later run to look at.
        """
        assert case.search is not None  # noqa: S101 - so the language made it
        self._case = case
        self._search = case.search
        self._spans = list(case.spans.items())
        self._seed = seed
        self._ids = ids
        self._labels = labels
        self._look = look
        self._strip = strip
        self._reference = reference

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
        self._strip.offer(chosen, columns, lambda place: (found[place].pixels, None))
        if found:
            points = np.array([state.point for state in found], np.float64).reshape(len(found), -1)
            logits = np.array([state.logits for state in found], np.float32)
            self._reference.offer(chosen, columns["pixels"], logits, points=points)
        return chosen, columns

    def _begin(self, row: int) -> _State:
        rng = generator(self._seed, self._ids[row], self._case, STREAM)
        dimensions = len(self._spans)
        return _State(row, strategy(self._search, dimensions, rng), spread(self._search))

    def _evaluate(self, asked: Sequence[tuple[_State, Point]]) -> None:
        rows = np.array([state.row for state, _ in asked], np.int64)
        for batch, logits in self._look(rows, [self.steps(point) for _, point in asked]):
            labels = self._labels[batch.rows]
            columns = {**score(logits, labels), **columns_of(batch)}
            margins = own_margin(logits, labels)
            for at, place in enumerate(batch.places.tolist()):
                state, point = asked[place]
                told = {name: values[at] for name, values in columns.items()}
                state.take(point, float(margins[at]), told, batch.pixels[at], logits[at])

    def steps(self, point: Point) -> tuple[Step, ...]:
        """Return the steps of the case with a value for each span."""
        return steps_at(self._case, point)


def steps_at(case: Case, point: Point) -> tuple[Step, ...]:
    """Return the steps of a case with a value for each span, given as a share of it."""
    params = [dict(step.params) for step in case.steps]
    for ((index, name), span), share in zip(case.spans.items(), point, strict=True):
        params[index][name] = span.at(share)
    return tuple(Step(step.name, chosen) for step, chosen in zip(case.steps, params, strict=True))


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
