"""Ed25519 keys: made, written as PEM, read, and named by the digest of the public half."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.read_files import Note, ignore
from robustcheck.core.strict_json import read_evidence

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PRIME: Final = 2**255 - 19
"""The field of ed25519's points."""
SMALL_ORDER: Final = frozenset(
    {
        0,
        1,
        PRIME - 1,
        # Of the four points of order 8.
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
        PRIME - 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    }
)
"""The y of the eight points of small order, as a key of which a signature can fit any text."""
PEM: Final = re.compile(rb"\s*-----BEGIN ([A-Z ]+)-----\s[A-Za-z0-9+/=\s]+-----END \1-----\s*")
"""One block of PEM, and nothing around it that another reader might take for a key."""
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
    _check_single(path, text)
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
        RobustcheckError: There is none, it is no ed25519 public key or not exactly one, or it is of a point that every text can be
            signed for.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

    text = read_evidence(path, "public key", note)
    if b"PRIVATE KEY" in text:
        raise RobustcheckError(f"{path}: this is a private key; name the public one, and keep this one to yourself")
    _check_single(path, text)
    try:
        key = load_pem_public_key(text)
    except (ValueError, UnsupportedAlgorithm):
        raise RobustcheckError(f"{path}: this is no public key in PEM; robustcheck keygen makes one") from None
    if not isinstance(key, Ed25519PublicKey):
        raise RobustcheckError(f"{path}: this public key is not an ed25519 one; robustcheck keygen makes one")
    _check_point(path, key)
    if key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).split() != text.split():
        raise RobustcheckError(f"{path}: this public key is not in the one form in which a key is written as PEM")
    return key


def _check_single(path: Path, text: bytes) -> None:
    blocks = text.count(b"-----BEGIN ")
    if blocks > 1:
        raise RobustcheckError(f"{path}: there are {blocks} keys in this file; name a file with exactly one")
    if blocks == 1 and PEM.fullmatch(text) is None:
        raise RobustcheckError(f"{path}: there is something beside the key in this file; leave the key alone in it")


def _check_point(path: Path, key: Ed25519PublicKey) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    # The highest bit is the sign of x.
    y = int.from_bytes(key.public_bytes(Encoding.Raw, PublicFormat.Raw), "little") & ((1 << 255) - 1)
    if y % PRIME in SMALL_ORDER:
        raise RobustcheckError(
            f"{path}: this public key is a point of small order, for which anybody can sign anything"
        )
    if y >= PRIME:
        raise RobustcheckError(f"{path}: this public key is written in a form that is not canonical")


def make_folder(folder: Path) -> None:
    """Make the folder of a key, unless it is there.

    Raises:
        RobustcheckError: Something else is there already.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise RobustcheckError(
            f"{folder}: this is no folder, so that no key can lie in it; name another place"
        ) from None


def _write_new(path: Path, text: bytes, mode: int) -> None:
    try:
        make_folder(path.parent)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise RobustcheckError(f"{path}: a file is here already; a key is never written over") from None
    except OSError as error:
        raise RobustcheckError(f"{path}: the key cannot be written: {error.strerror}") from None
