"""Checks: from one entry of ``checks`` to its cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from robustcheck.core import registry
from robustcheck.core.error_codes import Code
from robustcheck.core.errors import did_you_mean
from robustcheck.domain.case import Border, Case, Fill
from robustcheck.domain.covering import CoveringArray
from robustcheck.domain.threshold import DECIDES, Rule, Threshold
from robustcheck.domain.tier import TIERS
from robustcheck.language.attacking import norms_of
from robustcheck.language.conflicts import check_conflicts
from robustcheck.language.nodes import Mapping, Node, shown, what_is
from robustcheck.language.one_threshold import levels_of
from robustcheck.language.parameters import Combination, combinations, factors
from robustcheck.language.perturbations import READERS, Subject, attack_of, check_bound, completed, is_parameter
from robustcheck.language.radii import check_radii
from robustcheck.language.thresholds import Expect, Expectation, merge
from robustcheck.language.value_types import (
    INVALID,
    Amount,
    Choice,
    Field,
    Flag,
    ListOf,
    Name,
    Reading,
    Record,
    Text,
    Values,
)

STOPPING: Final = ("shift", "compose", "combine", "worst_of", "attack")
"""Kinds of case that ``anytime`` may stop early; the others look at every picture."""

Expected = dict[tuple[str, tuple[str, ...]], Threshold]

SEVERITY: Final = Field(
    Choice(("error", "warn")), "Whether a breach fails the build (error) or is only shown (warn).", default="error"
)
BORDER: Final = Field(
    Choice(get_args(Border)),
    "source: what moves into view comes from the real picture beyond the model's view; view: as if there were nothing beyond it.",
    default="source",
)
FILL: Final = Field(Choice(get_args(Fill)), "What stands where no real pixel exists.", default="reflect")
SYNTHETIC: Final = Field(
    Flag(), "Whether a case may gate although much of what the model sees was filled.", default=False
)
APPROVED: Final = Field(
    Choice(("required", "optional")),
    "Whether a person must have looked at the pictures of a case (`robustcheck approve`) before it may pass.",
    default="optional",
)
DECIDE: Final = Field(
    Choice(DECIDES),
    "point: by the number itself; confident: its interval must clear the threshold; anytime: as confident, about "
    "these very pictures, and stops as soon as it is certain.",
    default="point",
)
CONFIDENCE: Final = Field(
    Amount(("%",), 50, 99.9999), "How certain a decision must be, for confident and anytime.", default="95%"
)
TIER: Final = Field(Choice(TIERS), "The least tier that runs this: smoke is part of standard, standard of thorough.")
KEYS: Final = {
    "id": Field(Name(), "A short name; stable, for it stands in reports, waivers and -k."),
    "why": Field(Text(), "The reason, for whoever reads a failure."),
    "tags": Field(ListOf(Text()), "Words to choose checks by."),
    "tier": TIER,
    "severity": SEVERITY,
    "decide": DECIDE,
    "confidence": CONFIDENCE,
    "expect": Field(Expect(), "Thresholds of this check, laid over those of the suite; null removes one."),
    "sweep": Field(
        Choice(("grid", "zip")), "How several lists combine: all with all, or one beside the other.", default="grid"
    ),
    "border": BORDER,
    "fill": FILL,
    "allow_synthetic_border": SYNTHETIC,
    "approved": APPROVED,
}
_OWN: Final = Record("a check", KEYS)


@dataclass(frozen=True, slots=True)
class CheckRead:
    """A check after reading: its own keys and what is done to the pictures."""

    node: Mapping
    values: Values
    subject: Subject

    @property
    def id(self) -> str:
        """The id as written, or the names of the perturbations."""
        written: str | None = self.values.get("id")
        return written or self.subject.name


class Check:
    """The kind of one entry of ``checks``."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return a CheckRead."""
        if not isinstance(node, Mapping):
            return reading.add(
                node.where,
                Code.WRONG_SHAPE,
                f"a check must be a mapping, not {what_is(node)}",
                "begin with - shift: ...",
            )
        own = Mapping(
            node.where,
            tuple(entry for entry in node.entries if entry.key.text in KEYS and not is_parameter(entry, node)),
        )
        values = _OWN.read("a check", own, reading)
        kinds = [entry.key for entry in node.entries if entry.key.text in READERS]
        if len(kinds) > 1:
            what = f"a check has either {kinds[0].text} or {kinds[1].text}, not both"
            return reading.add(kinds[1].where, Code.ONE_PERTURBATION, what, "make two checks of it")
        if not kinds:
            near = (did_you_mean(key.text, READERS) for key, _ in node if key.text not in KEYS)
            hint = next((text for text in near if text.startswith("did")), "write shift: and the name of a shift")
            return reading.add(node.where, Code.ONE_PERTURBATION, f"a check needs {listed(READERS)}", hint)
        subject = READERS[kinds[0].text](node, frozenset(KEYS), reading)
        return INVALID if subject is INVALID else CheckRead(node, values, subject)

    def schema(self) -> dict[str, Any]:
        """Return the schema: the shift's name chooses the keys that may stand beside it."""
        return {"$ref": "#/definitions/check"}


