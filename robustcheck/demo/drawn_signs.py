"""Where rendered scenes are kept between runs, and how they get there whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import DataError
from robustcheck.core.regular_files import read_regular, sha256_of_regular

VARIABLE = "ROBUSTCHECK_CACHE"
"""Environment variable that names the cache folder."""


def folder() -> Path:
    """Return the cache folder: ``$ROBUSTCHECK_CACHE``, or the user's own cache on this platform."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or _home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = _home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache")
    return base / "robustcheck"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise DataError(
            f"the demo's pictures are kept in the home folder, and there is none; set {VARIABLE} to a folder"
        ) from None


def read(name: str) -> tuple[NDArray[np.uint8], dict[str, Any]] | None:
    """Open a stored array, or return ``None`` when it is missing or is not what was written.

    Args:
        name: Of the entry; letters, digits and hyphens.

    Returns:
        The array as a read-only memory map, and the notes stored beside it.
    """
    pixels, notes = _paths(name)
    try:
        written = json.loads(read_regular(notes, 1 << 24))
        found = sha256_of_regular(pixels)
        if written["sha256"] != found:
            return None
        return np.load(pixels, mmap_mode="r", allow_pickle=False), written["notes"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(name: str, array: NDArray[np.uint8], notes: Mapping[str, Any]) -> None:
    """Store an array whole or not at all; safe when several processes store the same entry at once.

    The notes carry the digest of the array and are put in place last, so that whatever interrupts
    this, :func:`read` finds either a matching pair or nothing.

    Raises:
        DataError: The folder cannot be written to.
    """
    pixels, beside = _paths(name)
    try:
        pixels.parent.mkdir(parents=True, exist_ok=True)
        with _replacing(pixels) as partial:
            with partial.open("wb") as file:
                np.save(file, array, allow_pickle=False)
            with partial.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        with _replacing(beside) as partial:
            partial.write_text(json.dumps({"sha256": digest, "notes": dict(notes)}), "utf-8")
    except OSError as error:
        # On Windows a file that another process has mapped cannot be replaced; theirs is as good.
        if read(name) is None:
            raise DataError(
                f"the demo's pictures cannot be stored in {pixels.parent}: {error.strerror or error}; "
                f"make it writable or set {VARIABLE} to a folder that is"
            ) from error


def _paths(name: str) -> tuple[Path, Path]:
    base = folder() / "signs" / name
    return base.with_suffix(".npy"), base.with_suffix(".json")


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Give a name of its own to write to, and move the result into place when nothing went wrong."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.{uuid.uuid4().hex}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
