"""What makes two sets of labelled pictures the same set."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def digest_of_set(pictures: Iterable[tuple[str, str, str]]) -> str:
    """Return the sha256 over the sorted (id, content, label) of pictures, in hexadecimal.

    Args:
        pictures: Id, sha256 of the content, and label of each.
    """
    digest = hashlib.sha256()
    for line in sorted(f"{name}\x00{content}\x00{label}\n" for name, content, label in pictures):
        digest.update(line.encode())
    return digest.hexdigest()
