"""From samples to batches of model inputs, in threads."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from robustcheck.core import registry
from robustcheck.core.errors import CaseError, RobustcheckError, UnreadablePicture, place_of
from robustcheck.data.source import Source
from robustcheck.domain.case import Case
from robustcheck.domain.config import Preprocessing
from robustcheck.domain.steps import Step
from robustcheck.domain.suite import Suite
from robustcheck.engine.cache.cache_keys import generator
from robustcheck.engine.pipeline.image_cache import Memory, Picture
from robustcheck.engine.sample_index import Index
from robustcheck.images.form import Form

CHUNK = 4
"""Pictures a task: small enough that the last batch is shared evenly, large enough to cost nothing."""

AHEAD = 2
"""Batches prepared ahead of a model that runs on an accelerator, behind which the work here disappears.

A model on the CPU uses every core itself. Threads beside it would only make its own threads wait for each
other, so there all cores prepare a batch first and then all run the model.
"""


LOOKED_AT = 1 << 29
"""Bytes that decoded pictures may occupy where a person looks at a few; each is drawn once a case."""


@dataclass(slots=True)
class Batch:
    """Model inputs of one batch; the arrays are reused once the next batch is asked for.

    Attributes:
        places: Positions in what was asked for, shape (n,), without unreadable pictures.
        rows: Positions in the index, shape (n,).
        pixels: Shape (n, h, w, 3), uint8 RGB.
        mean_change: From the clean input, shape (n,), float32, grey levels.
        max_change: Shape (n,), uint8.
        unseen: Shape (n,), float32.
        digests: Of the pixels, n hexadecimal texts.
    """

    places: NDArray[np.int64]
    rows: NDArray[np.int64]
    pixels: NDArray[np.uint8]
    mean_change: NDArray[np.float32]
    max_change: NDArray[np.uint8]
    unseen: NDArray[np.float32]
    digests: NDArray[np.str_]

    def keep(self, mask: NDArray[np.bool_]) -> Batch:
        """Return the rows where the mask is set."""
        if mask.all():
            return self
        return Batch(*(getattr(self, name)[mask] for name in self.__slots__))


class Preparation:
    """Decodes, shifts and frames pictures for one suite.

    Attributes:
        unreadable: Reason by row of each picture that could not be decoded.
    """

    def __init__(
        self,
        source: Source,
        index: Index,
        preprocessing: Preprocessing,
        clean: Case,
        *,
        seed: int,
        workers: int,
        memory: int,
        beside_model: bool,
    ) -> None:
        """Start the threads; ``close`` ends them.

        Args:
            source: Where pictures come from.
            index: Its samples.
            preprocessing: The model's own.
            clean: The suite's clean case, from which changes are measured.
            seed: The suite's.
            workers: Number of threads.
            memory: Bytes that decoded pictures and clean inputs may occupy.
            beside_model: Whether to work while the model runs, which pays when it runs elsewhere.
        """
        from robustcheck.images import quiet_opencv

        quiet_opencv()
        self._source = source
        self._index = index
        self._preprocessing = preprocessing
        self._clean = clean
        self._seed = seed
        self._memory = Memory(memory)
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="robustcheck")
        self._ahead = AHEAD if beside_model else 0
        self._lock = threading.Lock()
        self.unreadable: dict[int, UnreadablePicture] = {}

    @classmethod
    def to_look(cls, source: Source, index: Index, preprocessing: Preprocessing, suite: Suite) -> Self:
        """Prepare a few pictures of a suite for a person, one at a time."""
        return cls(
            source,
            index,
            preprocessing,
            suite.clean,
            seed=suite.seed,
            workers=1,
            memory=LOOKED_AT,
            beside_model=False,
        )

    def forms(self, rows: NDArray[np.int64]) -> dict[str, Form]:
        """Return how some pictures are stored, by id, as far as they were decoded."""
        known: Mapping[str, Form] = getattr(self._source, "forms", {})
        ids = (self._index.samples[row].id for row in rows.tolist())
        return {name: known[name] for name in ids if name in known}

    def learn(self, unreadable: Mapping[int, tuple[str, str]], forms: Mapping[str, Form]) -> None:
        """Keep what another process saw while it decoded pictures."""
        with self._lock:
            for row, (name, reason) in unreadable.items():
                self.unreadable.setdefault(row, UnreadablePicture(name, reason))
        getattr(self._source, "forms", {}).update(forms)

    def close(self) -> None:
        """End the threads and let go of the pictures."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._memory = Memory(0)

    def batches(
        self,
        case: Case,
        rows: Sequence[int] | NDArray[np.int64],
        size: int,
        steps: Sequence[Sequence[Step]] | None = None,
    ) -> Iterator[Batch]:
        """Yield the inputs of a case, in the order of ``rows``.

        Args:
            case: What is done to the pictures.
            rows: Positions in the index; the same one may stand several times.
            size: Pictures a batch.
            steps: What is done to each, where that differs from row to row; else the steps of the case.

        Raises:
            CaseError: A shift failed, or returned something that is no picture.
        """
        same = [] if steps is not None else _bound(case.steps)
        free: list[Batch] = []
        under_way: deque[tuple[Batch, list[Future[list[bool]]]]] = deque()
        starts = iter(range(0, len(rows), size))

        def begin() -> None:
            start = next(starts, None)
            if start is None:
                return
            chosen = np.asarray(rows[start : start + size], dtype=np.int64)
            buffer = free.pop() if free else self._buffer(size)
            buffer.rows[: len(chosen)] = chosen
            buffer.places[: len(chosen)] = np.arange(start, start + len(chosen))
            if steps is None:
                plans = [same] * len(chosen)
            else:
                plans = [_bound(one) for one in steps[start : start + len(chosen)]]
            tasks = [
                self._pool.submit(self._fill, buffer, begin, case, plans[begin : begin + CHUNK])
                for begin in range(0, len(chosen), CHUNK)
            ]
            under_way.append((buffer, tasks))

        try:
            for _ in range(self._ahead + 1):
                begin()
            while under_way:
                buffer, tasks = under_way.popleft()
                readable = np.array([good for task in tasks for good in task.result()], dtype=bool)
                count = len(readable)
                filled = Batch(*(getattr(buffer, name)[:count] for name in Batch.__slots__))
                if readable.any():
                    yield filled.keep(readable)
                free.append(buffer)
                begin()
        finally:
            for _, tasks in under_way:
                for task in tasks:
                    task.cancel()

    def _buffer(self, size: int) -> Batch:
        height, width = self._preprocessing.input_size
        return Batch(
            places=np.empty(size, np.int64),
            rows=np.empty(size, np.int64),
            pixels=np.empty((size, height, width, 3), np.uint8),
            mean_change=np.empty(size, np.float32),
            max_change=np.empty(size, np.uint8),
            unseen=np.empty(size, np.float32),
            digests=np.empty(size, "<U32"),
        )

    def _fill(self, batch: Batch, start: int, case: Case, plans: Sequence[Any]) -> list[bool]:
        return [
            self._fill_one(batch, place, int(batch.rows[place]), case, plan) for place, plan in enumerate(plans, start)
        ]

    def _fill_one(self, batch: Batch, place: int, row: int, case: Case, steps: Sequence[Any]) -> bool:
        import cv2

        if row in self.unreadable:
            return False
        try:
            clean = self._memory.get("clean", row, lambda: self._rendered(row, [], self._clean).pixels)
        except UnreadablePicture as error:
            with self._lock:
                self.unreadable[row] = error
            return False
        unseen = 0.0
        pixels = clean
        if steps:
            rendered = self._shift(row, case, steps)
            pixels, unseen = rendered.pixels, rendered.unseen
            if pixels.shape != clean.shape or pixels.dtype != np.uint8:
                raise CaseError(f"{case.id} gave {pixels.shape} {pixels.dtype} instead of {clean.shape} uint8")
        batch.pixels[place] = pixels
        batch.unseen[place] = unseen
        change = cv2.absdiff(pixels, clean) if steps else None
        batch.mean_change[place] = 0.0 if change is None else change.mean()
        batch.max_change[place] = 0 if change is None else change.max()
        batch.digests[place] = hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16).hexdigest()
        return True

    def _picture(self, row: int) -> Picture:
        return self._memory.get("decoded", row, lambda: self._source.read(self._index.samples[row]))

    def _rendered(self, row: int, steps: Sequence[Any], case: Case) -> Any:
        from robustcheck.images import render

        sample = self._index.samples[row].id
        random: Callable[[int], np.random.Generator] = lambda step: generator(self._seed, sample, case, step)  # noqa: E731
        return render(
            self._picture(row),
            steps,
            preprocessing=self._preprocessing,
            border=case.border,
            fill=case.fill,
            rng_for=random,
        )

    def _shift(self, row: int, case: Case, steps: Sequence[Any]) -> Any:
        try:
            return self._rendered(row, steps, case)
        except RobustcheckError:
            raise
        except Exception as error:
            raise CaseError(
                f"{case.id} failed on the picture {self._index.samples[row].id}: {type(error).__name__}: {error}"
                f"{place_of(error)}"
            ) from error


def _bound(steps: Sequence[Step]) -> list[Any]:
    """Return shifts with their keyword arguments."""
    return [(registry.shifts[step.name], registry.shifts[step.name].bind(step.params)) for step in steps]


def columns_of(batch: Batch) -> Mapping[str, NDArray[Any]]:
    """Return copies of what the records keep of a batch."""
    return {
        "mean_change": batch.mean_change.copy(),
        "max_change": batch.max_change.copy(),
        "unseen": batch.unseen.copy(),
        "pixels": batch.digests.copy(),
    }
