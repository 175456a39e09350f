"""A pool of processes that look at pictures: each opens the model and the data once, and a shard is the same as from one process.

A unit is some pictures of a case, cut at absolute positions, so that every picture sees the same batch whoever looks at it. A worker that
dies is replaced, and its unit is tried once more; a unit that kills two workers is halved until the picture is named.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import CaseError, RobustcheckError
from robustcheck.domain.case import Case
from robustcheck.engine.kinds.case_kind import kind_of_case
from robustcheck.engine.pipeline.pipeline import Pipeline
from robustcheck.engine.pool_worker import Setup, Unit, receive, send
from robustcheck.engine.runner import Before, nothing, units
from robustcheck.engine.shard import Shard

AHEAD: Final = 4
"""Units a worker of a case at least, so that no worker waits long for the last one."""
PACKAGE: Final = Path(__file__).parents[2]
"""Where this very package lies, which the workers import too."""


@dataclass
class _Job:
    """One unit, and how often a worker died of it."""

    number: tuple[int, ...]
    rows: NDArray[np.int64]
    deaths: int = 0


class Worker:
    """One process of the pool.

    Attributes:
        answers: What it writes.
    """

    def __init__(self, setup: Setup) -> None:
        """Start the process."""
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, (str(PACKAGE), os.environ.get("PYTHONPATH"))))
        }
        # -P: nothing of the folder it is started in is imported by accident.
        call = [sys.executable, "-P", "-m", "robustcheck.engine.pool_worker"]
        self._process = subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)  # noqa: S603
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018 - both are pipes
        self._questions: BinaryIO = self._process.stdin  # type: ignore[assignment]
        self.answers: BinaryIO = self._process.stdout  # type: ignore[assignment]
        self.ready = False
        self.job: _Job | None = None
        self._setup = setup

    def open(self) -> None:
        """Tell it what to open."""
        send(self._questions, list(self._setup.path))
        send(self._questions, self._setup)

    def ask(self, unit: Unit) -> None:
        """Give it a unit.

        Raises:
            OSError: It has ended.
        """
        send(self._questions, unit)

    def ended(self) -> int:
        """Return the exit code of a process that answers no more; that of a signal is below 0."""
        self.end()
        return self._process.returncode

    def end(self) -> None:
        """Stop it."""
        self._process.kill()
        self._process.wait()
        for stream in (self._questions, self.answers):
            # What was not yet written is of no use to anybody.
            try:
                stream.close()
            except OSError:
                continue


@dataclass
class _Case:
    """What is under way of one case."""

    waiting: deque[_Job]
    shards: dict[tuple[int, ...], Shard] = field(default_factory=dict)
    errors: dict[tuple[int, ...], Exception] = field(default_factory=dict)


class PoolRunner:
    """Shares the pictures of a case among processes."""

    def __init__(self, pipeline: Pipeline, setup: Setup, count: int) -> None:
        """Bind it to what this process has opened; the workers start with the first case.

        Args:
            pipeline: Of this process.
            setup: What the workers open.
            count: How many workers.
        """
        self._pipeline, self._setup, self._count = pipeline, setup, count
        self._workers: list[Worker] = []

    def run(self, case: Case, rows: NDArray[np.int64], before: Before, *, every: bool) -> Shard:
        """Look at some pictures of a case.

        Raises:
            CaseError: A worker died twice of the same picture.
            RobustcheckError: A worker cannot open what this process has opened, or a picture, a shift or the model failed.
        """
        parts = enumerate(units(len(rows), self._size(case, len(rows))))
        going = _Case(deque(_Job((number,), rows[part]) for number, part in parts))
        try:
            self._share(going, case, before, every=every)
        except BaseException:
            # A worker that is left at a unit would answer the next case with it.
            self.close()
            raise
        if going.errors:
            raise going.errors[min(going.errors)]
        shard = nothing(self._pipeline, case, before, every=every)
        for number in sorted(going.shards):
            shard = shard + going.shards[number]
        return shard

    def _share(self, going: _Case, case: Case, before: Before, *, every: bool) -> None:
        """Give units to workers until each has an answer, or one has an error and no worker is at another."""
        fresh = [Worker(self._setup) for _ in range(min(self._count, len(going.waiting)) - len(self._workers))]
        self._workers += fresh
        for worker in fresh:
            worker.open()
        with selectors.DefaultSelector() as selector:
            for worker in self._workers:
                selector.register(worker.answers, selectors.EVENT_READ, worker)
                self._give(worker, going, case, before, every=every)
            while any(worker.job or not worker.ready for worker in self._workers) and not (
                going.errors and not any(worker.job for worker in self._workers)
            ):
                for key, _ in selector.select():
                    self._hear(key.data, going, case, selector)
                for worker in self._workers:
                    self._give(worker, going, case, before, every=every)
                if not going.waiting and not any(worker.job for worker in self._workers):
                    break

    def _size(self, case: Case, count: int) -> int:
        """Return the pictures a unit: a multiple of what is worked on at a time, so that each picture sees the same batch."""
        step = kind_of_case(case).block or self._pipeline.forward.size
        return max(step, count // (AHEAD * self._count) // step * step)

    def _give(self, worker: Worker, going: _Case, case: Case, before: Before, *, every: bool) -> None:
        """Give a worker its next unit, unless it is busy, or there is none, or the case has failed already."""
        if not worker.ready or worker.job or not going.waiting or going.errors:
            return
        job = worker.job = going.waiting.popleft()
        known = {name: before[name] for name in self._pipeline.names(job.rows) if name in before}
        # One that has died meanwhile is found when its answer is read.
        try:
            worker.ask(Unit(case, job.rows, known, every, self._pipeline.began))
        except OSError:
            return

    def _hear(self, worker: Worker, going: _Case, case: Case, selector: selectors.BaseSelector) -> None:
        try:
            answer: Any = receive(worker.answers)
        except EOFError:
            self._replace(worker, going, case, selector)
            return
        if not worker.ready:
            if isinstance(answer, Exception):
                raise answer
            worker.ready = True
            return
        job, worker.job = worker.job, None
        assert job is not None  # noqa: S101 - a worker answers what it was asked
        if isinstance(answer, Exception):
            going.errors[job.number] = answer
            return
        going.shards[job.number] = answer
        self._pipeline.advance(answer.cost.forwards + answer.cost.backwards)

    def _replace(self, worker: Worker, going: _Case, case: Case, selector: selectors.BaseSelector) -> None:
        """Start another worker in the place of one that died, and see to the unit that it was at."""
        selector.unregister(worker.answers)
        code = worker.ended()
        if not worker.ready:
            self._workers.remove(worker)
            raise RobustcheckError(f"a worker ended with {_ending(code)} while it opened the model and the data")
        new = Worker(self._setup)
        new.open()
        self._workers[self._workers.index(worker)] = new
        selector.register(new.answers, selectors.EVENT_READ, new)
        job = worker.job
        if job is None:
            return
        if job.deaths == 0:
            going.waiting.appendleft(_Job(job.number, job.rows, 1))
        elif len(job.rows) == 1:
            (name,) = self._pipeline.names(job.rows)
            going.errors[job.number] = CaseError(
                f"{case.id}: the process that looked at the picture {name} ended with {_ending(code)}, and so did another one; "
                "look whether a shift or the model crashes on it, or runs out of memory"
            )
        else:
            half = len(job.rows) // 2
            for place, rows in ((1, job.rows[half:]), (0, job.rows[:half])):
                going.waiting.appendleft(_Job((*job.number, place), rows, 1))

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.end()
        self._workers = []


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
