"""What the data of a run is like, and in what it differs from what the model learned from; looked at once a set."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from robustcheck.core.cache_secret import project_of, secret_of
from robustcheck.core.files import atomic
from robustcheck.core.regular_files import read_regular
from robustcheck.data import Source, data_digest
from robustcheck.data.differences import differences
from robustcheck.data.profile import profile
from robustcheck.data.source import Sample

VERSION: Final = 3
"""Raised when a profile comes to mean something else, so that no old one is believed."""


def profiles(test: Source, train: Source | None, cache: Path) -> dict[str, Any]:
    """Return the profile of the test set, that of the training set if there is one, and the differences that matter.

    Args:
        test: What gates.
        train: What the model learned from, where a suite declares it.
        cache: Folder in which profiles are kept by the digest of their set.

    Returns:
        ``test``, ``train`` (or ``None``) as ``robustcheck.data.profile.profile`` gives them, and ``differences``, the largest
        first.

    Raises:
        DataError: A set cannot be listed.
    """
    ours = _profile(test, cache)
    theirs = _profile(train, cache) if train is not None else None
    apart = differences(ours, theirs) if theirs else []
    return {"test": ours, "train": theirs, "differences": [asdict(found) for found in apart]}


def _profile(source: Source, cache: Path) -> dict[str, Any]:
    samples = list(source.samples())
    path = cache / f"{data_digest(source, samples)}-{_columns(samples)}.v{VERSION}.json"
    known = _known(path)
    if known is not None:
        return known
    found = profile(source, samples)
    # What could not be read may be mended without a change of the stored bytes, such as by rights.
    if not found["unreadable"]["count"]:
        _keep(path, found)
    return found


def _columns(samples: Sequence[Sample]) -> str:
    """Return a digest of the metadata, which the digest of a data set leaves out."""
    digest = hashlib.sha256()
    for sample in sorted(samples, key=lambda sample: sample.id):
        digest.update(f"{sample.id}\x00{sorted(sample.metadata.items())}\n".encode())
    return digest.hexdigest()[:16]


def _known(path: Path) -> dict[str, Any] | None:
    """Return a profile that was sealed on this machine for this very set; ``None`` for any other."""
    try:
        seal, _, content = read_regular(path).partition(b"\n")
        if not secret_of(project_of(path.parent)).holds(bytes.fromhex(seal.decode()), path.name, content):
            return None
        found = json.loads(content)
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "classes" in found else None


def _keep(path: Path, found: Mapping[str, Any]) -> None:
    secret = secret_of(project_of(path.parent))
    if not secret.key:
        return
    content = json.dumps(found).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path) as temporary:
            temporary.write_bytes(secret.seal(path.name, content).hex().encode() + b"\n" + content)
    except OSError:
        return  # an optimisation only
