"""Tables in files, read piece by piece as rows of text."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from robustcheck.errors import DataError
from robustcheck.regular_files import check_regular, text_of_regular

Row = dict[str, str]
ROWS_AT_ONCE = 4096


class CsvTable:
    """Comma-separated values in UTF-8 whose first line names the columns.

    Attributes:
        columns: Names of the columns.
        notes: What a report must say of the table.
    """

    def __init__(self, path: Path) -> None:
        """Read the first line.

        Raises:
            DataError: It cannot be read, or names a column twice.
        """
        self._path = path
        self.notes: tuple[str, ...] = ()
        self._head: list[str] = next((values for _, values in self._lines()), [])
        self.columns = tuple(name for name in self._head if name)  # pandas writes its index under no name
        twice = [name for name, count in Counter(self.columns).items() if count > 1]
        if twice:
            raise DataError(f"{path.name}:1: the column {twice[0]} stands twice")

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Iterate over (``file:line``, row).

        Raises:
            DataError: A row has more or fewer values than there are columns, or the file is no CSV.
        """
        lines = self._lines()
        next(lines, None)
        for line, values in lines:
            if not values:
                continue
            place = f"{self._path.name}:{line}"
            if len(values) != len(self._head):
                raise DataError(
                    f"{place}: there are {len(values)} values for {len(self._head)} columns; quote values with commas"
                )
            yield place, {name: value for name, value in zip(self._head, values, strict=True) if name}

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        try:
            with text_of_regular(self._path, newline="", encoding="utf-8-sig") as file:
                reader = csv.reader(file, skipinitialspace=True, strict=True)
                for values in reader:
                    yield reader.line_num, [value.strip() for value in values]
        except (csv.Error, UnicodeDecodeError) as error:
            raise DataError(f"{self._path.name} cannot be read as CSV in UTF-8: {error}") from None
        except OSError as error:
            raise DataError(f"{self._path.name} cannot be read: {error.strerror}") from None


class ParquetTable:
    """A Parquet file; columns of bytes, lists and structures are left out.

    Attributes:
        columns: Names of the columns that are read.
        notes: What a report must say of the table.
    """

    def __init__(self, path: Path) -> None:
        """Read the schema.

        Raises:
            DataError: It is no Parquet file.
        """
        from pyarrow import types

        self._path = path
        with self._file() as file:
            schema = file.schema_arrow
        bulky = [
            field.name
            for field in schema
            if types.is_nested(field.type) or any(test(field.type) for test in (types.is_binary, types.is_large_binary))
        ]
        self.columns = tuple(name for name in schema.names if name not in bulky)
        self.notes = (
            (f"columns of {path.name} that hold neither text nor numbers: {', '.join(bulky)}",) if bulky else ()
        )

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Iterate over (``file:row``, row), the first row being 1.

        Raises:
            DataError: The file is damaged.
        """
        import pyarrow

        number = 0
        try:
            with self._file() as file:
                for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=list(self.columns)):
                    for row in batch.to_pylist():
                        number += 1
                        yield f"{self._path.name}:row {number}", {name: _text(value) for name, value in row.items()}
        except (pyarrow.ArrowException, OSError) as error:
            raise DataError(f"{self._path.name} cannot be read after row {number}: {error}") from None

    def _file(self) -> Any:
        import pyarrow
        import pyarrow.parquet

        try:
            check_regular(self._path)
            return pyarrow.parquet.ParquetFile(self._path)
        except (pyarrow.ArrowException, OSError) as error:
            raise DataError(f"{self._path.name} cannot be read as Parquet: {error}") from None


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
