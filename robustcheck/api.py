"""The Python door: run a suite without pytest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from robustcheck.core.errors import ArgumentError, RobustcheckError, ThresholdBreach, UnknownCase, did_you_mean
from robustcheck.core.project_imports import watch_imports
from robustcheck.domain.result import CaseResult
from robustcheck.domain.tier import Tier
from robustcheck.domain.verdict import FAILING, Verdict, worst
from robustcheck.engine.options import CACHE_SIZE, Options, processes_of
from robustcheck.language import load_project
from robustcheck.report.messages import failure
from robustcheck.session.clock import Clock
from robustcheck.session.finishing import finish_run
from robustcheck.session.report_folder import begin_report
from robustcheck.session.suite_session import SuiteRecord, SuiteSession


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
    executor: str = "threads",
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
        executor: Who looks at the pictures: ``threads`` of this process, or ``processes:4``, of which each loads the model.
        report: Folder of the report, relative to ``root``.

    Raises:
        ArgumentError: The tier is none of the three; it is a ValueError too.
        SuiteError: The suite or the configuration is wrong; nothing was run.
        RobustcheckError: The report cannot be written; one of an earlier run is no longer there.
    """
    if tier not in get_args(Tier):
        raise ArgumentError(f"there is no tier {tier!r}; it is one of {', '.join(get_args(Tier))}")
    base, clock = Path(root or Path.cwd()).resolve(), Clock()
    watch_imports(base)
    project = load_project(base, base / configs)
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
        processes=processes_of(executor),
    )
    session = SuiteSession.load(base / suite, project, options, model=model, data=data, seed=seed)
    begin_report(options.report)
    items = session.items()
    record = SuiteRecord(session.suite.path, planned=[item.id for item in items], sources=session.sources)
    try:
        results = {item.id: session.result(item) for item in items}
        # What a stale cache answered was asked again.
        results |= {name: found for name, found in session.revised().items() if name in results}
        record.identities.append(session.identity())
    finally:
        session.close()
    record.add(results.values())
    record.read.update(session.read_files())
    chosen = {"model": model, "data": data, "tier": tier, "limit": limit, "device": device, "batch_size": batch_size}
    finished = finish_run(
        [record], root=base, report=options.report, project=project, clock=clock, options={**chosen, "seed": seed}
    )
    if finished.unwritten:
        raise RobustcheckError(finished.unwritten)
    every = (*results.values(), *finished.changed)
    return RunResult(worst([result.verdict for result in every]), every, finished.document, finished.notes)
