"""Dead Simple Signing Envelopes (DSSE v1): a payload, its type, and one ed25519 signature over both.

Written after the protocol of secure-systems-lab/dsse: what is signed is the pre-authentication encoding, so that a
payload of one type can never be taken for one of another.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.strict_json import NotStrict, parse_object
from robustcheck.provenance.signing.signing_keys import key_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

IN_TOTO: Final = "application/vnd.in-toto+json"
KEYS: Final = {"payload", "payloadType", "signatures"}


class BadEnvelope(RobustcheckError):
    """An envelope is damaged, or not signed by a key that is trusted."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed payload.

    Attributes:
        payload: What was signed, in bytes.
        payload_type: What the bytes are.
        signature: 64 bytes.
        keyid: Which key signed, as a hint; empty if not said.
    """

    payload: bytes
    payload_type: str
    signature: bytes
    keyid: str

    def to_bytes(self) -> bytes:
        """Return the JSON, in the one form that is written here."""
        fields = {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": self.payload_type,
            "signatures": [{"keyid": self.keyid, "sig": base64.b64encode(self.signature).decode()}],
        }
        return (json.dumps(fields, separators=(",", ":")) + "\n").encode()


def encoded(payload_type: str, payload: bytes) -> bytes:
    """Return what is signed: DSSE's pre-authentication encoding of type and payload."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def seal(payload: bytes, key: Ed25519PrivateKey, payload_type: str = IN_TOTO) -> Envelope:
    """Sign a payload."""
    return Envelope(payload, payload_type, key.sign(encoded(payload_type, payload)), key_id(key.public_key()))


def parse_envelope(text: bytes) -> Envelope:
    """Read an envelope; nothing it says is trusted before ``unseal``.

    Raises:
        BadEnvelope: It is none, or it has not exactly one signature.
    """
    try:
        found = parse_object(text)
    except NotStrict as error:
        raise BadEnvelope(f"this is no signed envelope: {error}") from None
    if set(found) != KEYS:
        raise BadEnvelope(
            f"an envelope has {', '.join(sorted(KEYS))}, this has {', '.join(sorted(found)) or 'nothing'}"
        )
    kind, signatures = found["payloadType"], found["signatures"]
    if not isinstance(kind, str) or not isinstance(signatures, list):
        raise BadEnvelope("payloadType is a text, and signatures is a list")
    if len(signatures) != 1:
        raise BadEnvelope(f"there are {len(signatures)} signatures; exactly one is looked for")
    only = signatures[0]
    if not isinstance(only, dict) or not {"sig"} <= set(only) <= {"sig", "keyid"}:
        raise BadEnvelope("a signature has sig, and keyid at most")
    keyid = only.get("keyid", "")
    if not isinstance(keyid, str):
        raise BadEnvelope("keyid is a text")
    return Envelope(_bytes(found["payload"], "payload"), kind, _bytes(only["sig"], "sig"), keyid)


def read_envelope(text: bytes) -> Envelope:
    """Read an envelope that is byte for byte as it is written here: no space more, no key in another place, its key named.

    Raises:
        BadEnvelope: It is none, or it is written otherwise.
    """
    envelope = parse_envelope(text)
    if envelope.to_bytes() != text:
        raise BadEnvelope("it is not in the form in which it was written, byte for byte")
    if not envelope.keyid:
        raise BadEnvelope("it does not name the key that signed it, as it did when it was written")
    return envelope


def unseal(envelope: Envelope, trusted: Sequence[Ed25519PublicKey], payload_type: str = IN_TOTO) -> bytes:
    """Return the payload if one of the trusted keys signed it.

    Raises:
        BadEnvelope: None did, or it is of another type.
    """
    from cryptography.exceptions import InvalidSignature

    if envelope.payload_type != payload_type:
        raise BadEnvelope(f"the payload is {envelope.payload_type!a}, not {payload_type}")
    ids = {key_id(key): key for key in trusted}
    if envelope.keyid and envelope.keyid not in ids:
        known = ", ".join(known[:16] for known in ids) or "none"
        raise BadEnvelope(f"it names the key {envelope.keyid[:16]!a}, which is not trusted here (trusted: {known})")
    for name, key in ids.items():
        if envelope.keyid in ("", name):
            try:
                key.verify(envelope.signature, encoded(envelope.payload_type, envelope.payload))
            except InvalidSignature:
                continue
            return envelope.payload
    raise BadEnvelope("the signature does not fit: the payload or the signature was changed, or another key signed")


def _bytes(text: Any, what: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise BadEnvelope(f"{what} is not base64") from None
    # Bits that no byte comes from could be changed unseen.
    if base64.b64encode(found).decode() != text:
        raise BadEnvelope(f"{what} is not in base64's one canonical form")
    return found
