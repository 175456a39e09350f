"""Bytes by key in one file: what was computed of pictures and files before, so that a second run computes nothing."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from robustcheck.core.cache_secret import Secret, project_of, secret_of
from robustcheck.core.regular_files import check_regular

Answer = TypeVar("Answer")
SECONDS_TO_WAIT: Final = 30.0
AT_ONCE: Final = 500
"""Values that are written in one short transaction, so that no process waits long for another."""
CHECK: Final = 16
"""Bytes of a seal under this machine's secret: what a broken disk or anybody else wrote is computed again, never believed."""

_DAMAGE: Final = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Remembered:
    """A small database of bytes by key that several processes and threads may use at once.

    It is an optimisation only: what cannot be read or written is computed, and a damaged file is begun anew. Each value carries a
    seal under the secret of this machine; without a secret nothing is read or written.
    """

    def __init__(self, path: Path) -> None:
        """Use a file, which is made when needed."""
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._usable = True
        self._fresh: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key, or ``None``."""

        def look(database: sqlite3.Connection) -> bytes | None:
            row = database.execute("SELECT value FROM facts WHERE key=?", (key,)).fetchone()
            return row[0] if row and isinstance(row[0], bytes) else None

        with self._lock:
            stored = self._fresh.get(key) or self._ask(look)
        value = stored[:-CHECK] if stored else b""
        return value if stored and self._sealed(key, value) == stored else None

    def put(self, key: str, value: bytes) -> None:
        """Keep bytes under a key."""
        with self._lock:
            self._fresh[key] = self._sealed(key, value)
            if len(self._fresh) >= AT_ONCE:
                self._write()

    def keep(self) -> None:
        """Write down what is new and let go of the database."""
        with self._lock:
            self._write()
            self._close()

    @functools.cached_property
    def _secret(self) -> Secret:
        return secret_of(project_of(self._path.parent))

    def _sealed(self, key: str, value: bytes) -> bytes:
        return value + (
            self._secret.seal("remembered", key.encode(), value)[:CHECK] if self._secret.key else bytes(CHECK)
        )

    def _write(self) -> None:
        rows = list(self._fresh.items())

        def add(database: sqlite3.Connection) -> None:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", rows)
            database.execute("COMMIT")

        if rows:
            self._ask(add)
        self._fresh.clear()

    def _ask(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer | None:
        for attempt in (1, 2):
            if not self._usable or not self._secret.key:
                break
            try:
                if self._connection is None:
                    self._connection = self._open()
                return work(self._connection)
            except (OSError, sqlite3.Error) as error:
                self._close()
                damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE
                self._usable = attempt == 1 and damaged and self._discard()
        return None

    def _close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _discard(self) -> bool:
        try:
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            check_regular(self._path)
        # Without isolation level a look-up leaves no transaction open that would keep writers waiting.
        opened = sqlite3.connect(self._path, timeout=SECONDS_TO_WAIT, isolation_level=None, check_same_thread=False)
        weakref.finalize(self, opened.close)
        with contextlib.suppress(sqlite3.OperationalError):  # another process is at it, or the file system has no WAL
            opened.execute("PRAGMA journal_mode=WAL")
        opened.execute("PRAGMA trusted_schema=OFF")  # a view in a file from elsewhere calls nothing
        opened.execute("PRAGMA synchronous=NORMAL")
        opened.execute("CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID")
        return opened
