"""Tables in files, read piece by piece as rows of text."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from robustcheck.core.class_names import class_name, repeated
from robustcheck.core.errors import DataError
from robustcheck.core.regular_files import check_regular, open_regular, text_of_regular
from robustcheck.data.sources.table_words import UTF8, instead_of_csv, instead_of_text, nested, no_column, uneven

Row = dict[str, str]
ROWS_AT_ONCE = 4096
HEAD: Final = 4096
"""Bytes at the beginning of a file that say what it is."""
PARQUET: Final = b"PAR1"


class Table(Protocol):
    """Rows of text under named columns.

    Attributes:
        columns: Names of the columns, in composed Unicode.
        notes: What a report must say of the table.
    """

    columns: tuple[str, ...]
    notes: tuple[str, ...]

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Iterate over (place, row); see the classes."""
        ...

    def without(self, column: str) -> str:
        """Say that there is no such column, what there is instead, and what to do."""
        ...


def table_of(path: Path) -> Table:
    """Open a table: Parquet by its first bytes or its name, CSV otherwise.

    Raises:
        DataError: It is neither; says what it is instead.
    """
    try:
        with open_regular(path) as file:
            head = file.read(HEAD)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}") from None
    if head.startswith(PARQUET):
        return ParquetTable(path)
    other = instead_of_text(head)
    if path.suffix.lower() in (".parquet", ".pq"):
        raise DataError(f"{path.name} cannot be read as Parquet: {other or 'it does not begin as Parquet does'}")
    if other:
        raise DataError(f"{path.name} cannot be read as CSV in UTF-8: {other}")
    return CsvTable(path)


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
        self._line, self._first = next(self._lines(), (1, []))
        self._head = [class_name(name) for name in self._first]
        self.columns = tuple(name for name in self._head if name)  # pandas writes its index under no name
        _once(self.columns, f"{path.name}:{self._line}")

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Iterate over (``file:line``, row).

        Raises:
            DataError: A row has more or fewer values than there are columns, or the file is no CSV.
        """
        lines = self._lines()
        next(lines, None)
        for line, values in lines:
            place = f"{self._path.name}:{line}"
            if len(values) != len(self._head):
                raise DataError(f"{place}: {uneven(values, len(self._head))}")
            yield place, {name: value for name, value in zip(self._head, values, strict=True) if name}

    def without(self, column: str) -> str:
        """Say that there is no such column, what there is instead, and what to do."""
        told = no_column(column, self.columns)
        return f"{self._path.name}:{self._line}: {told}{instead_of_csv(self._first, column)}"

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        line = 0
        try:
            with text_of_regular(self._path, newline="", encoding="utf-8-sig") as file:
                reader = csv.reader(file, skipinitialspace=True, strict=True)
                for values in reader:
                    line = reader.line_num
                    if values:
                        yield line, [value.strip() for value in values]
        except csv.Error as error:
            seen = "" if line else self._beginning()
            cure = 'put values with quotes or commas into double quotes, and write a quote within as ""'
            raise DataError(
                f"{self._path.name} cannot be read as CSV in UTF-8: {error}, after line {line}{seen or f'; {cure}'}"
            ) from None
        except UnicodeDecodeError:
            raise DataError(f"{self._path.name} cannot be read as CSV in UTF-8: {self._odd_byte()}; {UTF8}") from None
        except OSError as error:
            raise DataError(f"{self._path.name} cannot be read: {error.strerror}") from None

    def _beginning(self) -> str:
        """Say what the first line is where it cannot be taken apart."""
        with text_of_regular(self._path, encoding="utf-8-sig") as file:
            return instead_of_csv([file.readline(csv.field_size_limit()).strip()], "path")

    def _odd_byte(self) -> str:
        """Say where the first byte is that is no UTF-8."""
        with open_regular(self._path) as file:
            for number, line in enumerate(file, start=1):
                try:
                    line.decode()
                except UnicodeDecodeError as error:
                    return f"line {number} has the byte 0x{line[error.start]:02x}, as in Windows-1252 or Latin-1"
        return "it changes while it is read"


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
        self._bulky = {
            class_name(field.name): field.type
            for field in schema
            if types.is_nested(field.type)
            or any(test(field.type) for test in (types.is_binary, types.is_large_binary, types.is_fixed_size_binary))
        }
        self._stored = [name for name in schema.names if class_name(name) not in self._bulky]
        self.columns = tuple(map(class_name, self._stored))
        _once(self.columns, path.name)
        told = ", ".join(self._bulky)
        self.notes: tuple[str, ...] = (
            (f"columns of {path.name} that hold neither text nor numbers: {told}",) if told else ()
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
                for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=self._stored):
                    for row in batch.to_pylist():
                        number += 1
                        yield f"{self._path.name}:row {number}", {class_name(name): _text(row[name]) for name in row}
        except (pyarrow.ArrowException, OSError) as error:
            raise DataError(f"{self._path.name} cannot be read after row {number}: {error}") from None

    def without(self, column: str) -> str:
        """Say that there is no such column, what there is instead, and what to do."""
        kind = self._bulky.get(column)
        if kind is not None:
            return f"{self._path.name}: the column {column} {nested(kind)}"
        bulky = "".join(f"; {name} {nested(kind)}" for name, kind in self._bulky.items())
        return f"{self._path.name}: {no_column(column, self.columns)}{bulky}"

    def _file(self) -> Any:
        import pyarrow
        import pyarrow.parquet

        try:
            check_regular(self._path)
            return pyarrow.parquet.ParquetFile(self._path)
        except (pyarrow.ArrowException, OSError) as error:
            raise DataError(f"{self._path.name} cannot be read as Parquet: {error}") from None


def _once(columns: Sequence[str], place: str) -> None:
    twice = list(repeated(columns))
    if twice:
        more = f" (and {', '.join(twice[1:])})" if len(twice) > 1 else ""
        raise DataError(f"{place}: the column {twice[0]} stands twice{more}; give each a name of its own")


def _text(value: object) -> str:
    if value is None or value != value:  # NaN: a number that is missing
        return ""
    return str(value).strip()
