"""Code of the project runs from its source as it was read, never from bytecode that lies beside it, and its digest is that source's.

Python believes a ``.pyc`` by the time and size of the source that stand in it, or, if it says so itself, without any look at the
source. One that came with a change would run, while the source that is reviewed, hashed and signed did not.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

INSTALLED: Final = frozenset({"site-packages", "dist-packages"})
"""Folders whose files belong to distributions."""

_OURS: Final = os.path.dirname(os.path.realpath(__file__))
_EXECUTED: Final[dict[str, str]] = {}


def watch_imports(root: Path) -> None:
    """From now on, import the modules below a folder from their source alone, and remember the digest of what was run.

    Args:
        root: The project's root. What is installed in an environment below it stays as it is.
    """
    home = os.path.realpath(root)
    watching = next((finder for finder in sys.meta_path if isinstance(finder, _SourceFinder)), None)
    if watching is None:
        watching = _SourceFinder()
        places = [place for place, finder in enumerate(sys.meta_path) if finder is PathFinder]
        sys.meta_path.insert(places[0] if places else len(sys.meta_path), watching)
    watching.homes.add(home)


def executed_digest(path: Path) -> str | None:
    """Return the sha256 of the source that was run for a file, in hexadecimal; ``None`` where it was not imported under watch."""
    return _EXECUTED.get(os.path.realpath(path))


class _SourceFinder(MetaPathFinder):
    """Stands before Python's own finder of files, and finds the same."""

    def __init__(self) -> None:
        self.homes: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader and self._watches(spec.loader.path):
            spec.loader = _SourceLoader(fullname, spec.loader.path)
            spec.cached = None
        return spec

    def _watches(self, path: str) -> bool:
        real = os.path.realpath(path)
        inside = any(_lies_in(real, home) for home in self.homes)
        return inside and not _lies_in(real, _OURS) and INSTALLED.isdisjoint(Path(real).parts)


def _lies_in(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


class _SourceLoader(SourceFileLoader):
    """Compiles what it reads, whatever bytecode lies beside it, and writes none."""

    def get_code(self, fullname: str) -> CodeType | None:
        content = self.get_data(self.path)
        code: CodeType = self.source_to_code(content, self.path)
        _EXECUTED[os.path.realpath(self.path)] = hashlib.sha256(content).hexdigest()
        return code
