"""Paths that a suite names: they stay in the project, symbolic links and all."""

from __future__ import annotations

import os
from pathlib import Path

from robustcheck.core.errors import RobustcheckError


def resolved(path: Path) -> Path:
    """Return a path with its links followed; what goes in a circle stays as it is, for whoever opens it to complain.

    ``Path.resolve`` raises for a circle, an error of another kind in each version of Python.

    Raises:
        ValueError: The name holds what no name of a file can hold.
    """
    return Path(os.path.realpath(path))


def inside(path: Path, root: Path, what: str) -> Path:
    """Return a path that lies in a folder once its links are followed.

    Args:
        path: It.
        root: The folder.
        what: What lies there, for the message.

    Raises:
        RobustcheckError: It lies elsewhere.
    """
    try:
        held = resolved(path).is_relative_to(resolved(root))
    except (OSError, ValueError):
        raise RobustcheckError(f"{path}: this {what} cannot be reached; does a link lead to itself?") from None
    if not held:
        raise RobustcheckError(f"{path}: this {what} lies outside the project, where a link leads; copy it into {root}")
    return path


def path_as_typed(path: Path, root: Path) -> str:
    """Return a path relative to the project's root where it lies inside, with forward slashes."""
    for candidate, base in ((path, root), (path.absolute(), root.absolute()), (resolved(path), resolved(root))):
        if candidate.is_relative_to(base):
            return candidate.relative_to(base).as_posix()
    return path.as_posix()
