"""A run killed at any moment loses at most the case in flight."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from robustcheck.engine.cache.record_files import Store

CASES = 120
BOXES, LIMITS, ROWS = 8, 4, 4
PRELOADED = [
    "robustcheck.api",
    "robustcheck.models.factory",
    "robustcheck.models.module",
    "robustcheck.images.rendering",
    "robustcheck.shifts",
    "pyarrow.parquet",
    "scipy.optimize",
    "scipy.special",
]
"""What a run needs, so that each run begins at once."""


SUITE = f"""
robustcheck: 1
title: Long enough to be killed in
owner: tests
model: brightness
data: greys
expect: {{accuracy: ">= 1%"}}
checks:
  - {{shift: light.exposure, stops: [{", ".join(f"{-0.9 + number / 200:.3f}ev" for number in range(CASES))}]}}
  - {{worst_of: light.exposure, stops: [{", ".join(f"-0.{number}ev..0.5ev" for number in range(1, BOXES + 1))}], budget: 6}}
  - find_limit:
      shift: light.low_light
      param: lux
      iso: [{", ".join(str(100 * number) for number in range(1, LIMITS + 1))}]
      from: 9000lux
      to: 1000lux
      until: {{accuracy: "< 1%"}}
    expect: {{limit: "<= 9000lux"}}
  - combine: {{of: [{{shift: light.gamma, gamma: [0.9, 1.1]}}, {{shift: light.glare, veil: [1%, 2%]}}]}}
"""


def work(root: str, started: str, finished: str, seed: int) -> None:
    """Run the suite in this process, writing down each case that is done."""
    from robustcheck.engine.options import Options
    from robustcheck.engine.suite_run import SuiteRun
    from robustcheck.language import load_project, load_suite

    base = Path(root)
    project = load_project(base, base / "configs")
    plan = load_suite(base / "suites" / "greys.yaml", project)
    run = SuiteRun(plan, project, Options(root=base, report=base / "robustcheck-report", batch_size=4))
    run.case(plan.clean)
    Path(started).touch()
    order = random.Random(seed)
    with open(finished, "a", buffering=1) as log:
        for case in order.sample(plan.cases, len(plan.cases)):
            result = run.case(case)
            assert result.verdict == "pass", result.problems
            log.write(f"{case.id}\t{int(result.cached)}\n")


def stored(root: Path) -> set[str]:
    return {path.stem for path in (root / ".robustcheck" / "cache").rglob("*.parquet")}


def readable(root: Path) -> set[str]:
    store = Store(root / ".robustcheck" / "cache")
    return {key for key in stored(root) if store.load(key) is not None}


def lines(path: Path) -> list[tuple[str, bool]]:
    rows = path.read_text().splitlines() if path.exists() else []
    return [(row.split("\t")[0], row.endswith("1")) for row in rows if "\t" in row]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("runs", [6, pytest.param(20, marks=pytest.mark.long)])
def test_kills_at_random_moments_lose_at_most_the_case_in_flight(
    project: Callable[..., Path], tmp_path: Path, runs: int
) -> None:
    project(suite=SUITE)
    context: Any = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    rng = random.Random(11)
    known: set[str] = set()
    done: set[str] = set()
    kills = 0
    for attempt in range(runs):
        started, finished = tmp_path / f"started-{attempt}", tmp_path / f"finished-{attempt}"
        process = context.Process(target=work, args=(str(tmp_path), str(started), str(finished), attempt))
        process.start()
        deadline = time.monotonic() + 60
        while not started.exists() and process.is_alive() and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(rng.random() * 0.04)
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        kills += process.exitcode == -signal.SIGKILL
        assert process.exitcode in (0, -signal.SIGKILL)
        now = stored(tmp_path)
        assert known <= now, "records of an earlier run are gone"
        assert readable(tmp_path) == now, "a torn file was left under its final name"
        again = {name for name, cached in lines(finished) if not cached}
        assert not again & done, "a finished case was looked at again"
        unannounced = {name for name, cached in lines(finished) if cached} - done - {"clean"}
        assert len(unannounced) <= attempt, "more than the case in flight of each run was unaccounted for"
        done |= {name for name, _ in lines(finished)}
        assert len(done) <= len(now)
        known = now
    assert kills >= runs // 2, f"only {kills} runs were killed: the suite is too short for this machine"
    last = tmp_path / "finished-last"
    process = context.Process(target=work, args=(str(tmp_path), str(tmp_path / "s"), str(last), 99))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert len(lines(last)) == CASES + BOXES + LIMITS + ROWS + 1
    assert all(cached for name, cached in lines(last) if name in done)
