"""Pictures from Python: whatever a project's own code returns, as a source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.class_names import class_name
from robustcheck.core.errors import DataError, RobustcheckError, UnreadablePicture
from robustcheck.core.imports import FactoryError, call_factory, told
from robustcheck.data.checked import Fetched, Fetching, unreadable
from robustcheck.data.source import Sample, metadata_of
from robustcheck.data.sources.items import ItemSource
from robustcheck.data.sources.pixels import fetched_from
from robustcheck.data.sources.stream import StreamSource
from robustcheck.domain.config import DataEntry


def open_factory(entry: DataEntry) -> Fetching:
    """Call the factory of an entry and wrap what it returns.

    It may return

    * an object with the methods of ``robustcheck.data.source.Source``;
    * a sequence (``__len__`` and ``__getitem__``) of ``(id, picture, label)`` or
      ``(id, picture, label, metadata)``: the natural choice where any picture can be had at any time;
    * an iterator of these, such as a generator function gives: the factory is called again for every pass,
      and every pass must give the same.

    A picture is a Pillow image or a uint8 array of shape (h, w, 3) or (h, w). No more than a few are held. A
    ``digest`` attribute of a sequence, a text that names its content, spares hashing all its pixels.

    Raises:
        DataError: The factory cannot be imported, fails, or returns something else.
    """

    def make() -> Any:
        try:
            return call_factory(entry.options["factory"], entry.options.get("arguments") or {}, entry.root)
        except FactoryError as error:
            raise DataError(f"{entry.where}: the data set {entry.name} cannot be made: {error}") from error

    made = make()
    if all(hasattr(made, name) for name in ("samples", "read", "content")):
        return OwnSource(entry, made)
    if hasattr(made, "__len__") and hasattr(made, "__getitem__"):
        return SequenceSource(entry, made)
    if hasattr(made, "__iter__"):
        return StreamSource(entry, make, made)
    raise DataError(
        f"{entry.where}: {entry.options['factory']} returned {type(made).__name__}; it must return a sequence or an "
        "iterator of (id, picture, label), or an object with samples, read and content"
    )


class SequenceSource(ItemSource):
    """Pictures by position; nothing is kept. Listing makes every item once, since it holds the label."""

    def __init__(self, entry: DataEntry, items: Any) -> None:
        """Wrap a sequence."""
        super().__init__(entry)
        self._items = items

    def samples(self) -> Iterator[Sample]:
        """Iterate over all positions; each picture is made and let go of.

        Raises:
            DataError: The sequence fails, or holds something else than samples.
        """
        items = self._items
        for number, item in self.guarded(items[number] for number in range(len(items))):
            yield self.sample(number, item, number)

    def fetch(self, sample: Sample) -> Fetched:
        """Make one picture again; a sequence with a digest of its own says by itself what its pictures are."""
        try:
            picture = self._items[sample.handle][1]
        except Exception as error:
            fetched = unreadable(sample, told(error, self.entry.root))
        else:
            fetched = fetched_from(picture, sample)
        return replace(fetched, claimed=bool(self._own_digest))

    def read(self, sample: Sample) -> NDArray[np.uint8]:
        """Make one picture again.

        Raises:
            UnreadablePicture: It is no picture, or the sequence fails.
        """
        return self.fetch(sample).decode()

    def content(self, sample: Sample) -> str:
        """Return the sequence's own digest with the position, or else the sha256 of the pixels.

        Of a picture that cannot be read, a text says so.
        """
        return f"{self._own_digest}:{sample.handle}" if self._own_digest else self.fetch(sample).digest

    @property
    def _own_digest(self) -> str:
        own = getattr(self._items, "digest", None)
        return own if isinstance(own, str) else ""


class OwnSource(ItemSource):
    """A source that the project wrote itself; its errors are told as ours."""

    def __init__(self, entry: DataEntry, source: Any) -> None:
        """Wrap it."""
        super().__init__(entry)
        self._source = source
        self.columns = self._columns()

    def _columns(self) -> tuple[str, ...]:
        return tuple(class_name(str(name)) for name in getattr(self._source, "columns", ()))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a report must say, if the source has it."""
        return tuple(getattr(self._source, "notes", ()))

    def samples(self) -> Iterator[Sample]:
        """Iterate over its samples, with labels renamed as the entry says.

        Raises:
            DataError: It fails, or yields something else.
        """
        for number, sample in self.guarded(self._source.samples()):
            if not isinstance(sample, Sample):
                raise DataError(
                    f"{self.entry.where}: item {number} of {self.name} is {type(sample).__name__}, not a robustcheck.data.Sample"
                )
            own = class_name(str(sample.label))
            label, metadata = self.entry.labels.get(own, own), metadata_of(sample.metadata)
            same = label == sample.label and metadata == sample.metadata
            yield sample if same else Sample(sample.id, label, metadata, sample)
        self.columns = self._columns()

    def fetch(self, sample: Sample) -> Fetched:
        """Have it read one picture; what its pictures are it says by itself, in ``content``."""
        try:
            picture = self._source.read(self._original(sample))
        except UnreadablePicture as error:
            fetched = unreadable(sample, error.reason)
        except Exception as error:
            fetched = unreadable(sample, told(error, self.entry.root))
        else:
            fetched = fetched_from(picture, sample)
        return replace(fetched, claimed=True)

    def read(self, sample: Sample) -> NDArray[np.uint8]:
        """Have it read one picture.

        Raises:
            UnreadablePicture: It fails, or gives no picture.
        """
        return self.fetch(sample).decode()

    def content(self, sample: Sample) -> str:
        """Have it say what the picture is.

        Raises:
            DataError: It fails.
        """
        try:
            return str(self._source.content(self._original(sample)))
        except RobustcheckError:
            raise
        except Exception as error:
            raise DataError(
                f"{self.entry.where}: content of {sample.id} failed: {told(error, self.entry.root)}"
            ) from error

    @staticmethod
    def _original(sample: Sample) -> Sample:
        return sample.handle if isinstance(sample.handle, Sample) else sample
