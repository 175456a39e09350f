"""What the history keeps of a result file: a suite, its cases, and their numbers, without anything that needs a picture."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from robustcheck.core.errors import RobustcheckError

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Number:
    """One metric of one case.

    Attributes:
        metric: ``accuracy``, ``class_accuracy[stop]``, or ``mean_accuracy`` of an ``overall`` line.
        value: A fraction where the unit is ``%`` or ``pp``.
        low: Lower end of the 95% interval.
        high: Upper end.
        n: Pictures that it is of.
        unit: Of the expectations on it; empty where nothing was expected.
        verdict: Of the first expectation on it that is not a pass; ``pass`` if all are; empty if there are none.
    """

    metric: str
    value: float
    low: float
    high: float
    n: int
    unit: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case, or one ``overall`` line.

    Attributes:
        id: Of the case.
        kind: As in the result file.
        digest: What decides its pixels, where the result file says so; empty otherwise.
        verdict: Of the whole case.
        n: Pictures evaluated.
        stopped: Whether it stopped before it had seen every picture.
        numbers: Its metrics, one each.
    """

    id: str
    kind: str
    digest: str
    verdict: str
    n: int
    stopped: bool
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class SuiteRow:
    """One suite of one run.

    Attributes:
        started: Start of the run in UTC, ``2026-11-23T15:24:36+00:00``.
        path: Of the suite, as the result file has it.
        digest: Of the suite's meaning.
        seed: As text, since a seed may be longer than a database's integer.
        model: Its entry of ``models.yaml``.
        model_digest: Empty if the model could not be opened.
        data: Its entry of ``data.yaml``.
        data_digest: Of the pictures that were chosen, and behind a colon of what people corrected in their labels; empty if they
            could not be opened.
        verdict: The worst of all cases.
        cases: In the order of the suite, ``overall`` lines last.
    """

    started: str
    path: str
    digest: str
    seed: str
    model: str
    model_digest: str
    data: str
    data_digest: str
    verdict: str
    cases: tuple[CaseRow, ...]


def run_id(document: Json) -> str:
    """Return the sha256 of a result file's content in hexadecimal, however it is laid out."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def rows_of(document: Json) -> tuple[SuiteRow, ...]:
    """Return what is kept of a result file.

    Raises:
        RobustcheckError: It is none.
    """
    try:
        started = _utc(document["started"])
        return tuple(_suite(suite, started) for suite in document["suites"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise RobustcheckError(f"this is no result of a run: {type(error).__name__}: {error}") from None


def _utc(text: str) -> str:
    when = datetime.datetime.fromisoformat(text)
    aware = when if when.tzinfo else when.replace(tzinfo=datetime.UTC)
    return aware.astimezone(datetime.UTC).isoformat(timespec="seconds")


def _suite(suite: Json, started: str) -> SuiteRow:
    model, data = suite["model"], suite["data"]
    return SuiteRow(
        started=started,
        path=_text(suite["path"]),
        digest=_text(suite["digest"]),
        seed=str(suite["seed"]),
        model=_text(model["name"]),
        model_digest=_text(model.get("digest", "")),
        data=_text(data["name"]),
        data_digest=":".join(filter(None, (_text(data.get("digest", "")), _text(data.get("overlay", ""))))),
        verdict=_text(suite["verdict"]),
        cases=tuple(_case(case) for case in (*suite["cases"], *suite["overall"])),
    )


def _case(case: Json) -> CaseRow:
    return CaseRow(
        id=_text(case["id"]),
        kind=_text(case["kind"]),
        digest=_text(case.get("digest", "")),
        verdict=_text(case["verdict"]),
        n=int(case["n"]),
        stopped=bool(case.get("stopped")),
        numbers=tuple(_numbers(case)),
    )


def _numbers(case: Json) -> Iterator[Number]:
    """Yield the metrics first, then what was expected of others: an ``overall`` line has its number only there."""
    expected: dict[str, Json] = {}
    for line in case["expectations"]:
        before = expected.get(line["metric"])
        if before is None or before["verdict"] == "pass":
            expected[line["metric"]] = line
    for name, estimate in case["metrics"].items():
        line = expected.pop(name, {})
        yield _number(name, estimate, estimate["value"], line)
    for name, line in expected.items():
        if line["observed"] is not None:
            yield _number(name, line, line["observed"], line)


def _number(name: str, estimate: Json, value: float, line: Json) -> Number:
    return Number(
        metric=_text(name),
        value=float(value),
        low=float(estimate["low"]),
        high=float(estimate["high"]),
        n=int(estimate["n"]),
        unit=_text(line.get("unit", "")),
        verdict=_text(line.get("verdict", "")),
    )


def _text(text: str) -> str:
    """Return text that a database can hold: half a surrogate pair is written out."""
    return text.encode("utf-8", "backslashreplace").decode()
