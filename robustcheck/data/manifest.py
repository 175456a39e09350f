"""A table that names pictures: CSV or Parquet, read row by row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from robustcheck.data.files import FileSource, normal
from robustcheck.data.source import Sample
from robustcheck.errors import DataError, did_you_mean
from robustcheck.language.entries import DataEntry

Row = dict[str, Any]


class Manifest(FileSource):
    """One row a picture: its path, its label, and any further columns, which become metadata.

    The id of a sample is its path as the table writes it.
    """

    def __init__(self, entry: DataEntry) -> None:
        """Read the head of the table.

        Raises:
            DataError: The table is missing, unreadable or lacks a column.
        """
        super().__init__(entry.name, entry.root)
        if entry.path is None or not entry.path.is_file():
            raise DataError(f"{entry.where}: the data set {entry.name} has no file {entry.path}; correct its path")
        self._path: Path = entry.path
        self._labels = entry.labels
        self._path_column = str(entry.options.get("path_column") or "path")
        self._label_column = str(entry.options.get("label_column") or "label")
        folder = entry.options.get("folder")
        self._folder = Path(folder) if folder else entry.path.parent
        head = self._head()
        for column in (self._path_column, self._label_column):
            if column not in head:
                raise DataError(f"{self._path.name}:1: there is no column {column}; {did_you_mean(column, head)}")
        self.columns = tuple(name for name in head if name not in (self._path_column, self._label_column))

    def samples(self) -> Iterator[Sample]:
        """Iterate in the order of the rows.

        Raises:
            DataError: A row lacks its path or label, or names a path twice; says which row.
        """
        seen: set[str] = set()
        for number, row in self._rows():
            path, label = _text(row.get(self._path_column)), normal(_text(row.get(self._label_column)))
            for column, value in ((self._path_column, path), (self._label_column, label)):
                if not value:
                    raise DataError(f"{self._path.name}:{number}: the column {column} is empty")
            name = normal(Path(path).as_posix())
            if name in seen:
                raise DataError(f"{self._path.name}:{number}: the picture {name} is named twice")
            seen.add(name)
            metadata = {column: _text(row.get(column)) for column in self.columns}
            yield Sample(name, self._labels.get(label, label), metadata, self._folder / path)

    def _head(self) -> list[str]:
        if self._is_parquet:
            return [str(name) for name in self._parquet().schema_arrow.names]
        with self._path.open(newline="", encoding="utf-8-sig") as file:
            return [name.strip() for name in next(csv.reader(file), [])]

    def _rows(self) -> Iterator[tuple[int, Row]]:
        if self._is_parquet:
            number = 0
            for batch in self._parquet().iter_batches(batch_size=4096):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
            return
        try:
            with self._path.open(newline="", encoding="utf-8-sig") as file:
                reader = csv.DictReader(file, skipinitialspace=True)
                reader.fieldnames = [name.strip() for name in reader.fieldnames or []]
                for row in reader:
                    if None in row:
                        raise DataError(f"{self._path.name}:{reader.line_num}: there are more values than columns")
                    yield reader.line_num, row
        except (csv.Error, UnicodeDecodeError) as error:
            raise DataError(f"{self._path.name} cannot be read as CSV in UTF-8: {error}") from None

    @property
    def _is_parquet(self) -> bool:
        return self._path.suffix.lower() in (".parquet", ".pq")

    def _parquet(self) -> Any:
        import pyarrow
        import pyarrow.parquet

        try:
            return pyarrow.parquet.ParquetFile(self._path)
        except (pyarrow.ArrowException, OSError) as error:
            raise DataError(f"{self._path.name} cannot be read as Parquet: {error}") from None


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
