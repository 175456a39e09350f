"""The fingerprints of a whole data set, each picture decoded once and then remembered."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core import progress
from robustcheck.core.errors import DataError, UnreadablePicture, did_you_mean
from robustcheck.data import Sample, Source
from robustcheck.data.digest_cache import Remembered
from robustcheck.data.reading import in_threads
from robustcheck.provenance.leaks.perceptual import PRINT, fingerprint

VERSION: Final = "2"
"""Of what a fingerprint is; part of the key it is remembered by."""
DECIDING: Final = ("pillow", "numpy", "opencv-python-headless")
"""Packages that decide the pixels of a file."""
FILE: Final = "fingerprints.sqlite"


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprints:
    """What the pictures of a set are compared by, in the order of their ids.

    Attributes:
        name: The data set's entry.
        ids: Sample ids of the pictures that could be read, in ascending order.
        prints: Shape (n,), dtype ``robustcheck.provenance.leaks.perceptual.PRINT``.
        unreadable: Sample ids of all others, in ascending order.
        values: For each sample id, readable or not, its value in the column that groups; empty where it has none.
    """

    name: str
    ids: tuple[str, ...]
    prints: NDArray[np.void] = field(repr=False)
    unreadable: tuple[str, ...]
    values: dict[str, str] = field(repr=False)

    @property
    def flat(self) -> tuple[str, ...]:
        """Ids of pictures of a single colour, whose hashes mean nothing."""
        return tuple(self.ids[row] for row in np.flatnonzero(self.prints["flat"]))

    def digests(self) -> Iterator[tuple[bytes, str]]:
        """Iterate over the pixels' digest and the id of each readable picture."""
        return ((pixels.tobytes(), name) for pixels, name in zip(self.prints["pixels"], self.ids, strict=True))


def fingerprints_of(source: Source, cache: Path, *, group_by: str = "", threads: int | None = None) -> Fingerprints:
    """Take the fingerprints of all pictures of a source.

    Args:
        source: The data set; it is read in its own order, a few pictures ahead.
        cache: Folder of the file in which fingerprints are remembered by the pictures' content.
        group_by: A metadata column; empty for none.
        threads: That decode; as many as there are cores by default.

    Raises:
        DataError: The source cannot be listed, is empty, has an id twice, or has no such column.
    """
    remembered = Remembered(cache / FILE)
    scope = " ".join((VERSION, *(_version(name) for name in DECIDING), source.name))

    def take(sample: Sample) -> tuple[Sample, bytes | None]:
        return sample, _print(source, sample, scope, remembered)

    try:
        taken = [
            (sample.id, found, sample.metadata.get(group_by, "") if group_by else "")
            for sample, found in progress.counted(
                in_threads(take, source.samples(), threads=threads),
                f"fingerprints of {source.name}",
                unit="pictures",
            )
        ]
    finally:
        remembered.keep()
    keep = getattr(source, "keep", None)
    if keep:
        keep()
    _check(source, [name for name, _, _ in taken], group_by)
    taken.sort(key=lambda row: row[0])
    return Fingerprints(
        source.name,
        tuple(name for name, found, _ in taken if found is not None),
        np.frombuffer(b"".join(found for _, found, _ in taken if found is not None), PRINT),
        tuple(name for name, found, _ in taken if found is None),
        {name: value for name, _, value in taken},
    )


def _check(source: Source, ids: list[str], group_by: str) -> None:
    """Refuse a set of which less than everything would be known."""
    if not ids:
        raise DataError(f"the data set {source.name} has no picture, so nothing can be said of what it shares")
    twice = [name for name, count in Counter(ids).items() if count > 1]
    if twice:
        raise DataError(f"the data set {source.name} has {len(twice)} ids more than once, such as {min(twice)}")
    if group_by and group_by not in source.columns:
        hint = did_you_mean(group_by, source.columns) or "it has no metadata at all"
        raise DataError(f"the data set {source.name} has no column {group_by} that could group it; {hint}")


def _print(source: Source, sample: Sample, scope: str, remembered: Remembered) -> bytes | None:
    """Return a fingerprint as bytes; ``None`` if the picture cannot be read."""
    content = source.content(sample)
    # A source of one's own may cut several pictures out of one file, so another source's are never taken over.
    key = hashlib.sha256(f"{scope}\x00{content}".encode("utf-8", "surrogatepass")).hexdigest()
    known = remembered.get(key)
    if known is not None and len(known) == PRINT.itemsize:
        return known
    try:
        made = fingerprint(source.read(sample)).tobytes()
    except UnreadablePicture:
        return None
    if not content.startswith("unreadable: "):  # read at the second attempt: the text says nothing of the picture
        remembered.put(key, made)
    return made


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:  # another build of the same library
        return "unknown"
