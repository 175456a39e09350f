"""Code of the project runs from its source as it was read, never from bytecode that lies beside it, and its digest is that source's.

Python believes a ``.pyc`` by the time and size of the source that stand in it, or, if it says so itself, without any look at the
source. One that came with a change would run, while the source that is reviewed, hashed and signed did not.
"""

from __future__ import annotations

import functools
import hashlib
import os
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Final

_OURS: Final = os.path.dirname(os.path.realpath(__file__))
_HOMES: Final[set[str]] = set()
_EXECUTED: Final[dict[str, str]] = {}
_python_get_code = SourceFileLoader.get_code


def watch_imports(root: Path) -> None:
    """From now on, run the modules below a folder from their source alone, and remember the digest of what was run.

    Whatever finds a module, it is Python's loader of source files that runs it, so that is what is watched.

    Args:
        root: The project's root. What is installed in a virtual environment below it stays as it is.
    """
    _HOMES.update((os.path.abspath(root), os.path.realpath(root)))
    SourceFileLoader.get_code = _get_code  # type: ignore[method-assign, assignment]


def executed_digest(path: Path) -> str | None:
    """Return the sha256 of the source that was run for a file, in hexadecimal; ``None`` where it was not imported under watch."""
    return _EXECUTED.get(_key(path))


def executed_files() -> tuple[str, ...]:
    """Return the files of all modules that were run under watch, absolute, whether anything names them still or not."""
    return tuple(_EXECUTED)


def _get_code(loader: SourceFileLoader, fullname: str) -> CodeType | None:
    """Compile what is read, whatever bytecode lies beside it, and write none."""
    path = loader.get_filename(fullname)
    if not _watches(path):
        return _python_get_code(loader, fullname)
    content = loader.get_data(path)
    code: CodeType = loader.source_to_code(content, path)
    _EXECUTED[_key(path)] = hashlib.sha256(content).hexdigest()
    return code


def _watches(path: str) -> bool:
    """Whether a file is the project's, as it is named or as its links lead to it."""
    names = {os.path.abspath(path), os.path.realpath(path)}
    if any(_lies_in(name, _OURS) for name in names):
        return False
    return any(map(is_the_projects, names))


def is_the_projects(path: str) -> bool:
    """Whether a path lies in a project that is watched, and not in a virtual environment there."""
    return any(_lies_in(path, home) and not _is_environment(os.path.dirname(path), home) for home in _HOMES)


def _key(path: str | Path) -> str:
    """Return how a file is called here: a link by its own name, in the folder that its folder's links lead to."""
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(folder), name)


@functools.cache
def _is_environment(folder: str, home: str) -> bool:
    """Whether a folder lies in a virtual environment below the project."""
    places = [place for place in (Path(folder), *Path(folder).parents) if _lies_in(str(place), home)]
    return any((place / "pyvenv.cfg").is_file() or (place / "conda-meta").is_dir() for place in places)


def _lies_in(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)
