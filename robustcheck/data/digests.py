"""sha256 of files, remembered by path, size, times and inode, so that a second run costs a stat."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from robustcheck.data.remembered import AT_ONCE, Remembered
from robustcheck.regular_files import open_regular

__all__ = ["AT_ONCE", "FileDigests"]


class FileDigests:
    """Digests that several processes and threads may look up and remember at once.

    Remembering is an optimisation only: where it is not possible, digests are computed.
    """

    def __init__(self, path: Path) -> None:
        """Use a file, which is made when needed."""
        self._remembered = Remembered(path)

    def of(self, path: Path) -> str:
        """Return the sha256 of a file's bytes, in hexadecimal.

        Raises:
            OSError: The file cannot be read.
        """
        found = path.stat()
        name = os.fsencode(path.absolute()).hex()
        # The change time cannot be set, so a file that was rewritten and dated back is seen.
        state = f"{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}:{found.st_ino} ".encode()
        known = self._remembered.get(name)
        if known and known.startswith(state):
            return known.removeprefix(state).decode()
        with open_regular(path) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._remembered.put(name, state + digest.encode())
        return digest

    def keep(self) -> None:
        """Write down what was computed and let go of the database."""
        self._remembered.keep()
