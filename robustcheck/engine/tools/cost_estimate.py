"""What a suite will cost, estimated in seconds: one batch is timed, and the passes are counted from what the cases ask for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from robustcheck.attacks.passes import Passes
from robustcheck.core import progress
from robustcheck.core.errors import CaseError, DataError, RobustcheckError
from robustcheck.data import open_source
from robustcheck.data.selection import select
from robustcheck.domain.case import Case
from robustcheck.domain.config import Project
from robustcheck.domain.suite import Suite
from robustcheck.engine.effort import Effort
from robustcheck.engine.kinds.case_kind import kind_of_case
from robustcheck.engine.options import Options
from robustcheck.engine.pipeline.batching import Forward
from robustcheck.engine.pipeline.input_pipeline import Preparation
from robustcheck.engine.sample_index import Index, build_index
from robustcheck.models import open_model
from robustcheck.models.predictor import Predictor

BATCH: Final = 16
"""Pictures of the batch that is timed."""
DRAWN: Final = 4
"""Pictures by which the time of a shift is told."""
REPEATS: Final = 5
LONGEST: Final = 1.0
"""Times that a batch goes through the model, and seconds after which it does not go once more."""
PATIENCE: Final = 5.0
"""Seconds that shifts are timed for; those that are left get the mean of the others."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds a picture.

    Attributes:
        pictures: In the batch that was timed.
        device: Where.
        forward: A pass forward within a batch.
        backward: A pass back.
        alone: A pass forward of one picture by itself, as attacks with random choices of foolbox make them.
        plain: Decoding and framing a picture.
        beside: Whether pictures are prepared while the model runs.
    """

    pictures: int
    device: str
    forward: float
    backward: float
    alone: float
    plain: float
    beside: bool

    def seconds(self, effort: Effort, prepared: float, *, alone: bool) -> float:
        """Return the time of a case.

        Args:
            effort: What it takes.
            prepared: Seconds to prepare one of its pictures.
            alone: Whether its attack goes picture by picture.
        """
        attack = effort.attack or Passes(0)
        a_picture = max(prepared, self.forward) if self.beside else prepared + self.forward
        pass_ = self.alone if alone else self.forward
        return effort.prepared * a_picture + attack.forwards * pass_ + attack.backwards * self.backward


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one case will cost.

    Attributes:
        effort: Counted.
        seconds: From the pace.
        problem: Why it cannot be told, if it cannot.
    """

    effort: Effort
    seconds: float
    problem: str = ""


