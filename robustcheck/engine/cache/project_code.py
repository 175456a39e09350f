"""The code that a run imported beside Python's own and what is installed: the files of a project, by their content."""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
import weakref
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

from robustcheck.core.errors import ModelError
from robustcheck.core.imports import INSTALLED
from robustcheck.core.project_imports import executed_digest, executed_files, is_the_projects
from robustcheck.core.read_files import ReadFiles
from robustcheck.core.regular_files import sha256_of_regular
from robustcheck.engine.cache.distributions import is_listed

OURS: Final = Path(__file__).resolve().parents[2]
ABSENT: Final = "absent"

_LOADED: weakref.WeakKeyDictionary[ModuleType, tuple[str, str]] = weakref.WeakKeyDictionary()
"""File and digest of each module as it was first seen in this process."""


@dataclass(frozen=True, slots=True)
class CodeFile:
    """A file of code that was imported.

    Attributes:
        name: Its path from the project's root with ``/``; absolute where it lies elsewhere.
        digest: sha256 of its bytes when it was first seen in this process, in hexadecimal; ``absent`` where it was gone.
        inside: Whether it lies in the project.
    """

    name: str
    digest: str
    inside: bool


def imported_files(root: Path, *, strict: bool = True) -> tuple[CodeFile, ...]:
    """Return the files of all modules imported so far that are neither Python's, nor installed, nor ours.

    An editable installation, which lies outside ``site-packages``, counts as files of the project, and so does a loose file in
    ``site-packages`` that no distribution lists.

    Args:
        root: The project's root.
        strict: Whether a file that was changed since is an error.

    Returns:
        Each file once, sorted by name. Files are read anew at every call.

    Raises:
        ModelError: A file of the project was changed after it was imported, so that what runs is not what lies there.
    """
    home = root.resolve()
    files: dict[str, CodeFile] = {}
    for module in list(sys.modules.values()):
        path = _file_of(module)
        if path is None:
            continue
        inside = path.is_relative_to(home)
        name = path.relative_to(home).as_posix() if inside else path.as_posix()
        digest = digest_of_file(path)
        # A link may have been put in its place since, which is not what was imported.
        name, loaded = _LOADED.setdefault(module, (name, executed_digest(path) or digest))
        if strict and inside and loaded != digest:
            raise ModelError(
                f"{name} was changed after it was imported: what would run is not what lies there; start again in a new process"
            )
        files.setdefault(name, CodeFile(name, loaded, inside))
    for path in map(Path, executed_files()):
        # Nothing need name a module any more that was run.
        if path.is_relative_to(home) and (name := path.relative_to(home).as_posix()) not in files:
            files[name] = CodeFile(name, executed_digest(path) or ABSENT, inside=True)
    return tuple(files[name] for name in sorted(files))


def note_code(files: ReadFiles, root: Path) -> None:
    """Add the files of the project that were imported by now to what a run has read, each as it was when it was imported.

    Args:
        files: What was read so far.
        root: The project's root.
    """
    for file in imported_files(root, strict=False):
        if file.inside and file.digest != ABSENT:
            files.add("code", root / file.name, file.digest)


def digest_of_file(path: Path) -> str:
    """Return the sha256 of a file of code; ``absent`` where there is none that can be read."""
    try:
        return sha256_of_regular(path)
    except OSError:
        return ABSENT


def changed_since(files: dict[str, str], root: Path) -> list[str]:
    """Return which of some files, by name from the root or absolute, do not have the digest beside them any more."""
    return [name for name, digest in files.items() if digest_of_file(root / name) != digest]


def _file_of(module: object) -> Path | None:
    """Return the file of a module of the project; ``None`` for any other module.

    A module that loads itself when it is asked for something is not asked: its file stands in its dictionary.
    """
    if not isinstance(module, ModuleType):
        return None
    file = vars(module).get("__file__")
    if not isinstance(file, str) or not file:
        return None
    folder, name = os.path.split(file)
    try:
        place = _place(folder, sys.executable)
        if place is None or (place.name in INSTALLED and not is_the_projects(file) and is_listed(place, name)):
            return None
        # A link is named as the project has it, whatever it leads to.
        return place / name
    except (OSError, RuntimeError, ValueError):
        return None


@functools.cache
def _place(folder: str, executable: str) -> Path | None:
    """Return the resolved folder of a module, or the archive that it lies in; ``None`` where it is not a project's."""
    path = Path(folder).resolve()
    if path.is_relative_to(OURS):
        return None
    for place in (path, *path.parents):
        if place.name in INSTALLED and not is_the_projects(str(place)):
            # Whole packages of a distribution are told apart by its RECORD.
            return None if place != path and is_listed(place, path.relative_to(place).parts[0]) else path
    if any(path.is_relative_to(python) for python in _python()) or path in _scripts(executable):
        return None
    return next((place for place in (path, *path.parents) if place.is_file()), path)


@functools.cache
def _python() -> tuple[Path, ...]:
    """Return where Python's own modules lie; a project may lie in the same prefix, such as ``/usr/src``."""
    found = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")]
    return tuple(Path(path).resolve() for path in found if path)


@functools.cache
def _scripts(executable: str) -> frozenset[Path]:
    """Return where commands such as ``pytest`` lie, one of which is the module ``__main__``."""
    found = {Path(executable).parent, Path(executable).resolve().parent, Path(sysconfig.get_path("scripts"))}
    return frozenset(path.resolve() for path in found)
