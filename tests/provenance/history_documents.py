"""Result files made by hand, with as much in them as the history reads; as a script, a process that records them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from robustcheck.runs.history.history import History
from robustcheck.runs.history.history_rows import run_id

Json = dict[str, Any]


def estimate(value: float, *, reach: float = 0.02, n: int = 200) -> Json:
    return {"value": value, "low": value - reach, "high": value + reach, "n": n, "detail": "", "counts": []}


def expectation(metric: str, found: Json, *, unit: str = "%", verdict: str = "pass") -> Json:
    return {
        "metric": metric,
        "expect": ">= 60%",
        "observed": found["value"],
        **{key: found[key] for key in ("low", "high", "n")},
        "unit": unit,
        "verdict": verdict,
    }


def case(name: str, metrics: Mapping[str, Json], *, expected: Sequence[Json] = (), **facts: Any) -> Json:
    usual = {"kind": "shift", "verdict": "pass", "n": 200, "stopped": ""}
    return {"id": name, "metrics": dict(metrics), "expectations": list(expected), **usual, **facts}


def document(
    cases: Sequence[Json],
    *,
    day: int = 1,
    started: str = "",
    suite: str = "suites/greys.yaml",
    model: str = "brightness",
    model_digest: str = "",
    data_digest: str = "d" * 64,
    suite_digest: str = "5" * 64,
    overall: Sequence[Json] = (),
) -> Json:
    digest = model_digest or f"{day:02}" * 32
    part = {
        "path": suite,
        "digest": suite_digest,
        "seed": 7,
        "model": {"name": model, "digest": digest},
        "data": {"name": "greys", "digest": data_digest},
        "verdict": "pass",
        "cases": list(cases),
        "overall": list(overall),
    }
    return {"started": started or f"2026-11-{day:02}T10:00:00+00:00", "suites": [part]}


def accuracy(value: float, *, day: int = 1, **facts: Any) -> Json:
    return document([case("clean", {"accuracy": estimate(value)}, kind="clean")], day=day, **facts)


def large(writer: str, place: int) -> Json:
    """Return a document of 120 cases with five metrics each, which no other writer or place has."""
    shift = place / 1e6
    metrics = {f"metric_{number}": estimate(number / 10 + shift) for number in range(5)}
    cases = [case(f"case-{number}", metrics) for number in range(120)]
    return document(
        cases, suite=f"suites/{writer}.yaml", started=f"2026-11-01T00:{place // 60:02}:{place % 60:02}+00:00"
    )


def record(path: Path, writer: str, count: int) -> None:
    """Record documents, and name each on standard output once it is kept."""
    history = History(path)
    for place in range(count):
        found = large(writer, place)
        assert history.record(found) == run_id(found)
        sys.stdout.write(f"{place}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    record(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
