"""Says whether this very model passed: the deployment's side of an attestation."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from robustcheck.core.checksums import algorithm_of, digest_of
from robustcheck.core.errors import AttestationRefused, RobustcheckError, count_of, did_you_mean
from robustcheck.core.paths import resolved
from robustcheck.core.strict_json import read_evidence
from robustcheck.core.text import named, printable
from robustcheck.domain.suite import MOST
from robustcheck.domain.tier import TIERS, Tier
from robustcheck.provenance.signing.envelope import BadEnvelope, Envelope, read_envelope, unseal
from robustcheck.provenance.signing.project_check import differing
from robustcheck.provenance.signing.signing_keys import load_public
from robustcheck.provenance.signing.statement import DATA, EXTENSION, MODEL, SUITE
from robustcheck.provenance.signing.statement_rules import APART, BadStatement, ended_of, parse_statement

UNGATED: Final = ("clean", "provenance")
"""Kinds of tests that say nothing about what happens under a shift."""
CLOCKS: Final = datetime.timedelta(minutes=5)
"""By how much two machines' clocks may differ."""


@dataclass(frozen=True, slots=True)
class Waived:
    """A breach that somebody answers for.

    Attributes:
        id: Of the test.
        reason: Why it is excused.
        owner: Who answers for it.
        expires: The last day, ``2026-11-23``.
    """

    id: str
    reason: str
    owner: str
    expires: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What an attestation shows, once nothing speaks against it.

    Attributes:
        model: Name of the model's file or folder.
        digest: The sha256 of the file, or the dirHash of the folder.
        suite: Path of the suite in the project that was run.
        suite_digest: Of its meaning.
        data: Name of the data set.
        data_digest: Of its pictures and labels.
        model_digest: Of the model as it was run, with code and arguments.
        result: ``PASSED`` or ``WARNED``.
        tests: How many there were.
        warned: Ids of those that passed with a warning or a waiver.
        waived: Those of them that somebody answers for, with the reason and until when.
        not_recomputed: Ids of those whose verdict rests on the result file alone.
        cached: How many cases were not looked at anew.
        ended: When the run ended.
        keyid: Of the key that signed.
        statement: All that was signed.
        notes: What a reader must know beside the result: that most of the cases could not fail, if so.
    """

    model: str
    digest: str
    suite: str
    suite_digest: str
    data: str
    data_digest: str
    model_digest: str
    result: str
    tests: int
    warned: tuple[str, ...]
    waived: tuple[Waived, ...]
    not_recomputed: tuple[str, ...]
    cached: int
    ended: datetime.datetime
    keyid: str
    statement: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def verify_attestation(
    model: str | Path,
    *,
    attestation: str | Path,
    keys: Sequence[str | Path],
    suite: str | Path | None = None,
    require: Sequence[str] = (),
    max_age: datetime.timedelta | None = None,
    tier: Tier = "standard",
    warnings: bool = True,
    allow_waived: bool = False,
    allow_cached: bool = False,
    with_data: bool = False,
    root: str | Path | None = None,
    configs: str | Path = "configs",
    now: datetime.datetime | None = None,
) -> Verified:
    """Return what an attestation shows of a model's file, or refuse.

    Args:
        model: The file or folder that is about to be deployed; all of its bytes are read.
        attestation: The envelope.
        keys: Files of public keys, one of which must have signed.
        suite: A suite that must be the one that was run, absolute or relative to ``root``, with its configuration,
            baseline, records and overlay as they lie in the project.
        require: Ids of tests that must have passed, without a warning or a waiver.
        max_age: Time since the end of the run, at most.
        tier: At least this much of the suite was run.
        warnings: Whether a test may have passed with a warning or a waiver.
        allow_waived: Whether a run counts in which nothing passed that was not waived.
        allow_cached: Whether a run counts in which cases were not looked at anew, but answered from a cache.
        with_data: With ``suite``, read the data set again and hold its digest against the attested one.
        root: The project of the suite; the working directory by default.
        configs: Folder of ``models.yaml`` and ``data.yaml`` below ``root``.
        now: With a time zone; this moment by default.

    Raises:
        AttestationRefused: With every reason that can be told.
        RobustcheckError: A file cannot be read, a key is none, or ``with_data`` is asked for without ``suite``.
    """
    if with_data and suite is None:
        raise RobustcheckError("with_data reads the data of a suite; name it with suite=")
    trusted = [load_public(Path(key)) for key in keys]
    text = read_evidence(Path(attestation), "attestation")
    try:
        envelope = read_envelope(text)
        payload = unseal(envelope, trusted)
        statement = parse_statement(payload)
    except (BadEnvelope, BadStatement) as error:
        raise AttestationRefused([f"{attestation}: {error}"]) from None
    moment = now or datetime.datetime.now(datetime.UTC)
    digest = _digest(Path(model))
    reasons = [
        *_of_model(Path(model), digest, statement),
        *_of_tests(statement, warnings=warnings, allow_waived=allow_waived),
        *_of_required(statement, require),
        *_of_extent(statement, tier),
        *_of_cache(statement, allow_cached=allow_cached),
        *_of_time(statement, max_age, moment),
    ]
    if suite is not None:
        home = Path(root or Path.cwd())
        reasons += differing(statement, home / suite, home, home / configs, with_data=with_data)
    if reasons:
        raise AttestationRefused(reasons)
    return _verified(statement, envelope, digest)


def _digest(model: Path) -> str:
    try:
        return digest_of(model)
    except OSError as error:
        raise RobustcheckError(f"{model}: the model cannot be read: {error.strerror}") from None
    except RobustcheckError as error:
        raise AttestationRefused([printable(str(error))]) from None


def _of_model(model: Path, digest: str, statement: Mapping[str, Any]) -> Iterator[str]:
    subject = statement["subject"][0]
    name, (algorithm, attested) = subject["name"], next(iter(subject["digest"].items()))
    if (algorithm_of(model), digest) != (algorithm, attested):
        what = algorithm_of(model)
        yield f"{model} is another model: its {what} is {digest}, the attested {algorithm} {attested}"
    if model.name != name:
        yield f"{model} is not called as the attested model is, {printable(name)}; a renamed file may be taken for another"
    if model.is_symlink():
        yield f"{model} is a link to {printable(str(resolved(model)))}, which may change after this; name the file itself"


def _of_tests(statement: Mapping[str, Any], *, warnings: bool, allow_waived: bool) -> Iterator[str]:
    told = statement["predicate"]
    passed, warned, failed = told["passedTests"], told["warnedTests"], told["failedTests"]
    if told["result"] == "FAILED":
        yield f"the run failed: {len(failed)} of {len(passed) + len(warned) + len(failed)} tests: {named(failed)}"
    if warned and not warnings:
        yield f"{count_of(len(warned), 'test')} passed with a warning or a waiver only: {named(warned)}"
    tests = statement["predicate"][EXTENSION]["tests"]
    gating = [test for test in tests if test["kind"] not in UNGATED]
    if not any(test["verdict"] == "pass" for test in tests if test["kind"] != "provenance"):
        if not (allow_waived or failed):
            yield "no case passed; a run in which everything is excused shows nothing"
    elif gating and all(test["verdict"] == "waived" for test in gating) and not allow_waived:
        yield f"every case that gates is waived: {named(test['id'] for test in gating)}"


def _of_required(statement: Mapping[str, Any], require: Sequence[str]) -> Iterator[str]:
    run = statement["predicate"][EXTENSION]
    verdicts = {test["id"]: test["verdict"] for test in run["tests"]}
    for name in require:
        if name not in verdicts:
            meant = did_you_mean(name, map(printable, verdicts))
            yield f"the required test {printable(name)} was not run; {meant}"
        elif verdicts[name] != "pass":
            yield f"the required test {printable(name)} did not pass: its verdict is {verdicts[name]}"


def _of_cache(statement: Mapping[str, Any], *, allow_cached: bool) -> Iterator[str]:
    cached = statement["predicate"][EXTENSION]["cached"]
    if cached["cases"] and not allow_cached:
        yield (
            f"{cached['cases']} of {cached['of']} cases were answered from a cache; run the suite with "
            "--robustcheck-attest and --robustcheck-no-cache, or accept it by --allow-cached"
        )


def _of_extent(statement: Mapping[str, Any], tier: Tier) -> Iterator[str]:
    run = statement["predicate"][EXTENSION]
    if run["notRun"]:
        yield f"{len(run['notRun'])} tests of the suite were not run: {named(run['notRun'])}"
    if run["limit"] is not None:
        yield f"only {run['limit']} pictures were looked at, chosen by --robustcheck-limit; run the suite without it"
    if TIERS.index(run["tier"]) < TIERS.index(tier):
        yield f"only the tier {run['tier']} was run; {tier} is asked for"


def _of_time(statement: Mapping[str, Any], max_age: datetime.timedelta | None, now: datetime.datetime) -> Iterator[str]:
    ended = ended_of(statement["predicate"][EXTENSION])
    if ended > now + CLOCKS:
        yield f"the run ended in the future, at {ended.isoformat()}; look at the clocks"
    if max_age is not None and now - ended > max_age:
        yield f"the run is {_days(now - ended)} old, {_days(max_age)} are allowed; run the suite again"


def _days(time: datetime.timedelta) -> str:
    return f"{time.total_seconds() / 86400:.3g} days"


def _verified(statement: Mapping[str, Any], envelope: Envelope, digest: str) -> Verified:
    told = statement["predicate"]
    run = told[EXTENSION]
    digests = {item["annotations"]["role"]: item["digest"] for item in told["configuration"]}
    return Verified(
        model=statement["subject"][0]["name"],
        digest=digest,
        suite=run["suite"]["path"],
        suite_digest=digests["suite"][SUITE],
        data=run["data"]["name"],
        data_digest=digests["data"][DATA],
        model_digest=digests["model"][MODEL],
        result=told["result"],
        tests=len(run["tests"]),
        warned=tuple(told["warnedTests"]),
        waived=tuple(Waived(test["id"], **test["waiver"]) for test in run["tests"] if test["verdict"] == "waived"),
        not_recomputed=tuple(run["notRecomputed"]),
        cached=run["cached"]["cases"],
        ended=ended_of(run),
        keyid=envelope.keyid,
        statement=statement,
        notes=tuple(_notes(run)),
    )


def _notes(run: Mapping[str, Any]) -> Iterator[str]:
    cases = [test for test in run["tests"] if test["kind"] not in APART]
    waived = [test["waiver"] is not None for test in cases]
    warning = [test["severity"] == "warn" for test in cases]
    told = [(sum(waived), "are excused by a waiver"), (sum(warning), "have severity: warn and could not fail")]
    most = MOST * len(cases)
    if all(count <= most for count, _ in told):
        either = sum(one or two for one, two in zip(waived, warning, strict=True))
        told = [(either, "are excused by a waiver or have severity: warn, and could not fail")]
    for count, what in told:
        if count > most:
            yield f"{count} of {len(cases)} cases {what}"
