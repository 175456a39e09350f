"""A table that names pictures: one row a picture, read row by row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from robustcheck.checksums import sha256_of
from robustcheck.data.files import FileSource, normal
from robustcheck.data.source import Sample
from robustcheck.data.tables import CsvTable, ParquetTable
from robustcheck.errors import DataError, did_you_mean
from robustcheck.language.entries import DataEntry


class Manifest(FileSource):
    """CSV or Parquet with a path, a label, and any further columns, which become metadata.

    The id of a sample is its path as the table writes it, with forward slashes.

    Attributes:
        listing: The table, and the sha256 of its bytes.
    """

    def __init__(self, entry: DataEntry) -> None:
        """Read the head of the table.

        Raises:
            DataError: The table is missing, unreadable or lacks a column.
        """
        super().__init__(entry.name)
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
        self._table = (ParquetTable if path.suffix.lower() in (".parquet", ".pq") else CsvTable)(path)
        self._labels = entry.labels
        self._path_column = str(entry.options.get("path_column") or "path")
        self._label_column = str(entry.options.get("label_column") or "label")
        folder = entry.options.get("folder")
        self._folder = Path(folder) if folder else path.parent
        head = self._table.columns
        for key, column in (("path_column", self._path_column), ("label_column", self._label_column)):
            if column not in head:
                raise DataError(
                    f"{path.name}:1: there is no column {column}; {did_you_mean(column, head)}; name it in {key} "
                    f"({entry.where})"
                )
        self.columns = tuple(name for name in head if name not in (self._path_column, self._label_column))
        self.notes = self._table.notes

    def samples(self) -> Iterator[Sample]:
        """Iterate in the order of the rows.

        Raises:
            DataError: A row lacks its path or label, or names a path twice; says which row.
        """
        seen: set[str] = set()
        for place, row in self._table.rows():
            path, label = row[self._path_column], normal(row[self._label_column])
            for column, value in ((self._path_column, path), (self._label_column, label)):
                if not value:
                    raise DataError(f"{place}: the column {column} is empty; give every picture a path and a label")
            name = normal(path.replace("\\", "/"))
            if name in seen:
                raise DataError(f"{place}: the picture {name} is named twice; each may count once")
            seen.add(name)
            metadata = {column: row[column] for column in self.columns}
            yield Sample(name, self._labels.get(label, label), metadata, self._folder / path.replace("\\", "/"))
