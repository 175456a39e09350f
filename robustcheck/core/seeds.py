"""Random streams and orders that depend on nothing but what they are for, whatever order the calls come in."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def mark(*parts: object) -> bytes:
    """Return 16 bytes that the texts of some parts alone decide: to sort by, in an order that looks random."""
    text = "\x00".join(map(str, parts))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def stream(*parts: object) -> np.random.Generator:
    """Return a random stream that the texts of some parts alone decide."""
    import numpy as np

    return np.random.Generator(np.random.Philox(key=np.frombuffer(mark(*parts), dtype=np.uint64)))


def seed_of(*parts: object) -> int:
    """Return a whole number from 0 to 2^63 - 1 that the texts of some parts alone decide, for generators that take one."""
    text = "\x00".join(map(str, parts))
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()) >> 1
