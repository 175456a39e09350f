"""A picture is decoded once a suite when it fits the memory budget, and never kept beyond it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from robustcheck.engine.options import Options
from robustcheck.engine.suite_run import SuiteRun
from robustcheck.images import decoding
from robustcheck.language import load_project, load_suite

ONE = 24 * 20 * 3
"""Bytes of one decoded picture of the small project."""

INPUT = 16 * 16 * 3
"""Bytes of one input of its model."""


@pytest.mark.parametrize(
    ("memory", "keep", "decoded"),
    [
        (1 << 30, True, 24),
        # Neither pictures nor clean inputs are kept: each of the five shift cases decodes for both.
        (0, False, 24 + 5 * 24 * 2),
        # Each of these keeps twelve pictures for the report, beside what they were before.
        (0, True, 24 + 5 * 24 * 2 + 5 * 12),
        # Half of the pictures fit, with their clean inputs; the other half is decoded anew each time.
        (12 * (ONE + INPUT), False, 24 + 5 * 12 * 2),
    ],
)
def test_decoding_follows_the_memory_budget(
    project: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: int, keep: bool, decoded: int
) -> None:
    suite = project()
    calls: Counter[str] = Counter()
    decode = decoding.decoded

    def counted(data: Any, name: str, how: Any) -> Any:
        calls[name] += 1
        return decode(data, name, how)

    monkeypatch.setattr(decoding, "decoded", counted)
    plan = load_suite(suite, load_project(tmp_path, tmp_path / "configs"))
    options = Options(root=tmp_path, report=tmp_path / "report", memory=memory, workers=1, cache=False, keep=keep)
    run = SuiteRun(plan, load_project(tmp_path, tmp_path / "configs"), options)
    results = [run.case(case) for case in plan.cases]
    run.close()
    assert {result.verdict for result in results} == {"pass"}
    assert len(calls) == 24
    assert calls.total() == decoded
