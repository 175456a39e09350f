"""Digests of files and folders as in-toto's digest sets have them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hexadecimal; the file is never held in memory.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(path: Path, of: Callable[[Path], str] = sha256_of) -> str:
    """Return the sha256 of a file, or the ``dirHash`` of a folder; empty for a folder without a file.

    ``dirHash`` is the sha256 over the lines ``<sha256>  <name>`` of all files, sorted by name.

    Args:
        path: A file or folder.
        of: How a file's sha256 is found, such as through a cache.

    Raises:
        OSError: Something cannot be read.
    """
    if not path.is_dir():
        return of(path)
    files = sorted((file.relative_to(path).as_posix().encode(), file) for file in path.rglob("*") if file.is_file())
    digest = hashlib.sha256()
    for name, file in files:
        digest.update(b"%b  %b\n" % (of(file).encode(), name))
    return digest.hexdigest() if files else ""


def digest_set(path: Path) -> dict[str, str]:
    """Return the digest of a file or folder by the name of its algorithm, for a resource descriptor.

    Raises:
        OSError: It cannot be read, or is a folder without a file.
    """
    found = digest_of(path)
    if not found:
        raise FileNotFoundError(f"{path} has no file in it")
    return {"dirHash" if path.is_dir() else "sha256": found}
