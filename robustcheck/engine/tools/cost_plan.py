"""What a suite will cost and what its gates can see, before it is run."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from robustcheck.attacks.passes import Passes
from robustcheck.core import progress
from robustcheck.core.errors import count_of
from robustcheck.data import open_source
from robustcheck.domain.case import Case
from robustcheck.domain.config import Project
from robustcheck.domain.result import CaseResult
from robustcheck.domain.suite import Suite
from robustcheck.domain.threshold import Threshold
from robustcheck.domain.tier import in_tier
from robustcheck.engine.gates.feasibility import counts_of, unprovable
from robustcheck.engine.kinds.case_kind import kind_of_case
from robustcheck.engine.options import Options
from robustcheck.engine.sample_index import Index, build_index
from robustcheck.engine.suite_run import SuiteRun
from robustcheck.engine.tools.cost_estimate import Estimator
from robustcheck.stats.power import passing_share, smallest_drop

FEW, MORE = 8, 16
"""Pictures that the calibration looks at: the difference is what passes a picture costs, the rest what a case does."""
TIMED = 64
"""Pictures by which the time of a case is told that looks at each only once; for others it is that of their passes."""


CALIBRATED = (
    f"from runs of every case on {FEW} and {MORE} pictures, and of those that look at each picture once on {TIMED}; what a whole "
    "run takes is drawn on from there, as if no cache helped"
)
"""What a calibrated plan rests on."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One expectation before it is tried.

    Attributes:
        text: ``accuracy >= 80%``.
        rule: How it is decided.
        n: Of how many pictures it is; 0 where that is not known beforehand.
        sees: What a model needs to pass four times of five, or the smallest drop that is found so often.
        undecidable: Why it cannot pass, if it cannot.
    """

    text: str
    rule: str
    n: int
    sees: str
    undecidable: str


@dataclass(frozen=True, slots=True)
class Cost:
    """One case before it is run.

    Attributes:
        id: Of the case.
        pictures: How many it looks at; at most so many where it may stop early.
        forwards: Pictures that go through the model, about; at most, where it may stop early.
        backwards: Pictures that go backward through it, about.
        seconds: About.
        gates: Its expectations.
        problem: Why the calibration could not tell, if it could not.
        at_most: Whether pictures may leave the work early, so that all this is a bound.
    """

    id: str
    pictures: int
    forwards: int
    backwards: int
    seconds: float
    gates: tuple[Gate, ...]
    problem: str = ""
    at_most: bool = False


def estimated(suite: Suite, project: Project, options: Options) -> tuple[tuple[Cost, ...], str]:
    """Return what each case of the chosen tier costs, counted from the suite, and what that rests on.

    Args:
        suite: The suite.
        project: Its models and data.
        options: Tier, limit, device and batch size as the run would have them.

    Raises:
        ModelError: The model cannot be built or misbehaves.
        DataError: The data set cannot be listed or read.
    """
    classes = project.models[suite.model].classes
    estimator = Estimator(suite, project, options)
    try:
        costs = []
        chosen = _chosen(suite, options)
        with progress.task("counting passes", unit="cases", total=len(chosen)) as work:
            for case in chosen:
                work.at_step(case.id)
                costs.append(_counted(case, estimator, classes))
                work.advance()
        return tuple(costs), _basis(estimator)
    finally:
        estimator.close()


def _counted(case: Case, estimator: Estimator, classes: tuple[str, ...]) -> Cost:
    told, index = estimator.case(case), estimator.index
    passes = told.effort.passes or Passes(told.effort.prepared)
    gates = tuple(_gate(case, line, index, classes) for line in case.expectations)
    counts = passes.forwards, passes.backwards
    return Cost(case.id, len(index.samples), *counts, told.seconds, gates, told.problem, told.effort.at_most)


def _basis(estimator: Estimator) -> str:
    pace = estimator.pace
    timed = ", ".join(
        f"{seconds * 1000:.2g} ms {what}"
        for seconds, what in (
            (pace.forward, "forward"),
            (pace.backward, "backward"),
            (pace.plain, "to decode and frame"),
        )
    )
    left = f"; the shifts of {estimator.untimed} cases were not timed" if estimator.untimed else ""
    return (
        f"an estimate: one batch of {count_of(pace.pictures, 'picture')} was timed on {pace.device} (a picture: {timed}){left}, and "
        "passes are counted from the suite as if no cache helped; what attacks, searches and early stopping may spare is not taken "
        "off, so theirs are bounds; `--exact` runs every case on a few pictures instead"
    )


def _chosen(suite: Suite, options: Options) -> list[Case]:
    return [case for case in suite.cases if case is suite.clean or in_tier(case.tier, options.tier)]


def calibrated(suite: Suite, project: Project, options: Options) -> tuple[Cost, ...]:
    """Return what each case of the chosen tier costs, from runs of every case on a few pictures.

    Args:
        suite: The suite.
        project: Its models and data.
        options: Tier, limit, device and batch size as the run would have them.

    Raises:
        DataError: The data set cannot be listed.
    """
    classes = project.models[suite.model].classes
    index = build_index(open_source(project.data[suite.data], seed=suite.seed, limit=options.limit), classes)
    cases = _chosen(suite, options)
    with tempfile.TemporaryDirectory() as folder:
        quick = dataclasses.replace(options, report=Path(folder), cache=False, keep=False)

        def ran(count: int, chosen: Sequence[Case]) -> dict[str, CaseResult]:
            limited = dataclasses.replace(quick, limit=min(count, len(index.samples)))
            return _ran(suite, project, limited, chosen)

        few, more = ran(FEW, cases), ran(MORE, cases)
        timed = more | ran(TIMED, [case for case in cases if kind_of_case(case).looks_once])
    return tuple(_cost(case, few[case.id], more[case.id], timed[case.id], index, classes) for case in cases)


def _ran(suite: Suite, project: Project, options: Options, cases: Sequence[Case]) -> dict[str, CaseResult]:
    # Nothing is gated here, and no case may stop early.
    plain = [dataclasses.replace(case, rule=dataclasses.replace(case.rule, stops=False)) for case in suite.cases]
    run = SuiteRun(dataclasses.replace(suite, cases=tuple(plain), declared=None), project, options)
    wanted = {case.id for case in cases}
    try:
        chosen = [case for case in plain if case.id in wanted]
        title = f"{count_of(options.limit or 0, 'picture')} of each case"
        return {case.id: run.case(case) for case in progress.counted(chosen, title, unit="cases", total=len(chosen))}
    finally:
        run.close()


def _cost(
    case: Case, few: CaseResult, more: CaseResult, timed: CaseResult, index: Index, classes: tuple[str, ...]
) -> Cost:
    n, apart = len(index.samples), more.n - few.n

    def scaled(start: int, end: int) -> int:
        slope = max(0.0, (end - start) / apart) if apart > 0 else 0.0
        return round(end + slope * (n - more.n))

    forwards, backwards = scaled(few.forwards, more.forwards), scaled(few.backwards, more.backwards)
    gates = tuple(_gate(case, line, index, classes) for line in case.expectations)
    return Cost(
        case.id,
        n,
        forwards,
        backwards,
        timed.seconds * (forwards + 2 * backwards) / max(1, timed.forwards + 2 * timed.backwards),
        gates,
        "; ".join(more.problems) if more.verdict == "error" else "",
        case.rule.stops,
    )


def _gate(case: Case, line: Threshold, index: Index, classes: tuple[str, ...]) -> Gate:
    parts = counts_of(line, index, classes)
    n = parts[0].count if parts else 0
    problem = unprovable(case.rule, line, index, classes)
    return Gate(
        str(line),
        str(case.rule),
        n,
        _sees(case, line, n, paired=bool(parts) and parts[0].paired),
        problem.what if problem else "",
    )


def _sees(case: Case, line: Threshold, n: int, *, paired: bool) -> str:
    if not n:
        return ""
    alpha = 0.05 if case.rule.decide == "point" else 1 - case.rule.confidence
    if paired:
        drop = smallest_drop(n, alpha=alpha)
        return "no drop" if drop is None else f"a drop of {drop * 100:.1f}pp"
    if line.bound.unit != "%":
        return ""
    at_least = line.comparison in (">=", ">")
    confidence = case.rule.confidence if case.rule.decide == "confident" else None
    share = passing_share(n, line.bound.value, at_least=at_least, confidence=confidence)
    if share is None:
        return "nothing passes"
    return f"passes from {share * 100:.1f}%" if at_least else f"passes up to {share * 100:.1f}%"
