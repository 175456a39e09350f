"""What a run has read: each file with the digest of the very bytes that were used, and the first digest of each picture.

A digest that stands in a result or a signature comes from here, never from a second look at a path: the file could have been
replaced in between. At the end every file is hashed again from its bytes, so that a result is never of files that lie there no more.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from robustcheck.core import progress
from robustcheck.core.checksums import digest_of
from robustcheck.core.errors import RobustcheckError
from robustcheck.core.paths import resolved

Note = Callable[[Path, bytes], None]
"""Is told of a file that was read, with all its bytes."""

NOT_ATTESTED: Final = frozenset({"suite", "manifest"})
"""Roles of files of which a result has the meaning as a digest: ``suite.digest`` and ``data.digest``."""


def ignore(path: Path, content: bytes) -> None:
    """Note nothing: for whoever reads a file without running anything."""


@dataclass(frozen=True, slots=True, order=True)
class ReadFile:
    """One file or folder as it was read.

    Attributes:
        role: ``configuration``, ``suite``, ``weights``, ``baseline``, ``training``, ``trusted_key``, ``card``, ``overlay``,
            ``approvals``, ``reference``, ``code`` or ``manifest``.
        path: Where it lies, absolute.
        digest: Of its bytes, in hexadecimal.
        algorithm: ``sha256`` of a file, ``dirHash`` of a folder.
    """

    role: str
    path: str
    digest: str
    algorithm: str = "sha256"

    def name(self, root: Path) -> str:
        """Return its path from the project's root, or its name alone where it lies elsewhere."""
        return name_in_project(Path(self.path), root)


def name_in_project(path: Path, root: Path) -> str:
    """Return the path of a file from the project's root, or its name alone where it lies elsewhere.

    The one name that a run, its signature and their checks have for a file, also where a link leads to the root: some paths
    are then written with the link and some without. A file that is a link itself keeps its own name.

    Args:
        path: The file or folder, absolute.
        root: The project's root, absolute.
    """
    home = resolved(root)
    for candidate, folder in ((path, root), (path, home), (resolved(path.parent) / path.name, home)):
        if candidate.is_relative_to(folder):
            return candidate.relative_to(folder).as_posix()
    return path.name


class ReadFiles:
    """All that one session has read; threads may add at once.

    Attributes:
        pictures: First digest of each picture, by data set and sample.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._files: set[tuple[str, ReadFile]] = set()
        self._lock = threading.Lock()
        self.pictures: dict[tuple[str, str], str] = {}

    def add(self, role: str, path: Path, digest: str, *, algorithm: str = "sha256", suite: str = "") -> None:
        """Keep the digest of what was read.

        Args:
            role: See ``ReadFile``.
            path: Of the file or folder.
            digest: Of the bytes that were used.
            algorithm: ``sha256`` or ``dirHash``.
            suite: Path of the suite it was read for; empty if for all.
        """
        with self._lock:
            self._files.add((suite, ReadFile(role, str(path.absolute()), digest, algorithm)))

    def noting(self, role: str, *, suite: str = "") -> Note:
        """Return what a reader tells of the bytes that it read."""

        def note(path: Path, content: bytes) -> None:
            self.add(role, path, hashlib.sha256(content).hexdigest(), suite=suite)

        return note

    def of(self, suite: str) -> tuple[ReadFile, ...]:
        """Return what was read for a suite and for all suites, sorted by role and name."""
        with self._lock:
            files = [file for owner, file in self._files if owner in ("", suite)]
        return tuple(sorted(set(files)))


def inputs_json(files: Iterable[ReadFile], root: Path) -> list[dict[str, str]]:
    """Return the ``inputs`` of a result: the files that it must name, as JSON values."""
    return [
        {"role": file.role, "name": file.name(root), "digest": file.digest, "algorithm": file.algorithm}
        for file in files
        if file.role not in NOT_ATTESTED
    ]


def changes(files: Iterable[ReadFile], root: Path) -> Iterator[str]:
    """Hash every file again and say which are no longer what was read.

    Neither size nor time is proof, so each is read from its first to its last byte.
    """
    digests: dict[tuple[str, str], set[str]] = {}
    for file in files:
        digests.setdefault((file.path, file.algorithm), set()).add(file.digest)
    names = {file.path: file for file in files}
    for (path, _), before in progress.counted(
        digests.items(), "digests of the inputs", unit="files", total=len(digests)
    ):
        file = names[path]
        what = f"the {file.role.replace('_', ' ')} {file.name(root)}"
        if len(before) > 1:
            yield (
                f"{what} was read {len(before)} times and had other contents each time: {_short(*sorted(before))}; "
                "leave it alone during a run, and run again"
            )
            continue
        (digest,) = before
        try:
            now = digest_of(Path(path))
        except (OSError, RobustcheckError) as error:
            reason = str(getattr(error, "strerror", None) or error).replace(f"{root}{os.sep}", "")
            yield f"{what} cannot be read any more, though this run rests on it: {reason}; put it back, and run again"
            continue
        if now != digest:
            yield (
                f"{what} was changed during the run, which used {_short(digest)} and not {_short(now)} as it lies here now; "
                "run again"
            )


def _short(*digests: str) -> str:
    return " and ".join(digest[:12] for digest in digests)
