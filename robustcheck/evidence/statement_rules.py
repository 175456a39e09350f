"""Whether a statement is one that is signed here: every type, every digest, and whether its parts agree."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from robustcheck.errors import RobustcheckError
from robustcheck.evidence.statement import DATA, EXTENSION, LISTS, MODEL, PREDICATE, STATEMENT, SUITE, outcome_of
from robustcheck.language.plan import TIERS
from robustcheck.measure.baseline import printable
from robustcheck.measure.verdicts import WORST_FIRST
from robustcheck.strict_json import NotStrict, parse_object

HEX: Final = re.compile(r"[0-9a-f]{64}")
OUTER: Final = {"_type", "subject", "predicateType", "predicate"}
INNER: Final = {"result", "configuration", *LISTS.values(), EXTENSION}
RUN: Final[dict[str, Any]] = {
    "suite": dict,
    "model": str,
    "data": dict,
    "tier": str,
    "started": str,
    "seconds": (int, float),
    "notRun": list,
    "tests": list,
    "environment": dict,
}
TEST: Final = {"id", "kind", "verdict", "n", "metrics"}
METRIC: Final = {"value", "low", "high", "n"}
ONCE: Final = ("suite", "model", "data")
"""Roles of which there is exactly one, beside the weights."""
ALGORITHMS: Final = {"suite": (SUITE,), "model": (MODEL,), "data": (DATA,)}
FILES: Final = ("sha256", "dirHash")


class BadStatement(RobustcheckError):
    """A payload is no statement that could have been signed here."""


def parse_statement(payload: bytes) -> dict[str, Any]:
    """Return a statement about a run.

    Raises:
        BadStatement: It is none, or its parts contradict each other.
    """
    try:
        found = parse_object(payload)
        json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair can be escaped, and is no text
        _check(found)
    except NotStrict as error:
        raise BadStatement(f"the payload is no statement: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise BadStatement(f"the payload is no statement: {type(error).__name__}: {printable(str(error))}") from None
    return found


def ended_of(run: Mapping[str, Any]) -> datetime.datetime:
    """Return when a run ended.

    Args:
        run: The extension of a statement.

    Raises:
        OverflowError: There is no such day.
    """
    return datetime.datetime.fromisoformat(run["started"]) + datetime.timedelta(seconds=run["seconds"])


def _check(found: Mapping[str, Any]) -> None:
    _keys("the statement", found, OUTER)
    for key, needed in (("_type", STATEMENT), ("predicateType", PREDICATE)):
        _need(found[key] == needed, f"{key} is {_shown(found[key])}, not {needed}")
    subjects = found["subject"]
    _need(isinstance(subjects, list), "subject is no list")
    _need(len(subjects) == 1, f"there are {len(subjects)} subjects; a run is of exactly one model")
    _check_digest("the subject", subjects[0], *FILES)
    predicate = found["predicate"]
    _keys("the predicate", predicate, INNER)
    _need(predicate["result"] in LISTS, f"result is {_shown(predicate['result'])}, not one of {', '.join(LISTS)}")
    _check_configuration(predicate["configuration"])
    weights = next(item for item in predicate["configuration"] if item["annotations"]["role"] == "weights")
    _need(weights["digest"] == subjects[0]["digest"], "the subject is not the weights file that was run")
    _need(PurePosixPath(weights["name"]).name == subjects[0]["name"], "the subject is not called as the weights file")
    _check_run(predicate[EXTENSION])
    _check_names(predicate)
    _check_tests(predicate)


def _check_configuration(descriptors: Any) -> None:
    _need(isinstance(descriptors, list), "configuration is no list")
    roles = []
    for item in descriptors:
        role = item["annotations"]["role"]
        _need(isinstance(role, str), "a role is no text")
        _check_digest(f"the {_shown(role)}", item, *ALGORITHMS.get(role, FILES))
        roles.append(role)
    for role in (*ONCE, "weights"):
        _need(roles.count(role) == 1, f"there are {roles.count(role)} digests of the {role}; there is exactly one")
    names = [(item["annotations"]["role"], item["name"]) for item in descriptors]
    _need(len(set(names)) == len(names), "a file stands in configuration twice")


def _check_run(run: Any) -> None:
    for key, kind in RUN.items():
        _need(isinstance(run[key], kind) and not isinstance(run[key], bool), f"{key} of the run has the wrong type")
    _need(run["limit"] is None or type(run["limit"]) is int, "limit is no number")
    _need(run["tier"] in TIERS, f"tier is {_shown(run['tier'])}")
    _need(datetime.datetime.fromisoformat(run["started"]).tzinfo is not None, "started has no time zone")
    _need(0 <= run["seconds"] < 10**9, "seconds are no time that a run takes")
    ended_of(run).astimezone(datetime.UTC)
    _need(all(isinstance(name, str) for name in run["notRun"]), "notRun is no list of names")
    _need(isinstance(run["suite"]["path"], str), "the suite has no path")
    _need(type(run["suite"]["seed"]) is int, "the suite has no seed")
    _need(isinstance(run["data"]["name"], str), "the data has no name")


def _check_names(predicate: Mapping[str, Any]) -> None:
    run = predicate[EXTENSION]
    told = {item["annotations"]["role"]: item["name"] for item in predicate["configuration"]}
    for role, name in (("suite", run["suite"]["path"]), ("model", run["model"]), ("data", run["data"]["name"])):
        _need(told[role] == name, f"the run and its configuration name two different things as the {role}")


def _check_tests(predicate: Mapping[str, Any]) -> None:
    tests = predicate[EXTENSION]["tests"]
    _need(len(tests) > 0, "no test was run")
    told: dict[str, list[str]] = {name: [] for name in LISTS}
    for test in tests:
        _keys("a test", test, TEST)
        _need(isinstance(test["id"], str), "a test has no name")
        _need(isinstance(test["kind"], str), f"the kind of {_shown(test['id'])} is no text")
        _need(type(test["n"]) is int and test["n"] >= 0, f"n of {_shown(test['id'])} is no number of pictures")
        _check_metrics(test["id"], test["metrics"])
        _need(test["verdict"] in WORST_FIRST, f"a verdict is {_shown(test['verdict'])}")
        told[outcome_of(test["verdict"])].append(test["id"])
    for name, key in LISTS.items():
        _need(predicate[key] == told[name], f"{key} does not agree with the verdicts of the run")
    ids = [test["id"] for test in tests]
    _need(len(set(ids)) == len(ids), "a test stands there twice")
    result = next((name for name in ("FAILED", "WARNED") if told[name]), "PASSED")
    _need(predicate["result"] == result, f"result is {predicate['result']}, where the tests come to {result}")


def _check_metrics(name: str, metrics: Any) -> None:
    _need(isinstance(metrics, dict), f"the metrics of {_shown(name)} are no object")
    for metric in metrics.values():
        _keys("a metric", metric, METRIC)
        _need(
            all(type(number) in (int, float) for number in metric.values()), f"a metric of {_shown(name)} is no number"
        )


def _check_digest(what: str, item: Mapping[str, Any], *algorithms: str) -> None:
    _need(isinstance(item["name"], str) and item["name"] != "", f"{what} has no name")
    digests = list(item["digest"].items())
    _need(
        len(digests) == 1 and digests[0][0] in algorithms,
        f"{what} has not exactly one digest: {' or '.join(algorithms)}",
    )
    text = digests[0][1]
    _need(
        isinstance(text, str) and HEX.fullmatch(text) is not None,
        f"the digest of {what} is not 64 digits of lower-case hex",
    )


def _keys(what: str, found: Any, needed: set[str]) -> None:
    _need(isinstance(found, dict), f"{what} is no object")
    wrong = sorted(set(found) ^ needed)
    _need(not wrong, f"{what} lacks or should not have {', '.join(map(printable, wrong))}")


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise BadStatement(f"the payload is no statement about a run: {otherwise}")


def _shown(value: Any) -> str:
    return printable(repr(value)[:60])
