"""Paths that a suite names: they stay in the project, symbolic links and all."""

from __future__ import annotations

from pathlib import Path

from robustcheck.errors import RobustcheckError


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
        there = path.resolve()
        held = there.is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):
        raise RobustcheckError(f"{path}: this {what} cannot be reached; does a link lead to itself?") from None
    if not held:
        raise RobustcheckError(f"{path}: this {what} lies outside the project, where a link leads; copy it into {root}")
    return path
