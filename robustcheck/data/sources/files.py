"""What all sources have in common whose pictures are files."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.picture_files import refused_kind
from robustcheck.core.regular_files import read_with_digest
from robustcheck.data.checked import UNREADABLE, Fetched, unreadable
from robustcheck.data.source import Sample


class FileSource:
    """Pictures that are files; the handle of a sample is its path.

    Attributes:
        name: The entry's name.
        columns: Names of the metadata columns.
        notes: What a report must say about the listing.
    """

    parallel: Final = True

    def __init__(self, name: str) -> None:
        """Name the source."""
        self.name = name
        self.columns: tuple[str, ...] = ()
        self.notes: tuple[str, ...] = ()

    def samples(self) -> Iterator[Sample]:
        """Iterate over all samples in a stable order; see ``robustcheck.data.source.Source``."""
        raise TypeError(f"{type(self).__name__} does not list its samples")

    def fetch(self, sample: Sample) -> Fetched:
        """Read the file of a sample: what is hashed is what is decoded."""
        from robustcheck.images.decoding import decoded

        try:
            content, digest = read_with_digest(sample.handle)
        except OSError as error:
            return _unreadable(sample, error.strerror or type(error).__name__)
        kind = refused_kind(content, str(sample.handle))
        if kind:
            told = f"it is a picture of the kind {kind}, which is not read; convert it to PNG"
            return unreadable(sample, told, digest=digest)
        return Fetched(digest, functools.partial(decoded, content, sample.id))

    def read(self, sample: Sample) -> NDArray[np.uint8]:
        """Decode one picture, shape (h, w, 3), RGB.

        Raises:
            UnreadablePicture: See ``robustcheck.images.decoding``.
        """
        return self.fetch(sample).decode()

    def content(self, sample: Sample) -> str:
        """Return the sha256 of the file; of a file that cannot be read, a text that says so."""
        return self.fetch(sample).digest


def _unreadable(sample: Sample, reason: str) -> Fetched:
    return unreadable(sample, reason, digest=f"{UNREADABLE}{sample.id}: {reason}")
