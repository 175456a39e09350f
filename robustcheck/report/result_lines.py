"""What is gated, a line an expectation: verdict, metric, observed, interval, number of pictures and bound, as every report shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from robustcheck.report.messages import demanded, interval, is_close

Json = Mapping[str, Any]

NOT_GATED: Final = "not gated"
"""What stands in place of a verdict where nothing is demanded."""
BY_OVERALL: Final = "by overall"
"""The bound of a case that demands nothing itself, and is one of those that an ``overall`` line is about."""
VOID: Final = ("error", "unreliable")
"""Verdicts of cases whose numbers count for nothing, whatever they are."""


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One line of a result.

    Attributes:
        verdict: Of the expectation; of the case where its numbers count for nothing, or where something else broke.
        case: Id of the case.
        first: Whether it is the first line of its case.
        metric: Name with its argument.
        observed: The number with its 95% interval.
        n: Pictures that it rests on, and of how many where the case stopped early.
        bound: What was demanded.
        seconds: What the case took, or that it came from the cache; on its first line alone.
        text: What is told in place of numbers.
    """

    verdict: str
    case: str
    first: bool
    metric: str = ""
    observed: str = ""
    n: str = ""
    bound: str = ""
    seconds: str = ""
    text: str = ""


def result_lines(result: Json) -> list[ResultLine]:
    """Return the lines of one result, at least one.

    Args:
        result: Of the ``cases``, ``overall`` lines or ``provenance`` of a suite's result.
    """
    lines = list(_lines(result))
    return [
        ResultLine(verdict, result["id"], not place, seconds="" if place else seconds_of(result), **cells)
        for place, (verdict, cells) in enumerate(lines)
    ]


def seconds_of(result: Json) -> str:
    """Return how long a case took as text; nothing for what runs no case."""
    if result["kind"] in ("overall", "provenance"):
        return ""
    return "cached" if result["cached"] else f"{result['seconds']:.1f}"


def is_ungated(result: Json) -> bool:
    """Whether nothing is demanded of a case by an expectation of its own, and nothing else is wrong with it."""
    return result["kind"] != "provenance" and result["verdict"] == "pass" and not result["expectations"]


def _lines(result: Json) -> Iterator[tuple[str, dict[str, str]]]:
    verdict, expectations = result["verdict"], result["expectations"]
    if result["kind"] == "provenance":
        yield verdict, {"text": result["why"] or _reason(result)}
        return
    if is_ungated(result):
        yield NOT_GATED, _measured(result)
        return
    verdicts = {verdict if verdict in VOID else line["verdict"] for line in expectations}
    if verdict in VOID or verdict not in verdicts:
        # A doubt, a waiver that nothing needs: what decided is no expectation.
        yield verdict, {"text": _reason(result)}
    for line in expectations:
        yield (verdict if verdict in VOID else line["verdict"]), _cells(line, result)


def _reason(result: Json) -> str:
    return next(iter((*result["problems"], *reversed(result["notes"]))), "")


def _measured(result: Json) -> dict[str, str]:
    """Return the accuracy, which no expectation is about."""
    accuracy = result["metrics"].get("accuracy")
    if accuracy is None:
        return {}
    bound = "" if result["kind"] == "clean" else BY_OVERALL
    return {
        "metric": "accuracy",
        "observed": interval(accuracy, "%"),
        "n": _count(accuracy["n"], result),
        "bound": bound,
    }


def _cells(line: Json, result: Json) -> dict[str, str]:
    observed = "not measured" if line["observed"] is None else interval(line, line["unit"])
    bound = demanded(line) + (" (close)" if is_close(line) else "")
    return {"metric": line["metric"], "observed": observed, "n": _count(line["n"], result), "bound": bound}


def _count(n: int, result: Json) -> str:
    return f"{n}/{result['of']}" if result["stopped"] and n == result["n"] else str(n or "")
