"""What is signed: an in-toto Statement v1 with the predicate ``test-result`` v0.1 about one suite of one run.

Numbers stand in one field beside those of the predicate, named by a URN, as in-toto's parsing rules ask of extensions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from robustcheck.core.errors import RobustcheckError
from robustcheck.domain.suite import Suite, planned_items
from robustcheck.domain.tier import TIERS
from robustcheck.domain.verdict import FAILING
from robustcheck.domain.waiver import Waiver

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://in-toto.io/attestation/test-result/v0.1"
EXTENSION: Final = "urn:robustcheck:run:v2"
EARLIER: Final = ("urn:robustcheck:run:v1",)
"""Extensions of earlier versions, which did not hold numbers against records: what they say is not believed any more."""
SUITE: Final = "robustcheckSuite1"
"""Digest of a suite's meaning: its parsed tree after ``extends`` and variables, with model, data and seed."""
DATA: Final = "robustcheckData1"
"""Digest of a data set: sha256 over the sorted (id, content, label) of its samples."""
MODEL: Final = "robustcheckModel1"
"""Digest of a model as it was run: weights, code, arguments and how pictures are fed."""
DEFINITION: Final = "robustcheckModelDefinition1"
"""Digest of a model's entry in ``configs/models.yaml``, which needs no library to be computed again."""
LISTS: Final = {"PASSED": "passedTests", "WARNED": "warnedTests", "FAILED": "failedTests"}


def statement_of(
    document: Mapping[str, Any],
    suite: Mapping[str, Any],
    *,
    waivers: Mapping[str, Waiver] | None = None,
    not_recomputed: Sequence[str] = (),
) -> bytes:
    """Return the statement about one suite of a result file, as JSON in UTF-8.

    Args:
        document: The result file.
        suite: One of its ``suites``.
        waivers: Who answers for a breach, by the id of the test.
        not_recomputed: Ids of tests whose verdicts rest on the result file alone.

    Raises:
        RobustcheckError: The model has no weights file that the statement could be about, or nothing is known of the model or
            the data.
    """
    weights = [found for found in suite["inputs"] if found["role"] == "weights"]
    if len(weights) != 1:
        raise RobustcheckError(
            f"{suite['path']}: the model {suite['model']['name']} has no weights file that an attestation could be about; "
            "name one with weights: in configs/models.yaml"
        )
    if not suite["model"].get("digest") or not suite["data"].get("digest"):
        raise RobustcheckError(
            f"{suite['path']}: the model or the data could not be opened, so there is nothing to attest"
        )
    if not suite["model"].get("definition"):
        raise RobustcheckError(f"{suite['path']}: the result was made by an earlier version; run and sign again")
    tests = list(_tests(suite, waivers or {}))
    lists: dict[str, list[str]] = {name: [] for name in LISTS}
    for test in tests:
        lists[outcome_of(test["verdict"])].append(test["id"])
    subject = {
        "name": PurePosixPath(weights[0]["name"]).name,
        "digest": {weights[0]["algorithm"]: weights[0]["digest"]},
    }
    return _text(
        {
            "_type": STATEMENT,
            "subject": [subject],
            "predicateType": PREDICATE,
            "predicate": {
                "result": next((name for name in ("FAILED", "WARNED") if lists[name]), "PASSED"),
                "configuration": list(_configuration(suite)),
                **{LISTS[name]: ids for name, ids in lists.items()},
                EXTENSION: {
                    "suite": {"path": suite["path"], "title": suite["title"], "seed": suite["seed"]},
                    "model": suite["model"]["name"],
                    "data": {key: suite["data"].get(key) for key in ("name", "size", "classes")},
                    "tier": document["options"]["tier"],
                    "limit": document["options"]["limit"],
                    "started": document["started"],
                    "seconds": document["seconds"],
                    "cached": {"cases": sum(case["cached"] for case in suite["cases"]), "of": len(suite["cases"])},
                    "notRun": list(suite["not_run"]),
                    "notRecomputed": list(not_recomputed),
                    "tests": tests,
                    "environment": document["environment"],
                },
            },
        }
    )


def waivers_of(suite: Suite) -> dict[str, Waiver]:
    """Return who answers for a breach of what, by the id of the test; waivers that have expired are none."""
    return {item.id: item.waiver for item in planned_items(suite, TIERS[-1]) if item.waiver}


def outcome_of(verdict: str) -> str:
    """Return what the predicate calls a verdict: a waiver excuses, and warns all the same."""
    return "FAILED" if verdict in FAILING else "PASSED" if verdict == "pass" else "WARNED"


def _configuration(suite: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    model = suite["model"]
    yield _descriptor("suite", suite["path"], {SUITE: suite["digest"]})
    yield _descriptor("model", model["name"], {MODEL: model["digest"], DEFINITION: model["definition"]})
    yield _descriptor("data", suite["data"]["name"], {DATA: suite["data"]["digest"]})
    for found in suite["inputs"]:
        yield _descriptor(found["role"], found["name"], {found["algorithm"]: found["digest"]})


def _descriptor(role: str, name: str, digests: Mapping[str, str]) -> dict[str, Any]:
    return {"name": name, "digest": dict(digests), "annotations": {"role": role}}


def _tests(suite: Mapping[str, Any], waivers: Mapping[str, Waiver]) -> Iterator[dict[str, Any]]:
    for found in (*suite["provenance"], *suite["cases"], *suite["overall"]):
        metrics = {
            name: {key: metric[key] for key in ("value", "low", "high", "n")}
            for name, metric in found["metrics"].items()
        }
        told = {key: found[key] for key in ("id", "kind", "verdict", "severity", "n")}
        yield told | {
            "metrics": metrics,
            "records": found["records_digest"],
            "waiver": _waiver(found["waiver"], waivers.get(found["id"])),
        }


def _waiver(reason: str, waiver: Waiver | None) -> dict[str, str] | None:
    """Return who answers for a breach; what nobody is known to answer for has a reason alone."""
    if not reason:
        return None
    owner, expires = (waiver.owner, waiver.expires.isoformat()) if waiver else ("", "")
    return {"reason": reason, "owner": owner, "expires": expires}


def _text(statement: Mapping[str, Any]) -> bytes:
    return json.dumps(statement, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()
