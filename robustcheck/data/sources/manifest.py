"""A table that names pictures: one row a picture, read row by row."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from robustcheck.core.checksums import sha256_of
from robustcheck.core.class_names import class_name
from robustcheck.core.errors import DataError, count_of
from robustcheck.data.source import Sample, metadata_of
from robustcheck.data.sources.files import FileSource
from robustcheck.data.sources.placing import Inode, Places, inode_of
from robustcheck.data.sources.tables import table_of
from robustcheck.domain.config import DataEntry

NAMED: Final = 5
"""Pictures named twice that a message tells."""


class Manifest(FileSource):
    """CSV or Parquet with a path, a label, and any further columns, which become metadata.

    The id of a sample is its path from ``folder``, with forward slashes, however the table spells it.

    Attributes:
        listing: The table, and the sha256 of its bytes.
    """

    def __init__(self, entry: DataEntry) -> None:
        """Read the head of the table.

        Raises:
            DataError: The table is missing, unreadable or lacks a column.
        """
        super().__init__(entry.name)
        self._where = entry.where
        path = entry.path
        try:
            if path is None:
                raise FileNotFoundError
            self.listing = path, sha256_of(path)
        except FileNotFoundError:
            raise DataError(f"{entry.where}: the data set {entry.name} has no file {path}; correct its path") from None
        except OSError as error:
            raise DataError(
                f"{entry.where}: the table {path} of the data set {entry.name} cannot be read: {error.strerror}"
            ) from None
        self._table = table_of(path)
        self._labels = entry.labels
        self._path_column = class_name(str(entry.options.get("path_column") or "path"))
        self._label_column = class_name(str(entry.options.get("label_column") or "label"))
        folder = entry.options.get("folder")
        self._folder = Path(folder) if folder else path.parent
        head = self._table.columns
        for key, column in (("path_column", self._path_column), ("label_column", self._label_column)):
            if column not in head:
                raise DataError(f"{self._table.without(column)}; name it in {key} ({entry.where})")
        self.columns = tuple(name for name in head if name not in (self._path_column, self._label_column))
        self.notes = self._table.notes

    def samples(self) -> Iterator[Sample]:
        """Iterate in the order of the rows.

        Raises:
            DataError: A row lacks its path or label (says which row), or pictures are named twice, however they are spelled.
        """
        once, places = _Once(self), Places(self._folder)
        for number, (place, row) in enumerate(self._table.rows()):
            path, label = row[self._path_column], class_name(row[self._label_column])
            for column, value in ((self._path_column, path), (self._label_column, label)):
                if not value:
                    raise DataError(f"{place}: the column {column} is empty; give every picture a path and a label")
            name, file = places.find(path)
            if once.is_new(number, name, file):
                metadata = metadata_of({column: row[column] for column in self.columns})
                yield Sample(name, self._labels.get(label, label), metadata, file)
        once.check()
        self.notes = (*self._table.notes, *self._machine(places.elsewhere))

    def row(self, number: int) -> tuple[str, str, str]:
        """Return the place, path and label of a row, as they stand there; the first row is 0."""
        place, row = next(itertools.islice(self._table.rows(), number, None))
        return place, row[self._path_column], row[self._label_column]

    def named(self, label: str) -> str:
        """Return the class that a label of the table means."""
        return self._labels.get(class_name(label), class_name(label))

    def _machine(self, elsewhere: list[str]) -> Iterator[str]:
        if elsewhere:
            yield (
                f"{count_of(len(elsewhere), 'picture')} of {self.name} named by paths of one machine that do not lie below "
                f"its folder, such as {elsewhere[0]}: with another machine's paths the same pictures have other ids, another "
                f"digest and other noise; write the paths from a folder, and that as folder: ({self._where})"
            )


class _Once:
    """Sees to it that each picture is named once, by its id and by the file that it leads to."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._names: dict[str, int] = {}
        self._files: dict[Inode, int] = {}
        self._again: list[tuple[int, int, str]] = []

    def is_new(self, number: int, name: str, file: Path) -> bool:
        """Whether no row before this one names the picture."""
        first = self._names.setdefault(name, number)
        inode = inode_of(file)
        if first == number and inode is not None:
            first = self._files.setdefault(inode, number)
        if first != number:
            self._again.append((first, number, name))
        return first == number

    def check(self) -> None:
        """Raise unless every picture was named once.

        Raises:
            DataError: With the first few that were not, their lines and labels.
        """
        if self._again:
            told = [self._told(*one) for one in self._again[:NAMED]]
            more = [f"and {len(self._again) - NAMED} more"] if len(self._again) > NAMED else []
            raise DataError("; ".join([*told, *more, "each picture may count once"]))

    def _told(self, first: int, again: int, name: str) -> str:
        (place, path, label), (here, spelled, other) = self._manifest.row(first), self._manifest.row(again)
        line, own = place.partition(":")[2], here.partition(":")[2]
        line, own = (text if text.startswith("row") else f"line {text}" for text in (line, own))
        as_what = "" if path == spelled else f", as {path} and as {spelled}, which are one file"
        told = f"{here}: the picture {name} is named twice, in {line} and {own}{as_what}"
        one, two = self._manifest.named(label), self._manifest.named(other)
        return told if one == two else f"{told}, and {name} is labelled {one} in {line} and {two} in {own}"
