"""Sources over pictures that a test has at hand."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import UnreadablePicture
from robustcheck.data import Sample

Picture = NDArray[np.uint8]


class Pictures:
    """A source that counts what is decoded; ``None`` is a picture that cannot be read."""

    def __init__(
        self,
        pictures: Mapping[str, Picture | None],
        *,
        name: str = "small",
        metadata: Mapping[str, Mapping[str, str]] | None = None,
        labels: Mapping[str, str] | None = None,
        order: Sequence[str] | None = None,
    ) -> None:
        self.name = name
        self.pictures = dict(pictures)
        self.metadata = metadata or {}
        self.labels = labels or {}
        self.order = list(pictures if order is None else order)
        self.decoded: list[str] = []
        self.columns = tuple(dict.fromkeys(column for row in self.metadata.values() for column in row))
        self._lock = threading.Lock()

    def samples(self) -> Iterator[Sample]:
        for name in self.order:
            yield Sample(name, self.labels.get(name, "a"), self.metadata.get(name, {}))

    def read(self, sample: Sample) -> Picture:
        with self._lock:
            self.decoded.append(sample.id)
        found = self.pictures[sample.id]
        if found is None:
            raise UnreadablePicture(sample.id, "it is made so")
        return found

    def content(self, sample: Sample) -> str:
        found = self.pictures[sample.id]
        return (
            "unreadable: made so"
            if found is None
            else hashlib.sha256(found.tobytes() + b"%d" % found.shape[1]).hexdigest()
        )


def scene(seed: int, height: int = 48, width: int = 64) -> Picture:
    """Return a smooth random picture: coarse noise, enlarged."""
    from PIL import Image

    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
