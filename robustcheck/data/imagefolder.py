"""A folder of class folders."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from robustcheck.data.files import FileSource, normal
from robustcheck.data.source import Sample
from robustcheck.errors import DataError
from robustcheck.language.entries import DataEntry

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})


class ImageFolder(FileSource):
    """``folder/class/any/depth/picture.png``: the first folder names the class, the path is the id."""

    def __init__(self, entry: DataEntry) -> None:
        """List nothing yet.

        Raises:
            DataError: There is no such folder.
        """
        super().__init__(entry.name, entry.root)
        if entry.path is None or not entry.path.is_dir():
            raise DataError(f"{entry.where}: the data set {entry.name} has no folder {entry.path}; correct its path")
        self._folder: Path = entry.path
        self._labels = entry.labels

    def samples(self) -> Iterator[Sample]:
        """Iterate by class, then by path; what is no picture is counted in ``notes``."""
        ignored: Counter[str] = Counter()
        notes = []
        for folder in sorted(entry for entry in self._folder.iterdir() if not entry.name.startswith(".")):
            if not folder.is_dir():
                ignored[folder.suffix or folder.name] += 1
                continue
            label = normal(folder.name)
            count = 0
            for path in _pictures(folder, ignored):
                count += 1
                name = normal(path.relative_to(self._folder).as_posix())
                yield Sample(name, self._labels.get(label, label), {}, path)
            if not count:
                notes.append(f"the class folder {label} of {self.name} has no picture")
        if ignored:
            kinds = ", ".join(f"{count} {suffix}" for suffix, count in ignored.most_common(5))
            notes.append(f"{sum(ignored.values())} files of {self.name} are no pictures and were left out: {kinds}")
        self.notes = tuple(notes)


def _pictures(folder: Path, ignored: Counter[str]) -> Iterator[Path]:
    """Walk a folder in a stable order, following links but never into a folder above itself."""
    seen = {os.path.realpath(folder)}
    for where, folders, files in os.walk(folder, followlinks=True):
        inner = [name for name in sorted(folders) if not name.startswith(".")]
        folders[:] = [name for name in inner if os.path.realpath(os.path.join(where, name)) not in seen]
        seen.update(os.path.realpath(os.path.join(where, name)) for name in folders)
        for name in sorted(files):
            path = Path(where) / name
            if name.startswith("."):
                continue
            if path.suffix.lower() in SUFFIXES:
                yield path
            else:
                ignored[path.suffix or name] += 1