def cases_of(check: CheckRead, suite: Values, inherited: Expected | None, reading: Reading) -> tuple[Case, ...]:
    """Spread a check into its cases.

    Args:
        check: The check.
        suite: The suite's own keys, for what a check leaves out.
        inherited: The suite's expectations; ``None`` when they could not be read.
        reading: Where problems go.
    """
    values, subject = check.values, check.subject
    own = values.get("expect", ())
    _check_kinds(own, subject, reading)
    fitting = {key: line for key, line in (inherited or {}).items() if _fits(line.metric, subject)}
    if subject.attack:
        lines = [*fitting.values(), *(line.threshold for line in own if line.threshold)]
        check_radii(lines, norms_of(subject.attack.step), reading)
    expected = merge(fitting, own, reading if inherited is not None else None)
    shared: dict[str, Any] = {
        "check": check.id,
        "kind": subject.kind,
        "search": subject.search,
        "limit": subject.limit,
        "expectations": levels_of(expected),
        "tier": values.get("tier", "standard"),
        "rule": rule_of(values, suite, subject.kind, reading),
        "tags": tuple(tag for tag, _ in values.get("tags", ())),
        "why": values.get("why", ""),
        "where": check.node.where,
    }
    for key, default in (
        ("severity", "error"),
        ("border", "source"),
        ("fill", "reflect"),
        ("allow_synthetic_border", False),
    ):
        shared[key] = values.get(key, suite.get(key, default))
    if shared["expectations"] and all(line.warns for line in shared["expectations"]):
        shared["severity"] = "warn"  # it is counted with those that cannot fail the build
    shared["approved"] = (values.get("approved") or suite.get("approved", "optional")) == "required"
    named = values.get("id") is not None
    points = combinations(subject.steps, values.get("sweep", "grid"), check.node, reading, strength=subject.strength)
    made = [completed(subject, point.steps) for point in points]
    check_conflicts(made, subject.steps, check.node.where, reading)
    return tuple(
        Case(
            id=_id(check.id, point, named=named),
            steps=steps,
            attack=attack_of(subject, point.steps, shared["tier"]),
            swept=point.swept,
            **shared,
        )
        for point, steps in zip(points, made, strict=True)
    )


def rule_of(values: Values, suite: Values, kind: str, reading: Reading) -> Rule:
    """Return how a check decides.

    Args:
        values: The check's own keys, or the suite's for the clean case.
        suite: The suite's.
        kind: Of the case: only cases that look at each picture for itself may stop early.
        reading: Where problems go.
    """
    decide = values.get("decide") or suite.get("decide", "point")
    confidence = values.get("confidence") or suite.get("confidence")
    if decide == "point":
        if values.get("confidence") is not None:
            what = "confidence says how certain a decision must be, and point decides by the number alone"
            reading.add(
                values.where("confidence"),
                Code.NEEDS_ANOTHER_KEY,
                what,
                "write decide: confident beside it, or remove the line",
            )
        return Rule()
    return Rule(decide, 0.95 if confidence is None else confidence.value, decide == "anytime" and kind in STOPPING)


def array_of(check: CheckRead, cases: Sequence[Case]) -> CoveringArray:
    """Return what a check with ``combine`` covers."""
    names = tuple(case.id for case in cases)
    return CoveringArray(check.id, check.subject.strength, factors(check.subject.steps), names)


def _fits(metric: str, subject: Subject) -> bool:
    """Whether a suite's expectation says something about a check.

    A break point is measured by itself: whatever holds of the pictures there follows from how it was sought.
    """
    kinds = registry.metrics[metric].facts.kinds
    return subject.kind in kinds if kinds or subject.kind == "find_limit" else True


def _check_kinds(own: Sequence[Expectation], subject: Subject, reading: Reading) -> None:
    """Report expectations that a kind of check cannot measure."""
    for line in own:
        kinds = registry.metrics[line.metric].facts.kinds
        if kinds and subject.kind not in kinds:
            reading.add(
                line.where,
                Code.METRIC_NOT_HERE,
                f"{line.metric} is measured by {' and '.join(kinds)}, not by {subject.kind}",
            )
        elif subject.limit and not kinds:
            what = f"find_limit expects a limit, not {line.metric}"
            reading.add(
                line.where,
                Code.METRIC_NOT_HERE,
                what,
                f"write {line.metric} under until, which says what the limit is of",
            )
        elif subject.limit and line.threshold:
            check_bound(subject, line.threshold, reading)


def listed(words: Iterable[str]) -> str:
    """Return ``shift, compose or combine``."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _id(check: str, point: Combination, *, named: bool) -> str:
    shown_parameters = point.swept if named else point.written
    inside = ",".join(f"{name}={text}" for name, text in shown_parameters.items())
    return f"{check}[{inside}]" if inside else check


def report_duplicates(named: Iterable[tuple[str, Any]], noun: str, reading: Reading) -> None:
    """Report every id that stands twice, at its second place."""
    first: dict[str, Any] = {}
    for name, where in named:
        if name in first:
            what = f"the {noun} {shown(name)} is already used in line {first[name].line}"
            reading.add(where, Code.DUPLICATE_ID, what, "give one of them an id of its own")
        first.setdefault(name, where)


def uncovered(cases: Sequence[Case], covered: Iterable[str]) -> bool:
    """Whether a case of a check expects nothing and no ``overall`` line covers it: it could not fail."""
    names = set(covered)
    return any(not case.expectations and case.id not in names for case in cases)
