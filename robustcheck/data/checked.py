"""A data set of which every picture must stay what it was when it was first read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import ChangedPicture, UnreadablePicture
from robustcheck.data.source import Sample, Source
from robustcheck.domain.config import Decoding
from robustcheck.images.form import Decoded, Form

TWICE: Final = 16
"""Pictures that are asked for twice at the start where a data set says itself what its pictures are."""
UNREADABLE: Final = "unreadable: "
"""Begins the digest of a picture that cannot be read; the reason follows."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One picture as it was read at one time.

    Attributes:
        digest: sha256 of the bytes that ``decode`` decodes (of the pixels where nothing is stored), or why there are none.
        decoder: Returns the picture, decoded as it is told.
        claimed: Whether the data set says by itself what its content is, so that ``digest`` is no part of its digest.
    """

    digest: str
    decoder: Callable[[Decoding], Decoded]
    claimed: bool = False

    def decode(self) -> NDArray[np.uint8]:
        """Return the pixels, decoded as where nothing is said of it: shape (h, w, 3), uint8 RGB.

        Raises:
            UnreadablePicture: See ``robustcheck.images.decoding``.
        """
        return self.decoder(Decoding()).pixels


def unreadable(sample: Sample, reason: str, *, digest: str = "") -> Fetched:
    """Return a picture that cannot be read, whose digest is the reason unless another is given."""

    def refuse(_: Decoding) -> NoReturn:
        raise UnreadablePicture(sample.id, reason)

    return Fetched(digest or f"{UNREADABLE}{reason}", refuse)


class Fetching(Source, Protocol):
    """A source that reads a picture and its digest at once."""

    def fetch(self, sample: Sample) -> Fetched:
        """Read one picture; safe to call from several threads at once. Nothing is raised for what cannot be read."""
        ...


class CheckedSource:
    """Holds every reading of a picture against the first one.

    Attributes:
        name: The entry's name.
        forms: How each picture that was decoded is stored, by id.
    """

    def __init__(
        self,
        source: Fetching,
        first: MutableMapping[tuple[str, str], str] | None = None,
        decoding: Decoding = Decoding(),  # noqa: B008 - a frozen value
    ) -> None:
        """Wrap a source.

        Args:
            source: It.
            first: The first digests, shared by all that read the same data set in a session.
            decoding: How its pictures are decoded.
        """
        self._source = source
        self._decoding = decoding
        self.forms: dict[str, Form] = {}
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
        """Decode one picture; see ``decoded``."""
        return self.decoded(sample).pixels

    def decoded(self, sample: Sample, decoding: Decoding | None = None) -> Decoded:
        """Decode one picture and say how it is stored.

        Args:
            sample: Which one.
            decoding: How, where not as this source was opened with.

        Raises:
            UnreadablePicture: It cannot be read, and could not when it was first looked at.
            ChangedPicture: It is not what it was.
        """
        fetched = self._source.fetch(sample)
        if fetched.claimed and self._asked_twice < TWICE:
            self._asked_twice += 1
            self._hold(sample, self._source.fetch(sample))
        self._hold(sample, fetched)
        decoded = fetched.decoder(decoding or self._decoding)
        self.forms[sample.id] = decoded.form
        return decoded

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
