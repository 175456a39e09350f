"""Suites: from a file to a plan, or to every problem that the file has."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from robustcheck.core import registry
from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Location, SuiteError, did_you_mean
from robustcheck.core.paths import path_as_typed
from robustcheck.core.units import Quantity
from robustcheck.domain.case import Case
from robustcheck.domain.config import ModelEntry, Project
from robustcheck.domain.corruption_errors import CORRUPTION_ERRORS
from robustcheck.domain.how import Clean
from robustcheck.domain.patterns import matches
from robustcheck.domain.requirements import Provenance, Requirement
from robustcheck.domain.suite import TOLERANCE, TOP_K, Declared, Overall, Suite, declared_of
from robustcheck.domain.threshold import Rule, Threshold
from robustcheck.domain.tier import TIERS
from robustcheck.domain.waiver import Waiver
from robustcheck.language.bounds import check_bounds
from robustcheck.language.checks.check import (
    CheckRead,
    Expected,
    array_of,
    cases_of,
    report_duplicates,
    rule_of,
    uncovered,
)
from robustcheck.language.corruption import CORRUPTION_ERROR, check_corruptions
from robustcheck.language.gating import check_absolute, excused, inherited_by_clean
from robustcheck.language.key_advice import meant_key
from robustcheck.language.labels_and_review import check_promise, labels_of, review_of
from robustcheck.language.merge import load_merged
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.nodes import Node, Scalar, Sequence, plain_value, shown
from robustcheck.language.one_threshold import levels_of, read_threshold
from robustcheck.language.provenance import named_after, provenance_of
from robustcheck.language.suite_spec import MAX_SEED, WAIVER, suite_record
from robustcheck.language.thresholds import merge
from robustcheck.language.value_types import INVALID, Reading, Values
from robustcheck.language.variables import Variables


@dataclass(frozen=True, slots=True)
class _Overrides:
    model: str | None
    data: str | None
    seed: int | None


def load_suite(
    path: Path,
    project: Project,
    *,
    model: str | None = None,
    data: str | None = None,
    seed: int | None = None,
    environment: Mapping[str, str] | None = None,
    today: datetime.date | None = None,
    gating: bool = True,
) -> Suite:
    """Read a suite.

    Args:
        path: The file.
        project: What it may name, and the root that it may not leave.
        model: Name of a model to test instead of the suite's own; a declared accuracy, which is about
            the suite's model and data, then no longer applies.
        data: Name of a data set to use instead of the suite's own.
        seed: Seed instead of the suite's own.
        environment: What ``${VAR}`` is looked up in, as far as the project allows; ``os.environ`` by default.
        today: The day by which waivers expire; today by default.
        gating: Whether every check must expect something; a reviewer who looks at pictures first need not yet.

    Raises:
        SuiteError: With every problem of the file.
    """
    path = Path(path)
    variables = Variables(os.environ if environment is None else environment, project.variables)
    name = path_as_typed(path, project.root)
    note = project.files.noting("suite", suite=name)
    tree = load_merged(path, project.root, variables, note)
    reading = Reading()
    overrides = _Overrides(model, data, seed)
    _check_overrides(overrides, project, name, reading)
    chosen = model or _text(tree.get("model"))
    if chosen in project.models:
        reading.classes, reading.model = project.models[chosen].classes, chosen
        reading.black_box = not project.models[chosen].gradients
        way = project.models[chosen].preprocessing
        reading.values = way.count * math.prod(way.input_size)
    values = suite_record(project if project.readable else None).read("a suite", tree, reading)
    day = today or datetime.date.today()
    builder = _Builder(values, tree, reading, day, gating=gating)
    model_name, data_name = model or values.get("model"), data or values.get("data")
    entries = project.models.get(model_name), project.data.get(data_name)
    check_bounds(values, builder.declared(overrides), *entries, reading)
    suite = builder.build(name, overrides)
    if suite is not None and gating:
        suite = _gating(suite, values, entries[0], day, reading)
    if suite is None or reading.problems:
        raise SuiteError(list(dict.fromkeys(reading.problems)))
    return suite


def _gating(suite: Suite, values: Values, entry: ModelEntry | None, today: datetime.date, reading: Reading) -> Suite:
    """Report a suite that gates nothing absolute, and return it with notes about what it does not gate."""
    # Where the configuration could not be read, it may declare an accuracy.
    declared = entry is None or bool(declared_of(suite.declared, entry, suite.data))
    check_absolute(suite.cases, suite.overall, declared, suite.clean.where, suite.model, reading)
    severity = (values.get("severity"), values.where("severity")) if values.get("severity") else None
    live = [waiver for waiver in suite.waivers if not waiver.expired(today)]
    return replace(suite, notes=(*suite.notes, *excused(suite.cases, live, _waives, severity)))


def _check_overrides(overrides: _Overrides, project: Project, name: str, reading: Reading) -> None:
    for noun, chosen, known in (("model", overrides.model, project.models), ("data set", overrides.data, project.data)):
        if chosen is not None and chosen not in known:
            what = f"there is no {noun} {shown(chosen)}, which was chosen instead of the suite's own"
            reading.add(Location(name), Code.UNKNOWN_ENTRY, what, did_you_mean(chosen, known))
    if overrides.seed is not None and not 0 <= overrides.seed <= MAX_SEED:
        reading.add(Location(name), Code.OUT_OF_RANGE, f"the seed {overrides.seed} is not between 0 and {MAX_SEED}")


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""


class _Builder:
    """Makes a plan out of what was read."""

    def __init__(
        self, values: Values, tree: MappingNode, reading: Reading, today: datetime.date, *, gating: bool
    ) -> None:
        self._values = values
        self._gating = gating
        self._tree = tree
        self._reading = reading
        self._today = today
        self._complete = False

    def build(self, name: str, overrides: _Overrides) -> Suite | None:
        values, reading = self._values, self._reading
        unknown = self._broken(values, "expect") or self._is_misspelt("expect")
        inherited = None if unknown else merge({}, values.get("expect", ()), None)
        checks: list[CheckRead] = [check for check, _ in values.get("checks", ())]
        spread = [(check, cases_of(check, values, inherited, reading)) for check in checks]
        written = self._tree.get("checks")
        self._complete = (
            isinstance(written, Sequence) and len(checks) == len(written.items) and all(m for _, m in spread)
        )
        cases = (self._clean(inherited), *(case for _, made in spread for case in made))
        overall = self._overall(cases)
        self._check_ids(checks, cases, overall)
        check_promise(cases, values.get("review"), reading)
        covered = [case for line in overall for case in line.cases]
        known = inherited is not None and len(overall) == len(values.get("overall", ()))
        for check, made in spread:
            if self._gating and known and not self._broken(check.values, "expect") and uncovered(made, covered):
                what = f"the check {shown(check.id)} expects nothing, so it could not fail"
                reading.add(
                    check.node.where,
                    Code.NOTHING_EXPECTED,
                    what,
                    'write expect: {accuracy: ">= N%"}, or cover it by overall',
                )
        provenance = provenance_of(values.get("provenance"), reading)
        waivers = self._waivers(cases, overall, provenance.requirements if provenance else ())
        if values.get("confidence") is not None and all(case.rule.decide == "point" for case in cases):
            what = "confidence says how certain a decision must be, and every check decides by the number alone"
            reading.add(
                values.where("confidence"),
                Code.NEEDS_ANOTHER_KEY,
                what,
                "write decide: confident beside it, or remove the line",
            )
        if reading.problems:
            return None
        # A mean over cases of which each saw other pictures would be another number.
        cases = tuple(
            replace(case, rule=replace(case.rule, stops=False)) if case.id in covered else case for case in cases
        )
        model = overrides.model or values.get("model")
        data = overrides.data or values.get("data")
        seed = values.get("seed", 0) if overrides.seed is None else overrides.seed
        labels = labels_of(values.get("labels"))
        if labels and values.get("data") != data:
            reading.notes.append(
                f"the label overlay {labels.overlay} is of {values.get('data')} and not of {data}; it is not applied"
            )
            labels = None
        return Suite(
            path=name,
            title=values.get("title"),
            owner=values.get("owner"),
            description=values.get("description", ""),
            model=model,
            data=data,
            seed=seed,
            declared=self.declared(overrides),
            max_unreadable=values.get("max_unreadable", Quantity(0)),
            top_k=(values.get("residuals") or {}).get("top_k", TOP_K),
            labels=labels,
            review=review_of(values.get("review")),
            cases=tuple(replace(case, waiver=self._waiver(case, waivers)) for case in cases),
            overall=tuple(replace(line, waiver=self._waiver(line, waivers)) for line in overall),
            waivers=waivers,
            digest=_digest(self._tree, model, data, seed),
            notes=tuple(dict.fromkeys(reading.notes)),
            provenance=self._waived(provenance and named_after(provenance, model, data), waivers),
            combinations=tuple(array_of(check, made) for check, made in spread if check.subject.strength),
        )

    @staticmethod
    def _broken(values: Values, key: str) -> bool:
        """Whether a key is written but was wrong, so that nothing may be concluded from its absence."""
        return values.node.entry(key) is not None and values.get(key) is None

    def _clean(self, inherited: Expected | None) -> Case:
        values = self._values
        clean = values.get("clean")
        # A removal of what only checks inherit is no mistake that could be told from one of nothing.
        known = None if inherited is None else self._reading
        expected: Expected = merge(inherited_by_clean(inherited or {}), clean.get("expect", ()) if clean else (), known)
        residuals = values.get("residuals")
        if residuals and residuals.get("max_label_suspects") is not None:
            bound, where = residuals.get("max_label_suspects"), residuals.where("max_label_suspects")
            line = Threshold("label_suspects", (), "<=", bound, where)
            if (line.metric, line.argument) in expected:
                what = "max_label_suspects stands beside label_suspects of the clean case"
                self._reading.add(where, Code.TWO_THRESHOLDS, what, "write one of them")
            expected = {**expected, (line.metric, line.argument): line}
        return Case(
            id="clean",
            check="clean",
            how=Clean(),
            swept={},
            expectations=levels_of(expected),
            severity=values.get("severity", "error"),
            tier="smoke",
            tags=(),
            why="",
            border=values.get("border", "source"),
            fill=values.get("fill", "reflect"),
            allow_synthetic_border=values.get("allow_synthetic_border", False),
            where=values.where("clean"),
            # Paired numbers need every clean picture, so this case never stops early.
            rule=replace(self._rule(), stops=False),
        )

    def _rule(self) -> Rule:
        return rule_of(self._values, self._values, Reading())

    def declared(self, overrides: _Overrides) -> Declared | None:
        """Return what the suite declares; of another model, or on other data, it says nothing."""
        clean = self._values.get("clean")
        for noun, chosen in (("model", overrides.model), ("data", overrides.data)):
            if chosen is not None and chosen != self._values.get(noun):
                return None
        if clean is None or clean.get("declared") is None:
            return None
        return Declared(clean.get("declared"), clean.get("tolerance", TOLERANCE), clean.where("declared"))

    def _overall(self, cases: tuple[Case, ...]) -> tuple[Overall, ...]:
        lines = (self._overall_line(line, cases) for line, _ in self._values.get("overall", ()))
        return tuple(line for line in lines if line is not None)

    def _overall_line(self, line: Values, cases: tuple[Case, ...]) -> Overall | None:
        if line.get("metric") is None or line.get("over") is None or line.get("expect") is None:
            return None
        aggregate, metric = line.get("metric")
        relative = aggregate in CORRUPTION_ERRORS
        name = aggregate if relative else f"{aggregate}_{metric}"
        read = CORRUPTION_ERROR if relative else registry.metrics[metric]
        threshold = read_threshold(name, read, (), line.get("expect"), self._reading)
        over = line.get("over")
        # The clean case would raise a mean over everything, so no pattern takes it in; nor is a break point one of
        # several like cases.
        covered = [case for case in cases[1:] if not case.how.until and case.matches(over)]
        if relative and covered and not check_corruptions(covered, line.node.where, self._reading):
            return None
        if line.get("reference") and not relative:
            what = f"{name} has no reference; only {' and '.join(CORRUPTION_ERRORS)} have"
            self._reading.add(line.where("reference"), Code.CORRUPTION_ERRORS, what, "remove the line")
        if not covered and self._complete:
            known = [name for case in cases[1:] for name in (case.check, *(step.name for step in case.perturbations))]
            where = line.node.get("over")
            assert where is not None  # noqa: S101 - it was read
            self._reading.add(
                where.where, Code.UNKNOWN_CASE, f"over: {shown(over)} matches no case", did_you_mean(over, known)
            )
        if threshold is INVALID or not covered:
            return None
        assert isinstance(threshold, Threshold)  # noqa: S101 - all else is INVALID
        return Overall(
            id=line.get("id") or f"overall[{name} over {over}]",
            aggregate=aggregate,
            # Corruption errors are made of the accuracies of cases.
            threshold=replace(threshold, metric=metric),
            over=over,
            cases=tuple(case.id for case in covered),
            severity=line.get("severity", self._values.get("severity", "error")),
            # A mean over some of its cases would be another number, so it runs when all of them do.
            tier=line.get("tier") or max((case.tier for case in covered), key=TIERS.index),
            where=line.node.where,
            reference=line.get("reference", "alexnet") if relative else "",
            rule=self._rule(),
        )

    def _is_misspelt(self, key: str) -> bool:
        """Whether a key of the suite is missing and another was written in its place, so that what it says is unknown."""
        known = suite_record(None).fields
        others = [entry.key.text for entry in self._tree.entries if entry.key.text not in known]
        meant = [meant_key(word, known, []) for word in others]
        return self._tree.entry(key) is None and f"did you mean {key}?" in meant

    def _check_ids(self, checks: list[CheckRead], cases: tuple[Case, ...], overall: tuple[Overall, ...]) -> None:
        reading = self._reading
        written = [(check.values.get("id"), check.values.where("id")) for check in checks if check.values.get("id")]
        for name, where in written:
            if name == "clean":
                reading.add(
                    where, Code.UNUSABLE_NAME, "the id clean belongs to the pictures as they are", "choose another id"
                )
        before = len(reading.problems)
        report_duplicates(written, "id", reading)
        if len(reading.problems) == before:
            items = [(case.id, case.where) for case in cases[1:]] + [(line.id, line.where) for line in overall]
            report_duplicates(items, "case", reading)
        clean = self._values.get("clean")
        if clean is not None and clean.get("tolerance") is not None and clean.node.entry("declared") is None:
            reading.add(
                clean.where("tolerance"),
                Code.NEEDS_ANOTHER_KEY,
                "tolerance needs declared",
                "write declared: 97.8% beside it",
            )

    def _waived(self, provenance: Provenance | None, waivers: tuple[Waiver, ...]) -> Provenance | None:
        if provenance is None:
            return None
        items = (replace(item, waiver=self._waiver(item, waivers)) for item in provenance.requirements)
        return replace(provenance, requirements=tuple(items))

    def _waivers(
        self, cases: tuple[Case, ...], overall: tuple[Overall, ...], requirements: tuple[Requirement, ...]
    ) -> tuple[Waiver, ...]:
        waivers = []
        for line, _ in self._values.get("waivers", ()):
            if len(line.read) < len(WAIVER.fields):
                continue
            waiver = Waiver(
                line.get("case"), line.get("reason"), line.get("owner"), line.get("expires"), line.node.where
            )
            items: list[Case | Overall | Requirement] = [*cases, *overall, *requirements]
            if not any(_waives(waiver, item) for item in items) and self._complete:
                where = line.node.get("case")
                assert where is not None  # noqa: S101 - it was read
                hint = did_you_mean(waiver.case, [item.id for item in items])
                self._reading.add(
                    where.where, Code.UNKNOWN_CASE, f"the waiver of {shown(waiver.case)} matches no case", hint
                )
            if waiver.expired(self._today):
                self._reading.notes.append(
                    f"{waiver.where}: the waiver of {waiver.owner} for {waiver.case} expired on {waiver.expires} and excuses nothing any more"
                )
            waivers.append(waiver)
        return tuple(waivers)

    def _waiver(self, item: Case | Overall | Requirement, waivers: tuple[Waiver, ...]) -> Waiver | None:
        live = (waiver for waiver in waivers if not waiver.expired(self._today))
        return next((waiver for waiver in live if _waives(waiver, item)), None)


def _waives(waiver: Waiver, item: Case | Overall | Requirement) -> bool:
    return item.matches(waiver.case) if isinstance(item, Case) else matches(waiver.case, item.id)


def _digest(tree: MappingNode, model: str, data: str, seed: int) -> str:
    meaning = {"suite": plain_value(tree), "model": model, "data": data, "seed": seed}
    text = json.dumps(meaning, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
