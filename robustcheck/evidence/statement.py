"""What is signed: an in-toto Statement v1 with the predicate ``test-result`` v0.1 about one suite of one run.

Numbers stand in one field beside those of the predicate, named by a URN, as in-toto's parsing rules ask of extensions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from robustcheck.errors import RobustcheckError
from robustcheck.measure.verdicts import FAILING

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://in-toto.io/attestation/test-result/v0.1"
EXTENSION: Final = "urn:robustcheck:run:v1"
SUITE: Final = "robustcheckSuite1"
"""Digest of a suite's meaning: its parsed tree after ``extends`` and variables, with model, data and seed."""
DATA: Final = "robustcheckData1"
"""Digest of a data set: sha256 over the sorted (id, content, label) of its samples."""
MODEL: Final = "robustcheckModel1"
"""Digest of a model as it was run: weights, code, arguments and how pictures are fed."""
LISTS: Final = {"PASSED": "passedTests", "WARNED": "warnedTests", "FAILED": "failedTests"}


def statement_of(document: Mapping[str, Any], suite: Mapping[str, Any]) -> bytes:
    """Return the statement about one suite of a result file, as JSON in UTF-8.

    Args:
        document: The result file.
        suite: One of its ``suites``.

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
    tests = list(_tests(suite))
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
                    "notRun": list(suite["not_run"]),
                    "tests": tests,
                    "environment": document["environment"],
                },
            },
        }
    )


def outcome_of(verdict: str) -> str:
    """Return what the predicate calls a verdict: a waiver excuses, and warns all the same."""
    return "FAILED" if verdict in FAILING else "PASSED" if verdict == "pass" else "WARNED"


def _configuration(suite: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield _descriptor("suite", suite["path"], SUITE, suite["digest"])
    yield _descriptor("model", suite["model"]["name"], MODEL, suite["model"]["digest"])
    yield _descriptor("data", suite["data"]["name"], DATA, suite["data"]["digest"])
    for found in suite["inputs"]:
        yield _descriptor(found["role"], found["name"], found["algorithm"], found["digest"])


def _descriptor(role: str, name: str, algorithm: str, digest: str) -> dict[str, Any]:
    return {"name": name, "digest": {algorithm: digest}, "annotations": {"role": role}}


def _tests(suite: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for found in (*suite["provenance"], *suite["cases"], *suite["overall"]):
        metrics = {
            name: {key: metric[key] for key in ("value", "low", "high", "n")}
            for name, metric in found["metrics"].items()
        }
        yield {key: found[key] for key in ("id", "kind", "verdict", "n")} | {"metrics": metrics}


def _text(statement: Mapping[str, Any]) -> bytes:
    return json.dumps(statement, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()
