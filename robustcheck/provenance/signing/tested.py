"""Whether one test of a statement is one that a run can have had."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Set
from typing import Any, Final

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.text import printable
from robustcheck.domain.how import KINDS_OF_CASE
from robustcheck.domain.verdict import WORST_FIRST
from robustcheck.provenance.signing.metric_ranges import wrong_with

HEX: Final = re.compile(r"[0-9a-f]{64}")
TEST: Final = {"id", "kind", "verdict", "severity", "n", "metrics", "records", "waiver"}
WAIVER: Final = {"reason", "owner", "expires"}
KINDS: Final = (*KINDS_OF_CASE, "overall", "provenance", "unknown")
"""``unknown`` is what ended without a result, such as a case whose process died."""
WAIVED: Final = ("waived", "fail", "error", "unreliable")
"""What a case can be that a waiver names: where it holds, the waiver is stale, and the case fails."""


class BadStatement(RobustcheckError):
    """A payload is no statement that could have been signed here."""


def check_test(test: Any, size: int) -> None:
    """Look at one test.

    Args:
        test: It.
        size: How many pictures the data has.

    Raises:
        BadStatement: It is none.
    """
    check_keys("a test", test, TEST)
    need(isinstance(test["id"], str) and test["id"] != "", "a test has no name")
    name, kind, verdict = quoted(test["id"]), test["kind"], test["verdict"]
    need(isinstance(kind, str) and kind in KINDS, f"the kind of {name} is {quoted(kind)}")
    need(verdict in WORST_FIRST, f"a verdict is {quoted(verdict)}")
    need(test["severity"] in ("error", "warn"), f"the severity of {name} is {quoted(test['severity'])}")
    need(type(test["n"]) is int and 0 <= test["n"] <= size, f"n of {name} is no number of pictures, of {size}")
    _check_numbers(name, test, size)
    _check_records(name, test)
    _check_waiver(name, test)
    warned = test["severity"] == "warn" or kind == "provenance"
    need(verdict != "warn" or warned, f"{name} is a warning, and its severity is error")


def _check_numbers(name: str, test: Mapping[str, Any], size: int) -> None:
    metrics = test["metrics"]
    need(isinstance(metrics, dict), f"the metrics of {name} are no object")
    if test["kind"] == "provenance":
        need(test["n"] == 0 and not metrics, f"{name} has numbers, where it has none")
        return
    if test["verdict"] != "error":
        need(test["n"] > 0, f"{name} looked at no picture")
        need(len(metrics) > 0, f"{name} measured nothing")
    for metric, numbers in metrics.items():
        wrong = wrong_with(metric, numbers, size=size, overall=test["kind"] == "overall")
        need(not wrong, f"{name}: {wrong}")


def _check_records(name: str, test: Mapping[str, Any]) -> None:
    records, without = test["records"], test["kind"] in ("overall", "provenance")
    need(isinstance(records, str), f"the records of {name} are no digest")
    if without:
        need(records == "", f"{name} has records, where it has none")
    elif records or test["verdict"] != "error":
        need(HEX.fullmatch(records) is not None, f"the records of {name} have no digest of 64 digits of lower-case hex")


def _check_waiver(name: str, test: Mapping[str, Any]) -> None:
    waiver = test["waiver"]
    if waiver is None:
        need(test["verdict"] != "waived", f"{name} is waived, and nobody answers for it")
        return
    check_keys("a waiver", waiver, WAIVER)
    need(
        all(isinstance(text, str) and text for text in waiver.values()),
        f"the waiver of {name} lacks a reason, an owner or a day",
    )
    datetime.date.fromisoformat(waiver["expires"])
    need(test["verdict"] in WAIVED, f"{name} is {test['verdict']}, which a waiver never makes of a case")


def check_keys(what: str, found: Any, needed: Set[str]) -> None:
    """Demand an object with exactly these keys.

    Raises:
        BadStatement: It is another one.
    """
    need(isinstance(found, dict), f"{what} is no object")
    wrong = sorted(set(found) ^ needed)
    need(not wrong, f"{what} lacks or should not have {', '.join(map(printable, wrong))}")


def need(holds: bool, otherwise: str) -> None:
    """Demand that something holds.

    Raises:
        BadStatement: It does not.
    """
    if not holds:
        raise BadStatement(f"the payload is no statement about a run: {otherwise}")


def quoted(value: Any) -> str:
    """Return a value for a message, cut where it is long."""
    return printable(repr(value)[:60])
