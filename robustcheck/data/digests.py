"""sha256 of files, remembered by path, size, time and inode, so that a second run costs a stat."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from pathlib import Path

SECONDS_TO_WAIT = 30.0


class FileDigests:
    """A small database of digests that several processes may use at once."""

    def __init__(self, path: Path) -> None:
        """Use a file, which is made when needed; without it (a read-only disk, say) digests are computed."""
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._fresh = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = self._open()
        except (OSError, sqlite3.Error):
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=SECONDS_TO_WAIT, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, state TEXT, sha256 TEXT)")
        connection.commit()
        return connection

    def of(self, path: Path) -> str:
        """Return the sha256 of a file's bytes, in hexadecimal.

        Raises:
            OSError: The file cannot be read.
        """
        found = path.stat()
        name, state = os.fspath(path.absolute()), f"{found.st_size}:{found.st_mtime_ns}:{found.st_ino}"
        known = self._known(name, state)
        if known:
            return known
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._remember(name, state, digest)
        return digest

    def _known(self, name: str, state: str) -> str | None:
        if self._connection is None:
            return None
        with self._lock:
            try:
                row = self._connection.execute("SELECT sha256 FROM files WHERE path=? AND state=?", (name, state))
                found = row.fetchone()
            except sqlite3.Error:
                return None
        return str(found[0]) if found else None

    def _remember(self, name: str, state: str, digest: str) -> None:
        if self._connection is None:
            return
        with self._lock:
            try:
                self._connection.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (name, state, digest))
                self._fresh += 1
                if self._fresh % 1000 == 0:
                    self._connection.commit()
            except sqlite3.Error:
                self._connection = None

    def keep(self) -> None:
        """Write down what was computed and let go of the database."""
        if self._connection is None:
            return
        with self._lock:
            try:
                self._connection.commit()
            except sqlite3.Error:
                self._connection = None
