"""Ed25519 keys: made, written as PEM, read, and named by the digest of the public half."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from robustcheck.errors import RobustcheckError
from robustcheck.read_files import Note, ignore
from robustcheck.strict_json import read_evidence

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""Rights that nobody but the owner of a private key should have."""


def password() -> bytes | None:
    """Return the password of private keys, from the variable ``ROBUSTCHECK_KEY_PASSWORD``; ``None`` without one."""
    return os.environ.get("ROBUSTCHECK_KEY_PASSWORD", "").encode() or None


def key_id(key: Ed25519PublicKey) -> str:
    """Return the sha256 of the key's SubjectPublicKeyInfo in DER, in hexadecimal."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def make_keys(private: Path, public: Path, secret: bytes | None = None) -> str:
    """Make a pair, write both halves as PEM and return its id; the private file is for its owner alone.

    Args:
        private: File of the private half, PKCS #8.
        public: File of the public half, SubjectPublicKeyInfo.
        secret: Password that encrypts the private half, if given.

    Raises:
        RobustcheckError: One of the files is there already, or cannot be written.
    """
    from cryptography.hazmat.primitives import serialization as forms
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    locked = forms.BestAvailableEncryption(secret) if secret else forms.NoEncryption()
    known = key.public_key()
    _write_new(public, known.public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo), 0o644)
    try:
        _write_new(private, key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, locked), 0o600)
    except RobustcheckError:
        public.unlink()
        raise
    return key_id(known)


def load_private(path: Path, secret: bytes | None = None) -> Ed25519PrivateKey:
    """Read a private key.

    Args:
        path: A PEM file.
        secret: Password of an encrypted key.

    Raises:
        RobustcheckError: There is none, others may read it, or it is no ed25519 private key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    text = read_evidence(path, "private key")
    if b"PUBLIC KEY" in text:
        raise RobustcheckError(f"{path}: this is a public key; signing needs the private one")
    if os.name == "posix" and path.stat().st_mode & OTHERS:
        raise RobustcheckError(f"{path}: others may read this private key; take their rights away: chmod 600 {path}")
    try:
        key = load_pem_private_key(text, secret)
    except TypeError:
        needed = "is encrypted; give its password" if secret is None else "is not encrypted; give no password"
        raise RobustcheckError(f"{path}: this private key {needed} (ROBUSTCHECK_KEY_PASSWORD)") from None
    except (ValueError, UnsupportedAlgorithm):
        wrong = "is the password wrong, or the file damaged?" if secret else "robustcheck keygen makes one"
        raise RobustcheckError(f"{path}: this is no private key in PEM that can be read; {wrong}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise RobustcheckError(f"{path}: this private key is not an ed25519 one; robustcheck keygen makes one")
    return key


def load_public(path: Path, note: Note = ignore) -> Ed25519PublicKey:
    """Read a public key, and tell ``note`` of its bytes.

    Raises:
        RobustcheckError: There is none, or it is no ed25519 public key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    text = read_evidence(path, "public key", note)
    if b"PRIVATE KEY" in text:
        raise RobustcheckError(f"{path}: this is a private key; name the public one, and keep this one to yourself")
    try:
        key = load_pem_public_key(text)
    except (ValueError, UnsupportedAlgorithm):
        raise RobustcheckError(f"{path}: this is no public key in PEM; robustcheck keygen makes one") from None
    if not isinstance(key, Ed25519PublicKey):
        raise RobustcheckError(f"{path}: this public key is not an ed25519 one; robustcheck keygen makes one")
    return key


def _write_new(path: Path, text: bytes, mode: int) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise RobustcheckError(f"{path}: a file is here already; a key is never written over") from None
    except OSError as error:
        raise RobustcheckError(f"{path}: the key cannot be written: {error.strerror}") from None
