"""What is installed, as a digest: name, version and RECORD of every distribution that Python could import from."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import re
import sys
from pathlib import Path
from typing import Final

OWN: Final = "pytest-robustcheck"
NEVER_IMPORTED: Final = frozenset({OWN, "mypy", "pip", "pre-commit", "ruff", "uv"})
"""Tools that no model imports, and ourselves, whose code has a digest of its own."""
ABOUT: Final = ("RECORD", "METADATA", "PKG-INFO")
"""Files of which the first that is there tells a distribution from another of the same version."""


def installed() -> str:
    """Return a digest over all installed distributions but ``NEVER_IMPORTED``, in hexadecimal.

    All of them, since which ones a model imports may show only while it runs. A RECORD holds the digest of every file that its
    distribution installed, so that another build of the same version is another one.
    """
    return _installed(tuple(sys.path))


@functools.lru_cache(maxsize=8)
def _installed(_path: tuple[str, ...]) -> str:
    lines: dict[str, str] = {}
    for known in importlib.metadata.distributions():
        folder = Path(str(getattr(known, "_path", "")))
        name = re.sub(r"[-_.]+", "-", folder.stem.split("-")[0]).lower()
        if name not in NEVER_IMPORTED and name not in lines:
            lines[name] = f"{folder.name} {hashlib.sha256(_about(folder)).hexdigest()}"
    return hashlib.sha256("\n".join(f"{name} {line}" for name, line in sorted(lines.items())).encode()).hexdigest()


def _about(folder: Path) -> bytes:
    for name in ABOUT:
        try:
            return (folder / name).read_bytes()
        except OSError:
            continue
    return b""


@functools.lru_cache(maxsize=4096)
def is_listed(folder: Path, name: str) -> bool:
    """Whether a distribution of a ``site-packages`` folder lists a package or file at its top."""
    start = b"\n" + name.encode("utf-8", "surrogateescape")
    records = _records(folder)
    return start + b"/" in records or start + b"," in records


@functools.lru_cache(maxsize=8)
def _records(folder: Path) -> bytes:
    return b"\n" + b"\n".join(_about(place) for place in sorted(folder.glob("*.dist-info")))
