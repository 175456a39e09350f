"""Whether a statement is one that is signed here: every key, every type, every range, and whether its parts agree."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from robustcheck.core.strict_json import NotStrict, parse_object
from robustcheck.core.text import printable
from robustcheck.domain.tier import TIERS
from robustcheck.provenance.signing.statement import (
    DATA,
    DEFINITION,
    EARLIER,
    EXTENSION,
    LISTS,
    MODEL,
    PREDICATE,
    STATEMENT,
    SUITE,
    outcome_of,
)
from robustcheck.provenance.signing.tested import HEX, BadStatement, check_keys, check_test, need, quoted

__all__ = ["APART", "BadStatement", "ended_of", "parse_statement"]

OUTER: Final = {"_type", "subject", "predicateType", "predicate"}
INNER: Final = {"result", "configuration", *LISTS.values(), EXTENSION}
RUN: Final[dict[str, Any]] = {
    "suite": dict,
    "model": str,
    "data": dict,
    "tier": str,
    "limit": (int, type(None)),
    "started": str,
    "seconds": (int, float),
    "cached": dict,
    "notRun": list,
    "notRecomputed": list,
    "tests": list,
    "environment": dict,
}
ONCE: Final = ("suite", "model", "data")
"""Roles of which there is exactly one, beside the weights."""
ALGORITHMS: Final = {"suite": {SUITE}, "model": {MODEL, DEFINITION}, "data": {DATA}}
"""The digests that these roles have, all of them; a file has one of ``FILES``."""
FILES: Final = ("sha256", "dirHash")
APART: Final = ("overall", "provenance")
"""Kinds of tests that are no cases."""


def parse_statement(payload: bytes) -> dict[str, Any]:
    """Return a statement about a run.

    Raises:
        BadStatement: It is none, its parts contradict each other, or an earlier version made it.
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
    check_keys("the statement", found, OUTER)
    for key, needed in (("_type", STATEMENT), ("predicateType", PREDICATE)):
        need(found[key] == needed, f"{key} is {quoted(found[key])}, not {needed}")
    subjects = found["subject"]
    need(isinstance(subjects, list), "subject is no list")
    need(len(subjects) == 1, f"there are {len(subjects)} subjects; a run is of exactly one model")
    check_keys("the subject", subjects[0], {"name", "digest"})
    _check_digest("the subject", subjects[0], "weights")
    predicate = found["predicate"]
    earlier = isinstance(predicate, dict) and any(name in predicate for name in EARLIER)
    need(not earlier, "it was made by an earlier version; run and sign again")
    check_keys("the predicate", predicate, INNER)
    need(predicate["result"] in LISTS, f"result is {quoted(predicate['result'])}, not one of {', '.join(LISTS)}")
    _check_configuration(predicate["configuration"])
    weights = next(item for item in predicate["configuration"] if item["annotations"]["role"] == "weights")
    need(weights["digest"] == subjects[0]["digest"], "the subject is not the weights file that was run")
    need(PurePosixPath(weights["name"]).name == subjects[0]["name"], "the subject is not called as the weights file")
    _check_run(predicate[EXTENSION])
    _check_names(predicate)
    _check_tests(predicate)
    _check_lists(predicate[EXTENSION])


def _check_configuration(descriptors: Any) -> None:
    need(isinstance(descriptors, list), "configuration is no list")
    roles = []
    for item in descriptors:
        check_keys("a descriptor", item, {"name", "digest", "annotations"})
        check_keys("annotations", item["annotations"], {"role"})
        role = item["annotations"]["role"]
        need(isinstance(role, str), "a role is no text")
        _check_digest(f"the {quoted(role)}", item, role)
        roles.append(role)
    for role in (*ONCE, "weights"):
        need(roles.count(role) == 1, f"there are {roles.count(role)} digests of the {role}; there is exactly one")
    names = [(item["annotations"]["role"], item["name"]) for item in descriptors]
    need(len(set(names)) == len(names), "a file stands in configuration twice")


