"""One run of one suite: asks for records, measures them, and says what holds."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from robustcheck.core import registry
from robustcheck.core.errors import CaseError, NoBaselineError, RobustcheckError, problem_of
from robustcheck.core.read_files import Note
from robustcheck.data import OpenSources
from robustcheck.domain.approvals import Approvals, missing_approvals
from robustcheck.domain.case import Case
from robustcheck.domain.config import Project
from robustcheck.domain.estimate import Estimate
from robustcheck.domain.result import CaseResult, describe, expectation_of, lacking_expectation
from robustcheck.domain.suite import Overall, Suite
from robustcheck.domain.threshold import Threshold
from robustcheck.domain.verdict import Verdict, worst
from robustcheck.engine.cache.record_cache import StaleRecords
from robustcheck.engine.early_stop import Watch
from robustcheck.engine.evaluate import Evaluator
from robustcheck.engine.evaluated import Evaluated
from robustcheck.engine.gates.baseline_match import Compared
from robustcheck.engine.gates.cautions import NOT_GATED, cautions, notes_of_lines
from robustcheck.engine.gates.clean_gate import Gate, open_gate, sampled
from robustcheck.engine.gates.constant_answers import tied_answers, unmoved_answers
from robustcheck.engine.gates.raw_label_metrics import automatic_of, raw_metrics
from robustcheck.engine.gates.verdicts import judge, measure, verdict_of
from robustcheck.engine.identity import identity_of
from robustcheck.engine.kinds.case_kind import kind_of_case
from robustcheck.engine.observation import Looked, kept_of, notes_of, proof_of, synthetic_problems, uniform
from robustcheck.engine.options import Options
from robustcheck.engine.overall_lines import overall_result
from robustcheck.engine.reference_errors import reference_errors
from robustcheck.metrics.corruption import ReferenceErrors
from robustcheck.metrics.records import Observation, Records

ALWAYS = ("accuracy", "balanced_accuracy", "worst_class_accuracy", "mean_confidence")
ALWAYS_PAIRED = ("drop", "flip_rate")
ALWAYS_AGAINST_BASELINE = ("regression", "negative_flips")


def needing(what: str) -> list[str]:
    """Return the metrics that cannot be measured without something: see ``MetricFacts.needs``."""
    return [known.name for known in registry.metrics if known.facts.needs == what]


class SuiteRun:
    """Runs the cases of a suite, in any order, each at most once; nothing is opened before the first is asked for."""

    def __init__(
        self,
        suite: Suite,
        project: Project,
        options: Options,
        *,
        approvals: Callable[[], Approvals] = dict,
        sources: OpenSources | None = None,
    ) -> None:
        """Bind a suite to a project and options; ``approvals`` reads those beside it, once a case demands one, by default none."""
        self.suite = suite
        self._project = project
        self._options = options
        self._evaluator: Evaluator | RobustcheckError | None = None
        self._gate: Gate | None = None
        self._approvals = functools.cache(approvals)
        self._sources = sources or OpenSources(project.files.pictures)
        self._results: dict[str, CaseResult] = {}
        self._answered: dict[str, Case | Overall] = {}
        self._revised: dict[str, CaseResult] = {}
        self._restarts = 0
        self._seen_clean: tuple[Observation, Evaluated] | None = None
        self._compared = Compared(suite, project, options)

    def close(self) -> None:
        """Let go of the model, the pictures and the threads."""
        if isinstance(self._evaluator, Evaluator):
            self._evaluator.close()
        self._evaluator = None
        self._seen_clean = None

    def case(self, case: Case) -> CaseResult:
        """Return the result of a case; whatever goes wrong is in the result, never raised.

        ``KeyboardInterrupt`` and its like pass through.
        """
        return self._answer(case, lambda: self._case(case))

    def overall(self, overall: Overall) -> CaseResult:
        """Return the result of an ``overall`` line, running the cases it covers if need be."""
        return self._answer(overall, lambda: self._overall(overall))

    def revised(self) -> dict[str, CaseResult]:
        """Return, once, what earlier answers have become since the cache that they came from was discarded, by id."""
        revised, self._revised = self._revised, {}
        return revised

    def _answer(self, item: Case | Overall, work: Callable[[], CaseResult]) -> CaseResult:
        while item.id not in self._results:
            restarts = self._restarts
            try:
                result = self._guarded(item, work)
            except StaleRecords:
                self._start_again()
                continue
            if restarts == self._restarts:
                self._results[item.id], self._answered[item.id] = result, item
        return self._results[item.id]

    def _start_again(self) -> None:
        """Answer all anew that was answered so far: its records, or the clean ones beside them, were stale."""
        before, self._results, self._answered = self._answered, {}, {}
        self._seen_clean = self._gate = None
        self._restarts += 1
        for item in before.values():
            self._revised[item.id] = self.case(item) if isinstance(item, Case) else self.overall(item)

    def identity(self) -> dict[str, Any]:
        """Return what the suite, its model and its data are, as JSON values; opens them if need be."""
        try:
            evaluator = self._open()
        except RobustcheckError:
            return identity_of(self.suite)
        compared = self._compared.notes(evaluator.index, evaluator.data_digest, evaluator.overlaid)
        notes = [*evaluator.cache.notes, *compared, *self._cautions(evaluator)]
        clean = self._seen_clean[1].every if self._seen_clean else None
        return identity_of(self.suite, evaluator, notes=notes, limit=self._options.limit, clean=clean)

    def _cautions(self, evaluator: Evaluator) -> list[str]:
        entry, classes = self._project.data[self.suite.data], evaluator.predictor.entry.classes
        of_clean = [] if self._gate is None else list(self._gate.notes)
        of_clean += [] if self._seen_clean is None else tied_answers(self._seen_clean[0].records)
        return [*cautions(self.suite, entry, evaluator.index, classes, self._options.limit), *of_clean]

    def _noting(self, role: str) -> Note:
        return self._project.files.noting(role, suite=self.suite.path)

    def _guarded(self, item: Case | Overall, work: Callable[[], CaseResult]) -> CaseResult:
        try:
            return work()
        except StaleRecords:
            raise
        except Exception as error:
            return CaseResult(**describe(self.suite, item), verdict="error", problems=(problem_of(error),))

    def _open(self) -> Evaluator:
        if self._evaluator is None:
            try:
                self._evaluator = Evaluator(self.suite, self._project, self._options, self._sources)
            except RobustcheckError as error:
                self._evaluator = error
            except Exception as error:
                self._evaluator = CaseError(problem_of(error))
        if isinstance(self._evaluator, RobustcheckError):
            raise self._evaluator
        return self._evaluator

    def _observe(self, case: Case, *, within: str = "") -> tuple[Observation, Evaluated]:
        if case is self.suite.clean:
            return self._clean()
        watch = self._watch(case)
        clean = self._clean()[0]
        evaluated = self._open().evaluate(case, watch, clean.records, within=within)
        records = evaluated.stored.records
        if watch is None and not np.array_equal(records.id, clean.records.id):
            raise CaseError(
                f"{len(records)} pictures were read, but {len(clean.records)} for the clean case: the data changed "
                "during the run"
            )
        return clean.of(records), evaluated

    def _records_of(self, case: Case) -> Records | None:
        """Return the records of another case than the one that is judged."""
        return self._observe(case)[0].records

    def _watch(self, case: Case) -> Watch | None:
        """Return what may end the case early, if anything may."""
        if not case.rule.stops or self._options.every_picture:
            return None
        if any(line.metric == "targeted_success" for line in case.expectations) and not kind_of_case(case).pairs_known:
            return None
        try:
            watch = Watch(case.expectations, case.rule, self._beside(case, self._clean()[0]), self.suite.seed)
        except (KeyError, ValueError):
            # A class, a column or a baseline that is not there: the metric will say so.
            return None
        return watch if watch.possible else None

    def _beside(self, case: Case, seen: Observation) -> Observation:
        """Return what was seen with what the accepted run had right."""
        evaluator = self._open()
        return self._compared.beside(case, seen, evaluator.index, evaluator.data_digest, evaluator.overlaid)

    def _clean(self) -> tuple[Observation, Evaluated]:
        if self._seen_clean is None:
            evaluator = self._open()
            evaluated = evaluator.evaluate(self.suite.clean)
            records = evaluated.stored.records
            rows = evaluator.index.rows(records.id)
            groups = {name: texts[rows] for name, texts in evaluator.index.columns.items()}
            classes, review = evaluator.predictor.entry.classes, self.suite.review
            seen = Observation(records, records, classes, groups, review=review)
            self._seen_clean = seen, evaluated
        return self._seen_clean

    def _check_gate(self) -> Gate:
        if self._gate is None:
            evaluator, data = self._open(), self._project.data[self.suite.data]
            seen, evaluated = self._clean()
            self._gate = open_gate(
                self.suite,
                evaluator.predictor.entry,
                data,
                evaluator.source,
                seen,
                evaluated.stored.unreadable,
                self._options,
                limited=sampled(len(evaluator.index.samples), self._options.limit, data),
                raw=self._raw(self.suite.clean, evaluated).get("accuracy"),
            )
        return self._gate

    def _look(self, case: Case) -> Looked:
        def observe(probe: Case) -> tuple[Observation, Evaluated]:
            return self._observe(probe, within=case.id if probe is not case else "")

        return kind_of_case(case).observe(observe, functools.partial(self._beside, case))

    def _case(self, case: Case) -> CaseResult:
        gate = self._check_gate()
        is_clean = case is self.suite.clean
        if gate.refusal and not is_clean:
            raise CaseError(gate.refusal)
        looked = self._look(case)
        seen, records = looked.seen, looked.seen.records
        outcomes, typical, judgements = self._outcomes(case, records), uniform(seen), []
        lacking: dict[Threshold, str] = {}
        for line in case.expectations:
            try:
                # What was looked at for one class alone says nothing about all of them.
                estimate = measure(seen if line.argument else typical, line.metric, line.argument)
            except NoBaselineError as error:
                lacking[line] = str(error)
            else:
                judgements.append(judge(line, estimate, case.rule, outcomes.get(line)))
        proof = proof_of(looked.furthest)
        kind = kind_of_case(case)
        notes = [*notes_of(case, looked, proof, kind.notes()), *notes_of_lines(case, seen)]
        problems = list(gate.problems)
        if is_clean:
            judgements += gate.judgements
            problems += gate.advice
            notes += [*gate.notes, *([] if judgements else [NOT_GATED])]
        if case.perturbations and proof.share_changed == 0:
            unchanged = kind.unchanged(records)
            problems += filter(None, [unchanged.problem])
            notes += filter(None, [unchanged.note])
        problems += self._unapproved(case)
        waived = case.waiver is not None
        verdict: Verdict = verdict_of(judgements, severity=case.severity, waived=waived, lacking=list(lacking))
        if is_clean and gate.inconclusive:
            # Neither a warning nor a waiver excuses what is declared.
            verdict = worst([verdict, "inconclusive"])
        if case.waiver and verdict == "fail":
            notes.append(f"the waiver of {case.waiver.owner} is stale: the case holds without it; remove it")
        synthetic = synthetic_problems(case, records)
        if not synthetic and any(not line.holds for line in judgements):
            # Where the model broke, and not the fill, only real pixels can tell.
            synthetic = synthetic_problems(case, looked.furthest)
        first = looked.evaluations[0].stored
        unmoved, told = unmoved_answers(case, looked.furthest, self._clean()[0].of(looked.furthest).clean)
        gradients = self._project.models[self.suite.model].gradients
        worth, weak = kind.worth(self.suite, records, first, self._records_of, gradients=gradients)
        notes += [*told, *weak]
        doubts = [*gate.doubts, *unmoved, *synthetic, *worth]
        kept = kept_of(looked, case, functools.partial(self._open().export, problems=problems))
        if problems or doubts:
            verdict = "error" if problems else "unreliable"
            problems += doubts
        notes += first.notes
        return CaseResult(
            **describe(self.suite, case),
            verdict=verdict,
            n=len(records),
            unreadable=len(first.unreadable),
            unreadable_names=tuple(name for name, _ in first.unreadable),
            seconds=sum(evaluated.stored.seconds for evaluated in looked.evaluations),
            forwards=sum(
                evaluated.live if evaluated.cached else evaluated.stored.forwards for evaluated in looked.evaluations
            ),
            backwards=sum(evaluated.stored.backwards for evaluated in looked.evaluations if not evaluated.cached),
            cached=any(evaluated.cached for evaluated in looked.evaluations),
            unseen_fraction=float(records.unseen.mean()),
            borderline=int(records.borderline.sum()),
            proof=proof,
            metrics=self._metrics(case, typical) | {line.name: line.estimate for line in judgements},
            raw=self._raw(case, looked.evaluations[0]),
            automatic={} if kind.by_labels else automatic_of(typical),
            expectations=(
                *(expectation_of(line, case.severity, waived) for line in judgements),
                *(lacking_expectation(line, reason, case, waived) for line, reason in lacking.items()),
            ),
            problems=tuple(problems),
            notes=tuple(notes),
            attack=kind.facts(seen, first),
            of=len(self._open().index.samples),
            stopped=f"every expectation is decided at {case.rule.confidence * 100:g}%" if outcomes else "",
            **kept,
        )

    def _outcomes(self, case: Case, records: Records) -> Mapping[Threshold, Any]:
        """Return what was decided by stopping early; nothing where every picture was looked at."""
        if not case.rule.stops or len(records) == len(self._clean()[0].records):
            return {}
        watch = self._watch(case)
        return {} if watch is None else watch.outcomes(records)

    def _unapproved(self, case: Case) -> list[str]:
        """Say that a person still has to look at the pictures of a case that demands it."""
        if not case.approved:
            return []
        missing = missing_approvals(self.suite, self._approvals())
        return [str(lacking.problem) for lacking in missing if lacking.case.id == case.id]

    def _metrics(self, case: Case, seen: Observation) -> dict[str, Estimate]:
        names = list(ALWAYS if case is self.suite.clean else ALWAYS + ALWAYS_PAIRED)
        names += [
            metric.name
            for metric in registry.metrics
            if case.kind in metric.facts.kinds and not kind_of_case(case).attacked
        ]
        names += kind_of_case(case).metrics(seen)
        names += ALWAYS_AGAINST_BASELINE
        names += [overall.threshold.metric for overall in self.suite.overall if case.id in overall.cases]
        lacking = {
            *(needing("baseline") if seen.baseline is None else ()),
            *(() if self.suite.review else needing("review")),
        }
        return {name: measure(seen, name) for name in dict.fromkeys(names) if name not in lacking}

    def _raw(self, case: Case, looked: Evaluated) -> dict[str, Estimate]:
        evaluator, (clean, evaluated) = self._open(), self._clean()
        if not evaluator.overlaid or kind_of_case(case).by_labels:
            return {}
        pairs = evaluated.every, looked.every
        return raw_metrics(*pairs, evaluator.index, clean.classes, paired=case is not self.suite.clean)

    def _overall(self, overall: Overall) -> CaseResult:
        return overall_result(
            self.suite,
            overall,
            self.case,
            functools.partial(self._check_baseline, overall.threshold.metric),
            functools.partial(self._reference, overall.reference),
        )

    def _check_baseline(self, metric: str, case: Case) -> None:
        """Say why there is no accepted run to compare a case with, if a metric needs one."""
        if metric in needing("baseline"):
            measure(self._beside(case, self._clean()[0]), metric)

    def _reference(self, name: str) -> ReferenceErrors:
        digest, note = self._open().data_digest, self._noting("reference")
        return reference_errors(name, self._options.root, data=digest, note=note)
