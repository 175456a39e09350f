"""Every way in which an attestation may not be what it seems: all refused, each with its reason."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attested import NOW, Attested
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tampering import DAY, TAMPERED, flip, link_out, set_cached, set_verdicts, weak_key

from robustcheck.core.checksums import digest_of, sha256_of
from robustcheck.core.errors import AttestationRefused, RobustcheckError
from robustcheck.provenance.signing.signing_keys import load_private
from robustcheck.provenance.signing.verification import verify_attestation


@pytest.fixture
def signed(tmp_path: Path) -> Attested:
    return Attested(tmp_path)


def test_what_was_signed_is_verified(signed: Attested) -> None:
    found = signed.verify(require=["noisy"], max_age=3 * DAY)
    assert (found.model, found.suite, found.data) == ("tiny.safetensors", "suites/greys.yaml", "greys")
    assert (found.result, found.tests, found.warned) == ("PASSED", 3, ())
    assert found.ended == NOW - 2 * DAY + datetime.timedelta(seconds=12.5)


def test_the_public_door_is_the_same(signed: Attested) -> None:
    import robustcheck

    assert robustcheck.verify_attestation is verify_attestation
    assert issubclass(robustcheck.AttestationRefused, RobustcheckError)
    assert verify_attestation(signed.model, attestation=signed.envelope, keys=[signed.public], now=NOW).tests == 3


@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_tampered_with_is_refused(signed: Attested, name: str) -> None:
    tamper, options, says = TAMPERED[name]
    tamper(signed)
    if "model" in options:
        options = {**options, "model": signed.root / options["model"]}
    with pytest.raises(AttestationRefused) as refused:
        signed.verify(**options)
    assert any(says in reason for reason in refused.value.reasons), refused.value.reasons


def test_a_key_that_anybody_can_sign_for_is_refused_before_anything(signed: Attested) -> None:
    weak_key(signed)
    with pytest.raises(RobustcheckError, match="small order"):
        signed.verify()


def test_what_was_waived_is_told_with_its_reason(signed: Attested) -> None:
    set_verdicts("waived")(signed)
    found = signed.verify()
    assert found.result == "WARNED"
    assert [(waiver.id, waiver.reason, waiver.owner, waiver.expires) for waiver in found.waived] == [
        ("noisy", "nobody drives at night", "ada", "2999-01-01")
    ]


def test_a_run_that_is_waived_or_cached_counts_only_when_asked_for(signed: Attested) -> None:
    set_verdicts("waived", "waived")(signed)
    assert len(signed.verify(allow_waived=True).waived) == 2
    set_cached(True, False, False)(signed)
    assert signed.verify(allow_waived=True, allow_cached=True).cached == 1
    with pytest.raises(AttestationRefused, match="answered from a cache"):
        signed.verify(allow_waived=True)


def _merge(folder: Path) -> None:
    """Take a file away, and name another one so that the lines of the digest stay what they were."""
    gone = sha256_of(folder / "b.safetensors")
    (folder / "b.safetensors").unlink()
    (folder / "a.safetensors").rename(folder / f"a.safetensors\n{gone}  b.safetensors")


FOLDERS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a bit": (lambda folder: flip(folder / "b.safetensors"), "is another model: its dirHash is"),
    "a renamed file": (lambda folder: (folder / "b.safetensors").rename(folder / "c.safetensors"), "is another model"),
    "a file more": (lambda folder: (folder / "code.py").write_text("1"), "is another model"),
    "a file less": (lambda folder: (folder / "a.safetensors").unlink(), "is another model"),
    "a link within": (lambda folder: (folder / "c").symlink_to(folder / "a.safetensors"), "is another model"),
    "a name that reads as two files": (lambda folder: _merge(folder), "has a line break, so it has no digest"),
    "a link to a folder": (lambda folder: (folder / "c").symlink_to(folder), "this is no file, or a link to none"),
    "a link to nothing": (lambda folder: (folder / "c").symlink_to(folder / "d"), "this is no file, or a link to none"),
    "a link to itself": (lambda folder: (folder / "c").symlink_to(folder / "c"), "that leads out of tiny"),
    "a pipe": (lambda folder: os.mkfifo(folder / "c"), "this is no file, or a link to none"),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_is_verified_and_refused_as_a_file_is(tmp_path: Path, name: str) -> None:
    signed = Attested(tmp_path, folder=True)
    assert signed.verify().model == "tiny"
    tamper, says = FOLDERS[name]
    tamper(signed.model)
    with pytest.raises(AttestationRefused, match=says):
        signed.verify()


def test_a_link_out_of_the_models_folder_is_refused(tmp_path: Path) -> None:
    signed = Attested(tmp_path / "project", folder=True)
    shard = signed.model / "a.safetensors"
    shutil.move(shard, tmp_path / "blob")
    shard.symlink_to(tmp_path / "blob")
    with pytest.raises(AttestationRefused, match=r"a\.safetensors: this is a link that leads out of tiny"):
        signed.verify()


def test_a_folders_digest_is_that_of_the_specification(tmp_path: Path) -> None:
    # The example of in-toto's digest set: what `sha256sum` said of three files, and the sha256 of these lines.
    lines = {
        "README.md": "3a137eef6458bfb76bb2c63fc29ffc7166604d2d2e09ed9d8250a534122a8364",
        "go.mod": "28e7c942a036902d981759d0bf5704d2bfc7cb500caf68b84711b234af01c6a5",
        "main.go": "ddc4da627d9a9f45fb29641a1b185d6f53287ecfd921aacbf4fe54b7a86fe8d1",
    }
    folder = tmp_path / "github.com/marklodato/go-hello-world@v0.0.1"
    folder.mkdir(parents=True)
    for name in lines:
        (folder / name).touch()
    known = "2a1bb6127fb481c60f67692e22285fb306f3c6ffe62075e0ccf674d7c3adcb8f"
    assert digest_of(tmp_path, lambda path: lines[path.name]) == known


def test_names_that_are_no_utf_8_have_a_digest(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"a\xff")).touch()
    except OSError:
        pytest.skip("this file system takes no such name")
    assert len(digest_of(tmp_path)) == 64


def test_the_data_cannot_be_read_again_without_a_suite(signed: Attested) -> None:
    with pytest.raises(RobustcheckError, match="name it with suite="):
        signed.verify(suite=None)


def test_a_suite_is_named_from_its_project(signed: Attested) -> None:
    assert signed.verify(suite="suites/greys.yaml").tests == 3


def test_a_baseline_that_appeared_is_refused(signed: Attested) -> None:
    found = [item for item in signed.document["suites"][0]["inputs"] if item["role"] != "baseline"]
    signed.document["suites"][0]["inputs"] = found
    signed.attest()
    with pytest.raises(AttestationRefused, match="lies here, and did not when the suite was run"):
        signed.verify()


def test_a_link_out_of_the_project_is_an_error(signed: Attested) -> None:
    link_out(signed)
    with pytest.raises(RobustcheckError, match="lies outside the project"):
        signed.verify()


def test_every_reason_is_told_at_once(signed: Attested) -> None:
    flip(signed.model)
    flip(signed.root / "reviews.jsonl", 3)
    with pytest.raises(AttestationRefused) as refused:
        signed.verify(require=["gone"], max_age=DAY)
    assert len(refused.value.reasons) == 4


@pytest.mark.parametrize("missing", ["model", "public", "envelope", "suite"])
def test_a_file_that_is_not_there_is_named(signed: Attested, missing: str) -> None:
    path: Path = getattr(signed, missing)
    path.unlink()
    with pytest.raises(RobustcheckError, match=path.name):
        signed.verify()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Attested:
    return Attested(tmp_path_factory.mktemp("kept"))


MUTATION = st.tuples(st.sampled_from(["flip", "insert", "delete", "swap", "cut"]), st.integers(0), st.integers(0, 255))


def mutated(content: bytes, mutations: list[tuple[str, int, int]]) -> bytes:
    """Change bytes here and there."""
    changed = bytearray(content)
    for what, number, value in mutations:
        place = number % len(changed) if changed else 0
        if what == "insert" or not changed:
            changed.insert(place, value)
        elif what == "flip":
            changed[place] ^= 1 << value % 8
        elif what == "delete":
            del changed[place]
        elif what == "cut":
            del changed[place : place + value]
        else:
            other = (place + value) % len(changed)
            changed[place], changed[other] = changed[other], changed[place]
    return bytes(changed)


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutations=st.lists(MUTATION, min_size=1, max_size=4))
def test_a_thousand_mutations_are_refused(kept: Attested, mutations: list[tuple[str, int, int]]) -> None:
    content = kept.envelope.read_bytes()
    changed = mutated(content, mutations)
    path = kept.root / "mutated.json"
    path.write_bytes(changed)
    if changed == content:
        assert verify_attestation(kept.model, attestation=path, keys=[kept.public], now=NOW).tests == 3
        return
    with pytest.raises(AttestationRefused) as refused:
        verify_attestation(kept.model, attestation=path, keys=[kept.public], now=NOW)
    assert all(refused.value.reasons)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutations=st.lists(MUTATION, min_size=1, max_size=3))
def test_mutations_under_a_right_signature_end_in_no_traceback(
    kept: Attested, mutations: list[tuple[str, int, int]]
) -> None:
    from robustcheck.provenance.signing.envelope import seal

    payload = mutated(json.dumps(kept.statement()).encode(), mutations)
    path = kept.root / "resigned.json"
    path.write_bytes(seal(payload, load_private(kept.key)).to_bytes())
    with contextlib.suppress(AttestationRefused):
        verify_attestation(kept.model, attestation=path, keys=[kept.public], now=NOW)


def test_a_run_that_failed_is_not_called_excused(signed: Attested) -> None:
    set_verdicts("fail", "fail", "fail", first=0)(signed)
    with pytest.raises(AttestationRefused) as refused:
        signed.verify()
    assert [reason for reason in refused.value.reasons if "excused" in reason] == []
    assert any("the run failed: 3 of 3 tests" in reason for reason in refused.value.reasons)
