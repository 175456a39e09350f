"""The few pictures of a case that a report shows: those that it broke, the greatest rise of the loss first."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.images.thumbnails import amplified, thumbnail
from robustcheck.metrics.records import Records

MOST: Final = 12
"""Pictures of a case that are kept."""

Columns = dict[str, NDArray[Any]]
Input = tuple[NDArray[np.uint8], NDArray[np.float32] | None]
"""A model's input, shape (h, w, 3), RGB; under attack also its change from before the attack."""


def before_of(clean: Records | None) -> dict[str, tuple[float, bool]]:
    """Return the loss of each picture in the clean case, and whether the model was right; nothing of no case."""
    if clean is None:
        return {}
    facts = zip(clean.id.tolist(), clean.loss.tolist(), clean.right.tolist(), strict=True)
    return {name: (loss, right) for name, loss, right in facts}


@dataclass(frozen=True, slots=True)
class _Kept:
    row: int
    rank: tuple[bool, float, str]
    pixels: NDArray[np.uint8]
    change: NDArray[np.float32] | None

    def __lt__(self, other: _Kept) -> bool:
        # A heap has its least at the top; here that is the one to drop first.
        return self.rank > other.rank


class Gallery:
    """Chooses while pictures pass, so that no more than a few are held, whatever their order."""

    def __init__(self, ids: Sequence[str], before: Mapping[str, tuple[float, bool]]) -> None:
        """Bind it to the samples.

        Args:
            ids: Of all samples, in the order of the index.
            before: Of samples in the clean case, from which the rise of the loss is counted: the loss, and whether the model was
                right; empty for the clean case itself.
        """
        self._ids, self._before = ids, before
        self._kept: list[_Kept] = []

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what whoever adds galleries of other processes knows by itself."""
        return {"_ids": (), "_before": {}, "_kept": self._kept}

    def offer(self, rows: NDArray[np.int64], columns: Columns, input_of: Callable[[int], Input]) -> None:
        """Look at some pictures.

        Args:
            rows: Of the index.
            columns: With ``loss`` and ``rank``, in the same order.
            input_of: Gives the input at a place; asked only for those that are kept.
        """
        ranked = zip(rows.tolist(), columns["loss"].tolist(), columns["rank"].tolist(), strict=True)
        for place, (row, loss, rank) in enumerate(ranked):
            before, was_right = self._before.get(self._ids[row], (0.0, True))
            found = not (rank > 0 and was_right), before - loss, self._ids[row]
            if len(self._kept) == MOST and found >= self._kept[0].rank:
                continue
            pixels, change = input_of(place)
            self._keep(_Kept(row, found, pixels.copy(), None if change is None else change.copy()))

    def __add__(self, other: Gallery) -> Gallery:
        """Return the pictures that both together would have kept."""
        joined = Gallery(self._ids, self._before)
        for kept in (*self._kept, *other._kept):
            joined._keep(kept)
        return joined

    def _keep(self, kept: _Kept) -> None:
        if len(self._kept) < MOST:
            heapq.heappush(self._kept, kept)
        elif kept.rank < self._kept[0].rank:
            heapq.heapreplace(self._kept, kept)

    @property
    def rows(self) -> list[int]:
        """Rows of the index that are kept, in their order."""
        return sorted(one.row for one in self._kept)

    def columns(self, rows: NDArray[np.int64], clean: Iterable[tuple[int, NDArray[np.uint8]]]) -> Columns:
        """Return the columns of the records, ``None`` where no picture is kept.

        Args:
            rows: Of the index, in the order of the records.
            clean: Row and clean input of those that are to be shown beside the others.
        """
        places = {int(row): place for place, row in enumerate(rows)}
        empty = np.full(len(rows), None, dtype=object)
        found = {name: empty.copy() for name in ("picture.shown", "picture.clean", "picture.difference")}
        for one in self._kept:
            found["picture.shown"][places[one.row]] = thumbnail(one.pixels)
            if one.change is not None:
                found["picture.difference"][places[one.row]] = thumbnail(amplified(one.change))
        for row, pixels in clean:
            found["picture.clean"][places[row]] = thumbnail(pixels)
        return found
