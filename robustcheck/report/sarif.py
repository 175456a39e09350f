"""SARIF 2.1.0 of a result: what did not hold, at the line of the suite that demands it, for code scanning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import metadata
from typing import Any, Final
from urllib.parse import quote

from robustcheck.report.messages import failure
from robustcheck.report.terminal import every_result

Json = Mapping[str, Any]
SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Final = {
    "fail": "error",
    "error": "error",
    "unreliable": "error",
    "inconclusive": "error",
    "warn": "warning",
    "waived": "note",
}
RULES: Final = {
    "fail": "A threshold of the suite is broken.",
    "error": "A case could not give a number.",
    "unreliable": "A number cannot be believed.",
    "inconclusive": "There are too few pictures to decide.",
    "warn": "A threshold is broken that only warns.",
    "waived": "A threshold is broken, and somebody answers for it.",
}


def sarif(result: Json) -> str:
    """Return a log with one run: a rule a verdict, a result for everything that did not pass."""
    results = [
        _result(suite, case) for suite in result["suites"] for case in every_result(suite) if case["verdict"] in LEVELS
    ]
    driver = {
        "name": "robustcheck",
        "version": metadata.version("pytest-robustcheck"),
        "rules": [
            {"id": verdict, "shortDescription": {"text": text}, "defaultConfiguration": {"level": LEVELS[verdict]}}
            for verdict, text in RULES.items()
        ],
    }
    ran = {"executionSuccessful": True, "startTimeUtc": result["started"].replace("+00:00", "Z")}
    run = {"tool": {"driver": driver}, "invocations": [ran], "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n"


def _result(suite: Json, case: Json) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": quote(case["file"])}, "region": {"startLine": max(1, case["line"])}}
    return {
        "ruleId": case["verdict"],
        "ruleIndex": list(RULES).index(case["verdict"]),
        "level": LEVELS[case["verdict"]],
        "message": {"text": failure(case)},
        "locations": [{"physicalLocation": place, "logicalLocations": [{"fullyQualifiedName": case["nodeid"]}]}],
        # Stays the same when lines are added above, so that a finding is known again.
        "partialFingerprints": {"case/v1": f"{suite['path']}::{case['id']}"},
    }
