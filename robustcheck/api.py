"""The Python door: run a suite without pytest."""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from robustcheck.core.errors import ArgumentError, ThresholdBreach, UnknownCase, did_you_mean
from robustcheck.core.project_imports import watch_imports
from robustcheck.core.read_files import inputs_json
from robustcheck.domain.result import CaseResult, inputs_result
from robustcheck.domain.tier import Tier, in_tier
from robustcheck.domain.verdict import FAILING, Verdict, worst
from robustcheck.engine.cache.project_code import note_code
from robustcheck.engine.gates.feasibility import refuse_unprovable
from robustcheck.engine.options import CACHE_SIZE, Options
from robustcheck.engine.suite_run import SuiteRun
from robustcheck.language import load_project, load_suite
from robustcheck.language.approvals import approvals_of
from robustcheck.provenance.demands import Demands
from robustcheck.report.beginning import begin_report
from robustcheck.report.messages import failure
from robustcheck.report.writing import write_report
from robustcheck.runs.history.history import remember


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a suite found.

    Attributes:
        verdict: The worst verdict of all cases.
        cases: Results in the order of the suite: what is demanded first, ``overall`` lines last.
        document: The same as the result file.
        notes: What went wrong beside the run, such as a history that could not be written.
    """

    verdict: Verdict
    cases: tuple[CaseResult, ...]
    document: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    def __getitem__(self, case: str) -> CaseResult:
        """Return the result of a case by its id.

        Raises:
            UnknownCase: The suite has no such case in this tier; it is a KeyError too.
        """
        known = {result.id: result for result in self.cases}
        if case not in known:
            raise UnknownCase(f"there is no case {case} in this tier; {did_you_mean(str(case), known)}")
        return known[case]

    def assert_passed(self) -> None:
        """Raise a ThresholdBreach that names every failed case, if there is one."""
        failed = [failure(result.to_json()) for result in self.cases if result.verdict in FAILING]
        if failed:
            raise ThresholdBreach("\n\n".join(failed))


def run_suite(
    suite: str | Path,
    *,
    root: str | Path | None = None,
    configs: str | Path = "configs",
    model: str | None = None,
    data: str | None = None,
    tier: Tier = "standard",
    limit: int | None = None,
    seed: int | None = None,
    device: str = "auto",
    batch_size: int | None = None,
    cache: bool = True,
    every_picture: bool = False,
    cache_size: int = CACHE_SIZE,
    report: str | Path = "robustcheck-report",
) -> RunResult:
    """Run a suite and write its report, as ``pytest --robustcheck`` does.

    Args:
        suite: Path of the suite, absolute or relative to ``root``.
        root: The project's root; the working directory by default.
        configs: Folder of ``models.yaml`` and ``data.yaml``, relative to ``root``.
        model: Model to test instead of the suite's.
        data: Data set to use instead of the suite's.
        tier: ``smoke``, ``standard`` or ``thorough``.
        limit: Number of pictures, sampled by class.
        seed: Seed instead of the suite's.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
        batch_size: Pictures a forward pass.
        cache: Whether results of earlier runs may be used.
        every_picture: Whether all pictures are looked at even where a check may stop early.
        cache_size: Bytes that cached records may take; those that were used last stay.
        report: Folder of the report, relative to ``root``.

    Raises:
        ArgumentError: The tier is none of the three; it is a ValueError too.
        SuiteError: The suite or the configuration is wrong; nothing was run.
        RobustcheckError: The report cannot be written; one of an earlier run is no longer there.
    """
    if tier not in get_args(Tier):
        raise ArgumentError(f"there is no tier {tier!r}; it is one of {', '.join(get_args(Tier))}")
    base = Path(root or Path.cwd()).resolve()
    started, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()
    watch_imports(base)
    project = load_project(base, base / configs)
    plan = load_suite(base / suite, project, model=model, data=data, seed=seed)
    options = Options(
        root=base,
        report=base / report,
        tier=tier,
        limit=limit,
        device=device,
        batch_size=batch_size,
        cache=cache,
        every_picture=every_picture,
        cache_size=cache_size,
    )
    refuse_unprovable(plan, project, options)
    begin_report(options.report)
    run, demands = (
        SuiteRun(
            plan,
            project,
            options,
            approvals=lambda: approvals_of(plan, base, project.files.noting("approvals", suite=plan.path)),
        ),
        Demands(plan, project, limit=limit),
    )
    try:
        demanded = plan.provenance.requirements if plan.provenance else ()
        results = tuple(map(demands.result, demanded))
        results += tuple(run.case(case) for case in plan.cases if case is plan.clean or in_tier(case.tier, tier))
        results += tuple(run.overall(overall) for overall in plan.overall if in_tier(overall.tier, tier))
        # What a stale cache answered was asked again.
        revised = run.revised()
        results = tuple(revised.get(result.id, result) for result in results)
        identity = {**run.identity(), **demands.identity()}
    finally:
        run.close()
    note_code(project.files, base)
    files = project.files.of(plan.path)
    changed = inputs_result(plan.path, files, base)
    results += (changed,) if changed else ()
    identity["inputs"] = inputs_json(files, base)
    suites = [{"identity": identity, "results": [result.to_json() for result in results], "not_run": []}]
    chosen = {"model": model, "data": data, "tier": tier, "limit": limit, "device": device, "batch_size": batch_size}
    seconds, chosen = time.perf_counter() - clock, {**chosen, "seed": seed}
    found, _ = write_report(suites, options.report, project, started=started, seconds=seconds, options=chosen)
    forgotten = remember(found, base)
    return RunResult(worst([result.verdict for result in results]), results, found, (forgotten,) if forgotten else ())
