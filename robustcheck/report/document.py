"""The result file: everything a run found, as one JSON document with a published schema."""

from __future__ import annotations

import datetime
import json
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from robustcheck.core.files import atomic
from robustcheck.domain.result import RESULT_FILE, RESULT_SCHEMA
from robustcheck.domain.verdict import worst
from robustcheck.report.coverage import coverage

APART = ("overall", "provenance")
"""Kinds of results that are no cases, each in a list of its own."""
PACKAGES = ("pytest-robustcheck", "torchvision", "albumentations", "foolbox", "pytest", "pyarrow", "safetensors")


def document(
    suites: Sequence[Mapping[str, Any]],
    *,
    started: datetime.datetime,
    seconds: float,
    options: Mapping[str, Any],
    environment: Mapping[str, str],
    discovery: Mapping[str, Any] | None = None,
    every_suite: bool = True,
) -> dict[str, Any]:
    """Put the results of all suites together.

    Args:
        suites: For each: ``identity`` (see ``SuiteRun.identity``), ``results`` (JSON of case results) and
            ``not_run`` (ids that were planned in the chosen tier and not run).
        started: With a time zone.
        seconds: Wall time of the session.
        options: Command-line options that decide what was looked at.
        environment: Versions that can change pixels or logits, by package.
        discovery: Which suites were collected and what was left out and why; by default the suites, and nothing.
        every_suite: Whether at least one case was run of every suite that was asked for.
    """
    parts = [_suite(suite) for suite in suites]
    return {
        "schema": RESULT_SCHEMA,
        "verdict": worst([part["verdict"] for part in parts]),
        "complete": every_suite and all(not part["not_run"] for part in parts),
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "options": dict(options),
        "environment": {**machine(), **environment},
        "suites": parts,
        "discovery": discovery or {"suites": [part["path"] for part in parts], "left_out": []},
        "trackers": [],
    }


def _suite(suite: Mapping[str, Any]) -> dict[str, Any]:
    results = list(suite["results"])
    cases = [result for result in results if result["kind"] not in APART]
    arrays = suite["identity"].get("combinations", ())
    review = suite["identity"].get("review")
    if review:
        review = {
            **review,
            "thresholds": {case["id"]: case["automatic"]["threshold"] for case in cases if case["automatic"]},
        }
    return {
        "leaks": None,
        "residuals": None,
        "labels": None,
        **suite["identity"],
        "review": review,
        "combinations": [coverage(array, cases) for array in arrays],
        "verdict": worst([result["verdict"] for result in results]),
        "counts": dict(Counter(result["verdict"] for result in results)),
        "cases": cases,
        **{kind: [result for result in results if result["kind"] == kind] for kind in APART},
        "not_run": list(suite["not_run"]),
    }


def machine() -> dict[str, Any]:
    """Return the machine and the versions of packages that a result was made with."""
    packages = {}
    for name in PACKAGES:
        try:
            packages[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            packages[name] = "absent"
    return {
        "platform": platform.platform(),
        "machine": platform.machine(),
        "packages": packages,
    }


def write(result: Mapping[str, Any], folder: Path) -> Path:
    """Write the result file into a folder, whole or not at all, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / RESULT_FILE
    with atomic(path) as temporary:
        text = json.dumps(result, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path
