"""Which commit a folder is at, as a resource descriptor of in-toto."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

SECONDS = 60


def checkout(folder: Path) -> dict[str, Any] | None:
    """Return the commit of the git checkout that a folder lies in, with its origin and whether it is clean.

    Returns:
        ``{"uri", "digest": {"gitCommit"}, "annotations": {"clean"}}``, without ``uri`` where there is no origin;
        ``None`` where there is no git or no commit.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    changed = _git(folder, "status", "--porcelain")
    if not commit or changed is None:
        return None
    found: dict[str, Any] = {"digest": {"gitCommit": commit}, "annotations": {"clean": not changed}}
    origin = _git(folder, "config", "--get", "remote.origin.url")
    address = public_address(origin or "")
    return {"uri": f"git+{address}@{commit}", **found} if address else found


def public_address(origin: str) -> str:
    """Return a remote's address without user and password; empty for a path on this machine."""
    if "://" not in origin:
        # git@host:owner/name is how ssh is called without saying so.
        user, at, rest = origin.partition("@")
        host, colon, path = rest.partition(":")
        return f"ssh://{host}/{path}" if at and colon and "/" not in user else ""
    parts = urlsplit(origin)
    if parts.scheme == "file" or not parts.hostname:
        return ""
    host = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git says, ``None`` if it says no."""
    try:
        found = subprocess.run(  # noqa: S603 - fixed arguments, found on the path as a person's own calls are
            ["git", "-C", str(folder), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() if found.returncode == 0 else None
