"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from robustcheck.core.errors import RobustcheckError

ABANDONED = 3600.0
"""Seconds after which a temporary file cannot belong to a run that still lives."""


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
