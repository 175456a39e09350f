"""Which files are suites."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from robustcheck.regular_files import NotRegularFile, open_regular

SUFFIXES: Final = (".yaml", ".yml")
_HEAD: Final = 65_536
_VERSION_KEY: Final = re.compile(
    rb"""(?:\A(?:\xef\xbb\xbf)?|[\r\n])["']?robustcheck["']?(?:[ \t]*:|[ \t]*\r?\n|[ \t]*\Z)"""
)
_ENTRIES: Final = ("models", "data")


def is_suite(path: Path) -> bool:
    """Whether a file says that it is a suite: ``robustcheck`` begins one of its first lines.

    The file is not parsed, so that a broken suite is found and its error told. The configuration files
    ``models.yaml`` and ``data.yaml``, which may begin with ``robustcheck: 1`` too, are no suites.
    """
    if path.suffix not in SUFFIXES:
        return False
    try:
        with open_regular(path) as stream:
            head = stream.read(_HEAD)
    except NotRegularFile:
        return True  # whoever reads it says what it is
    except OSError:
        return False
    if not _VERSION_KEY.search(head):
        return False
    beside = [path.with_name(name + suffix) for name in _ENTRIES for suffix in SUFFIXES]
    return not (path.stem in _ENTRIES and sum(other.is_file() for other in beside) >= len(_ENTRIES))


def find_suites(paths: Iterable[Path]) -> list[Path]:
    """Return the suites among files and under folders, sorted within each folder.

    A file that is named itself is returned whether it looks like a suite or not, so that its error is
    told. Folders whose names begin with a dot are not entered, and symbolic links to folders not followed.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        for folder, folders, files in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                candidate = Path(folder, name)
                if is_suite(candidate):
                    found[candidate] = None
    return list(found)
