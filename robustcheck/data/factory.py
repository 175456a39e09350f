"""Pictures from Python: a project's own data set, sequence or generator."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.data.source import Sample, Source
from robustcheck.errors import DataError, UnreadablePicture
from robustcheck.imports import call_factory
from robustcheck.language.entries import DataEntry

AHEAD = 64
"""Pictures of a generator that are kept because another thread will ask for them presently."""


def open_factory(entry: DataEntry) -> Source:
    """Call the factory of an entry and wrap what it returns.

    It may return an object with the methods of ``Source``; a sequence (``__len__`` and ``__getitem__``) of
    ``(id, picture, label)`` or ``(id, picture, label, metadata)``; or an iterator of these, in which case
    the factory is called again for every pass. A picture is a Pillow image or a uint8 array of shape
    (h, w, 3) or (h, w). A ``digest`` attribute, a text that names the content, spares hashing all pixels.

    Raises:
        DataError: The factory cannot be imported, fails, or returns something else.
    """

    def make() -> Any:
        try:
            return call_factory(entry.options["factory"], entry.options.get("arguments") or {}, entry.root)
        except Exception as error:
            raise DataError(f"{entry.where}: the data set {entry.name} cannot be made: {error}") from error

    made = make()
    if all(hasattr(made, name) for name in ("samples", "read", "content")):
        made.name = getattr(made, "name", entry.name)
        made.columns = tuple(getattr(made, "columns", ()))
        source: Source = made
        return source
    if hasattr(made, "__len__") and hasattr(made, "__getitem__"):
        return SequenceSource(entry, made)
    if hasattr(made, "__iter__"):
        return IteratorSource(entry, make, made)
    raise DataError(
        f"{entry.where}: {entry.options['factory']} returned {type(made).__name__}; it must return a sequence or an "
        "iterator of (id, picture, label), or an object with samples, read and content"
    )


class FactorySource:
    """What sequences and iterators have in common."""

    def __init__(self, entry: DataEntry) -> None:
        """Keep the entry."""
        self.name = entry.name
        self.columns: tuple[str, ...] = ()
        self._entry = entry

    def _sample(self, number: int, item: Any, handle: Any) -> tuple[Sample, Any]:
        if not isinstance(item, tuple) or len(item) not in (3, 4):
            raise DataError(
                f"{self._entry.where}: item {number} of {self.name} is {type(item).__name__}, not a tuple "
                "(id, picture, label) or (id, picture, label, metadata)"
            )
        metadata = {str(key): str(value) for key, value in (item[3] if len(item) == 4 else {}).items()}
        if number == 0:
            self.columns = tuple(metadata)
        label = str(item[2])
        return Sample(str(item[0]), self._entry.labels.get(label, label), metadata, handle), item[1]


class SequenceSource(FactorySource):
    """Pictures by position; nothing is kept."""

    def __init__(self, entry: DataEntry, items: Any) -> None:
        """Wrap a sequence."""
        super().__init__(entry)
        self._items = items

    def samples(self) -> Iterator[Sample]:
        """Iterate over all positions; each picture is made and let go of."""
        for number in range(len(self._items)):
            yield self._sample(number, self._items[number], number)[0]

    def read(self, sample: Sample) -> NDArray[np.uint8]:
        """Make one picture again.

        Raises:
            UnreadablePicture: It is no picture, or the sequence fails.
        """
        try:
            return as_pixels(self._items[sample.handle][1], sample.id)
        except UnreadablePicture:
            raise
        except Exception as error:
            raise UnreadablePicture(sample.id, f"{type(error).__name__}: {error}") from error

    def content(self, sample: Sample) -> str:
        """Return the sha256 of the pixels, or the sequence's own digest with the position."""
        own = getattr(self._items, "digest", None)
        return f"{own}:{sample.handle}" if own else digest_of_pixels(self.read, sample)


class IteratorSource(FactorySource):
    """Pictures that come one after the other; going back means starting again."""

    def __init__(self, entry: DataEntry, make: Callable[[], Any], first: Any) -> None:
        """Wrap a factory; ``first`` is what it returned already."""
        super().__init__(entry)
        self._make = make
        self._first: Any = first
        self._lock = threading.Lock()
        self._iterator: Iterator[Any] = iter(())
        self._next = 0
        self._passed: dict[int, Any] = {}

    def _begin(self) -> Iterator[Any]:
        made, self._first = (self._make() if self._first is None else self._first), None
        return iter(made)

    def samples(self) -> Iterator[Sample]:
        """Iterate once over everything; the digests of the pixels are taken on the way."""
        for number, item in enumerate(self._begin()):
            sample, picture = self._sample(number, item, None)
            try:
                digest = hashlib.sha256(_bytes(as_pixels(picture, sample.id))).hexdigest()
            except UnreadablePicture as error:
                digest = f"unreadable: {error.reason}"
            yield Sample(sample.id, sample.label, sample.metadata, (number, digest))

    def read(self, sample: Sample) -> NDArray[np.uint8]:
        """Advance to a picture, or start again if it is gone.

        Raises:
            UnreadablePicture: It is no picture, or the iterator ends or fails before it.
        """
        with self._lock:
            try:
                item = self._advance(sample.handle[0])
            except Exception as error:
                raise UnreadablePicture(sample.id, f"{type(error).__name__}: {error}") from error
        return as_pixels(item[1], sample.id)

    def _advance(self, number: int) -> Any:
        if number in self._passed:
            return self._passed.pop(number)
        if number < self._next:
            self._iterator, self._next, self._passed = self._begin(), 0, {}
        while True:
            try:
                item = next(self._iterator)
            except StopIteration:
                if self._next:
                    raise IndexError(f"the iterator ended after {self._next} pictures") from None
                self._iterator = self._begin()
                item = next(self._iterator)
            self._next += 1
            if self._next == number + 1:
                return item
            self._passed[self._next - 1] = item
            if len(self._passed) > AHEAD:
                del self._passed[next(iter(self._passed))]

    def content(self, sample: Sample) -> str:
        """Return the sha256 of the pixels, taken when they were listed."""
        return str(sample.handle[1])


def as_pixels(picture: Any, name: str) -> NDArray[np.uint8]:
    """Return a Pillow image or an array as uint8 RGB of shape (h, w, 3).

    Raises:
        UnreadablePicture: It is neither, or of another dtype or shape.
    """
    array = np.asarray(picture.convert("RGB")) if hasattr(picture, "convert") else np.asarray(picture)
    if array.dtype == np.uint8 and array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or not array.size:
        raise UnreadablePicture(name, f"an array of shape {array.shape} and dtype {array.dtype} is no uint8 (h, w, 3)")
    return np.ascontiguousarray(array)


def digest_of_pixels(read: Callable[[Sample], NDArray[np.uint8]], sample: Sample) -> str:
    """Return the sha256 of a picture's shape and pixels; of one that cannot be read, a text that says so."""
    try:
        return hashlib.sha256(_bytes(read(sample))).hexdigest()
    except UnreadablePicture as error:
        return f"unreadable: {error.reason}"


def _bytes(pixels: NDArray[np.uint8]) -> bytes:
    return f"{pixels.shape}".encode() + pixels.tobytes()
