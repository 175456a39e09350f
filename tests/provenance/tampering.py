"""Ways in which an attestation, its keys or what lies beside it may have been tampered with, and how each is refused."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attested import NOW, Attested
from cryptography.hazmat.primitives import serialization
from small_order import write_key

from robustcheck.core.errors import Location
from robustcheck.domain.waiver import Waiver
from robustcheck.provenance.signing.signing_keys import make_keys
from robustcheck.provenance.signing.statement import DEFINITION, EXTENSION, MODEL

DAY = datetime.timedelta(days=1)


def flip(path: Path, place: int = -1) -> None:
    """Change one bit of a file."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def _payload_bit(signed: Attested) -> None:
    found = json.loads(signed.envelope.read_bytes())
    payload = bytearray(base64.b64decode(found["payload"]))
    payload[len(payload) // 2] ^= 1
    found["payload"] = base64.b64encode(payload).decode()
    signed.envelope.write_text(json.dumps(found, separators=(",", ":")) + "\n")


def _signature_bit(signed: Attested) -> None:
    found = json.loads(signed.envelope.read_bytes())
    signature = bytearray(base64.b64decode(found["signatures"][0]["sig"]))
    signature[10] ^= 1
    found["signatures"][0]["sig"] = base64.b64encode(signature).decode()
    signed.envelope.write_text(json.dumps(found, separators=(",", ":")) + "\n")


def _two_signatures(signed: Attested) -> None:
    found = json.loads(signed.envelope.read_bytes())
    found["signatures"] *= 2
    signed.envelope.write_text(json.dumps(found, separators=(",", ":")) + "\n")


def _another_key(signed: Attested) -> None:
    make_keys(signed.root / "other.key", signed.root / "other.pub")
    signed.key = signed.root / "other.key"
    signed.attest()


def _another_key_under_the_name(signed: Attested) -> None:
    before = json.loads(signed.envelope.read_bytes())["signatures"][0]["keyid"]
    _another_key(signed)
    found = json.loads(signed.envelope.read_bytes())
    found["signatures"][0]["keyid"] = before
    signed.envelope.write_text(json.dumps(found, separators=(",", ":")) + "\n")


def set_verdicts(*verdicts: str, first: int = 1) -> Callable[[Attested], None]:
    def change(signed: Attested) -> None:
        for case, verdict in zip(signed.document["suites"][0]["cases"][first:], verdicts, strict=False):
            case["verdict"] = verdict
            case["severity"] = "warn" if verdict == "warn" else "error"
            if verdict == "waived":
                case["waiver"] = "nobody drives at night"
                signed.waivers[case["id"]] = WAIVER
        signed.attest()

    return change


def set_cached(*flags: bool) -> Callable[[Attested], None]:
    def change(signed: Attested) -> None:
        for case, flag in zip(signed.document["suites"][0]["cases"], flags, strict=True):
            case["cached"] = flag
        signed.attest()

    return change


def _subjects(*names: str) -> Callable[[Attested], None]:
    def change(signed: Attested) -> None:
        statement = signed.statement()
        statement["subject"] = [{**statement["subject"][0], "name": name} for name in names]
        signed.sign(statement)

    return change


def _predicate(**changes: Any) -> Callable[[Attested], None]:
    def change(signed: Attested) -> None:
        statement = signed.statement()
        statement["predicate"] |= changes
        signed.sign(statement)

    return change


def _run(**changes: Any) -> Callable[[Attested], None]:
    return lambda signed: signed.change(**changes)


def _entry(name: str) -> Callable[[Attested], None]:
    def change(signed: Attested) -> None:
        signed.document["suites"][0]["model"]["name"] = name
        signed.attest()

    return change


def _test(**changes: Any) -> Callable[[Attested], None]:
    def change(signed: Attested) -> None:
        statement = signed.statement()
        statement["predicate"][EXTENSION]["tests"][0] |= changes
        signed.sign(statement)

    return change


def _metric(name: str = "accuracy", **changes: Any) -> Callable[[Attested], None]:
    number = {"value": 1.0, "low": 0.9, "high": 1.0, "n": 24, **changes}
    return _test(metrics={name: number})


def _data(**changes: Any) -> Callable[[Attested], None]:
    return _run(data={"name": "greys", "size": 24, "classes": 3, **changes})


def _more(*path: str | int, key: str = "more", value: Any = 1) -> Callable[[Attested], None]:
    """Sign the statement with a key more at some place."""

    def change(signed: Attested) -> None:
        statement = place = signed.statement()
        for step in path:
            place = place[step]
        place[key] = value
        signed.sign(statement)

    return change


def _less(*path: str | int) -> Callable[[Attested], None]:
    """Sign the statement without a key."""

    def change(signed: Attested) -> None:
        statement = place = signed.statement()
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]
        signed.sign(statement)

    return change


