"""The result of an ``overall`` line: one number over several cases, held against its threshold."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from robustcheck.core.errors import CaseError
from robustcheck.domain.case import Case
from robustcheck.domain.corruption_errors import severities
from robustcheck.domain.estimate import Estimate
from robustcheck.domain.result import CaseResult, describe, expectation_of
from robustcheck.domain.suite import Overall, Suite
from robustcheck.engine.gates.verdicts import aggregate, judge, verdict_of
from robustcheck.metrics.corruption import ReferenceErrors, corruption_error


def overall_result(
    suite: Suite,
    overall: Overall,
    case_result: Callable[[Case], CaseResult],
    check_baseline: Callable[[Case], object],
    reference: Callable[[], ReferenceErrors],
) -> CaseResult:
    """Return the result of an ``overall`` line.

    Args:
        suite: Whose line it is.
        overall: The line.
        case_result: Runs a case, or returns its result if it was run.
        check_baseline: Raises where the metric needs an accepted run of a case and there is none.
        reference: What corruption errors are relative to.

    Raises:
        CaseError: A case that it covers has no number.
    """
    parts: list[tuple[str, Estimate]] = []
    cases = [case for case in suite.cases if case.id in overall.cases]
    for case in cases:
        result = case_result(case)
        if result.verdict in ("error", "unreliable"):
            raise CaseError(f"{overall.id} needs {case.id}, which ended as {result.verdict}: {result.problems[0]}")
        check_baseline(case)
        parts.append((case.id, result.metrics[overall.threshold.metric]))
    name = f"{overall.aggregate}_{overall.threshold.metric}"
    if overall.aggregate == "mean" or overall.aggregate == "worst":
        estimate = aggregate(overall.aggregate, overall.threshold.metric, parts)
    else:
        name = overall.aggregate
        clean = case_result(suite.clean).metrics["accuracy"]
        estimate = _corruption_error(overall, cases, dict(parts), clean, reference())
    judgement = dataclasses.replace(judge(overall.threshold, estimate, overall.rule), name=name)
    waived = overall.waiver is not None
    return CaseResult(
        **describe(suite, overall),
        verdict=verdict_of([judgement], severity=overall.severity, waived=waived),
        n=judgement.estimate.n,
        metrics={judgement.name: judgement.estimate},
        expectations=(expectation_of(judgement, overall.severity, waived),),
        notes=(f"over {len(parts)} cases",),
    )


def _corruption_error(
    overall: Overall,
    cases: Sequence[Case],
    accuracies: dict[str, Estimate],
    clean: Estimate,
    reference: ReferenceErrors,
) -> Estimate:
    by_corruption = {
        name: [accuracies[case.id] for case in by_severity.values()] for name, by_severity in severities(cases).items()
    }
    return corruption_error(by_corruption, clean, reference, relative=overall.aggregate == "relative_mce")
