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
        super().__init__(entry.name)
        if entry.path is None or not entry.path.is_dir():
            raise DataError(f"{entry.where}: the data set {entry.name} has no folder {entry.path}; correct its path")
        self._entry = entry
        self._folder: Path = entry.path

    def samples(self) -> Iterator[Sample]:
        """Iterate by class, then by path; what was left out is told in ``notes``.

        Raises:
            DataError: A folder cannot be read, or there is not one picture in a class folder.
        """
        walk, total, empty = _Walk(self._entry), 0, []
        for folder in walk.classes(self._folder):
            label, count = normal(folder.name), 0
            for path in walk.pictures(folder):
                count += 1
                name = normal(path.relative_to(self._folder).as_posix())
                yield Sample(name, self._entry.labels.get(label, label), {}, path)
            total += count
            if not count:
                empty.append(f"the class folder {label} of {self.name} has no picture")
        self.notes = (*empty, *walk.notes())
        if not total:
            raise DataError(
                f"{self._entry.where}: {self._folder.name}/ has no class folder with a picture in it; a picture must lie "
                "in a folder named after its class, such as stop/0001.png"
                + "".join(f"; {note}" for note in walk.notes())
            )


class _Walk:
    """Walks class folders in a stable order, following links, and counts what it leaves out."""

    def __init__(self, entry: DataEntry) -> None:
        self._entry = entry
        self._root = ""
        self._seen: set[str] = set()
        self._ignored: Counter[str] = Counter()
        self._again: list[str] = []

    def classes(self, folder: Path) -> Iterator[Path]:
        """Iterate over the class folders."""
        self._root = os.path.realpath(folder)
        for entry in self._entries(folder):
            if not _is_folder(entry):
                self._ignored[f"{Path(entry.name).suffix or entry.name} beside the class folders"] += 1
            elif not self._is_known(entry, {self._root}):
                yield Path(entry.path)

    def pictures(self, folder: Path) -> Iterator[Path]:
        """Iterate over the pictures of one class: those of a folder first, then those of its folders."""
        self._seen = {self._root, os.path.realpath(folder)}
        yield from self._below(folder)

    def notes(self) -> Iterator[str]:
        """Say what was left out."""
        if self._again:
            yield (
                f"{len(self._again)} links of {self._entry.name} lead to folders that are listed already and were not "
                f"followed, such as {self._again[0]}"
            )
        if self._ignored:
            kinds = ", ".join(f"{count} {what}" for what, count in self._ignored.most_common(5))
            total = self._ignored.total()
            yield f"{total} files of {self._entry.name} are no pictures and were left out: {kinds}"

    def _below(self, folder: Path) -> Iterator[Path]:
        inner = []
        for entry in self._entries(folder):
            suffix = Path(entry.name).suffix
            if _is_folder(entry):
                inner.append(entry)
            elif suffix.lower() in SUFFIXES:
                # A broken link, a named pipe, a device: a picture that cannot be read, and is named as such.
                yield Path(entry.path)
            else:
                self._ignored[suffix or entry.name] += 1
        for entry in inner:
            if not self._is_known(entry, self._seen):
                self._seen.add(os.path.realpath(entry.path))
                yield from self._below(Path(entry.path))

    def _is_known(self, entry: os.DirEntry[str], seen: set[str]) -> bool:
        if os.path.realpath(entry.path) not in seen:
            return False
        self._again.append(Path(entry.path).relative_to(self._entry.path or "").as_posix())
        return True

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as found:
                entries = list(found)
        except OSError as error:
            raise DataError(f"{self._entry.where}: the folder {folder} cannot be read: {error.strerror}") from None
        for entry in entries:
            if entry.name.startswith(".") and Path(entry.name).suffix.lower() in SUFFIXES:
                self._ignored["hidden"] += 1
        shown = [entry for entry in entries if not entry.name.startswith(".")]
        return sorted(shown, key=lambda entry: normal(entry.name))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # its links lead in a circle
