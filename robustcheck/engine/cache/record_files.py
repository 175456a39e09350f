"""Records on disk: one Parquet file a case, written whole or not at all, and believed only with the seal of this machine.

The store is the cache and the means to resume: a case that was finished before a run was killed is found
under its key, whatever happened after. Beside the records of a key lies its seal: a digest under the secret of this machine
(``robustcheck.core.cache_secret``) over the key and every byte of both files, then the batch that a later run looks at live.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import stat
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.cache_secret import BYTES, Secret, project_of, secret_of
from robustcheck.core.files import ABANDONED, atomic
from robustcheck.core.regular_files import read_regular
from robustcheck.engine.cache.reference_batch import ReferenceBatch
from robustcheck.metrics.records import Records

_ABOUT = b"robustcheck"
RECORDS = ".parquet"
SEAL = ".seal"
_KEY = re.compile("[0-9a-f]{64}")


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
        reference: What a later run looks at live before it believes the rest; ``None`` if nothing was kept.
        about: Further facts for whoever opens the file.
    """

    records: Records
    unreadable: tuple[tuple[str, str], ...]
    seconds: float
    forwards: int
    notes: tuple[str, ...] = ()
    sanity: tuple[tuple[str, bool, str], ...] = ()
    backwards: int = 0
    reference: ReferenceBatch | None = field(default=None, compare=False)
    about: Mapping[str, Any] = field(default_factory=dict, compare=False)


class Store:
    """A folder of records by key.

    Attributes:
        problem: Why nothing is kept or believed; empty where all is well.
        refused: Files that were there but do not carry the seal of this machine, by their key.
    """

    def __init__(self, folder: Path, secret: Secret | None = None) -> None:
        """Use a folder, which is made when first written to.

        Args:
            folder: It.
            secret: What seals; that of this machine by default.
        """
        self._folder = folder
        self._secret = secret_of(project_of(folder)) if secret is None else secret
        self.problem = self._secret.problem
        self.refused: set[str] = set()

    def sweep(self) -> None:
        """Remove temporary files and seals without records that a killed run left behind more than an hour ago."""
        seals = (path for path in files_of(self._folder, SEAL) if not path.with_suffix(RECORDS).exists())
        temporary = (path for path in self._folder.glob("*/.*.tmp") if not path.parent.is_symlink())
        for path in (*temporary, *seals):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > ABANDONED:
                    path.unlink()

    def path(self, key: str) -> Path:
        """Return where the records of a key lie, whether they exist or not."""
        return self._folder / key[:2] / f"{key}{RECORDS}"

    def load(self, key: str) -> Stored | None:
        """Return what is kept under a key; ``None`` when it is absent, torn, damaged, or not sealed on this machine.

        What is found counts as used now.
        """
        path = self.path(key)
        sealed = self._sealed(path)
        if sealed is None:
            if path.is_file():
                self.refused.add(key)
            return None
        stored = _read(*sealed, key)
        if stored:
            with contextlib.suppress(OSError):
                os.utime(path)
        return stored

    def save(self, key: str, stored: Stored, about: Mapping[str, Any]) -> None:
        """Write records under a key, durably, whole or not at all; where that cannot be done, ``problem`` says why.

        Args:
            key: Their name.
            stored: What to keep.
            about: Further facts for whoever opens the file, such as the case and the suite.
        """
        if self._secret.key is None:
            return
        content = _bytes_of(key, stored, about)
        reference = stored.reference.to_bytes() if stored.reference else b""
        path = self.path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # The seal first: records without theirs would look like somebody else's.
            with atomic(path.with_suffix(SEAL)) as temporary:
                temporary.write_bytes(self._secret.seal(key, content, reference) + reference)
            with atomic(path) as temporary:
                temporary.write_bytes(content)
        except OSError as error:
            self.problem = f"{self._folder}: the cache cannot be written: {error.strerror}"

    def discard(self, model: str, suite: str) -> int:
        """Remove all records of a model or a suite, whatever their key, and return how many there were.

        Only what carries the seal of this machine is looked into: nothing else is ever believed, so it may stay.
        """
        count = 0
        for path in files_of(self._folder, RECORDS):
            sealed = self._sealed(path)
            about = {} if sealed is None else _about_of(sealed[0])
            if about.get("model") == model or about.get("suite") == suite:
                remove(path)
                count += 1
        return count

    def _sealed(self, path: Path) -> tuple[bytes, bytes] | None:
        """Return the bytes of records and of what is looked at live; ``None`` without the seal over both and their key."""
        try:
            sealed = read_regular(path.with_suffix(SEAL))
            content = read_regular(path)
        except OSError:
            return None
        seal, reference = sealed[:BYTES], sealed[BYTES:]
        return (content, reference) if self._secret.holds(seal, path.stem, content, reference) else None


