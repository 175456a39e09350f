"""The embedded demo: road signs in street-like scenes, rendered on first use."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.data.checked import Fetched
from robustcheck.data.source import Sample
from robustcheck.domain.config import DataEntry
from robustcheck.images.form import Decoded


class Signs:
    """Scenes of 160 by 160 pixels; the handle of a sample is its position."""

    parallel: Final = True

    def __init__(self, entry: DataEntry) -> None:
        """Render the scenes, or find them in the cache."""
        from robustcheck.demo.scenes import load

        options = entry.options
        self.name = entry.name
        self._labels = entry.labels
        split, size, seed = options.get("split") or "test", options.get("size") or 560, options.get("seed") or 0
        self._scenes = load(str(split), int(size), int(seed))
        self.columns = tuple(self._scenes.metadata[0]) if len(self._scenes.metadata) else ()

    def samples(self) -> Iterator[Sample]:
        """Iterate in the order of the renderer."""
        scenes = self._scenes
        for row, (name, label, metadata) in enumerate(zip(scenes.ids, scenes.labels, scenes.metadata, strict=True)):
            yield Sample(name, self._labels.get(label, label), metadata, row)

    def fetch(self, sample: Sample) -> Fetched:
        """Copy one scene out of the cache, and hash what was copied."""
        pixels = np.array(self._scenes.images[sample.handle])
        return Fetched(hashlib.sha256(pixels.tobytes()).hexdigest(), lambda _: Decoded(pixels))

    def read(self, sample: Sample) -> NDArray[np.uint8]:
        """Return one scene, shape (160, 160, 3), RGB."""
        return self.fetch(sample).decode()

    def content(self, sample: Sample) -> str:
        """Return the sha256 of the pixels."""
        return self.fetch(sample).digest
