"""Whether a file was made by a training, or lay there before it began."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from robustcheck.core.checksums import sha256_of
from robustcheck.core.errors import RobustcheckError
from robustcheck.core.regular_files import check_regular

ONLY_MADE: Final = "a record is of what the training made"
COARSE: Final = 2 * 10**9
"""Nanoseconds by which the time of a file may lie before the clock's, as the coarsest file systems have it."""


@dataclass(frozen=True, slots=True)
class State:
    """What tells whether a file was written.

    Attributes:
        inode: Device and inode.
        written: When its content was last changed, in nanoseconds; a person can set it.
        digest: The sha256 of its content.
    """

    inode: tuple[int, int]
    written: int
    digest: str


@dataclass(frozen=True, slots=True)
class Before:
    """What lay where the outputs of a training are to be, before it began.

    Attributes:
        began: Nanoseconds of the clock when the training began.
        states: Of each file that was there.
    """

    began: int
    states: dict[Path, State]

    @classmethod
    def now(cls, outputs: Sequence[Path]) -> Before:
        """Look at what is there.

        Args:
            outputs: Files or folders that the training is to make.

        Raises:
            OSError: One of them cannot be read.
        """
        files = [file for path in outputs for file in _files(path) if file.is_file()]
        states = {file.absolute(): _state(file) for file in files}
        return cls(time.time_ns(), states)

    def check(self, path: Path) -> None:
        """Demand that a file, or every file of a folder, was written since.

        Raises:
            RobustcheckError: One was not, or a link stands in its place.
            OSError: It cannot be read.
        """
        if path.is_symlink():
            raise RobustcheckError(
                f"{path}: this is a link to {path.resolve()}, which may lead elsewhere later; name the file itself"
            )
        for file in _files(path):
            check_regular(file)
            known, found = self.states.get(file.absolute()), file.stat()
            if known and known.inode == (found.st_dev, found.st_ino):
                if known.written == found.st_mtime_ns:
                    raise RobustcheckError(
                        f"{file}: this file lay here before the training began, which did not write it; {ONLY_MADE}"
                    )
                if known.digest == sha256_of(file):
                    raise RobustcheckError(
                        f"{file}: this file has the content that it had before the training, so nothing shows that it was "
                        "written; take it away and train again"
                    )
            if min(found.st_mtime_ns, found.st_ctime_ns) < self.began - COARSE:
                raise RobustcheckError(
                    f"{file}: this file is older than the training, so something else made it; {ONLY_MADE}"
                )


def _files(path: Path) -> Iterator[Path]:
    """Yield a file, or all files below a folder, links to files among them."""
    if not path.is_dir():
        yield path
        return
    for place, _, names in os.walk(path):
        yield from (Path(place, name) for name in sorted(names))


def _state(path: Path) -> State:
    found = path.stat()
    return State((found.st_dev, found.st_ino), found.st_mtime_ns, sha256_of(path))
