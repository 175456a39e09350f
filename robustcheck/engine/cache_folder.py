"""The folder of cached records as a thing to live with: how large it is, and which records make way for others."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from robustcheck.engine.store import RECORDS, SEAL, remove
from robustcheck.errors import RobustcheckError

FOLDER: Final = Path(".robustcheck", "cache")
SESSION: Final = time.time() - 60
"""About when this session began, of which this process may be one worker: what was used since is not removed by it."""


@dataclass(frozen=True, slots=True, order=True)
class CachedRecords:
    """The records of one case on disk.

    Attributes:
        used: When they were last used, in seconds since 1970.
        path: Of the records; their seal lies beside them.
        size: Bytes of both.
        sealed: Whether there is a seal; whose it is shows when they are used.
    """

    used: float
    path: Path
    size: int
    sealed: bool


def cached_records(root: Path) -> list[CachedRecords]:
    """Return all records in the cache of a project, those that were not used for the longest time first."""
    found = []
    for path in (root / FOLDER).glob(f"*/*{RECORDS}"):
        with contextlib.suppress(OSError):  # another process removed it
            known = path.stat()
            seal = path.with_suffix(SEAL)
            sealed = seal.is_file()
            size = known.st_size + (seal.stat().st_size if sealed else 0)
            found.append(CachedRecords(known.st_mtime, path, size, sealed))
    return sorted(found)


def prune(root: Path, limit: int, *, since: float = SESSION) -> list[CachedRecords]:
    """Remove the records that were not used for the longest time until the rest fits.

    Several processes may do so at once: who finds nothing to remove was the second.

    Args:
        root: The project's root.
        limit: Bytes that may stay.
        since: Records used at or after this time stay, though they be too large.

    Returns:
        What was removed.
    """
    every = cached_records(root)
    total = sum(records.size for records in every)
    removed = []
    for records in every:
        if total <= limit:
            break
        if records.used < since:
            remove(records.path)
            total -= records.size
            removed.append(records)
    return removed


def clear(root: Path) -> list[CachedRecords]:
    """Remove all cached records of a project and return what they were."""
    every = cached_records(root)
    for records in every:
        remove(records.path)
    for seal in (root / FOLDER).glob(f"*/*{SEAL}"):
        with contextlib.suppress(OSError):
            seal.unlink()
    return every


def bytes_of(text: str) -> int:
    """Return the number of bytes of a size such as ``500MB``, ``2 GiB`` or ``0``.

    Raises:
        RobustcheckError: It is none.
    """
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(i?)b?\s*", text, re.IGNORECASE)
    if not match or (match[3] and not match[2]):
        raise RobustcheckError(f"{text}: a size such as 500MB or 2GiB is needed")
    number, prefix, binary = match.groups()
    power = "kmgt".index(prefix.lower()) + 1 if prefix else 0
    return int(float(number) * (1024 if binary else 1000) ** power)


def size_text(size: int) -> str:
    """Return a number of bytes as a person reads it: ``1.5 GB``."""
    for unit, power in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= power:
            return f"{size / power:.1f} {unit}"
    return f"{size} bytes"
