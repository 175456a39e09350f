"""Records on disk: one Parquet file a case, written whole or not at all.

The store is the cache and the means to resume: a case that was finished before a run was killed is found
under its key, whatever happened after.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.errors import RobustcheckError
from robustcheck.measure.records import Records
from robustcheck.regular_files import is_regular

_ABOUT = b"robustcheck"

ABANDONED = 3600.0
"""Seconds after which a temporary file cannot belong to a run that still lives."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The records of a case with what was noted when they were made.

    Attributes:
        records: One row a readable picture.
        unreadable: Id and reason of each picture that could not be decoded.
        seconds: Wall time the case took when it was computed.
        forwards: Pictures that went through the model for it.
        notes: What a reader must know.
        sanity: Checks of an attack: name, whether it held, and what was seen.
        backwards: Pictures that went backward through the model for it.
    """

    records: Records
    unreadable: tuple[tuple[str, str], ...]
    seconds: float
    forwards: int
    notes: tuple[str, ...] = ()
    sanity: tuple[tuple[str, bool, str], ...] = ()
    backwards: int = 0


class Store:
    """A folder of records by key."""

    def __init__(self, folder: Path) -> None:
        """Use a folder, which is made when first written to."""
        self._folder = folder
        self._unwritten: dict[str, Any] = {}

    def sweep(self) -> None:
        """Remove temporary files that a killed run left behind more than an hour ago."""
        for path in self._folder.glob("*/.*.tmp"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > ABANDONED:
                    path.unlink()

    def path(self, key: str) -> Path:
        """Return where the records of a key lie, whether they exist or not."""
        return self._folder / key[:2] / f"{key}.parquet"

    def load(self, key: str) -> Stored | None:
        """Return what is kept under a key; ``None`` when it is absent, torn or damaged."""
        path = self.path(key)
        if not is_regular(path):
            return None
        import pyarrow
        import pyarrow.parquet

        try:
            table = pyarrow.parquet.read_table(path, page_checksum_verification=True, memory_map=False)
            about = json.loads((table.schema.metadata or {})[_ABOUT])
            columns = {name: table.column(name).to_numpy() for name in table.column_names}
            for name in ("id", "pixels"):
                columns[name] = columns[name].astype(np.str_)
            records = Records.of(columns)
        except (OSError, KeyError, ValueError, pyarrow.ArrowException):
            return None
        if about["key"] != key or about["rows"] != table.num_rows:
            return None
        unreadable = tuple((name, reason) for name, reason in about["unreadable"])
        sanity = tuple((name, held, detail) for name, held, detail in about["sanity"])
        return Stored(
            records,
            unreadable,
            about["seconds"],
            about["forwards"],
            tuple(about["notes"]),
            sanity,
            about["backwards"],
        )

    def save(self, key: str, stored: Stored, about: dict[str, Any]) -> None:
        """Write records under a key, durably and in one step.

        Args:
            key: Their name.
            stored: What to keep.
            about: Further facts for whoever opens the file, such as the case and the suite.

        Raises:
            OSError: They cannot be written; ``export`` has them all the same.
        """
        import pyarrow
        import pyarrow.parquet

        facts = {
            **about,
            "key": key,
            "rows": len(stored.records),
            "unreadable": stored.unreadable,
            "seconds": stored.seconds,
            "forwards": stored.forwards,
            "notes": stored.notes,
            "sanity": stored.sanity,
            "backwards": stored.backwards,
        }
        table = pyarrow.table(stored.records.columns()).replace_schema_metadata({_ABOUT: json.dumps(facts).encode()})
        path = self.path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic(path) as temporary:
                _write_table(table, temporary)
        except OSError:
            self._unwritten[key] = table
            raise

    def export(self, key: str, target: Path, beside: Mapping[str, NDArray[np.generic]] | None = None) -> str:
        """Copy the file of a key to a report folder, whole or not at all, and return the sha256 of what was written.

        Args:
            key: Which one.
            target: Where to.
            beside: Columns that are added to it, in the order of its rows.

        Raises:
            OSError: The file cannot be written.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic(target) as temporary:
            if beside or key in self._unwritten:
                _write_table(self._with(key, beside or {}), temporary)
            else:
                shutil.copyfile(self.path(key), temporary)
            with temporary.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()

    def _with(self, key: str, beside: Mapping[str, NDArray[np.generic]]) -> Any:
        import pyarrow
        import pyarrow.parquet

        table = self._unwritten.get(key)
        if table is None:
            table = pyarrow.parquet.read_table(self.path(key), memory_map=False)
        for name, column in beside.items():
            table = table.append_column(name, pyarrow.array(column))
        return table


def _write_table(table: Any, path: Path) -> None:
    import pyarrow.parquet

    pyarrow.parquet.write_table(table, path, compression="zstd", write_page_checksum=True)


class atomic:  # noqa: N801 - reads as a statement: `with atomic(path) as temporary`
    """Gives a temporary file beside a path and, if all went well, moves it there durably."""

    def __init__(self, path: Path) -> None:
        """Name the file that is to appear."""
        self._path = path

    def __enter__(self) -> Path:
        """Return the temporary file, which exists and is empty."""
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name[:40]}.", suffix=".tmp")
        os.close(handle)
        self._temporary = Path(name)
        return self._temporary

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Flush and rename, or remove."""
        if kind is not None:
            self._temporary.unlink(missing_ok=True)
            return
        try:
            with self._temporary.open("rb+") as file:
                os.fsync(file.fileno())
            os.chmod(self._temporary, 0o644)
            os.replace(self._temporary, self._path)
        except OSError:
            self._temporary.unlink(missing_ok=True)
            raise


def write_whole(path: Path, content: str | bytes, what: str = "file") -> Path:
    """Write a file that a person asked for, whole or not at all, make its folder if need be, and return its path.

    Args:
        path: The file.
        content: Text is written as UTF-8.
        what: What it is, for the message.

    Raises:
        RobustcheckError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path) as temporary:
            # A lone surrogate, which an argument or a file's name may hold, has the same escape in JSON.
            written = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
            temporary.write_bytes(written)
    except OSError as error:
        raise RobustcheckError(f"{path}: the {what} cannot be written: {error.strerror}") from None
    return path
