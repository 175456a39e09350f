"""A data set of which every picture must stay what it was when it was first read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from robustcheck.data.source import Sample, Source
from robustcheck.errors import ChangedPicture, UnreadablePicture

TWICE: Final = 16
"""Pictures that are asked for twice at the start where a data set says itself what its pictures are."""
UNREADABLE: Final = "unreadable: "
"""Begins the digest of a picture that cannot be read; the reason follows."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One picture as it was read at one time.

    Attributes:
        digest: sha256 of the bytes that ``decode`` decodes (of the pixels where nothing is stored), or why there are none.
        decode: Returns the pixels, shape (h, w, 3), uint8 RGB.
        claimed: Whether the data set says by itself what its content is, so that ``digest`` is no part of its digest.
    """

    digest: str
    decode: Callable[[], NDArray[np.uint8]]
    claimed: bool = False


def unreadable(sample: Sample, reason: str, *, digest: str = "") -> Fetched:
    """Return a picture that cannot be read, whose digest is the reason unless another is given."""

    def refuse() -> NoReturn:
        raise UnreadablePicture(sample.id, reason)

    return Fetched(digest or f"{UNREADABLE}{reason}", refuse)


class Fetching(Source, Protocol):
    """A source that reads a picture and its digest at once."""

    def fetch(self, sample: Sample) -> Fetched:
        """Read one picture; safe to call from several threads at once. Nothing is raised for what cannot be read."""
        ...


class CheckedSource:
    """Holds every reading of a picture against the first one."""

    def __init__(self, source: Fetching, first: MutableMapping[tuple[str, str], str] | None = None) -> None:
        """Wrap a source.

        Args:
            source: It.
            first: The first digests, shared by all that read the same data set in a session.
        """
        self._source = source
        self._first = {} if first is None else first
        self._asked_twice = 0
        self.name = source.name

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the metadata columns."""
        return self._source.columns

    def samples(self) -> Iterator[Sample]:
        """Iterate over all samples; see ``robustcheck.data.source.Source``."""
        return self._source.samples()

    def read(self, sample: Sample) -> NDArray[np.uint8]:
        """Decode one picture.

        Raises:
            UnreadablePicture: It cannot be read, and could not when it was first looked at.
            ChangedPicture: It is not what it was.
        """
        fetched = self._source.fetch(sample)
        if fetched.claimed and self._asked_twice < TWICE:
            self._asked_twice += 1
            self._hold(sample, self._source.fetch(sample))
        self._hold(sample, fetched)
        return fetched.decode()

    def content(self, sample: Sample) -> str:
        """Return the digest of a picture as it was first read."""
        key = self._key(sample, claimed=False)
        digest = self._first.get(key)
        return self._first.setdefault(key, self._source.content(sample)) if digest is None else digest

    def _hold(self, sample: Sample, fetched: Fetched) -> None:
        before = self._first.setdefault(self._key(sample, claimed=fetched.claimed), fetched.digest)
        if before != fetched.digest:
            raise ChangedPicture(
                f"the picture {sample.id} of {self.name} is another one than when it was first read ({_short(before)} then, "
                f"{_short(fetched.digest)} now), so no number is about either: leave the data alone during a run, and switch "
                "off random augmentation"
            )

    def _key(self, sample: Sample, *, claimed: bool) -> tuple[str, str]:
        return f"{self.name}{' decoded' if claimed else ''}", sample.id

    def __getattr__(self, name: str) -> Any:
        """Pass everything else on to the source."""
        if name == "_source":  # asked for before there is one, as copying does
            raise AttributeError(name)
        return getattr(self._source, name)


def _short(digest: str) -> str:
    return digest.removeprefix(UNREADABLE) if digest.startswith(UNREADABLE) else digest[:12]
