"""Training records: SLSA provenance v1 of a model's weights, read and held against what a suite demands.

What a suite may ask for stands at these places of the predicate, whoever wrote the record: the commit and whether the
tree was clean in the ``resolvedDependencies`` with a ``gitCommit``, frameworks in those whose ``uri`` is a package URL,
data in those with a ``role`` of ``data``, seed and parameters in ``externalParameters``, the end in ``metadata``.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.paths import inside
from robustcheck.core.read_files import Note, ignore
from robustcheck.core.strict_json import NotStrict, parse_object, read_evidence
from robustcheck.core.text import printable
from robustcheck.provenance.signing.envelope import BadEnvelope, read_envelope, unseal
from robustcheck.provenance.signing.signing_keys import load_public

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://slsa.dev/provenance/v1"
HOW: Final = "wrap the training in robustcheck.record_training, or run it by robustcheck provenance record"
COMMIT: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """What a record says.

    Attributes:
        name: Its path, for messages.
        outputs: Digests (sha256, or dirHash of a folder) of what was made, by name.
        commit: Of the code; empty if not said.
        clean: Whether nothing was uncommitted; ``None`` if not said.
        seed: ``None`` if not said.
        parameters: ``None`` if not said.
        frameworks: Versions by package.
        data: Digests of data sets by name.
        finished: When the training ended; ``None`` if not said.
        signed: Whether a trusted key signed it; ``None`` where no key was given to look for.
    """

    name: str
    outputs: Mapping[str, str]
    commit: str
    clean: bool | None
    seed: int | None
    parameters: Mapping[str, Any] | None
    frameworks: Mapping[str, str]
    data: Mapping[str, str]
    finished: datetime.datetime | None
    signed: bool | None


def load_record(
    path: Path, *, root: Path, trusted_keys: Sequence[Path] = (), note: Note = ignore, note_key: Note = ignore
) -> TrainingRecord:
    """Read a record, plain or in an envelope.

    Args:
        path: The file.
        root: The project's folder, which the file must not leave.
        trusted_keys: Files of public keys. With any, an envelope that none of them signed is refused, and a plain
            record is read as unsigned.
        note: Is told of the bytes of the record.
        note_key: Is told of the bytes of each key.

    Raises:
        RobustcheckError: There is none, it leaves the project, it is damaged, or another key signed it.
    """
    inside(path, root, "training record")
    text = read_evidence(path, "training record", note)
    keys = [load_public(inside(key, root, "public key"), note_key) for key in trusted_keys]
    try:
        found, signed = parse_object(text), False
        if "payload" in found:
            envelope = read_envelope(text)
            signed = bool(keys)
            found = parse_object(unseal(envelope, keys) if keys else envelope.payload)
    except (NotStrict, BadEnvelope) as error:
        raise RobustcheckError(f"{path}: this training record cannot be trusted: {error}") from None
    try:
        return _record(printable(str(path)), found, signed if keys else None)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        told = f"it has no {error}" if isinstance(error, KeyError) else printable(str(error))
        raise RobustcheckError(f"{path}: this is no SLSA provenance v1: {told}") from None


def _record(name: str, found: Mapping[str, Any], signed: bool | None) -> TrainingRecord:
    for key, needed in (("_type", STATEMENT), ("predicateType", PREDICATE)):
        if found[key] != needed:
            raise ValueError(f"{key} is {found[key]!r}, not {needed}")
    build, run = found["predicate"]["buildDefinition"], found["predicate"]["runDetails"]
    outer = build["externalParameters"]
    needed_items = build.get("resolvedDependencies", [])
    source: Mapping[str, Any] = next((item for item in needed_items if "gitCommit" in item.get("digest", {})), {})
    clean = source.get("annotations", {}).get("clean")
    seed, parameters = outer.get("seed"), outer.get("parameters")
    finished = run.get("metadata", {}).get("finishedOn")
    return TrainingRecord(
        name=name,
        outputs={str(item["name"]): digest_of_subject(item) for item in found["subject"]},
        commit=str(source.get("digest", {}).get("gitCommit", "")),
        clean=clean if isinstance(clean, bool) else None,
        seed=seed if isinstance(seed, int) and not isinstance(seed, bool) else None,
        parameters=parameters if isinstance(parameters, dict) else None,
        frameworks=dict(_packages(needed_items)),
        data=dict(_data(needed_items)),
        finished=_instant(finished) if finished is not None else None,
        signed=signed,
    )


def digest_of_subject(item: Mapping[str, Any]) -> str:
    """Return the sha256 of a file, or the dirHash of a folder; empty if the descriptor has neither."""
    digest = item["digest"]
    return str(digest.get("sha256") or digest.get("dirHash") or "")


def _packages(items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for item in items:
        found = re.fullmatch(r"pkg:pypi/([^@/?#]+)@([^?#]+)", str(item.get("uri", "")))
        if found:
            yield found[1], found[2]


def _data(items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for item in items:
        if item.get("annotations", {}).get("role") == "data":
            yield str(item["name"]), str(item["digest"]["sha256"])


def _instant(text: str) -> datetime.datetime:
    found = datetime.datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"finishedOn {text!r} has no time zone")
    return found


def unmet(
    record: TrainingRecord,
    require: Sequence[str],
    *,
    model_sha256: str | None = None,
    data_digest: str | None = None,
    max_age: datetime.timedelta | None = None,
    now: datetime.datetime | None = None,
) -> list[str]:
    """Return what a record lacks of what is demanded, each with how to supply it.

    Args:
        record: It.
        require: Of ``FACTS``.
        model_sha256: Digest of the model's weights, which must be among what the record says was made.
        data_digest: Of the training set as it lies here; without it any digest will do.
        max_age: Time since the training ended, at most.
        now: With a time zone; needed with ``max_age``.
    """
    lacking = [text for name in require if (text := _lacking(record, name, data_digest))]
    if model_sha256 is not None and model_sha256 not in record.outputs.values():
        made = ", ".join(f"{printable(name)} {digest[:12]}" for name, digest in record.outputs.items()) or "nothing"
        lacking.append(
            f"{record.name} is of another model: it is of {made}, the weights here are {model_sha256[:12]}; "
            "name the record of these weights"
        )
    if max_age is not None and now is not None:
        lacking += _too_old(record, max_age, now)
    return lacking


def _lacking(record: TrainingRecord, name: str, data_digest: str | None) -> str:
    lacks = f"{record.name} does not say"
    if name == "git_commit":
        return (
            "" if COMMIT.fullmatch(record.commit) else f"{lacks} which commit was trained; {HOW}, within a git checkout"
        )
    if name == "clean_tree":
        if record.clean is False:
            return f"{record.name}: there were uncommitted changes when it was trained; commit them, and train again"
        return "" if record.clean else f"{lacks} whether anything was uncommitted; {HOW}, within a git checkout"
    if name == "seed":
        return "" if record.seed is not None else f"{lacks} the seed of the training; {HOW}, and give it the seed"
    if name == "frameworks":
        return "" if record.frameworks else f"{lacks} the versions of the frameworks; {HOW}"
    if name == "parameters":
        return "" if record.parameters else f"{lacks} the parameters of the training; {HOW}, and give it the parameters"
    if name == "signature":
        return "" if record.signed else f"{record.name} is not signed; {HOW}, and give it the key"
    if not record.data:
        return f"{lacks} the digest of the training data; {HOW}, and name the data"
    if data_digest is not None and data_digest not in record.data.values():
        said = ", ".join(f"{printable(key)} {digest[:12]}" for key, digest in record.data.items())
        return f"{record.name}: it was trained on {said}; the training set here is {data_digest[:12]}, another one"
    return ""


def _too_old(record: TrainingRecord, max_age: datetime.timedelta, now: datetime.datetime) -> list[str]:
    if record.finished is None:
        return [f"{record.name} does not say when the training ended; {HOW}"]
    if record.finished > now:
        return [
            f"{record.name}: the training ended in the future, on {record.finished:%Y-%m-%d %H:%M}; look at the clocks"
        ]
    age = now - record.finished
    if age > max_age:
        return [f"{record.name}: the training ended {age.days} days ago; {max_age.days} are allowed; train again"]
    return []
