"""A few pictures of every case exactly as a run makes them, for a person to look at."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import RobustcheckError, place_of
from robustcheck.data import open_source
from robustcheck.data.selection import select
from robustcheck.data.source import Sample
from robustcheck.domain.config import Project
from robustcheck.domain.suite import Suite
from robustcheck.engine.gates.visibility import barely_visible
from robustcheck.engine.kinds.case_kind import Drawing
from robustcheck.engine.observation import SYNTHETIC_REFUSED
from robustcheck.engine.pipeline.batching import Forward
from robustcheck.engine.pipeline.input_pipeline import Preparation
from robustcheck.engine.sample_index import Index, build_index
from robustcheck.metrics.records import score
from robustcheck.models import open_model

CORNERS: Final = 3
"""Ranges up to which every corner of their box is drawn; of more, only all their starts and all their stops."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What the model says of one picture.

    Attributes:
        name: The predicted class.
        confidence: Its softmax, in (0, 1].
        right: Whether it is the label.
    """

    name: str
    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture of one row, or why there is none.

    Attributes:
        pixels: The model's input, shape (h, w, 3), uint8 RGB; ``None`` where there is a problem.
        unseen: Share of it for which no real pixel existed, in [0, 1].
        mean_change: Mean absolute difference from the clean input, in grey levels.
        max_change: Greatest difference of any value.
        guess: What the model says, if it was asked.
        problem: Why there is no picture; else empty.
        unreadable: Whether that is so because the data's picture cannot be read.
    """

    pixels: NDArray[np.uint8] | None = None
    unseen: float = 0.0
    mean_change: float = 0.0
    max_change: int = 0
    guess: Guess | None = None
    problem: str = ""
    unreadable: bool = False


def mean_change(shown: Sequence[Shown]) -> float:
    """Return the mean change of the pictures of a row that could be drawn, in grey levels; 0 if none could."""
    drawn = [one.mean_change for one in shown if one.pixels is not None]
    return sum(drawn) / len(drawn) if drawn else 0.0


def notes_of_row(view: Drawing, shown: Sequence[Shown]) -> Iterator[str]:
    """Yield what a person who looks at the pictures of a row must know.

    Args:
        view: The row.
        shown: Its pictures.
    """
    drawn = [one for one in shown if one.pixels is not None]
    if len(drawn) < len(shown):
        yield f"{len(shown) - len(drawn)} of {len(shown)} pictures could not be drawn"
    if not view.steps or not drawn:
        return
    if not any(one.mean_change for one in drawn):
        yield "changes no pixel of these pictures"
    yield from barely_visible(view.case, mean_change(drawn), max(one.max_change for one in drawn))
    unseen = sum(one.unseen for one in drawn) / len(drawn)
    if unseen > SYNTHETIC_REFUSED and not view.case.allow_synthetic_border:
        yield f"more than {SYNTHETIC_REFUSED:.0%} without a real pixel (fill: {view.case.fill}) does not gate"


def choose(samples: Sequence[Sample], count: int, seed: int) -> list[int]:
    """Return positions of a few samples, in their order: as many of each class as of any other, as far as they reach.

    Args:
        samples: All of them.
        count: How many, at least 1.
        seed: Another seed chooses others.
    """
    by_class: dict[str, list[Sample]] = {}
    for sample in samples:
        by_class.setdefault(sample.label, []).append(sample)
    ranked = {label: _ranked(group, count, seed) for label, group in by_class.items()}
    chosen: set[str] = set()
    for turn in itertools.zip_longest(*ranked.values()):
        # No class comes first by its name: those that get one picture more are drawn by lot.
        candidates = [Sample(name, "") for name in turn if name is not None]
        chosen |= select(candidates, count - len(chosen), seed)
        if len(chosen) >= count:
            break
    return [row for row, sample in enumerate(samples) if sample.id in chosen]


def _ranked(group: Sequence[Sample], count: int, seed: int) -> list[str]:
    """Return ids of one class, each selection followed by what the next greater one adds."""
    ranked: list[str] = []
    most = select(group, count, seed)
    few = [sample for sample in group if sample.id in most]
    for size in range(1, len(few) + 1):
        ranked += select(few, size, seed) - set(ranked)
    return ranked


class Preview:
    """A suite's pictures and, if asked for, its model.

    Attributes:
        samples: The pictures that are shown.
        size: Height and width of the model's input.
    """

    def __init__(self, suite: Suite, project: Project, *, samples: int, predict: bool, device: str = "auto") -> None:
        """List the data and choose pictures; load the model only to predict.

        Args:
            suite: What is previewed; its seed decides which pictures are taken and what is done to them.
            project: Names its model and data.
            samples: How many pictures to take.
            predict: Whether to ask the model.
            device: Where it runs.

        Raises:
            ModelError: The model cannot be built as its entry says.
            DataError: The data set cannot be listed or does not fit the model.
        """
        entry = project.models[suite.model]
        source = open_source(project.data[suite.data], seed=suite.seed, decoding=entry.preprocessing.decoding)
        self._classes = entry.classes
        self._index: Index = build_index(source, entry.classes)
        self._rows = choose(self._index.samples, samples, suite.seed)
        self.samples = tuple(self._index.samples[row] for row in self._rows)
        self.size = entry.preprocessing.input_size
        self._forward = Forward(open_model(entry, device=device), None) if predict else None
        self._preparation = Preparation.to_look(source, self._index, entry.preprocessing, suite)

    def close(self) -> None:
        """Let go of the pictures."""
        self._preparation.close()

    def row(self, view: Drawing) -> tuple[Shown, ...]:
        """Return the pictures of a view, one a sample.

        Raises:
            ModelError: The model misbehaves.
        """
        cells = [self._cell(view, row) for row in self._rows]
        return tuple(self._guessed(cells)) if self._forward else tuple(cells)

    def _cell(self, view: Drawing, row: int) -> Shown:
        """Draw one picture by itself, so that a shift that fails on one of them takes no other with it."""
        try:
            for batch in self._preparation.batches(view.case, [row], 1, [view.steps]):
                changes = float(batch.mean_change[0]), int(batch.max_change[0])
                return Shown(batch.pixels[0].copy(), float(batch.unseen[0]), *changes)
        except RobustcheckError as error:
            return Shown(problem=str(error))
        except Exception as error:
            return Shown(problem=f"{type(error).__name__}: {error}{place_of(error)}")
        return Shown(problem=f"unreadable: {self._preparation.unreadable[row].reason}", unreadable=True)

    def _guessed(self, cells: Sequence[Shown]) -> Iterator[Shown]:
        assert self._forward is not None  # noqa: S101 - asked before
        pictures = [(row, cell.pixels) for row, cell in zip(self._rows, cells, strict=True) if cell.pixels is not None]
        guesses: dict[int, Guess] = {}
        if pictures:
            rows = [row for row, _ in pictures]
            scores = score(self._forward(np.stack([pixels for _, pixels in pictures])), self._index.labels[rows])
            for place, row in enumerate(rows):
                name = self._classes[int(scores["predicted"][place])]
                guesses[row] = Guess(name, float(scores["confidence"][place]), int(scores["rank"][place]) == 0)
        for row, cell in zip(self._rows, cells, strict=True):
            yield replace(cell, guess=guesses.get(row))
