"""What a run rests on is opened and listed once, whichever door it came in by and whatever asks for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_project import SUITE

import robustcheck.data
from robustcheck import run_suite
from robustcheck.data.source import Sample

DEMANDING = (
    SUITE.replace("data: greys\n", "data: greys\ndecide: confident\n").replace('">= 95%"', '">= 60%"')
    + """
provenance:
  leak: {train: learnt, exact_max: 100}
"""
)
"""Its data set is counted before anything runs, profiled, held against the training set, gated on, and drawn in the report."""
DATA = """
greys: {kind: imagefolder, path: ../pictures}
learnt: {kind: imagefolder, path: ../pictures}
"""


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """Count how often each data set is opened, and listed to its end."""
    counted: Counter[tuple[str, str]] = Counter()
    open_one = robustcheck.data._open

    def opened(entry: Any) -> Any:
        source = open_one(entry)
        counted["opened", entry.name] += 1
        listing = source.samples

        def samples() -> Iterator[Sample]:
            yield from listing()
            counted["listed", entry.name] += 1

        monkeypatch.setattr(source, "samples", samples, raising=False)
        return source

    monkeypatch.setattr(robustcheck.data, "_open", opened)
    return counted


ONCE = {(deed, name): 1 for deed in ("opened", "listed") for name in ("greys", "learnt")}


@pytest.mark.parametrize("limit", [None, 18])
def test_from_python(project: Any, tmp_path: Path, counts: Counter[tuple[str, str]], limit: int | None) -> None:
    result = run_suite(project(suite=DEMANDING, data=DATA), root=tmp_path, limit=limit)
    assert {case.verdict for case in result.cases} <= {"pass", "warn", "fail", "inconclusive"}
    assert dict(counts) == ONCE


def test_from_pytest(gate: Any, counts: Counter[tuple[str, str]]) -> None:
    gate.write(suite=DEMANDING, data=DATA)
    gate.run()
    assert set(gate.verdicts().values()) <= {"pass", "warn", "fail", "inconclusive"}
    assert gate.report()["suites"][0]["residuals"]
    assert dict(counts) == ONCE
