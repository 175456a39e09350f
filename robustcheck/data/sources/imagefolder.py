"""A folder of class folders."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from robustcheck.core.class_names import class_name, normal
from robustcheck.core.errors import DataError, count_of
from robustcheck.core.picture_files import HEAD, READ_SUFFIXES, is_read, kind_of_file, left_behind
from robustcheck.core.regular_files import open_regular
from robustcheck.data.source import Sample
from robustcheck.data.sources.files import FileSource
from robustcheck.domain.config import DataEntry

NAMED: Final = 10
"""Folders that a message names."""


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
            DataError: A folder cannot be read, two class folders have one name, or a class folder has no picture that can be
                read.
        """
        walk, total, empty = _Walk(self._entry), 0, []
        folders: dict[str, Path] = {}
        for folder in walk.classes(self._folder):
            label, count = class_name(folder.name), 0
            if folders.setdefault(label, folder) is not folder:
                raise DataError(
                    f"{self._entry.where}: the folders {folders[label].name!a} and {folder.name!a} of {self.name} are both "
                    f"the class {label}; put their pictures into one"
                )
            before = walk.refused.copy()
            for path in walk.pictures(folder):
                count += 1
                name = normal(path.relative_to(self._folder).as_posix())
                yield Sample(name, self._entry.labels.get(label, label), {}, path)
            total += count
            refused = walk.refused - before
            if count == refused.total():
                empty.append(f"{label} ({_counted(refused) or 'nothing'})")
        self.notes = tuple(walk.notes())
        if not total:
            raise DataError(
                f"{self._entry.where}: {self._folder.name}/ has no class folder with a picture in it; a picture must lie "
                "in a folder named after its class, such as stop/0001.png" + "".join(f"; {note}" for note in self.notes)
            )
        if empty:
            more = f" and of {len(empty) - NAMED} more" if len(empty) > NAMED else ""
            raise DataError(
                f"{self._entry.where}: the data has no picture of the class {' or '.join(empty[:NAMED])}{more} that can be read "
                f"in {self.name}; put pictures there (PNG, JPEG, WebP, BMP or TIFF), or take the folder out"
                + "".join(f"; {note}" for note in self.notes)
            )


class _Walk:
    """Walks class folders in a stable order, following links, and counts what it leaves out.

    Attributes:
        refused: Pictures of kinds that are not read, by kind, so far.
    """

    def __init__(self, entry: DataEntry) -> None:
        self._entry = entry
        self._root = ""
        self._seen: set[str] = set()
        self._ignored: Counter[str] = Counter()
        self._system: Counter[str] = Counter()
        self._again: list[str] = []
        self.refused: Counter[str] = Counter()

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
        """Say what was left out, and which pictures will not be read."""
        name = self._entry.name
        if self._again:
            yield (
                f"{len(self._again)} links of {name} lead to folders that are listed already and were not followed, such as "
                f"{self._again[0]}"
            )
        if self._ignored:
            yield f"{self._ignored.total()} files of {name} are no pictures and were left out: {_counted(self._ignored)}"
        if self._system:
            yield (
                f"{self._system.total()} files and folders of {name} that systems make or hide were left out: "
                f"{_counted(self._system)}"
            )
        if self.refused:
            yield (
                f"{count_of(self.refused.total(), 'picture')} of {name} of kinds that are not read count as unreadable: "
                f"{_counted(self.refused)}"
            )

    def _below(self, folder: Path) -> Iterator[Path]:
        inner = []
        for entry in self._entries(folder):
            if _is_folder(entry):
                inner.append(entry)
            elif self._is_picture(entry):
                yield Path(entry.path)
        for entry in inner:
            if not self._is_known(entry, self._seen):
                self._seen.add(os.path.realpath(entry.path))
                yield from self._below(Path(entry.path))

    def _is_picture(self, entry: os.DirEntry[str]) -> bool:
        """Look at what has no suffix of pictures that are read; count what is left out and what will be refused."""
        suffix = Path(entry.name).suffix
        if suffix.lower() in READ_SUFFIXES:
            return True
        try:
            with open_regular(entry.path) as file:
                kind = kind_of_file(file.read(HEAD), entry.name)
        except OSError:
            if os.path.exists(entry.path) and not os.path.isfile(entry.path):
                self._ignored[suffix or entry.name] += 1  # a named pipe, a socket, a device: nobody's picture
                return False
            return True  # a broken link, or not ours to read: perhaps a picture, and named as unreadable
        if kind and not is_read(kind):
            self.refused[kind] += 1
        elif not kind:
            self._ignored[suffix or entry.name] += 1
        return bool(kind)

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
        shown = []
        for entry in entries:
            made = left_behind(entry.name, folder=_is_folder(entry))
            if made:
                self._system[made] += 1
            else:
                shown.append(entry)
        return sorted(shown, key=lambda entry: normal(entry.name))


def _counted(kinds: Counter[str]) -> str:
    """Return the commonest kinds with their counts, in an order that no file system decides."""
    ranked = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {what}" for what, count in ranked[:NAMED])


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # its links lead in a circle