def _model_digests(change: Callable[[dict[str, str]], Any]) -> Callable[[Attested], None]:
    def forge(signed: Attested) -> None:
        statement = signed.statement()
        for item in statement["predicate"]["configuration"]:
            if item["annotations"]["role"] == "model":
                change(item["digest"])
        signed.sign(statement)

    return forge


def _described_too(role: str, name: str) -> Callable[[Attested], None]:
    """Sign a statement with a file more."""

    def forge(signed: Attested) -> None:
        statement = signed.statement()
        item = {"name": name, "digest": {"sha256": "0" * 64}, "annotations": {"role": role}}
        statement["predicate"]["configuration"].append(item)
        signed.sign(statement)

    return forge


def _earlier(signed: Attested) -> None:
    statement = signed.statement()
    run = statement["predicate"].pop(EXTENSION)
    for key in ("cached", "notRecomputed"):
        del run[key]
    statement["predicate"]["urn:robustcheck:run:v1"] = run
    signed.sign(statement)


def _envelope(change: Callable[[dict[str, Any]], Any], **dump: Any) -> Callable[[Attested], None]:
    """Write the envelope, which is signed rightly, in another form."""

    def forge(signed: Attested) -> None:
        found = json.loads(signed.envelope.read_bytes())
        change(found)
        form = {"separators": (",", ":"), **dump}
        signed.envelope.write_text(json.dumps(found, **form) + "\n")

    return forge


def _url_safe(found: dict[str, Any]) -> None:
    # The padding has bits that no byte comes from, and two letters have another form for addresses.
    for key, holder in (("payload", found), ("sig", found["signatures"][0])):
        holder[key] = holder[key].replace("+", "-").replace("/", "_")
    found["signatures"][0]["sig"] = found["signatures"][0]["sig"].rstrip("=")


def _trailing_bits(found: dict[str, Any]) -> None:
    text = found["signatures"][0]["sig"]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    found["signatures"][0]["sig"] = f"{text[:-3]}{letters[letters.index(text[-3]) + 1]}=="


def weak_key(signed: Attested) -> None:
    # A signature of a point for which anybody can sign anything.
    neutral = write_key(signed.public, (1).to_bytes(32, "little"))
    keyid = hashlib.sha256(serialization.load_pem_public_key(neutral.read_bytes()).public_bytes(*DER)).hexdigest()
    fields = json.loads(signed.envelope.read_bytes())
    made = bytes.fromhex("58" + "66" * 31) + (1).to_bytes(32, "little")
    fields["signatures"] = [{"keyid": keyid, "sig": base64.b64encode(made).decode()}]
    signed.envelope.write_text(json.dumps(fields, separators=(",", ":")) + "\n")


def _fewer(signed: Attested) -> None:
    # As a run of one node id once was: nothing is said to be missing.
    del signed.document["suites"][0]["cases"][1]
    signed.attest()


def _described(role: str, **changes: Any) -> Callable[[Attested], None]:
    def change(signed: Attested) -> None:
        statement = signed.statement()
        for item in statement["predicate"]["configuration"]:
            if item["annotations"]["role"] == role:
                item |= changes
        signed.sign(statement)

    return change


def _text(old: bytes, new: bytes) -> Callable[[Attested], None]:
    def change(signed: Attested) -> None:
        text = json.dumps(signed.statement()).encode()
        assert old in text
        signed.sign(text.replace(old, new, 1))

    return change


