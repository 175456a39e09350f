"""sha256 of files, remembered by path, size, times and inode, so that a second run costs a stat."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Answer = TypeVar("Answer")
SECONDS_TO_WAIT = 30.0
AT_ONCE = 500
"""Digests that are written in one short transaction, so that no process waits long for another."""


class FileDigests:
    """A small database of digests that several processes and threads may use at once.

    It is an optimisation only: where it cannot be read or written, digests are computed.
    """

    def __init__(self, path: Path) -> None:
        """Use a file, which is made when needed."""
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._usable = True
        self._fresh: dict[bytes, tuple[str, str]] = {}

    def of(self, path: Path) -> str:
        """Return the sha256 of a file's bytes, in hexadecimal.

        Raises:
            OSError: The file cannot be read.
        """
        found = path.stat()
        name = os.fsencode(path.absolute())
        # The change time cannot be set, so a file that was rewritten and dated back is seen.
        state = f"{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}:{found.st_ino}"
        known = self._recall(name, state)
        if known:
            return known
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._remember(name, state, digest)
        return digest

    def keep(self) -> None:
        """Write down what was computed and let go of the database."""
        with self._lock:
            self._write()
            self._close()

    def _recall(self, name: bytes, state: str) -> str | None:
        def look(database: sqlite3.Connection) -> str | None:
            row = database.execute("SELECT sha256 FROM files WHERE path=? AND state=?", (name, state)).fetchone()
            return str(row[0]) if row else None

        with self._lock:
            fresh = self._fresh.get(name)
            if fresh:
                return fresh[1] if fresh[0] == state else None
            return self._ask(look)

    def _remember(self, name: bytes, state: str, digest: str) -> None:
        with self._lock:
            self._fresh[name] = (state, digest)
            if len(self._fresh) >= AT_ONCE:
                self._write()

    def _write(self) -> None:
        """Add what is fresh."""
        rows = [(name, *fact) for name, fact in self._fresh.items()]

        def add(database: sqlite3.Connection) -> None:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", rows)
            database.execute("COMMIT")

        if rows:
            self._ask(add)
        self._fresh.clear()

    def _ask(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer | None:
        """Do something with the database: begin anew where it is damaged, do without where it cannot be used."""
        for attempt in (1, 2):
            if not self._usable:
                break
            try:
                if self._connection is None:
                    self._connection = self._open()
                return work(self._connection)
            except (OSError, sqlite3.Error) as error:
                self._close()
                self._usable = attempt == 1 and _is_damage(error) and self._discard()
        return None

    def _close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _discard(self) -> bool:
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Without isolation level a look-up leaves no transaction open that would keep writers waiting.
        opened = sqlite3.connect(self._path, timeout=SECONDS_TO_WAIT, isolation_level=None, check_same_thread=False)
        weakref.finalize(self, opened.close)
        opened.execute("CREATE TABLE IF NOT EXISTS files (path BLOB PRIMARY KEY, state TEXT, sha256 TEXT)")
        return opened


def _is_damage(error: Exception) -> bool:
    """Whether a database is no database, is broken, or has another layout, so that it is of no use to anybody."""
    broken = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
    return isinstance(error, sqlite3.Error) and (
        getattr(error, "sqlite_errorcode", 0) & 0xFF in broken or "no such column" in str(error)
    )
