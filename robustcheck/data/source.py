"""What the engine asks of a data set, whatever kind it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.class_names import class_name, text_of


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled picture, not yet read.

    Attributes:
        id: Unique in its data set and stable from run to run and machine to machine, such as the path
            within the data set with forward slashes. Randomness is keyed by it.
        label: Class name, after ``labels`` of the entry.
        metadata: Further columns, as text; empty where a value is missing.
        handle: Whatever the source needs to read the picture.
    """

    id: str
    label: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    handle: Any = None


def metadata_of(values: Mapping[Any, Any]) -> dict[str, str]:
    """Return further columns as text: names and values composed, what is missing (``None``, NaN, blanks) as an empty text."""
    return {class_name(str(name)): text_of(value) for name, value in values.items()}


class Source(Protocol):
    """A labelled set of pictures that is read one at a time.

    A source may have ``notes``, a tuple of texts that every report must show.

    Attributes:
        name: The entry's name.
    """

    name: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the metadata columns, known at the latest when the samples have been listed."""
        ...

    def samples(self) -> Iterator[Sample]:
        """Iterate over all samples in a stable order without reading any picture.

        Raises:
            DataError: The data set cannot be listed, or is empty.
        """
        ...

    def read(self, sample: Sample) -> NDArray[np.uint8]:
        """Decode one picture; safe to call from several threads at once.

        Returns:
            Shape (h, w, 3), RGB.

        Raises:
            UnreadablePicture: The picture is missing, truncated or of a kind that is refused.
        """
        ...

    def content(self, sample: Sample) -> str:
        """Return the sha256 of the picture's stored bytes (of its pixels where nothing is stored)."""
        ...
