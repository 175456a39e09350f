"""Checks: from one entry of ``checks`` to its cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from robustcheck import registry
from robustcheck.errors import did_you_mean
from robustcheck.language.kinds import (
    INVALID,
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
from robustcheck.language.nodes import Mapping, Node, shown, what_is
from robustcheck.language.nodes import Sequence as SequenceNode
from robustcheck.language.parameters import (
    SHIFT,
    Combination,
    WrittenStep,
    combinations,
    parameters_schema,
    read_step,
    shift_names,
)
from robustcheck.language.plan import TIERS, Border, Case, Fill, Threshold
from robustcheck.language.thresholds import Expect, merge

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
TIER: Final = Field(Choice(TIERS), "The least tier that runs this: smoke is part of standard, standard of thorough.")
KEYS: Final = {
    "id": Field(Name(), "A short name; stable, for it stands in reports, waivers and -k."),
    "why": Field(Text(), "The reason, for whoever reads a failure."),
    "tags": Field(ListOf(Text()), "Words to choose checks by."),
    "tier": TIER,
    "severity": SEVERITY,
    "expect": Field(Expect(), "Thresholds of this check, laid over those of the suite; null removes one."),
    "sweep": Field(
        Choice(("grid", "zip")), "How several lists combine: all with all, or one beside the other.", default="grid"
    ),
    "border": BORDER,
    "fill": FILL,
    "allow_synthetic_border": SYNTHETIC,
}
LATER: Final = ("attack", "worst_of", "find_limit", "combine")
_OWN: Final = Record("a check", KEYS)
_KEYS: Final = frozenset(KEYS)


@dataclass(frozen=True, slots=True)
class CheckRead:
    """A check after reading: its own keys and its steps."""

    node: Mapping
    values: Values
    kind: str
    steps: tuple[WrittenStep, ...]

    @property
    def id(self) -> str:
        """The id as written, or the names of the perturbations."""
        written: str | None = self.values.get("id")
        return written or "+".join(step.shift for step in self.steps)


class Check:
    """The kind of one entry of ``checks``."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return a CheckRead."""
        if not isinstance(node, Mapping):
            return reading.add(node.where, f"a check must be a mapping, not {what_is(node)}", "begin with - shift: ...")
        own = Mapping(node.where, tuple(entry for entry in node.entries if entry.key.text in KEYS))
        values = _OWN.read("a check", own, reading)
        kinds = [entry.key for entry in node.entries if entry.key.text in ("shift", "compose", *LATER)]
        for key in kinds:
            if key.text in LATER:
                return reading.add(
                    key.where, f"{key.text} is not available in this version yet", "use shift or compose"
                )
        if len(kinds) > 1:
            what = "a check has either shift or compose, not both"
            return reading.add(kinds[1].where, what, "make two checks of it")
        if not kinds:
            near = (did_you_mean(key.text, ("shift", "compose")) for key, _ in node if key.text not in KEYS)
            hint = next((text for text in near if text.startswith("did")), "write shift: and the name of a shift")
            return reading.add(node.where, "a check needs shift or compose", hint)
        kind = kinds[0].text
        steps = _one_step(node, reading) if kind == "shift" else _composed(node, reading)
        return INVALID if steps is INVALID else CheckRead(node, values, kind, steps)

    def schema(self) -> dict[str, Any]:
        """Return the schema: the shift's name chooses the keys that may stand beside it."""
        return {"$ref": "#/definitions/check"}


def _one_step(node: Mapping, reading: Reading) -> Any:
    value = node.get("shift")
    assert value is not None  # noqa: S101 - the caller has seen the key
    name = SHIFT.read("shift", value, reading)
    if name is INVALID:
        return INVALID
    step = read_step(registry.shifts[name], node, _KEYS | {"shift"}, reading)
    return INVALID if step is INVALID else (step,)


def _composed(node: Mapping, reading: Reading) -> Any:
    value = node.get("compose")
    for key, _ in node:
        if key.text not in KEYS and key.text != "compose":
            near = did_you_mean(key.text, [*KEYS, "compose"])
            reading.add(key.where, f"{shown(key.text) or 'an empty key'} is no key of a check with compose", near)
    if not isinstance(value, SequenceNode) or len(value.items) < 2:
        where = value.where if value else node.where
        hint = "write two or more lines of - {shift: ..., its parameters}"
        return reading.add(where, "compose must be a list of at least two shifts", hint)
    steps = [_step(item, reading) for item in value.items]
    return INVALID if INVALID in steps else tuple(steps)


