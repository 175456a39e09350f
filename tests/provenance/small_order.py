"""Public keys for which a signature can be made without a secret."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PRIME = 2**255 - 19
EIGHTH = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
"""Of a point of order 8, as in the lists of "Taming the many EdDSAs" (Chalkias, Garillot & Nikolaenko, SSR 2020)."""


def encodings() -> dict[str, bytes]:
    """Return every encoding of the eight points of small order, canonical and not, with either sign."""
    eighth = int.from_bytes(EIGHTH, "little")
    canonical = {"0": 0, "1": 1, "-1": PRIME - 1, "eighth": eighth, "-eighth": PRIME - eighth}
    every = canonical | {f"{name} + p": y + PRIME for name, y in canonical.items() if y + PRIME < 2**255}
    return {
        f"{name}, sign {sign}": (y | sign << 255).to_bytes(32, "little") for name, y in every.items() for sign in (0, 1)
    }


def write_key(path: Path, raw: bytes) -> Path:
    """Write 32 bytes as a public key in PEM."""
    key = Ed25519PublicKey.from_public_bytes(raw)
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path
