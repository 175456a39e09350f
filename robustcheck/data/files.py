"""What all sources have in common whose pictures are files."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robustcheck.data.digests import FileDigests
from robustcheck.data.source import Sample
from robustcheck.errors import UnreadablePicture


class FileSource:
    """Pictures that are files; the handle of a sample is its path.

    Attributes:
        name: The entry's name.
        columns: Names of the metadata columns.
        notes: What a report must say about the listing.
    """

    def __init__(self, name: str, root: Path) -> None:
        """Keep digests under the project's root."""
        self.name = name
        self.columns: tuple[str, ...] = ()
        self.notes: tuple[str, ...] = ()
        self._digests = FileDigests(root / ".robustcheck" / "digests.sqlite")

    def samples(self) -> Iterator[Sample]:
        """Iterate over all samples in a stable order; see ``robustcheck.data.source.Source``."""
        raise TypeError(f"{type(self).__name__} does not list its samples")

    def read(self, sample: Sample) -> NDArray[np.uint8]:
        """Decode one picture, shape (h, w, 3), RGB.

        Raises:
            UnreadablePicture: See ``robustcheck.pictures.decoding``.
        """
        from robustcheck.pictures.decoding import decode

        try:
            return decode(sample.handle, sample.id)
        except ValueError as error:
            raise UnreadablePicture(sample.id, f"no file can have this name ({error})") from None

    def content(self, sample: Sample) -> str:
        """Return the sha256 of the file; of a file that cannot be read, a text that says so."""
        try:
            return self._digests.of(sample.handle)
        except OSError as error:
            return f"unreadable: {UnreadablePicture(sample.id, error.strerror or 'unknown')}"
        except ValueError as error:  # a name with a NUL in it
            return f"unreadable: {UnreadablePicture(sample.id, str(error))}"

    def keep(self) -> None:
        """Write down the digests computed so far."""
        self._digests.keep()


def normal(name: str) -> str:
    """Return a name in Unicode's composed form, so that ids are the same on every file system.

    Bytes of a file name that are no UTF-8, which Python keeps as lone surrogates, are written out.
    """
    return unicodedata.normalize("NFC", name).encode("utf-8", "backslashreplace").decode("utf-8")