def _check_run(run: Any) -> None:
    check_keys("the run", run, set(RUN))
    for key, kind in RUN.items():
        need(isinstance(run[key], kind) and not isinstance(run[key], bool), f"{key} of the run has the wrong type")
    need(run["limit"] is None or run["limit"] >= 1, "limit is no number of pictures")
    need(run["tier"] in TIERS, f"tier is {quoted(run['tier'])}")
    need(datetime.datetime.fromisoformat(run["started"]).tzinfo is not None, "started has no time zone")
    need(0 <= run["seconds"] < 10**9, "seconds are no time that a run takes")
    ended_of(run).astimezone(datetime.UTC)
    _check_about(run)
    for name, value in run["environment"].items():
        texts = value.values() if isinstance(value, dict) else [value]
        need(all(isinstance(text, str) for text in texts), f"environment: {quoted(name)} is no text")


def _check_about(run: Mapping[str, Any]) -> None:
    suite, data = run["suite"], run["data"]
    check_keys("the suite", suite, {"path", "title", "seed"})
    need(isinstance(suite["path"], str) and suite["path"] != "", "the suite has no path")
    need(isinstance(suite["title"], str), "the suite has no title")
    need(type(suite["seed"]) is int and suite["seed"] >= 0, "the suite has no seed")
    check_keys("the data", data, {"name", "size", "classes"})
    need(isinstance(data["name"], str), "the data has no name")
    need(type(data["size"]) is int and data["size"] >= 1, f"the data has {quoted(data['size'])} pictures")
    need(
        type(data["classes"]) is int and 2 <= data["classes"] <= data["size"],
        f"the data has {quoted(data['classes'])} classes in {data['size']} pictures; at least 2 can be told apart",
    )


def _check_names(predicate: Mapping[str, Any]) -> None:
    run = predicate[EXTENSION]
    told = {item["annotations"]["role"]: item["name"] for item in predicate["configuration"]}
    for role, name in (("suite", run["suite"]["path"]), ("model", run["model"]), ("data", run["data"]["name"])):
        need(told[role] == name, f"the run and its configuration name two different things as the {role}")


def _check_tests(predicate: Mapping[str, Any]) -> None:
    run = predicate[EXTENSION]
    tests = run["tests"]
    need(len(tests) > 0, "no test was run")
    told: dict[str, list[str]] = {name: [] for name in LISTS}
    for test in tests:
        check_test(test, run["data"]["size"])
        told[outcome_of(test["verdict"])].append(test["id"])
    for name, key in LISTS.items():
        need(predicate[key] == told[name], f"{key} does not agree with the verdicts of the run")
    ids = [test["id"] for test in tests]
    need(len(set(ids)) == len(ids), "a test stands there twice")
    result = next((name for name in ("FAILED", "WARNED") if told[name]), "PASSED")
    need(predicate["result"] == result, f"result is {predicate['result']}, where the tests come to {result}")


def _check_lists(run: Mapping[str, Any]) -> None:
    ids, cached = [test["id"] for test in run["tests"]], run["cached"]
    for key in ("notRun", "notRecomputed"):
        need(all(isinstance(name, str) for name in run[key]), f"{key} is no list of names")
        need(len(set(run[key])) == len(run[key]), f"{key} names a test twice")
    need(not set(run["notRun"]) & set(ids), "a test was both run and not run")
    need(set(run["notRecomputed"]) <= set(ids), "notRecomputed names a test that was not run")
    check_keys("cached", cached, {"cases", "of"})
    cases = sum(test["kind"] not in APART for test in run["tests"])
    need(type(cached["of"]) is int and cached["of"] == cases, f"cached is of {quoted(cached['of'])} cases, not {cases}")
    need(type(cached["cases"]) is int and 0 <= cached["cases"] <= cases, "cached is no number of cases")


def _check_digest(what: str, item: Mapping[str, Any], role: str) -> None:
    need(isinstance(item["name"], str) and item["name"] != "", f"{what} has no name")
    needed = ALGORITHMS.get(role)
    given = item["digest"]
    need(isinstance(given, dict), f"the digest of {what} is no object")
    right = set(given) == needed if needed else len(given) == 1 and set(given) <= set(FILES)
    one = f"exactly {' and '.join(sorted(needed))}" if needed else f"exactly one of {' and '.join(FILES)}"
    need(right, f"{what} has other digests than {one}")
    for text in given.values():
        hexadecimal = isinstance(text, str) and HEX.fullmatch(text) is not None
        need(hexadecimal, f"the digest of {what} is not 64 digits of lower-case hex")
