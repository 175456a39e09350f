"""The demo's data: road signs in street-like scenes, rendered on first use and kept in a cache."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray

from robustcheck.core.errors import DataError, did_you_mean
from robustcheck.demo import drawn_signs
from robustcheck.demo.canvas import SIZE
from robustcheck.demo.faces import CLASSES
from robustcheck.demo.renderer import generator, render

SPLITS = ("train", "validation", "test")
DEFAULT_SIZE = 560
"""Pictures of the default test set: forty a class."""
LARGEST = 100_000

_SOURCES = ("canvas.py", "faces.py", "glyphs.py", "renderer.py", "scenes.py", "shapes.py", "street.py")


@dataclass(frozen=True, slots=True)
class SceneSet:
    """A labelled set of scenes.

    Attributes:
        names: Class names, in the order of the demo models' outputs.
        ids: Such as ``test/stop/00012``: split, class, number within the class.
        labels: Class name of each picture.
        images: Shape (n, 160, 160, 3), RGB, uint8; a read-only memory map.
        metadata: For each picture ``distance`` (near, middle, far), ``time`` (day, dusk) and
            ``background`` (street, field, town).
    """

    names: tuple[str, ...]
    ids: tuple[str, ...]
    labels: tuple[str, ...]
    images: NDArray[np.uint8]
    metadata: tuple[Mapping[str, str], ...]


def load(split: str = "test", size: int = DEFAULT_SIZE, seed: int = 0) -> SceneSet:
    """Return a set of scenes, rendering it if the cache does not hold it.

    A picture depends on its split, class, number and the seed only: a larger set begins with the
    smaller one, and splits share no picture. Classes take turns, so any size is balanced to within one.

    Args:
        split: ``train``, ``validation`` or ``test``.
        size: Number of pictures, 1 to 100,000.
        seed: 0 or more.

    Raises:
        DataError: An argument is out of range, or the cache folder cannot be written to.
    """
    if split not in SPLITS:
        raise DataError(f"the signs have no split {split}; {did_you_mean(split, SPLITS)}")
    if not 1 <= size <= LARGEST:
        raise DataError(f"the signs cannot give {size} pictures; ask for 1 to {LARGEST}")
    if seed < 0:
        raise DataError(f"the signs cannot be drawn with seed {seed}; use 0 or more")
    entry = f"{split}-{size}-{seed}-{version()[:16]}"
    stored = drawn_signs.read(entry)
    if stored is None:
        _draw(entry, split, size, seed)
        stored = drawn_signs.read(entry)
    if stored is None:
        raise DataError(
            f"the demo's pictures in {drawn_signs.folder()} do not read back as they were written; "
            f"is the disk full? Set {drawn_signs.VARIABLE} to another folder"
        )
    images, notes = stored
    keys = [_key(index) for index in range(size)]
    return SceneSet(
        CLASSES,
        tuple(f"{split}/{label}/{number:05}" for label, number in keys),
        tuple(label for label, _ in keys),
        images,
        tuple(notes["metadata"]),
    )


@functools.cache
def version() -> str:
    """Return the digest of everything that decides a pixel: the renderer's source and its libraries."""
    digest = hashlib.sha256(f"numpy {np.__version__} pillow {PIL.__version__}".encode())
    for name in _SOURCES:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()


def _key(index: int) -> tuple[str, int]:
    return CLASSES[index % len(CLASSES)], index // len(CLASSES)


def _draw(entry: str, split: str, size: int, seed: int) -> None:
    images = np.empty((size, SIZE, SIZE, 3), np.uint8)
    metadata = []
    for index in range(size):
        label, number = _key(index)
        scene = render(label, generator(seed, split, label, number))
        images[index] = scene.pixels
        metadata.append(dict(scene.metadata))
    drawn_signs.write(entry, images, {"metadata": metadata})
