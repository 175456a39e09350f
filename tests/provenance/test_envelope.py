"""Keys and envelopes, beside published vectors and another implementation."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from securesystemslib.dsse import Envelope as TheirEnvelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey
from small_order import PRIME, encodings, write_key

from robustcheck.core.errors import RobustcheckError
from robustcheck.provenance.signing.envelope import IN_TOTO, BadEnvelope, encoded, parse_envelope, seal, unseal
from robustcheck.provenance.signing.signing_keys import key_id, load_private, load_public, make_keys

ROOT = Path(__file__).parents[2]
PAYLOAD = '{"results": [1, 2.5, "ü"]}'.encode()


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def theirs(key: Ed25519PrivateKey) -> SSlibKey:
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    return SSlibKey(key_id(key.public_key()), "ed25519", "ed25519", {"public": raw})


def test_the_encoding_is_that_of_the_protocol() -> None:
    # The example of the DSSE protocol's page.
    assert encoded("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert encoded("", b"") == b"DSSEv1 0  0 "
    assert encoded("ü", b"\x00 ") == "DSSEv1 2 ü 2 \x00 ".encode()


def test_the_signature_is_that_of_rfc_8032() -> None:
    # Section 7.1, test 1: the empty message.
    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    known = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    assert Ed25519PrivateKey.from_private_bytes(secret).sign(b"").hex() == known


def test_another_implementation_verifies_ours(key: Ed25519PrivateKey) -> None:
    text = seal(PAYLOAD, key).to_bytes()
    found = TheirEnvelope.from_dict(json.loads(text))
    assert found.payload == PAYLOAD
    assert set(found.verify([theirs(key)], 1)) == {key_id(key.public_key())}
    with pytest.raises(VerificationError):
        TheirEnvelope.from_dict(json.loads(text)).verify([theirs(Ed25519PrivateKey.generate())], 1)


def test_ours_verifies_another_implementation(key: Ed25519PrivateKey) -> None:
    made = TheirEnvelope(PAYLOAD, IN_TOTO, {})
    made.sign(CryptoSigner(key, theirs(key)))
    found = parse_envelope(json.dumps(made.to_dict()).encode())
    assert unseal(found, [key.public_key()]) == PAYLOAD
    with pytest.raises(BadEnvelope, match="not trusted here"):
        unseal(found, [Ed25519PrivateKey.generate().public_key()])


def test_a_signature_holds_for_one_type_only(key: Ed25519PrivateKey) -> None:
    found = parse_envelope(seal(PAYLOAD, key, "text/plain").to_bytes())
    with pytest.raises(BadEnvelope, match="the payload is 'text/plain'"):
        unseal(found, [key.public_key()])
    text = seal(PAYLOAD, key, "text/plain").to_bytes().replace(b"text/plain", IN_TOTO.encode())
    with pytest.raises(BadEnvelope, match="does not fit"):
        unseal(parse_envelope(text), [key.public_key()])


def test_one_of_several_keys_is_enough_and_none_is_not(key: Ed25519PrivateKey) -> None:
    found = seal(PAYLOAD, key)
    others = [Ed25519PrivateKey.generate().public_key() for _ in range(3)]
    assert unseal(found, [*others, key.public_key()]) == PAYLOAD
    with pytest.raises(BadEnvelope, match="trusted: none"):
        unseal(found, [])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"signatures": "x"}, "signatures is a list"),
        ({"signatures": []}, "0 signatures"),
        ({"signatures": [{}]}, "a signature has sig"),
        ({"signatures": [{"sig": "AA==", "cert": "x"}]}, "a signature has sig"),
        ({"signatures": [{"sig": "AA==", "keyid": 3}]}, "keyid is a text"),
        ({"signatures": [{"sig": "A?=="}]}, "sig is not base64"),
        ({"signatures": [{"sig": "AB=="}]}, "one canonical form"),
        ({"payload": 3}, "payload is not base64"),
        ({"payload": "ü"}, "payload is not base64"),
        ({"payloadType": None}, "payloadType is a text"),
        ({"more": 1}, "an envelope has"),
    ],
)
def test_a_malformed_envelope_says_what_is_wrong(key: Ed25519PrivateKey, fields: dict[str, object], says: str) -> None:
    found = json.loads(seal(PAYLOAD, key).to_bytes()) | fields
    with pytest.raises(BadEnvelope, match=says):
        parse_envelope(json.dumps(found).encode())


def test_keys_are_made_once_and_for_their_owner(tmp_path: Path) -> None:
    private, public = tmp_path / "keys/a.key", tmp_path / "keys/a.pub"
    keyid = make_keys(private, public)
    assert private.stat().st_mode & 0o777 == 0o600
    assert key_id(load_public(public)) == key_id(load_private(private).public_key()) == keyid
    before = private.read_bytes()
    with pytest.raises(RobustcheckError, match="never written over"):
        make_keys(private, tmp_path / "keys/b.pub")
    assert private.read_bytes() == before
    assert not (tmp_path / "keys/b.pub").exists()


def test_a_password_is_needed_where_there_is_one(tmp_path: Path) -> None:
    private = tmp_path / "a.key"
    make_keys(private, tmp_path / "a.pub", b"secret")
    load_private(private, b"secret")
    for secret, says in ((None, "give its password"), (b"wrong", "is the password wrong")):
        with pytest.raises(RobustcheckError, match=says):
            load_private(private, secret)


def test_keys_that_are_none_are_refused(tmp_path: Path) -> None:
    private, public = tmp_path / "a.key", tmp_path / "a.pub"
    make_keys(private, public)
    with pytest.raises(RobustcheckError, match="signing needs the private one"):
        load_private(_private(tmp_path / "x", public.read_bytes()))
    with pytest.raises(RobustcheckError, match="keep this one to yourself"):
        load_public(private)
    other = ec.generate_private_key(ec.SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(RobustcheckError, match="not an ed25519 one"):
        load_private(_private(tmp_path / "y", pem))
    (tmp_path / "y.pub").write_bytes(other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(RobustcheckError, match="not an ed25519 one"):
        load_public(tmp_path / "y.pub")
    for load in (load_private, load_public):
        with pytest.raises(RobustcheckError, match=r"no (private|public) key in PEM"):
            load(_private(tmp_path / "z", b"\x00\xff"))
        with pytest.raises(RobustcheckError, match="there is no"):
            load(tmp_path / "gone")


@pytest.mark.skipif(os.name != "posix", reason="rights are those of POSIX")
def test_a_private_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    make_keys(tmp_path / "a.key", tmp_path / "a.pub")
    (tmp_path / "a.key").chmod(0o644)
    with pytest.raises(RobustcheckError, match="chmod 600"):
        load_private(tmp_path / "a.key")


def test_no_private_key_is_in_the_repository() -> None:
    # The header is put together here, so that this file is not found.
    header = "-----BEGIN " + "(ENCRYPTED |EC |RSA |OPENSSH )?PRIVATE KEY-----"
    found = subprocess.run(
        ["git", "-C", str(ROOT), "grep", "-lE", "-e", header], capture_output=True, text=True, check=False
    )
    assert found.returncode == 1, f"{found.stdout}{found.stderr}"


def _private(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("name", encodings())
def test_a_key_that_anybody_can_sign_for_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RobustcheckError, match="small order"):
        load_public(write_key(tmp_path / "weak.pub", encodings()[name]))


def test_a_signature_without_a_secret_would_fit_a_key_of_small_order() -> None:
    # R = B and S = 1 fit [S]B = R + [h]A for any text where A is neutral: that is why such keys are refused.
    base = bytes.fromhex("58" + "66" * 31)
    neutral = Ed25519PublicKey.from_public_bytes((1).to_bytes(32, "little"))
    neutral.verify(base + (1).to_bytes(32, "little"), b"whatever")


def test_a_key_that_is_not_canonical_is_refused(tmp_path: Path) -> None:
    # y = 3 + p is the point with y = 3 in another form; such a key would have two ids.
    with pytest.raises(RobustcheckError, match="not canonical"):
        load_public(write_key(tmp_path / "other.pub", (3 + PRIME).to_bytes(32, "little")))


PEMS = {
    "two public keys": (lambda first, second: first + second, "2 keys in this file"),
    "two on one line": (lambda first, second: first.rstrip() + second, "2 keys in this file"),
    "text before": (lambda first, second: b"# of the CI\n" + first, "something beside the key"),
    "text after": (lambda first, second: first + b"and more\n", "something beside the key"),
    "headers": (lambda first, second: first.replace(b"KEY-----\n", b"KEY-----\nA: b\n\n", 1), "something beside"),
    "more of the same length": (lambda first, second: first.replace(b"\n-----END", b"AAAA\n-----END"), "no public key"),
}


@pytest.mark.parametrize("name", PEMS)
def test_a_file_with_more_than_a_key_is_refused(tmp_path: Path, name: str) -> None:
    make, says = PEMS[name]
    for letter in "ab":
        make_keys(tmp_path / f"{letter}.key", tmp_path / f"{letter}.pub")
    made = make((tmp_path / "a.pub").read_bytes(), (tmp_path / "b.pub").read_bytes())
    (tmp_path / "made.pub").write_bytes(made)
    with pytest.raises(RobustcheckError, match=says):
        load_public(tmp_path / "made.pub")


def test_a_file_with_two_private_keys_signs_nothing(tmp_path: Path) -> None:
    for letter in "ab":
        make_keys(tmp_path / f"{letter}.key", tmp_path / f"{letter}.pub")
    both = (tmp_path / "a.key").read_bytes() + (tmp_path / "b.key").read_bytes()
    with pytest.raises(RobustcheckError, match="2 keys in this file"):
        load_private(_private(tmp_path / "both.key", both))


def test_lines_may_end_as_windows_ends_them(tmp_path: Path) -> None:
    keyid = make_keys(tmp_path / "a.key", tmp_path / "a.pub")
    (tmp_path / "b.pub").write_bytes((tmp_path / "a.pub").read_bytes().replace(b"\n", b"\r\n"))
    assert key_id(load_public(tmp_path / "b.pub")) == keyid
