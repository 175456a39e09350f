"""The folder of a report before a run: whether it can be written, and without what an earlier run left in it.

A run that dies midway must leave no report, rather than yesterday's in the place of its own.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from robustcheck.core.errors import RobustcheckError
from robustcheck.domain.result import RESULT_FILE

PAGE: Final = "index.html"
"""Name of the page in the folder of a report."""
SIGNED: Final = "attestations/*.json"
"""What was signed of an earlier run; see ``robustcheck.provenance.signing.attestation``."""
ROOM: Final = 1 << 16
"""Bytes that must fit onto the disk for a run to begin."""


def check_report(folder: Path) -> None:
    """Look whether a report could be written, and change nothing.

    Args:
        folder: The report's, which need not exist.

    Raises:
        RobustcheckError: It is no folder, or a folder stands where a file of the report would.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        kind = "a link that leads to no folder" if folder.is_symlink() else "no folder"
        raise RobustcheckError(f"{folder}: the report cannot be written: this is {kind}; name another folder")
    above = next((parent for parent in folder.parents if os.path.lexists(parent)), folder)
    if not above.is_dir():
        raise RobustcheckError(f"{folder}: the report cannot be written: {above} is no folder; name another folder")
    for name in (RESULT_FILE, PAGE):
        if (folder / name).is_dir() and not (folder / name).is_symlink():
            raise RobustcheckError(
                f"{folder / name}: the report cannot be written: a folder is in its place; move it away"
            )


def forget_report(folder: Path) -> None:
    """Take away what an earlier run left in the folder of a report.

    Raises:
        RobustcheckError: It cannot be taken away.
    """
    try:
        for path in (folder / RESULT_FILE, folder / PAGE, *folder.glob(SIGNED)):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise RobustcheckError(f"{folder}: an earlier report cannot be taken away: {error.strerror}") from None


def begin_report(folder: Path) -> None:
    """Make the folder of a report, take away what an earlier run left, and look whether there is room for a report.

    Args:
        folder: The report's.

    Raises:
        RobustcheckError: It cannot be written.
    """
    check_report(folder)
    forget_report(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(ROOM))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise RobustcheckError(f"{folder}: the report cannot be written: {error.strerror}") from None
