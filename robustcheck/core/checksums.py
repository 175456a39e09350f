"""Digests of files, folders and sets of pictures: what makes two of them the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.regular_files import sha256_of_regular


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hexadecimal; the file is never held in memory.

    Raises:
        OSError: It cannot be read.
    """
    return sha256_of_regular(path)


def digest_of(path: Path, of: Callable[[Path], str] = sha256_of) -> str:
    """Return the sha256 of a file, or the ``dirHash`` of a folder as in-toto's digest sets have it.

    ``dirHash`` is the sha256 over the lines ``<sha256>  <name>`` of all files, sorted by name, so that renaming one changes it.

    Args:
        path: A file or folder.
        of: How a file's sha256 is found, such as through a cache.

    Raises:
        OSError: Something cannot be read, or a folder has no file.
        RobustcheckError: A folder holds what the digest could not tell: a link that leads out of it or to a folder, a name
            with a line break, or what is neither file nor folder.
    """
    if not path.is_dir():
        return of(path)
    names = [(os.fsencode(found.relative_to(path).as_posix()), found) for found in _files(path)]
    if not names:
        raise FileNotFoundError(2, "there is no file in this folder", str(path))
    digest = hashlib.sha256()
    for name, found in sorted(names):
        digest.update(b"%b  %b\n" % (of(found).encode(), name))
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    """Yield every file in a folder; nothing in it stays unseen, since what no digest covers could be changed."""

    def fail(error: OSError) -> None:
        raise error

    home = folder.resolve()
    for place, folders, files in os.walk(folder, onerror=fail):
        for found in (Path(place, name) for name in (*folders, *files)):
            told = found.relative_to(folder).as_posix()
            if found.is_symlink() and not _stays(found, home):
                raise RobustcheckError(
                    f"{found}: this is a link that leads out of {folder.name}; put what it leads to in its place"
                )
            if found.is_dir() and not found.is_symlink():
                continue
            if not found.is_file():
                raise RobustcheckError(f"{found}: this is no file, or a link to none; take it out of {folder.name}")
            if "\n" in told:
                raise RobustcheckError(
                    f"{folder}: the name {told!a} has a line break, so it has no digest; rename the file"
                )
            yield found


def _stays(link: Path, home: Path) -> bool:
    try:
        return link.resolve().is_relative_to(home)
    except (OSError, RuntimeError):
        return False  # it leads to itself


def algorithm_of(path: Path) -> str:
    """Return the name that in-toto has for the digest of a file or folder."""
    return "dirHash" if path.is_dir() else "sha256"


def digest_set(path: Path) -> dict[str, str]:
    """Return the digest of a file or folder by the name of its algorithm, for a resource descriptor.

    Raises:
        OSError: It cannot be read, or is a folder without a file.
        RobustcheckError: A link leads out of the folder.
    """
    return {algorithm_of(path): digest_of(path)}


def digest_of_set(pictures: Iterable[tuple[str, str, str]]) -> str:
    """Return the sha256 over the sorted (id, content, label) of pictures, in hexadecimal.

    Args:
        pictures: Id, sha256 of the content, and label of each.
    """
    digest = hashlib.sha256()
    for line in sorted(f"{name}\x00{content}\x00{label}\n" for name, content, label in pictures):
        digest.update(line.encode())
    return digest.hexdigest()
