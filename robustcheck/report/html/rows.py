"""The results of a suite as the rows of its table, each with all that is known of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from robustcheck.domain.verdict import WORST_FIRST
from robustcheck.report.html.confusions import Confusion
from robustcheck.report.html.curves import bound
from robustcheck.report.html.gallery import Shown
from robustcheck.report.html.plot import Axis, axis
from robustcheck.report.html.words import estimate, observed, share
from robustcheck.report.messages import is_close, rerun, search
from robustcheck.report.result_lines import ResultLine, result_lines
from robustcheck.report.terminal import every_result

Json = Mapping[str, Any]
PLOT: Final = (4.0, 132.0)
"""Where the small picture of an accuracy starts and ends; what draws it is as wide as both margins more."""
LEVEL: Final = 0.1
"""The scale of the small pictures begins at a multiple of it."""


@dataclass(frozen=True, slots=True)
class Spark:
    """The accuracy of a case as a small picture.

    Attributes:
        low: Where its interval starts.
        high: Where it ends.
        value: Where the accuracy is.
        bound: Where the threshold is; ``None`` without one.
    """

    low: float
    high: float
    value: float
    bound: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """An expectation.

    Attributes:
        line: As the result has it.
        observed: As text, with its interval.
        close: Whether the bound lies within the interval although the number alone decided.
        decided: How, where it was not by the number alone.
    """

    line: Json
    observed: str
    close: bool
    decided: str


@dataclass(frozen=True, slots=True)
class Row:
    """A result.

    Attributes:
        anchor: Id of the row on the page.
        case: As the result has it.
        place: In the order of the suite.
        severity: 0 for the worst verdict.
        accuracy: As text, with its interval.
        gated: What is gated, a line an expectation.
        spark: The accuracy as a small picture; ``None`` without one.
        sort: What the columns are sorted by, where that is a number.
        lines: The expectations.
        metrics: Name, text, pictures and detail of what was measured beside the expectations.
        facts: Name and text of what else is known.
        found: What a search or an attack found, in a sentence.
        rerun: The command that runs it again; empty where there is none.
        pictures: Its strip.
        hardest: The pictures with the highest loss.
        confusions: Those that appeared.
    """

    anchor: str
    case: Json
    place: int
    severity: int
    accuracy: str
    gated: tuple[ResultLine, ...]
    spark: Spark | None
    sort: Mapping[str, float | str]
    lines: tuple[Line, ...]
    metrics: tuple[tuple[str, str, int, str], ...]
    facts: tuple[tuple[str, str], ...]
    found: str
    rerun: str
    pictures: Sequence[Shown]
    hardest: Sequence[Json]
    confusions: Sequence[Confusion]


def rows(
    suite: Json,
    prefix: str,
    *,
    pictures: Mapping[str, Sequence[Shown]],
    confusions: Mapping[str, Sequence[Confusion]],
) -> list[Row]:
    """Return the rows of a suite's table.

    Args:
        suite: Its result.
        prefix: What the ids of its rows on the page begin with.
        pictures: Strips by case.
        confusions: By case.
    """
    hardest = (suite["residuals"] or {}).get("cases", {})
    scale, demanded = scale_of(suite), len(suite["provenance"])
    results = every_result(suite)
    # What was demanded of training and data comes last here: it has a part of its own below.
    results = results[demanded:] + results[:demanded]
    return [
        Row(
            anchor=f"{prefix}-{place}",
            case=case,
            place=place,
            severity=WORST_FIRST.index(case["verdict"]),
            accuracy=estimate(case, "accuracy"),
            gated=tuple(result_lines(case)),
            spark=_spark(case, scale),
            sort={name: case["metrics"][name]["value"] for name in ("accuracy", "drop") if name in case["metrics"]},
            lines=tuple(_line(line) for line in case["expectations"]),
            metrics=tuple(_metrics(case)),
            facts=tuple(_facts(case)),
            found=search(case).removeprefix(f"{case['id']}: "),
            rerun=rerun(case) if case["kind"] not in ("overall", "provenance") else "",
            pictures=pictures.get(case["id"], ()),
            hardest=hardest.get(case["id"], ()) if case["kind"] not in ("overall", "provenance") else (),
            confusions=confusions.get(case["id"], ()),
        )
        for place, case in enumerate(results)
    ]


def scale_of(suite: Json) -> Axis:
    """Return the scale of the small pictures: from a tenth below the least number to 100%."""
    lows = [case["metrics"]["accuracy"]["low"] for case in suite["cases"] if "accuracy" in case["metrics"]]
    bounds = (_bound(case) for case in suite["cases"])
    least = min([*lows, *(one for one in bounds if one is not None)], default=0.0)
    return axis((max(0.0, int(least / LEVEL) * LEVEL if least < 1 - LEVEL else 1 - LEVEL), 1.0), *PLOT, rounded=False)


def _bound(case: Json) -> float | None:
    return next((bound(line["expect"]) for line in case["expectations"] if line["metric"] == "accuracy"), None)


def _spark(case: Json, scale: Axis) -> Spark | None:
    found = case["metrics"].get("accuracy")
    if not found:
        return None
    at = _bound(case)
    ends = scale.place(found["low"]), scale.place(found["high"]), scale.place(found["value"])
    return Spark(*ends, None if at is None else scale.place(at))


def _line(line: Json) -> Line:
    decided = "" if line["rule"] == "point" else line["rule"]
    if line["verdict"] == "inconclusive":
        decided += (
            f": about {line['needs']} pictures would decide it"
            if line["needs"]
            else ": no number of pictures at this rate would prove it"
        )
    decided += line["possible"]
    return Line(line, observed(line), is_close(line), decided)


def _metrics(case: Json) -> Iterator[tuple[str, str, int, str]]:
    expected = {line["metric"] for line in case["expectations"]}
    for name, found in case["metrics"].items():
        if name not in expected:
            yield name, estimate(case, name), found["n"], found["detail"]
    for name, found in case["raw"].items():
        text = estimate({**case, "metrics": case["raw"]}, name)
        yield f"{name} with the labels of the data set", text, found["n"], found["detail"]


def _facts(case: Json) -> Iterator[tuple[str, str]]:
    yield "in the suite", f"{case['file']}:{case['line']}"
    if "+" in case["perturbation"]:
        yield "made of", case["perturbation"].replace("+", ", ")
    yield from case["params"].items()
    if case["tags"]:
        yield "tags", ", ".join(case["tags"])
    if case["tier"]:
        yield "tier", case["tier"]
    if case["severity"] == "warn":
        yield "severity", "warns, does not fail"
    if case["kind"] in ("overall", "provenance"):
        return
    yield "pictures", f"{case['n']} of {case['of']}" if case["of"] != case["n"] and case["of"] else str(case["n"])
    if case["unreadable"]:
        yield "unreadable", f"{case['unreadable']}: {', '.join(case['unreadable_names'])}"
    if case["proof"]:
        proof = case["proof"]
        changed = f"{share(proof['share_changed'])} of the pictures, by {proof['mean_change']:.1f} of 255 grey levels"
        yield "pixels changed", f"{changed} on average, {proof['max_change']} at most"
    if case["unseen_fraction"]:
        yield "without real pixels", share(case["unseen_fraction"])
    if case["borderline"]:
        yield "too close to call", f"{case['borderline']} pictures"
    passes = f"{case['forwards']} forward passes"
    passes += f", {case['backwards']} backward passes" if case["backwards"] else ""
    origin = "records from the cache, checked live with " if case["cached"] else ""
    yield "price", f"{case['seconds']:.1f} s, {origin}{passes}"
    automatic = case["automatic"]
    if automatic:
        threshold = automatic["threshold"]
        told = (
            f"{share(automatic['automatic'] / automatic['n'])} of {automatic['n']} pictures" if automatic["n"] else ""
        )
        yield "needs no person", "nothing" if threshold is None else f"confidence from {threshold:.4g}: {told}"