def export(
    key: str,
    stored: Stored,
    about: Mapping[str, Any],
    target: Path,
    beside: Mapping[str, NDArray[np.generic]] | None = None,
) -> str:
    """Write records to a report's folder, whole or not at all, and return the sha256 of what was written.

    Args:
        key: Their name in the store.
        stored: What was believed, not what lies in the store by now.
        about: Facts for whoever opens the file.
        target: Where to.
        beside: Columns that are added, in the order of the rows.

    Raises:
        OSError: The file cannot be written.
    """
    # How long it took is in the result; without it two workers that look at the same case write the same file.
    content = _bytes_of(key, stored, about, beside or {}, without=("seconds",))
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic(target) as temporary:
        temporary.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def files_of(folder: Path, suffix: str) -> list[Path]:
    """Return the files in a folder of records that may be a store's: regular ones named by a key.

    Whatever else lies there, or behind a link, belongs to somebody else: it is neither opened nor removed.

    Args:
        folder: The store's folder; nothing is returned where it is none.
        suffix: ``RECORDS`` or ``SEAL``.
    """
    return [path for path in folder.glob(f"*/*{suffix}") if _KEY.fullmatch(path.stem) and _is_own(path)]


def remove(path: Path) -> bool:
    """Remove the records at a path with their seal, and return whether they are gone; another process may have been first."""
    for each in (path, path.with_suffix(SEAL)):
        with contextlib.suppress(OSError):
            each.unlink()
    return not os.path.lexists(path)


def _is_own(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode) and not path.parent.is_symlink()
    except OSError:
        return False


def _read(content: bytes, reference: bytes, key: str) -> Stored | None:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(io.BytesIO(content), page_checksum_verification=True)
        about = _about_of(content)
        if about.get("key") != key or about.get("rows") != table.num_rows:
            return None
        columns = {name: table.column(name).to_numpy() for name in table.column_names}
        batch = ReferenceBatch.of_bytes(reference) if reference else None
        return replace(stored_of(columns, about), reference=batch, about=about)
    except (OSError, KeyError, ValueError, pyarrow.ArrowException):
        return None


def stored_of(columns: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> Stored:
    """Return what the columns and the facts of a file of records say, without what is looked at live.

    Args:
        columns: Of its table, by name.
        about: Its facts, as ``Store.save`` and ``export`` write them.

    Raises:
        KeyError, TypeError, ValueError: The file was not written so.
    """
    texts = {name: columns[name].astype(np.str_) for name in ("id", "pixels")}
    return Stored(
        Records.of({**columns, **texts}),
        tuple((name, reason) for name, reason in about["unreadable"]),
        about["seconds"],
        about["forwards"],
        tuple(about["notes"]),
        tuple((name, held, detail) for name, held, detail in about["sanity"]),
        about["backwards"],
    )


def _about_of(content: bytes) -> Mapping[str, Any]:
    """Return the facts that records carry; nothing where they cannot be read."""
    import pyarrow
    import pyarrow.parquet

    try:
        metadata = pyarrow.parquet.read_schema(io.BytesIO(content)).metadata or {}
        about = json.loads(metadata[_ABOUT])
    except (OSError, KeyError, ValueError, RecursionError, pyarrow.ArrowException):
        return {}
    return about if isinstance(about, dict) else {}


def _bytes_of(
    key: str,
    stored: Stored,
    about: Mapping[str, Any],
    beside: Mapping[str, NDArray[np.generic]] | None = None,
    *,
    without: Sequence[str] = (),
) -> bytes:
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
    facts = {name: value for name, value in facts.items() if name not in without}
    table = pyarrow.table({**stored.records.columns(), **(beside or {})})
    table = table.replace_schema_metadata({_ABOUT: json.dumps(facts).encode()})
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink, compression="zstd", write_page_checksum=True)
    content: bytes = sink.getvalue().to_pybytes()
    return content
