"""Data sets: one file a kind, all with the same few methods, none of which holds more than one picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.core import progress
from robustcheck.core.checksums import digest_of_set
from robustcheck.core.errors import count_of
from robustcheck.data.checked import UNREADABLE, CheckedSource, Fetched, Fetching
from robustcheck.data.reading import in_threads
from robustcheck.data.source import Sample, Source
from robustcheck.domain.config import DataEntry, Decoding

__all__ = ["OpenSources", "Sample", "Source", "alike", "data_digest", "open_source"]


class OpenSources:
    """The data sets of one run: each is opened and listed at most once, whoever asks for it and with whatever limit."""

    def __init__(self, first: MutableMapping[tuple[str, str], str] | None = None) -> None:
        """Open nothing yet.

        Args:
            first: The digests of pictures that this session has read already, and where those of these data sets go.
        """
        self._first = first
        self._opened: dict[str, Fetching] = {}

    def open(
        self,
        entry: DataEntry,
        *,
        seed: int,
        limit: int | None = None,
        decoding: Decoding = Decoding(),  # noqa: B008 - a frozen value
    ) -> Source:
        """Return a data set, as ``open_source`` does."""
        if entry.name not in self._opened:
            self._opened[entry.name] = ListedOnce(_open(entry))
        return _part_of(self._opened[entry.name], entry, seed, limit, self._first, decoding)


def open_source(
    entry: DataEntry,
    *,
    seed: int,
    limit: int | None = None,
    first: MutableMapping[tuple[str, str], str] | None = None,
    decoding: Decoding = Decoding(),  # noqa: B008 - a frozen value
) -> Source:
    """Open a data set of ``configs/data.yaml``, every picture of which must stay what it was when it was first read.

    Args:
        entry: What the file says.
        seed: Decides which pictures a limit takes.
        limit: Number of pictures; overrides the entry's own.
        first: The digests of pictures that this session has read already, and where those of this source go.
        decoding: How its pictures are decoded, as the model's preprocessing says; the defaults where no model is asked.

    Raises:
        DataError: It cannot be opened; says where its entry stands and what to correct.
    """
    return _part_of(_open(entry), entry, seed, limit, first, decoding)


def _part_of(
    opened: Fetching,
    entry: DataEntry,
    seed: int,
    limit: int | None,
    first: MutableMapping[tuple[str, str], str] | None,
    decoding: Decoding,
) -> Source:
    source = CheckedSource(opened, first, decoding)
    most = limit if limit is not None else entry.limit
    return source if most is None else Limited(source, most, seed)


def _open(entry: DataEntry) -> Fetching:
    if entry.kind == "imagefolder":
        from robustcheck.data.sources.imagefolder import ImageFolder

        return ImageFolder(entry)
    if entry.kind == "manifest":
        from robustcheck.data.sources.manifest import Manifest

        return Manifest(entry)
    if entry.kind == "foolbox-samples":
        from robustcheck.data.sources.foolbox_samples import FoolboxSamples

        return FoolboxSamples(entry)
    if entry.kind == "signs":
        from robustcheck.data.sources.signs import Signs

        return Signs(entry)
    from robustcheck.data.sources.factory import open_factory

    return open_factory(entry)


class ListedOnce:
    """A source whose samples are kept once all of them were listed, so that whoever asks again lists nothing."""

    def __init__(self, source: Fetching) -> None:
        """Wrap a source."""
        self._source = source
        self._samples: tuple[Sample, ...] | None = None
        self.name = source.name

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the metadata columns."""
        return self._source.columns

    def samples(self) -> Iterator[Sample]:
        """Iterate over all samples; see ``robustcheck.data.source.Source``."""
        if self._samples is not None:
            yield from self._samples
            return
        listed = []
        for sample in self._source.samples():
            listed.append(sample)
            yield sample
        self._samples = tuple(listed)

    def read(self, sample: Sample) -> NDArray[np.uint8]:
        """Decode one picture."""
        return self._source.read(sample)

    def content(self, sample: Sample) -> str:
        """Return the sha256 of the picture's stored bytes."""
        return self._source.content(sample)

    def fetch(self, sample: Sample) -> Fetched:
        """Read one picture and its digest at once."""
        return self._source.fetch(sample)

    def __getattr__(self, name: str) -> Any:
        """Pass everything else on to the source."""
        if name == "_source":  # asked for before there is one, as copying does
            raise AttributeError(name)
        return getattr(self._source, name)


class Limited:
    """A seeded, class-stratified part of another source, in its order."""

    def __init__(self, source: Source, limit: int, seed: int) -> None:
        """Choose nothing yet."""
        self.name = source.name
        self._source, self._limit, self._seed = source, limit, seed
        self._taken: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the metadata columns."""
        return self._source.columns

    @property
    def notes(self) -> tuple[str, ...]:
        """What a report must say about the listing."""
        return (*getattr(self._source, "notes", ()), *self._taken)

    def samples(self) -> Iterator[Sample]:
        """Iterate over the chosen samples, in the order of the source."""
        from robustcheck.data.selection import select

        count = 0

        def counted() -> Iterator[Sample]:
            nonlocal count
            for count, sample in enumerate(self._source.samples(), start=1):  # noqa: B007
                yield sample

        chosen = select(counted(), self._limit, self._seed)
        if count > self._limit:
            self._taken = (f"limited to {self._limit} pictures, sampled by class",)
        return (sample for sample in self._source.samples() if sample.id in chosen)

    def read(self, sample: Sample) -> NDArray[np.uint8]:
        """Decode one picture."""
        return self._source.read(sample)

    def content(self, sample: Sample) -> str:
        """Return the sha256 of the picture's stored bytes."""
        return self._source.content(sample)

    def __getattr__(self, name: str) -> Any:
        """Pass everything else on to the source."""
        if name == "_source":  # asked for before there is one, as copying does
            raise AttributeError(name)
        return getattr(self._source, name)


def data_digest(source: Source, samples: Iterable[Sample]) -> str:
    """Return the sha256 over the sorted (id, content, label) of samples, in hexadecimal.

    Every picture is read from its first to its last byte, unless this session did so before.
    """
    listed = list(samples)
    # Only our own sources promise that they bear several threads here.
    contents = in_threads(source.content, listed) if getattr(source, "parallel", False) else map(source.content, listed)
    contents = progress.counted(contents, f"digests of {source.name}", unit="pictures", total=len(listed))
    return digest_of_set((sample.id, content, sample.label) for sample, content in zip(listed, contents, strict=True))


def alike(source: Source, samples: Iterable[Sample]) -> Iterator[str]:
    """Say which pictures have the content of another one, and which of these have another label.

    Args:
        source: The data set; it knows the contents once ``data_digest`` was asked for.
        samples: Of it.
    """
    first: dict[str, Sample] = {}
    again: list[tuple[Sample, Sample]] = []
    for sample in samples:
        content = source.content(sample)
        if not content.startswith(UNREADABLE) and first.setdefault(content, sample) is not sample:
            again.append((first[content], sample))
    if again:
        one, two = again[0]
        yield (
            f"{count_of(len(again), 'picture')} of {source.name} with the very content of another one, such as {two.id} and "
            f"{one.id}: each counts by itself, so the intervals are narrower than they should be"
        )
    other = [(one, two) for one, two in again if one.label != two.label]
    if other:
        one, two = other[0]
        yield (
            f"{count_of(len(other), 'picture')} of {source.name} with the very content of one that has another label, such as "
            f"{two.id} ({two.label}) and {one.id} ({one.label}): no model can be right about both; correct the labels"
        )
