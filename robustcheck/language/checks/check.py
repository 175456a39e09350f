"""Checks: from one entry of ``checks`` to its cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from robustcheck.core.error_codes import Code
from robustcheck.core.errors import did_you_mean
from robustcheck.domain.case import Border, Case, Fill
from robustcheck.domain.covering import CoveringArray
from robustcheck.domain.threshold import DECIDES, Rule, Threshold
from robustcheck.domain.tier import TIERS
from robustcheck.language.checks.kinds import READERS
from robustcheck.language.checks.subject import Subject, is_parameter
from robustcheck.language.conflicts import check_conflicts
from robustcheck.language.nodes import Mapping, Node, shown, what_is
from robustcheck.language.one_threshold import levels_of
from robustcheck.language.parameters import Combination, combinations, factors
from robustcheck.language.thresholds import Expect, merge
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
    for line in own:
        subject.check_expectation(line, reading)
    fitting = {key: line for key, line in (inherited or {}).items() if subject.measures(line.metric)}
    subject.check_thresholds([*fitting.values(), *(line.threshold for line in own if line.threshold)], reading)
    expected = merge(fitting, own, reading if inherited is not None else None)
    shared: dict[str, Any] = {
        "check": check.id,
        "expectations": levels_of(expected),
        "tier": values.get("tier", "standard"),
        "rule": rule_of(values, suite, reading, stops=subject.stops),
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
    made = [subject.how(point.steps, shared["tier"]) for point in points]
    check_conflicts([how.steps for how in made], subject.steps, check.node.where, reading)
    return tuple(
        Case(id=_id(check.id, point, named=named), how=how, swept=point.swept, **shared)
        for point, how in zip(points, made, strict=True)
    )


def rule_of(values: Values, suite: Values, reading: Reading, *, stops: bool = False) -> Rule:
    """Return how a check decides.

    Args:
        values: The check's own keys, or the suite's for the clean case.
        suite: The suite's.
        reading: Where problems go.
        stops: Whether a case may stop early, as those may that look at each picture for itself.
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
    return Rule(decide, 0.95 if confidence is None else confidence.value, decide == "anytime" and stops)


def array_of(check: CheckRead, cases: Sequence[Case]) -> CoveringArray:
    """Return what a check with ``combine`` covers."""
    names = tuple(case.id for case in cases)
    return CoveringArray(check.id, check.subject.strength, factors(check.subject.steps), names)


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