def _step(node: Node, reading: Reading) -> Any:
    if not isinstance(node, Mapping):
        return reading.add(
            node.where, f"a step must be a mapping, not {what_is(node)}", "write {shift: ..., its parameters}"
        )
    if node.entry("shift") is None:
        return reading.add(node.where, "a step needs shift", "write {shift: ..., its parameters}")
    value = node.get("shift")
    assert value is not None  # noqa: S101 - just seen
    name = SHIFT.read("shift", value, reading)
    return INVALID if name is INVALID else read_step(registry.shifts[name], node, frozenset({"shift"}), reading)


def cases_of(check: CheckRead, suite: Values, inherited: Expected | None, reading: Reading) -> tuple[Case, ...]:
    """Spread a check into its cases.

    Args:
        check: The check.
        suite: The suite's own keys, for what a check leaves out.
        inherited: The suite's expectations; ``None`` when they could not be read.
        reading: Where problems go.
    """
    values = check.values
    expected = merge(inherited or {}, values.get("expect", ()), reading if inherited is not None else None)
    shared: dict[str, Any] = {
        "check": check.id,
        "kind": check.kind,
        "expectations": tuple(expected.values()),
        "tier": values.get("tier", "standard"),
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
    named = values.get("id") is not None
    return tuple(
        Case(id=_id(check.id, point, named=named), steps=point.steps, swept=point.swept, **shared)
        for point in combinations(check.steps, values.get("sweep", "grid"), check.node, reading)
    )


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
            reading.add(where, what, "give one of them an id of its own")
        first.setdefault(name, where)


def check_definitions() -> dict[str, Any]:
    """Return the schema definitions of checks: one a shift, and the choice among them."""
    keys = {f"key.{name}": known.schema() for name, known in KEYS.items()}
    shared = {name: {"$ref": f"#/definitions/key.{name}"} for name in KEYS}
    names = shift_names()
    definitions: dict[str, Any] = {**keys}
    choices: list[dict[str, Any]] = []
    step_choices: list[dict[str, Any]] = []
    for definition in registry.shifts:
        parameters = parameters_schema(definition)
        required = ["shift", *(known.name for known in definition.parameters.values() if known.required)]
        chosen_name = {"const": definition.name, "description": definition.doc}
        for prefix, around, chosen in (("check", shared, choices), ("step", {}, step_choices)):
            definitions[f"{prefix}.{definition.name}"] = {
                "type": "object",
                "description": definition.summary,
                "additionalProperties": False,
                "required": required,
                "properties": {"shift": chosen_name, **parameters, **around},
            }
            chosen.append(_chosen(definition.name, f"#/definitions/{prefix}.{definition.name}"))
    shift = {"description": "The name of a shift.", "enum": names}
    definitions["step"] = {
        "type": "object",
        "required": ["shift"],
        "properties": {"shift": shift},
        "allOf": step_choices,
    }
    composed = {
        "type": "object",
        "additionalProperties": False,
        "required": ["compose"],
        "properties": {"compose": {"$ref": "#/definitions/compose"}, **shared},
    }
    definitions["compose"] = {
        "description": "Several shifts, one after the other.",
        "type": "array",
        "minItems": 2,
        "items": {"$ref": "#/definitions/step"},
    }
    definitions["check"] = {
        "type": "object",
        "oneOf": [{"required": ["shift"]}, {"required": ["compose"]}],
        "properties": {"shift": shift, "compose": {"$ref": "#/definitions/compose"}, **shared},
        "allOf": [*choices, {"if": {"required": ["compose"]}, "then": composed}],
    }
    for key in ("step", "check"):
        if not definitions[key]["allOf"]:
            del definitions[key]["allOf"]
    return definitions


def _chosen(name: str, reference: str) -> dict[str, Any]:
    return {"if": {"required": ["shift"], "properties": {"shift": {"const": name}}}, "then": {"$ref": reference}}


def uncovered(cases: Sequence[Case], covered: Iterable[str]) -> bool:
    """Whether a case of a check expects nothing and no ``overall`` line covers it: it could not fail."""
    names = set(covered)
    return any(not case.expectations and case.id not in names for case in cases)
