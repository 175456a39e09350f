"""Decoded pictures and clean inputs that are kept from case to case, within a stated budget."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


class Memory:
    """Arrays by key, kept until the budget is spent and never evicted.

    A suite goes over the same pictures in the same order for every case, where keeping the first ones is
    better than keeping the last ones: the latter would all be gone by the time they are asked for again.
    """

    def __init__(self, budget: int) -> None:
        """State the budget in bytes."""
        self._left = budget
        self._kept: dict[tuple[str, int], Picture] = {}
        self._lock = threading.Lock()

    def get(self, kind: str, row: int, make: Callable[[], Picture]) -> Picture:
        """Return the array of a row, made anew unless it is kept; never to be written to."""
        kept = self._kept.get((kind, row))
        if kept is not None:
            return kept
        made = make()
        with self._lock:
            if (kind, row) not in self._kept and made.nbytes <= self._left:
                made.flags.writeable = False
                self._left -= made.nbytes
                self._kept[kind, row] = made
        return made
