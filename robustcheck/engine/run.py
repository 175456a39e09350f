"""One run of one suite: asks for records, measures them, and says what holds."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from robustcheck import registry
from robustcheck.engine.evaluate import Evaluated, Evaluator
from robustcheck.engine.gate import Gate, open_gate
from robustcheck.engine.options import Options
from robustcheck.engine.results import CaseResult, Proof, describe, expectation_of
from robustcheck.errors import CaseError, RobustcheckError
from robustcheck.language.entries import Project
from robustcheck.language.plan import Case, Overall, Suite
from robustcheck.measure.intervals import Estimate
from robustcheck.measure.records import Observation, Records
from robustcheck.measure.verdicts import Verdict, aggregate, judge, measure, verdict_of

ALWAYS = ("accuracy", "balanced_accuracy", "worst_class_accuracy", "mean_confidence")
ALWAYS_PAIRED = ("drop", "flip_rate")
SYNTHETIC_NOTED = 0.05
SYNTHETIC_REFUSED = 0.15


class SuiteRun:
    """Runs the cases of a suite, in any order, each at most once.

    Nothing is opened before the first case is asked for.
    """

    def __init__(self, suite: Suite, project: Project, options: Options) -> None:
        """Bind a suite to a project and options."""
        self.suite = suite
        self._project = project
        self._options = options
        self._evaluator: Evaluator | RobustcheckError | None = None
        self._gate: Gate | None = None
        self._results: dict[str, CaseResult] = {}
        self._observed: dict[str, Observation] = {}

    def close(self) -> None:
        """Let go of the model, the pictures and the threads."""
        if isinstance(self._evaluator, Evaluator):
            self._evaluator.close()
        self._evaluator = None
        self._observed.clear()

    def case(self, case: Case) -> CaseResult:
        """Return the result of a case; whatever goes wrong is in the result, never raised.

        ``KeyboardInterrupt`` and its like pass through.
        """
        if case.id not in self._results:
            self._results[case.id] = self._guarded(case, lambda: self._case(case))
        return self._results[case.id]

    def overall(self, overall: Overall) -> CaseResult:
        """Return the result of an ``overall`` line, running the cases it covers if need be."""
        if overall.id not in self._results:
            self._results[overall.id] = self._guarded(overall, lambda: self._overall(overall))
        return self._results[overall.id]

    def identity(self) -> dict[str, Any]:
        """Return what the suite, its model and its data are, as JSON values; opens them if need be."""
        suite = self.suite
        facts: dict[str, Any] = {
            "path": suite.path,
            "title": suite.title,
            "owner": suite.owner,
            "digest": suite.digest,
            "seed": suite.seed,
            "notes": list(suite.notes),
            "model": {"name": suite.model},
            "data": {"name": suite.data},
        }
        try:
            evaluator = self._open()
        except RobustcheckError:
            return facts
        facts["model"] |= {
            "kind": evaluator.predictor.entry.kind,
            "digest": evaluator.predictor.digest,
            "device": evaluator.predictor.device,
            "notes": list(getattr(evaluator.predictor, "notes", ())),
        }
        facts["data"] |= {
            "digest": evaluator.data_digest,
            "size": len(evaluator.index.samples),
            "classes": len(np.unique(evaluator.index.labels)),
            "limit": self._options.limit,
            "notes": list(getattr(evaluator.source, "notes", ())),
        }
        return facts

    def _guarded(self, item: Case | Overall, work: Callable[[], CaseResult]) -> CaseResult:
        try:
            return work()
        except RobustcheckError as error:
            problem = str(error)
        except Exception as error:
            # A defect of ours or of an extension is an error of the case, not the end of the run.
            problem = f"{type(error).__name__}: {error}"
        return CaseResult(**describe(self.suite, item), verdict="error", problems=(problem,))

    def _open(self) -> Evaluator:
        if self._evaluator is None:
            try:
                self._evaluator = Evaluator(self.suite, self._project, self._options)
            except RobustcheckError as error:
                self._evaluator = error
        if isinstance(self._evaluator, RobustcheckError):
            raise self._evaluator
        return self._evaluator

    def _observe(self, case: Case) -> tuple[Observation, Evaluated]:
        evaluator = self._open()
        evaluated = evaluator.evaluate(case)
        if case is self.suite.clean:
            clean = evaluated.stored.records
        else:
            clean = self._clean().records
        rows = _paired_rows(evaluator, evaluated.stored.records, clean)
        groups = {name: texts[rows] for name, texts in evaluator.index.columns.items()}
        return Observation(evaluated.stored.records, clean, evaluator.predictor.entry.classes, groups), evaluated

    def _clean(self) -> Observation:
        clean = self.suite.clean
        if clean.id not in self._observed:
            self._observed[clean.id] = self._observe(clean)[0]
        return self._observed[clean.id]

    def _check_gate(self) -> Gate:
        if self._gate is None:
            evaluator = self._open()
            seen, evaluated = self._observe(self.suite.clean)
            self._observed[self.suite.clean.id] = seen
            self._gate = open_gate(
                self.suite,
                evaluator.predictor.entry,
                evaluator.source,
                seen,
                evaluated.stored.unreadable,
                self._options,
            )
        return self._gate

    def _case(self, case: Case) -> CaseResult:
        gate = self._check_gate()
        if case is not self.suite.clean and gate.refusal:
            raise CaseError(gate.refusal)
        seen, evaluated = self._observe(case)
        self._observed[case.id] = seen
        judgements = [judge(line, measure(seen, line.metric, line.argument)) for line in case.expectations]
        judgements += gate.judgements if case is self.suite.clean else []
        problems, notes = list(gate.problems), list(self._notes(case, seen.records))
        problems += gate.clean_problems if case is self.suite.clean else []
        unreliable = _synthetic(case, seen.records)
        proof = _proof(seen.records)
        if case.steps and proof.share_changed == 0:
            problems.append(f"{case.id} changed no pixel of any picture, so it shows nothing; change its parameters")
        verdict: Verdict = verdict_of(judgements, severity=case.severity, waived=case.waiver is not None)
        if case.waiver and verdict == "fail":
            notes.append(f"the waiver of {case.waiver.owner} is stale: the case holds without it; remove it")
        if unreliable:
            verdict = "unreliable"
            problems.append(unreliable)
        if problems and not (unreliable and len(problems) == 1):
            verdict = "error"
        return CaseResult(
            **describe(self.suite, case),
            verdict=verdict,
            n=len(seen.records),
            unreadable=len(evaluated.stored.unreadable),
            unreadable_names=tuple(name for name, _ in evaluated.stored.unreadable[:100]),
            seconds=evaluated.stored.seconds,
            forwards=0 if evaluated.cached else evaluated.stored.forwards,
            cached=evaluated.cached,
            unseen_fraction=float(seen.records.unseen.mean()),
            borderline=int(seen.records.borderline.sum()),
            proof=proof,
            metrics=_metrics(case, seen, {line.name: line.estimate for line in judgements}),
            expectations=tuple(expectation_of(line, case.severity, case.waiver is not None) for line in judgements),
            problems=tuple(problems),
            notes=tuple(notes),
            records=self._open().export(evaluated, case),
        )

    def _notes(self, case: Case, records: Records) -> list[str]:
        notes = [registry.shifts[step.name].facts.note for step in case.steps]
        notes = [note for note in dict.fromkeys(notes) if note]
        unseen = float(records.unseen.mean())
        if unseen > SYNTHETIC_NOTED:
            notes.append(f"synthetic border: {unseen:.1%} of the input has no real pixel (fill: {case.fill})")
        borderline = int(records.borderline.sum())
        if borderline:
            notes.append(f"{borderline} borderline: the two best logits differ by less than 1e-4")
        return notes

    def _overall(self, overall: Overall) -> CaseResult:
        parts: list[tuple[str, Estimate]] = []
        cases = [case for case in self.suite.cases if case.id in overall.cases]
        for case in cases:
            result = self.case(case)
            if result.verdict in ("error", "unreliable"):
                raise CaseError(f"{overall.id} needs {case.id}, which ended as {result.verdict}: {result.problems[0]}")
            parts.append((case.id, measure(self._observed[case.id], overall.threshold.metric)))
        judgement = judge(overall.threshold, aggregate(overall.aggregate, overall.threshold.metric, parts))
        judgement = dataclasses.replace(judgement, name=f"{overall.aggregate}_{overall.threshold.metric}")
        waived = overall.waiver is not None
        return CaseResult(
            **describe(self.suite, overall),
            verdict=verdict_of([judgement], severity=overall.severity, waived=waived),
            n=judgement.estimate.n,
            metrics={judgement.name: judgement.estimate},
            expectations=(expectation_of(judgement, overall.severity, waived),),
            notes=(f"over {len(parts)} cases",),
        )


def _paired_rows(evaluator: Evaluator, records: Records, clean: Records) -> Any:
    """Return the rows of the index, after making sure that both records are of the same pictures."""
    if not np.array_equal(records.id, clean.id):
        raise CaseError(
            f"{len(records)} pictures were read, but {len(clean)} for the clean case: the data changed during the run"
        )
    position = {sample.id: row for row, sample in enumerate(evaluator.index.samples)}
    return [position[name] for name in records.id.tolist()]


def _metrics(case: Case, seen: Observation, judged: dict[str, Estimate]) -> dict[str, Estimate]:
    names = ALWAYS if case.kind == "clean" else ALWAYS + ALWAYS_PAIRED
    return {**{name: measure(seen, name) for name in names}, **judged}


def _synthetic(case: Case, records: Records) -> str:
    unseen = float(records.unseen.mean())
    if unseen <= SYNTHETIC_REFUSED or case.allow_synthetic_border:
        return ""
    return (
        f"{unseen:.1%} of the input has no real pixel, so the number says more about the fill than about the model; "
        "use a smaller shift or pictures with more margin, or write allow_synthetic_border: true"
    )


def _proof(records: Records) -> Proof:
    digest = hashlib.sha256()
    for name, pixels in sorted(zip(records.id.tolist(), records.pixels.tolist(), strict=True)):
        digest.update(f"{name}\x00{pixels}\n".encode())
    return Proof(
        mean_change=float(records.mean_change.mean(dtype=np.float64)),
        max_change=int(records.max_change.max()),
        share_changed=float((records.max_change > 0).mean()),
        pixels=digest.hexdigest(),
    )
