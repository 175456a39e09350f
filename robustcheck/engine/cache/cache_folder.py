"""The folder of cached records as a thing to live with: how large it is, and which records make way for others."""

from __future__ import annotations

import contextlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from robustcheck.core.errors import RobustcheckError
from robustcheck.engine.cache.record_files import RECORDS, SEAL, files_of, remove

FOLDER: Final = Path(".robustcheck", "cache")
MOST: Final = 2**63 - 1
"""Bytes of the largest size that is taken, as file systems have it."""
LONGEST: Final = 40
"""Characters of a wrong size that a message repeats."""
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
    for path in files_of(root / FOLDER, RECORDS):
        with contextlib.suppress(OSError):  # another process removed it
            known = path.stat()
            seal = path.with_suffix(SEAL)
            sealed = seal.is_file()
            size = known.st_size + (seal.stat().st_size if sealed else 0)
            found.append(CachedRecords(known.st_mtime, path, size, sealed))
    return sorted(found)


def other_files(root: Path) -> int:
    """Return how many files in the cache of a project no store wrote; they are neither opened nor removed."""
    folder = root / FOLDER
    known = {*files_of(folder, RECORDS), *files_of(folder, SEAL), *folder.glob("*/.*.tmp")}
    return sum(path not in known for path in folder.glob("*/*"))


def folder_problem(root: Path) -> str:
    """Return why a project cannot have a cache where it should lie; empty where it can."""
    for folder in (FOLDER.parent, FOLDER):
        path = root / folder
        if os.path.lexists(path) and not path.is_dir():
            what = "a link that leads to no folder" if path.is_symlink() else "no folder"
            return f"{folder.as_posix()} is {what}, so no records can be kept; remove it, and a folder is made"
    return ""


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
        if records.used < since and remove(records.path):
            total -= records.size
            removed.append(records)
    return removed


def clear(root: Path) -> list[CachedRecords]:
    """Remove all cached records of a project and return what was removed."""
    removed = [records for records in cached_records(root) if remove(records.path)]
    for seal in files_of(root / FOLDER, SEAL):
        with contextlib.suppress(OSError):
            if not seal.with_suffix(RECORDS).exists():
                seal.unlink()
    return removed


def bytes_of(text: str) -> int:
    """Return the number of bytes of a size such as ``500MB``, ``2 GiB`` or ``0``.

    Raises:
        RobustcheckError: It is none.
    """
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(i?)b?\s*", text, re.IGNORECASE)
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    if not match or (match[3] and not match[2]):
        raise RobustcheckError(f"{shown}: a size such as 500MB or 2GiB is needed")
    number, prefix, binary = match.groups()
    power = "kmgt".index(prefix.lower()) + 1 if prefix else 0
    size = float(number) * (1024 if binary else 1000) ** power
    if size > MOST:
        raise RobustcheckError(f"{shown}: this is more than {MOST:,} bytes; a size such as 500MB or 2GiB is needed")
    return int(size)


def size_text(size: int) -> str:
    """Return a number of bytes as a person reads it: ``1.5 GB``."""
    for unit, power in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= power:
            return f"{size / power:.1f} {unit}"
    return f"{size} bytes"
