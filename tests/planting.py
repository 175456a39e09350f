"""Code to plant in files: each leaves a folder behind where it runs."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Members = dict[str, bytes]


class Planted:
    """An object that makes a folder when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
        return os.mkdir, (str(self.mark),)


def call(mark: Path) -> str:
    """Return a Python expression that makes a folder when it is evaluated."""
    return f"__import__('os').mkdir({str(mark)!r})"


def pickled(mark: Path, beside: Any = None) -> bytes:
    """Return a pickle that makes a folder when it is read."""
    return pickle.dumps({"a": beside, "b": Planted(mark)}, protocol=2)


def members_of(path: Path) -> Members:
    """Return what an archive holds, in its order."""
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def write_members(path: Path, members: Mapping[str, bytes], packing: int = zipfile.ZIP_STORED) -> Path:
    """Write an archive and return its path."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", packing) as file:
        for name, value in members.items():
            file.writestr(name, value)
    path.write_bytes(content.getvalue())
    return path
