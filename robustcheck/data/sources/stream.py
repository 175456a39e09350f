"""Pictures that come one after the other and cannot be asked for by position."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.class_names import normal
from robustcheck.core.errors import ChangedPicture, RobustcheckError, UnreadablePicture
from robustcheck.core.imports import told
from robustcheck.data.checked import UNREADABLE, Fetched, unreadable
from robustcheck.data.source import Sample
from robustcheck.data.sources.items import ItemSource
from robustcheck.data.sources.pixels import fetched_from
from robustcheck.domain.config import DataEntry

CURSORS = 4
"""Passes that are under way at once, so that threads a little apart do not make each other start again."""

PASSED = 32
"""Pictures that are held because another thread will ask for them presently."""


@dataclass(slots=True)
class Cursor:
    """A pass that is under way, and the number of the item it gives next."""

    items: Iterator[Any]
    number: int = 0


class StreamSource(ItemSource):
    """Wraps a factory of iterators: listing is one pass, reading in order another, going back a third.

    Besides ``PASSED`` pictures nothing is held. A pass that gives another picture than the listing saw is found.
    """

    def __init__(self, entry: DataEntry, make: Callable[[], Any], first: Any) -> None:
        """Wrap a factory.

        Args:
            entry: The entry.
            make: Returns a new iterator over everything.
            first: What it returned already.
        """
        super().__init__(entry)
        self._make = make
        self._first: Any = first
        self._lock = threading.Lock()
        self._cursors: list[Cursor] = []
        self._passed: dict[int, Any] = {}

    def samples(self) -> Iterator[Sample]:
        """Iterate once over everything; the digests of the pixels are taken on the way.

        Raises:
            DataError: The iterator fails, or gives something else than samples.
        """
        for number, item in self.guarded(self._begin()):
            sample = self.sample(number, item, None)
            yield Sample(sample.id, sample.label, sample.metadata, (number, fetched_from(item[1], sample).digest))

    def fetch(self, sample: Sample) -> Fetched:
        """Advance to a picture, or start again if it is gone.

        Raises:
            ChangedPicture: The iterator gives another picture than when it was listed.
        """
        number, digest = sample.handle
        try:
            with self._lock:
                item = self._at(number)
        except RobustcheckError as error:
            fetched = unreadable(sample, str(error))
        except Exception as error:
            fetched = unreadable(sample, told(error, self.entry.root))
        else:
            fetched = fetched_from(item[1], sample)
            if normal(str(item[0])) != sample.id:
                fetched = unreadable(sample, f"it is called {normal(str(item[0]))} now")
        if fetched.digest != digest:
            why = fetched.digest.removeprefix(UNREADABLE) if fetched.digest.startswith(UNREADABLE) else "other pixels"
            raise ChangedPicture(
                f"{sample.id}: the iterator gives another picture here than when it was listed ({why}); every pass must "
                "give the same: switch off random augmentation"
            )
        return fetched

    def read(self, sample: Sample) -> NDArray[np.uint8]:
        """Return the pixels of a picture.

        Raises:
            UnreadablePicture: It is no picture, or the iterator ends or fails before it.
            ChangedPicture: See ``fetch``.
        """
        return self.fetch(sample).decode()

    def content(self, sample: Sample) -> str:
        """Return the sha256 of the pixels, taken when they were listed."""
        return str(sample.handle[1])

    def _begin(self) -> Iterator[Any]:
        with self._lock:
            return self._new()

    def _new(self) -> Iterator[Any]:
        made, self._first = (self._make() if self._first is None else self._first), None
        return iter(made)

    def _at(self, number: int) -> Any:
        if number in self._passed:
            return self._passed.pop(number)
        cursor = max((one for one in self._cursors if one.number <= number), key=lambda one: one.number, default=None)
        if cursor is None:
            cursor = Cursor(self._new())
        else:
            self._cursors.remove(cursor)
        # The longest unused cursor stands first and goes first; one that fails does not come back.
        while cursor.number < number:
            self._hold(cursor.number, self._next(cursor))
        item = self._next(cursor)
        self._cursors = [*self._cursors, cursor][-CURSORS:]
        return item

    def _next(self, cursor: Cursor) -> Any:
        try:
            item = next(cursor.items)
        except StopIteration:
            raise UnreadablePicture(self.name, f"a later pass ended after {cursor.number} pictures") from None
        cursor.number += 1
        return item

    def _hold(self, number: int, item: Any) -> None:
        self._passed[number] = item
        if len(self._passed) > PASSED:
            del self._passed[next(iter(self._passed))]
