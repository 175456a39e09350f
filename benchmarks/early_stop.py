"""Forward passes and verdicts of ``decide: anytime`` beside the whole run, in one run, on the demo's suite.

A case whose threshold lies within the interval of the whole run may be decided either way and is counted apart. Overall lines
are left out: a mean over cases needs every picture of each.

Run with ``uv run python -m benchmarks.early_stop [--suite suites/signs/signs.yaml] [--models signs-robot signs-web]``.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
import time
from pathlib import Path

from robustcheck.domain.case import Case
from robustcheck.domain.result import CaseResult
from robustcheck.domain.suite import Suite
from robustcheck.domain.threshold import Rule
from robustcheck.engine.options import Options
from robustcheck.engine.suite_run import SuiteRun
from robustcheck.language import load_project, load_suite

ROOT = Path(__file__).parents[1]


def run(suite: Suite, options: Options) -> tuple[dict[str, CaseResult], float]:
    """Run every case anew and return results by id, and seconds."""
    project = load_project(ROOT, ROOT / "configs")
    began = time.perf_counter()
    whole = SuiteRun(suite, project, options)
    try:
        return {case.id: whole.case(case) for case in suite.cases}, time.perf_counter() - began
    finally:
        whole.close()


def stopping(suite: Suite, confidence: float) -> Suite:
    """Return the suite with cases that stop as soon as they are decided."""

    def changed(case: Case) -> Case:
        return dataclasses.replace(case, rule=Rule("anytime", confidence, not case.how.until and bool(case.steps)))

    return dataclasses.replace(suite, cases=tuple(map(changed, suite.cases)), overall=())


def main() -> None:
    """Print a line a case and the ratio of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", type=Path, default=ROOT / "suites" / "signs" / "signs.yaml")
    parser.add_argument("--models", nargs="+", default=["signs-robot", "signs-web"])
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    for name in arguments.models:
        project = load_project(ROOT, ROOT / "configs")
        suite = dataclasses.replace(load_suite(arguments.suite.resolve(), project, model=name), overall=())
        with tempfile.TemporaryDirectory() as folder:
            options = Options(ROOT, Path(folder), tier="thorough", cache=False, keep=False)
            whole, slow = run(suite, options)
            early, fast = run(stopping(suite, arguments.confidence), options)
        same = differ = close = 0
        for case, full in whole.items():
            stopped = early[case]
            near = any(line.straddles for line in full.expectations)
            equal = stopped.verdict == full.verdict
            same, differ, close = same + (equal and not near), differ + (not equal and not near), close + near
            if arguments.verbose or (not equal and not near):
                print(f"  {case:50} {full.verdict:8} {stopped.verdict:8} {stopped.n:5} of {full.n}{' close' * near}")
        clear = [case for case in whole if not any(line.straddles for line in whole[case].expectations)]
        passes, fewer, all_passes, all_fewer = (
            sum(results[case].forwards for case in cases) for cases in (clear, whole) for results in (whole, early)
        )
        print(
            f"{name}: {len(whole)} cases, {same} with the same verdict, {differ} with another, {close} with a threshold within "
            f"the interval; forward passes {fewer:,} of {passes:,} without these: {fewer / passes:.1%}; of all "
            f"{all_fewer:,} of {all_passes:,}: {all_fewer / all_passes:.1%}; {fast:.1f} of {slow:.1f} s"
        )


if __name__ == "__main__":
    main()