def link_out(signed: Attested) -> None:
    elsewhere = signed.root.with_name(f"{signed.root.name}-elsewhere")
    elsewhere.mkdir()
    shutil.move(signed.root / "reviews.jsonl", elsewhere / "reviews.jsonl")
    (signed.root / "reviews.jsonl").symlink_to(elsewhere / "reviews.jsonl")


def _linked_model(signed: Attested) -> None:
    blob = signed.root.with_name(f"{signed.root.name}-blob")
    shutil.move(signed.model, blob)
    signed.model.symlink_to(blob)


WAIVER = Waiver("noisy", "nobody drives at night", "ada", datetime.date(2999, 1, 1), Location("suites/greys.yaml"))
DER = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
RUN = ("predicate", EXTENSION)
FUTURE = (NOW + datetime.timedelta(hours=1)).isoformat()
TAMPERED: dict[str, tuple[Callable[[Attested], Any], dict[str, Any], str]] = {
    "a bit of the payload": (_payload_bit, {}, "the signature does not fit"),
    "a bit of the signature": (_signature_bit, {}, "the signature does not fit"),
    "a bit of the model": (lambda s: flip(s.model), {}, "is another model: its sha256 is"),
    "a bit of the data": (lambda s: flip(s.root / "pictures/dark/03.png", 60), {}, "the data greys was changed"),
    "a picture less": (lambda s: (s.root / "pictures/dark/03.png").unlink(), {}, "the data greys was changed"),
    "no data": (lambda s: shutil.rmtree(s.root / "pictures"), {}, "the data greys cannot be read"),
    "the suite": (
        lambda s: s.suite.write_text(s.suite.read_text().replace('">= 95%"', '">= 94%"')),
        {},
        "is not the suite that was run",
    ),
    "a bit of the overlay": (lambda s: flip(s.root / "reviews.jsonl", 3), {}, "the overlay reviews.jsonl was changed"),
    "no overlay": (
        lambda s: (s.root / "reviews.jsonl").unlink(),
        {},
        "the overlay reviews.jsonl of the run is not here",
    ),
    "a bit of the baseline": (
        lambda s: flip(s.root / "suites/greys.baseline.json"),
        {},
        "greys.baseline.json was changed",
    ),
    "no baseline": (lambda s: (s.root / "suites/greys.baseline.json").unlink(), {}, "of the run is not here"),
    "the configuration": (
        lambda s: (s.root / "configs/data.yaml").write_text("greys: {kind: imagefolder, path: ../pictures}\n"),
        {},
        "the configuration configs/data.yaml was changed",
    ),
    "a renamed file": (
        lambda s: s.model.rename(s.root / "other.safetensors"),
        {"model": "other.safetensors"},
        "not called as",
    ),
    "a linked model": (_linked_model, {}, "which may change after this"),
    "another key": (_another_key, {}, "which is not trusted here"),
    "another key under the name": (_another_key_under_the_name, {}, "the signature does not fit"),
    "a failed test": (set_verdicts("fail"), {}, "the run failed: 1 of 3 tests: noisy"),
    "a test that could not be run": (set_verdicts("error"), {}, "the run failed: 1 of 3 tests: noisy"),
    "a test that could not be decided": (set_verdicts("inconclusive"), {}, "the run failed"),
    "a waiver where none may be": (
        set_verdicts("waived"),
        {"warnings": False},
        "passed with a warning or a waiver only: noisy",
    ),
    "a missing case": (
        lambda s: None,
        {"require": ["noisi"]},
        "the required test noisi was not run; did you mean noisy?",
    ),
    "expired": (lambda s: None, {"max_age": DAY}, "the run is 2 days old, 1 days are allowed"),
    "the future": (_run(started=FUTURE), {}, "the run ended in the future"),
    "no time zone": (_run(started="2026-11-23T10:00:00"), {}, "started has no time zone"),
    "NaN": (_text(b'"seconds": 12.5', b'"seconds": NaN'), {}, "NaN is no number of JSON"),
    "infinity": (_text(b'"seconds": 12.5', b'"seconds": 1e999'), {}, "too large"),
    "a key twice": (_text(b'"seconds": 12.5', b'"seconds": 12.5, "seconds": 0'), {}, "twice"),
    "two signatures": (_two_signatures, {}, "there are 2 signatures"),
    "no subject": (_subjects(), {}, "there are 0 subjects"),
    "two subjects": (_subjects("tiny.safetensors", "b"), {}, "there are 2 subjects"),
    "a lower tier": (_run(tier="smoke"), {}, "only the tier smoke was run"),
    "a part of the pictures": (_run(limit=5), {}, "only 5 pictures were looked at"),
    "not all tests": (_run(notRun=["hard"]), {}, "1 tests of the suite were not run: hard"),
    "another seed": (_run(suite={"path": "suites/greys.yaml", "title": "Greys", "seed": 99}), {}, "with the seed 99"),
    "another model entry": (_entry("gone"), {}, "the model gone that was run is no entry"),
    "fewer tests than the suite has": (_fewer, {}, "the run says nothing of 1 tests that suites/greys.yaml has: noisy"),
    "two names of the model": (_run(model="gone"), {}, "name two different things as the model"),
    "two names of the suite": (_described("suite", name="suites/other.yaml"), {}, "different things as the suite"),
    "two names of the weights": (_described("weights", name="models/b"), {}, "not called as the weights file"),
    "a role that is no text": (_described("overlay", annotations={"role": 3}), {}, "a role is no text"),
    "no time at all": (_run(started="9999-12-31T23:59:59+00:00"), {}, "OverflowError"),
    "half a character": (_text(b'"noisy"', b'"\\ud800"'), {}, "surrogates not allowed"),
    "metrics that are none": (_test(metrics="high"), {}, "are no object"),
    "a number that is none": (
        _test(metrics={"accuracy": dict.fromkeys(("value", "low", "high", "n"))}),
        {},
        "no number",
    ),
    "fewer pictures than none": (_test(n=-1), {}, "is no number of pictures"),
    "a field more of a test": (_test(passed=True), {}, "a test lacks or should not have passed"),
    "a result of its own": (_predicate(result="MAYBE"), {}, "result is 'MAYBE'"),
    "a better result": (_predicate(passedTests=["clean"]), {}, "passedTests does not agree"),
    "a field more": (_predicate(passed=True), {}, "lacks or should not have passed"),
    "no configuration": (_predicate(configuration=[]), {}, "0 digests of the suite"),
    "another predicate": (_text(b"test-result/v0.1", b"test-result/v0.2"), {}, "predicateType is"),
    "not JSON": (lambda s: s.envelope.write_bytes(b"\xff\x00"), {}, "it is not UTF-8"),
    "nothing": (lambda s: s.envelope.write_bytes(b""), {}, "it is not JSON"),
    "nested": (lambda s: s.envelope.write_bytes(b"[" * 10**6), {}, "nested too deeply"),
    "an accuracy of 7": (_metric(value=7.0, low=6.0, high=8.0), {}, "accuracy of 7 (6 to 8) is not between 0 and 1"),
    "an interval beyond the range": (_metric(low=-0.2), {}, "is not between 0 and 1"),
    "a drop of 2": (_metric("drop", value=2.0, low=1.0, high=2.5), {}, "is not between -1 and 1"),
    "a share below nothing": (_metric("flip_rate", value=-0.5, low=-0.6, high=0), {}, "is not between 0 and 1"),
    "a brier score of 3": (_metric("brier", value=3.0, low=1.0, high=3.5), {}, "is not between 0 and 2"),
    "an accuracy of a class beyond 1": (_metric("class_accuracy[dark]", high=1.5), {}, "is not between 0 and 1"),
    "a declared accuracy beyond 1": (_metric("declared accuracy", high=1.5), {}, "is not between 0 and 1"),
    "a number outside its interval": (_metric(value=0.5), {}, "does not lie in its own interval, 0.9 to 1"),
    "an interval turned round": (_metric(low=1.0, high=0.9), {}, "does not lie in its own interval"),
    "no number of pictures": (_test(n=0), {}, "looked at no picture"),
    "more pictures than the data has": (_test(n=25), {}, "is no number of pictures, of 24"),
    "a metric of no picture": (_metric(n=0), {}, "is said to rest on 0 pictures"),
    "a metric of more pictures": (_metric(n=10**6), {}, "is said to rest on 1000000 pictures, of 24"),
    "half a picture": (_metric(n=2.5), {}, "is said to rest on 2.5 pictures"),
    "nothing measured": (_test(metrics={}), {}, "measured nothing"),
    "a data set of one picture": (_data(size=1, classes=1), {}, "has 1 classes in 1 pictures"),
    "fewer pictures than were looked at": (_data(size=23), {}, "is no number of pictures, of 23"),
    "a data set of nothing": (_data(size=0), {}, "the data has 0 pictures"),
    "one class": (_data(classes=1), {}, "has 1 classes in 24 pictures"),
    "more classes than pictures": (_data(classes=25), {}, "has 25 classes in 24 pictures"),
    "a size that is true": (_data(size=True), {}, "the data has True pictures"),
    "negative seconds": (_run(seconds=-1), {}, "seconds are no time that a run takes"),
    "a limit of nothing": (_run(limit=0), {}, "limit is no number of pictures"),
    "a negative seed": (_run(suite={"path": "suites/greys.yaml", "title": "Greys", "seed": -1}), {}, "has no seed"),
    "a key more outside": (_more(), {}, "the statement lacks or should not have more"),
    "a key more of the subject": (_more("subject", 0), {}, "the subject lacks or should not have more"),
    "a digest more of the subject": (
        _more("subject", 0, "digest", key="sha1", value="0"),
        {},
        "has other digests than",
    ),
    "a key more of the run": (_more(*RUN), {}, "the run lacks or should not have more"),
    "a key more of the suite": (_more(*RUN, "suite"), {}, "the suite lacks or should not have more"),
    "a key more of the data": (_more(*RUN, "data"), {}, "the data lacks or should not have more"),
    "a key more of the cache": (_more(*RUN, "cached"), {}, "cached lacks or should not have more"),
    "a key more of a metric": (
        _more(*RUN, "tests", 0, "metrics", "accuracy"),
        {},
        "accuracy lacks or should not have more",
    ),
    "a key more of a descriptor": (_more("predicate", "configuration", 0), {}, "a descriptor lacks or should not have"),
    "a key more of annotations": (
        _more("predicate", "configuration", 0, "annotations"),
        {},
        "annotations lacks or should not have more",
    ),
    "a key less of the run": (_less(*RUN, "cached"), {}, "the run lacks or should not have cached"),
    "numbers in the environment": (_more(*RUN, "environment", value={"deep": 3}), {}, "environment: 'more' is no text"),
    "an unknown kind": (_test(kind="trust"), {}, "the kind of 'clean' is 'trust'"),
    "an unknown severity": (_test(severity="none"), {}, "the severity of 'clean' is 'none'"),
    "a digest of records that is none": (_test(records="0" * 63), {}, "the records of 'clean' have no digest"),
    "a pass without records": (_test(records=""), {}, "the records of 'clean' have no digest"),
    "a waiver of what holds": (
        _test(waiver={"reason": "x", "owner": "y", "expires": "2999-01-01"}),
        {},
        "which a waiver never makes of a case",
    ),
    "a waiver that nobody signed": (
        _test(waiver={"reason": "x", "owner": "", "expires": "2999-01-01"}),
        {},
        "lacks a reason, an owner or a day",
    ),
    "a key more of a waiver": (_test(waiver={"reason": "x", "by": "me"}), {}, "a waiver lacks or should not have"),
    "run and not run": (_run(notRun=["noisy"]), {}, "a test was both run and not run"),
    "what was never run": (_run(notRecomputed=["gone"]), {}, "notRecomputed names a test that was not run"),
    "fewer cached than none": (_run(cached={"cases": -1, "of": 3}), {}, "cached is no number of cases"),
    "cached of fewer": (_run(cached={"cases": 0, "of": 0}), {}, "cached is of 0 cases, not 3"),
    "a cached result": (set_cached(False, True, False), {}, "1 of 3 cases were answered from a cache"),
    "all from the cache": (set_cached(True, True, True), {}, "3 of 3 cases were answered from a cache"),
    "a required test that is waived": (
        set_verdicts("waived"),
        {"require": ["noisy"]},
        "the required test noisy did not pass: its verdict is waived",
    ),
    "a required test that warned": (set_verdicts("warn"), {"require": ["noisy"]}, "its verdict is warn"),
    "a required test that failed": (set_verdicts("fail"), {"require": ["noisy"]}, "its verdict is fail"),
    "a required test that was left out": (
        _run(notRun=["hard"]),
        {"require": ["hard"]},
        "required test hard was not run",
    ),
    "all cases waived": (
        set_verdicts("waived", "waived"),
        {},
        "every case that gates is waived: noisy, turned[roll=5deg]",
    ),
    "everything waived": (set_verdicts("waived", "waived", "waived", first=0), {}, "no case passed"),
    "everything a warning": (set_verdicts("warn", "warn", "warn", first=0), {}, "no case passed"),
    "another model entry's digest": (
        _model_digests(lambda digests: digests.update({DEFINITION: "0" * 64})),
        {},
        "the model brightness is defined otherwise than it was run",
    ),
    "no digest of the model's entry": (
        _model_digests(lambda digests: digests.pop(DEFINITION)),
        {},
        "has other digests",
    ),
    "no digest of the model": (_model_digests(lambda digests: digests.pop(MODEL)), {}, "has other digests"),
    "other arguments of the model": (
        lambda s: (s.root / "configs/models.yaml").write_text(
            (s.root / "configs/models.yaml").read_text().replace("  classes:", "  arguments: {lean: 0.3}\n  classes:")
        ),
        {},
        "the model brightness is defined otherwise than it was run",
    ),
    "code that is not here": (
        _described_too("code", "model.py"),
        {},
        "the code model.py of the run is not here",
    ),
    "an earlier version": (_earlier, {}, "made by an earlier version; run and sign again"),
    "an envelope with spaces": (_envelope(lambda found: None, separators=(", ", ": ")), {}, "byte for byte"),
    "an envelope on several lines": (_envelope(lambda found: None, indent=1), {}, "byte for byte"),
    "an envelope in another order": (
        _envelope(lambda found: found.update(payload=found.pop("payload"))),
        {},
        "byte for byte",
    ),
    "an envelope with escapes": (
        lambda s: s.envelope.write_bytes(s.envelope.read_bytes().replace(b"payloadType", b"payload\\u0054ype")),
        {},
        "byte for byte",
    ),
    "an envelope without its last byte": (
        lambda s: s.envelope.write_bytes(s.envelope.read_bytes()[:-1]),
        {},
        "byte for byte",
    ),
    "an envelope of Windows": (
        lambda s: s.envelope.write_bytes(s.envelope.read_bytes().replace(b"\n", b"\r\n")),
        {},
        "byte for byte",
    ),
    "a mark before the envelope": (
        lambda s: s.envelope.write_bytes(b"\xef\xbb\xbf" + s.envelope.read_bytes()),
        {},
        "it is not JSON",
    ),
    "a key more of the envelope": (_envelope(lambda found: found.update(more=1)), {}, "an envelope has"),
    "a key more of the signature": (
        _envelope(lambda found: found["signatures"][0].update(cert="x")),
        {},
        "a signature has sig",
    ),
    "no name of the key": (
        _envelope(lambda found: found["signatures"][0].update(keyid="")),
        {},
        "does not name the key",
    ),
    "no key id at all": (_envelope(lambda found: found["signatures"][0].pop("keyid")), {}, "byte for byte"),
    "base64 for addresses": (_envelope(_url_safe), {}, "is not base64"),
    "bits that no byte comes from": (_envelope(_trailing_bits), {}, "one canonical form"),
    "whitespace": (lambda s: s.envelope.write_bytes(s.envelope.read_bytes() + b" "), {}, "byte for byte"),
}