class Estimator:
    """Times one batch of a suite's own pictures and counts the rest.

    Attributes:
        index: All pictures.
        pace: What was timed.
        untimed: Cases whose shift was not timed, since the time for that was over.
    """

    def __init__(self, suite: Suite, project: Project, options: Options) -> None:
        """List the data, load the model and time a batch of clean pictures.

        Raises:
            ModelError: The model cannot be built or misbehaves.
            DataError: The data set cannot be listed, or no picture of the batch can be read.
        """
        entry = project.models[suite.model]
        source = open_source(
            project.data[suite.data], seed=suite.seed, limit=options.limit, decoding=entry.preprocessing.decoding
        )
        self.index: Index = build_index(source, entry.classes)
        self._classes = entry.classes
        with progress.task(f"loading {entry.name}"):
            self._predictor: Predictor = open_model(entry, device=options.device)
        self._preparation = Preparation(
            source,
            self.index,
            entry.preprocessing,
            suite.clean,
            seed=suite.seed,
            workers=options.workers,
            memory=options.memory,
            beside_model=False,
        )
        chosen = select(self.index.samples, BATCH, seed=suite.seed)
        self._rows = [row for row, sample in enumerate(self.index.samples) if sample.id in chosen]
        self._shifts: dict[tuple[str, ...], float | str] = {}
        self._spent = 0.0
        self.untimed = 0
        with progress.task("timing one batch"):
            self.pace = self._timed(suite.clean, options.batch_size)

    def close(self) -> None:
        """End the threads."""
        self._preparation.close()

    def case(self, case: Case) -> Estimate:
        """Return what a case costs; what is wrong with it is said, never raised."""
        try:
            kind = kind_of_case(case)
            effort, alone = kind.effort(self.index, self._classes), kind.alone
        except RobustcheckError as error:
            return Estimate(Effort(0, Passes(0), False), 0.0, str(error))
        prepared = self._prepared(case)
        problem = prepared if isinstance(prepared, str) else ""
        if effort.attack is None:
            problem = problem or "its attack does not say how many passes it makes; --exact runs it on a few pictures"
        seconds = 0.0 if isinstance(prepared, str) else self.pace.seconds(effort, prepared, alone=alone)
        return Estimate(effort, seconds, problem)

    def _timed(self, clean: Case, size: int | None) -> Pace:
        forward = Forward(self._predictor, min(size or BATCH, BATCH))
        first, *others = self._rows
        for _ in self._preparation.batches(clean, [first], 1):
            pass  # the first picture also loads what reads and frames it
        began = time.perf_counter()
        rest = sum(len(batch.rows) for batch in self._preparation.batches(clean, others, BATCH))
        plain = (time.perf_counter() - began) / max(1, rest)
        pixels = next((batch.pixels.copy() for batch in self._preparation.batches(clean, self._rows, BATCH)), None)
        if pixels is None:
            reason = next(iter(self._preparation.unreadable.values()))
            raise DataError(f"not one picture of the batch could be read; the first: {reason.name}: {reason.reason}")
        a_pass = self._repeated(lambda: forward(pixels)) / len(pixels)
        alone = self._repeated(lambda: forward(pixels[:1]))
        return Pace(
            len(pixels),
            self._predictor.device,
            a_pass,
            self._backward(pixels, a_pass),
            alone,
            plain,
            self._predictor.device != "cpu",
        )

    def _repeated(self, work: Callable[[], Any]) -> float:
        """Return the seconds of the quickest time after the first, which also warms up: what else the machine does only adds."""
        work()
        self._wait()
        quickest, spent = float("inf"), 0.0
        for _ in range(REPEATS):
            began = time.perf_counter()
            work()
            self._wait()
            took = time.perf_counter() - began
            quickest, spent = min(quickest, took), spent + took
            if spent > LONGEST:
                break
        return quickest

    def _wait(self) -> None:
        if self._predictor.device.startswith("cuda"):
            import torch

            torch.cuda.synchronize()

    def _backward(self, pixels: np.ndarray[Any, np.dtype[np.uint8]], a_pass: float) -> float:
        """Return the seconds of a pass back; where the model has no gradients those of two passes forward."""
        if not self._predictor.entry.gradients:
            return 2 * a_pass
        from robustcheck.attacks.victim import Victim
        from robustcheck.models.module import in_box
        from robustcheck.models.preserve_state import untouched

        inputs = in_box(pixels, self._predictor.entry.preprocessing, self._predictor.device)
        victim = Victim(self._predictor.forward, size=len(inputs))
        try:
            with untouched(getattr(self._predictor, "module", None)):
                both = self._repeated(lambda: victim.gradient(inputs, lambda logits, _: logits.amax(dim=1)))
        except RobustcheckError:
            return 2 * a_pass  # the run says what is wrong, where an attack needs it
        return max(a_pass, both / len(inputs) - a_pass)  # no way back is quicker than the way there

    def _prepared(self, case: Case) -> float | str:
        """Return the seconds to prepare a picture of a case, or why it cannot be prepared."""
        names = tuple(step.name for step in case.steps)
        if not names:
            return self.pace.plain
        if names not in self._shifts:
            known = [seconds for seconds in self._shifts.values() if isinstance(seconds, float)]
            if self._spent > PATIENCE and known:
                self.untimed += 1
                return sum(known) / len(known)
            began = time.perf_counter()
            self._shifts[names] = self._drawn(case)
            self._spent += time.perf_counter() - began
        return self._shifts[names]

    def _drawn(self, case: Case) -> float | str:
        rows = self._rows[:DRAWN]
        fixed, steps = kind_of_case(case).middle()
        began = time.perf_counter()
        try:
            count = sum(len(batch.rows) for batch in self._preparation.batches(fixed, rows, DRAWN, [steps] * len(rows)))
        except CaseError as error:
            return str(error)
        return (time.perf_counter() - began) / max(1, count)
